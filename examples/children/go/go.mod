module thespian.dev/gateway/examples/child

go 1.19

require (
	github.com/fxamacker/cbor/v2 v2.7.1
	thespian.dev/gateway/child v0.0.0
)

require github.com/x448/float16 v0.8.4 // indirect

replace thespian.dev/gateway/child => ../../sdk/go
