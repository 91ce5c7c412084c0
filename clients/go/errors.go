package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ErrEnded is returned by a command of an actor that has ended or that takes
// no more of them. Why it has ended, its Err tells.
var ErrEnded = errors.New("gateway: the actor takes no more commands")

// Error is what the gateway, or gRPC on its behalf, said of a request.
type Error struct {
	// Code is canonical. Unavailable means that the gateway can't be reached or
	// that its child is down, never that the target of a message is gone.
	Code codes.Code
	// Message names the field, the limit and the value.
	Message string
	// Reason is that of google.rpc.ErrorInfo, such as "ACTOR_UNKNOWN"; empty
	// if the error has none, as when the gateway can't be reached.
	Reason string
	// Metadata is that of google.rpc.ErrorInfo.
	Metadata map[string]string
	// Retryable: the same may be tried again, after RetryDelay
	// (google.rpc.RetryInfo).
	Retryable  bool
	RetryDelay time.Duration

	status *status.Status
}

func (e *Error) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("gateway: %s: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("gateway: %s (%s): %s", e.Code, e.Reason, e.Message)
}

// Is lets errors.Is find the end of a context, whichever side saw it first.
func (e *Error) Is(target error) bool {
	return e.Code == codes.DeadlineExceeded && target == context.DeadlineExceeded ||
		e.Code == codes.Canceled && target == context.Canceled
}

// GRPCStatus lets google.golang.org/grpc/status see the whole status.
func (e *Error) GRPCStatus() *status.Status { return e.status }

// wrapError makes an *Error of what a stub returned. Nil stays nil.
func wrapError(err error) error {
	if err == nil {
		return nil
	}
	return statusError(status.Convert(err))
}

// resultError makes an *Error of a status within a stream. OK becomes nil.
func resultError(result *rpcstatus.Status) error {
	if result.GetCode() == int32(codes.OK) {
		return nil
	}
	return statusError(status.FromProto(result))
}

func makeError(code codes.Code, message string) error {
	return statusError(status.New(code, message))
}

func statusError(s *status.Status) *Error {
	e := &Error{Code: s.Code(), Message: s.Message(), status: s}
	for _, detail := range s.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			e.Reason = detail.GetReason()
			e.Metadata = detail.GetMetadata()
		case *errdetails.RetryInfo:
			e.Retryable = true
			e.RetryDelay = detail.GetRetryDelay().AsDuration()
		}
	}
	return e
}
