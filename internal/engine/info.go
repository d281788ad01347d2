package engine

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Info is what the engine has to work with.
type Info struct {
	Name          string // of the machine it runs on
	System        string // such as Debian GNU/Linux 12
	CPUs          int
	Memory        int64 // bytes
	StorageDriver string
	RootDir       string // where it keeps images and containers
	Containers    int
	Images        int
	Time          time.Time // by its clock; zero when it does not say
	Warnings      []string
}

// Info asks the engine what it has to work with.
func (e *Engine) Info(ctx context.Context) (Info, error) {
	i, err := e.api.Info(ctx)
	if err != nil {
		return Info{}, fmt.Errorf("ask docker engine for its resources: %w", e.explained(ctx, err))
	}
	now, _ := time.Parse(time.RFC3339Nano, i.SystemTime) // zero is fine
	return Info{
		Time: now, Name: i.Name, System: i.OperatingSystem, CPUs: i.NCPU, Memory: i.MemTotal, StorageDriver: i.Driver,
		RootDir: i.DockerRootDir, Containers: i.Containers, Images: i.Images, Warnings: i.Warnings,
	}, nil
}

// FreeDisk is the room left where the engine keeps images and containers. It
// is not known for an engine elsewhere, nor for one in a virtual machine.
func (e *Engine) FreeDisk(ctx context.Context) (bytes uint64, known bool, err error) {
	info, err := e.Info(ctx)
	if err != nil {
		return 0, false, err
	}
	if !e.IsLocal() {
		return 0, false, nil
	}
	var fs unix.Statfs_t
	if unix.Statfs(info.RootDir, &fs) != nil {
		return 0, false, nil //nolint:nilerr // the folder is inside a virtual machine, which is no fault
	}
	return fs.Bavail * uint64(fs.Bsize), true, nil
}
