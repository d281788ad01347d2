package host

// What the tests of pure functions reach.
var (
	PullKind    = pullKind
	SplitDigest = splitDigest
	NetworkSpec = networkSpec
)

// Places reads a target.
func Places(t Target) (engine, locator, stateDir string, err error) {
	p, err := t.places()
	return p.engine.String(), p.locator.String(), p.stateDir, err
}

// String is for tests.
func (p place) String() string { return p.scheme + " " + p.login() + " " + p.path }
