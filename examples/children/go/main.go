// A child of thespian-gateway, to copy from: three actors that are known by
// name, and those that one of them starts.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"log"
	"math"
	"os"

	"github.com/fxamacker/cbor/v2"
)

// An actor takes a message from sender (0: nobody, who is not answered).
type actor func(self, sender uint64, payload cbor.RawMessage)

var (
	names  = map[string]uint64{"echo": 1, "counter": 2, "spawner": 4}
	actors map[uint64]actor // by id
	fresh  = uint64(100)    // the id of the next actor that starts

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
		send(self, sender, []any{"count", count})
	}
}

func spawn(_, sender uint64, _ cbor.RawMessage) {
	id := fresh
	fresh++
	actors[id] = spawned
	send(id, sender, []any{"hello", id})
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
		send(self, sender, []any{"error", "the reason of an exit must be a text"})
		return
	}
	delete(actors, self)
	write("exit", self, reason)
}

func list(payload cbor.RawMessage) []any {
	var items []any
	_ = codec.Unmarshal(payload, &items) // nil if it is no list
	return items
}

func send(self, to uint64, payload any) {
	if to != 0 {
		write("send", self, to, payload)
	}
}

func deliver(id, sender uint64, payload cbor.RawMessage) {
	if receive, ok := actors[id]; ok {
		receive(id, sender, payload)
	} else if id != 0 {
		write("exit", id, "no_such_actor")
	}
}

// handle does what one message of the gateway asks for.
func handle(verb string, message []cbor.RawMessage) {
	switch {
	case verb == "send" && len(message) == 4:
		deliver(get[uint64](message[2]), get[uint64](message[1]), message[3])
	case verb == "send_named" && len(message) == 4:
		name := get[string](message[2])
		if id, ok := names[name]; ok {
			deliver(id, get[uint64](message[1]), message[3])
		} else {
			log.Printf("no actor is named %q", name)
		}
	case verb == "link" && len(message) == 3:
		if id := get[uint64](message[2]); id != 0 && actors[id] == nil {
			write("exit", id, "no_such_actor")
		} // The gateway keeps the links: it tells the other side of an exit.
	case verb == "exit" && len(message) == 3:
		log.Printf("actor %d has ended: %s", get[uint64](message[1]), get[string](message[2]))
	default:
		log.Printf("ignored a message: %s", verb)
	}
}

// newCodec takes whatever the gateway lets through: 64 containers open at once,
// as many items as fit into a frame, texts that are no UTF-8.
func newCodec() cbor.DecMode {
	mode, err := cbor.DecOptions{
		MaxNestedLevels:  96,
		MaxArrayElements: math.MaxInt32,
		MaxMapPairs:      math.MaxInt32,
		UTF8:             cbor.UTF8DecodeInvalid,
	}.DecMode()
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

// A frame is a byte string whose content is one list.
func write(message ...any) {
	content, err := cbor.Marshal(message)
	if err != nil {
		log.Fatal(err)
	}
	frame := binary.BigEndian.AppendUint32([]byte{0x5a}, uint32(len(content)))
	if _, err := os.Stdout.Write(append(frame, content...)); err != nil {
		log.Fatal(err)
	}
}

func read() ([]cbor.RawMessage, error) {
	var head [5]byte // as the gateway writes it
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, err
	}
	content := make([]byte, binary.BigEndian.Uint32(head[1:]))
	if _, err := io.ReadFull(in, content); err != nil {
		return nil, err
	}
	return get[[]cbor.RawMessage](content), nil
}

func main() {
	log.SetFlags(0) // stderr is for people; stdout is the gateway's
	actors = map[uint64]actor{1: echo, 2: counter(), 4: spawn}
	message, err := read()
	for ; err == nil; message, err = read() {
		handle(get[string](message[0]), message)
	}
	if !errors.Is(err, io.EOF) {
		log.Fatal(err)
	}
	write("transport_error", "stdin_closed")
}
