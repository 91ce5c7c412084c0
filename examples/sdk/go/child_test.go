package child

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/fxamacker/cbor/v2"
)

const patience = time.Minute

// The test is its own child: this process with the name of one in that variable.
const asChild = "TEST_RUN_AS_CHILD"

var children = map[string]func(){"recorded": recordedChild, "flood": floodChild, "talker": talker}

func TestMain(m *testing.M) {
	if child := children[os.Getenv(asChild)]; child != nil {
		child()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func command(t *testing.T, child string, arguments ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	process := exec.CommandContext(ctx, os.Args[0], arguments...)
	// With the race detector a process would wait for a second at its end.
	process.Env = append(os.Environ(), asChild+"="+child, "GORACE=atexit_sleep_ms=0")
	return process
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// recordedChild has actors of the thespian process whose conversations were
// recorded.
func recordedChild() {
	c, err := New("thespian")
	must(err)
	dier := func(m *Message) error {
		if words := m.Items(); len(words) == 2 && words[0] == "die" {
			return m.Actor.Exit(words[1].(string))
		}
		return m.Reply(m.Payload)
	}
	c.Actor("echo", 2, func(m *Message) error { return m.Reply(m.Payload) })
	c.Actor("dier", 3, dier)
	c.Actor("linker", 4, func(m *Message) error {
		if words := m.Items(); words[0] != "link_me" {
			return dier(m)
		}
		must(m.Actor.Link(m.Sender))
		return m.Reply([]string{"linked"})
	})
	c.Actor("namer", 8, func(m *Message) error {
		return m.Actor.SendNamed(m.Items()[1].(string), m.Items()[2])
	})
	must(c.Run())
}

type step struct {
	To   string `json:"to_child"`
	From string `json:"from_child"`
}

var scenarios = []string{
	"then_by_id", "types_in_an_array", "link_then_die", "largest_id", "link_to_a_dead_actor",
	"link_again_after_its_exit", "unknown_id", "child_links_to_us", "child_links_and_dies",
	"child_sends_to_a_name", "many_frames_in_one_write", "tag_as_bytes_and_long_ints", "split_at_every_byte",
}

func TestItSaysWhatAThespianProcessSaid(t *testing.T) {
	var transcripts struct {
		Scenarios []struct {
			Name, Generation string
			Steps            []step
		}
	}
	recorded(t, "transcripts.json", &transcripts)
	wanted := "," + strings.Join(scenarios, ",") + ","
	played := 0
	for _, scenario := range transcripts.Scenarios {
		if scenario.Generation != "thespian-32k" || !strings.Contains(wanted, ","+scenario.Name+",") {
			continue
		}
		played++
		var to, from []byte
		for _, step := range scenario.Steps {
			to, from = append(to, unhex(t, step.To)...), append(from, unhex(t, step.From)...)
		}
		child := command(t, "recorded")
		child.Stdin = bytes.NewReader(to)
		if said, err := child.Output(); err != nil || !bytes.Equal(said, from) {
			t.Errorf("%s: %v\n got %x\nwant %x", scenario.Name, err, said, from)
		}
	}
	if played != len(scenarios) {
		t.Errorf("%d of %d scenarios were played", played, len(scenarios))
	}
}

// talker does what its argument says before it runs, with an actor "a" that
// echoes, and logs what was wrong.
func talker() {
	c, err := New("plain")
	must(err)
	log.SetFlags(0)
	receive := func(m *Message) error { return m.Reply(m.Payload) }
	says := os.Args[1]
	if says == "fails" {
		receive = func(*Message) error { return errors.New("no luck") }
	}
	a := c.Actor("a", 1, receive)
	reply := func(peer uint64, reason string) { must(a.Send(peer, reason)) }
	switch says {
	case "prints":
		println("to people")
		os.Stdout.WriteString("to people\n")
	case "sends":
		must(a.Send(7, cbor.RawMessage{1}))
		must(a.Send(0, 1))
	case "links":
		must(a.Link(7))
	case "is linked":
		a.OnExit = reply
	case "hears of all":
		c.OnExit = reply
	case "exits at length":
		must(a.Exit(strings.Repeat("ü", 600)))
	case "is wrong":
		_, err := New("klingon")
		log.Print(err)
		log.Print(a.SendNamed("", 1))
		log.Print(a.SendNamed(strings.Repeat("ü", 128), 1))
		log.Print(a.Send(7, func() {}))
		log.Print(a.Send(7, strings.Repeat("x", 4<<20)))
		log.Print(a.Send(7, cbor.RawMessage{0x80, 0x80}))
		log.Print(a.Send(7, cbor.RawMessage(strings.Repeat("\x81", 65)+"\x01")))
		must(a.Exit("normal"))
		log.Print(a.Send(7, 1))
		log.Print(a.Exit("normal"))
	}
	must(c.Run())
}

// What is told to and by the talker, as bytes.
const (
	goodbye = "5a0000001e826f7472616e73706f72745f6572726f726c737464696e5f636c6f736564"
	ask     = "5a00000010846a73656e645f6e616d656407616101" // ["send_named", 7, "a", 1]
	answer  = "5a00000009846473656e64010701"               // ["send", 1, 7, 1]
	ended   = "5a0000000c8364657869740764676f6e65"         // ["exit", 7, "gone"]
	linkTo1 = "5a0000000883646c696e6b0701"                 // ["link", 7, 1]
	linkTo7 = "5a0000000883646c696e6b0107"                 // ["link", 1, 7]
	repeats = "5a0000000d846473656e64010764676f6e65"       // ["send", 1, 7, "gone"]
	left    = "5a0000000e83646578697401666e6f726d616c"     // ["exit", 1, "normal"]
)

func TestAnActorSpeaks(t *testing.T) {
	for _, row := range []struct{ says, to, from string }{
		{"prints", ask, answer},
		{"sends", "", answer},
		{"links", "", linkTo7},
		{"is linked", linkTo1 + ended, repeats},
		{"is linked", ended, ""},
		{"hears of all", ended, repeats},
		{"exits at length", "", "5a0000040a83646578697401790400" + strings.Repeat("c3bc", 512)},
		{"fails", ask + ask, "5a0000000f8364657869740167" + hex.EncodeToString([]byte("no luck"))},
	} {
		child := command(t, "talker", row.says)
		child.Stdin = bytes.NewReader(unhex(t, row.to))
		said, err := child.Output()
		if want := row.from + goodbye; err != nil || hex.EncodeToString(said) != want {
			t.Errorf("%s: %v\n got %x\nwant %s", row.says, err, said, want)
		}
	}
}

func TestAWrongArgumentIsNamedAndNothingIsWritten(t *testing.T) {
	child := command(t, "talker", "is wrong")
	var notes bytes.Buffer
	child.Stderr = &notes
	said, err := child.Output()
	if err != nil || hex.EncodeToString(said) != left+goodbye {
		t.Errorf("%v; it wrote %x", err, said)
	}
	lines := strings.Split(strings.TrimSpace(notes.String()), "\n")
	wanted := []string{
		"dialect: klingon; expected plain or thespian", "name: 0 bytes; expected 1 to 255", "name: 256 bytes; expected 1 to 255",
		"payload: func(); expected what cbor can encode", "frame: 4194317 bytes; expected at most 4194304",
		"content: more than one item at byte 1 of 2, 80; expected one", "content: deeper than 64", "actor: 1; expected one that lives", "actor: 1; expected one that lives",
	}
	if len(lines) != len(wanted) {
		t.Fatalf("it logged %q", lines)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, wanted[i]) {
			t.Errorf("it logged %q, expected %q", line, wanted[i])
		}
	}
}

func TestAWrongRegistrationPanics(t *testing.T) {
	for _, row := range []struct {
		name string
		id   uint64
	}{{"a", 2}, {"b", 0}, {"b", 1}, {"b", 100}, {"", 2}} {
		c := &Child{nextNamed: 1, actors: map[uint64]*Actor{}, names: map[string]*Actor{}}
		c.Actor("a", 1, nil)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("it took %q, %d", row.name, row.id)
				}
			}()
			c.Actor(row.name, row.id, nil)
		}()
	}
}

