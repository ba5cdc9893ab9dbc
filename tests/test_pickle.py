"""Everything that users hold pickles under public names, copies, and loads in the other backend."""

from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys

import pytest

import ssefold
from merging import call, delta, error_of, fold, sse, state_of
from ssefold import _backend

BODIES = {
    "done": sse(
        {"id": "i", **delta({"content": "é", "reasoning": "r"})},
        call(0, "f", '{"a"', id="c"),
        {"choices": [], "usage": {"total_tokens": 1}},
    ),
    "incomplete": sse(delta({"content": "Hi"}), end=b""),
    "provider": sse(delta({"content": "Hi"}), {"error": {"message": "m", "code": 5}}),
    "malformed": sse(delta({"content": "Hi"}), "{nope"),
    "limit": b"data: " + b"x" * 5000,
    "unknown": b"hello",
    "nothing": b"",
}
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def made(api, name):
    return fold(api, BODIES[name], max_event_size=4000)


def again(thing, protocol=pickle.HIGHEST_PROTOCOL):
    return pickle.loads(pickle.dumps(thing, protocol))  # noqa: S301 - our own


def copies(thing):
    return [
        copy.copy(thing),
        copy.deepcopy(thing),
        *(again(thing, protocol) for protocol in PROTOCOLS if protocol >= 2),
    ]


def test_event(api):
    event = api.Event("e", "é", "1", 5)
    for each in copies(event):
        assert (each, type(each), hash(each)) == (event, api.Event, hash(event))


def test_delta(api):
    for name in BODIES:
        for one in made(api, name).deltas:
            for each in copies(one):
                assert (each, type(each)) == (one, api.Delta)
    one = api.Delta("other", value={"a": [1]})
    assert copy.deepcopy(one).value is not one.value


@pytest.mark.parametrize("name", BODIES)
def test_merged(api, name):
    merged = made(api, name).merged
    for each in copies(merged):
        assert state_of(each) == state_of(merged)
        assert (each, type(each)) == (merged, api.Merged)
    assert (copy.deepcopy(merged).message is merged.message) == (merged.message is None)


@pytest.mark.parametrize("name", BODIES)
def test_report_and_views(api, name):
    merged = made(api, name).merged
    for thing in (merged.report, merged.usage, merged.tool_calls):
        for each in copies(thing):
            assert (each, type(each)) == (thing, type(thing))


@pytest.mark.parametrize("name", [name for name in BODIES if name != "done"])
def test_exceptions(api, name):
    merger = api.Merger(max_event_size=4000)
    with pytest.raises(api.SSEFoldError) as caught:  # noqa: PT012 - the one or the other raises
        merger.feed(BODIES[name])
        merger.finish()
    error = caught.value
    for each in copies(error):
        assert error_of(each) == error_of(error)
        assert type(each) is type(error)
        assert state_of(each.merged) == state_of(error.merged)
        assert each.deltas == error.deltas
        assert each.__traceback__ is None


def test_a_dialect_error(api):
    with pytest.raises(api.DialectError) as caught:
        api.Dialect.from_toml("nope")
    assert error_of(again(caught.value)) == error_of(caught.value)


class Names(pickle.Unpickler):
    """Keeps which modules a pickle names."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.modules = set()

    def find_class(self, module, name):
        self.modules.add(module)
        return super().find_class(module, name)


def test_pickles_name_no_backend(api):
    things = [made(api, name) for name in BODIES]
    names = Names(pickle.dumps([(run.merged, run.deltas, run.merged.error) for run in things] + [api.Event()]))
    names.load()
    ours = {module for module in names.modules if module.startswith("ssefold")}
    assert ours
    assert not [module for module in ours if module.startswith(("ssefold._py", "ssefold._rust"))]


@pytest.mark.parametrize("other", ["python", "rust"])
def test_loads_in_either_backend(both, api, backend, other, monkeypatch):
    things = [
        (run.merged, run.deltas, run.merged.error, api.Event("e", "d")) for run in (made(api, name) for name in BODIES)
    ]
    data = pickle.dumps(things)
    module = _backend.load(other)
    monkeypatch.setattr(_backend, "active", module)
    for name in module.__all__:
        monkeypatch.setattr(ssefold, name, getattr(module, name))
    for (merged, deltas, error, _), (merged2, deltas2, error2, event2) in zip(things, pickle.loads(data), strict=True):  # noqa: S301 - our own
        assert state_of(merged2) == state_of(merged)
        assert [repr(each) for each in deltas2] == [repr(each) for each in deltas]
        assert error_of(error2) == error_of(error)
        assert {type(each) for each in deltas2} <= {module.Delta}
        assert type(event2) is module.Event


def test_loads_in_a_fresh_process(api, tmp_path):
    """Importing nothing of ours first: the pickle brings the package."""
    file = tmp_path / "merged.pickle"
    file.write_bytes(pickle.dumps(made(api, "provider").merged))
    code = "import pickle, sys; m = pickle.load(open(sys.argv[1], 'rb')); print(m.text, m.error.code, m.termination)"
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(file)], capture_output=True, check=True, text=True
    )
    assert answer.stdout.split() == ["Hi", "5", "error"]


@pytest.mark.parametrize("kind", ["Merger", "EventDecoder", "Dialect"])
def test_what_holds_a_stream_does_not_pickle(api, kind):
    thing = api.Dialect.from_toml('name = "x"\n[merge]\n') if kind == "Dialect" else getattr(api, kind)()
    with pytest.raises(TypeError):
        pickle.dumps(thing)
