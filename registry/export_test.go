package registry

// OpenTrusting is Open with another certs.d folder.
var OpenTrusting = openTrusting
