// Package child is what a child of thespian-gateway is but for its actors: it
// speaks for them through stdin and stdout.
package child

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// A Receive takes the messages to an actor. An error ends the actor, and is the
// reason that others are told.
type Receive func(*Message) error

// OnExit is told which client's actor has ended, and why.
type OnExit func(peer uint64, reason string)

func ignore(uint64, string) {}

// A Message is to an actor, from the client's actor Sender (0: from nobody).
type Message struct {
	Actor   *Actor
	Sender  uint64
	Payload cbor.RawMessage
}

// Reply sends to who sent it; nobody is not answered.
func (m *Message) Reply(value any) error { return m.Actor.Send(m.Sender, value) }

// Decode decodes the payload.
func (m *Message) Decode(into any) error { return cbor.Unmarshal(m.Payload, into) }

// Items is the payload if it is a list, else nil, also if it can't be decoded.
func (m *Message) Items() (items []any) {
	if m.Decode(&items) != nil {
		return nil
	}
	return items
}

// encode looks whether a cbor.RawMessage is one item, and how deep values are.
func encode(value any) []byte {
	item, err := cbor.Marshal(value)
	if raw, ok := value.(cbor.RawMessage); ok {
		item, err = raw, nil // the encoder does not take all of them
	}
	if err != nil {
		fail("payload", fmt.Sprintf("what cbor can encode (%v)", err), "%T", value)
	}
	c := &cursor{data: item}
	if c.item(0, nil); c.at != len(item) {
		c.fail(c.at, "more than one item")
	}
	return item
}

func checked(name string) string {
	if size := len(name); size == 0 || size > 255 || strings.ToValidUTF8(name, "") != name {
		fail("name", "1 to 255 of UTF-8", "%d bytes", size)
	}
	return name
}

// An Actor speaks on any goroutine. Its methods wait while the gateway does not
// read; they fail with a FieldError, or with the error of the write.
type Actor struct {
	ID     uint64
	OnExit OnExit // told of the ends of those that are linked to it

	child   *Child
	name    string
	receive Receive
	linked  map[uint64]bool // clients' actors
}

// Send sends to a client's actor; for nobody (0) nothing is written. A
// cbor.RawMessage goes out as it is.
func (a *Actor) Send(to uint64, value any) error {
	if to == 0 {
		return nil
	}
	return a.speak(func(us any) { a.child.write("send", us, a.child.id("RPID", to), value) })
}

// SendNamed sends to the client that has attached itself under this name.
func (a *Actor) SendNamed(name string, value any) error {
	return a.speak(func(us any) { a.child.write("send_named", us, checked(name), value) })
}

// Link links it to a client's actor: when one ends, the other is told.
func (a *Actor) Link(to uint64) error {
	return a.speak(func(us any) { a.child.write("link", us, a.child.id("RPID", to)); a.child.link(a, to) })
}

// Exit ends it. Of a long reason the beginning is told.
func (a *Actor) Exit(reason string) error {
	return a.speak(func(us any) {
		// The gateway keeps the links. A thespian process keeps them itself,
		// and tells only those.
		if !a.child.thespian || len(a.linked) > 0 {
			a.child.write("exit", us, a.child.reason(reason))
		}
		delete(a.child.actors, a.ID)
		delete(a.child.names, a.name)
		for peer := range a.linked {
			delete(a.child.links[peer], a)
		}
	})
}

// speak lets an actor speak, if it lives, one at a time.
func (a *Actor) speak(say func(us any)) (err error) {
	defer catch(&err)
	a.child.turn.Lock()
	defer a.child.turn.Unlock()
	if a.child.actors[a.ID] != a {
		fail("actor", "one that lives", "%d", a.ID)
	}
	say(a.child.id("LPID", a.ID))
	return nil
}

// A Child has the actors, by id and by name, and the two streams. It keeps no
// more than one frame in each direction.
type Child struct {
	MaxFrameBytes int    // as the gateway has it; 4 MiB
	OnExit        OnExit // told of all clients' actors

	thespian             bool
	out                  *os.File
	turn                 sync.Mutex // for what follows, and for writing
	actors               map[uint64]*Actor
	names                map[string]*Actor
	links                map[uint64]map[*Actor]bool // by the client's actor
	nextNamed, nextSpawn uint64
}

// New makes the child of this process; the dialect is "plain" or "thespian".
// From then on what is printed goes to stderr: stdout is the gateway's.
func New(dialect string) (*Child, error) {
	if dialect != "plain" && dialect != "thespian" {
		return nil, &FieldError{"dialect", dialect, "plain or thespian"}
	}
	c := &Child{MaxFrameBytes: 4 << 20, OnExit: ignore, thespian: dialect == "thespian", out: os.Stdout, nextNamed: 1, nextSpawn: 100}
	c.actors, c.names, c.links = map[uint64]*Actor{}, map[string]*Actor{}, map[uint64]map[*Actor]bool{}
	os.Stdout = os.Stderr
	return c, nil
}

