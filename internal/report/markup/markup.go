// Package markup builds a page of HTML that is escaped by construction: names of
// elements and attributes are the program's own constants, and what comes from
// elsewhere can only become text, the text of an attribute, a number or a link
// whose scheme was looked at.
//
// It stands in for html/template, which looks methods up by their names: the
// linker must then keep every method of every type in the program.
package markup

import "strconv"

// A constant is a word of the program. Its type has no name outside this
// package, so that nothing but a constant can be given for it there.
type constant string

// A Part is what an element is made of: an attribute, a node, or several.
type Part interface{ addTo(n *Node) }

// A Node is an element, a text, or nodes beside each other. The zero Node is
// nothing.
type Node struct {
	name     constant // empty: text or children alone
	void     bool     // has no end
	literal  bool     // the text is written as it is
	text     string
	attrs    []Attribute
	children []Node
}

func (n Node) addTo(parent *Node) { parent.children = append(parent.children, n) }

// An Attribute belongs to the element that it is given to.
type Attribute struct {
	name  constant
	value string
}

func (a Attribute) addTo(n *Node) { n.attrs = append(n.attrs, a) }

// Parts are several parts in a row.
type Parts []Part

func (p Parts) addTo(n *Node) {
	for _, part := range p {
		part.addTo(n)
	}
}

// El is an element.
func El(name constant, parts ...Part) Node {
	n := Node{name: name}
	Parts(parts).addTo(&n)
	return n
}

// Void is an element of HTML that has no content and no end, such as br.
func Void(name constant, attrs ...Attribute) Node {
	return Node{name: name, void: true, attrs: attrs}
}

// Text is what people read.
func Text(text string) Node { return Node{text: text} }

// Sheet is the style element with a sheet of the program's own.
func Sheet(css string) Node {
	return Node{name: "style", children: []Node{{text: css, literal: true}}}
}

// If is the parts when the condition holds, and nothing when not.
func If(condition bool, parts ...Part) Parts {
	if condition {
		return parts
	}
	return nil
}

// Each is one part for each of the items.
func Each[T any, P Part](items []T, part func(T) P) Parts {
	parts := make(Parts, 0, len(items))
	for _, item := range items {
		parts = append(parts, part(item))
	}
	return parts
}

// Attr is an attribute whose value the program knows.
func Attr(name, value constant) Attribute { return Attribute{name, string(value)} }

// Class is the attribute of that name.
func Class(names string) Attribute { return Attribute{"class", names} }

// ID is the attribute of that name.
func ID(id string) Attribute { return Attribute{"id", id} }

// Label is what is read out in place of a drawing.
func Label(text string) Attribute { return Attribute{"aria-label", text} }

// Number is an attribute that is a number.
func Number(name constant, n int) Attribute { return Attribute{name, strconv.Itoa(n)} }

// Percent is an attribute that is a part of a hundred.
func Percent(name constant, f float64) Attribute { return Attribute{name, percent(f)} }

// Wide is a style: so much of the width that there is.
func Wide(f float64) Attribute { return Attribute{"style", "width:" + percent(f)} }

// Grow is a style: such a part of what the element and its siblings share.
func Grow(part float64) Attribute {
	return Attribute{"style", "flex-grow:" + strconv.FormatFloat(part, 'f', -1, 64)}
}

// percent is a part of a hundred as CSS and SVG want it.
func percent(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) + "%" }
