"""The providers' own SDKs read the same recordings over HTTP, and end with the same message."""

from __future__ import annotations

import json
from pathlib import Path

import anthropic
import openai
import pytest

from servers import PiecesServer

CASSETTES = Path(__file__).parent / "cassettes"
ANTHROPIC = ("anthropic_text", "anthropic_thinking", "anthropic_tools", "anthropic_search")
RESPONSES = ("responses_text", "responses_reasoning", "responses_custom", "responses_hosted")


def stated(value):
    """Leave out what says nothing: null and []."""
    if isinstance(value, dict):
        members = ((key, stated(member)) for key, member in value.items())
        return {key: member for key, member in members if member is not None and member != []}
    return [stated(item) for item in value] if isinstance(value, list) else value


def body_of(name):
    return (CASSETTES / f"{name}.sse").read_bytes()


def origin(server):
    return f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize("name", ANTHROPIC)
def test_anthropic(api, name):
    body = body_of(name)
    with (
        PiecesServer([body[:200], body[200:]]) as server,
        anthropic.Anthropic(api_key="none", base_url=origin(server), max_retries=0) as client,
        client.messages.stream(model="any", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]) as stream,
    ):
        final = json.loads(stream.get_final_message().model_dump_json(exclude_unset=True, warnings=False))
    ours = stated(api.merge(body).message)
    theirs = stated(final)
    assert ours["content"] == theirs["content"]
    assert {key: ours.get(key) for key in theirs if key not in ("content", "usage")} == {
        key: value for key, value in theirs.items() if key not in ("content", "usage")
    }
    assert ours["usage"]["output_tokens"] == theirs["usage"]["output_tokens"]


@pytest.mark.parametrize("name", RESPONSES)
def test_openai_responses(api, name):
    body = body_of(name)
    with (
        PiecesServer([body[:200], body[200:]]) as server,
        openai.OpenAI(api_key="none", base_url=origin(server), max_retries=0) as client,
        client.responses.stream(model="any", input="Hi") as stream,
    ):
        final = stream.get_final_response()
    merged = api.merge(body)
    assert (merged.id, merged.model, merged.text) == (final.id, final.model, final.output_text)
    theirs = [item.to_dict(warnings=False) for item in final.output]
    for mine, item in zip(merged.message["output"], theirs, strict=True):
        assert stated(mine) == {key: value for key, value in stated(item).items() if key in stated(mine)}
