"""Writes vectors/json_mutants.json: damaged payloads with the twin's verdicts and values, for cargo to check.

Run as `python tests/json_mutants.py`; the same seed gives the same file.
"""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path

from ssefold._py.json import JsonError, clean, compact, judge, loads

FILE = Path(__file__).parent / "vectors" / "json_mutants.json"
SEEDS = (
    '{"id":"chatcmpl-7","object":"chat.completion.chunk","created":1700000000,"choices":[{"index":0,"delta":{}}]}',
    '{"delta":{"content":" né\\n\\"q\\""},"finish_reason":null,"usage":{"total_tokens":12,"cost":1.25e-05}}',
    '{ "type" : "content_block_delta", "index" : 0, "delta" : { "partial_json" : "{\\"a" } }',
    '{"a":[{"b":[]},{},[[-0.0,1E+2]],true,false,null,"\\ud83d\\ude00","\\ud83d"],"\\u0061":{"c":"\\/","c":2},"a":-1}',
    '[1,[2,[3,[4.5,[-6e7]]]],\t"tab\\t",\r\n{}]',
    '"\\u00e9\\ud83dé😀"',
    "-12.5e-3",
)
INSERTED = (
    '"',
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "0",
    "-",
    ".",
    "e",
    "\\u",
    "\\ud83d",
    "\\ude00",
    "null",
    "\x01",
    "é",
    "\ufeff",
    "1e999",
)


def mutant(chance: random.Random) -> str:
    text = chance.choice(SEEDS)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(len(text) + 1)
        width = chance.choice((0, 1, 1, 2, 5))
        text = chance.choice(
            (
                text[:at],
                text[:at] + text[at + width :],
                text[:at] + chance.choice(INSERTED) + text[at + width :],
                text[:at] + text[at : at + width] * 2 + text[at + width :],
            )
        )
    return text


def judged(text: str) -> list[object]:
    verdict = judge(text)
    try:
        value = compact(clean(loads(text)))
    except JsonError:
        value = None
    return [text, verdict.status, verdict.offset, verdict.kind, value]


def floats(chance: random.Random) -> list[list[str]]:
    tokens = [
        f"{chance.uniform(-1, 1) * 10.0 ** chance.randrange(-8, 20):.{chance.randrange(20)}e}" for _ in range(150)
    ]
    bits = [chance.getrandbits(64) & ~(1 << 62) for _ in range(150)]
    tokens += [f"{struct.unpack('<d', struct.pack('<Q', pattern))[0]:.16e}" for pattern in bits]
    return [[token, repr(float(token))] for token in tokens]


def main() -> None:
    chance = random.Random(2024)  # noqa: S311 - reproducible, not secret
    texts = list(dict.fromkeys(mutant(chance) for _ in range(500)))
    sections = {"judge": [judged(text) for text in texts], "floats": floats(chance)}
    lines = [
        f'  "{name}": [\n    ' + ",\n    ".join(map(json.dumps, rows)) + "\n  ]" for name, rows in sections.items()
    ]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
