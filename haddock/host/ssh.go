package host

import (
	"path/filepath"

	"github.com/haddock-ci/pipeline/internal/redact"
)

// SSH says how ssh hosts are trusted and logged into. ~/.ssh/config is not
// read: jump hosts and names that stand only there are not known here.
type SSH struct {
	User       string        // when the address names none
	Agent      string        // socket of an agent; empty is none
	Identities []string      // files of private keys; one that is not there is passed over
	Passphrase redact.Secret // of the identities that have one
	KnownHosts []string      // files; one that is not there is passed over
}

// UsualSSH is what the ssh command would use without a configuration file.
// lookup reads the environment.
func UsualSSH(lookup func(string) string) SSH {
	s := SSH{User: lookup("USER"), Agent: lookup("SSH_AUTH_SOCK"), KnownHosts: []string{"/etc/ssh/ssh_known_hosts"}}
	if home := lookup("HOME"); home != "" {
		for _, name := range []string{"id_ed25519", "id_ecdsa", "id_rsa"} {
			s.Identities = append(s.Identities, filepath.Join(home, ".ssh", name))
		}
		s.KnownHosts = append(s.KnownHosts, filepath.Join(home, ".ssh", "known_hosts"))
	}
	return s
}
