package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"thespian.dev/gateway"
)

// values turns what is written in a scenario into Go values.
type values struct {
	saved map[string]any
	index int // within a step or an event with `times`
}

// plain is the value that JSON stands for: integers as *big.Int, fractions as
// float64, the special forms as what they mean.
func (v *values) plain(written any) any {
	switch written := written.(type) {
	case json.Number:
		return number(written.String())
	case []any:
		list := make([]any, len(written))
		for i, item := range written {
			list[i] = v.plain(item)
		}
		return list
	case map[string]any:
		if special, ok := v.special(written); ok {
			return special
		}
		object := make(map[string]any, len(written))
		for key, item := range written {
			object[key] = v.plain(item)
		}
		return object
	}
	return written
}

func (v *values) special(written map[string]any) (value any, ok bool) {
	if len(written) != 1 {
		return nil, false
	}
	for form, content := range written {
		switch form {
		case "$bytes":
			bytes, _ := hex.DecodeString(content.(string))
			return bytes, true
		case "$raw":
			bytes, _ := hex.DecodeString(content.(string))
			return gateway.Payload(bytes), true
		case "$int":
			return number(content.(string)), true
		case "$text":
			parts := content.([]any)
			times := v.plain(parts[1]).(*big.Int).Int64()
			return strings.Repeat(parts[0].(string), int(times)), true
		case "$var":
			return v.saved[content.(string)], true
		case "$index":
			return big.NewInt(int64(v.index)), true
		}
	}
	return nil, false
}

func number(text string) any {
	if integer, ok := new(big.Int).SetString(text, 10); ok {
		return integer
	}
	fraction, _ := json.Number(text).Float64()
	return fraction
}

// uint is an id, an incarnation or a sequence; 0 if it is left out.
func (v *values) uint(written any) (uint64, error) {
	if written == nil {
		return 0, nil
	}
	integer, ok := rational(v.plain(written))
	if !ok || !integer.IsInt() || !integer.Num().IsUint64() {
		return 0, fmt.Errorf("%v is no unsigned integer", written)
	}
	return integer.Num().Uint64(), nil
}

// text is a name; empty if it is left out.
func (v *values) text(written any) string {
	text, _ := v.plain(written).(string)
	return text
}

// rational is the value of any number.
func rational(value any) (*big.Rat, bool) {
	switch value := value.(type) {
	case *big.Int:
		return new(big.Rat).SetInt(value), true
	case big.Int:
		return new(big.Rat).SetInt(&value), true
	case uint64:
		return new(big.Rat).SetInt(new(big.Int).SetUint64(value)), true
	case int64:
		return new(big.Rat).SetInt64(value), true
	case float64:
		rational := new(big.Rat).SetFloat64(value)
		return rational, rational != nil // not for NaN and the infinities
	}
	return nil, false
}
