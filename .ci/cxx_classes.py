"""Reads which classes C++ sources define, and what each has.

It knows the grammar of declarations, not the language: no preprocessor, no
look-up of names. That is enough for sources that clang-format has written and
that use macros only as attributes (in capitals, like ABSL_GUARDED_BY). Classes
within functions are not seen.
"""

import dataclasses
import re
from collections.abc import Iterator

_BLANKED = re.compile(
    r"""//(?:\\\n|[^\n])*            # a comment to the end of the line
      | /\*.*?\*/                    # another one
      | R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"
      | "(?:\\.|[^"\\\n])*"
      | (?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'
    """,
    re.DOTALL | re.VERBOSE,
)
_DIRECTIVE = re.compile(r"^[ \t]*\#(?:\\\n|[^\n])*", re.MULTILINE)
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d(?:'?[\w.])*|::|->|&&|\[\[|\]\]|[^\s\w]")
_MACRO = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]*$")
_CLOSING = {"(": ")", "[": "]", "{": "}", "[[": "]]"}
_ACCESS = ("public", "protected", "private")
_NOT_MEMBERS = ("using", "typedef", "friend", "static_assert", "enum")


@dataclasses.dataclass
class Class:
    """What a class declares itself; what it inherits is its bases'."""

    name: str
    # Not constructors, the destructor, or what is deleted or defaulted.
    public_methods: int = 0
    # Not static ones.
    data_members: int = 0
    # A struct without functions of its own and without private members: values
    # side by side.
    is_record: bool = False


def without_comments(text: str) -> str:
    """The text with comments and literals blanked; lines stay lines."""

    def blank(match: re.Match[str]) -> str:
        kept = '""' if match.group()[0] in "\"'R" else " "
        return kept + "\n" * match.group().count("\n")

    return _BLANKED.sub(blank, text)


def classes_in(text: str) -> list[Class]:
    """The classes that a source defines, nested ones after their owners."""
    code = _DIRECTIVE.sub("", without_comments(text))
    reader = _Reader(_TOKEN.findall(code))
    reader.read_scope(0, len(reader.tokens), [])
    return reader.found


@dataclasses.dataclass
class _Declaration:
    """One declaration: where it begins and what follows it."""

    head: list[str]  # up to the body, or all of it
    body: tuple[int, int] | None  # of a class, a namespace or a function
    end: int


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.found: list[Class] = []
        self._partner = _partners(tokens)

    def read_scope(
        self,
        start: int,
        end: int,
        path: list[str],
        owner: Class | None = None,
        *,
        public: bool = True,
    ) -> None:
        """Reads the declarations of a namespace or, with `owner`, a class."""
        place = start
        while place < end:
            token = self.tokens[place]
            if token in _ACCESS and self.tokens[place + 1] == ":":
                public = token == "public"
                place += 2
                continue
            if token in ";}":
                place += 1
                continue
            declaration = self._declaration(place, end)
            self._take(declaration, path, owner, public=public)
            place = declaration.end

    def _take(
        self,
        declaration: _Declaration,
        path: list[str],
        owner: Class | None,
        *,
        public: bool,
    ) -> None:
        head = _plain(declaration.head)
        key = _class_key(head)
        if key is not None and declaration.body is not None:
            self._take_class(head, key, declaration, path, owner)
        elif head[:1] in (["namespace"], ["extern"], ["inline"]) and (
            declaration.body is not None and "(" not in head
        ):
            self.read_scope(*declaration.body, path)
        elif owner is not None:
            _count(owner, head, public=public)

    def _take_class(
        self,
        head: list[str],
        key: int,
        declaration: _Declaration,
        path: list[str],
        owner: Class | None,
    ) -> None:
        assert declaration.body is not None
        body = declaration.body
        name = _class_name(head[key + 1 :])
        is_class = head[key] == "class"
        made = Class("::".join([*path, name]), is_record=not is_class)
        self.found.append(made)
        self.read_scope(*body, made.name.split("::"), made, public=not is_class)
        declarators = self.tokens[body[1] + 1 : declaration.end - 1]
        if owner is not None and declarators:
            owner.data_members += 1 + declarators.count(",")

    def _declaration(self, start: int, end: int) -> _Declaration:
        head: list[str] = []
        place = start
        while place < end:
            token = self.tokens[place]
            if token == ";":
                return _Declaration(head, None, place + 1)
            if token == "{" and not _initialises(head):
                body = (place + 1, self._partner[place])
                after = body[1] + 1
                if _class_key(_plain(head)) is not None:
                    after = self._next(";", after, end) + 1
                return _Declaration(head, body, after)
            if token in _CLOSING:
                close = self._partner[place]
                head += self.tokens[place : close + 1]
                place = close + 1
                continue
            head.append(token)
            place += 1
        return _Declaration(head, None, end)

    def _next(self, wanted: str, place: int, end: int) -> int:
        while place < end and self.tokens[place] != wanted:
            place = self._partner.get(place, place) + 1
        return place


