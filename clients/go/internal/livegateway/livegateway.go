// Package livegateway runs thespian-gateway for tests: on a free port or a
// socket in a temporary directory, with a child of the test's choice. It is
// stopped, by its pid, when the test ends.
package livegateway

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Only a broken gateway takes so long to begin or to end.
const patience = time.Minute

// Gateway is a process.
type Gateway struct {
	t       testing.TB
	command []string
	ports   string // a named pipe
	address string
	process *exec.Cmd
	log     bytes.Buffer
	ended   chan struct{}
}

// Bin is the path of a program of the build.
func Bin(t testing.TB, name string) string {
	t.Helper()
	directory := os.Getenv("THESPIAN_GATEWAY_BIN")
	if directory == "" {
		directory = filepath.Join(treeTop(t), "build", "bin")
	}
	path := filepath.Join(directory, name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v; build it, or say where it is with THESPIAN_GATEWAY_BIN", err)
	}
	return path
}

// treeTop is where proto/ lies.
func treeTop(t testing.TB) string {
	t.Helper()
	directory, err := os.Getwd()
	for err == nil && directory != "/" {
		if _, missing := os.Stat(filepath.Join(directory, "proto")); missing == nil {
			return directory
		}
		directory = filepath.Dir(directory)
	}
	t.Fatal("the test does not run within the source tree")
	return ""
}

// Start starts a gateway with the demo child, and options of the gateway.
func Start(t testing.TB, options ...string) *Gateway {
	t.Helper()
	return StartWith(t, []string{Bin(t, "thespian-demo-child")}, options...)
}

// StartWith starts a gateway with this child, or with those that a file among
// the options names.
func StartWith(t testing.TB, child []string, options ...string) *Gateway {
	t.Helper()
	directory := t.TempDir()
	g := &Gateway{t: t, ports: filepath.Join(directory, "ports")}
	if err := syscall.Mkfifo(g.ports, 0o600); err != nil {
		t.Fatal(err)
	}
	listen := "unix:" + filepath.Join(directory, "socket")
	g.command = append(g.command, Bin(t, "thespian-gateway"),
		"--listen", listen, "--port-file", g.ports, "--log-level", "warn")
	g.command = append(g.command, options...)
	if len(child) > 0 {
		g.command = append(append(g.command, "--"), child...)
	}
	g.Restart()
	t.Cleanup(g.cleanup)
	return g
}

// Address is the same after a Restart.
func (g *Gateway) Address() string { return g.address }

// Restart starts a gateway that has ended, and returns once it serves.
func (g *Gateway) Restart() {
	g.t.Helper()
	// For reading and writing, so that neither side waits for the other.
	ports, err := os.OpenFile(g.ports, os.O_RDWR, 0)
	if err != nil {
		g.t.Fatal(err)
	}
	defer ports.Close()
	g.log.Reset()
	g.process = exec.Command(g.command[0], g.command[1:]...)
	g.process.Stderr = &g.log
	if err := g.process.Start(); err != nil {
		g.t.Fatal(err)
	}
	g.ended = make(chan struct{})
	go func(ended chan struct{}, process *exec.Cmd) {
		_ = process.Wait() // its state is read by those who care
		close(ended)
	}(g.ended, g.process)
	_ = ports.SetReadDeadline(time.Now().Add(patience))
	line, err := bufio.NewReader(ports).ReadString('\n')
	if err != nil {
		g.Kill()
		g.t.Fatalf("the gateway does not serve: %v\n%s", err, g.log.String())
	}
	g.address = strings.TrimSpace(line)
}

// Kill ends the gateway at once.
func (g *Gateway) Kill() { g.end(syscall.SIGKILL) }

// Terminate lets the gateway end in order.
func (g *Gateway) Terminate() {
	g.t.Helper()
	g.end(syscall.SIGTERM)
	if code := g.process.ProcessState.ExitCode(); code != 0 {
		g.t.Errorf("the gateway ended with %d:\n%s", code, g.log.String())
	}
}

func (g *Gateway) end(signal os.Signal) {
	g.t.Helper()
	_ = g.process.Process.Signal(signal) // it may have ended
	select {
	case <-g.ended:
	case <-time.After(patience):
		_ = g.process.Process.Kill()
		<-g.ended
		g.t.Errorf("the gateway did not end after %v", signal)
	}
}

func (g *Gateway) cleanup() {
	select {
	case <-g.ended: // the test has ended it
	default:
		g.Terminate()
	}
	if g.t.Failed() {
		g.t.Logf("the gateway said:\n%s", g.log.String())
	}
}
