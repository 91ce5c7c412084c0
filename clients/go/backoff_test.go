package gateway

import (
	"context"
	"reflect"
	"testing"
	"time"
)

func TestPausesDoubleUpToTheLongest(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		random float64
		want   []time.Duration
	}{
		{0, []time.Duration{100 * ms, 200 * ms, 400 * ms, 500 * ms, 500 * ms}},
		{0.5, []time.Duration{75 * ms, 150 * ms, 300 * ms, 375 * ms, 375 * ms}},
	} {
		pauses := pauses{
			backoff: Backoff{Max: 500 * ms}.withDefaults(),
			random:  func() float64 { return test.random },
		}
		for round := 0; round < 2; round++ {
			var got []time.Duration
			for range test.want {
				got = append(got, pauses.next())
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("random %v, round %d: %v, want %v", test.random, round, got, test.want)
			}
			pauses.reset()
		}
	}
}

func TestAPauseEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if wait(ctx, time.Hour) {
		t.Error("the pause was not cut short")
	}
	if !wait(context.Background(), time.Nanosecond) {
		t.Error("the pause was cut short")
	}
}
