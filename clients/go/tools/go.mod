module thespian.dev/gateway/tools

go 1.19

require (
	google.golang.org/grpc/cmd/protoc-gen-go-grpc v1.3.0
	google.golang.org/protobuf v1.33.0
)
