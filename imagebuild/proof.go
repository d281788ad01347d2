package imagebuild

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// proof reads a cached layer and checks at the end that it is the one it is
// taken for: disks fail, and a registry's answer would not say whose fault it
// is.
type proof struct {
	file  *os.File
	layer cachedLayer
	sum   hash.Hash
}

func newProof(file *os.File, layer cachedLayer) *proof {
	return &proof{file: file, layer: layer, sum: sha256.New()}
}

func (p *proof) Read(b []byte) (int, error) {
	n, err := p.file.Read(b)
	p.sum.Write(b[:n])
	if errors.Is(err, io.EOF) && hashOf(p.sum) != p.layer.Layer.Digest {
		_ = os.Remove(p.file.Name()) // the next build makes it again
		return n, fmt.Errorf("layer %s was damaged in the cache: build again", p.layer.Name)
	}
	return n, err
}

func (p *proof) Close() error { return p.file.Close() }
