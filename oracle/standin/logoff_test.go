package standin_test

import "testing"

// A client that takes its leave has its transaction committed, as Oracle has
// it; one that vanishes has it rolled back.
func TestLogoffCommitsAndAVanishedClientRollsBack(t *testing.T) {
	for name, test := range map[string]struct {
		leave func(*thinClient)
		want  int
	}{
		"logoff":   {(*thinClient).logoff, 1},
		"vanished": {func(c *thinClient) { _ = c.conn.Close() }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			port := start(t)
			pool := connect(t, port, nil)
			numbers(t, pool, 1)
			c := dialThin(t, port)
			c.execute(thinCall{options: thinDML, rows: 1, sql: "INSERT INTO numbers VALUES (2, 'x')"})
			if a := c.answer(nil, nil); a.code != 0 {
				t.Fatalf("insert: got %v", a)
			}
			test.leave(c)
			exec(t, pool, "INSERT INTO numbers VALUES (3, 'y')") // waits for the lock to be gone
			var n int
			if err := pool.QueryRow("SELECT COUNT(*) FROM numbers WHERE n = 2").Scan(&n); err != nil || n != test.want {
				t.Errorf("got %d rows, want %d, error %v", n, test.want, err)
			}
		})
	}
}

func (c *thinClient) logoff() {
	c.t.Helper()
	c.call(9)
	c.send()
	c.expect(9)
}
