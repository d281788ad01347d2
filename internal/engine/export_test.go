package engine

// Unavailable is what Connect makes of the client's error.
var Unavailable = unavailable
