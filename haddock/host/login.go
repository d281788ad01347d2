package host

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// keyring is all that we can log in with, and what stood in the way of more.
type keyring struct {
	signers []ssh.Signer
	names   []string // of the signers, for people
	missing []string // what could not be used, and why
	agent   net.Conn // signs for some of the signers; nil without one
}

// openKeyring loads the identities, then what the agent has more. The server
// counts each key that is shown, so those that were named come first. Close it
// once logged in.
func openKeyring(ctx context.Context, s SSH) (*keyring, error) {
	k := &keyring{}
	locked := map[string]ssh.PublicKey{}
	for _, path := range s.Identities {
		err := k.addFile(path, s.Passphrase.Reveal())
		needs, isLocked := errors.AsType[*ssh.PassphraseMissingError](err)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			k.missing = append(k.missing, path+" is not there")
		case isLocked:
			locked[path] = needs.PublicKey
		case err != nil:
			return nil, fmt.Errorf("read identity %s: %w", path, err)
		}
	}
	if err := k.addAgent(ctx, s.Agent); err != nil {
		k.missing = append(k.missing, err.Error())
	}
	for path, key := range locked {
		if key == nil || !k.has(key) {
			k.missing = append(k.missing, path+" needs a passphrase")
		}
	}
	return k, nil
}

func (k *keyring) close() {
	if k.agent != nil {
		_ = k.agent.Close()
	}
}

func (k *keyring) addFile(path, passphrase string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return bare(err)
	}
	signer, err := ssh.ParsePrivateKey(data)
	if _, locked := errors.AsType[*ssh.PassphraseMissingError](err); locked && passphrase != "" {
		signer, err = ssh.ParsePrivateKeyWithPassphrase(data, []byte(passphrase))
		if errors.Is(err, x509.IncorrectPasswordError) {
			return errors.New("the passphrase does not fit")
		}
	}
	if err != nil {
		return err
	}
	k.add(signer, path)
	return nil
}

func (k *keyring) addAgent(ctx context.Context, socket string) error {
	if socket == "" {
		return errors.New("there is no agent")
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return fmt.Errorf("the agent at %s does not answer: %w", socket, err)
	}
	k.agent = conn
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		return fmt.Errorf("the agent at %s: %w", socket, err)
	}
	if len(signers) == 0 {
		return fmt.Errorf("the agent at %s has no keys", socket)
	}
	for _, signer := range signers {
		if !k.has(signer.PublicKey()) {
			k.add(signer, "agent's "+ssh.FingerprintSHA256(signer.PublicKey()))
		}
	}
	return nil
}

func (k *keyring) add(signer ssh.Signer, name string) {
	k.signers = append(k.signers, signer)
	k.names = append(k.names, name)
}

func (k *keyring) has(key ssh.PublicKey) bool {
	for _, signer := range k.signers {
		if bytes.Equal(signer.PublicKey().Marshal(), key.Marshal()) {
			return true
		}
	}
	return false
}

// refused says that the server took none of the keys.
func (k *keyring) refused(at place) error {
	out := &LinkError{Host: at.login(), Kind: ErrLogin}
	if len(k.names) == 0 {
		out.Err = errors.New("there is no key to log in with: " + strings.Join(k.missing, ", "))
		out.Advice = "name an identity file, or load a key into the agent with ssh-add"
		return out
	}
	text := "it takes none of " + strings.Join(k.names, ", ")
	if len(k.missing) > 0 {
		text += "; " + strings.Join(k.missing, ", ")
	}
	out.Err = errors.New(text)
	out.Advice = fmt.Sprintf("add the public key to ~%s/.ssh/authorized_keys there", at.user)
	return out
}
