package host

import "context"

// What the tests of pure functions reach.
var (
	PullKind    = pullKind
	SplitDigest = splitDigest
	NetworkSpec = networkSpec
	AskSSH      = askSSH
)

// Places reads a target.
func Places(t Target) (engine, locator, stateDir string, err error) {
	p, err := t.places()
	return p.engine.String(), p.locator.String(), p.stateDir, err
}

// String is for tests.
func (p place) String() string { return p.scheme + " " + p.login() + " " + p.path }

// Follow asks ssh how it reaches a host.
func Follow(ctx context.Context, s SSH, user, host, port string) (at string, own SSH, way []string, err error) {
	p, own, hops, err := s.follow(ctx, sshPlace(user, host, port))
	for _, hop := range hops {
		way = append(way, hop.login())
	}
	return p.login(), own, way, err
}
