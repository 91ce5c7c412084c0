// A child of thespian-gateway, to copy from: three actors that are known by
// name, and those that one of them starts.
package main

import (
	"flag"
	"log"

	"github.com/fxamacker/cbor/v2"
	"thespian.dev/gateway/examples/child/stdio"
)

var child = stdio.New()

func echo(self, sender uint64, payload cbor.RawMessage) {
	child.Send(self, sender, payload)
}

func counter() stdio.Actor {
	count := 0
	return func(self, sender uint64, payload cbor.RawMessage) {
		count++
		if words := stdio.List(payload); len(words) == 1 && words[0] == "reset" {
			count = 0
		}
		child.Send(self, sender, stdio.Encode([]any{"count", count}))
	}
}

func spawn(_, sender uint64, _ cbor.RawMessage) {
	id := child.Enter(spawned)
	child.Send(id, sender, stdio.Encode([]any{"hello", id}))
}

// spawned echoes until it is told ["exit", reason] or ["exit"].
func spawned(self, sender uint64, payload cbor.RawMessage) {
	words := stdio.List(payload)
	if len(words) == 0 || len(words) > 2 || words[0] != "exit" {
		child.Send(self, sender, payload)
		return
	}
	reason, ok := append(words, "normal")[1].(string)
	if !ok {
		child.Send(self, sender, stdio.Encode([]any{"error", "the reason of an exit must be a text"}))
		return
	}
	child.Leave(self, reason)
}

func main() {
	log.SetFlags(0) // stderr is for people; stdout is the gateway's
	dialect := flag.String("dialect", "plain", "plain or thespian")
	flag.Parse()
	if *dialect != "plain" && *dialect != "thespian" {
		log.Fatalf("there is no dialect %q", *dialect)
	}
	child.Thespian = *dialect == "thespian"
	child.Register("echo", 1, echo)
	child.Register("counter", 2, counter())
	child.Register("spawner", 4, spawn)
	child.Run()
}
