package gateway

import (
	stdencoding "encoding"
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
)

// The gateway takes 64 containers in one another. What nests much deeper
// contains itself, or would be refused.
const maxDepth = 1000

var (
	cborMarshaler   = reflect.TypeOf((*cbor.Marshaler)(nil)).Elem()
	binaryMarshaler = reflect.TypeOf((*stdencoding.BinaryMarshaler)(nil)).Elem()
)

// check finds what the encoder would not refuse, though CBOR can't hold it:
// texts that are no UTF-8, and values that contain themselves, at which it would
// end the process. What it does refuse (channels, functions, complex numbers) is
// left to it.
func check(value reflect.Value, depth int) error {
	if depth > maxDepth {
		return errors.New("it contains itself, or nests too deep")
	}
	if !value.IsValid() || writesItself(value.Type()) {
		return nil
	}
	switch value.Kind() {
	case reflect.String:
		if !utf8.ValidString(value.String()) {
			return fmt.Errorf("the text %q is no UTF-8", value.String())
		}
	case reflect.Interface, reflect.Pointer:
		if !value.IsNil() {
			return check(value.Elem(), depth+1)
		}
	case reflect.Slice, reflect.Array:
		return checkItems(value, depth)
	case reflect.Map:
		return checkMap(value, depth)
	case reflect.Struct:
		return checkFields(value, depth)
	}
	return nil
}

func writesItself(of reflect.Type) bool {
	return of.Implements(cborMarshaler) || of.Implements(binaryMarshaler)
}

func checkItems(value reflect.Value, depth int) error {
	switch value.Type().Elem().Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32,
		reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16,
		reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return nil // each is as good as the other
	}
	for i := 0; i < value.Len(); i++ {
		if err := check(value.Index(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func checkMap(value reflect.Value, depth int) error {
	for pairs := value.MapRange(); pairs.Next(); {
		if err := check(pairs.Key(), depth+1); err != nil {
			return err
		}
		if err := check(pairs.Value(), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func checkFields(value reflect.Value, depth int) error {
	for i := 0; i < value.NumField(); i++ {
		field := value.Type().Field(i)
		if !field.IsExported() && !field.Anonymous || field.Tag.Get("cbor") == "-" {
			continue
		}
		if err := check(value.Field(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}
