package registry

import "time"

// OpenTrusting is Open with another certs.d folder.
var OpenTrusting = openTrusting

// Hasty lets a repository take a tag for written at once.
func (r *Repository) Hasty() *Repository {
	r.settle = time.Millisecond
	return r
}
