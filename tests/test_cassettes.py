"""Recordings of every kind give the bodies that went over the wire."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
import zlib
from itertools import product
from pathlib import Path

import pytest
import requests
import vcr

import corpus
from servers import PATIENCE, PiecesServer
from ssefold.cassettes import CassetteError, Interaction, interactions, looks_recorded, streams

HERE = Path(__file__).parent
OURS = sorted((HERE / "cassettes").glob("*.yaml"))
SEEDS = sorted((corpus.FOLDER / "seeds").glob("*.yaml"))
BODY = "data: ünïcode 🎉\n\ndata: [DONE]\n\n".encode()


def bodies(cassette: Path) -> list[bytes]:
    """The bodies that lie beside a cassette."""
    several = sorted(cassette.parent.glob(f"{cassette.stem}__*.sse"))
    return [path.read_bytes() for path in several or [cassette.with_suffix(".sse")]]


@pytest.mark.parametrize("cassette", OURS, ids=lambda path: path.stem)
def test_our_recordings(cassette):
    data = cassette.read_bytes()
    assert looks_recorded(data)
    found = interactions(data)
    assert [interaction.index for interaction in found] == list(range(len(found)))
    assert {interaction.status for interaction in found} == {200}
    assert [interaction.body for interaction in streams(found)] == bodies(cassette)
    assert all(interaction.url.startswith("https://") for interaction in found)


@pytest.mark.corpus
@pytest.mark.parametrize("cassette", SEEDS, ids=lambda path: path.stem)
def test_recordings_of_go_vcr(cassette):
    found = interactions(cassette.read_bytes())
    assert [interaction.body for interaction in found if interaction.kind == "stream"] == bodies(cassette)


# vcrpy's JSON can't hold bytes that are no UTF-8, as a compressed body is that it doesn't decode.
@pytest.mark.parametrize(
    ("serializer", "decode", "compressed"),
    [
        (serializer, decode, compressed)
        for serializer, decode, compressed in product(["yaml", "json"], [False, True], [False, True])
        if serializer == "yaml" or decode or not compressed
    ],
)
def test_vcrpy_itself(tmp_path, serializer, decode, compressed):
    path = tmp_path / "recorded"
    with (
        PiecesServer([BODY[:9], BODY[9:]], encoding="gzip" if compressed else "") as server,
        vcr.use_cassette(str(path), serializer=serializer, decode_compressed_response=decode),
    ):
        assert requests.get(server.url, timeout=PATIENCE).content == BODY
    data = path.read_bytes()
    assert looks_recorded(data)
    assert interactions(data) == [Interaction(0, server.url, 200, "text/event-stream", BODY)]


GO_VCR_1 = """\
---
version: 1
interactions:
- request:
    body: ""
    form: {}
    headers: {}
    url: https://api.example.com/v1
    method: POST
  response:
    body: |+
      data: 1

    headers:
      Content-Type:
      - text/event-stream
    status: 200 OK
    code: 200
    duration: 401.5ms
"""
RUBY_VCR = """\
---
http_interactions:
- request:
    method: post
    uri: https://api.example.com/v1
  response:
    status:
      code: 200
      message: OK
    headers:
      Content-Type:
      - text/event-stream
    body:
      encoding: UTF-8
      string: "data: 1\\n\\n"
recorded_with: VCR 6.3.1
"""
OLD_VCRPY = """\
interactions:
- request: {uri: 'https://api.example.com/v1'}
  response:
    body: {string: !!python/unicode "data: 1\\n\\n"}
    headers:
      !!python/unicode content-type: [!!python/unicode 'text/event-stream']
    status: {code: 200, message: OK}
version: 1
"""
HTTPX_VCRPY = """\
interactions:
- request: {body: '{}', headers: {}, method: POST, uri: 'https://api.example.com/v1'}
  response:
    content: 'data: 1


      '
    headers:
      content-type:
      - text/event-stream
    http_version: HTTP/1.1
    status_code: 200
version: 1
"""
AIOHTTP_VCRPY = """\
# Licensed under a licence.
#

interactions:
- request: {uri: 'https://api.example.com/v1'}
  response:
    body: {string: "data: 1\\n\\n"}
    headers:
      ? !!python/object/apply:multidict._multidict.istr
      - Content-Type
      : - text/event-stream
      ? !!python/object/new:multidict._multidict.istr
      - Server
      : - nginx
      !!python/object/apply:collections.Counter {a: 1, b: 2}: []
    status: {code: 200, message: OK}