def _partners(tokens: list[str]) -> dict[int, int]:
    """The place of what closes each bracket."""
    partner: dict[int, int] = {}
    opened: list[int] = []
    for place, token in enumerate(tokens):
        if token in _CLOSING:
            opened.append(place)
        elif opened and token == _CLOSING[tokens[opened[-1]]]:
            partner[opened.pop()] = place
    if opened:
        raise ValueError(f"nothing closes the {tokens[opened[-1]]!r}")
    return partner


def _groups(tokens: list[str]) -> Iterator[tuple[int, int]]:
    """Where the outermost groups in brackets, <> among them, are."""
    depth, opened = 0, 0
    closing: list[str] = []
    angles = True
    for place, token in enumerate(tokens):
        if token == "=" and not closing and "operator" not in tokens[:place]:
            angles = False
        opens = token in _CLOSING or (
            token == "<" and angles and _may_take_arguments(tokens, place)
        )
        if opens:
            if depth == 0:
                opened = place
            depth += 1
            closing.append(_CLOSING.get(token, ">"))
        elif closing and token == closing[-1]:
            closing.pop()
            depth -= 1
            if depth == 0:
                yield opened, place + 1


def _may_take_arguments(tokens: list[str], place: int) -> bool:
    before = tokens[place - 1] if place > 0 else ""
    return re.match(r"\w", before) is not None and before != "operator"


def _plain(head: list[str]) -> list[str]:
    """Without templates' parameters and attributes, macros among them."""
    plain: list[str] = []
    place = 0
    groups = dict(_groups(head))
    while place < len(head):
        token = head[place]
        if token in ("template", "alignas", "requires") and (
            place + 1 in groups
        ):
            place = groups[place + 1]
        elif token == "[[":
            place = groups.get(place, place + 1)
        elif (
            _MACRO.match(token)
            and place + 1 in groups
            and (head[place + 1] == "(")
        ):
            place = groups[place + 1]
        elif _MACRO.match(token):
            place += 1
        elif place in groups:
            plain += head[place : groups[place]]
            place = groups[place]
        else:
            plain.append(token)
            place += 1
    return plain


def _outer(head: list[str]) -> list[str]:
    """The tokens outside of groups; of each group, what opens it."""
    outer: list[str] = []
    place = 0
    groups = dict(_groups(head))
    while place < len(head):
        outer.append(head[place])
        place = groups.get(place, place + 1)
    return outer


def _class_key(head: list[str]) -> int | None:
    """Where `class`, `struct` or `union` is, if the head is a class's."""
    outer = _outer(head)
    if "(" in outer or "=" in outer or outer[:1] in (["enum"], ["friend"]):
        return None
    for place, token in enumerate(head):
        if token in ("class", "struct", "union"):
            return place
        if token in ("(", "<", "enum"):
            return None
    return None


def _class_name(rest: list[str]) -> str:
    """The name that follows the key; classes of others keep their path."""
    name: list[str] = []
    for token in rest:
        if token in (":", "final", "<"):
            break
        name.append(token)
    return "".join(name) or "(unnamed)"


def _initialises(head: list[str]) -> bool:
    """Whether a brace after `head` gives a value and not a body."""
    plain = _plain(head)
    outer = _outer(plain)
    if _class_key(plain) is not None or outer[:1] in (["namespace"], ["enum"]):
        return False
    if outer[:1] == ["extern"] and "(" not in outer:
        return False
    if outer[:2] == ["inline", "namespace"]:
        return False
    if "operator" not in outer and "=" in outer:
        return True
    if "(" not in outer:
        return True
    # A constructor's list of members: `: a_{1}, b_(2) {`.
    after = outer[outer.index("(") + 1 :]
    if ":" not in after:
        return False
    return re.match(r"\w|>", plain[-1]) is not None


def _count(owner: Class, head: list[str], *, public: bool) -> None:
    outer = _outer(head)
    if (
        not outer
        or outer[0] in _NOT_MEMBERS
        or outer in (["class"], ["struct"])
    ):
        return
    if outer[0] in ("class", "struct", "union") and len(outer) == 2:
        return  # a declaration only
    is_function = "operator" in outer or (
        "(" in outer and not _is_pointer(head, outer)
    )
    if is_function and "=" in outer and "operator" not in outer:
        is_function = outer.index("(") < outer.index("=")
    if is_function:
        _count_function(owner, head, outer, public=public)
    elif "static" not in outer:
        value = outer.index("=") if "=" in outer else len(outer)
        owner.data_members += 1 + outer[:value].count(",")
        owner.is_record = owner.is_record and public


def _is_pointer(head: list[str], outer: list[str]) -> bool:
    """Whether it is `void (*name)(int)`."""
    first = head.index("(")
    return head[first + 1] == "*" and outer.count("(") > 1


def _count_function(
    owner: Class, head: list[str], outer: list[str], *, public: bool
) -> None:
    if head[-2:] in (["=", "default"], ["=", "delete"]):
        return
    owner.is_record = False
    if "operator" not in outer:
        name = outer[outer.index("(") - 1]
        if name == owner.name.rsplit("::", maxsplit=1)[-1] or "~" in outer:
            return
    owner.public_methods += public
