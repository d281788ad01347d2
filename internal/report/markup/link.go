package markup

import (
	"fmt"
	"strings"
)

// Link leads to an address that is relative to the page or has the scheme http
// or https. For any other address it is its parts alone.
func Link(address string, parts ...Part) Node {
	href, ok := safe(address)
	if !ok {
		return El("", parts...)
	}
	return El("a", Attribute{"href", href}, Parts(parts))
}

// safe is the address as a link may hold it, and whether a page may lead there.
func safe(address string) (string, bool) {
	// An address without a scheme but with a host is not beside the page.
	if address == "" || strings.HasPrefix(address, "//") {
		return "", false
	}
	scheme, _, found := strings.Cut(address, ":")
	if found && !strings.Contains(scheme, "/") && !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return "", false
	}
	var b strings.Builder
	for i := range len(address) {
		switch c := address[i]; {
		case plain(c), c == '%' && i+2 < len(address) && hex(address[i+1]) && hex(address[i+2]):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String(), true
}

// plain is whether the byte stands for itself in an address. Quotes and
// parentheses do too, but are of more use to attackers than to people.
func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~!#$&*+,/:;=?@[]", c) >= 0
}

func hex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
