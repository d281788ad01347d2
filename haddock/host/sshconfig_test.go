package host_test

import (
	"context"
	"slices"
	"testing"

	"github.com/haddock-ci/pipeline/haddock/host"
)

func TestSSHsAnswerSaysHowToLogIn(t *testing.T) {
	const usual = "user anna\nhostname prod\nport 22\n"
	tests := map[string]struct {
		answer string
		named  host.SSH
		want   host.SSH // without Ask and Home
		at     string
		way    []string
	}{
		"nothing configured": {
			answer: usual + "identityfile ~/.ssh/id_rsa\nidentityfile ~/.ssh/id_ed25519_sk\nidentityfile ~/.ssh/id_ed25519\nidentityfile ~/.ssh/id_dsa\n" +
				"globalknownhostsfile /etc/known /etc/known2\nuserknownhostsfile /home/anna/.ssh/known_hosts\nproxyjump none\n",
			named: host.SSH{Agent: "/agent"},
			want: host.SSH{
				Agent: "/agent", Identities: []string{"/home/anna/.ssh/id_rsa", "/home/anna/.ssh/id_ed25519"},
				KnownHosts: []string{"/etc/known", "/etc/known2", "/home/anna/.ssh/known_hosts"},
			},
			at: "anna@prod",
		},
		"what is named to us comes first": {
			answer: "user deploy\nhostname 10.0.0.5\nport 2222\nidentityfile %d/keys/%r@%h:%p%%\nuserknownhostsfile /k\nidentityagent none\n",
			named:  host.SSH{Agent: "/agent", Identities: []string{"/named"}, KnownHosts: []string{"/known"}},
			want:   host.SSH{Identities: []string{"/named", "/home/anna/keys/deploy@10.0.0.5:2222%"}, KnownHosts: []string{"/known"}},
			at:     "deploy@10.0.0.5:2222",
		},
		"hosts on the way": {
			answer: usual + "proxyjump ssh://ben@one:2222,two,[fd00::1]:22\nidentityagent ~/agent\n",
			want:   host.SSH{Agent: "/home/anna/agent"},
			at:     "anna@prod", way: []string{"ben@one:2222", "@two", "@[fd00::1]"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.named.Home = "/home/anna"
			test.named.Ask = func(_ context.Context, where []string) ([]byte, error) {
				if want := []string{"-p", "22", "--", "prod"}; !slices.Equal(where, want) {
					t.Errorf("ssh -G %q, want %q", where, want)
				}
				return []byte(test.answer), nil
			}
			at, got, way, err := host.Follow(t.Context(), test.named, "", "prod", "22")
			if err != nil || at != test.at || !slices.Equal(way, test.way) {
				t.Errorf("%s over %v, %v, want %s over %v", at, way, err, test.at, test.way)
			}
			if got.Agent != test.want.Agent || !slices.Equal(got.Identities, test.want.Identities) || !slices.Equal(got.KnownHosts, test.want.KnownHosts) {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

func FuzzSSHsAnswer(f *testing.F) {
	f.Add("user a\nhostname b\nport 22\nproxyjump c@d:1,[::1]\nidentityfile ~/x\n")
	f.Add("hostname\nport \n\nproxyjump ,@")
	f.Fuzz(func(t *testing.T, answer string) {
		s := host.SSH{Ask: func(context.Context, []string) ([]byte, error) { return []byte(answer), nil }}
		if at, _, _, err := host.Follow(t.Context(), s, "", "prod", ""); err == nil && at == "" {
			t.Error("no error, and nowhere to go")
		}
	})
}
