"""Chat completions."""

from __future__ import annotations

import base64

from benches.shapes.shape import FIRST, Shape, again, call, chat, delta, each, held, once, sse


def interleaved(number: int, calls: int = 20) -> bytes:
    if number < calls:
        return call(number, f"look_up_{number}", "", id=f"call_{number}")
    return call(number * 7 % calls, arguments="abc")


ROW = {"token": " harbour", "logprob": -0.5, "bytes": [32, 104, 97], "top_logprobs": []}
TURNS = [f'{{"choices":[{{"delta":{{"content":"x","reasoning_content":"y"}}}}],"k{n}":{n}}}' for n in range(14)]

CHAT = {
    "new names": Shape(each(lambda number: sse({"choices": [], f"name {number}": number}))),
    "new names, deltas": Shape(each(lambda number: sse({"choices": [], f"name {number}": number})), "deltas"),
    "new names that stay away": Shape(each(lambda number: sse({"choices": [], "x": [{f"name {number}": 1}]}))),
    "new names in one place": Shape(each(lambda number: chat({}, citations={f"name {number}": number}))),
    "names of a kilobyte": Shape(each(lambda number: sse({"choices": [], f"{number:01000}": 1})), times=16),
    "usage that grows": Shape(each(lambda number: sse({"choices": [], "usage": {f"count {number}": number}}))),
    "usage that changes, deltas": Shape(
        each(lambda number: sse({"choices": [], "usage": {"completion_tokens": number}})), "deltas"
    ),
    "usage of another": Shape(each(lambda number: sse({"choices": [], "x_groq": {"usage": {"n": number}}}))),
    "tool calls": Shape(each(lambda number: call(number % 9999, "f", "{}", id=f"call {number % 9999}"))),
    "tool calls, deltas": Shape(
        each(lambda number: call(number % 9999, "f", "{}", id=f"call {number % 9999}")), "deltas"
    ),
    "tool calls of no index": Shape(each(lambda number: call(None, "f", "{}", id=f"call {number % 9999}"))),
    "tool calls in turn": Shape(each(interleaved)),
    "tool calls in turn, deltas": Shape(each(interleaved), "deltas"),
    "an index used again": Shape(each(lambda number: call(0, f"f{number % 9999}", "{}", id=f"call {number % 9999}"))),
    "a name in pieces": Shape(again(call(0, "ab"), call(0, "a"), first=FIRST + call(0, "a", id="call"))),
    "a long name, then arguments": Shape(
        held(lambda size: [FIRST, call(0, "f" * size, id="call")], call(0, "f", "1"), call(0, arguments="1", id="call"))
    ),
    "empty tool calls in one event": Shape(once(lambda size: chat({"tool_calls": [{"id": ""}] * (size // 10)}))),
    "choices": Shape(each(lambda number: chat({"content": "x"}, number % 9999))),
    "choices in falling order": Shape(each(lambda number: chat({"content": "x"}, 10**9 - number % 9999))),
    "choices in falling order, deltas": Shape(
        each(lambda number: chat({"content": "x"}, 10**9 - number % 9999)), "deltas"
    ),
    "choices in turn": Shape(each(lambda number: chat({"content": "x"}, number * 7 % 20))),
    "reasoning of many choices": Shape(each(lambda number: chat({"reasoning": "x"}, 10**9 - number % 9999))),
    "small choices": Shape(once(lambda size: sse({"choices": [{"x": 1}] * (size // 8)}))),
    "messages beside": Shape(
        each(lambda number: sse({"choices": [{"index": number % 9999, "message": {"content": "x"}}]}))
    ),
    "a message beside, again": Shape(again(sse({"choices": [{"message": {"content": "x" * 300}}]}), first=b"")),
    "logprobs": Shape(again(chat({"content": " harbour"}, logprobs={"content": [ROW]}))),
    "logprobs, deltas": Shape(again(chat({"content": " harbour"}, logprobs={"content": [ROW]})), "deltas"),
    "logprobs sent again": Shape(again(chat({}, logprobs={"content": [ROW] * 50, "refusal": [ROW]})), times=16),
    "token ids": Shape(again(chat({"content": "x"}, token_ids=[12345, 67890]))),
    "audio": Shape(again(chat({"audio": {"data": base64.b64encode(b"x" * 100).decode()}}))),
    "audio in small pieces": Shape(again(chat({"audio": {"data": "AA=="}}))),
    "audio in one piece": Shape(
        once(
            lambda size: chat({"audio": {"data": "A" * (size // 4 * 4) + "AA=="}}),
            first=chat({"audio": {"data": "AA=="}}),
        )
    ),
    "content blocks": Shape(each(lambda number: chat({"content": [{"type": f"t{number % 2}", "text": "x"}]}))),
    "thinking blocks": Shape(
        again(chat({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "x"}]}]}))
    ),
    "reasoning details": Shape(again(chat({"reasoning_details": [{"type": "t", "text": "x"}]}))),
    "details of new types": Shape(
        each(lambda number: chat({"reasoning_details": [{"type": f"t{number}", "text": "x"}]}))
    ),
    "details of new ids": Shape(
        each(lambda number: chat({"reasoning_details": [{"type": "t", "id": f"{number}", "text": "x"}]}))
    ),
    "ids that change": Shape(each(lambda number: sse({"id": f"id {number}", **delta({"content": "x"})}))),
    "lists that grow": Shape(each(lambda number: chat({"images": [{"url": f"{number}"}]}))),
    "lists that grow, deltas": Shape(each(lambda number: chat({"images": [{"url": f"{number}"}]})), "deltas"),
    "items that grow": Shape(each(lambda number: chat({"images": [{"index": number % 9999, "url": "x"}]}))),
    "texts that no rule names": Shape(again(chat({"x": "y"}))),
    "values replaced": Shape(each(lambda number: sse({**delta({}), "citations": [f"{number}"] * 20}))),
    "values replaced, deltas": Shape(
        each(lambda number: sse({**delta({}), "citations": [f"{number}"] * 20})), "deltas"
    ),
    "values of turning types": Shape(again(sse({**delta({}), "x": {"a": {"b": 1}}}), sse({**delta({}), "x": [1]}))),
    "shapes in turn": Shape(again(*map(sse, TURNS[:10]), first=FIRST + b"".join(map(sse, TURNS)))),
    "more shapes than are kept": Shape(again(*map(sse, TURNS), first=FIRST + b"".join(map(sse, TURNS)))),
    "shapes that part at the last byte": Shape(
        each(lambda number: sse({**delta({"content": "x" * 200}), "created": 1, "x": number % 14}))
    ),
    "lists that part at the last byte": Shape(
        each(lambda number: sse({**delta({}, logprobs={"content": [ROW] * 5}), "x": number % 14}))
    ),
    "large shapes that part": Shape(
        each(lambda number: sse({**delta({"content": "x"}), "x": "y" * 9000 + str(number % 14)}))
    ),
    "much content, then tokens": Shape(
        held(lambda size: [FIRST, chat({"content": "x" * size})], chat({"content": "y"}), chat({"role": "a"}))
    ),
    "a long list, then blanks": Shape(
        held(
            lambda size: [FIRST, sse({"choices": [], "x": "@"}).replace(b'"@"', b"[{" + b" " * size + b"}]")],
            sse({"choices": [], "x": [{}]}),
        )
    ),
    "many members, then one": Shape(
        held(
            lambda size: [FIRST, chat({"x": {f"key {number}": 1 for number in range(size // 15)}})],
            chat({"x": {"key 1": 1}}),
        )
    ),
}
