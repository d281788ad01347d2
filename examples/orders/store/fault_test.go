package store

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/sijms/go-ora/v2/network"
)

func TestFaultNamesTheMeaningOfAnOracleCode(t *testing.T) {
	for code, want := range map[int]error{
		1: ErrTaken, 2292: ErrInUse, 1400: ErrInvalid, 2290: ErrInvalid, 2291: ErrInvalid, 12899: ErrInvalid,
		60: ErrUnavailable, 3113: ErrUnavailable, 12514: ErrUnavailable,
	} {
		cause := network.NewOracleError(code)
		err := fault("do it", cause)
		if !errors.Is(err, want) || !errors.Is(err, cause) {
			t.Errorf("ORA-%05d became %v, want %v and the cause", code, err, want)
		}
	}
}

func TestFaultKeepsWhatItDoesNotKnow(t *testing.T) {
	cause := network.NewOracleError(942)
	if err := fault("do it", cause); !errors.Is(err, cause) || errors.Is(err, ErrInvalid) {
		t.Errorf("got %v", err)
	}
	if err := fault("do it", sql.ErrNoRows); !errors.Is(err, ErrNotFound) {
		t.Errorf("no rows became %v", err)
	}
	if err := fault("do it", nil); err != nil {
		t.Errorf("nil became %v", err)
	}
}
