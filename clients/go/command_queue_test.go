package gateway

import (
	"context"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

func numbered(id uint64, bytes int) *gatewayv1.ActorCommand {
	return &gatewayv1.ActorCommand{
		CommandId: id,
		Command: &gatewayv1.ActorCommand_SendNamed_{
			SendNamed: &gatewayv1.ActorCommand_SendNamed{
				ToName: strings.Repeat("n", bytes)},
		},
	}
}

func TestBatchesAreCutByNumberAndBytesAndKeepTheOrder(t *testing.T) {
	for _, test := range []struct {
		commands, bytes int
		batches         []int
	}{
		{1, 10, []int{1}},
		{600, 10, []int{256, 256, 88}},
		{5, 30000, []int{2, 2, 1}},
		{2, 100000, []int{1, 1}},
	} {
		queue := newCommandQueue(1 << 20)
		for i := 1; i <= test.commands; i++ {
			if err := queue.add(context.Background(), numbered(uint64(i), test.bytes)); err != nil {
				t.Fatal(err)
			}
		}
		queue.close()
		var next uint64
		for i, want := range test.batches {
			batch := queue.take(nil)
			if got := len(batch.GetCommands()); got != want {
				t.Errorf("%d x %d bytes, batch %d: %d commands, want %d",
					test.commands, test.bytes, i, got, want)
			}
			if size := proto.Size(batch); size > maxBatchBytes+1024 && want > 1 {
				t.Errorf("batch %d has %d bytes", i, size)
			}
			for _, command := range batch.GetCommands() {
				if next++; command.GetCommandId() != next {
					t.Fatalf("command %d came in the place of %d", command.GetCommandId(), next)
				}
			}
		}
		if rest := queue.take(nil); rest != nil {
			t.Errorf("%d commands too many", len(rest.GetCommands()))
		}
	}
}

func TestAFullQueueMakesWaitUntilThereIsRoom(t *testing.T) {
	queue := newCommandQueue(1000)
	first := queuedCommand{command: numbered(1, 900), onWire: 900}
	if room, err := queue.tryAdd(first); room != nil || err != nil {
		t.Fatalf("the first command had to wait: %v", err)
	}
	room, err := queue.tryAdd(first)
	if room == nil || err != nil {
		t.Fatalf("the second command did not have to wait: %v", err)
	}
	added := make(chan error)
	go func() { added <- queue.add(testContext(t), numbered(2, 900)) }()
	for id := uint64(1); id <= 2; id++ {
		if batch := queue.take(nil); batch.GetCommands()[0].GetCommandId() != id {
			t.Fatalf("took %v in the place of %d", batch, id)
		}
		<-room // told of what the first take freed
	}
	if err := <-added; err != nil {
		t.Fatal(err)
	}
}

func TestAWaitForRoomEndsWithItsContextOrTheQueue(t *testing.T) {
	queue := newCommandQueue(1)
	if err := queue.add(context.Background(), numbered(1, 900)); err != nil {
		t.Fatalf("one command always has room: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := queue.add(ctx, numbered(2, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	added := make(chan error)
	go func() { added <- queue.add(context.Background(), numbered(2, 1)) }()
	queue.close()
	if err := <-added; !errors.Is(err, ErrEnded) {
		t.Errorf("got %v", err)
	}
}

func TestTakeEndsWithTheStream(t *testing.T) {
	queue := newCommandQueue(1)
	done := make(chan struct{})
	close(done)
	if batch := queue.take(done); batch != nil {
		t.Errorf("took %v", batch)
	}
}
