package gateway

import (
	"context"
	"time"
)

// Backoff bounds the pauses between attempts to connect again. Each is twice
// as long as the one before, up to Max, less a random part of up to half.
type Backoff struct {
	// Initial is the longest that the first pause may be. 0: 100 ms.
	Initial time.Duration
	// Max is the longest that any pause may be. 0: 10 s.
	Max time.Duration
}

func (b Backoff) withDefaults() Backoff {
	b.Initial = orDefault(b.Initial, 100*time.Millisecond)
	b.Max = orDefault(b.Max, 10*time.Second)
	return b
}

// pauses counts the attempts since the last success.
type pauses struct {
	backoff Backoff
	random  func() float64 // in [0, 1)
	longest time.Duration  // of the last pause; 0: none since the success
}

func (p *pauses) reset() { p.longest = 0 }

func (p *pauses) next() time.Duration {
	p.longest *= 2
	if p.longest == 0 {
		p.longest = p.backoff.Initial
	}
	if p.longest > p.backoff.Max {
		p.longest = p.backoff.Max
	}
	half := p.longest / 2
	return p.longest - time.Duration(p.random()*float64(half))
}

// wait returns false if ctx ends first.
func wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
