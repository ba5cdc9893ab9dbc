"""The message while it grows: objects and lists that know their place, texts kept as fragments, and its size.

Sizes follow the contract: the UTF-8 bytes of all keys and strings plus 16 for each value.
"""

from __future__ import annotations

from typing import Any, cast

VALUE_SIZE = 16


class Obj(dict[str, Any]):
    """An object of the message that rules merge into; ``parent`` and ``key`` say where it stands."""

    __slots__ = ("key", "parent")

    def __init__(self, parent: Obj | Items | None, key: Any) -> None:  # noqa: ANN401 - str, or an item's key
        """Make an empty object at ``key`` of ``parent``; the root has neither."""
        self.parent = parent
        self.key = key


class Items:
    """A list whose items are found by key, in the order of the key (``numeric``) or first seen.

    Sorted when looked at, not when inserted: ten thousand choices in falling order stay linear.
    """

    __slots__ = ("by_key", "key", "last", "numeric", "parent", "places", "serial")

    def __init__(self, parent: Obj, key: str, *, numeric: bool) -> None:
        """Make an empty list at ``key`` of ``parent``."""
        self.parent = parent
        self.key = key
        self.numeric = numeric
        self.by_key: dict[Any, Any] = {}
        self.last: dict[Any, Any] = {}
        self.serial = 0
        self.places: dict[Any, int] | None = None

    def add(self, key: Any, item: Any) -> None:  # noqa: ANN401 - any item under any hashable key
        """Insert ``item``; what was known of the places is void where it sorts before another."""
        self.by_key[key] = item
        self.places = None

    def keys(self) -> list[Any]:
        """Return the keys in the order of the message."""
        return sorted(self.by_key) if self.numeric else list(self.by_key)

    def place(self, key: Any) -> int:  # noqa: ANN401 - a key of by_key
        """Return the position of the item in the message as it is now."""
        if self.places is None:
            self.places = {k: i for i, k in enumerate(self.keys())}
        return self.places[key]


class Default(str):
    """A text that stands until the stream brings one."""

    __slots__ = ()


class Text:
    """A string that grows: fragments joined when looked at.

    ``pending`` is a high surrogate that waits for its low half, ``tail`` a padded base64 quad that the next piece may
    continue; neither counts until the stream ends, but a snapshot shows the tail.
    """

    __slots__ = ("length", "parts", "pending", "tail")

    def __init__(self) -> None:
        """Make an empty text."""
        self.parts: list[str] = []
        self.pending = ""
        self.tail = ""
        self.length = 0

    def push(self, fragment: str) -> int:
        """Add ``fragment`` and return its size in UTF-8 bytes."""
        self.parts.append(fragment)
        size = utf8_length(fragment)
        self.length += size
        return size

    def join(self) -> str:
        """Return the text so far, without what is pending."""
        if len(self.parts) > 1:
            self.parts = ["".join(self.parts)]
        return self.parts[0] + self.tail if self.parts else self.tail


def path_of(place: Obj | Items | None, key: Any) -> tuple[str | int, ...]:  # noqa: ANN401 - as held
    """Return the path of ``key`` in ``place`` as a snapshot taken now would have it."""
    out: list[str | int] = []
    while place is not None:
        out.append(place.place(key) if isinstance(place, Items) else key)
        place, key = place.parent, place.key
    return tuple(reversed(out))


def utf8_length(text: str) -> int:
    """Return the length of ``text`` in UTF-8 bytes."""
    return len(text) if text.isascii() else len(text.encode("utf-8"))


def size_of(value: Any) -> int:  # noqa: ANN401 - any node
    """Return the size of a node, without its key."""
    total, stack = 0, [value]
    while stack:
        node = stack.pop()
        total += VALUE_SIZE
        if isinstance(node, str):
            total += utf8_length(node)
        elif isinstance(node, dict):
            total += sum(utf8_length(key) for key in node)
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
        elif isinstance(node, Items):
            stack.extend(node.by_key.values())
        elif isinstance(node, Text):
            total += node.length
    return total


def render(node: Any) -> Any:  # noqa: ANN401 - any node to any JSON value
    """Return a plain copy of a node, which never changes afterwards."""
    if isinstance(node, str):
        return str(node)
    if isinstance(node, Text):
        return node.join()
    if isinstance(node, dict):
        return {key: render(value) for key, value in cast("dict[str, Any]", node).items()}
    if isinstance(node, list):
        return [render(item) for item in cast("list[Any]", node)]
    if isinstance(node, Items):
        return [render(node.by_key[key]) for key in node.keys()]
    return node
