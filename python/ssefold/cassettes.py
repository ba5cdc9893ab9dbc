"""A recording of HTTP traffic → its interactions, with the body of each response as it was before content encoding.

In: the text of a go-vcr cassette (versions 1 to 3 of the library), of a vcrpy or Ruby VCR cassette, YAML or JSON, or
of a HAR file (HTTP Archive 1.2). Out: a list of Interaction. Nothing in a file is executed: YAML is read by a safe
loader.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any

_CASSETTE = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:---[^\n]*\n|#[^\n]*\n|version: *\d+[ \r]*\n|[ \r]*\n)*(?:http_)?interactions:|"
    rb'\s*\{\s*(?:"version"\s*:\s*\d+\s*,\s*)?"(?:log|interactions|http_interactions)"\s*:'
)
# https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream: a comment or a field.
_EVENT_STREAM = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?::|(?:data|event|id|retry):)")
_STREAMS = ("text/event-stream", "ndjson", "jsonl", "jsonlines", "stream+json", "json-seq")
# What recordings of event streams say too: dd-trace-py's of OpenAI are `application/json`.
_ANYTHING = ("application/json", "text/plain")

# Recordings are six deep. A tree of 100,000 levels, built by libyaml, ends the process (PyYAML 6.0.3), so its events,
# which it makes without recursion, are looked at first: half of the time again.
_MAX_DEPTH = 64


class CassetteError(ValueError):
    """A file that is no recording that can be read, or that lacks the interaction asked for."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One recorded request with its response.

    ``index`` counts from 0 over all recorded interactions; ``status`` is None and ``content_type`` empty where the
    recording has none; ``body`` is the response's, content encoding undone.

    >>> Interaction(0, "https://example.org/v1", 200, "text/event-stream; charset=utf-8", b"data: 1").kind
    'stream'
    """

    index: int
    url: str
    status: int | None
    content_type: str
    body: bytes

    @property
    def kind(self) -> str:
        """What the body is: "stream" (events, lines of JSON, an array of JSON), "json" or "other".

        The content type decides, and where there is none, or one that says little, the first bytes.
        """
        start = self.body.lstrip()[:1]
        if not start:
            return "other"
        media = self.content_type.partition(";")[0].strip().lower()
        if any(name in media for name in _STREAMS):
            return "stream"
        if (not media or media in _ANYTHING) and _EVENT_STREAM.match(self.body):
            return "stream"
        if media and "json" not in media:
            return "other"
        return "stream" if start == b"[" else "json" if start == b"{" else "other"


def looks_recorded(start: bytes) -> bool:
    r"""Tell from its first bytes whether a file is a recording that :func:`interactions` reads.

    >>> looks_recorded(b"---\nversion: 2\ninteractions:\n"), looks_recorded(b"data: 1\n\n")
    (True, False)
    """
    return _CASSETTE.match(start) is not None


def streams(recorded: list[Interaction]) -> list[Interaction]:
    """Return the interactions whose response is a stream; where none is, those whose response is a JSON object.

    >>> streams([Interaction(0, "", 200, "text/html", b"<p>"), Interaction(1, "", 200, "", b"data: 1")])[0].index
    1
    """
    for kind in ("stream", "json"):
        found = [interaction for interaction in recorded if interaction.kind == kind]
        if found:
            return found
    return []


def interactions(data: bytes) -> list[Interaction]:
    r"""Read a recording. Raises CassetteError if it is none, ImportError if it is YAML and PyYAML is not installed.

    >>> har = b'{"log":{"entries":[{"response":{"status":200,"content":{"text":"data: 1\\n\\n"}}}]}}'
    >>> interactions(har)[0].body
    b'data: 1\n\n'
    """
    document = _json(data) if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" else _yaml(data)
    if not isinstance(document, dict):
        raise CassetteError("no recording: neither interactions nor a log")
    log = document.get("log")
    if isinstance(log, dict) and isinstance(log.get("entries"), list):
        return [_from_har(index, _mapping(entry)) for index, entry in enumerate(log["entries"])]
    recorded = document.get("interactions", document.get("http_interactions"))
    if not isinstance(recorded, list):
        raise CassetteError("no recording: neither interactions nor a log")
    return [_from_vcr(index, _mapping(interaction)) for index, interaction in enumerate(recorded)]


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        raise CassetteError(f"not JSON: {error}") from error


def _yaml(data: bytes) -> Any:
    try:
        import yaml  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ImportError("reading YAML cassettes needs PyYAML: pip install 'ssefold[cassettes]'") from error
    try:
        depth = 0
        for event in yaml.parse(data, Loader=_loader()):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                raise CassetteError(f"not a recording: nested deeper than {_MAX_DEPTH}")
        return yaml.load(data, Loader=_loader())  # noqa: S506 - a subclass of the safe loader
    except (yaml.YAMLError, UnicodeError, ValueError, RecursionError) as error:
        raise CassetteError(f"not YAML: {error}") from error


@cache
def _loader() -> Any:
    """Return the safe loader, libyaml's where PyYAML was built with it (ten times faster), with Python 2's strings."""
    import yaml  # noqa: PLC0415 - an extra

    safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader: Any = type("CassetteLoader", (safe,), {})
    # vcrpy wrote these before 2.0, and such cassettes are still about.
    for tag in ("unicode", "str"):
        loader.add_constructor(f"tag:yaml.org,2002:python/{tag}", safe.construct_scalar)
    loader.add_multi_constructor("tag:yaml.org,2002:python/object", _argument)
    return loader


def _argument(loader: Any, _name: str, node: Any) -> Any:
    """Read an object of Python as the one thing that it was made of, and make none.

    The names of aiohttp's headers are such: ``!!python/object/apply:multidict._multidict.istr [Content-Type]``.
    """
    made_of = [child for child in node.value if hasattr(child, "value")] if isinstance(node.value, list) else []
    return loader.construct_object(made_of[0], deep=True) if len(made_of) == 1 else None


def _from_vcr(index: int, interaction: dict[str, Any]) -> Interaction:
    """Read one interaction of go-vcr, vcrpy or Ruby VCR.

    go-vcr: `body` is text, `status` "200 OK", `code` 200. vcrpy: `body: {string: …}`, `status: {code, message}`; Ruby
    VCR and vcrpy's JSON have `base64_string` too. vcrpy before 6.0, of httpx: `content` is text, `status_code` 200.
    """
    request, response = _mapping(interaction.get("request")), _mapping(interaction.get("response"))
    headers = _headers(response.get("headers"))
    body = response.get("body", response.get("content"))
    if isinstance(body, dict):
        encoded = body.get("base64_string")
        body = body.get("string") if encoded is None else _base64(encoded)
    status = response.get("status")
    code = response.get("code", status.get("code") if isinstance(status, dict) else response.get("status_code"))
    return _interaction(index, request.get("url", request.get("uri")), code, headers, _bytes(body))


def _from_har(index: int, entry: dict[str, Any]) -> Interaction:
    """Read one entry: http://www.softwareishard.com/blog/har-12-spec/#content."""
    request, response = _mapping(entry.get("request")), _mapping(entry.get("response"))
    content = _mapping(response.get("content"))
    headers = _headers(response.get("headers"))
    if isinstance(content.get("mimeType"), str):
        headers["content-type"] = content["mimeType"]
    text = content.get("text")
    body = _base64(text) if content.get("encoding") == "base64" else _bytes(text)
    return _interaction(index, request.get("url"), response.get("status"), headers, body)


