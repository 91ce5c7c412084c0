package gateway

import (
	"testing"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

func created(sequence uint64) *gatewayv1.ProxyEvent {
	return &gatewayv1.ProxyEvent{
		Sequence: sequence,
		Event:    &gatewayv1.ProxyEvent_ProxyCreated{ProxyCreated: &gatewayv1.ProxyCreated{}},
	}
}

func complete(sequence uint64) *gatewayv1.ProxyEvent {
	return &gatewayv1.ProxyEvent{
		Sequence: sequence,
		Event: &gatewayv1.ProxyEvent_SnapshotComplete{
			SnapshotComplete: &gatewayv1.SnapshotComplete{}},
	}
}

func heartbeat(sequence uint64) *gatewayv1.ProxyEvent {
	return &gatewayv1.ProxyEvent{
		Sequence: sequence,
		Event:    &gatewayv1.ProxyEvent_Heartbeat{Heartbeat: &gatewayv1.Heartbeat{}},
	}
}

func TestWhereAWatchGoesOnAfterALoss(t *testing.T) {
	for _, test := range []struct {
		name    string
		options WatchOptions
		events  []*gatewayv1.ProxyEvent
		after   uint64
		skip    bool
		missed  bool
	}{
		{"before anything came", WatchOptions{}, nil, 0, false, true},
		{"within a snapshot", WatchOptions{},
			[]*gatewayv1.ProxyEvent{created(0), heartbeat(0)}, 0, false, true},
		{"after a snapshot", WatchOptions{},
			[]*gatewayv1.ProxyEvent{created(0), complete(7)}, 7, true, false},
		{"after a heartbeat", WatchOptions{},
			[]*gatewayv1.ProxyEvent{complete(7), heartbeat(9)}, 9, true, false},
		{"after news", WatchOptions{},
			[]*gatewayv1.ProxyEvent{complete(7), created(8)}, 8, true, false},
		{"from now, before anything came", WatchOptions{SkipSnapshot: true},
			nil, 0, true, true},
		{"from now, after news", WatchOptions{SkipSnapshot: true},
			[]*gatewayv1.ProxyEvent{created(8)}, 8, true, false},
		{"from a sequence, before anything came", WatchOptions{AfterSequence: 5},
			nil, 5, true, false},
		{"from a sequence, after news", WatchOptions{AfterSequence: 5},
			[]*gatewayv1.ProxyEvent{created(8)}, 8, true, false},
	} {
		position := newWatchPosition(test.options)
		position.ask()
		for _, event := range test.events {
			position.take(event)
		}
		position.lose()
		after, skip := position.ask()
		missed := position.tellMissed()
		if after != test.after || skip != test.skip || missed != test.missed {
			t.Errorf("%s: after %d, skip %v, missed %v; want %d, %v, %v", test.name,
				after, skip, missed, test.after, test.skip, test.missed)
		}
		if position.tellMissed() {
			t.Errorf("%s: told twice that something was missed", test.name)
		}
	}
}

func TestWhatARefusalMeans(t *testing.T) {
	for _, test := range []struct {
		name    string
		options WatchOptions
		events  []*gatewayv1.ProxyEvent
		goesOn  bool
	}{
		{"of the user's sequence", WatchOptions{AfterSequence: 5}, nil, true},
		{"of the user's sequence, without a snapshot",
			WatchOptions{AfterSequence: 5, SkipSnapshot: true}, nil, false},
		{"of a later one, without a snapshot",
			WatchOptions{AfterSequence: 5, SkipSnapshot: true},
			[]*gatewayv1.ProxyEvent{created(8)}, true},
		{"after a snapshot", WatchOptions{},
			[]*gatewayv1.ProxyEvent{complete(7)}, true},
	} {
		position := newWatchPosition(test.options)
		position.ask()
		for _, event := range test.events {
			position.take(event)
		}
		if got := position.refused(); got != test.goesOn {
			t.Errorf("%s: goes on: %v", test.name, got)
		}
		after, skip := position.ask()
		if test.goesOn && (after != 0 || skip != test.options.SkipSnapshot) {
			t.Errorf("%s: asks for %d, skip %v", test.name, after, skip)
		}
	}
}

func TestAWatchTellsWhereToResume(t *testing.T) {
	position := newWatchPosition(WatchOptions{})
	position.ask()
	for _, step := range []struct {
		event *gatewayv1.ProxyEvent
		want  uint64
	}{{created(7), 0}, {complete(7), 7}, {created(9), 9}} {
		if got := position.take(step.event).ResumeAfter; got != step.want {
			t.Errorf("after %v: %d, want %d", step.event, got, step.want)
		}
	}
}
