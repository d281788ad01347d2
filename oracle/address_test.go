package oracle

import (
	"io"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

// engineAt is a connection to nowhere that knows its endpoint.
func engineAt(t *testing.T, endpoint, host string) *docker {
	t.Helper()
	api, err := client.New(client.WithHost(endpoint))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { api.Close() })
	return &docker{api: api, host: host}
}

func published(on ...string) container.InspectResponse {
	var bindings []network.PortBinding
	for _, address := range on {
		host, port, _ := net.SplitHostPort(address)
		bindings = append(bindings, network.PortBinding{HostIP: netip.MustParseAddr(host), HostPort: port})
	}
	return container.InspectResponse{NetworkSettings: &container.NetworkSettings{
		Ports: network.PortMap{network.MustParsePort("1521/tcp"): bindings},
		Networks: map[string]*network.EndpointSettings{
			"bridge": {Gateway: netip.MustParseAddr("172.17.0.1"), IPAddress: netip.MustParseAddr("172.17.0.2")},
		},
	}}
}

func TestCandidatesDependOnTheEngine(t *testing.T) {
	const socket = "unix:///var/run/docker.sock"
	for name, c := range map[string]struct {
		endpoint, host string
		bound, want    []string
	}{
		"local": {
			socket, "localhost",
			[]string{"127.0.0.1:32768"},
			[]string{"127.0.0.1:32768", "172.17.0.2:1521"},
		},
		"local, in a container": {
			socket, "172.17.0.1",
			[]string{"127.0.0.1:32768"},
			[]string{"127.0.0.1:32768", "172.17.0.2:1521"},
		},
		"local, by somebody else on all addresses": {
			socket, "172.18.0.1",
			[]string{"0.0.0.0:32768", "[::]:32768"},
			[]string{"127.0.0.1:32768", "172.18.0.1:32768", "172.17.0.1:32768", "172.17.0.2:1521"},
		},
		"remote": {
			"tcp://build-host:2376", "build-host",
			[]string{"192.0.2.7:32768"},
			[]string{"192.0.2.7:32768", "build-host:32768"},
		},
		"loopback by tcp": {
			"tcp://127.0.0.1:2375", "127.0.0.1",
			[]string{"127.0.0.1:32768"},
			[]string{"127.0.0.1:32768", "172.17.0.2:1521"},
		},
		"not published": {socket, "localhost", nil, []string{"172.17.0.2:1521"}},
	} {
		got := engineAt(t, c.endpoint, c.host).addressesOf(published(c.bound...)).candidates
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestPublishedOnLoopbackUnlessRemote(t *testing.T) {
	for endpoint, want := range map[string]string{
		"unix:///var/run/docker.sock": "127.0.0.1",
		"tcp://localhost:2375":        "127.0.0.1",
		"tcp://192.0.2.7:2376":        "192.0.2.7",
	} {
		if got := engineAt(t, endpoint, "172.17.0.1").publishOn(t.Context()).String(); got != want {
			t.Errorf("%s: got %s, want %s", endpoint, got, want)
		}
	}
}

func TestOnlyReachedAddressesAreTried(t *testing.T) {
	r := startRefuser(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	a := &addresses{candidates: []string{"127.0.0.1:1", r.address}}
	if got := a.list(t.Context()); !slices.Equal(got, []string{r.address}) {
		t.Errorf("got %v", got)
	}
	a.prove("10.0.0.1:1521")
	if got := a.list(t.Context()); !slices.Equal(got, []string{"10.0.0.1:1521"}) {
		t.Errorf("proven: got %v", got)
	}
	if host, port, err := a.best(); host != "10.0.0.1" || port != 1521 || err != nil {
		t.Errorf("best: got %s %d %v", host, port, err)
	}
	a.forget()
	if got := a.list(t.Context()); !slices.Equal(got, []string{r.address}) {
		t.Errorf("forgotten: got %v", got)
	}
	if _, _, err := (&addresses{}).best(); err == nil {
		t.Error("no address is the best")
	}
}

func TestLoginFallsBackToTheAddressThatAnswers(t *testing.T) {
	proxy := startRefuser(t, func(net.Conn) {}) // accepts for nobody, as docker-proxy does
	listener := startRefuser(t, refuse("(DESCRIPTION=(ERR=12514))"))
	c := &Container{cfg: Config{Service: "X"}, in: &instance{addresses: &addresses{candidates: []string{proxy.address, listener.address}}}}
	for range 2 {
		if err := c.as(t.Context(), "SYSTEM", NewPassword("x"), unused); errorCode(err) != 12514 {
			t.Errorf("got %v", err)
		}
	}
	if got := c.in.addresses.proven; got != listener.address {
		t.Errorf("proven: %s", got)
	}
	if got := proxy.seen.Load(); got != 2 { // one to see whether it accepts, one login
		t.Errorf("%d connections to the address that never answers", got)
	}
}
