package child

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// A FieldError is a value that breaks the limit of its field: of what came on
// stdin, after which nothing can be trusted, or of what was to be written.
type FieldError struct{ Field, Value, Limit string }

func (e *FieldError) Error() string {
	return fmt.Sprintf("%s: %s; expected %s", e.Field, e.Value, e.Limit)
}

// A fault is how an error comes to the function that returns it, by `catch`.
type fault struct{ error }

func fail(field, limit, value string, args ...any) {
	panic(fault{&FieldError{field, fmt.Sprintf(value, args...), limit}})
}

func catch(err *error) {
	if caught := recover(); caught != nil {
		*err = caught.(fault).error // another panic goes on
	}
}

// Limits in bytes, but for the depth of arrays and maps in a payload. Beyond
// maxAnnounced a length is not believed.
const maxDepth, maxAnnounced, maxThespian = 64, 64 << 20, 32_768 - 5

// Major types, the information of what has no length, and what ends that.
const uintType, bytesType, textType, arrayType, mapType, tagType, simpleType, indefinite, breakByte = 0, 2, 3, 4, 5, 6, 7, 31, 0xff

// A cursor goes through well-formed CBOR. Payloads are gone through and not
// decoded, so any CBOR will do.
type cursor struct {
	data []byte
	at   int
}

func (c *cursor) fail(at int, what string) {
	fail("content", "one well-formed item", "%s at byte %d of %d, %.16x", what, at, len(c.data), c.data[at:])
}

func (c *cursor) take(size uint64) []byte {
	if size > uint64(len(c.data)-c.at) {
		c.fail(len(c.data), "cut short")
	}
	c.at += int(size)
	return c.data[c.at-int(size) : c.at : c.at]
}

// head reads the head of an item, up to its content.
func (c *cursor) head() (major, info byte, argument uint64) {
	first := c.take(1)[0]
	major, info, argument = first>>5, first&31, uint64(first&31)
	if info > 27 && info < indefinite {
		c.fail(c.at-1, "a reserved head")
	}
	if info >= 24 && info < indefinite {
		argument = 0
		for _, digit := range c.take(1 << (info - 24)) {
			argument = argument<<8 | uint64(digit)
		}
	}
	return major, info, argument
}

// item reads an item; of an array it hands out the items.
func (c *cursor) item(depth int, each func(item []byte)) {
	start := c.at
	major, info, argument := c.head()
	for major == tagType && info != indefinite {
		major, info, argument = c.head()
	}
	if major == simpleType && info == 24 && argument < 32 || info == indefinite && (major < bytesType || major > mapType) {
		c.fail(start, "a head out of place")
	} else if major == arrayType || major == mapType || info == indefinite {
		c.items(major, info, argument, depth, each)
	} else if major == bytesType || major == textType {
		c.take(argument)
	}
}

func (c *cursor) items(major, info byte, wanted uint64, depth int, each func(item []byte)) {
	if major >= arrayType && depth == maxDepth {
		c.fail(c.at, fmt.Sprint("deeper than ", maxDepth))
	}
	count := uint64(0) // of pairs in a map
	for ; info == indefinite || count < wanted; count++ {
		start := c.at
		if first := c.take(1)[0]; info == indefinite && first == breakByte {
			return
		} else if major < arrayType && (first>>5 != major || first&31 > 27) {
			c.fail(start, "no chunk of this string")
		}
		c.at = start
		c.item(depth+1, nil)
		if each != nil {
			each(c.data[start:c.at:c.at])
		}
		if major == mapType {
			c.item(depth+1, nil)
		}
	}
}

// itemsOf cuts one array into its items.
func itemsOf(content []byte) (items [][]byte) {
	c := &cursor{data: content}
	c.item(-1, func(item []byte) { items = append(items, item) })
	if content[0]>>5 != arrayType || c.at != len(content) {
		c.fail(c.at, "not one array")
	}
	return items
}

// A message has those of these fields that its verb has.
type message struct {
	verb          string
	first, second uint64
	text          string // the name or the reason
	payload       cbor.RawMessage
}

// The fields of each verb: 1 and 2 are ids, t is a text, p a payload.
var fields = map[string]string{"send": "12p", "send_named": "1tp", "link": "12", "exit": "1t", "transport_error": "t"}

// parse fails if it is none of the messages that there are.
func parse(items [][]byte) (m message, err error) {
	defer catch(&err)
	m.verb = readText(append(items, nil)[0])
	wanted, ok := fields[m.verb]
	if !ok || len(items) != len(wanted)+1 {
		fail("verb", fmt.Sprintf("%d elements, or a verb that there is", len(wanted)+1), "%.32q and %d elements in all", m.verb, len(items))
	}
	for i, item := range items[1:] {
		switch wanted[i] {
		case '1':
			m.first = readID(item)
		case '2':
			m.second = readID(item)
		case 't':
			m.text = readText(item)
		default:
			m.payload = item
		}
	}
	return m, nil
}

func readText(item []byte) string {
	c := &cursor{data: item}
	if major, info, _ := c.head(); major != bytesType && major != textType || info == indefinite {
		fail("name, reason or verb", "a string", "%.16x", item)
	}
	return strings.ToValidUTF8(string(item[c.at:]), "\ufffd")
}

// readID reads a number, or [tag, number].
func readID(item []byte) uint64 {
	if len(item) > 6 && item[0] == 0x82 && item[1]&^0x20 == 0x44 && strings.Contains("LPID RPID", string(item[2:6])) {
		item = item[6:]
	}
	major, _, id := (&cursor{data: item}).head()
	if major != uintType {
		fail("id", "a number, or [tag, number]", "%.16x", item)
	}
	return id
}

// readFrame reads the content of the next frame, in whatever pieces it comes. It
// fails with io.EOF if there is none. One over the limit is passed over without
// being kept.
func readFrame(in *bufio.Reader, maxBytes int) []byte {
	for {
		head := make([]byte, 1)
		if _, err := io.ReadFull(in, head); err != nil {
			panic(fault{err})
		} else if major := head[0] >> 5; major != bytesType && major != textType || head[0]&31 > 27 {
			fail("frame head", "a string with a length", "%x", head)
		}
		if info := head[0] & 31; info >= 24 {
			head = append(head, read(in, 1<<(info-24), 1)...)
		}
		_, _, size := (&cursor{data: head}).head()
		if size > maxAnnounced {
			fail("frame", fmt.Sprint("at most ", maxAnnounced), "%d bytes", size)
		}
		first, err := in.Peek(1)
		if size == 0 || err == nil && first[0]>>5 != arrayType {
			start, _ := in.Peek(in.Buffered()) // what has come, without waiting
			fail("content", "an array", "%d bytes, %.64x (%.64q)", size, start, start)
		}
		if size <= uint64(maxBytes) {
			return read(in, int(size), len(head))
		}
		log.Printf("passed over: frame: %d bytes; expected at most %d", size, maxBytes)
		if got, err := in.Discard(int(size)); err != nil {
			cutShort(len(head)+got, err)
		}
	}
}

func read(in io.Reader, size, before int) []byte {
	data := make([]byte, size)
	if got, err := io.ReadFull(in, data); err != nil {
		cutShort(before+got, err)
	}
	return data
}

func cutShort(got int, err error) {
	fail("frame", "all of it before stdin ends", "%d bytes of the last one (%v)", got, err)
}
