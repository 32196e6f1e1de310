package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

const copyBytes = 512 << 10

func copyFile(from, to string, mode os.FileMode) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = writeFile(to, file, mode)
	return err
}

var copyBuffers = sync.Pool{New: func() any { return new([copyBytes]byte) }}

func writeFile(to string, from io.Reader, mode os.FileMode) (int64, error) {
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	buffer := copyBuffers.Get().(*[copyBytes]byte)
	defer copyBuffers.Put(buffer)
	count, err := io.CopyBuffer(struct{ io.Writer }{file}, struct{ io.Reader }{from}, buffer[:])
	return count, errors.Join(err, file.Chmod(mode), file.Close())
}

// copyTree copies folders, files and the links that stay inside; of a link that leads elsewhere it copies the file.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := to + strings.TrimPrefix(path, from)
		switch entry.Type() {
		case os.ModeDir:
			return os.Mkdir(target, 0o755)
		case os.ModeSymlink:
			link, err := os.Readlink(path)
			if err == nil && !filepath.IsAbs(link) && strings.HasPrefix(filepath.Join(filepath.Dir(path), link), from+"/") {
				return os.Symlink(link, target)
			}
			if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
				return nil // it leads nowhere
			}
			return copyFile(path, target, 0o444)
		case 0:
			return copyFile(path, target, 0o444)
		}
		return nil
	})
}
