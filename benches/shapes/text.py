"""Text, numbers and nesting."""

from __future__ import annotations

import json
from collections.abc import Iterable

from benches.shapes.shape import CHUNK, FIRST, Shape, again, chat, delta, each, once, sse


def members(spelled: Iterable[str]) -> bytes:
    """A chunk with members that no rule names."""
    return sse(f'{{"choices":[],"x":{{{",".join(spelled)}}}}}')


def deep(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


TEXT = {
    "escapes": Shape(once(lambda size: sse('{"choices":[{"delta":{"content":"%s"}}]}' % (r"\n" * (size // 2))))),
    "long escapes": Shape(
        once(lambda size: sse('{"choices":[{"delta":{"content":"%s"}}]}' % (r"\u0041" * (size // 6))))
    ),
    "escaped pairs": Shape(
        once(lambda size: sse('{"choices":[{"delta":{"content":"%s"}}]}' % (r"\ud83d\ude00" * (size // 12))))
    ),
    "halves of pairs": Shape(
        once(lambda size: sse('{"choices":[{"delta":{"content":"%s"}}]}' % (r"\ud83d" * (size // 6))))
    ),
    "pairs cut by events": Shape(
        again(
            sse(r'{"choices":[{"delta":{"content":"\ud83d"}}]}'), sse(r'{"choices":[{"delta":{"content":"\ude00"}}]}')
        )
    ),
    "halves that wait": Shape(each(lambda number: chat({"content": "@"}, number % 500).replace(b"@", rb"\ud83d"))),
    "escapes in tokens": Shape(again(sse(r'{"choices":[{"delta":{"content":"\n\"\\"}}]}'))),
    "letters beyond ASCII": Shape(again(sse(CHUNK.replace("harbour", "東京🦊é")))),
    "broken UTF-8": Shape(
        once(lambda size: b'data: {"choices":[{"delta":{"content":"' + b"\xff" * size + b'"}}]}\n\n')
    ),
    "cut UTF-8": Shape(
        once(lambda size: b'data: {"choices":[{"delta":{"content":"' + b"\xf0\x9f\xa6a" * (size // 4) + b'"}}]}\n\n')
    ),
    "broken UTF-8 in tokens": Shape(again(b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n')),
    "spaces in JSON": Shape(once(lambda size: sse('{"choices":' + " " * size + '[{"delta":{}}]}'))),
    "spaces in lists held": Shape(again(chat({"content": "x"}).replace(b'"x"', b'"x","n":[{' + b" " * 400 + b"}]"))),
    "spaces in events": Shape(again(sse('{ "choices" : %s [ { "delta" : { "content" : "x" } } ] }' % (" " * 100)))),
    "brackets": Shape(once(lambda size: chat({"x": [[]] * (size // 3)}))),
    "brackets that never close": Shape(once(lambda size: sse('{"a":' + "[" * size))),
    "deep objects": Shape(again(chat({"x": json.loads(deep(100))}))),
    "deep objects, deltas": Shape(again(chat({"x": json.loads(deep(100))})), "deltas"),
    "deep objects, other leaves, deltas": Shape(
        each(lambda number: sse(deep(100).replace("1", f'{{"k{number % 7}":{number}}}')), FIRST), "deltas"
    ),
    "many keys": Shape(once(lambda size: chat({"x": {f"key {number}": 1 for number in range(size // 15)}}))),
    "many escaped keys": Shape(once(lambda size: members(rf'"\u006b{n}":1' for n in range(size // 14)))),
    "one key many times": Shape(once(lambda size: members(['"k":1'] * (size // 6)))),
    "a key twice in each event": Shape(again(sse('{"choices":[{"delta":{"content":"x","content":"y"}}]}'))),
    "integers of 4300 digits": Shape(
        each(lambda number: sse({**delta({}), "x": "@"}).replace(b'"@"', b"%d" % (10**4299 + number)))
    ),
    "floats of 4300 digits": Shape(
        each(lambda number: sse({**delta({}), "x": "@"}).replace(b'"@"', b"0." + b"%d" % (10**4290 + number)))
    ),
    "small numbers": Shape(once(lambda size: sse({**delta({}), "x": [1] * (size // 2)}))),
    "floats": Shape(once(lambda size: sse({**delta({}), "x": [1.5e-7] * (size // 8)}))),
    "wrong at the last byte": Shape(once(lambda size: chat({"content": "x" * size})[:-5] + b"\n\n")),
    "wrong behind escapes": Shape(
        once(lambda size: sse('{"choices":[{"delta":{"content":"%s"}}]]' % (r"\u0041" * (size // 6))))
    ),
    "wrong behind brackets": Shape(once(lambda size: chat({"x": [[]] * (size // 3)})[:-5] + b"\n\n")),
}
