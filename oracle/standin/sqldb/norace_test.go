//go:build !race

package sqldb

const slowdown = 1
