// A station: asks the next ones, and answers with its name and what they said.
//
//	usage: thespian-go-station NAME [NEXT...]
//
// It ends when an actor that it is linked to ends. ../README.md says what it
// understands.
package main

import (
	"log"
	"os"

	"thespian.dev/gateway/child"
)

var (
	c         *child.Child
	station   *child.Actor
	name      string
	following []string
)

// ask starts an actor that asks one after the other, answers, and ends.
func ask(question *child.Message) error {
	answers := []any{name}
	var me *child.Actor
	askNext := func() error {
		if asked := len(answers) - 1; asked < len(following) {
			return me.SendNamed(following[asked], question.Payload)
		}
		if err := question.Reply(answers); err != nil {
			return err
		}
		return me.Exit("normal")
	}
	me = c.Spawn(func(answer *child.Message) error {
		if question.Items()[0] == "link" {
			if err := station.Link(answer.Sender); err != nil {
				return err
			}
		}
		answers = append(answers, answer.Payload)
		return askNext()
	})
	return askNext()
}

func receive(m *child.Message) error {
	words := m.Items()
	if len(words) == 1 && (words[0] == "call" || words[0] == "link") {
		return ask(m)
	} else if len(words) == 2 && words[0] == "exit" {
		reason, _ := words[1].(string)
		return station.Exit(reason)
	}
	return nil
}

func linkedHasEnded(_ uint64, reason string) {
	if station.SendNamed("monitor", []any{"told", name, reason}) == nil {
		_ = station.Exit(reason)
	}
}

func main() {
	log.SetFlags(0) // stderr is for people; stdout is the gateway's
	name, following = os.Args[1], os.Args[2:]
	c, _ = child.New("plain")
	c.OnExit = func(peer uint64, reason string) { log.Printf("actor %d has ended: %s", peer, reason) }
	station = c.Actor(name, 1, receive)
	station.OnExit = linkedHasEnded
	if err := c.Run(); err != nil {
		log.Fatal(err)
	}
}
