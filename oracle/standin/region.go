package standin

import "bytes"

// Where a TIMESTAMP WITH TIME ZONE says which zone it is in.
const (
	tzLength     = 13
	tzHour       = 11
	tzMinute     = 12
	tzRegion     = 0x80 // of the hour: both bytes hold a region's number
	tzLocal      = 0x01 // of the minute: the fields are in the region's own time
	tzZeroHour   = 20
	tzZeroMinute = 60
)

// The regions that have no summer time, by the part of their number that all
// names of a region share. From regionPlus14 on they are one hour apart, with
// UTC itself left out.
const (
	regionGMT     = 1
	regionPlus14  = 2
	regionPlus1   = 15
	regionMinus12 = 27
	regionUTC     = 28
	regionUCT     = 29
)

// withoutRegion turns a time in a region without summer time, as go-ora sends
// every one in UTC, into a time with an offset. Others stay as they are, for
// the engine to refuse.
func withoutRegion(b []byte) []byte {
	if len(b) != tzLength || b[tzHour]&tzRegion == 0 {
		return b
	}
	number := int(b[tzHour]&^tzRegion)<<6 | int(b[tzMinute]>>2)
	hours := 0
	switch region := number & 0x1FF; {
	case region == regionGMT || region == regionUTC || region == regionUCT:
	case b[tzMinute]&tzLocal != 0:
		return b
	case region >= regionPlus14 && region <= regionPlus1:
		hours = regionPlus14 + 14 - region
	case region > regionPlus1 && region <= regionMinus12:
		hours = regionPlus1 - region
	default:
		return b
	}
	out := bytes.Clone(b)
	out[tzHour], out[tzMinute] = byte(tzZeroHour+hours), tzZeroMinute
	return out
}
