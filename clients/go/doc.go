// Package gateway is a client of thespian-gateway, which opens the actors of
// one process to programs in any language, over gRPC.
//
//	client, err := gateway.Connect("127.0.0.1:50051", gateway.ConnectOptions{})
//	reply, err := client.Call(ctx, gateway.Named("counter"), []string{"next"})
//	var answer []any
//	err = reply.Payload.Decode(&answer)
//
// Payloads are plain Go values; they travel as CBOR, with the rules of
// github.com/fxamacker/cbor (field tags are `cbor:"name"` or those of JSON).
//
// Contexts. Every method that waits takes a context. One without a deadline
// gets ConnectOptions.Deadline. That of Attach, Listen and Watch bounds the
// life of what they return: cancelling it ends the stream.
//
// Errors. What the gateway says is an *Error, with the canonical code and the
// reason; errors.Is knows context.DeadlineExceeded and context.Canceled in it.
//
// Goroutines. None is left behind once a Client and what it made were closed.
package gateway
