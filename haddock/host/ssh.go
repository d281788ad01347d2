package host

import (
	"context"
	"os/exec"
	"path/filepath"

	"github.com/haddock-ci/pipeline/internal/redact"
)

// SSH says how ssh hosts are found, trusted and logged into.
type SSH struct {
	User       string        // when the address names none
	Agent      string        // socket of an agent; empty is none
	Identities []string      // files of private keys; one that is not there is passed over
	Passphrase redact.Secret // of the identities that have one
	KnownHosts []string      // files; one that is not there is passed over
	Home       string        // for ~ in what Ask says

	// Ask returns what ssh -G says with these arguments. Host, port, user, jump
	// hosts, and the identities, known hosts and agent that are not named above
	// are then those of ssh's configuration. Nil reads none.
	Ask func(ctx context.Context, where []string) ([]byte, error)
}

// UsualSSH is what the ssh command would use; where there is none, what it
// would use without a configuration file. lookup reads the environment.
func UsualSSH(lookup func(string) string) SSH {
	s := SSH{User: lookup("USER"), Agent: lookup("SSH_AUTH_SOCK"), Home: lookup("HOME")}
	if _, err := exec.LookPath("ssh"); err == nil {
		s.Ask = askSSH()
		return s
	}
	return s.unconfigured()
}

func (s SSH) unconfigured() SSH {
	s.KnownHosts = []string{"/etc/ssh/ssh_known_hosts"}
	if home := s.Home; home != "" {
		for _, name := range []string{"id_ed25519", "id_ecdsa", "id_rsa"} {
			s.Identities = append(s.Identities, filepath.Join(home, ".ssh", name))
		}
		s.KnownHosts = append(s.KnownHosts, filepath.Join(home, ".ssh", "known_hosts"))
	}
	return s
}
