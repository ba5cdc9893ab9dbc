"""Anthropic's own tools and blocks: a web search with citations, a compaction, a fallback to another model."""

from __future__ import annotations

from .anthropic import MODEL, PATH, answer, block, start, stop, texts
from .scenario import Exchange, Expectation, Scenario, asking, usage

FOUND = {
    "type": "web_search_result",
    "title": "Keepers of the light",
    "url": "https://lights.example.com/keepers",
    "encrypted_content": "UGFnZXMgb2YgYSBsb2dib29r",
    "page_age": None,
}
CITED = {
    "type": "web_search_result_location",
    "cited_text": "The last keeper left in 1994.",
    "url": FOUND["url"],
    "title": FOUND["title"],
    "encrypted_index": "TG9nYm9vaw==",
}
COUNTS = {"input_tokens": 2210, "output_tokens": 93, "server_tool_use": {"web_search_requests": 1}}

ANTHROPIC_SEARCH = Scenario(
    "anthropic_search",
    "go-vcr",
    (
        Exchange(
            request=asking(MODEL, "When did the last keeper leave?", tools=[{"type": "web_search"}]),
            path=PATH,
            pieces=(
                start("msg_04LastKeeper", {"input_tokens": 2210, "output_tokens": 3}),
                *block(
                    0,
                    texts('|{"que|ry": "last keeper"|}', "input_json", "partial_json"),
                    type="server_tool_use",
                    id="srvtoolu_01Search",
                    name="web_search",
                    input={},
                ),
                *block(1, [], type="web_search_tool_result", tool_use_id="srvtoolu_01Search", content=[FOUND]),
                *block(2, texts("He| left "), type="text", text=""),
                *block(
                    3,
                    [{"type": "citations_delta", "citation": CITED}, *texts("in |1994")],
                    type="text",
                    text="",
                    citations=[],
                ),
                *block(4, texts("."), type="text", text=""),
                *stop("end_turn", COUNTS),
            ),
            expected=Expectation(
                dialect="anthropic-messages",
                id="msg_04LastKeeper",
                model=MODEL,
                text="He left in 1994.",
                finish_reason="end_turn",
                usage=usage(2210, 93, None),
                message=answer(
                    "msg_04LastKeeper",
                    [
                        {
                            "type": "server_tool_use",
                            "id": "srvtoolu_01Search",
                            "name": "web_search",
                            "input": {"query": "last keeper"},
                        },
                        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_01Search", "content": [FOUND]},
                        {"type": "text", "text": "He left "},
                        {"type": "text", "text": "in 1994", "citations": [CITED]},
                        {"type": "text", "text": "."},
                    ],
                    "end_turn",
                    COUNTS,
                ),
            ),
        ),
    ),
)

SUMMARY = "So far: three boats, one of them leaking."
SMALLER = "haiku-of-the-sea-1"
CHANGED = {"type": "fallback", "from": {"model": MODEL}, "to": {"model": SMALLER}, "trigger": {"type": "refusal"}}

ANTHROPIC_BLOCKS = Scenario(
    "anthropic_blocks",
    "vcrpy",
    (
        Exchange(
            request=asking(MODEL, "Which boat leaks?", context_management={"edits": [{"type": "compact"}]}),
            path=PATH,
            pieces=(
                start("msg_05Compacted", {"input_tokens": 90, "output_tokens": 2}),
                *block(
                    0,
                    [
                        {"type": "compaction_delta", "content": "So far: three boats,"},
                        {"type": "compaction_delta", "content": " one of them leaking."},
                    ],
                    type="compaction",
                    content=None,
                ),
                *block(1, texts("The| blue one|."), type="text", text=""),
                *stop("end_turn", {"output_tokens": 21}),
            ),
            expected=Expectation(
                dialect="anthropic-messages",
                id="msg_05Compacted",
                model=MODEL,
                text="The blue one.",
                finish_reason="end_turn",
                usage=usage(90, 21, None),
                message=answer(
                    "msg_05Compacted",
                    [{"type": "compaction", "content": SUMMARY}, {"type": "text", "text": "The blue one."}],
                    "end_turn",
                    {"input_tokens": 90, "output_tokens": 21},
                ),
            ),
        ),
        Exchange(
            request=asking(MODEL, "And how do I sink it?"),
            path=PATH,
            pieces=(
                start("msg_06FellBack", {"input_tokens": 95, "output_tokens": 1}),
                *block(0, [], **CHANGED),
                *block(1, texts("You| don't|; you| caulk it|."), type="text", text=""),
                *stop("end_turn", {"output_tokens": 11}),
            ),
            expected=Expectation(
                dialect="anthropic-messages",
                id="msg_06FellBack",
                model=SMALLER,
                text="You don't; you caulk it.",
                finish_reason="end_turn",
                usage=usage(95, 11, None),
                message={
                    **answer(
                        "msg_06FellBack",
                        [CHANGED, {"type": "text", "text": "You don't; you caulk it."}],
                        "end_turn",
                        {"input_tokens": 95, "output_tokens": 11},
                    ),
                    "model": SMALLER,
                },
            ),
        ),
    ),
)
