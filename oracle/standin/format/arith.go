package format

import (
	"bytes"
	"math/big"
)

// Neg returns -x.
func (x Decimal) Neg() Decimal {
	if len(x.dig) > 0 {
		x.neg = !x.neg
	}
	return x
}

// Abs returns the number without its sign.
func (x Decimal) Abs() Decimal {
	x.neg = false
	return x
}

// Cmp compares two numbers: -1, 0 or 1.
func (x Decimal) Cmp(y Decimal) int {
	if sx, sy := x.Sign(), y.Sign(); sx != sy {
		if sx < sy {
			return -1
		}
		return 1
	}
	c := x.cmpAbs(y)
	if x.neg {
		return -c
	}
	return c
}

func (x Decimal) cmpAbs(y Decimal) int {
	switch {
	case len(x.dig) == 0 || len(y.dig) == 0:
		return min(1, len(x.dig)) - min(1, len(y.dig))
	case x.exp < y.exp:
		return -1
	case x.exp > y.exp:
		return 1
	}
	return bytes.Compare(x.dig, y.dig)
}

// Add returns x+y, exactly.
func (x Decimal) Add(y Decimal) Decimal {
	if len(x.dig) == 0 {
		return y
	}
	if len(y.dig) == 0 {
		return x
	}
	if x.neg != y.neg && x.cmpAbs(y) < 0 {
		x, y = y, x
	}
	hi := max(x.exp, y.exp) + 1
	lo := min(x.exp-len(x.dig), y.exp-len(y.dig)) + 1
	sum := make([]int, hi-lo+1)
	for i, d := range x.dig {
		sum[hi-x.exp+i] += int(d)
	}
	sign := 1
	if x.neg != y.neg {
		sign = -1
	}
	for i, d := range y.dig {
		sum[hi-y.exp+i] += sign * int(d)
	}
	return carry(x.neg, hi, sum)
}

// carry brings every digit into 0..99.
func carry(neg bool, exp int, sum []int) Decimal {
	dig := make([]byte, len(sum))
	c := 0
	for i := len(sum) - 1; i >= 0; i-- {
		v := sum[i] + c
		c = v / 100
		v %= 100
		if v < 0 {
			v += 100
			c--
		}
		dig[i] = byte(v)
	}
	return normal(neg, exp, dig)
}

// Sub returns x-y, exactly.
func (x Decimal) Sub(y Decimal) Decimal { return x.Add(y.Neg()) }

// Mul returns x*y, exactly.
func (x Decimal) Mul(y Decimal) Decimal {
	if len(x.dig) == 0 || len(y.dig) == 0 {
		return Decimal{}
	}
	sum := make([]int, len(x.dig)+len(y.dig))
	for i, a := range x.dig {
		for j, b := range y.dig {
			sum[i+j+1] += int(a) * int(b)
		}
	}
	return carry(x.neg != y.neg, x.exp+y.exp+1, sum)
}

// Quo returns x/y, rounded half up to the twenty digits to the base 100 that
// NUMBER holds, which is what Oracle answers. y must not be 0.
func (x Decimal) Quo(y Decimal) Decimal {
	if len(x.dig) == 0 || len(y.dig) == 0 {
		return Decimal{}
	}
	// Scaled so that the quotient has at least one digit more than is kept.
	shift := max(0, maxDigits+2-len(x.dig)+len(y.dig))
	num := toBig(append(append([]byte{}, x.dig...), make([]byte, shift)...))
	q, rest := new(big.Int).QuoRem(num, toBig(y.dig), new(big.Int))
	dig := fromBig(q)
	exp := (x.exp - len(x.dig) + 1 - shift) - (y.exp - len(y.dig) + 1) + len(dig) - 1
	if rest.Sign() != 0 {
		// Anything below the last digit: cannot turn a half into less.
		dig = append(dig, 1)
	}
	return Decimal{neg: x.neg != y.neg, exp: exp, dig: dig}.Rounded()
}

// Rounded returns the number rounded half up to the twenty digits to the base
// 100 that NUMBER holds.
func (x Decimal) Rounded() Decimal {
	if len(x.dig) <= maxDigits {
		return normal(x.neg, x.exp, x.dig)
	}
	sum := make([]int, maxDigits+1)
	for i, d := range x.dig[:maxDigits] {
		sum[i+1] = int(d)
	}
	if x.dig[maxDigits] >= 50 {
		sum[maxDigits]++
	}
	return carry(x.neg, x.exp+1, sum)
}

func toBig(dig []byte) *big.Int {
	text := make([]byte, 0, 2*len(dig))
	for _, d := range dig {
		text = append(text, '0'+d/10, '0'+d%10)
	}
	n, _ := new(big.Int).SetString(string(text), 10)
	return n
}

func fromBig(n *big.Int) []byte {
	text := n.String()
	if len(text)%2 != 0 {
		text = "0" + text
	}
	dig := make([]byte, len(text)/2)
	for i := range dig {
		dig[i] = (text[2*i]-'0')*10 + text[2*i+1] - '0'
	}
	return dig
}

// Mod returns x - y*trunc(x/y), exactly; x when y is 0.
func (x Decimal) Mod(y Decimal) Decimal {
	if len(y.dig) == 0 || len(x.dig) == 0 {
		return x
	}
	low := min(x.exp-len(x.dig)+1, y.exp-len(y.dig)+1)
	pad := func(v Decimal) *big.Int {
		return toBig(append(append([]byte{}, v.dig...), make([]byte, v.exp-len(v.dig)+1-low)...))
	}
	rest := new(big.Int).Rem(pad(x), pad(y))
	dig := fromBig(rest)
	return normal(x.neg, low+len(dig)-1, dig)
}

// Trunc cuts the number off after n places behind the point (before it when n
// is negative).
func (x Decimal) Trunc(n int) Decimal {
	digits, point := x.decimals()
	keep := point + n
	switch {
	case keep <= 0:
		return Decimal{}
	case keep >= len(digits):
		return x
	}
	return fromDecimals(x.neg, digits[:keep], point)
}

// Round rounds half away from zero to n places behind the point.
func (x Decimal) Round(n int) Decimal {
	digits, point := x.decimals()
	keep := point + n
	if keep < 0 || len(digits) == 0 {
		return Decimal{}
	}
	if keep >= len(digits) {
		return x
	}
	up := digits[keep] >= 5
	cut := fromDecimals(x.neg, append([]byte{}, digits[:keep]...), point)
	if !up {
		return cut
	}
	return cut.Add(fromDecimals(x.neg, []byte{1}, 1-n))
}

// Floor is the largest integer that is not above x.
func (x Decimal) Floor() Decimal {
	t := x.Trunc(0)
	if x.neg && t.Cmp(x) != 0 {
		return t.Sub(FromInt(1))
	}
	return t
}

// Ceil is the smallest integer that is not below x.
func (x Decimal) Ceil() Decimal { return x.Neg().Floor().Neg() }