// Actor adds an actor of this name. The ids of named actors go up, from 1 to 99.
// It panics if the name or the id is not right.
func (c *Child) Actor(name string, id uint64, receive Receive) *Actor {
	c.turn.Lock()
	defer c.turn.Unlock()
	if checked(name); c.names[name] != nil || id < c.nextNamed || id > 99 {
		fail("actor", fmt.Sprint("a new name, and an id from ", c.nextNamed, " to 99"), "%q, %d", name, id)
	}
	c.nextNamed = id + 1
	c.names[name] = c.enter(id, name, receive)
	return c.names[name]
}

// Spawn starts an actor under a fresh id, from 100 on.
func (c *Child) Spawn(receive Receive) *Actor {
	c.turn.Lock()
	defer c.turn.Unlock()
	c.nextSpawn++
	return c.enter(c.nextSpawn-1, "", receive)
}

func (c *Child) enter(id uint64, name string, receive Receive) *Actor {
	c.actors[id] = &Actor{ID: id, OnExit: ignore, child: c, name: name, receive: receive, linked: map[uint64]bool{}}
	return c.actors[id]
}

// Run hands messages to their actors, one at a time, until stdin ends. It fails
// with a FieldError if stdin breaks the protocol, or with that of a write.
func (c *Child) Run() (err error) {
	defer catch(&err)
	if err = c.serve(); err == io.EOF {
		c.writeAlone("transport_error", "stdin_closed")
		return nil
	}
	c.writeAlone("transport_error", c.reason(err.Error()))
	return err
}

func (c *Child) serve() (err error) {
	defer catch(&err)
	for in := bufio.NewReaderSize(os.Stdin, 65_536); ; {
		if m, err := parse(itemsOf(readFrame(in, c.MaxFrameBytes))); err != nil {
			log.Print("passed over: ", err)
		} else {
			c.take(m)
		}
	}
}

func (c *Child) take(m message) {
	c.turn.Lock()
	actor := c.actors[m.second]
	if m.verb == "send_named" {
		actor = c.names[m.text]
	} else if m.verb == "link" && actor != nil {
		c.link(actor, m.first)
	}
	c.turn.Unlock()
	switch {
	case m.verb == "exit":
		c.tellExit(m.first, m.text)
	case actor == nil && (m.verb == "send_named" || c.thespian): // silent about who is gone
		log.Printf("there is no actor %d %q", m.second, m.text)
	case actor == nil && m.second != 0:
		c.writeAlone("exit", c.id("LPID", m.second), "no_such_actor")
	case actor != nil && m.payload != nil:
		if err := actor.receive(&Message{actor, m.first, m.payload}); err != nil {
			log.Printf("actor %d ends: %v", actor.ID, err)
			_ = actor.Exit(err.Error()) // it may have ended already
		}
	}
}

func (c *Child) tellExit(peer uint64, reason string) {
	c.turn.Lock()
	for actor := range c.links[peer] {
		delete(actor.linked, peer)
		defer actor.OnExit(peer, reason) // once the turn is over
	}
	delete(c.links, peer)
	c.turn.Unlock()
	c.OnExit(peer, reason)
}

func (c *Child) link(actor *Actor, peer uint64) {
	if c.links[peer] == nil {
		c.links[peer] = map[*Actor]bool{}
	}
	c.links[peer][actor], actor.linked[peer] = true, true
}

func (c *Child) id(tag string, id uint64) any {
	if c.thespian {
		return []any{tag, id}
	}
	return id
}

// reason cuts at a code point.
func (c *Child) reason(reason string) string {
	most := map[bool]int{false: 1024, true: 248}[c.thespian]
	if reason = strings.ToValidUTF8(reason, "\ufffd"); len(reason) > most {
		reason = strings.ToValidUTF8(reason[:most], "")
	}
	return reason
}

func (c *Child) writeAlone(items ...any) {
	c.turn.Lock()
	defer c.turn.Unlock()
	c.write(items...)
}

// write writes a frame: a byte string with a length of four bytes.
func (c *Child) write(items ...any) {
	content := []byte{0x80 + byte(len(items))}
	for _, item := range items {
		content = append(content, encode(item)...)
	}
	size := len(content)
	if size > c.MaxFrameBytes || c.thespian && size > maxThespian {
		fail("frame", fmt.Sprintf("at most %d, and %d as a thespian", c.MaxFrameBytes, maxThespian), "%d bytes", size)
	}
	head := []byte{0x5a, byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)}
	if _, err := c.out.Write(append(head, content...)); err != nil {
		panic(fault{err})
	}
}