func TestAStreamThatBreaksTheProtocolEndsIt(t *testing.T) {
	child := command(t, "talker", "")
	child.Stdin = strings.NewReader(string(unhex(t, ask)) + "hello\n")
	said, err := child.Output()
	exit := &exec.ExitError{}
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !bytes.Contains(exit.Stderr, []byte("expected an array")) {
		t.Errorf("it ended with %v", err)
	}
	if !bytes.HasPrefix(said, unhex(t, answer)) || !bytes.Contains(said, []byte("656c6c6f0a")) {
		t.Errorf("it wrote %q", said)
	}
}

// floodChild writes a lot at once when it is told to, and tells its peak of
// memory.
func floodChild() {
	c, err := New("plain")
	must(err)
	piece := make([]byte, 65_536)
	c.Actor("flood", 1, func(m *Message) error {
		if words := m.Items(); words[0] == "write" {
			for i := uint64(0); i < words[1].(uint64); i++ {
				must(m.Reply(piece))
			}
			return nil
		}
		var usage syscall.Rusage
		must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
		return m.Reply(usage.Maxrss)
	})
	must(c.Run())
}

// unread tells how many bytes are in a pipe.
func unread(t *testing.T, pipe *os.File) (size int32) {
	t.Helper()
	const fionread = 0x541b
	if _, _, failed := syscall.Syscall(syscall.SYS_IOCTL, pipe.Fd(), fionread, uintptr(unsafe.Pointer(&size))); failed != 0 {
		t.Fatal(failed)
	}
	return size
}

