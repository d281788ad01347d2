package engine_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/engine"
)

func TestLabelsAreReadBack(t *testing.T) {
	own, err := engine.Own("run-1", "SHOP-ORDERS-BLD-42", time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	got, ours := engine.ParseOwnership(own.Labels())
	if !ours || got != own {
		t.Errorf("read back %+v, %v, want %+v", got, ours, own)
	}
	bare := engine.Ownership{RunID: "run-2", Host: "h"}
	if labels := bare.Labels(); len(labels) != 2 {
		t.Errorf("labels = %v, want two", labels)
	}
	if _, ours := engine.ParseOwnership(map[string]string{engine.LabelHost: "h"}); ours {
		t.Error("a thing without a run id is taken for ours")
	}
}

func TestDoubtNeverShortensALife(t *testing.T) {
	now := time.Now()
	for name, labels := range map[string]map[string]string{
		"no owner and no deadline": {},
		"owner without a start":    {engine.LabelOwner: "1"},
		"owner is no number":       {engine.LabelOwner: "x@1.2.3"},
		"deadline is no time":      {engine.LabelDeadline: "tomorrow"},
	} {
		labels[engine.LabelRunID], labels[engine.LabelHost] = "r", engine.Host()
		o, ours := engine.ParseOwnership(labels)
		if !ours || o.Abandoned(engine.Host(), now) {
			t.Errorf("%s: ours %v, abandoned %v", name, ours, o.Abandoned(engine.Host(), now))
		}
	}
}

func TestRemovalRefusesASelectorThatReachesOthersThings(t *testing.T) {
	var eng *engine.Engine // never asked
	for name, labels := range map[string]map[string]string{
		"nothing":         nil,
		"a foreign label": {"com.example": "x"},
		"any run":         {engine.LabelRunID: ""},
		"a whole host":    {engine.LabelHost: "h"},
		"any foreign":     {engine.LabelRunID: "r", "com.example": ""},
	} {
		if _, err := eng.RemoveByLabel(t.Context(), labels); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTheHostIsNamedWithoutTellingItsMachineID(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	host := engine.Host()
	if !strings.HasPrefix(host, name) || host != engine.Host() {
		t.Errorf("this machine, %s, is called %s and then %s", name, host, engine.Host())
	}
	id, err := os.ReadFile("/etc/machine-id")
	if id = bytes.TrimSpace(id); err != nil || len(id) == 0 {
		return // its name is all there is
	}
	if host == name || strings.Contains(host, string(id[:8])) {
		t.Errorf("%s does not tell machines of one name apart, or tells the machine id", host)
	}
}
