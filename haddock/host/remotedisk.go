package host

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/pkg/sftp"
)

// files is a session's sftp client, started when it is first needed.
type files struct {
	turn   chan struct{} // held while client is looked at
	client *sftp.Client
}

// remoteDisk is the disk of the machine at the other end of a link.
type remoteDisk struct{ link *link }

func (d remoteDisk) read(ctx context.Context, path string) ([]byte, error) {
	return onDisk(ctx, d, func(c *sftp.Client) ([]byte, error) {
		f, err := c.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		var data bytes.Buffer
		_, err = f.WriteTo(&data) // which asks for many parts at a time
		return data.Bytes(), err
	})
}

func (d remoteDisk) replace(ctx context.Context, name string, data []byte) error {
	_, err := onDisk(ctx, d, func(c *sftp.Client) (struct{}, error) {
		return struct{}{}, replaceOver(c, name, data)
	})
	return err
}

func (d remoteDisk) extend(ctx context.Context, path string, line []byte) error {
	_, err := onDisk(ctx, d, func(c *sftp.Client) (struct{}, error) {
		f, err := c.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE)
		if err != nil {
			return struct{}{}, err
		}
		// Servers that do not know appending take the place from us.
		if _, err = f.Seek(0, io.SeekEnd); err == nil {
			err = extend(ctx, syncing{f, c}, line)
		}
		return struct{}{}, errors.Join(err, f.Close())
	})
	return err
}

// replaceOver writes beside the file, syncs and renames over it.
func replaceOver(c *sftp.Client, name string, data []byte) error {
	dir, base := path.Split(name)
	sweepLeft(c, dir, base)
	beside := dir + halfWritten(base) + rand.Text()
	f, err := c.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(fileMode)
	}
	if err == nil {
		err = syncing{f, c}.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = c.PosixRename(beside, name)
	}
	if err != nil {
		_ = c.Remove(beside) // the first error says more
	}
	return err
}

// sweepLeft removes what writers left that were killed half-way.
func sweepLeft(c *sftp.Client, dir, base string) {
	list, err := c.ReadDir(dir)
	if err != nil {
		return // writing will say why
	}
	for _, info := range list {
		if isLeft(info, base) {
			_ = c.Remove(dir + info.Name())
		}
	}
}

// syncing is a file whose content is made durable where the server knows how.
type syncing struct {
	*sftp.File
	client *sftp.Client
}

// Sync does nothing on a server that cannot.
func (s syncing) Sync() error {
	if _, ok := s.client.HasExtension("fsync@openssh.com"); !ok {
		return nil
	}
	return s.File.Sync()
}

// onDisk does something with the files of the other machine. When ctx ends it
// returns at once, and the sftp client is given up.
func onDisk[T any](ctx context.Context, d remoteDisk, do func(*sftp.Client) (T, error)) (T, error) {
	var none T
	s, err := d.link.session(ctx)
	if err != nil {
		return none, err
	}
	client, err := s.disk(ctx)
	if err != nil {
		return none, err
	}
	out, err := await(ctx, s, func() (T, error) { return do(client) })
	if ctx.Err() != nil || errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, io.ErrUnexpectedEOF) {
		s.giveUp(client)
	}
	return out, plain(err)
}

// disk is the session's sftp client, or a new one.
func (s *session) disk(ctx context.Context) (*sftp.Client, error) {
	select {
	case s.files.turn <- struct{}{}:
		defer func() { <-s.files.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if s.files.client != nil {
		return s.files.client, nil
	}
	client, err := await(ctx, s, func() (*sftp.Client, error) { return sftp.NewClient(s.client) })
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil && !s.alive() {
		return nil, s.broken()
	}
	if err != nil {
		return nil, &LinkError{Host: s.login, Kind: ErrFiles, Err: err, Advice: "its sshd_config needs Subsystem sftp"}
	}
	if _, ok := client.HasExtension("posix-rename@openssh.com"); !ok {
		_ = client.Close()
		return nil, &LinkError{
			Host: s.login, Kind: ErrFiles, Err: errors.New("its sftp server cannot rename over a file"),
			Advice: "OpenSSH's sftp-server and internal-sftp can",
		}
	}
	s.files.client = client
	return client, nil
}

// giveUp forgets a client that broke or hangs; its end may take long.
func (s *session) giveUp(client *sftp.Client) {
	s.files.turn <- struct{}{}
	if s.files.client == client {
		s.files.client = nil
	}
	<-s.files.turn
	go client.Close()
}

// plain makes the errors of sftp those of package fs, and drops the path, which
// the caller's error has.
func plain(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fs.ErrNotExist
	case errors.Is(err, fs.ErrPermission):
		return fs.ErrPermission
	default:
		return bare(err)
	}
}
