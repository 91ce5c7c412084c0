package child

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/fxamacker/cbor/v2"
)

// recorded reads what the tree has of the protocol's data.
func recorded(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile("../../../tests/data/" + name)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

type vectors struct {
	Frames []struct {
		Name, Hex, Verdict string
		Message            map[string]string
	}
	Streams []struct {
		Name, Hex, Then                string
		Limit, Messages, Skipped, Left int
	}
	Payloads []struct {
		Name, Hex string
		Cbor      bool
	}
}

func readVectors(t *testing.T) (v vectors) {
	t.Helper()
	recorded(t, "vectors.json", &v)
	if len(v.Frames) < 60 || len(v.Streams) < 6 || len(v.Payloads) < 40 {
		t.Fatal("there are too few vectors")
	}
	return v
}

// logged is what was logged meanwhile, in lines.
func logged(do func()) []string {
	var lines bytes.Buffer
	log.SetOutput(&lines)
	defer log.SetOutput(os.Stderr)
	do()
	return strings.SplitAfter(lines.String(), "\n")
}

// A stream that arrives at once, in halves, and byte by byte.
var cuts = []func(io.Reader) io.Reader{
	func(in io.Reader) io.Reader { return in }, iotest.HalfReader, iotest.OneByteReader,
}

// readAll reads a stream to its end, as a child does; an error is fatal.
func readAll(in io.Reader, limit int) (messages []message, passedOver int, err error) {
	defer catch(&err)
	for in := bufio.NewReader(in); ; {
		if m, err := parse(itemsOf(readFrame(in, limit))); err != nil {
			passedOver++
		} else {
			messages = append(messages, m)
		}
	}
}

func expected(t *testing.T, of map[string]string) (m message) {
	t.Helper()
	m.verb = of["kind"]
	for field, value := range of {
		switch field {
		case "from", "local":
			fmt.Sscan(value, &m.first)
		case "to", "remote":
			fmt.Sscan(value, &m.second)
		case "name", "reason":
			m.text = value
		case "payload_hex":
			m.payload = unhex(t, value)
		}
	}
	return m
}

func TestAFrameIsReadOrPassedOverOrFatal(t *testing.T) {
	for _, row := range readVectors(t).Frames {
		for _, cut := range cuts {
			got, passedOver, err := readAll(cut(bytes.NewReader(unhex(t, row.Hex))), 4<<20)
			var wrong *FieldError
			switch row.Verdict {
			case "fatal":
				if !errors.As(err, &wrong) {
					t.Errorf("%s: ended with %v", row.Name, err)
				}
			case "skipped":
				if err != io.EOF || passedOver != 1 || got != nil {
					t.Errorf("%s: %v, %d passed over, %v", row.Name, got, passedOver, err)
				}
			default:
				want := []message{expected(t, row.Message)}
				if err != io.EOF || !reflect.DeepEqual(got, want) {
					t.Errorf("%s: %v, expected %v; %v", row.Name, got, want, err)
				}
			}
		}
	}
}

func TestAStreamIsTheSameInEveryCut(t *testing.T) {
	for _, row := range readVectors(t).Streams {
		if row.Limit == 0 {
			row.Limit = 4 << 20
		}
		for _, cut := range cuts {
			var got []message
			var passedOver int
			var err error
			lines := logged(func() {
				got, passedOver, err = readAll(cut(bytes.NewReader(unhex(t, row.Hex))), row.Limit)
			})
			passedOver += len(lines) - 1 // frames over the limit
			then := "open"
			var wrong *FieldError
			if errors.As(err, &wrong) {
				then = "fatal"
				if strings.HasPrefix(wrong.Value, fmt.Sprint(row.Left, " bytes of the last one")) {
					then = "truncated"
				}
			}
			if len(got) != row.Messages || passedOver != row.Skipped || then != row.Then {
				t.Errorf("%s: %d messages, %d passed over, then %s: %v", row.Name, len(got), passedOver, then, err)
			}
		}
	}
}

func TestAPayloadIsExactlyOneItem(t *testing.T) {
	for _, row := range readVectors(t).Payloads {
		payload := cbor.RawMessage(unhex(t, row.Hex))
		var err error
		func() {
			defer catch(&err)
			if got := encode(payload); !bytes.Equal(got, payload) {
				t.Errorf("%s became %x", row.Name, got)
			}
		}()
		if (err == nil) != row.Cbor {
			t.Errorf("%s: %v", row.Name, err)
		}
	}
}

func TestAFaultNamesItsFieldValueAndLimit(t *testing.T) {
	for _, row := range []struct{ hex, field, value, limit string }{
		{"68656c6c6f0a", "content", `656c6c6f0a ("ello\n")`, "an array"},
		{"846473656e64", "frame head", "84", "a string with a length"},
		{"5a04000001", "frame", "67108865 bytes", "at most 67108864"},
		{"5a00000000", "content", "0 bytes", "an array"},
		{"5a000000028080", "content", "not one array at byte 1", "one well-formed item"},
		{"5a0000000281", "frame", "6 bytes of the last one", "all of it before stdin ends"},
		{"5a000000028218", "content", "cut short at byte 2", "one well-formed item"},
		{"5a00000002811c", "content", "a reserved head at byte 1", "one well-formed item"},
	} {
		_, _, err := readAll(bytes.NewReader(unhex(t, row.hex)), 4<<20)
		var wrong *FieldError
		if !errors.As(err, &wrong) || wrong.Field != row.field || !strings.Contains(wrong.Value, row.value) || wrong.Limit != row.limit {
			t.Errorf("%s: %v", row.hex, err)
		}
	}
}

func TestWhatIsPassedOverIsTold(t *testing.T) {
	for content, told := range map[string]string{
		"826573687275670a":       `verb: "shrug" and 2 elements in all; expected`,
		"836473656e640107":       `verb: "send" and 3 elements in all; expected 4 elements`,
		"846473656e64200780":     "id: 20; expected a number",
		"8364657869740107":       "name, reason or verb: 07; expected a string",
		"846473656e648263464f4f": "", // cut short: fatal
	} {
		var items [][]byte
		var err error
		func() {
			defer catch(&err)
			items = itemsOf(unhex(t, content))
		}()
		if told == "" {
			if err == nil {
				t.Errorf("%s is no array", content)
			}
			continue
		}
		if _, err := parse(items); err == nil || !strings.HasPrefix(err.Error(), told) {
			t.Errorf("%s: %v", content, err)
		}
	}
}
