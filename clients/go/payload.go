package gateway

import (
	"fmt"
	"math"
	"reflect"

	"github.com/fxamacker/cbor/v2"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

// The gateway lets 64 containers be open at once in a payload.
const maxNesting = 96

var (
	encoding = must(cbor.EncOptions{}.EncMode())
	// A payload that has come through the gateway is in memory as a whole: the
	// library's own limits of elements would only refuse what is valid. Texts
	// of thespian are bytes, and a Go string can hold them.
	decoding = must(cbor.DecOptions{
		MaxNestedLevels:  maxNesting,
		MaxArrayElements: math.MaxInt32,
		MaxMapPairs:      math.MaxInt32,
		UTF8:             cbor.UTF8DecodeInvalid,
	}.DecMode())
)

func must[Mode any](mode Mode, err error) Mode {
	if err != nil {
		panic(err)
	}
	return mode
}

// Payload is one CBOR item, as it travels. Given as the payload of a message,
// or within one, it is sent as it is.
type Payload []byte

// Decode puts the value into what v points to.
//
// Into an any, unsigned integers become uint64, negative ones int64 (*big.Int
// where that is too small), byte strings []byte, maps map[any]any.
func (p Payload) Decode(v any) error {
	if err := decoding.Unmarshal(p, v); err != nil {
		return fmt.Errorf("gateway: decode a payload of %d bytes: %w", len(p), err)
	}
	return nil
}

// MarshalCBOR makes a Payload a part of another. It must be one item.
func (p Payload) MarshalCBOR() ([]byte, error) {
	if err := cbor.Wellformed(p); err != nil {
		return nil, fmt.Errorf("the Payload %x is not one CBOR item: %w", []byte(p), err)
	}
	return p, nil
}

// UnmarshalCBOR keeps an item as it is, for a Decode later on.
func (p *Payload) UnmarshalCBOR(item []byte) error {
	*p = append((*p)[:0], item...)
	return nil
}

// Encode is what Send and its kin do with their payload. It fails for what CBOR
// can't hold: channels, functions, complex numbers, texts that are no UTF-8,
// values that contain themselves. A Payload is taken as it is.
func Encode(value any) (Payload, error) {
	if raw, ok := value.(Payload); ok {
		return append(Payload(nil), raw...), nil
	}
	err := check(reflect.ValueOf(value), 0)
	var item []byte
	if err == nil {
		item, err = encoding.Marshal(value)
	}
	if err != nil {
		return nil, fmt.Errorf("gateway: encode a payload: %w", err)
	}
	return item, nil
}

func encodePayload(value any) (*gatewayv1.Payload, error) {
	item, err := Encode(value)
	if err != nil {
		return nil, err
	}
	return &gatewayv1.Payload{
		Encoding: &gatewayv1.Payload_Cbor{Cbor: item},
	}, nil
}
