package gateway

import "sync"

// What a small event costs in memory beyond its payload or details.
const eventOverhead = 128

// mailbox holds what an actor was told and its user has not read yet.
//
//   - Threads: one goroutine puts, another takes; any drops.
//   - Memory: at most maxBytes, or one event if that is larger.
type mailbox struct {
	maxBytes int

	mu      sync.Mutex
	changed *sync.Cond
	waiting []Event
	bytes   int
	ended   bool // nothing more comes
	discard bool // nobody reads any more
}

func newMailbox(maxBytes int) *mailbox {
	m := &mailbox{maxBytes: maxBytes}
	m.changed = sync.NewCond(&m.mu)
	return m
}

func costOf(event Event) int {
	cost := eventOverhead
	switch event := event.(type) {
	case Delivery:
		cost += len(event.Payload)
	case Exited:
		for _, detail := range event.Details {
			cost += len(detail)
		}
	}
	return cost
}

// put waits for room.
func (m *mailbox) put(event Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	cost := costOf(event)
	for m.bytes > 0 && m.bytes+cost > m.maxBytes && !m.discard {
		m.changed.Wait()
	}
	if m.discard {
		return
	}
	m.bytes += cost
	m.waiting = append(m.waiting, event)
	m.changed.Broadcast()
}

// take waits for events, and returns all there are. None: nothing more comes.
func (m *mailbox) take() []Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.waiting) == 0 && !m.ended && !m.discard {
		m.changed.Wait()
	}
	taken := m.waiting
	m.waiting = nil
	return taken
}

// free makes room for others after the events that were taken have been read.
func (m *mailbox) free(event Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bytes -= costOf(event)
	m.changed.Broadcast()
}

// end lets take return what is left, and then nothing.
func (m *mailbox) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = true
	m.changed.Broadcast()
}

// drop throws away what waits and what may still come.
func (m *mailbox) drop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.discard = true
	m.waiting = nil
	m.changed.Broadcast()
}
