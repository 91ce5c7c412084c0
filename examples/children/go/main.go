// A child of thespian-gateway, to copy from: three actors that are known by
// name, and those that one of them starts.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"flag"
	"io"
	"log"
	"os"

	"github.com/fxamacker/cbor/v2"
)

// An actor takes a message from sender (0: nobody, who is not answered).
type actor func(self, sender uint64, payload cbor.RawMessage)

var (
	names  = map[string]uint64{"echo": 1, "counter": 2, "spawner": 4}
	actors map[uint64]actor // by id
	fresh  = uint64(100)    // the id of the next actor that starts
	linked = map[uint64]bool{}

	thespian bool // the dialect

	in    = bufio.NewReader(os.Stdin)
	codec = newCodec()
)

func echo(self, sender uint64, payload cbor.RawMessage) {
	send(self, sender, payload)
}

func counter() actor {
	count := 0
	return func(self, sender uint64, payload cbor.RawMessage) {
		count++
		if words := list(payload); len(words) == 1 && words[0] == "reset" {
			count = 0
		}
		send(self, sender, encode([]any{"count", count}))
	}
}

func spawn(_, sender uint64, _ cbor.RawMessage) {
	id := fresh
	fresh++
	actors[id] = spawned
	send(id, sender, encode([]any{"hello", id}))
}

// spawned echoes until it is told ["exit", reason] or ["exit"].
func spawned(self, sender uint64, payload cbor.RawMessage) {
	words := list(payload)
	if len(words) == 0 || len(words) > 2 || words[0] != "exit" {
		send(self, sender, payload)
		return
	}
	reason, ok := append(words, "normal")[1].(string)
	if !ok {
		send(self, sender, encode([]any{"error", "the reason of an exit must be a text"}))
		return
	}
	leave(self, reason)
}

func leave(self uint64, reason string) {
	delete(actors, self)
	// The gateway keeps the links. A thespian process keeps them as well, and
	// tells only those.
	if !thespian || linked[self] {
		write(nil, "exit", ourID(self), reason)
	}
	delete(linked, self)
}

func list(payload cbor.RawMessage) []any {
	var items []any
	if err := codec.Unmarshal(payload, &items); err != nil {
		return nil // no list, or one that the codec does not take
	}
	return items
}

func send(self, to uint64, payload cbor.RawMessage) {
	if to != 0 {
		write(payload, "send", ourID(self), theirID(to))
	}
}

func refuse(id uint64) {
	switch {
	case id == 0:
	case thespian: // says nothing of actors that are not there
		log.Printf("there is no actor %d", id)
	default:
		write(nil, "exit", id, "no_such_actor")
	}
}

func deliver(id, sender uint64, payload cbor.RawMessage) {
	if receive, ok := actors[id]; ok {
		receive(id, sender, payload)
	} else {
		refuse(id)
	}
}

// handle does what one message of the gateway asks for.
func handle(items []cbor.RawMessage, payload cbor.RawMessage) {
	switch verb := get[string](items[0]); {
	case verb == "send" && payload != nil:
		deliver(number(items[2]), number(items[1]), payload)
	case verb == "send_named" && payload != nil:
		name := get[string](items[2])
		if id, ok := names[name]; ok {
			deliver(id, number(items[1]), payload)
		} else {
			log.Printf("no actor is named %q", name)
		}
	case verb == "link" && len(items) == 3:
		if id := number(items[2]); actors[id] != nil {
			linked[id] = true
		} else {
			refuse(id)
		}
	case verb == "exit" && len(items) == 3:
		log.Printf("actor %d has ended: %s", number(items[1]), get[string](items[2]))
	default:
		log.Printf("ignored a message: %s", verb)
	}
}

func ourID(id uint64) any { return tagged("LPID", id) }

func theirID(id uint64) any { return tagged("RPID", id) }

func tagged(tag string, id uint64) any {
	if thespian {
		return []any{tag, id}
	}
	return id
}

// number reads an id, in either of its written forms.
func number(item cbor.RawMessage) uint64 {
	if pair := list(item); len(pair) == 2 {
		id, _ := pair[1].(uint64)
		return id
	}
	return get[uint64](item)
}

// newCodec decodes texts that are no UTF-8 as well.
func newCodec() cbor.DecMode {
	mode, err := cbor.DecOptions{UTF8: cbor.UTF8DecodeInvalid}.DecMode()
	if err != nil {
		log.Fatal(err)
	}
	return mode
}

func get[Value any](item cbor.RawMessage) (value Value) {
	if err := codec.Unmarshal(item, &value); err != nil {
		log.Fatalf("a message of the gateway: %v", err)
	}
	return value
}

func encode(value any) cbor.RawMessage {
	item, err := cbor.Marshal(value)
	if err != nil {
		log.Fatal(err)
	}
	return item
}

// write writes a frame: a byte string whose content is one array, of these
// items and the payload, if there is one. That goes as it is.
func write(payload cbor.RawMessage, items ...any) {
	size := len(items)
	if payload != nil {
		size++
	}
	content := []byte{0x80 + byte(size)}
	for _, item := range items {
		content = append(content, encode(item)...)
	}
	content = append(content, payload...)
	frame := binary.BigEndian.AppendUint32([]byte{0x5a}, uint32(len(content)))
	if _, err := os.Stdout.Write(append(frame, content...)); err != nil {
		log.Fatal(err)
	}
}

// read takes one message: an array of up to four items, of which the fourth is
// a payload. That one is cut out, not decoded: it may be any CBOR.
func read() (items []cbor.RawMessage, payload cbor.RawMessage, err error) {
	var head [5]byte // as the gateway writes it
	if _, err = io.ReadFull(in, head[:]); err != nil {
		return
	}
	rest := make([]byte, binary.BigEndian.Uint32(head[1:]))
	if _, err = io.ReadFull(in, rest); err != nil {
		return
	}
	for rest = rest[1:]; len(rest) > 0 && len(items) < 3; {
		var item cbor.RawMessage
		if rest, err = codec.UnmarshalFirst(rest, &item); err != nil {
			return
		}
		items = append(items, item)
	}
	if len(rest) > 0 {
		payload = rest
	}
	return
}

func main() {
	log.SetFlags(0) // stderr is for people; stdout is the gateway's
	dialect := flag.String("dialect", "plain", "plain or thespian")
	flag.Parse()
	if *dialect != "plain" && *dialect != "thespian" {
		log.Fatalf("there is no dialect %q", *dialect)
	}
	thespian = *dialect == "thespian"
	actors = map[uint64]actor{1: echo, 2: counter(), 4: spawn}
	items, payload, err := read()
	for ; err == nil; items, payload, err = read() {
		handle(items, payload)
	}
	if !errors.Is(err, io.EOF) {
		log.Fatal(err)
	}
	write(nil, "transport_error", "stdin_closed")
}
