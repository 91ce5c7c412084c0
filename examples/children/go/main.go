// A child of thespian-gateway, to copy from: three actors that are known by
// name, and those that one of them starts.
package main

import (
	"flag"
	"log"

	"thespian.dev/gateway/child"
)

func echo(m *child.Message) error { return m.Reply(m.Payload) }

func counter() child.Receive {
	count := 0
	return func(m *child.Message) error {
		count++
		if words := m.Items(); len(words) == 1 && words[0] == "reset" {
			count = 0
		}
		return m.Reply([]any{"count", count})
	}
}

// spawned echoes until it is told ["exit", reason] or ["exit"].
func spawned(m *child.Message) error {
	words := m.Items()
	if len(words) == 0 || len(words) > 2 || words[0] != "exit" {
		return m.Reply(m.Payload)
	}
	reason, ok := append(words, "normal")[1].(string)
	if !ok {
		return m.Reply([]any{"error", "the reason of an exit must be a text"})
	}
	return m.Actor.Exit(reason)
}

func main() {
	log.SetFlags(0) // stderr is for people; stdout is the gateway's
	dialect := flag.String("dialect", "plain", "plain or thespian")
	flag.Parse()
	c, err := child.New(*dialect)
	if err != nil {
		log.Fatal(err)
	}
	c.Actor("echo", 1, echo)
	c.Actor("counter", 2, counter())
	c.Actor("spawner", 4, func(m *child.Message) error {
		fresh := c.Spawn(spawned)
		return fresh.Send(m.Sender, []any{"hello", fresh.ID})
	})
	if err := c.Run(); err != nil {
		log.Fatal(err)
	}
}
