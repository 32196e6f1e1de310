package loader

import (
	"cmd/internal/goobj"
	"cmd/internal/sys"
)

// ahead is what is known of the objects that were there before the program.
var ahead struct {
	objs  int // how many there are; LoadSyms goes on behind them
	state loadState
	refs  bool // references are being looked up; one whose symbol is not there yet is left for later
}

// LoadAhead does what LoadSyms does for objects, for those that are there now. The symbols that it makes are defined by
// these; all external ones, for which no definition has been seen, are left to LoadSyms, which must make them last.
func (l *Loader) LoadAhead(arch *sys.Arch) {
	objs := l.objs[goObjStart:]
	symbols := 0
	for _, r := range objs {
		symbols += len(r.syms)
	}
	l.objSyms = make([]objSym, 1, symbols)
	ahead.state = loadState{
		l:            l,
		hashed64Syms: make(map[uint64]symAndSize),
		hashedSyms:   make(map[goobj.HashType]symAndSize),
	}
	for _, r := range objs {
		ahead.state.preloadSyms(r, pkgDef)
	}
	for _, r := range objs {
		ahead.state.preloadSyms(r, hashed64Def)
		ahead.state.preloadSyms(r, hashedDef)
		ahead.state.preloadSyms(r, nonPkgDef)
	}
	ahead.refs = true
	for _, r := range objs {
		loadObjRefs(l, r, arch)
	}
	ahead.refs = false
	ahead.objs = len(objs)
}
