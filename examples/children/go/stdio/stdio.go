// Package stdio is what a child of thespian-gateway is but for its actors: it
// reads frames from stdin and writes frames to stdout.
package stdio

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"log"
	"os"

	"github.com/fxamacker/cbor/v2"
)

// An Actor takes a message from sender (0: nobody, who is not answered).
type Actor func(self, sender uint64, payload cbor.RawMessage)

// A Child has actors. Everything is called by the goroutine that runs it.
type Child struct {
	Thespian bool // the dialect
	// Called when peer, an actor on the gateway's side, links itself to self,
	// and when a peer has ended. Nothing has to be done then.
	OnLink func(peer, self uint64)
	OnExit func(peer uint64, reason string)

	names  map[string]uint64
	actors map[uint64]Actor // by id
	fresh  uint64           // the id of the next actor that starts
	linked map[uint64]bool
	in     *bufio.Reader
}

// New returns a child without actors.
func New() *Child {
	return &Child{
		OnLink: func(uint64, uint64) {},
		OnExit: func(uint64, string) {},
		names:  map[string]uint64{},
		actors: map[uint64]Actor{},
		fresh:  100,
		linked: map[uint64]bool{},
		in:     bufio.NewReader(os.Stdin),
	}
}

// Register adds an actor that is known by name.
func (c *Child) Register(name string, id uint64, receive Actor) {
	c.names[name] = id
	c.actors[id] = receive
}

// Enter adds an actor under a fresh id.
func (c *Child) Enter(receive Actor) uint64 {
	id := c.fresh
	c.fresh++
	c.actors[id] = receive
	return id
}

// Has tells whether an actor has not left yet.
func (c *Child) Has(id uint64) bool { return c.actors[id] != nil }

// Leave ends an actor.
func (c *Child) Leave(self uint64, reason string) {
	delete(c.actors, self)
	// The gateway keeps the links. A thespian process keeps them as well, and
	// tells only those.
	if !c.Thespian || c.linked[self] {
		write(nil, "exit", c.ourID(self), reason)
	}
	delete(c.linked, self)
}

// List decodes a payload that is a list; nil: it is none.
func List(payload cbor.RawMessage) []any {
	var items []any
	if err := codec.Unmarshal(payload, &items); err != nil {
		return nil // no list, or one that the codec does not take
	}
	return items
}

// Send sends to an actor on the gateway's side.
func (c *Child) Send(self, to uint64, payload cbor.RawMessage) {
	if to != 0 {
		write(payload, "send", c.ourID(self), c.theirID(to))
	}
}

// SendNamed sends to the actor of that name on the gateway's side.
func (c *Child) SendNamed(self uint64, name string, payload cbor.RawMessage) {
	write(payload, "send_named", c.ourID(self), name)
}

// Link links self to an actor on the gateway's side.
func (c *Child) Link(self, to uint64) {
	write(nil, "link", c.ourID(self), c.theirID(to))
}

func (c *Child) refuse(id uint64) {
	switch {
	case id == 0:
	case c.Thespian: // says nothing of actors that are not there
		log.Printf("there is no actor %d", id)
	default:
		write(nil, "exit", id, "no_such_actor")
	}
}

func (c *Child) deliver(id, sender uint64, payload cbor.RawMessage) {
	if receive, ok := c.actors[id]; ok {
		receive(id, sender, payload)
	} else {
		c.refuse(id)
	}
}

// handle does what one message of the gateway asks for.
func (c *Child) handle(items []cbor.RawMessage, payload cbor.RawMessage) {
	switch verb := get[string](items[0]); {
	case verb == "send" && payload != nil:
		c.deliver(number(items[2]), number(items[1]), payload)
	case verb == "send_named" && payload != nil:
		name := get[string](items[2])
		if id, ok := c.names[name]; ok {
			c.deliver(id, number(items[1]), payload)
		} else {
			log.Printf("no actor is named %q", name)
		}
	case verb == "link" && len(items) == 3:
		if id := number(items[2]); c.Has(id) {
			c.linked[id] = true
			c.OnLink(number(items[1]), id)
		} else {
			c.refuse(id)
		}
	case verb == "exit" && len(items) == 3:
		peer, reason := number(items[1]), get[string](items[2])
		log.Printf("actor %d has ended: %s", peer, reason)
		c.OnExit(peer, reason)
	default:
		log.Printf("ignored a message: %s", verb)
	}
}

func (c *Child) ourID(id uint64) any { return c.tagged("LPID", id) }

func (c *Child) theirID(id uint64) any { return c.tagged("RPID", id) }

func (c *Child) tagged(tag string, id uint64) any {
	if c.Thespian {
		return []any{tag, id}
	}
	return id
}

// number reads an id, in either of its written forms.
func number(item cbor.RawMessage) uint64 {
	if pair := List(item); len(pair) == 2 {
		id, _ := pair[1].(uint64)
		return id
	}
	return get[uint64](item)
}

var codec = newCodec()

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

// Encode encodes a payload.
func Encode(value any) cbor.RawMessage {
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
		content = append(content, Encode(item)...)
	}
	content = append(content, payload...)
	frame := binary.BigEndian.AppendUint32([]byte{0x5a}, uint32(len(content)))
	if _, err := os.Stdout.Write(append(frame, content...)); err != nil {
		log.Fatal(err)
	}
}

// read takes one message: an array of up to four items, of which the fourth is
// a payload. That one is cut out, not decoded: it may be any CBOR.
func (c *Child) read() (items []cbor.RawMessage, payload cbor.RawMessage, err error) {
	var head [5]byte // as the gateway writes it
	if _, err = io.ReadFull(c.in, head[:]); err != nil {
		return
	}
	rest := make([]byte, binary.BigEndian.Uint32(head[1:]))
	if _, err = io.ReadFull(c.in, rest); err != nil {
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

// Run does what the gateway says until stdin ends.
func (c *Child) Run() {
	items, payload, err := c.read()
	for ; err == nil; items, payload, err = c.read() {
		c.handle(items, payload)
	}
	if !errors.Is(err, io.EOF) {
		log.Fatal(err)
	}
	write(nil, "transport_error", "stdin_closed")
}
