package store

import (
	"encoding/json"
	"math"
	"testing"
)

func TestParseMoneyKeepsEveryCent(t *testing.T) {
	for text, want := range map[string]Money{
		"0": 0, "0.00": 0, "19.90": 1990, "19.9": 1990, "7": 700, ".5": 50, "0.05": 5, "-3.01": -301,
		"999999999999.99": 99999999999999, "0.29": 29, "1.10": 110,
	} {
		if got, err := ParseMoney(text); err != nil || got != want {
			t.Errorf("ParseMoney(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestParseMoneyRefuses(t *testing.T) {
	for _, text := range []string{"", "-", ".", "1.234", "1,5", "1e3", "--1", "1.-5", "+1", "99999999999999999999", "x"} {
		if got, err := ParseMoney(text); err == nil {
			t.Errorf("ParseMoney(%q) = %d, want an error", text, got)
		}
	}
}

func TestMoneyPrintsTwoDecimals(t *testing.T) {
	for m, want := range map[Money]string{0: "0.00", 5: "0.05", -5: "-0.05", 1990: "19.90", -301: "-3.01"} {
		if got := m.String(); got != want {
			t.Errorf("Money(%d).String() = %q, want %q", int64(m), got, want)
		}
	}
}

func TestMoneyIsTextInJSON(t *testing.T) {
	in := Product{Price: 1990}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out Product
	if err := json.Unmarshal(text, &out); err != nil || out.Price != in.Price {
		t.Errorf("%s came back as %v, %v", text, out.Price, err)
	}
	if err := json.Unmarshal([]byte(`{"price": "1.999"}`), &out); err == nil {
		t.Error("three decimals were accepted")
	}
}

func TestMoneyTimesSaysWhenItDoesNotFit(t *testing.T) {
	if got, fits := Money(150).Times(3); got != 450 || !fits {
		t.Errorf("1.50 times 3 = %v, %v", got, fits)
	}
	if _, fits := Money(math.MaxInt64).Times(2); fits {
		t.Error("an overflow was not noticed")
	}
	if _, fits := Money(1).Times(-1); fits {
		t.Error("a negative quantity was accepted")
	}
}

func TestMoneyRefusesAFloat(t *testing.T) {
	var m Money
	if err := m.Scan(19.9); err == nil {
		t.Errorf("19.9 was read as %v", m)
	}
	if err := m.Scan(int64(3)); err != nil || m != 300 {
		t.Errorf("3 was read as %v, %v", m, err)
	}
}
