"""OpenAI Responses: a custom tool's free text, a code interpreter, a server of tools, an image."""

from __future__ import annotations

from .responses import MODEL, PATH, Stream, asking, counts, spoken
from .scenario import Exchange, Expectation, Scenario, tool_call, usage

QUERY = "SELECT depth FROM shoals\nWHERE chart = 7"


def _custom() -> Exchange:
    stream = Stream("resp_03Query", 1790002020)
    used = counts(61, 24)
    head = {"id": "ctc_query", "type": "custom_tool_call", "call_id": "call_query", "name": "ask_database"}
    output = [{**head, "status": "completed", "input": QUERY}]
    return Exchange(
        request=asking("How deep is it there?", tools=[{"type": "custom", "name": "ask_database"}]),
        path=PATH,
        pieces=(
            *stream.opened(),
            stream.item("added", 0, **head, status="in_progress", input=""),
            *stream.deltas(
                "custom_tool_call_input",
                "SELECT| depth| FROM shoals\n|WHERE chart| = 7",
                "input",
                item_id="ctc_query",
                output_index=0,
            ),
            stream.item("done", 0, **output[0]),
            stream.state("completed", "completed", output=output, usage=used),
        ),
        expected=Expectation(
            dialect="openai-responses",
            id="resp_03Query",
            model=MODEL,
            text="",
            finish_reason="completed",
            usage=usage(61, 24, 85, reasoning=0, cached=0),
            tool_calls=[tool_call(0, "call_query", "ask_database", QUERY)],
            message=stream.answer("completed", output, usage=used),
        ),
    )


CODE = "depths = [3, 2, 4]\nprint(min(depths))"
PIXELS = "aVZCT1J3MEtHZ28="
PARTIAL = {"partial_image_index": 0, "partial_image_b64": PIXELS[:8], "output_format": "png"}
TOOLS = [{"name": "tide", "input_schema": {"type": "object"}, "annotations": {"read_only": True}}]


def _hosted() -> Exchange:
    stream = Stream("resp_04Hosted", 1790002030)
    used = counts(300, 88, thought=16)
    code = {"id": "ci_depth", "type": "code_interpreter_call", "container_id": "cntr_1", "outputs": []}
    listed = {"id": "mcpl_tide", "type": "mcp_list_tools", "server_label": "tides"}
    remote = {"id": "mcp_tide", "type": "mcp_call", "server_label": "tides", "name": "tide"}
    image = {"id": "ig_map", "type": "image_generation_call", "output_format": "png"}
    output = [
        {**code, "status": "completed", "code": CODE},
        {**listed, "tools": TOOLS},
        {**remote, "status": "completed", "arguments": '{"day":3}', "output": "2.1 m"},
        {**image, "status": "completed", "result": PIXELS},
        spoken("msg_depth", "Two metres, and two more at high water."),
    ]

    def at(place: int, item: dict[str, object]) -> dict[str, object]:
        return {"item_id": item["id"], "output_index": place}

    return Exchange(
        request=asking("Draw how deep it is.", tools=[{"type": "code_interpreter"}, {"type": "mcp"}]),
        path=PATH,
        pieces=(
            *stream.opened(),
            stream.item("added", 0, **code, status="in_progress", code=""),
            stream.said("response.code_interpreter_call.in_progress", **at(0, code)),
            *stream.deltas(
                "code_interpreter_call_code", "depths| = [3|, 2, 4]\n|print(|min(depths))", "code", **at(0, code)
            ),
            stream.said("response.code_interpreter_call.interpreting", **at(0, code)),
            stream.said("response.code_interpreter_call.completed", **at(0, code)),
            stream.item("done", 0, **output[0]),
            stream.item("added", 1, **listed, tools=[]),
            stream.said("response.mcp_list_tools.in_progress", **at(1, listed)),
            stream.said("response.mcp_list_tools.completed", **at(1, listed)),
            stream.item("done", 1, **output[1]),
            stream.item("added", 2, **remote, status="in_progress", arguments="", output=None),
            stream.said("response.mcp_call.in_progress", **at(2, remote)),
            *stream.deltas("mcp_call_arguments", '{"day"|:3}', "arguments", **at(2, remote)),
            stream.said("response.mcp_call.completed", **at(2, remote)),
            stream.item("done", 2, **output[2]),
            stream.item("added", 3, **image, status="in_progress"),
            stream.said("response.image_generation_call.generating", **at(3, image)),
            stream.said("response.image_generation_call.partial_image", **at(3, image), **PARTIAL),
            stream.item("done", 3, **output[3]),
            *stream.message(4, "msg_depth", "Two| metres|, and| two| more| at| high water|."),
            stream.state("completed", "completed", output=output, usage=used),
        ),
        expected=Expectation(
            dialect="openai-responses",
            id="resp_04Hosted",
            model=MODEL,
            text="Two metres, and two more at high water.",
            finish_reason="completed",
            usage=usage(300, 88, 388, reasoning=16, cached=0),
            message=stream.answer("completed", output, usage=used),
        ),
    )


RESPONSES_CUSTOM = Scenario("responses_custom", "go-vcr", (_custom(),))
RESPONSES_HOSTED = Scenario("responses_hosted", "go-vcr", (_hosted(),))
