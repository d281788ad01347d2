package haddock

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/haddock/host"
)

// spec is the container of a release in a slot.
func (s *Service) spec(of Facts, op Op) (host.Spec, error) {
	variables, err := s.variables()
	if err != nil {
		return host.Spec{}, err
	}
	number := slices.Index(s.env.Network.SlotNames(), op.Slot) + 1
	if number == 0 {
		return host.Spec{}, fmt.Errorf("use slot %s: HAProxy has it and haddock.yaml does not, its network.slots is %d", op.Slot, s.env.Network.Slots)
	}
	c := s.Config.Service
	spec := host.Spec{
		Identity: host.Identity{
			Key: s.key, Slot: op.Slot, Seq: op.Seq, Version: of.Version, Image: of.Image,
			By: s.By, Commit: of.Commit, Build: of.Build,
		},
		Command: c.Command, Env: variables, Volumes: c.Volumes, Memory: c.Memory, CPUs: c.CPUs, StopGrace: c.StopGrace,
		Network: s.env.Network.Name, Port: c.Port,
	}
	if at := s.env.Network.Published(number); at.IsValid() {
		spec.HostIP, spec.HostPort = at.Addr().String(), int(at.Port())
	} else {
		spec.Address = s.env.Network.Address(number).String()
	}
	return spec, nil
}

// fingerprint tells whether haddock.yaml makes another container of the same
// image. What stands in env files is not part of it: it would be a trace of
// secrets.
func (s *Service) fingerprint() string {
	c := s.Config.Service
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %q %q %d %v %v %q", c.Command, slices.Sorted(maps.Keys(s.env.Env)), s.env.EnvFiles, c.Memory, c.CPUs, c.Port, c.Volumes)
	for _, name := range slices.Sorted(maps.Keys(s.env.Env)) {
		fmt.Fprintf(sum, " %q", s.env.Env[name])
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// variables is the environment of an instance: the files first, in their
// order, then what haddock.yaml names. What stands in files is secret.
func (s *Service) variables() ([]string, error) {
	all := map[string]string{}
	for _, name := range s.env.EnvFiles {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(s.Config.Dir, path)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read env file: %w", err)
		}
		found, err := parseEnvFile(data)
		if err != nil {
			return nil, fmt.Errorf("read env file %s: %w", path, err)
		}
		s.Secrets.Add(slices.Collect(maps.Values(found))...)
		maps.Copy(all, found)
	}
	maps.Copy(all, s.env.Env)
	out := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, name+"="+all[name])
	}
	return out, nil
}

// parseEnvFile reads lines NAME=value; empty ones and those that begin with #
// say nothing. A value is everything behind the =, quotes included, as docker
// reads it. No error quotes a line: it may be a secret.
func parseEnvFile(data []byte) (map[string]string, error) {
	found := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimLeft(lines.Text(), " \t")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok || name == "" || strings.ContainsAny(name, " \t\"'") {
			return nil, fmt.Errorf("line %d is not NAME=value", number)
		}
		found[name] = value
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line too long: %w", err)
	}
	return found, nil
}
