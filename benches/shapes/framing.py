"""Lines, events and feeds."""

from __future__ import annotations

from benches.shapes.shape import CHUNK, DONE, FIRST, Shape, again, chat, delta, each, held, once, sse

ARRAY = b"[" + CHUNK.encode()

FRAMING = {
    "content": Shape(again(sse(CHUNK))),
    "content, deltas": Shape(again(sse(CHUNK)), "deltas"),
    "content, a byte a feed": Shape(again(sse(CHUNK)), "bytes"),
    "one event": Shape(once(lambda size: chat({"content": "x" * size}))),
    "one event, a byte a feed": Shape(once(lambda size: chat({"content": "x" * size})), "bytes"),
    "events without data": Shape(again(b"data:\n\n")),
    "events of null": Shape(again(b"data:null\n\n")),
    "empty chunks": Shape(again(b"data:{}\n\n")),
    "empty chunks, deltas": Shape(again(b"data:{}\n\n"), "deltas"),
    "smallest content": Shape(again(sse('{"choices":[{"delta":{"content":"x"}}]}'))),
    "empty deltas": Shape(again(sse('{"choices":[{"delta":{}}]}'))),
    "blank lines": Shape(again(b"\n")),
    "line ends of all kinds": Shape(again(b"\r\n\r\r\n\n")),
    "comments": Shape(again(b":\n")),
    "comments, a byte a feed": Shape(again(b":\n"), "bytes"),
    "a long comment": Shape(once(lambda size: b":" * size + b"\n")),
    "unknown fields": Shape(again(b"x\n")),
    "ids": Shape(each(lambda number: b"id:%d\n" % number)),
    "retries": Shape(again(b"retry:1\n")),
    "event lines": Shape(again(b"event:x\n")),
    "a long id, then events": Shape(
        held(lambda size: [FIRST, b"id: " + b"x" * size + b"\n\n"], b"event: x\n" + sse(delta({"content": "y"})))
    ),
    "long event names": Shape(each(lambda _: b"event: " + b"x" * 1000 + b"\n" + sse(delta({"content": "y"})))),
    "data lines of one event": Shape(
        once(lambda size: b"data:[\n" + b"data: 1,\n" * (size // 9) + b"data: 1]\n\n", first=b"")
    ),
    "byte order marks": Shape(again(b"\xef\xbb\xbf" + sse(CHUNK), first=b"\xef\xbb\xbf" + FIRST)),
    "CR alone": Shape(again(sse(CHUNK).replace(b"\n", b"\r"))),
    "CRLF, a byte a feed": Shape(again(sse(CHUNK).replace(b"\n", b"\r\n")), "bytes"),
    "bytes after the end": Shape(again(sse(CHUNK), first=FIRST + DONE)),
    "events after an error": Shape(again(sse(CHUNK), first=FIRST + sse({"error": {"message": "no"}}))),
    "lines of JSON": Shape(again(CHUNK.encode() + b"\n", first=CHUNK.encode() + b"\n")),
    "lines of JSON among blank ones": Shape(again(b"\n" * 50 + CHUNK.encode() + b"\n", first=b"\n")),
    "an array of chunks": Shape(again(b"," + CHUNK.encode(), first=ARRAY)),
    "an array of small chunks": Shape(again(b",{}", first=ARRAY)),
    "an array of commas": Shape(again(b",", first=ARRAY)),
    "an array of nulls": Shape(again(b",null", first=ARRAY)),
    "an array of empty lists": Shape(again(b",[]", first=ARRAY)),
    "an array of lists of a chunk": Shape(again(b",[{}]", first=ARRAY)),
    "an array of new names": Shape(each(lambda number: b',{"%d":1}' % number, first=ARRAY)),
    "an array of names twice": Shape(again(b',{"":1,"":1}', first=ARRAY)),
    "an array of counts": Shape(each(lambda number: b',{"x":%d}' % (number % 100), first=ARRAY)),
    "chunks in one event": Shape(once(lambda size: sse("[" + ",".join([CHUNK] * (size // len(CHUNK) + 1)) + "]"))),
    "small chunks in one event": Shape(once(lambda size: sse("[" + ",".join(["{}"] * (size // 3)) + "]"))),
}
