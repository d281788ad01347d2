//go:build race

package sqldb

// slowdown is how much the race detector slows things down.
const slowdown = 10
