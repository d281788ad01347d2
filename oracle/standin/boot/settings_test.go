package boot

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
)

func TestEnvironmentOfTheFirstBoot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("from file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		env  map[string]string
		want settings
		err  string
	}{
		"password": {env: map[string]string{"ORACLE_PASSWORD": "x"}, want: settings{password: "x"}},
		"file":     {env: map[string]string{"ORACLE_PASSWORD_FILE": file}, want: settings{password: "from file"}},
		"random":   {env: map[string]string{"ORACLE_RANDOM_PASSWORD": "yes"}, want: settings{random: true}},
		"all": {
			env: map[string]string{
				"ORACLE_PASSWORD": "x", "ORACLE_DATABASE": "A,B", "APP_USER": "u", "APP_USER_PASSWORD_FILE": file,
			},
			want: settings{password: "x", databases: []string{"A", "B"}, user: "u", userPassword: "from file"},
		},
		"nothing":        {err: "Oracle Database SYS and SYSTEM passwords have to be specified at first database startup."},
		"both":           {env: map[string]string{"ORACLE_PASSWORD": "x", "ORACLE_RANDOM_PASSWORD": "y"}, err: "mutually exclusive"},
		"value, file":    {env: map[string]string{"ORACLE_PASSWORD": "x", "ORACLE_PASSWORD_FILE": file}, err: "mutually exclusive"},
		"half a user":    {env: map[string]string{"ORACLE_PASSWORD": "x", "APP_USER": "u"}, err: "Both variables are required"},
		"other half":     {env: map[string]string{"ORACLE_PASSWORD": "x", "APP_USER_PASSWORD": "u"}, err: "Both variables are required"},
		"file not there": {env: map[string]string{"ORACLE_PASSWORD_FILE": file + "x"}, err: "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readSettings(func(name string) string { return test.env[name] }, Gvenzl)
			if test.err == "" && (err != nil || !reflect.DeepEqual(got, test.want)) {
				t.Errorf("%+v, %v", got, err)
			}
			if test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("error %v, want %s", err, test.err)
			}
		})
	}
}

func TestNoPasswordEndsTheContainerBeforeItMakesADatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newContainer(t, "")
		c.env = nil
		c.start()
		status, log := c.wait()
		wantInOrder(t, log, "CONTAINER: starting up...", "Oracle Database SYS and SYSTEM passwords have to be specified")
		if _, err := os.Stat(c.cfg.State); status != 1 || err == nil {
			t.Errorf("exit status %d, state folder: %v", status, err)
		}
	})
}
