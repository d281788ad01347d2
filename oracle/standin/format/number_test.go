package format

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/big"
	"math/rand"
	"strings"
	"testing"
	"time"
)

func num(tb testing.TB, s string) Decimal {
	tb.Helper()
	x, err := ParseNumber(s)
	if err != nil {
		tb.Fatalf("ParseNumber(%q): %v", s, err)
	}
	return x
}

func TestNumberHasOraclesBytes(t *testing.T) {
	for text, want := range map[string]string{
		"0": "80", "1": "c102", "-7": "3e5e66", "12345.678": "c302182e4451", "0.01": "c002",
		"100": "c202", "-100": "3d6466", "123456789": "c502182e445a", "-0.5": "3f3366",
	} {
		b, err := num(t, text).Encode()
		if got := hex.EncodeToString(b); err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", text, got, err, want)
		}
		back, err := DecodeNumber(b)
		if err != nil || back.Cmp(num(t, text)) != 0 {
			t.Errorf("%s: decoded as %v, %v", text, back, err)
		}
	}
}

func TestNumberTextIsToChar(t *testing.T) {
	for in, want := range map[string]string{
		"0.5": ".5", "-0.5": "-.5", "007": "7", "1e3": "1000", "1.50": "1.5", "-0": "0", "1E-3": ".001", ".5e1": "5", "5.": "5",
	} {
		if got := num(t, in).String(); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestNotANumber(t *testing.T) {
	for _, in := range []string{"", "abc", "1a", "1e", "1e+-2", "--1", "+", ".", "1 2", "0x1"} {
		if x, err := ParseNumber(in); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: got %v, %v", in, x, err)
		}
	}
}

func TestDivisionRoundsAsOracleDoes(t *testing.T) {
	for _, c := range [][3]string{
		{"1", "3", "." + strings.Repeat("3", 40)},
		{"2", "3", "." + strings.Repeat("6", 39) + "7"},
		{"10", "3", "3." + strings.Repeat("3", 38)},
		{"5", "2", "2.5"},
		{"-5", "2", "-2.5"},
		{"1", "7", ".1428571428571428571428571428571428571429"},
		{"100", "7", "14.28571428571428571428571428571428571429"},
	} {
		if got := num(t, c[0]).Quo(num(t, c[1])).String(); got != c[2] {
			t.Errorf("%s/%s: got %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

func TestArithmeticAgreesWithRationals(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	random := func() (Decimal, *big.Rat) {
		x := fromDecimals(r.Intn(2) == 0, func() []byte {
			d := make([]byte, 1+r.Intn(18))
			for i := range d {
				d[i] = byte(r.Intn(10))
			}
			return d
		}(), r.Intn(20)-5)
		rat, _ := new(big.Rat).SetString(strings.Replace(strings.Replace(x.String(), "-.", "-0.", 1), "", "", 1))
		if rat == nil {
			rat, _ = new(big.Rat).SetString("0" + x.String())
		}
		return x, rat
	}
	for range 5000 {
		x, rx := random()
		y, ry := random()
		check := func(op string, got Decimal, want *big.Rat) {
			t.Helper()
			text := strings.Replace("0"+strings.TrimPrefix(got.String(), "-"), "0-", "-0", 1)
			rat, ok := new(big.Rat).SetString(text)
			if got.Sign() < 0 {
				rat.Neg(rat)
			}
			if !ok || rat.Cmp(want) != 0 {
				t.Fatalf("%s %s %s: got %s, want %s", x, op, y, got, want.FloatString(40))
			}
		}
		check("+", x.Add(y), new(big.Rat).Add(rx, ry))
		check("-", x.Sub(y), new(big.Rat).Sub(rx, ry))
		check("*", x.Mul(y), new(big.Rat).Mul(rx, ry))
		if x.Cmp(y) != rx.Cmp(ry) {
			t.Fatalf("cmp %s %s", x, y)
		}
		bx, err1 := x.Encode()
		by, err2 := y.Encode()
		if err1 != nil || err2 != nil || bytes.Compare(bx, by) != rx.Cmp(ry) {
			t.Fatalf("bytes of %s and %s do not compare as they do", x, y)
		}
	}
}

func TestRoundTruncFloorCeilMod(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{num(t, "2.345").Round(2).String(), "2.35"},
		{num(t, "-2.345").Round(2).String(), "-2.35"},
		{num(t, "0.5").Round(0).String(), "1"},
		{num(t, "0.05").Round(0).String(), "0"},
		{num(t, "99.99").Round(1).String(), "100"},
		{num(t, "1250").Round(-2).String(), "1300"},
		{num(t, "50").Round(-2).String(), "100"},
		{num(t, "49").Round(-2).String(), "0"},
		{num(t, "2.999").Trunc(1).String(), "2.9"},
		{num(t, "-2.5").Floor().String(), "-3"},
		{num(t, "-2.5").Ceil().String(), "-2"},
		{num(t, "2.5").Ceil().String(), "3"},
		{num(t, "-11").Mod(num(t, "4")).String(), "-3"},
		{num(t, "10.5").Mod(num(t, "3")).String(), "1.5"},
		{num(t, "3").Mod(num(t, "100000")).String(), "3"},
		{num(t, "200").Mod(num(t, "0.3")).String(), ".2"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

func TestNumberLimits(t *testing.T) {
	if _, err := num(t, "1e126").Encode(); !errors.Is(err, ErrOverflow) {
		t.Errorf("1e126: %v", err)
	}
	if _, err := num(t, "9.99e125").Encode(); err != nil {
		t.Errorf("9.99e125: %v", err)
	}
	if _, err := num(t, strings.Repeat("1", 41)).Encode(); !errors.Is(err, ErrInexact) {
		t.Errorf("41 digits: %v", err)
	}
}

func TestDoublesCompareByteByByte(t *testing.T) {
	in := []float64{math.Inf(-1), -1e300, -1.5, -1e-300, 0, 1e-300, 1, 1.5, 1e300, math.Inf(1), math.NaN()}
	for i := 1; i < len(in); i++ {
		if bytes.Compare(EncodeDouble(in[i-1]), EncodeDouble(in[i])) >= 0 {
			t.Errorf("%v is not before %v", in[i-1], in[i])
		}
		back, err := DecodeDouble(EncodeDouble(in[i]))
		if err != nil || (back != in[i] && !math.IsNaN(back)) {
			t.Errorf("%v came back as %v, %v", in[i], back, err)
		}
	}
	if !bytes.Equal(EncodeDouble(math.Copysign(0, -1)), EncodeDouble(0)) {
		t.Error("two zeros")
	}
}

func TestDatesRoundTrip(t *testing.T) {
	at := time.Date(2026, 11, 22, 23, 59, 58, 123456789, time.FixedZone("", -(3*3600+30*60)))
	back, err := DecodeDate(EncodeTimestampTZ(at))
	if err != nil || !back.Equal(at) || back.Format(time.RFC3339Nano) != at.Format(time.RFC3339Nano) {
		t.Errorf("got %v, %v; want %v", back, err, at)
	}
	if got := hex.EncodeToString(EncodeDate(at)); got != "787e0b16183c3b" {
		t.Errorf("DATE: %s", got)
	}
	if _, err := DecodeDate([]byte{1, 2, 3}); !errors.Is(err, ErrFormat) {
		t.Errorf("short date: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0xc1, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, err := DecodeNumber(b); err == nil {
			if c, err := x.Encode(); err == nil {
				y, err := DecodeNumber(c)
				if err != nil || (x.Cmp(y) != 0 && x.exp >= minExp) {
					t.Fatalf("%x: %s became %s, %v", b, x, y, err)
				}
			}
		}
		if d, err := DecodeDate(b); err == nil {
			_ = d.String()
		}
		_, _ = DecodeDouble(b)
		if x, err := ParseNumber(string(b)); err == nil {
			_, _ = x.Encode()
		}
	})
}