def _interaction(index: int, url: object, status: object, headers: dict[str, str], body: bytes) -> Interaction:
    return Interaction(
        index,
        url if isinstance(url, str) else "",
        status if isinstance(status, int) else None,
        headers.get("content-type", ""),
        _decoded(body, headers.get("content-encoding", "")),
    )


def _headers(headers: object) -> dict[str, str]:
    """Names in lower case; of a list of values the first. HAR has a list of `{name, value}`."""
    pairs: list[tuple[Any, Any]] = []
    if isinstance(headers, dict):
        pairs = list(headers.items())
    elif isinstance(headers, list):
        pairs = [(header.get("name"), header.get("value")) for header in headers if isinstance(header, dict)]
    found: dict[str, str] = {}
    for name, values in pairs:
        value = values[0] if isinstance(values, list) and values else values
        if isinstance(name, str):
            found.setdefault(name.lower(), _bytes(value).decode("latin-1"))
    return found


def _decoded(body: bytes, encoding: str) -> bytes:
    """Undo a content encoding that is still there: some recorders store decoded bodies and keep the header."""
    try:
        if body.startswith(b"\x1f\x8b"):
            return gzip.decompress(body)
        if encoding.strip().lower() == "deflate":
            return zlib.decompress(body)
    except (OSError, EOFError, zlib.error):
        return body
    return body


def _base64(text: object) -> bytes:
    try:
        return base64.b64decode(_bytes(text))
    except (binascii.Error, ValueError) as error:
        raise CassetteError(f"a body is not base64: {error}") from error


def _bytes(value: object) -> bytes:
    """Return a body's bytes; the halves of a surrogate pair, which a YAML writer may escape apart, are joined."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        return b""
    try:
        return value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
