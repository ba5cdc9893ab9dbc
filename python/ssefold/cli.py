"""The command line: `curl -N … | ssefold`, `ssefold FILE ...`.

In: raw streams, gzip of those, cassettes, HAR. Out: on stdout what was asked for, flushed as it comes, in UTF-8
whatever the locale; on stderr reasoning, reports, and errors of one line each. The exit status is that of the worst
stream: 2 over 1 over 3 over 0.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import sys
import zlib
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ssefold import _backend
from ssefold.cassettes import CassetteError, interactions, looks_recorded, streams
from ssefold.errors import DialectError, SSEFoldError
from ssefold.sources import PIECE_SIZE, gunzip
from ssefold.streams import iter_deltas, iter_events, merge

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from ssefold import Dialect, Merged
    from ssefold.sources import Bytes

COMPLETE, FAILED, USAGE, INCOMPLETE = 0, 1, 2, 3
_BY_SEVERITY = (COMPLETE, INCOMPLETE, FAILED, USAGE)
# What a shell reports of a program that a signal ended: 128 and its number.
_INTERRUPTED, _BROKEN_PIPE = 128 + 2, 128 + 13
READING_ERRORS = (OSError, EOFError, zlib.error)
_GZIP = b"\x1f\x8b"
_DELTA_FIELDS = ("kind", "text", "choice", "index", "id", "value", "path")
_USAGE_FIELDS = ("input_tokens", "output_tokens", "total_tokens", "reasoning_tokens", "cached_tokens")
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


class Stream:
    """One stream to read: what to call it in messages, and its pieces.

    What reading it raises ends it, so that all that came before is shown, and is kept in ``failure``.
    """

    __slots__ = ("_pieces", "failure", "name")

    def __init__(self, name: str, pieces: Iterable[Bytes]) -> None:
        self.name: str = name
        self.failure: Exception | None = None
        self._pieces = pieces

    def __iter__(self) -> Iterator[Bytes]:
        """Yield the pieces as they come."""
        try:
            yield from self._pieces
        except READING_ERRORS as error:
            self.failure = error


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status. SystemExit(2) for wrong usage.

    0: every stream complete; 3: one ended before its protocol said so; 1: one carried an error or is malformed; 2:
    wrong usage, or a file that can't be read; 141: whoever read the output has gone; 130: interrupted.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        if options.version:
            _write(sys.stdout, _version() + "\n")
            return COMPLETE
        options.dialect = _dialect(options.dialect, parser)
        if options.json and (options.events or options.deltas):
            parser.error("--json prints the merged message: not with --events or --deltas")
        if options.events and options.report:
            parser.error("--report tells what a merge tolerated: not with --events")
        with _all_digits():
            return _run(options)
    except BrokenPipeError:
        _silence(sys.stdout, sys.stderr)
        return _BROKEN_PIPE
    except _OutputError as error:
        _silence(sys.stdout)
        return _complain("stdout", error)
    except KeyboardInterrupt:
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ssefold",
        description="Fold event streams of LLM APIs into messages: print the text of each stream as it comes.",
        epilog="exit status: 0 complete, 1 error in a stream or malformed, 2 usage or unreadable file, 3 incomplete",
    )
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="an event stream, also gzipped, a go-vcr or vcrpy cassette or a HAR file; - or none: standard input",
    )
    parser.add_argument("--json", action="store_true", help="print the merged message as JSON")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--jsonl", action="store_true", help="print the merged message as JSON, one line a stream")
    output.add_argument("--events", action="store_true", help="print one line of JSON an event")
    output.add_argument("--deltas", action="store_true", help="print one line of JSON a delta")
    parser.add_argument("--report", action="store_true", help="tell on standard error what was tolerated")
    parser.add_argument("--dialect", metavar="NAME", default="auto", help="a dialect, or the path of its .toml table")
    parser.add_argument(
        "--interaction", metavar="N", type=int, help="which recorded interaction of a cassette, from 0 (all streams)"
    )
    parser.add_argument("--version", action="store_true", help="print the version and the backend, and why that one")
    return parser


def _version() -> str:
    from ssefold import __version__  # noqa: PLC0415 - while the package is imported it may have none yet

    why = f" ({_backend.reason})" if _backend.reason else ""
    if os.environ.get("SSEFOLD_BACKEND"):
        why = " (forced by SSEFOLD_BACKEND)"
    return f"ssefold {__version__}, backend {_backend.name}{why}"


def _dialect(name: str, parser: argparse.ArgumentParser) -> str | Dialect:
    known: tuple[str, ...] = _backend.active.dialects()
    if name == "auto" or name in known:
        return name
    if not name.endswith(".toml"):
        parser.error(f"no dialect {name!r}: auto, {', '.join(known)}, or the path of a .toml table")
    try:
        dialect: Dialect = _backend.active.Dialect.from_toml(Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, DialectError) as error:
        parser.error(f"{name}: {_line(error)}")
    return dialect


def _run(options: argparse.Namespace) -> int:
    show = _show_text
    if options.json or options.jsonl:
        show = _show_message
    elif options.events or options.deltas:
        show = _show_events if options.events else _show_deltas
    statuses = [COMPLETE]
    for path in options.files or ["-"]:
        name = "stdin" if path == "-" else path
        streams_of_file = _streams(path, name, options.interaction)
        while True:
            try:
                stream = next(streams_of_file, None)
            except (CassetteError, ImportError, *READING_ERRORS) as error:
                statuses.append(_complain(name, error))
                break
            if stream is None:
                break
            statuses.append(show(stream, options))
            if stream.failure is not None:
                statuses.append(_complain(stream.name, stream.failure))
    return max(statuses, key=_BY_SEVERITY.index)


def _standard_input() -> AbstractContextManager[Any]:
    """Return standard input, which has `read1` as files do. OSError where it is closed."""
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]  # so it is after `<&-`
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return nullcontext(sys.stdin.buffer)


def _streams(path: str, name: str, interaction: int | None) -> Iterator[Stream]:
    """Yield the streams of a file, or of standard input."""
    with _standard_input() if path == "-" else Path(path).open("rb") as file:
        pieces: Iterator[bytes] = iter(partial(file.read1, PIECE_SIZE), b"")
        head, pieces = _peek(pieces)
        if head.startswith(_GZIP):
            head, pieces = _peek(gunzip(pieces))
        suffixes = [suffix.lower() for suffix in Path(path).suffixes if suffix.lower() != ".gz"]
        if suffixes[-1:] in ([".yaml"], [".yml"], [".har"]) or looks_recorded(head):
            yield from _recorded(name, b"".join(pieces), interaction)
        elif interaction:
            raise CassetteError(f"not a cassette: there is no interaction {interaction}")
        else:
            yield Stream(name, pieces)


def _peek(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the first piece, of which nothing but the mark of gzip is waited for, and all pieces."""
    head = next(pieces, b"")
    if head == _GZIP[:1]:
        head += next(pieces, b"")
    return head, chain((head,), pieces)


