package child

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

func TestTheReadmesExampleAnswersWhatItSays(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	must(err)
	program := regexp.MustCompile("(?s)```go\n(.*?)```").FindSubmatch(readme)
	shown := regexp.MustCompile(`\$ ./thespianctl call (\w+) '(.*)'\n(.*)\n`).FindSubmatch(readme)
	if program == nil || shown == nil {
		t.Fatal("the README has no example")
	}
	var asked, answer []any
	must(json.Unmarshal(shown[2], &asked))
	must(json.Unmarshal(shown[3], &answer))
	source := filepath.Join(t.TempDir(), "greeter.go")
	must(os.WriteFile(source, program[1], 0o600))
	build := exec.Command("go", "build", "-o", filepath.Join(filepath.Dir(source), "greeter"), source)
	if notes, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v:\n%s", err, notes)
	}
	var question bytes.Buffer
	content, err := cbor.Marshal([]any{"send_named", 7, string(shown[1]), asked})
	must(err)
	question.Write([]byte{0x5a, 0, 0, 0, byte(len(content))})
	question.Write(content)
	greeter := exec.Command(filepath.Join(filepath.Dir(source), "greeter"))
	greeter.Stdin = &question
	said, err := greeter.Output()
	must(err)

	said = bytes.TrimSuffix(said, unhex(t, goodbye))
	var message []any
	if err := cbor.Unmarshal(said[5:], &message); err != nil {
		t.Fatalf("it said %x: %v", said, err)
	}
	if want := []any{"send", uint64(1), uint64(7), answer}; !reflect.DeepEqual(message, want) {
		t.Errorf("it said %v, expected %v", message, want)
	}
}
