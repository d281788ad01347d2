package host

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// trust decides whether a host is the one that is meant.
type trust struct {
	at     place
	files  []string // those that are there
	wanted []string // all that were looked for
	check  ssh.HostKeyCallback
}

// readTrust reads the files of known hosts.
func readTrust(at place, files []string) (*trust, error) {
	t := &trust{at: at, wanted: files}
	for _, path := range files {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		t.files = append(t.files, path)
	}
	var err error
	if t.check, err = knownhosts.New(t.files...); err != nil {
		return nil, fmt.Errorf("read known hosts: %w", err)
	}
	return t, nil
}

// algorithms are those of the keys that are known for the host. Without them
// the host might show a key of another kind than the known one, which looks
// like a changed key. Nil, any, when no key is known, or an authority's is.
func (t *trust) algorithms() []string {
	var want *knownhosts.KeyError
	if !errors.As(t.check(t.at.knownAs(), noAddress{}, noKey{}), &want) {
		return nil
	}
	var names []string
	for _, known := range want.Want {
		if isAuthority(known) {
			return nil
		}
		switch kind := known.Key.Type(); kind {
		case ssh.KeyAlgoRSA: // the key's name, of which only the newer signatures are of use
			names = append(names, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
		default:
			names = append(names, kind)
		}
	}
	slices.Sort(names) // ecdsa, rsa, ssh-ed25519: any will do, the same one each time
	return names
}

// explained makes of what the check said what a person can act on.
func (t *trust) explained(key ssh.PublicKey, err error) error {
	out := &LinkError{Host: t.at.login(), Err: err}
	shown := fmt.Sprintf("%s %s", key.Type(), ssh.FingerprintSHA256(key))
	name := knownhosts.Normalize(t.at.knownAs())
	var revoked *knownhosts.RevokedError
	var mismatch *knownhosts.KeyError
	switch {
	case errors.As(err, &revoked):
		out.Kind = ErrHostKeyChanged
		out.Err = fmt.Errorf("it shows %s, which %s:%d revokes", shown, revoked.Revoked.Filename, revoked.Revoked.Line)
		out.Advice = "do not go on before you know who answers at " + name
	case errors.As(err, &mismatch) && len(mismatch.Want) > 0:
		known := mismatch.Want[0]
		if i := slices.IndexFunc(mismatch.Want, func(k knownhosts.KnownKey) bool { return k.Key.Type() == key.Type() }); i >= 0 {
			known = mismatch.Want[i]
		}
		out.Kind = ErrHostKeyChanged
		out.Err = fmt.Errorf("it shows %s, known is %s %s from %s:%d", shown,
			known.Key.Type(), ssh.FingerprintSHA256(known.Key), known.Filename, known.Line)
		out.Advice = fmt.Sprintf("ask who runs it whether it was installed anew; if not, somebody else answers there; "+
			"if so, remove the old key with ssh-keygen -R '%s' -f %s and add the new one", name, known.Filename)
	case errors.As(err, &mismatch):
		out.Kind = ErrUnknownHost
		out.Err = fmt.Errorf("it shows %s, which is in none of %s", shown, strings.Join(t.wanted, ", "))
		out.Advice = "compare it with what ssh-keygen -lf says there about its /etc/ssh/ssh_host_*_key.pub, then add the key for " + name
	default:
		out.Kind = ErrUnknownHost
		out.Advice = "check the files of known hosts"
	}
	return out
}

// isAuthority reports whether the known key is one that signs hosts' keys.
func isAuthority(known knownhosts.KnownKey) bool {
	f, err := os.Open(known.Filename)
	if err != nil {
		return false
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if n == known.Line {
			return strings.HasPrefix(strings.TrimSpace(lines.Text()), "@cert-authority")
		}
	}
	return false
}

// noKey is nobody's key: asking for it tells which keys are known.
type noKey struct{}

func (noKey) Type() string                        { return "none" }
func (noKey) Marshal() []byte                     { return []byte("none") }
func (noKey) Verify([]byte, *ssh.Signature) error { return errors.New("nobody's key") }

// noAddress is where nobody is.
type noAddress struct{}

func (noAddress) Network() string { return "tcp" }
func (noAddress) String() string  { return "0.0.0.0:0" }
