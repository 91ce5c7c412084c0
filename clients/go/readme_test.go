package gateway

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"thespian.dev/gateway/internal/livegateway"
)

// block is the content of the README's first fenced block of a language.
func block(t *testing.T, readme []byte, language string) []byte {
	t.Helper()
	fenced := regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```$")
	found := fenced.FindSubmatch(readme)
	if found == nil {
		t.Fatalf("the README has no block of %s", language)
	}
	return found[1]
}

func TestTheReadmesExampleDoesWhatItSays(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	example := filepath.Join(t.TempDir(), "example.go")
	if err := os.WriteFile(example, block(t, readme, "go"), 0o600); err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`(?s)^\$ go run example.go \S+\n(.*)$`).
		FindSubmatch(block(t, readme, "console"))
	if shown == nil {
		t.Fatal("the README does not show how to run its example")
	}
	gateway := livegateway.Start(t)
	// Building takes longer than patience on a busy machine; go test has a limit.
	run := exec.Command("go", "run", example, gateway.Address())
	run.Stderr = os.Stderr
	printed, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(printed) != string(shown[1]) {
		t.Errorf("it printed\n%s\nthe README shows\n%s", printed, shown[1])
	}
}
