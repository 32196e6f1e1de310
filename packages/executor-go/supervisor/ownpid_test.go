package main

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func aFilter(instructions ...[2]uint32) (filter []byte) {
	for _, each := range instructions {
		filter = binary.NativeEndian.AppendUint16(filter, uint16(each[0]))
		filter = append(filter, 0, 0)
		filter = binary.NativeEndian.AppendUint32(filter, each[1])
	}
	return filter
}

var (
	place = [2]uint32{jumpIfEqual, ownPidPlaceholder}
	other = [2]uint32{jumpIfEqual, 62}
)

func TestThePidIsPutIntoEachPlaceForIt(t *testing.T) {
	filter := aFilter(other, place, other, place)
	if err := putOwnPid(filter, 17); err != nil {
		t.Fatal(err)
	}
	own := [2]uint32{jumpIfEqual, 17}
	if want := aFilter(other, own, other, own); !bytes.Equal(filter, want) {
		t.Errorf("%x, not %x", filter, want)
	}
}

func TestAFilterWithOtherPlacesForThePidIsRefused(t *testing.T) {
	noComparison := [2]uint32{6, ownPidPlaceholder}
	for _, filter := range [][]byte{
		aFilter(), aFilter(other), aFilter(place), aFilter(place, place, place), aFilter(place, place, noComparison),
	} {
		if putOwnPid(filter, 17) == nil {
			t.Errorf("%x was taken", filter)
		}
	}
}
