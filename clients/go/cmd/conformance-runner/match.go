package main

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
)

// match fails if what was seen is not what the scenario wants. What it wants
// saved, is.
func (v *values) match(want, seen any) error {
	if object, ok := want.(map[string]any); ok {
		if special, err := v.matchSpecial(object, seen); special {
			return err
		}
		if _, special := v.special(object); !special {
			return v.matchObject(object, seen)
		}
	}
	if list, ok := want.([]any); ok {
		return v.matchList(list, seen)
	}
	if plain := v.plain(want); !equal(plain, seen) {
		return fmt.Errorf("expected %s, saw %s", short(plain), short(seen))
	}
	return nil
}

// matchSpecial handles the forms that stand only in what is expected.
func (v *values) matchSpecial(want map[string]any, seen any) (special bool, err error) {
	if len(want) != 1 {
		return false, nil
	}
	matches := true
	for form, content := range want {
		switch form {
		case "$any":
		case "$save":
			v.saved[content.(string)] = seen
		case "$contains":
			text, ok := seen.(string)
			matches = ok && strings.Contains(text, content.(string))
		case "$length":
			list, ok := seen.([]any)
			length, err := v.uint(content)
			matches = ok && err == nil && uint64(len(list)) == length
		case "$above":
			number, ok := rational(seen)
			bound, bounded := rational(v.plain(content))
			matches = ok && bounded && number.Cmp(bound) > 0
		default:
			return false, nil
		}
	}
	if !matches {
		return true, fmt.Errorf("expected %s, saw %s", short(want), short(seen))
	}
	return true, nil
}

func (v *values) matchObject(want map[string]any, seen any) error {
	object, ok := seen.(map[string]any)
	if !ok {
		return fmt.Errorf("expected an object, saw %s", short(seen))
	}
	for _, key := range savedFirst(want) {
		found, ok := object[key]
		if !ok {
			return fmt.Errorf("%s is missing in %s", key, short(seen))
		}
		if err := v.match(want[key], found); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// savedFirst returns the keys of an object in an order in which what one saves
// another may use.
func savedFirst(object map[string]any) []string {
	saves := func(key string) bool {
		form, ok := object[key].(map[string]any)
		return ok && form["$save"] != nil
	}
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(i, j int) bool {
		if saves(keys[i]) != saves(keys[j]) {
			return saves(keys[i])
		}
		return keys[i] < keys[j]
	})
	return keys
}

func (v *values) matchList(want []any, seen any) error {
	list, ok := seen.([]any)
	if !ok || len(list) != len(want) {
		return fmt.Errorf("expected a list of %d, saw %s", len(want), short(seen))
	}
	for i := range want {
		if err := v.match(want[i], list[i]); err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
	}
	return nil
}

func equal(want, seen any) bool {
	if number, ok := rational(want); ok {
		other, ok := rational(seen)
		return ok && number.Cmp(other) == 0
	}
	if wanted, ok := want.([]byte); ok {
		found, ok := seen.([]byte)
		return ok && bytes.Equal(wanted, found)
	}
	switch want.(type) {
	case nil, bool, string:
		return want == seen
	}
	return false // lists and objects that were saved are not compared
}

// short is a value for people.
func short(value any) string {
	const most = 300
	text := fmt.Sprintf("%v", value)
	if len(text) > most {
		return fmt.Sprintf("%s... (%d bytes)", text[:most], len(text))
	}
	return text
}
