package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
)

const patience = time.Minute

// The test is its own child: this process with that variable set.
const asChild = "TEST_RUN_AS_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(asChild) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func frame(t *testing.T, message any) []byte {
	t.Helper()
	content, ok := message.(cbor.RawMessage)
	if !ok {
		var err error
		if content, err = cbor.Marshal(message); err != nil {
			t.Fatal(err)
		}
	}
	head := binary.BigEndian.AppendUint32([]byte{0x5a}, uint32(len(content)))
	return append(head, content...)
}

// talk gives a child these messages, and then the end of its stdin. It returns
// what the child wrote.
func talk(t *testing.T, messages []any, options ...string) []any {
	t.Helper()
	var in []byte
	for _, message := range messages {
		in = append(in, frame(t, message)...)
	}
	return parse(t, bytes.NewReader(talkRaw(t, in, options...)))
}

func talkRaw(t *testing.T, in []byte, options ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], options...)
	child.Env = append(os.Environ(), asChild+"=1", "GORACE=atexit_sleep_ms=0")
	child.Stdin = bytes.NewReader(in)
	var notes bytes.Buffer
	child.Stderr = &notes
	out, err := child.Output()
	if err != nil {
		t.Fatalf("the child ended with %v:\n%s", err, notes.String())
	}
	return out
}

func parse(t *testing.T, out io.Reader) []any {
	t.Helper()
	var messages []any
	for decoder := cbor.NewDecoder(out); ; {
		var content []byte
		if err := decoder.Decode(&content); err == io.EOF {
			return messages
		} else if err != nil {
			t.Fatal(err)
		}
		var message any
		if err := cbor.Unmarshal(content, &message); err != nil {
			t.Fatalf("%x: %v", content, err)
		}
		messages = append(messages, message)
	}
}

type items = []any

func TestWhatIsAnswered(t *testing.T) {
	const me, big = uint64(7), uint64(1<<64 - 1)
	for _, test := range []struct {
		name string
		in   items
		out  items
	}{
		{"an echo by id and by name",
			items{items{"send", big, 1, "hi"}, items{"send_named", me, "echo", nil}},
			items{items{"send", uint64(1), big, "hi"}, items{"send", uint64(1), me, nil}}},
		{"a count",
			items{items{"send_named", me, "counter", 1}, items{"send", 0, 2, "x"},
				items{"send", me, 2, items{"reset", 1}}, items{"send", me, 2, items{"reset"}}},
			items{items{"send", uint64(2), me, items{"count", uint64(1)}},
				items{"send", uint64(2), me, items{"count", uint64(3)}},
				items{"send", uint64(2), me, items{"count", uint64(0)}}}},
		{"actors that start, echo and exit",
			items{items{"send_named", me, "spawner", 1}, items{"send_named", me, "spawner", 1},
				items{"send", me, 100, items{"exit", 5}}, items{"send", me, 100, items{"exit", "enough"}},
				items{"send", me, 101, "hi"}, items{"send", 0, 101, items{"exit"}},
				items{"send", me, 101, "gone"}},
			items{items{"send", uint64(100), me, items{"hello", uint64(100)}},
				items{"send", uint64(101), me, items{"hello", uint64(101)}},
				items{"send", uint64(100), me, items{"error", "the reason of an exit must be a text"}},
				items{"exit", uint64(100), "enough"},
				items{"send", uint64(101), me, "hi"},
				items{"exit", uint64(101), "normal"},
				items{"exit", uint64(101), "no_such_actor"}}},
		{"who is not there, but for nobody",
			items{items{"send", me, 4711, 1}, items{"link", me, 4712}, items{"link", me, 1},
				items{"send", me, 0, 1}, items{"link", me, 0}, items{"send_named", me, "who", 1}},
			items{items{"exit", uint64(4711), "no_such_actor"},
				items{"exit", uint64(4712), "no_such_actor"}}},
		{"what needs no answer",
			items{items{"exit", me, "normal"}, items{"shrug"}, items{"send", 1}},
			nil},
		{"tagged ids, which are read as well",
			items{items{"send", local(big), remote(1), nil}, items{"link", local(me), remote(4712)},
				items{"send", items{[]byte("LPID"), me}, items{[]byte("RPID"), 1}, nil}},
			items{items{"send", uint64(1), big, nil}, items{"exit", uint64(4712), "no_such_actor"},
				items{"send", uint64(1), me, nil}}},
	} {
		want := append(test.out, items{"transport_error", "stdin_closed"})
		if got := talk(t, test.in); !reflect.DeepEqual(got, []any(want)) {
			t.Errorf("%s:\n got %v\nwant %v", test.name, got, want)
		}
	}
}

