// A station: asks the next ones, and answers with its name and what they said.
//
//	usage: thespian-go-station NAME [NEXT...]
//
// It is the Go child of examples/children with another actor; ../README.md
// says what that understands.
package main

import (
	"log"
	"os"

	"github.com/fxamacker/cbor/v2"
	"thespian.dev/gateway/examples/child/stdio"
)

const station = 1

var (
	child     = stdio.New()
	name      string
	following []string
	linked    = map[uint64]bool{}
)

// ask starts an actor that asks one after the other, answers, and ends.
func ask(asker uint64, question cbor.RawMessage) {
	answers := []any{name}
	var me uint64
	askNext := func() {
		if asked := len(answers) - 1; asked < len(following) {
			child.SendNamed(me, following[asked], question)
			return
		}
		child.Send(station, asker, stdio.Encode(answers))
		child.Leave(me, "normal")
	}
	me = child.Enter(func(_, sender uint64, payload cbor.RawMessage) {
		if stdio.List(question)[0] == "link" {
			linked[sender] = true
			child.Link(station, sender)
		}
		answers = append(answers, stdio.List(payload))
		askNext()
	})
	askNext()
}

func receive(_, sender uint64, payload cbor.RawMessage) {
	words := stdio.List(payload)
	if len(words) == 1 && (words[0] == "call" || words[0] == "link") {
		ask(sender, payload)
	} else if len(words) == 2 && words[0] == "exit" {
		reason, _ := words[1].(string)
		child.Leave(station, reason)
	}
}

func onExit(peer uint64, reason string) {
	if !linked[peer] || !child.Has(station) {
		return
	}
	told := stdio.Encode([]any{"told", name, reason})
	child.SendNamed(station, "monitor", told)
	child.Leave(station, reason)
}

func main() {
	log.SetFlags(0) // stderr is for people; stdout is the gateway's
	name, following = os.Args[1], os.Args[2:]
	child.Register(name, station, receive)
	child.OnLink = func(peer, self uint64) {
		if self == station {
			linked[peer] = true
		}
	}
	child.OnExit = onExit
	child.Run()
}
