package oracle

import (
	"slices"
	"strings"
	"testing"
)

func shop() Database {
	return Database{
		Host: "127.0.0.1", Port: 32768, Service: "FREEPDB1",
		Schemas: []Schema{
			{Name: "orders", User: "ORDERS", Password: NewPassword("first1")},
			{Name: "bill-ing", User: "BILL_ING", Password: NewPassword("second2")},
		},
	}
}

func TestEnvHoldsOneSetForEachSchema(t *testing.T) {
	set := func(prefix, user, password string) []string {
		return []string{
			prefix + "HOST=127.0.0.1",
			prefix + "PORT=32768",
			prefix + "SERVICE=FREEPDB1",
			prefix + "JDBC_URL=jdbc:oracle:thin:@//127.0.0.1:32768/FREEPDB1",
			prefix + "USER=" + user,
			prefix + "PASSWORD=" + password,
			prefix + "URL=oracle://" + user + ":" + password + "@127.0.0.1:32768/FREEPDB1",
		}
	}
	first := set("ORACLE_", "ORDERS", "first1")
	want := slices.Concat(first, set("ORACLE_ORDERS_", "ORDERS", "first1"), set("ORACLE_BILL_ING_", "BILL_ING", "second2"))
	alone := shop()
	alone.Schemas = alone.Schemas[:1]
	if got := alone.Env(); !slices.Equal(got, first) {
		t.Errorf("one schema: got\n%s", strings.Join(got, "\n"))
	}
	if got := shop().Env(); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := shop().Secrets(); !slices.Equal(got, []string{"first1", "second2"}) {
		t.Errorf("secrets: got %q", got)
	}
}

func TestAShellReadsNamesAsTheyAre(t *testing.T) {
	db := shop()
	db.Schemas[0].User = "A$B#C"
	text := string(db.EnvText())
	for _, want := range []string{"ORACLE_USER='A$B#C'\n", "ORACLE_URL='oracle://A$B", "ORACLE_PASSWORD=first1\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestPropertiesForMaven(t *testing.T) {
	want := `oracle.host=127.0.0.1
oracle.port=32768
oracle.jdbc.url=jdbc:oracle:thin:@//127.0.0.1:32768/FREEPDB1
oracle.user=ORDERS
oracle.password=first1
oracle.url=oracle://ORDERS:first1@127.0.0.1:32768/FREEPDB1
oracle.bill-ing.user=BILL_ING
oracle.bill-ing.password=second2
oracle.bill-ing.url=oracle://BILL_ING:second2@127.0.0.1:32768/FREEPDB1
` + string(shop().EnvText())
	if got := string(shop().Properties()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAddressOfSixthInternet(t *testing.T) {
	db := shop()
	db.Host = "fd00::2"
	if got, want := db.JDBCURL(), "jdbc:oracle:thin:@//[fd00::2]:32768/FREEPDB1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := db.String(), "[fd00::2]:32768/FREEPDB1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
