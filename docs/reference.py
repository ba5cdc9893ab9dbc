"""The reference of the tables' format, made of the code that reads it."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from docs.page import code, grid, named, page, paragraphs, section
from ssefold._py import route, sign, table, tree, view
from ssefold._py.merge import STRATEGIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

INTRODUCTION = f"""\
A dialect's table is a file of TOML 1.0, with one key a line. Brackets nest at most {table.NESTING} deep, a key has at
most {table.NESTING} dots, a row of `[merge]` at most {tree.SEGMENTS} names, and an integer has at most 64 bits. What
is no table is refused with a `DialectError`, which has the line and the key. The [dialects](dialects/index.md) of the
package are tables, and [your own](your-own-dialect.md) is one like them."""

ROWS = """\
A row is the name of a strategy, or a table of attributes, of which `op` is the strategy. In every strategy null is no
news: it erases nothing. A value of a type that a strategy doesn't take has no effect and is the quirk `wrong_type`."""

FIELDS = """\
Of an object that is merged field by field, what no row names is left out. `*` merges it, and counts it in
`report.unknown_fields` unless it is `known`."""

ROUTES = """\
The key of a route is a type of event, several with `|` between, or `type/word`: that type where another path of `route`
leads to that word. An empty list is an event that does nothing. An event without a route is counted in
`report.unknown_fields`. So is a member that no step reads, unless it is the type, the number of `sequence`, in
`ignore`, or merged by the step `rest`."""

PUT = """\
`put` sets each field to what is stated, whatever its strategy, but for these: a text of `append` or `arguments` gets
what it lacks, an object of `object` and an item of `items` lose the members that are not stated, unless they are lists
of `items`, and what is `drop` stays out. A text that contradicts its fragments is the quirk `done_text_differs`."""

VIEWS = table.VIEW_TEXTS | table.VIEW_PATHS | table.VIEW_BLOCKS | table.VIEW_TABLES
ERRORS = """\
In every dialect a block of type `error` is an error too. What was merged before an error stays. The chunk that states
it is merged as well, the error included where no row drops it."""


def reference() -> str:
    """Return the page."""
    return page(
        "The format of a table",
        INTRODUCTION,
        section("Keys", top_level(), ERRORS),
        section("Rows of `[merge]`", *grammar(tree), ROWS, FIELDS),
        section("Attributes of a row", attributes()),
        section("Kinds of deltas", named(tree.KINDS, "`delta`")),
        section("An item without its key", named(tree.MISSING, "`missing`")),
        section("Strategies", *(strategy(name, apply) for name, apply in STRATEGIES.items())),
        section("Routes of `[on]`", *grammar(route), ROUTES),
        section("Steps of a route", named(route.ATTRIBUTES, "attribute"), named(route.OPS, "`op`"), PUT),
        section("Signs", *grammar(sign)),
        section("Paths of the message", *grammar(view)),
        section("Views", named(VIEWS, "`[view]`")),
        section("Blocks of a text", named(table.BLOCKS, "attribute")),
        section("Tool calls", named(table.CALL_TEXTS, "`[view.tool_calls]`")),
        section("Usage", named(table.COUNTS, "`[view.usage]`")),
    )


def top_level() -> str:
    """Return the table of the keys, each with its type."""
    kinds = ((table.TEXTS, "string"), (table.LISTS, "list of strings"), (table.TABLES, "table"))
    return grid(("key", "type", "meaning"), typed(kinds))


def attributes() -> str:
    """Return the table of the attributes of a row, each with its type."""
    kinds = ((tree.TEXTS, "string"), (tree.FLAGS, "boolean"), (tree.NUMBERS, "integer"))
    return grid(("attribute", "type", "meaning"), typed(kinds))


def typed(kinds: Iterable[tuple[dict[str, str], str]]) -> Iterator[tuple[str, str, str]]:
    """Return the rows of names that have a type."""
    return ((code(name), kind, meaning) for names, kind in kinds for name, meaning in names.items())


def grammar(module: ModuleType) -> list[str]:
    """Return what the docstring of a module says below its first paragraph."""
    return paragraphs(module)[1:]


def strategy(name: str, apply: Callable[..., None]) -> str:
    """Return the description of a strategy; one that has a module of its own is described there too."""
    module = sys.modules[apply.__module__]
    alone = Counter(each.__module__ for each in STRATEGIES.values())[apply.__module__] == 1
    return "\n\n".join([f"### {name}", paragraphs(apply)[0], *(paragraphs(module) if alone else [])])