func local(id uint64) items { return items{"LPID", id} }

func remote(id uint64) items { return items{"RPID", id} }

func TestItSpeaksAsAThespianProcessDoes(t *testing.T) {
	const me, big = uint64(7), uint64(1<<64 - 1)
	for _, test := range []struct {
		name string
		in   items
		out  items
	}{
		{"tagged ids, and plain ones that are read",
			items{items{"send_named", local(big), "echo", nil}, items{"send", me, 1, nil}},
			items{items{"send", local(1), remote(big), nil}, items{"send", local(1), remote(me), nil}}},
		{"silence about who is not there",
			items{items{"send", local(me), remote(4711), nil}, items{"link", local(me), remote(4712)}},
			nil},
		{"an exit, told only to those who linked",
			items{items{"send_named", local(me), "spawner", nil}, items{"send_named", local(me), "spawner", nil},
				items{"link", local(me), remote(101)},
				items{"send", local(me), remote(100), items{"exit", "unseen"}},
				items{"send", local(me), remote(101), items{"exit", "seen"}},
				items{"send", local(me), remote(101), items{"exit", "seen"}}},
			items{items{"send", local(100), remote(me), items{"hello", uint64(100)}},
				items{"send", local(101), remote(me), items{"hello", uint64(101)}},
				items{"exit", local(101), "seen"}}},
	} {
		want := append(test.out, items{"transport_error", "stdin_closed"})
		if got := talk(t, test.in, "--dialect", "thespian"); !reflect.DeepEqual(got, []any(want)) {
			t.Errorf("%s:\n got %v\nwant %v", test.name, got, want)
		}
	}
}

func TestADialectThatIsNotKnownIsAnError(t *testing.T) {
	child := exec.Command(os.Args[0], "--dialect", "klingon")
	child.Env = append(os.Environ(), asChild+"=1", "GORACE=atexit_sleep_ms=0")
	if out, err := child.CombinedOutput(); err == nil || !bytes.Contains(out, []byte("klingon")) {
		t.Errorf("it ended with %v and wrote %q", err, out)
	}
}

func TestAnEchoIsTheSameByteForByte(t *testing.T) {
	for name, payload := range map[string]string{
		"the longest heads":       "\x1b\x00\x00\x00\x00\x00\x00\x00\x01",
		"an indefinite list":      "\x9f\x01\xff",
		"an indefinite map":       "\xbf\x61a\xf7\xff",
		"indefinite strings":      "\x82\x7f\x61a\xff\x5f\x41\x00\xff",
		"a tag":                   "\xc1\x00",
		"a tag of a wrong item":   "\xc0\x00",
		"a tag of a tag of a tag": strings.Repeat("\xc1", 100000) + "\xf6",
		"an odd simple value":     "\xf8\xff",
		"NaNs":                    "\x82\xf9\x7e\x01\xfb\x7f\xf8\x00\x00\x00\x00\x00\x01",
		"the same key twice":      "\xa2\x01\x01\x01\x02",
		"64 lists in one another": strings.Repeat("\x81", 64) + "\x01",
		"a text that is no UTF-8": "\x61\xff",
		"200,000 items":           "\x9a\x00\x03\x0d\x40" + strings.Repeat("\x00", 200000),
		"a megabyte":              "\x5a\x00\x10\x00\x00" + strings.Repeat("x", 1<<20),
	} {
		var in []byte
		for _, to := range []string{"\x01", "\x02", "\x04", "\x18\x64"} {
			in = append(in, frame(t, cbor.RawMessage("\x84\x64send\x07"+to+payload))...)
		}
		want := frame(t, cbor.RawMessage("\x84\x64send\x01\x07"+payload))
		want = append(want, frame(t, items{"send", 2, 7, items{"count", 1}})...)
		want = append(want, frame(t, items{"send", 100, 7, items{"hello", 100}})...)
		want = append(want, frame(t, cbor.RawMessage("\x84\x64send\x18\x64\x07"+payload))...)
		want = append(want, frame(t, items{"transport_error", "stdin_closed"})...)
		if child := talkRaw(t, in); !bytes.Equal(child, want) {
			t.Errorf("%s came back as %.80x", name, child)
		}
	}
}
