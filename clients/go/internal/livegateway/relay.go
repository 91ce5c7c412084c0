package livegateway

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Relay stands between clients and a gateway on a Unix socket: a network that
// can be cut.
type Relay struct {
	to       string
	listener net.Listener
	running  sync.WaitGroup

	mu    sync.Mutex
	ended bool
	ends  map[net.Conn]bool // both of every connection
}

// NewRelay starts a relay, which ends with the test.
func NewRelay(t testing.TB, address string) *Relay {
	t.Helper()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "relay"))
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{
		to:       strings.TrimPrefix(address, "unix:"),
		listener: listener,
		ends:     map[net.Conn]bool{},
	}
	r.running.Add(1)
	go r.accept()
	t.Cleanup(r.end)
	return r
}

// Address is the one for clients.
func (r *Relay) Address() string { return "unix:" + r.listener.Addr().String() }

// Cut closes every connection; new ones may be made.
func (r *Relay) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for end := range r.ends {
		end.Close()
		delete(r.ends, end)
	}
}

func (r *Relay) end() {
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	r.listener.Close()
	r.Cut()
	r.running.Wait()
}

func (r *Relay) accept() {
	defer r.running.Done()
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		gateway, err := net.Dial("unix", r.to)
		if err != nil {
			client.Close()
			continue
		}
		r.join(client, gateway)
	}
}

func (r *Relay) join(client, gateway net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		client.Close()
		gateway.Close()
		return
	}
	r.ends[client], r.ends[gateway] = true, true
	r.running.Add(2)
	go r.pump(client, gateway)
	go r.pump(gateway, client)
}

func (r *Relay) pump(to, from net.Conn) {
	defer r.running.Done()
	_, _ = io.Copy(to, from) // until either is closed
	to.Close()
}
