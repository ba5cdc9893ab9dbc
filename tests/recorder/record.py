"""Request each scenario over loopback and write down what came: cassette, bodies, expectation.

Recording again gives the same bytes: only headers that don't change are kept, and a neutral host stands for the server.
"""

from __future__ import annotations

import dataclasses
import http.client
import json
from typing import TYPE_CHECKING, Any

import yaml

from .server import ScenarioServer
from .wire import compact

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .scenario import Exchange, Scenario

HOST = "api.example.com"


@dataclasses.dataclass(frozen=True)
class Recorded:
    """One exchange as the client saw it."""

    exchange: Exchange
    sent: str
    status: int
    reason: str
    headers: dict[str, str]
    body: bytes


class _Dumper(yaml.SafeDumper):
    """Writes bodies as literal blocks where YAML can, as go-vcr does."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # YAML 1.1 reads U+0085, U+2028 and U+2029 as line breaks and YAML 1.2 doesn't: escapes mean the same in both.
    quoted = any(mark in text for mark in "\r\x85\u2028\u2029\ufeff")
    style = '"' if quoted else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def record_all(scenarios: Iterable[Scenario], directory: Path) -> list[Path]:
    """Record every scenario into ``directory``; the paths written, in order."""
    scenarios = tuple(scenarios)
    directory.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with ScenarioServer(scenarios) as server:
        for scenario in scenarios:
            recorded = [request(server.port, exchange) for exchange in scenario.exchanges]
            for name, content in files(scenario, recorded).items():
                (directory / name).write_bytes(content)
                written.append(directory / name)
    return written


def request(port: int, exchange: Exchange) -> Recorded:
    """Ask the server on 127.0.0.1 for one exchange and read what arrives until the body or the connection ends."""
    sent = compact(exchange.request)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Accept": "text/event-stream", "Content-Type": "application/json", "Host": HOST}
    connection.request("POST", exchange.path, sent.encode(), headers)
    response = connection.getresponse()
    body = bytearray()
    try:
        while piece := response.read1():
            body += piece
    except http.client.IncompleteRead as error:
        body += error.partial
    kept = {name: value for name, value in response.getheaders() if name != "Transfer-Encoding"}
    connection.close()
    return Recorded(exchange, sent, response.status, response.reason, kept, bytes(body))


def files(scenario: Scenario, recorded: list[Recorded]) -> dict[str, bytes]:
    """Every file of one scenario: name → content."""
    cassette = _go_vcr(recorded) if scenario.format == "go-vcr" else _vcrpy(recorded)
    text = yaml.dump(cassette, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)
    bodies = {scenario.body_name(position): item.body for position, item in enumerate(recorded)}
    interactions = [
        {"body": name, **dataclasses.asdict(item.exchange.expected)}
        for name, item in zip(bodies, recorded, strict=True)
    ]
    expected = json.dumps({"format": scenario.format, "interactions": interactions}, indent=1, ensure_ascii=False)
    return {f"{scenario.name}.yaml": text.encode(), f"{scenario.name}.json": f"{expected}\n".encode(), **bodies}


def _text_or_bytes(body: bytes) -> str | bytes:
    # A body cut inside a character is no text: vcrpy then writes !!binary.
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body


def _go_vcr(recorded: list[Recorded]) -> dict[str, Any]:
    """Arrange go-vcr v2's cassette format."""
    interactions = [
        {
            "id": position,
            "request": {
                "proto": "HTTP/1.1",
                "proto_major": 1,
                "proto_minor": 1,
                "content_length": len(item.sent.encode()),
                "host": HOST,
                "body": item.sent,
                "headers": {"Accept": ["text/event-stream"], "Content-Type": ["application/json"]},
                "url": f"https://{HOST}{item.exchange.path}",
                "method": "POST",
            },
            "response": {
                "proto": "HTTP/1.1",
                "proto_major": 1,
                "proto_minor": 1,
                "transfer_encoding": ["chunked"],
                "content_length": -1,
                "body": _text_or_bytes(item.body),
                "headers": {name: [value] for name, value in item.headers.items()},
                "status": f"{item.status} {item.reason}",
                "code": item.status,
            },
        }
        for position, item in enumerate(recorded)
    ]
    return {"version": 2, "interactions": interactions}


def _vcrpy(recorded: list[Recorded]) -> dict[str, Any]:
    """Arrange vcrpy's cassette format, version 1."""
    interactions = [
        {
            "request": {
                "body": item.sent,
                "headers": {"accept": ["text/event-stream"], "content-type": ["application/json"], "host": [HOST]},
                "method": "POST",
                "uri": f"https://{HOST}{item.exchange.path}",
            },
            "response": {
                "body": {"string": _text_or_bytes(item.body)},
                "headers": {name.lower(): [value] for name, value in item.headers.items()},
                "status": {"code": item.status, "message": item.reason},
            },
        }
        for item in recorded
    ]
    return {"interactions": interactions, "version": 1}
