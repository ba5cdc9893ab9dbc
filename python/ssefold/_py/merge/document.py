"""The message while it grows: objects and lists that know their place, texts kept as fragments, and its size.

Sizes are those that users reckon with: the UTF-8 bytes of all keys and strings plus 16 for each value; an integer of
more than 18 digits, and a message held beside no delta, count as what they take.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from ssefold._py.merge.items import Items

if TYPE_CHECKING:
    from ssefold._py.rule import Rule

VALUE_SIZE = 16
SCALARS = frozenset({str, int, float, bool, type(None)})
"""Types whose values are never changed in place; a subclass is none of them."""
_LOG10_2 = 0.30102999566398114  # rounded down
FRAGMENTS = 1024
"""Fragments of a text that are kept apart."""


class Held(NamedTuple):
    """A message beside which no delta came so far: its number, choice, the rule to merge by, the value, its size."""

    number: int
    choice: int
    rule: Rule
    value: dict[str, Any]
    size: int


class Obj(dict[str, Any]):
    """An object of the message; ``parent`` and ``key`` say where it stands, the key of an item being its number.

    ``streamed`` says that a delta came for this choice, so that a message beside it is superfluous; ``whole`` is such a
    message while none came. ``shadow`` has the texts that become members when the object is closed, ``told`` the id and
    name that deltas told of a call, ``told_whole`` that one told its arguments, which came whole.
    """

    __slots__ = ("key", "parent", "shadow", "streamed", "told", "told_whole", "whole")

    def __init__(self, parent: Place | None, key: Any) -> None:
        """Make an empty object at ``key`` of ``parent``; the root has neither."""
        self.parent = parent
        self.key = key
        self.streamed = False
        self.whole: Held | None = None
        self.shadow: Obj | None = None
        self.told: tuple[str | None, Text] | None = None
        self.told_whole = False


class ObjList(list[Obj]):
    """A list of objects in the order first seen; ``parent`` and ``key`` say where it stands."""

    __slots__ = ("key", "parent")

    def __init__(self, parent: Obj, key: str) -> None:
        """Make an empty list at ``key`` of ``parent``."""
        super().__init__()
        self.parent: Obj | None = parent
        self.key = key


Place: TypeAlias = "Obj | Items | ObjList"


class Default(str):
    """A text that stands until the stream brings one."""

    __slots__ = ()


class Text:
    """A string that grows: fragments joined when looked at, and so many at a time: a str has 49 bytes beside its text.

    ``pending`` is a high surrogate that waits for its low half, and isn't part of it yet; ``tail`` a padded base64 quad
    that the next piece may continue, which a snapshot shows; ``parsed`` how long a buffer was when it became a value.
    """

    __slots__ = ("length", "limit", "parsed", "parts", "pending", "tail")

    def __init__(self) -> None:
        """Make an empty text."""
        self.parts: list[str] = []
        self.limit = FRAGMENTS
        self.pending = ""
        self.tail = ""
        self.length = 0
        self.parsed = 0

    def push(self, fragment: str) -> int:
        """Add ``fragment`` and return its size in UTF-8 bytes."""
        parts = self.parts
        parts.append(fragment)
        if len(parts) == self.limit:
            self.compact()
        size = utf8_length(fragment)
        self.length += size
        return size

    def compact(self) -> None:
        """Join the last fragments; what was joined before stays as it is, so that the cost is linear."""
        self.parts[-FRAGMENTS:] = ["".join(self.parts[-FRAGMENTS:])]
        self.limit += 1

    def body(self) -> str:
        """Return the text so far, without what is pending or held back."""
        if len(self.parts) > 1:
            self.parts = ["".join(self.parts)]
            self.limit = FRAGMENTS + 1
        return self.parts[0] if self.parts else ""

    def end(self, start: int) -> str:
        """Return what stands from a byte on, looking at no more of the text; "" if it begins within a character."""
        size, found = self.length - start, [""]
        for part in reversed(self.parts):
            if size <= 0:
                break
            length = utf8_length(part)
            if length > size:
                try:
                    part = part.encode()[length - size :].decode()  # noqa: PLW2901 - the end of it
                except UnicodeDecodeError:
                    return ""
            found.append(part)
            size -= length
        return "".join(reversed(found))

    def join(self) -> str:
        """Return the text as a snapshot shows it."""
        return self.body() + self.tail


def held(obj: Obj, key: str) -> Any:
    """Return the member of an object, None where it is null or a default."""
    node = obj.get(key)
    return None if isinstance(node, Default) else node


def string_of(node: Any) -> str | None:
    """Return the text of a string node, None for another node."""
    if isinstance(node, Text):
        return node.join()
    return node if isinstance(node, str) else None


def node_of(value: Any, parent: Obj, key: str, *, deep: bool = False) -> Any:
    """Return the node of a whole value; with ``deep``, without the null members of objects that lists don't enclose."""
    if isinstance(value, dict):
        made = Obj(parent, key)
        for name, member in cast("dict[str, Any]", value).items():
            if type(member) in SCALARS:
                if not (deep and member is None):
                    made[name] = member
            else:
                made[name] = node_of(member, made, name, deep=deep)
        return made
    return list(value) if isinstance(value, list) else value


