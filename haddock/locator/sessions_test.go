package locator_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// dump is a table with so many rows of each server; used is what its head says.
func dump(used int, rows map[int]int) string {
	var text strings.Builder
	fmt.Fprintf(&text, "# table: app, type: string, size:204800, used:%d\n", used)
	for id, n := range rows {
		for range n {
			fmt.Fprintf(&text, "0x7f: key=A use=0 exp=18600 server_id=%d server_key=-\n", id)
		}
	}
	return text.String()
}

func TestTheLargestSlotIsLeftOutOfTheNextCount(t *testing.T) {
	const all, but1, but2 = "show table app", "show table app data.server_id ne 1", "show table app data.server_id ne 2"
	type step struct {
		replies map[string]string
		want    map[string]int
		sent    []string
	}
	tests := map[string][]step{
		"small tables are always counted": {
			{map[string]string{all: dump(4999, map[int]int{1: 4999})}, map[string]int{"s1": 4999, "s2": 0, "s3": 0}, []string{all}},
			{map[string]string{all: dump(3, map[int]int{1: 3})}, map[string]int{"s1": 3, "s2": 0, "s3": 0}, []string{all}},
		},
		"a large slot is what the others leave": {
			{map[string]string{all: dump(5100, map[int]int{1: 5000, 2: 100})}, map[string]int{"s1": 5000, "s2": 100, "s3": 0}, []string{all}},
			{map[string]string{but1: dump(7010, map[int]int{0: 3, 2: 10})}, map[string]int{"s1": 6997, "s2": 10, "s3": 0}, []string{but1}},
		},
		"another one is left out when it has more": {
			{map[string]string{all: dump(5000, map[int]int{1: 5000})}, map[string]int{"s1": 5000, "s2": 0, "s3": 0}, []string{all}},
			{map[string]string{but1: dump(9000, map[int]int{2: 6000})}, map[string]int{"s1": 3000, "s2": 6000, "s3": 0}, []string{but1}},
			{map[string]string{but2: dump(9000, map[int]int{1: 2000})}, map[string]int{"s1": 2000, "s2": 7000, "s3": 0}, []string{but2}},
		},
		"no small number is a remainder": {
			{map[string]string{all: dump(5000, map[int]int{1: 5000})}, map[string]int{"s1": 5000, "s2": 0, "s3": 0}, []string{all}},
			{
				map[string]string{but1: dump(1000, map[int]int{2: 1}), all: dump(1001, map[int]int{1: 1000, 2: 1})},
				map[string]int{"s1": 1000, "s2": 1, "s3": 0},
				[]string{but1, all},
			},
			{map[string]string{all: dump(0, nil)}, map[string]int{"s1": 0, "s2": 0, "s3": 0}, []string{all}},
		},
		"a remainder below nothing is counted again": {
			{map[string]string{all: dump(5000, map[int]int{1: 5000})}, map[string]int{"s1": 5000, "s2": 0, "s3": 0}, []string{all}},
			{map[string]string{but1: dump(2, map[int]int{2: 5}), all: dump(5, map[int]int{2: 5})}, map[string]int{"s1": 0, "s2": 5, "s3": 0}, []string{but1, all}},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, nil)
			p, before := f.proxy(), 0
			for i, step := range steps {
				f.replies = answers()
				delete(f.replies, all)
				maps.Copy(f.replies, step.replies)
				got, err := p.Sessions(t.Context())
				if err != nil || !maps.Equal(got, step.want) {
					t.Errorf("step %d: got %v, %v, want %v", i, got, err, step.want)
				}
				sent := f.sent(t)
				for j := range sent {
					_, sent[j], _ = strings.Cut(sent[j], ";")
				}
				if !slices.Equal(sent[before:], step.sent) {
					t.Errorf("step %d: sent %q, want %q", i, sent[before:], step.sent)
				}
				before = len(sent)
			}
		})
	}
}

func TestReadLeavesTheLargestSlotOutToo(t *testing.T) {
	f := newFake(t, answers())
	f.replies["show table app"] = dump(6000, map[int]int{1: 5000, 2: 1000})
	f.replies["show table app data.server_id ne 1"] = dump(6100, map[int]int{2: 1000})
	p := f.proxy()
	for _, want := range []int{5000, 5100} {
		state, err := p.Read(t.Context())
		if err != nil || state.Slots[0].Sessions != want || state.Slots[1].Sessions != 1000 {
			t.Errorf("got %+v, %v, want %d on s1", state.Slots, err, want)
		}
	}
}
