package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// baseName is the image that the Java projects are put on, 120 MB in four
// layers.
func (b *bench) baseName() string { return b.registry + "/base/java:21" }

func (b *bench) pushBase(ctx context.Context) error {
	image, err := random.Image(30<<20, 4)
	if err != nil {
		return err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return err
	}
	config.OS, config.Architecture = "linux", "amd64"
	if image, err = mutate.ConfigFile(image, config); err != nil {
		return err
	}
	ref, err := name.ParseReference(b.baseName(), name.Insecure)
	if err != nil {
		return err
	}
	return remote.Write(ref, image, remote.WithContext(ctx))
}

// java compares three ways from a changed class to an image in the registry.
func (b *bench) java(ctx context.Context) error {
	if err := b.pushBase(ctx); err != nil {
		return err
	}
	start := "CMD [\"java\"]\n"
	ways := []struct{ name, image, dockerfile string }{
		{"fat", "", "FROM " + b.baseName() + "\nCOPY target/app.jar /app/app.jar\n" + start},
		{
			"layered", "",
			"FROM " + b.baseName() + "\nCOPY target/dependency /app/libs\nCOPY target/classes /app/classes\n" + start,
		},
		{"layers", "  mode: layers\n  mainClass: com.example.Class0\n  base: " + b.baseName() + "\n", ""},
	}
	projects := make([]*project, len(ways))
	for i, way := range ways {
		files := map[string]string{}
		if way.dockerfile != "" {
			files["Dockerfile"] = way.dockerfile
		}
		var err error
		if projects[i], err = b.newProject(ctx, way.name, way.image, files); err != nil {
			return err
		}
	}
	took := make([][]float64, len(ways))
	for round := range rounds + 1 { // the first one fills the caches
		for i, p := range projects {
			one, err := p.javaRound(ctx, i == 0, fmt.Sprintf("round %d", round))
			if err != nil {
				return err
			}
			if round > 0 {
				took[i] = append(took[i], one)
			}
		}
	}
	fmt.Printf("java: fat jar %.2f s, layered Dockerfile %.2f s, layers %.2f s\n", median(took[0]), median(took[1]), median(took[2]))
	b.result("layered-dockerfile-change", ratio(took[1], took[0]), "of-fat-jar", 0.15)
	b.result("layers-change", ratio(took[2], took[0]), "of-fat-jar", 0.08)
	return nil
}

// javaRound changes one class, gives every file a new time as a fresh clone
// has it, and times build and push. What the bench wrote is on the disk by
// then: else the measured program would wait for it.
func (p *project) javaRound(ctx context.Context, fat bool, round string) (float64, error) {
	if err := p.fillJava(fat, round); err != nil {
		return 0, err
	}
	if err := errors.Join(p.commit(ctx, round), p.touch()); err != nil {
		return 0, err
	}
	syscall.Sync()
	return seconds(func() error {
		_, err := p.pipeline(ctx, nil, "run", "--stage=image", "--allow-untested")
		return err
	})
}
