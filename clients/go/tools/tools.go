//go:build tools

// Package tools pins the generators of the stubs. It is a module of its own,
// so that users of the client do not get them.
package tools

import (
	_ "google.golang.org/grpc/cmd/protoc-gen-go-grpc"
	_ "google.golang.org/protobuf/cmd/protoc-gen-go"
)
