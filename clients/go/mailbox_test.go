package gateway

import (
	"runtime"
	"sync/atomic"
	"testing"
)

func deliveryOf(bytes int) Event {
	return Delivery{Payload: make(Payload, bytes)}
}

func TestAFullMailboxMakesWaitUntilItsMailIsRead(t *testing.T) {
	mail := newMailbox(2000)
	mail.put(deliveryOf(1500))
	taken := mail.take()
	var read atomic.Bool
	put := make(chan bool)
	go func() {
		mail.put(deliveryOf(500))
		put <- read.Load()
	}()
	runtime.Gosched() // for the goroutine to go as far as it gets
	read.Store(true)
	mail.free(taken[0])
	if !<-put {
		t.Error("the second event was put before the first was read")
	}
	if len(taken) != 1 || len(mail.take()) != 1 {
		t.Error("events were lost or doubled")
	}
}

func TestOneEventAlwaysHasRoom(t *testing.T) {
	mail := newMailbox(1)
	mail.put(deliveryOf(1 << 20))
	if got := len(mail.take()); got != 1 {
		t.Errorf("took %d events", got)
	}
}

func TestAnEndedMailboxGivesWhatIsLeft(t *testing.T) {
	mail := newMailbox(1 << 20)
	mail.put(Closing{})
	mail.end()
	if got := len(mail.take()); got != 1 {
		t.Errorf("took %d events", got)
	}
	if got := len(mail.take()); got != 0 {
		t.Errorf("took %d events after the last", got)
	}
}

func TestADroppedMailboxHoldsNobodyUp(t *testing.T) {
	mail := newMailbox(1)
	mail.put(Closing{})
	put := make(chan struct{})
	go func() {
		mail.put(Closing{})
		close(put)
	}()
	mail.drop()
	<-put
	mail.put(Closing{})
	if got := len(mail.take()); got != 0 {
		t.Errorf("took %d events", got)
	}
}
