package oracle

import (
	"slices"
	"testing"
)

func TestOfferedServices(t *testing.T) {
	const answer = `
LSNRCTL for Linux: Version 23.26.0.0.0 - Production on 18-JAN-2026 20:16:51

Services Summary...
Service "15288327eb2b45268e6a23a805a53f8e" has 1 instance(s).
  Instance "FREE", status READY, has 1 handler(s) for this service...
    Handler(s):
      "DEDICATED" established:0 refused:0 state:ready
         LOCAL SERVER
Service "FREE" has 1 instance(s).
  Instance "FREE", status READY, has 1 handler(s) for this service...
Service "FREEXDB" has 1 instance(s).
Service "freepdb1" has 1 instance(s).
Service "freepdb1" has 1 instance(s).
The command completed successfully
`
	if got, want := offered(answer), []string{"FREE", "freepdb1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := offered("The listener supports no services\n"); got != nil {
		t.Errorf("got %q from a listener without any", got)
	}
}

func TestNearestService(t *testing.T) {
	for wanted, want := range map[string]string{
		"FREEPDB": "freepdb1", "FREEPDB2": "freepdb1", "XEPDB1": "freepdb1", "free": "FREE", "FRE": "FREE", "ORDERS_PRODUCTION": "",
	} {
		if got := nearest(wanted, []string{"FREE", "freepdb1"}); got != want {
			t.Errorf("%s: got %q, want %q", wanted, got, want)
		}
	}
	if got := nearest("FREEPDB1", nil); got != "" {
		t.Errorf("got %q out of nothing", got)
	}
}