def utf8_length(text: str) -> int:
    """Return the length of ``text`` in UTF-8 bytes."""
    return len(text) if text.isascii() else len(text.encode("utf-8"))


def is_long(value: int) -> bool:
    """Tell whether an integer is spelled with more than 18 characters."""
    return not -(10**17) < value < 10**18


def long_size(value: int) -> int:
    """Return what an integer adds to the size of a value: the length of its spelling, where that is long.

    >>> long_size(10**18 - 1), long_size(10**18), long_size(-(10**17)), long_size(10**4299)
    (0, 19, 19, 4300)
    """
    if not is_long(value):
        return 0
    size = abs(value)
    # One too few at most, as the logarithm is rounded down.
    digits = int((size.bit_length() - 1) * _LOG10_2) + 1
    return digits + (size >= _power(digits)) + (value < 0)


@lru_cache(maxsize=64)
def _power(digits: int) -> int:
    return int(10**digits)


def items_of(node: Any) -> list[Any]:
    """Return the items of a list in the order of the message; nothing for another node."""
    if isinstance(node, Items):
        return list(node.in_order())
    return node if isinstance(node, list) else []


def size_of(value: Any) -> int:
    """Return the size of a node, without its key."""
    total, stack = 0, [value]
    while stack:
        node = stack.pop()
        kind = type(node)
        total += VALUE_SIZE
        if kind is str:
            total += len(node) if node.isascii() else utf8_length(node)
        elif kind in SCALARS:
            if kind is int:
                total += long_size(node)
        elif isinstance(node, dict):
            members = cast("dict[str, Any]", node)
            if members:
                total += utf8_length("".join(members))
                stack.extend(members.values())
            if isinstance(node, Obj) and node.whole is not None:
                total += node.whole.size
        elif kind is Text:
            total += node.length + len(node.tail)
        elif isinstance(node, str):
            total += utf8_length(node)
        else:
            stack.extend(items_of(node))
    return total


def render(node: Any, shadows: dict[int, dict[str, str]] | None = None) -> Any:
    """Return a plain copy of a node, which never changes afterwards; ``shadows`` gets its buffers by object id."""
    if type(node) in SCALARS:
        return node
    if isinstance(node, str):
        return str(node)
    if isinstance(node, Text):
        return node.join()
    if isinstance(node, dict):
        members = cast("dict[str, Any]", node).items()
        made = {key: value if type(value) in SCALARS else render(value, shadows) for key, value in members}
        if shadows is not None and isinstance(node, Obj) and node.shadow is not None:
            shadows[id(made)] = render(node.shadow)
        return made
    return [item if type(item) in SCALARS else render(item, shadows) for item in items_of(node)]
