package main

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"thespian.dev/gateway"
)

// seen is what a message of the API looks like in a scenario: its fields by
// name, numbers as numbers, enumerators without their prefix.
func seen(message proto.Message) map[string]any {
	return seenMessage(message.ProtoReflect())
}

func seenMessage(message protoreflect.Message) map[string]any {
	object := map[string]any{}
	fields := message.Descriptor().Fields()
	for i := 0; i < fields.Len(); i++ {
		field := fields.Get(i)
		if field.HasPresence() && !message.Has(field) {
			continue
		}
		object[string(field.Name())] = seenField(field, message.Get(field))
	}
	return object
}

func seenField(field protoreflect.FieldDescriptor, value protoreflect.Value) any {
	if field.IsMap() {
		object := map[string]any{}
		value.Map().Range(func(key protoreflect.MapKey, item protoreflect.Value) bool {
			object[key.String()] = seenValue(field.MapValue(), item)
			return true
		})
		return object
	}
	if field.IsList() {
		list := []any{}
		for i := 0; i < value.List().Len(); i++ {
			list = append(list, seenValue(field, value.List().Get(i)))
		}
		return list
	}
	return seenValue(field, value)
}

func seenValue(field protoreflect.FieldDescriptor, value protoreflect.Value) any {
	switch field.Kind() {
	case protoreflect.MessageKind:
		return seenMessage(value.Message())
	case protoreflect.EnumKind:
		return enumerator(field.Enum(), value.Enum())
	case protoreflect.BytesKind: // every one is a payload
		return payload(value.Bytes())
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		return value.Int()
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		return value.Uint()
	}
	return value.Interface()
}

// enumerator is RUNNING for ENDPOINT_STATE_RUNNING.
func enumerator(enum protoreflect.EnumDescriptor, number protoreflect.EnumNumber) any {
	value := enum.Values().ByNumber(number)
	if value == nil {
		return int64(number)
	}
	prefix := strings.TrimSuffix(string(enum.Values().ByNumber(0).Name()), "UNSPECIFIED")
	return strings.TrimPrefix(string(value.Name()), prefix)
}

// payload is decoded; the bytes if that can't be.
func payload(item gateway.Payload) any {
	var value any
	if item.Decode(&value) != nil {
		return []byte(item)
	}
	return textKeys(value)
}

func payloads(items []gateway.Payload) []any {
	list := make([]any, len(items))
	for i, item := range items {
		list[i] = payload(item)
	}
	return list
}

// textKeys makes the maps those of a scenario, if their keys are texts.
func textKeys(value any) any {
	switch value := value.(type) {
	case []any:
		for i, item := range value {
			value[i] = textKeys(item)
		}
	case map[any]any:
		object := map[string]any{}
		for key, item := range value {
			text, ok := key.(string)
			if !ok {
				return value
			}
			object[text] = textKeys(item)
		}
		return object
	}
	return value
}

func seenAll[Message proto.Message](messages []Message) []any {
	list := make([]any, len(messages))
	for i, message := range messages {
		list[i] = seen(message)
	}
	return list
}
