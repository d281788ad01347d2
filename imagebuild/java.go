package imagebuild

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The folders of an image that is made of layers.
const (
	imageClasses   = "app/classes"
	imageResources = "app/resources"
	imageLibraries = "app/libs"
)

// A JavaSource says where a Java project keeps what its build has made. Empty
// fields are found out: see OpenJavaApp.
type JavaSource struct {
	Dir          string // the project's folder, the one with target
	MainClass    string
	Dependencies string // folder of jars, relative to Dir
}

// A JavaApp is a built Java project, taken apart: every file of it belongs to
// one layer. Close it after use.
type JavaApp struct {
	MainClass string
	Origin    string   // what it was taken from, for people: target/orders.jar
	Warnings  []string // what is most likely not meant

	dir    string
	jar    *zip.ReadCloser // nil when the classes are in a folder
	groups []layerGroup
}

// layerGroup is what becomes one layer, in the order of the layers: what
// changes least comes first.
type layerGroup struct {
	name  string
	files []layerFile
}

// layerFile is one file of a layer.
type layerFile struct {
	path string // in the image
	from string // in the project, slash-separated
	size int64
	open func() (io.ReadCloser, error)
}

// OpenJavaApp finds what a Maven build has left in target: a Spring Boot jar,
// which already keeps libraries and classes apart, else target/classes with
// the jars of target/dependency or target/lib. A named folder of dependencies
// wins over both. What is missing or cannot be taken apart is a *BuildError.
func OpenJavaApp(src JavaSource) (*JavaApp, error) {
	dir, err := filepath.Abs(src.Dir)
	if err != nil {
		return nil, fmt.Errorf("open java project: %w", err)
	}
	app := &JavaApp{dir: dir, MainClass: src.MainClass}
	jars, err := filepath.Glob(filepath.Join(globText(dir), "target", "*.jar"))
	if err != nil {
		return nil, fmt.Errorf("open java project: %w", err)
	}
	if src.Dependencies == "" {
		if err := app.openBootJar(jars); err != nil || app.jar != nil {
			return app, err
		}
	}
	if err := app.openFolders(src.Dependencies); err != nil {
		return nil, err
	}
	if app.MainClass == "" {
		app.MainClass = mainClassOf(jars)
	}
	if app.MainClass == "" {
		return nil, &BuildError{
			Dockerfile: "target", Reason: "no class is named to start with",
			Hint: "set image.mainClass, or let maven-jar-plugin write Main-Class into the manifest",
		}
	}
	return app, nil
}

// Close ends the use of the project's files.
func (a *JavaApp) Close() error {
	if a.jar == nil {
		return nil
	}
	return a.jar.Close()
}

// Hash returns one hash of all files that reach the image, and the hash of
// each by its path in the project.
func (a *JavaApp) Hash(ctx context.Context) (string, map[string]string, error) {
	paths := map[string]string{}
	for _, group := range a.groups {
		for _, f := range group.files {
			if ctx.Err() != nil {
				return "", nil, context.Cause(ctx)
			}
			sum := sha256.New()
			if err := f.copyTo(sum); err != nil {
				return "", nil, fmt.Errorf("hash java project %s: %w", a.dir, err)
			}
			paths[f.from] = "f:" + hex.EncodeToString(sum.Sum(nil))
		}
	}
	return combine(paths), paths, nil
}

func (f layerFile) copyTo(w io.Writer) error {
	r, err := f.open()
	if err != nil {
		return err
	}
	defer r.Close()
	n, err := io.Copy(w, io.LimitReader(r, f.size+1))
	if err == nil && n != f.size {
		return &BuildError{Dockerfile: f.from, Reason: "it changed while it was read", Hint: "let the build end first"}
	}
	return err
}

