package gateway

import (
	"bytes"
	"math/big"
	"strings"
	"testing"
)

func TestEncodeWritesDefiniteAndShort(t *testing.T) {
	huge := new(big.Int).SetUint64(1<<64 - 1)
	for _, test := range []struct {
		value any
		want  string
	}{
		{nil, "\xf6"},
		{uint64(23), "\x17"},
		{huge, "\x1b\xff\xff\xff\xff\xff\xff\xff\xff"},
		{-1, "\x20"},
		{[]string{"a"}, "\x81\x61a"},
		{[]byte{1}, "\x41\x01"},
		{map[string]int{"a": 1}, "\xa1\x61a\x01"},
		{1.5, "\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00"},
		{Payload("\x9f\xff"), "\x9f\xff"},
		{[]any{Payload("\x18\x01")}, "\x81\x18\x01"},
	} {
		got, err := Encode(test.value)
		if err != nil || string(got) != test.want {
			t.Errorf("%v became %x, %v; want %x", test.value, got, err, test.want)
		}
	}
}

func TestEncodeCopiesAPayload(t *testing.T) {
	given := Payload{0x01}
	encoded, err := Encode(given)
	if err != nil {
		t.Fatal(err)
	}
	given[0] = 0x02
	if !bytes.Equal(encoded, []byte{0x01}) {
		t.Errorf("the encoded payload changed to %x", encoded)
	}
}

func TestDecodeTakesWhatTheGatewayLetsThrough(t *testing.T) {
	for name, payload := range map[string]Payload{
		"64 lists in one another": Payload(strings.Repeat("\x81", 64) + "\x01"),
		"200,000 items":           Payload("\x9a\x00\x03\x0d\x40" + strings.Repeat("\x00", 200000)),
		"a text that is no UTF-8": Payload("\x62\xff\xfe"),
		"an indefinite list":      Payload("\x9f\x01\xff"),
		"a map with bytes as key": Payload("\xa1\x41\x00\x01"),
	} {
		var value any
		if err := payload.Decode(&value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecodeRefusesWhatIsNotOneItem(t *testing.T) {
	for _, payload := range []Payload{nil, {}, {0x01, 0x02}, {0x81}, {0xff}} {
		var value any
		if err := payload.Decode(&value); err == nil {
			t.Errorf("%x was decoded as %v", []byte(payload), value)
		}
	}
}

func TestAPayloadWithinAValueIsKept(t *testing.T) {
	var message struct {
		_    struct{} `cbor:",toarray"`
		Verb string
		Rest Payload
	}
	if err := Payload("\x82\x64then\x82\x01\x02").Decode(&message); err != nil {
		t.Fatal(err)
	}
	if message.Verb != "then" || string(message.Rest) != "\x82\x01\x02" {
		t.Errorf("got %+v", message)
	}
}

type node struct {
	Name string
	Next *node
}

func TestEncodeRefusesWhatCBORCantHold(t *testing.T) {
	circle := &node{Name: "a"}
	circle.Next = circle
	itself := map[string]any{}
	itself["self"] = itself
	list := make([]any, 1)
	list[0] = list
	for name, value := range map[string]any{
		"a channel":                make(chan int),
		"a function":               func() {},
		"a complex number":         complex(1, 2),
		"a text that is no UTF-8":  "\xff",
		"such a text in a list":    []any{1, []string{"\xff"}},
		"such a text as a key":     map[string]int{"\xff": 1},
		"such a text in a struct":  node{Next: &node{Name: "\xff"}},
		"a struct in a circle":     circle,
		"a map that has itself":    itself,
		"a list that has itself":   list,
		"no item within a list":    []any{Payload{}},
		"two items within a list":  []any{Payload{0x01, 0x02}},
		"half an item in a struct": struct{ Rest Payload }{Payload{0x82, 0x01}},
	} {
		if item, err := Encode(value); err == nil {
			t.Errorf("%s became %x", name, []byte(item))
		} else if !strings.HasPrefix(err.Error(), "gateway: encode a payload: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEncodeLeavesAloneWhatIsNotWritten(t *testing.T) {
	type mixed struct {
		Kept   string `cbor:"k"`
		Hidden string `cbor:"-"`
		own    string
	}
	item, err := Encode(mixed{Kept: "a", Hidden: "\xff", own: "\xff"})
	if err != nil || string(item) != "\xa1\x61k\x61a" {
		t.Errorf("got %x, %v", []byte(item), err)
	}
}