def _recorded(name: str, data: bytes, interaction: int | None) -> Iterator[Stream]:
    recorded = interactions(data)
    if interaction is None:
        chosen = streams(recorded)
        if not chosen:
            raise CassetteError(f"{len(recorded)} recorded interactions, none of them a stream")
    else:
        chosen = recorded[interaction : interaction + 1] if interaction >= 0 else []
        if not chosen:
            raise CassetteError(f"{len(recorded)} recorded interactions, counted from 0: there is no {interaction}")
    for one in chosen:
        yield Stream(f"{name} (interaction {one.index})", (one.body,))


def _show_events(stream: Stream, options: argparse.Namespace) -> int:
    del options
    try:
        for event in iter_events(stream):
            fields = {"event": event.event, "data": event.data, "id": event.id, "retry": event.retry}
            _write(sys.stdout, _compact(fields) + "\n")
    except SSEFoldError as error:
        return _complain(stream.name, error)
    return COMPLETE


def _show_deltas(stream: Stream, options: argparse.Namespace) -> int:
    with iter_deltas(stream, options.dialect, on_error="record") as deltas:
        for delta in deltas:
            fields = {name: getattr(delta, name) for name in _DELTA_FIELDS}
            _write(sys.stdout, _compact(fields) + "\n")
        return _judge(stream, deltas.result(), options)


def _show_message(stream: Stream, options: argparse.Namespace) -> int:
    merged = merge(stream, options.dialect, on_error="record")
    text = _compact(merged.message) if options.jsonl else json.dumps(merged.message, ensure_ascii=False, indent=2)
    _write(sys.stdout, text + "\n")
    return _judge(stream, merged, options)


def _show_text(stream: Stream, options: argparse.Namespace) -> int:
    screen = _Screen()
    with iter_deltas(stream, options.dialect, on_error="record") as deltas:
        for delta in deltas:
            # Choices come interleaved; the first one is the text of the message.
            if delta.choice == 0:
                screen.show(delta.kind, delta.text)
        merged = deltas.result()
    screen.end(merged)
    return _judge(stream, merged, options)


