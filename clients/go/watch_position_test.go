package gateway

import (
	"fmt"
	"strings"
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

func asked(position *watchPosition) *gatewayv1.WatchProxiesRequest {
	request := &gatewayv1.WatchProxiesRequest{}
	position.ask(request)
	return request
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
		asked(&position)
		for _, event := range test.events {
			position.take(event)
		}
		position.lose()
		request := asked(&position)
		after, skip := request.GetAfterSequence(), request.GetSkipSnapshot()
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
		asked(&position)
		for _, event := range test.events {
			position.take(event)
		}
		if got := position.refused(); got != test.goesOn {
			t.Errorf("%s: goes on: %v", test.name, got)
		}
		request := asked(&position)
		after, skip := request.GetAfterSequence(), request.GetSkipSnapshot()
		if test.goesOn && (after != 0 || skip != test.options.SkipSnapshot) {
			t.Errorf("%s: asks for %d, skip %v", test.name, after, skip)
		}
	}
}

func TestAWatchTellsWhereToResume(t *testing.T) {
	position := newWatchPosition(WatchOptions{})
	asked(&position)
	for _, step := range []struct {
		event *gatewayv1.ProxyEvent
		want  uint64
	}{{created(7), 0}, {complete(7), 7}, {created(9), 9}} {
		if got := position.take(step.event).ResumeAfter; got != step.want {
			t.Errorf("after %v: %d, want %d", step.event, got, step.want)
		}
	}
}

func TestAWatchNamesTheRunThatItsPlaceIsOf(t *testing.T) {
	const run, other = 70, 71
	for _, test := range []struct {
		name    string
		options WatchOptions
		hear    []uint64
		events  []*gatewayv1.ProxyEvent
		refused bool
		want    uint64
	}{
		{"at the beginning", WatchOptions{}, nil, nil, false, 0},
		{"within a snapshot", WatchOptions{}, []uint64{run},
			[]*gatewayv1.ProxyEvent{created(0)}, false, 0},
		{"after a snapshot", WatchOptions{}, []uint64{run, 0},
			[]*gatewayv1.ProxyEvent{complete(7)}, false, run},
		{"as the user names it", WatchOptions{AfterSequence: 5, Epoch: run},
			nil, nil, false, run},
		{"as the gateway tells it", WatchOptions{AfterSequence: 5}, []uint64{other},
			[]*gatewayv1.ProxyEvent{created(8)}, false, other},
		{"after a refusal", WatchOptions{}, []uint64{run},
			[]*gatewayv1.ProxyEvent{complete(7)}, true, 0},
	} {
		position := newWatchPosition(test.options)
		asked(&position)
		for _, epoch := range test.hear {
			position.hear(epoch)
		}
		for _, event := range test.events {
			if told := position.take(event); told.Epoch != position.epoch {
				t.Errorf("%s: tells %d", test.name, told.Epoch)
			}
		}
		if test.refused {
			position.refused()
		}
		if got := asked(&position).GetEpoch(); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

func TestWhatCouldNotBeResumedPrints(t *testing.T) {
	missed := WatchEvent{NotResumed: true}
	for _, printed := range []string{
		fmt.Sprint(missed), fmt.Sprintf("%v", &missed), fmt.Sprintf("%+v", missed),
	} {
		if printed != "not resumed: events were missed" {
			t.Errorf("it prints %q", printed)
		}
	}
	event := WatchEvent{ProxyEvent: &gatewayv1.ProxyEvent{Sequence: 7}}
	if printed := fmt.Sprint(event); !strings.Contains(printed, "sequence:7") {
		t.Errorf("an event prints %q", printed)
	}
}
