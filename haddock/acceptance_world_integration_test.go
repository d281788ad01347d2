//go:build integration

package haddock_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/examples/shop/shop"
	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator"
)

// until waits until something is so.
func (s *scene) until(what string, so func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !so(); {
		if time.Now().After(deadline) {
			s.t.Fatalf("after %v not so: %s\n%s", patience, what, s.world())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// state is what HAProxy says; nothing while it is down.
func (s *scene) state() locator.State {
	state, _ := s.proxy.Proxy.Read(s.t.Context())
	return state
}

// instances are the service's containers, the newest first.
func (s *scene) instances() []host.Instance {
	s.t.Helper()
	list, err := s.host.Instances(s.t.Context(), s.key)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// of gives the instance of a version and its slot.
func (s *scene) of(version string) (host.Instance, locator.Slot, bool) {
	s.t.Helper()
	for _, one := range s.instances() {
		if one.Version == version {
			slot, ok := s.state().Slot(one.Slot)
			return one, slot, ok
		}
	}
	return host.Instance{}, locator.Slot{}, false
}

// alone reports whether the version has all new sessions and no other instance
// is left.
func (s *scene) alone(version string) bool {
	s.t.Helper()
	_, slot, ok := s.of(version)
	return ok && len(s.instances()) == 1 && slot.Admin == locator.Ready && slot.Weight > 0
}

// settle lets haddock finish until the version is alone.
func (s *scene) settle(version string) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !s.alone(version); {
		s.haddock("resume", "--env", "test")
		if time.Now().After(deadline) {
			s.t.Fatalf("%s is not alone:\n%s", version, s.world())
		}
	}
}

// world tells people what there is.
func (s *scene) world() string {
	var b strings.Builder
	state, err := s.proxy.Proxy.Read(context.Background())
	fmt.Fprintf(&b, "HAProxy up for %v, %d sessions, strict %v, %v\n", state.Uptime, state.TableUsed, state.Strict, err)
	list, _ := s.host.Instances(context.Background(), s.key)
	for _, one := range list {
		slot, _ := state.Slot(one.Slot)
		fmt.Fprintf(&b, "%s %s %s: %s, %s weight %d up %t fresh %t sessions %d current %d\n",
			one.Name, one.Version, one.Slot, one.Status, slot.Admin, slot.Weight, slot.Up, slot.Fresh, slot.Sessions, slot.Current)
	}
	return b.String()
}

// live asks the instance itself for its sessions.
func (s *scene) live(one host.Instance) int {
	s.t.Helper()
	res, err := http.Get("http://" + net.JoinHostPort(one.Address, strconv.Itoa(s.cfg.Service.Port)) + "/sessions")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var got shop.Live
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		s.t.Fatal(err)
	}
	return got.Sessions
}
