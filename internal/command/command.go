// Package command is the only place that starts processes. A command runs in
// its own process group and, whatever happens to the caller's context, nothing
// that it started is left behind when Run returns.
package command
