package gateway

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

func fullStatus(t *testing.T) *status.Status {
	t.Helper()
	full, err := status.New(codes.ResourceExhausted, "no room").WithDetails(
		&errdetails.ErrorInfo{
			Domain:   "thespian.gateway",
			Reason:   "QUEUE_FULL",
			Metadata: map[string]string{"endpoint": "default"},
		},
		&errdetails.RetryInfo{RetryDelay: durationpb.New(100 * time.Millisecond)})
	if err != nil {
		t.Fatal(err)
	}
	return full
}

func TestAnErrorHasWhatTheDetailsSay(t *testing.T) {
	var got *Error
	err := fmt.Errorf("send: %w", wrapError(fullStatus(t).Err()))
	if !errors.As(err, &got) {
		t.Fatalf("%v is no *Error", err)
	}
	got.status = nil
	want := &Error{
		Code:       codes.ResourceExhausted,
		Message:    "no room",
		Reason:     "QUEUE_FULL",
		Metadata:   map[string]string{"endpoint": "default"},
		Retryable:  true,
		RetryDelay: 100 * time.Millisecond,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAnErrorIsStillAStatus(t *testing.T) {
	err := wrapError(fullStatus(t).Err())
	if got := status.Code(err); got != codes.ResourceExhausted {
		t.Errorf("the status has the code %v", got)
	}
	if got := len(status.Convert(err).Details()); got != 2 {
		t.Errorf("the status has %d details", got)
	}
}

func TestAnErrorWithoutDetailsHasNoReason(t *testing.T) {
	var got *Error
	errors.As(wrapError(status.Error(codes.Unavailable, "gone")), &got)
	if got.Reason != "" || got.Retryable || got.Error() != "gateway: Unavailable: gone" {
		t.Errorf("got %+v: %v", got, got)
	}
}

func TestTheEndOfAContextIsFound(t *testing.T) {
	for code, want := range map[codes.Code]error{
		codes.DeadlineExceeded: context.DeadlineExceeded,
		codes.Canceled:         context.Canceled,
	} {
		if err := wrapError(status.Error(code, "over")); !errors.Is(err, want) {
			t.Errorf("%v is not %v", err, want)
		}
	}
	err := wrapError(status.Error(codes.Unavailable, "gone"))
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		t.Errorf("%v is the end of a context", err)
	}
}

func TestTheResultOfACommand(t *testing.T) {
	if err := resultError(&rpcstatus.Status{}); err != nil {
		t.Errorf("OK became %v", err)
	}
	var got *Error
	if err := resultError(fullStatus(t).Proto()); !errors.As(err, &got) ||
		got.Reason != "QUEUE_FULL" {
		t.Errorf("got %v", err)
	}
}