version: 1
"""


@pytest.mark.parametrize(
    "cassette",
    [GO_VCR_1, RUBY_VCR, OLD_VCRPY, HTTPX_VCRPY, AIOHTTP_VCRPY],
    ids=["go-vcr 1", "ruby", "vcrpy 1", "vcrpy with httpx", "vcrpy with aiohttp"],
)
def test_other_recorders(cassette):
    data = cassette.encode()
    assert looks_recorded(data)
    assert interactions(data) == [
        Interaction(0, "https://api.example.com/v1", 200, "text/event-stream", b"data: 1\n\n")
    ]


def vcrpy(body: object, encoding: str = "") -> bytes:
    headers = {"Content-Type": ["text/event-stream"], "Content-Encoding": [encoding]}
    response = {"status": {"code": 200}, "headers": headers, "body": body}
    return json.dumps({"version": 1, "interactions": [{"request": {"uri": "u"}, "response": response}]}).encode()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ({"string": BODY.decode()}, ""),
        ({"string": BODY.decode()}, "gzip"),
        ({"string": BODY.decode()}, "deflate"),
        ({"base64_string": base64.b64encode(BODY).decode()}, ""),
        ({"base64_string": base64.b64encode(gzip.compress(BODY)).decode()}, "gzip"),
        ({"base64_string": base64.b64encode(gzip.compress(BODY)).decode()}, ""),
        ({"base64_string": base64.b64encode(zlib.compress(BODY)).decode()}, "deflate"),
        (BODY.decode(), ""),
    ],
)
def test_encodings_of_a_body(body, encoding):
    assert interactions(vcrpy(body, encoding))[0].body == BODY


def test_binary_bodies_of_yaml():
    yaml = pytest.importorskip("yaml")
    document = json.loads(vcrpy({"string": ""}, "gzip"))
    document["interactions"][0]["response"]["body"]["string"] = gzip.compress(BODY)
    data = yaml.safe_dump(document).encode()
    assert b"!!binary" in data
    assert interactions(data)[0].body == BODY


def test_halves_of_a_surrogate_pair_are_joined():
    assert interactions(vcrpy({"string": "data: \ud83c\udf89 \ud83c"}))[0].body == "data: 🎉 �".encode()


def har(*contents: dict[str, object]) -> bytes:
    entries = [
        {"request": {"url": "https://api.example.com"}, "response": {"status": 200, "headers": [], "content": content}}
        for content in contents
    ]
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


def test_har():
    data = har(
        {"mimeType": "text/html", "text": "<p>"},
        {"mimeType": "text/event-stream; charset=utf-8", "text": BODY.decode()},
        {"mimeType": "text/event-stream", "text": base64.b64encode(BODY).decode(), "encoding": "base64"},
        {"mimeType": "text/event-stream"},
    )
    assert looks_recorded(data)
    assert looks_recorded(b"\n{\n  " + data[1:])
    found = interactions(data)
    assert [interaction.body for interaction in found] == [b"<p>", BODY, BODY, b""]
    assert [interaction.index for interaction in streams(found)] == [1, 2]
    assert interactions(b"\xef\xbb\xbf" + data) == found


def test_har_with_headers_alone():
    data = json.loads(har({"text": "{}"}))
    data["log"]["entries"][0]["response"]["headers"] = [
        {"value": "text/html"},
        {"name": 7, "value": "text/html"},
        {"name": "Content-Type", "value": "application/x-ndjson"},
        7,
    ]
    assert interactions(json.dumps(data).encode())[0].kind == "stream"


@pytest.mark.parametrize(
    ("content_type", "body", "kind"),
    [
        ("text/event-stream", b"data: 1", "stream"),
        ("TEXT/EVENT-STREAM;charset=UTF-8", b"data: 1", "stream"),
        ("application/x-ndjson", b"{}\n{}", "stream"),
        ("application/jsonl", b"{}", "stream"),
        ("application/json", b" [{}]", "stream"),
        ("application/json; charset=utf-8", b"{}", "json"),
        ("application/json", b"data: {}\n\n", "stream"),
        ("text/plain; charset=utf-8", b"event: x\ndata: {}\n\n", "stream"),
        ("text/plain", b"{}", "other"),
        ("text/html", b"data: 1", "other"),
        ("application/json", b"null", "other"),
        ("text/event-stream", b"", "other"),
        ("", b": comment\n\ndata: 1", "stream"),
        ("", b"\xef\xbb\xbfevent: ping\n", "stream"),
        ("", b"[{}]", "stream"),
        ("", b"{}", "json"),
        ("", b"<html>", "other"),
    ],
)
def test_kinds(content_type, body, kind):
    assert Interaction(0, "", 200, content_type, body).kind == kind


def test_json_counts_where_nothing_streams():
    stream = Interaction(0, "", 200, "text/event-stream", b"data: 1")
    answer = Interaction(1, "", 200, "application/json", b"{}")
    page = Interaction(2, "", 200, "text/html", b"<p>")
    assert streams([answer, page, stream]) == [stream]
    assert streams([answer, page]) == [answer]
    assert streams([page]) == []


@pytest.mark.parametrize(
    "start", [b"data: 1\n\n", b'{"choices": []}', b"[]", b"event: interactions\n", b"", b"\x1f\x8b", b"id: 1\n"]
)
def test_streams_do_not_look_recorded(start):
    assert not looks_recorded(start)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"interactions: 3",
        b"interactions: [",
        b"interactions:\n\t- a",
        b"- a\n- b",
        b"version: 2",
        b'{"log": 1}',
        b'{"log": {"entries": 1}}',
        b'{"log": ',
        b"\xff\xfe\xff interactions",
        b"[" * 100_000,
        b"- " * 100_000,
        b"interactions: " + b"{a: " * 100_000,
        b'{"log":' * 100_000,
        b"!!python/object/apply:os.system ['true']",
        vcrpy({"base64_string": "a"}),
    ],
)
def test_what_is_no_recording(data):
    with pytest.raises(CassetteError, match=r"^(no recording|not a recording|not JSON|not YAML|a body is not base64)"):
        interactions(data)


@pytest.mark.parametrize("entry", [None, 7, {}, {"response": 7}, {"response": {"headers": 7, "body": 7, "status": []}}])
def test_interactions_of_wrong_types(entry):
    found = interactions(json.dumps({"interactions": [entry]}).encode())
    assert found == [Interaction(0, "", None, "", b"")]
    assert interactions(json.dumps({"log": {"entries": [entry]}}).encode())[0].body == b""


def test_without_pyyaml():
    program = (
        "import sys; sys.modules['yaml'] = None\n"
        "from ssefold.cassettes import interactions\n"
        "try: interactions(b'interactions: []')\n"
        "except ImportError as error: print(error)\n"
        "print(interactions(b'{\"interactions\": []}'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "reading YAML cassettes needs PyYAML: pip install 'ssefold[cassettes]'\n[]\n"
