"""Gzip data gives its content as it comes, and all of it that was whole where it is damaged."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator

import pytest

from ssefold.sources import gunzip
from test_sources import BODY, PIECES


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_gunzip(size):
    content = b"data: " + b"x" * 1_000_000 + b"\n\n" + os.urandom(1000)
    data = gzip.compress(content) + gzip.compress(BODY) + b"\0" * 100
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert b"".join(gunzip(pieces)) == content + BODY
    assert max(map(len, gunzip(pieces))) <= 65_536


def test_gunzip_gives_what_was_flushed():
    compress = zlib.compressobj(wbits=31)
    arrived = []

    def live() -> Iterator[bytes]:
        for piece in PIECES:
            yield compress.compress(piece) + compress.flush(zlib.Z_SYNC_FLUSH)
            assert arrived[-1] == piece
        yield compress.flush()

    for piece in gunzip(live()):
        arrived.append(piece)  # noqa: PERF402 - seen while it grows
    assert arrived == PIECES


def test_gunzip_of_what_is_cut_or_damaged():
    data = gzip.compress(BODY)
    for end in range(1, len(data)):
        with pytest.raises(EOFError, match="cut short"):
            list(gunzip([data[:end]]))
    assert list(gunzip([])) == []
    with pytest.raises(zlib.error):
        list(gunzip([b"\x1f\x8bnonsense"]))


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_gunzip_gives_what_came_before_the_damage(size):
    """The damage is at the end: all of the content was whole."""
    data = bytearray(gzip.compress(BODY))
    data[-8] ^= 1  # of the checksum
    arrived = []
    with pytest.raises(zlib.error, match="incorrect data check"):
        arrived.extend(gunzip(data[start : start + size] for start in range(0, len(data), size)))
    assert b"".join(arrived) == BODY