// openBootJar takes a Spring Boot jar when exactly one lies in target.
func (a *JavaApp) openBootJar(jars []string) error {
	for _, name := range jars {
		in, err := zip.OpenReader(name)
		if err != nil { // not ours to judge: it may be no part of the image
			continue
		}
		if !slices.ContainsFunc(in.File, func(f *zip.File) bool { return strings.HasPrefix(f.Name, "BOOT-INF/classes/") }) {
			_ = in.Close() // only read from
			continue
		}
		if a.jar != nil {
			_ = in.Close()
			return errors.Join(a.jar.Close(), &BuildError{
				Dockerfile: "target", Reason: "more than one Spring Boot jar lies there: " + a.Origin + ", target/" + filepath.Base(name),
				Hint: "remove the old one: mvn clean package",
			})
		}
		a.jar, a.Origin = in, "target/"+filepath.Base(name)
	}
	if a.jar == nil {
		return nil
	}
	if err := a.takeBootJar(); err != nil {
		return errors.Join(err, a.jar.Close())
	}
	return nil
}

func (a *JavaApp) takeBootJar() error {
	var files []layerFile
	for _, f := range a.jar.File {
		inside, isClass := strings.CutPrefix(f.Name, "BOOT-INF/classes/")
		library, isLibrary := strings.CutPrefix(f.Name, "BOOT-INF/lib/")
		file := layerFile{from: a.Origin + "!/" + f.Name, size: int64(f.UncompressedSize64), open: f.Open}
		switch {
		case !filepath.IsLocal(f.Name):
			return &BuildError{Dockerfile: a.Origin, Reason: f.Name + " leaves the archive's folder"}
		case strings.HasSuffix(f.Name, "/"):
			continue
		case isClass:
			file.path = classPath(inside)
		case isLibrary:
			file.path = imageLibraries + "/" + library
		case f.Name == "META-INF/MANIFEST.MF" && a.MainClass == "":
			a.MainClass = manifestValue(f.Open, "Start-Class")
			continue
		default:
			continue
		}
		files = append(files, file)
	}
	if a.MainClass == "" {
		return &BuildError{Dockerfile: a.Origin, Reason: "its manifest names no Start-Class", Hint: "set image.mainClass"}
	}
	a.group(files)
	return nil
}

// openFolders takes target/classes and a folder of jars.
func (a *JavaApp) openFolders(dependencies string) error {
	classes, err := a.walk("target/classes", classPath)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(classes, func(f layerFile) bool { return strings.HasSuffix(f.path, ".class") }) {
		return &BuildError{Dockerfile: "target/classes", Reason: "there are no classes", Hint: "build first, such as: mvn package"}
	}
	a.Origin = "target/classes"
	folders := []string{"target/dependency", "target/lib"}
	if dependencies != "" {
		folders = []string{filepath.ToSlash(dependencies)}
	}
	for _, folder := range folders {
		if info, err := os.Stat(filepath.Join(a.dir, filepath.FromSlash(folder))); err != nil || !info.IsDir() {
			continue
		}
		jars, err := a.walk(folder, func(name string) string { return imageLibraries + "/" + name })
		if err != nil {
			return err
		}
		jars = slices.DeleteFunc(jars, func(f layerFile) bool { return path.Ext(f.path) != ".jar" })
		a.Origin += " and " + folder
		a.group(append(classes, jars...))
		return nil
	}
	if dependencies != "" {
		return &BuildError{Dockerfile: dependencies, Reason: "there is no such folder", Hint: "image.dependencies names the folder of jars"}
	}
	a.Warnings = append(a.Warnings, "neither target/dependency nor target/lib is there: the image gets no libraries "+
		"(mvn dependency:copy-dependencies -DincludeScope=runtime makes the first)")
	a.group(classes)
	return nil
}

// walk lists the files below a folder of the project. What is neither file nor
// folder cannot be in an image.
func (a *JavaApp) walk(folder string, inImage func(string) string) ([]layerFile, error) {
	root := filepath.Join(a.dir, filepath.FromSlash(folder))
	var files []layerFile
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		from := path.Join(folder, filepath.ToSlash(rel))
		info, err := os.Stat(name) // a link counts as what it points to
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return &BuildError{Dockerfile: from, Reason: "it is a link to nothing"}
		case err != nil:
			return err
		case info.IsDir() && entry.Type()&fs.ModeSymlink != 0:
			return &BuildError{Dockerfile: from, Reason: "it is a link to a folder"}
		case info.IsDir():
			return nil
		case !info.Mode().IsRegular():
			return &BuildError{Dockerfile: from, Reason: "it is neither a file nor a folder"}
		}
		files = append(files, layerFile{
			path: inImage(filepath.ToSlash(rel)), from: from, size: info.Size(),
			open: func() (io.ReadCloser, error) { return os.Open(name) },
		})
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &BuildError{Dockerfile: folder, Reason: "there is no such folder", Hint: "build first, such as: mvn package"}
	}
	return files, err
}