class _Screen:
    """The text on standard output; reasoning, dimmed on a terminal, and a refusal on standard error."""

    def __init__(self) -> None:
        self._dim = bool(sys.stderr and sys.stderr.isatty()) and not os.environ.get("NO_COLOR")
        self._text = self._aside = ""
        self._shown = False

    def show(self, kind: str, text: str) -> None:
        self._shown |= bool(text)
        if kind == "text":
            self._end_aside()
            _write(sys.stdout, text)
            self._text = text
        elif kind in ("reasoning", "refusal"):
            _tell(f"{_DIM}{text}{_PLAIN}" if self._dim and kind == "reasoning" else text)
            self._aside = text

    def end(self, merged: Merged) -> None:
        """End both with a newline. The first choice need not be number 0: then what it says is shown whole."""
        for kind in () if self._shown else ("reasoning", "refusal"):
            if text := getattr(merged, kind):
                self.show(kind, text)
        if not self._text and merged.text:
            self.show("text", merged.text)
        self._end_aside()
        if self._text and not self._text.endswith("\n"):
            _write(sys.stdout, "\n")

    def _end_aside(self) -> None:
        if self._aside and not self._aside.endswith("\n"):
            _tell("\n")
        self._aside = ""


def _judge(stream: Stream, merged: Merged, options: argparse.Namespace) -> int:
    """Report what was asked for, complain of what is wrong, and return the status."""
    if options.report:
        _tell("".join(f"{line}\n" for line in _report(stream.name, merged)))
    if merged.error is not None:
        return _complain(stream.name, merged.error)
    return COMPLETE if merged.complete else INCOMPLETE


def _report(name: str, merged: Merged) -> Iterator[str]:
    report = merged.report
    yield f"{_printable(name)}: dialect {merged.dialect or 'unknown'}, {merged.termination}, " + (
        "complete" if merged.complete else "incomplete"
    )
    counts = ("events", "chunks", "bytes", "comments", "invalid_utf8")
    yield "  " + ", ".join(f"{getattr(report, count)} {count}" for count in counts)
    if merged.usage is not None:
        usage = {count: getattr(merged.usage, count) for count in _USAGE_FIELDS}
        yield "  usage: " + ", ".join(f"{tokens} {count}" for count, tokens in usage.items() if tokens is not None)
    for call in merged.tool_calls:
        yield _printable(f"  tool call {call.index}: {call.name or '(no name)'}, arguments {call.status}")
    for quirk, times in sorted(report.quirks.items()):
        yield f"  quirk {quirk}: {times}"
    for path, times in sorted(report.unknown_fields.items()):
        yield _printable(f"  unknown field {path}: {times}")


def _complain(name: str, error: Exception) -> int:
    """Write an error as one line and return the status that it means."""
    _tell(f"ssefold: {_printable(name)}: {_line(error)}\n")
    if isinstance(error, EOFError):
        return INCOMPLETE
    return FAILED if isinstance(error, (SSEFoldError, zlib.error)) else USAGE


def _line(error: Exception) -> str:
    message = error.strerror if isinstance(error, OSError) else str(error)
    return _printable(message or type(error).__name__)


def _printable(text: str) -> str:
    """Make one line without control characters: names and messages come from files and from providers."""
    return "".join(char if char.isprintable() else " " for char in text).rstrip()


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class _OutputError(OSError):
    """What is asked for can't be written: the disk is full, or the output closed."""


def _write(stream: TextIO | None, text: str) -> None:
    """Write and flush as UTF-8: the words of a live stream are to be seen as they come, in any locale."""
    if stream is None:
        raise _OutputError(errno.EBADF, os.strerror(errno.EBADF))
    try:
        # A file name may hold bytes that are no UTF-8 (PEP 383).
        stream.buffer.write(text.encode("utf-8", "backslashreplace"))
        stream.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _OutputError(error.errno, error.strerror) from None


def _tell(text: str) -> None:
    """Write to standard error; where that can't be, the status still says how it went."""
    try:
        _write(sys.stderr, text)
    except _OutputError:
        _silence(sys.stderr)


def _silence(*streams: TextIO | None) -> None:
    """Point outputs at nothing, or the interpreter complains of what it can't flush at its end."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        if stream is not None:
            os.dup2(nothing, stream.fileno())


@contextmanager
def _all_digits() -> Generator[None, None, None]:
    """Let integers be written however many digits they have: the stream's are bounded."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(before)
