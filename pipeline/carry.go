package pipeline

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/git"
)

// What the archive of a tested tree holds: the proof, and below a folder the
// files of the image's build context that git ignores. A checkout brings the
// others.
const (
	carriedProof = proofFile
	carriedFiles = "context"
)

// carries says what the file of Settings.Tested is for: the stage itest alone
// writes it, the stage image alone reads it.
func (s Settings) carries() (write, read bool, err error) {
	if s.Tested == "" {
		return false, false, nil
	}
	switch {
	case slices.Equal(s.Stages, []Stage{StageITest}):
		return true, false, nil
	case slices.Contains(s.Stages, StageImage) && !slices.Contains(s.Stages, StageITest):
		return false, true, nil
	}
	return false, false, &UsageError{"--tested is for stages on different machines: --stage=itest writes the file, --stage=image reads it"}
}

// testedPath is the archive's place; a relative one is below the project's
// folder.
func (r *run) testedPath() string {
	if filepath.IsAbs(r.set.Tested) {
		return r.set.Tested
	}
	return filepath.Join(r.cfg.Dir, r.set.Tested)
}

// pack writes the archive by which the tested tree reaches another machine.
func (r *run) pack(ctx context.Context, sink events.Sink, proof Proof) error {
	names := r.carried(proof)
	out, err := atomicfile.Create(r.testedPath(), 0o644)
	if err != nil {
		return &WorkdirError{"pack the tested tree", err}
	}
	defer out.Abort()
	archive := tar.NewWriter(out)
	err = addFile(archive, r.dir.State(proofFile), carriedProof)
	for _, name := range names {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err == nil {
			err = addFile(archive, filepath.Join(r.cfg.contextDir(), filepath.FromSlash(name)), path.Join(carriedFiles, name))
		}
	}
	if err := errors.Join(err, archive.Close()); err != nil {
		return &WorkdirError{"pack the tested tree", err}
	}
	if err := out.Commit(); err != nil {
		return &WorkdirError{"pack the tested tree", err}
	}
	sink.Emit(events.Event{Kind: events.Note, Text: fmt.Sprintf("%s holds the proof, and %d files and folders that git does not keep", r.relative(r.testedPath()), len(names))})
	return nil
}

// carried are the files and folders of the build context, relative to it, that
// a checkout of the tested tree lacks; git keeps no folder for itself.
func (r *run) carried(proof Proof) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(proof.ContextFiles)) {
		name, _, _ = strings.Cut(name, "!/") // a file inside of a jar: the jar is what travels
		if _, known := proof.Files[r.inProject(name)]; !known && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// inProject is the path in the project's folder of a file of the build context.
func (r *run) inProject(name string) string {
	return path.Join(r.cfg.Image.Context, name)
}

func addFile(archive *tar.Writer, from, name string) error {
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	link := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		if link, err = os.Readlink(from); err != nil {
			return err
		}
	}
	header, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	header.Name, header.Uid, header.Gid, header.Uname, header.Gname = name, 0, 0, "", ""
	if err := archive.WriteHeader(header); err != nil || !info.Mode().IsRegular() {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	_, err = io.Copy(archive, in)
	return errors.Join(err, in.Close())
}

// unpack puts what another machine has tested into this checkout: the proof
// and the files that git ignores. It writes over no file of the project, and
// the proof is then judged like one of this machine.
func (r *run) unpack(ctx context.Context) error {
	in, err := os.Open(r.testedPath())
	if errors.Is(err, fs.ErrNotExist) {
		return &UsageError{fmt.Sprintf("--tested=%s: there is no such file; the stage itest writes it with the same flag", r.set.Tested)}
	}
	if err != nil {
		return &WorkdirError{"unpack the tested tree", err}
	}
	defer func() { _ = in.Close() }() // only read from
	now, err := git.HashTree(ctx, r.cfg.Dir)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(r.cfg.contextDir())
	if err != nil {
		return &WorkdirError{"unpack the tested tree", err}
	}
	defer func() { _ = root.Close() }() // nothing is pending on it
	for archive := tar.NewReader(in); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = context.Cause(ctx)
		}
		if err == nil {
			err = r.place(root, header, archive, now)
		}
		if err != nil {
			return &UsageError{fmt.Sprintf("--tested=%s: %v", r.set.Tested, err)}
		}
	}
}

// place writes one entry of the archive.
func (r *run) place(root *os.Root, header *tar.Header, content io.Reader, now git.Tree) error {
	if header.Name == carriedProof {
		text, err := io.ReadAll(content)
		if err != nil {
			return err
		}
		return atomicfile.Write(r.dir.State(proofFile), text, 0o644)
	}
	name, ok := strings.CutPrefix(strings.TrimSuffix(header.Name, "/")+"/", carriedFiles+"/")
	name = path.Join(".", name)
	if !ok || !filepath.IsLocal(name) {
		return fmt.Errorf("it holds %q, which is no file of a build context", header.Name)
	}
	if _, known := now.Files[r.inProject(name)]; known {
		return nil // the checkout has it; the proof says whether it is the same
	}
	if header.Typeflag == tar.TypeDir {
		return root.MkdirAll(name, 0o755)
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if header.Typeflag == tar.TypeSymlink {
		return root.Symlink(header.Linkname, name)
	}
	mode := fs.FileMode(0o644)
	if header.FileInfo().Mode()&0o111 != 0 {
		mode = 0o755
	}
	out, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, content)
	return errors.Join(err, out.Close())
}
