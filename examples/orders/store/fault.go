package store

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/sijms/go-ora/v2/network"
)

// What can go wrong, as far as a caller may act on it. Errors of this package
// wrap one of these, and the database's own error where there is one.
var (
	ErrNotFound    = errors.New("not found")
	ErrTaken       = errors.New("already exists")
	ErrInUse       = errors.New("still in use")
	ErrInvalid     = errors.New("not acceptable")
	ErrStale       = errors.New("changed by someone else")
	ErrOutOfStock  = errors.New("out of stock")
	ErrUnavailable = errors.New("database unavailable")
)

// fault puts the meaning of Oracle's error code in front of the error.
func fault(doing string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s: %w", doing, ErrNotFound)
	}
	if meaning := meaningOf(err); meaning != nil {
		return fmt.Errorf("%s: %w: %w", doing, meaning, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func meaningOf(err error) error {
	var ora *network.OracleError
	if !errors.As(err, &ora) {
		return nil
	}
	switch ora.ErrCode {
	case 1: // unique constraint violated
		return ErrTaken
	case 2292: // child record found
		return ErrInUse
	case 1400, 1407, 1438, 2290, 2291, 12899: // null, too many digits, check, no parent, too long
		return ErrInvalid
	case 54, 60: // resource busy, deadlock
		return ErrUnavailable
	case 28, 1012, 1033, 1034, 1089, 1090, 1092, 3113, 3114, 3135, 12505, 12514, 12516, 12519, 12528, 12537, 12541:
		return ErrUnavailable
	}
	return nil
}
