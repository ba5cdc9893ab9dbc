"""Writes the inputs that fuzzing starts from, of our own recordings: `fuzz/run seed`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import ssefold

HERE = Path(__file__).parent
ROOT = HERE.parent
RECORDINGS = sorted((ROOT / "tests" / "cassettes").glob("*.sse"))
TABLES = sorted((ROOT / "python" / "ssefold" / "dialects").glob("*.toml"))
# As fuzz/src/input.rs and fuzz/src/json.rs read them.
AS_IT_IS, SEPARATOR = b"=", b"\x1e"
DIALECTS = ssefold.dialects()


def put(target: str, data: bytes) -> None:
    """Write an input, under the name that libFuzzer would give it."""
    folder = HERE / "target" / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data)


def main() -> None:
    """Write all of them."""
    for number, path in enumerate(RECORDINGS):
        body = path.read_bytes()
        merger = ssefold.Merger(on_error="record")
        merger.feed(body)
        merger.finish()
        dialect = merger.dialect or DIALECTS[0]
        for cut in (0, 20 + number, 100 + number):
            header = AS_IT_IS + bytes([DIALECTS.index(dialect) + 1, cut, 0])
            for target in ("framing", "differential", f"merge_{dialect.replace('-', '_')}"):
                put(target, header + body)
        payloads = [event.data.encode() for event in ssefold.EventDecoder().feed(body)]
        put("json", AS_IT_IS + SEPARATOR.join(payloads[:12]))
        put("framing", AS_IT_IS + b"\0\x05\0" + b"[" + b",".join(filter(json_like, payloads)) + b"]")
    for path in TABLES:
        put("table", AS_IT_IS + path.read_bytes())


def json_like(payload: bytes) -> bool:
    try:
        json.loads(payload)
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    main()