func send(t *testing.T, to io.Writer, payload any) {
	t.Helper()
	content, err := cbor.Marshal([]any{"send", 7, 1, payload})
	if err == nil {
		_, err = to.Write(append(binary.BigEndian.AppendUint32([]byte{0x5a}, uint32(len(content))), content...))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, from io.Reader, payload any) {
	t.Helper()
	var head [5]byte
	_, err := io.ReadFull(from, head[:])
	content := make([]byte, binary.BigEndian.Uint32(head[1:]))
	if err == nil {
		_, err = io.ReadFull(from, content)
	}
	var said struct {
		_        struct{} `cbor:",toarray"`
		Verb     string
		From, To uint64
		Payload  cbor.RawMessage
	}
	if err == nil {
		err = cbor.Unmarshal(content, &said)
	}
	if err == nil {
		err = cbor.Unmarshal(said.Payload, payload)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAWriterWaitsForASlowReader(t *testing.T) {
	const pieces, mostKiB = 1024, 32 << 10 // of 64 KiB: half of them
	child := command(t, "flood")
	to, err := child.StdinPipe()
	must(err)
	pipe, err := child.StdoutPipe()
	must(err)
	must(child.Start())
	var before, peak int
	send(t, to, []any{"peak"})
	receive(t, pipe, &before)
	send(t, to, []any{"write", pieces})
	full := int32(15 * os.Getpagesize())
	for begun := time.Now(); unread(t, pipe.(*os.File)) < full; {
		if time.Since(begun) > patience {
			t.Fatal("the pipe is not filled")
		}
	}
	send(t, to, []any{"peak"})
	for i := 0; i < pieces; i++ {
		var piece []byte
		if receive(t, pipe, &piece); len(piece) != 65_536 {
			t.Fatalf("piece %d has %d bytes", i, len(piece))
		}
	}
	if receive(t, pipe, &peak); peak == 0 || peak > before+mostKiB {
		t.Errorf("its peak was %d KiB, and before %d", peak, before)
	}
	must(to.Close())
	if rest, err := io.ReadAll(pipe); err != nil || hex.EncodeToString(rest) != goodbye {
		t.Errorf("it ended with %x, %v", rest, err)
	}
	must(child.Wait())
}
