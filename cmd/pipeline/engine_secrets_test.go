//go:build integration

package main

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// hides [in=FOLDER] FILE|TEXT...: neither the folder, .pipeline unless named,
// nor the last output holds the secret, which is the file's content or the text
// itself; not in base64 and not as part of a URL either.
func cmdHides(ts *testscript.TestScript, neg bool, args []string) {
	folder := ".pipeline"
	if len(args) > 0 && strings.HasPrefix(args[0], "in=") {
		folder, args = args[0][len("in="):], args[1:]
	}
	if neg || len(args) == 0 {
		ts.Fatalf("usage: hides [in=folder] secret...")
	}
	for _, secret := range args {
		if text, err := os.ReadFile(ts.MkAbs(secret)); err == nil {
			secret = strings.TrimSpace(string(text))
		}
		if len(secret) < 8 {
			ts.Fatalf("%q is no secret to look for", secret)
		}
		for _, spelling := range spellings(secret) {
			for _, name := range []string{"stdout", "stderr"} {
				if strings.Contains(ts.ReadFile(name), spelling) {
					ts.Fatalf("%s shows the secret %s", name, spelling)
				}
			}
			ts.Check(filesHide(ts.MkAbs(folder), spelling))
		}
	}
}

// filesHide looks for the text in every file below the folder.
func filesHide(folder, text string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(content), text) {
			err = fmt.Errorf("%s holds the secret %s", path, text)
		}
		return err
	})
}

// spellings are the forms in which a secret leaks: as it is, in a URL, and in
// base64, alone and behind one or two other characters.
func spellings(secret string) []string {
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	for offset := range 3 {
		whole := append(make([]byte, offset), secret...)
		encoded := base64.RawStdEncoding.EncodeToString(whole[:len(whole)/3*3])
		forms = append(forms, encoded[(offset*8+5)/6:])
	}
	return forms
}
