"""The values of scenarios: what they stand for, and what matches them."""

import re
from typing import Any

from google.protobuf.message import Message

from thespian_gateway import Raw


class Values:
    """What one scenario has saved, and the number of the round it is in."""

    def __init__(self) -> None:
        self._saved: dict[str, Any] = {}
        self.index = 0

    def resolve(self, form: Any) -> Any:
        """The value that `form` stands for."""
        match form:
            case list():
                value: Any = [self.resolve(item) for item in form]
            case {"$bytes": digits}:
                value = bytes.fromhex(digits)
            case {"$int": digits}:
                value = int(digits)
            case {"$text": [text, times]}:
                value = text * times
            case {"$var": name}:
                value = self._saved[name]
            case {"$index": True}:
                value = self.index
            case {"$raw": digits}:
                value = Raw(bytes.fromhex(digits))
            case dict():
                value = {key: self.resolve(form[key]) for key in form}
            case _:
                value = form
        return value

    def mismatch(self, form: Any, seen: Any, path: str = "") -> str:
        """Where what was seen doesn't match `form`; empty if it does."""
        match form:
            case {"$any": True}:
                return ""
            case {"$save": name}:
                self._saved[name] = seen
                return ""
            case {"$contains": text}:
                good = isinstance(seen, str) and text in seen
            case {"$length": length}:
                good = isinstance(seen, list) and len(seen) == length
            case {"$above": least}:
                good = _is_number(seen) and seen > self.resolve(least)
            case list() if isinstance(seen, list) and len(form) == len(seen):
                return self._first(enumerate(form), seen, path)
            case dict() if _is_plain(form) and isinstance(seen, dict):
                missing = sorted(form.keys() - seen.keys())
                if missing:
                    return f"{path}: {missing[0]} is missing in {seen!r}"
                return self._first(form.items(), seen, path)
            case _:
                good = _same(self.resolve(form), seen)
        return "" if good else f"{path}: expected {form!r}, saw {seen!r}"

    def _first(self, parts: Any, seen: Any, path: str) -> str:
        found = (
            self.mismatch(part, seen[key], f"{path}.{key}")
            for key, part in parts
        )
        return next(filter(None, found), "")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_plain(form: dict[str, Any]) -> bool:
    return not any(key.startswith("$") for key in form)


def _same(expected: Any, seen: Any) -> bool:
    if _is_number(expected) and _is_number(seen):
        return bool(expected == seen)
    return type(expected) is type(seen) and bool(expected == seen)


def plain(message: Message) -> dict[str, Any]:
    """A message of the API as scenarios write it."""
    return {
        field.name: _plain_field(field, getattr(message, field.name))
        for field in message.DESCRIPTOR.fields
        if not field.has_presence or message.HasField(field.name)
    }


def _plain_field(field: Any, value: Any) -> Any:
    if field.is_repeated:
        if field.message_type and field.message_type.GetOptions().map_entry:
            return dict(value)
        return [_plain_value(field, item) for item in value]
    return _plain_value(field, value)


def _plain_value(field: Any, value: Any) -> Any:
    if field.enum_type is not None:
        words = re.sub(r"(?<!^)(?=[A-Z])", "_", field.enum_type.name).upper()
        name = field.enum_type.values_by_number[value].name
        return name.removeprefix(f"{words}_")
    return plain(value) if field.message_type is not None else value