func classPath(name string) string {
	if path.Ext(name) == ".class" {
		return imageClasses + "/" + name
	}
	return imageResources + "/" + name
}

// group puts every file into its layer.
func (a *JavaApp) group(files []layerFile) {
	a.groups = []layerGroup{{name: "dependencies"}, {name: "snapshot dependencies"}, {name: "resources"}, {name: "classes"}}
	versions := map[string]string{}
	for _, f := range files {
		at := 3
		switch {
		case strings.HasPrefix(f.path, imageResources):
			at = 2
		case strings.HasPrefix(f.path, imageLibraries) && isSnapshot(f.path):
			at = 1
		case strings.HasPrefix(f.path, imageLibraries):
			at = 0
		}
		a.groups[at].files = append(a.groups[at].files, f)
		if at > 1 {
			continue
		}
		jar := strings.TrimPrefix(f.path, imageLibraries+"/")
		name := artifact(path.Base(jar))
		if other := versions[name]; other != "" {
			a.Warnings = append(a.Warnings, fmt.Sprintf("two versions of one library: %s and %s; is one a leftover?", other, jar))
		}
		versions[name] = jar
	}
}

// isSnapshot recognises a jar whose content may change under its name.
func isSnapshot(name string) bool {
	return regexp.MustCompile(`-(SNAPSHOT|\d{8}\.\d{6}-\d+)(-[A-Za-z][\w-]*)?\.jar$`).MatchString(name)
}

// artifact is a jar's name without its version, the last that looks like one:
// log4j-1.2-api has another in its name. A classifier stays, since two of those
// are two libraries.
func artifact(jar string) string {
	name := strings.TrimSuffix(jar, ".jar")
	found := regexp.MustCompile(`-\d[0-9A-Za-z.]*(-(SNAPSHOT|RELEASE|Final|GA|jre|android|[0-9.]+))*`).FindAllStringIndex(name, -1)
	if len(found) == 0 {
		return name
	}
	version := found[len(found)-1]
	return name[:version[0]] + name[version[1]:]
}

// classpath lists what java searches, own classes first and the libraries in
// an order that does not depend on the image's file system.
func (a *JavaApp) classpath() string {
	entries := []string{"/" + imageResources, "/" + imageClasses}
	for _, group := range a.groups[:2] {
		for _, f := range group.files {
			entries = append(entries, "/"+f.path)
		}
	}
	return strings.Join(entries, ":")
}

// mainClassOf reads the first Main-Class of the jars.
func mainClassOf(jars []string) string {
	for _, name := range jars {
		if class := classOf(name, "Main-Class"); class != "" {
			return class
		}
	}
	return ""
}

// classOf reads a class out of a jar's manifest.
func classOf(jar, key string) string {
	in, err := zip.OpenReader(jar)
	if err != nil {
		return ""
	}
	defer in.Close()
	for _, f := range in.File {
		if f.Name == "META-INF/MANIFEST.MF" {
			return manifestValue(f.Open, key)
		}
	}
	return ""
}

// manifestValue reads one value of a jar's manifest. Lines are cut after 72
// bytes there and go on with a space.
func manifestValue(open func() (io.ReadCloser, error), key string) string {
	r, err := open()
	if err != nil {
		return ""
	}
	defer r.Close()
	value, reading := "", false
	for lines := bufio.NewScanner(io.LimitReader(r, 1<<20)); lines.Scan(); {
		line := strings.TrimSuffix(lines.Text(), "\r")
		if rest, ok := strings.CutPrefix(line, " "); ok && reading {
			value += rest
			continue
		}
		if reading {
			break
		}
		value, reading = strings.CutPrefix(line, key+": ")
	}
	if !reading {
		return ""
	}
	return strings.TrimSpace(value)
}

// globText keeps a folder's own name out of the pattern.
func globText(dir string) string {
	return regexp.MustCompile(`[\\*?\[]`).ReplaceAllStringFunc(dir, func(c string) string { return `\` + c })
}
