"""Both backends are one interface: names, signatures, docstrings and their examples; and each is what it says it is."""

from __future__ import annotations

import doctest
import importlib
import importlib.machinery
import inspect
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

import ssefold
import ssefold.cli
from ssefold import _backend

# What a backend is: the public names that it brings. Everything else is written once.
EXPORTS = ("Delta", "Dialect", "Event", "EventDecoder", "Merger", "dialects", "merge_many")
SHARED = sorted(set(ssefold.__all__) - set(EXPORTS))
# Special methods that users rely on; others differ as C and Python types do (`__slots__`, `__new__`).
SPECIAL = (
    "__eq__",
    "__hash__",
    "__repr__",
    "__iter__",
    "__next__",
    "__enter__",
    "__exit__",
    "__copy__",
    "__deepcopy__",
)


def members(kind: type) -> list[str]:
    return sorted(name for name in dir(kind) if not name.startswith("_"))


def shape(function: object) -> list[tuple[str, object, object]]:
    """Names, kinds and defaults. A compiled function publishes no annotations, and takes `self` by position alone."""
    parameters = inspect.signature(function).parameters.values()
    return [(each.name, each.kind, each.default) for each in parameters if each.name != "self"]


def documented(module: object) -> dict[str, object]:
    """Every public thing of a backend by its dotted name, attributes of classes among them."""
    found = {}
    for name in EXPORTS:
        thing = getattr(module, name)
        found[name] = thing
        if isinstance(thing, type):
            found |= {f"{name}.{member}": inspect.getattr_static(thing, member) for member in members(thing)}
    return found


def test_the_backend_asked_for_is_the_one_that_runs(api, backend):
    module = _backend.load(backend)
    compiled = module.__file__.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES))
    interpreted = isinstance(inspect.getattr_static(api.Merger, "feed"), types.FunctionType)
    assert (compiled, interpreted) == {"rust": (True, False), "python": (False, True)}[backend]
    assert _backend.active is module
    assert ssefold.Merger is api.Merger is module.Merger


@pytest.mark.parametrize("variable", [True, False])
def test_the_environment_forces_a_backend(backend, variable):
    environment = {name: value for name, value in os.environ.items() if name != "SSEFOLD_BACKEND"}
    if variable:
        environment["SSEFOLD_BACKEND"] = backend
    code = "import ssefold; print(ssefold.backend, type(ssefold.Merger.feed).__name__)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment, text=True)
    chosen, kind = answer.stdout.split()
    assert kind == {"python": "function", "rust": "method_descriptor"}[chosen]
    assert chosen == backend or not variable


def test_a_backend_of_another_name_is_refused():
    with pytest.raises(ValueError, match="'rust' or 'python', not 'c'"):
        _backend.load("c")


def test_the_program_is_imported_without_running():
    assert importlib.import_module("ssefold.__main__").main is ssefold.cli.main


def test_a_missing_extension_surfaces_when_it_is_forced():
    code = "import sys; sys.modules['ssefold._rust'] = None; import ssefold; print(ssefold.backend)"
    command = [sys.executable, "-c", code]
    forced = subprocess.run(
        command, capture_output=True, check=False, env={**os.environ, "SSEFOLD_BACKEND": "rust"}, text=True
    )
    assert forced.returncode == 1
    assert "ImportError" in forced.stderr or "ModuleNotFoundError" in forced.stderr
    free = {name: value for name, value in os.environ.items() if name != "SSEFOLD_BACKEND"}
    assert subprocess.run(command, capture_output=True, check=True, env=free, text=True).stdout == "python\n"


def test_a_backend_brings_these_names_and_no_others(api):
    assert sorted(_backend.active.__all__) == sorted(EXPORTS)
    assert set(EXPORTS) <= set(ssefold.__all__)


@pytest.mark.parametrize("name", EXPORTS)
def test_same_members(both, name):
    twin, core = (getattr(module, name) for module in both)
    assert isinstance(twin, type) == isinstance(core, type)
    if isinstance(twin, type):
        assert members(twin) == members(core)
        assert [hasattr(twin, special) for special in SPECIAL] == [hasattr(core, special) for special in SPECIAL]
        assert (twin.__hash__ is None) == (core.__hash__ is None)
    assert (twin.__name__, twin.__qualname__, twin.__module__) == (core.__name__, core.__qualname__, core.__module__)


def test_same_signatures(both):
    twin, core = (documented(module) for module in both)
    differing = []
    for name, thing in twin.items():
        plain = getattr(thing, "__func__", thing)
        if not callable(plain):
            continue
        compiled = core[name]
        if isinstance(thing, classmethod):
            owner, attribute = name.split(".")
            plain, compiled = (getattr(getattr(module, owner), attribute) for module in both)
        if shape(plain) != shape(compiled):
            differing.append(f"{name}{inspect.signature(plain)} in the twin, {inspect.signature(compiled)} in the core")
    assert not differing


def is_plain_attribute(thing: object) -> bool:
    """Tell a slot, which the docstring of its class documents, from what has a docstring of its own."""
    return inspect.isdatadescriptor(thing) and not inspect.getdoc(thing)


def test_same_docstrings(both):
    twin, core = (documented(module) for module in both)
    differing = [
        name
        for name, thing in twin.items()
        if not is_plain_attribute(thing) and inspect.getdoc(thing) != inspect.getdoc(core.get(name))
    ]
    assert not differing


def test_everything_public_is_documented(api):
    things = {**documented(_backend.active), **{name: getattr(ssefold, name) for name in SHARED}}
    bare = [name for name, thing in things.items() if not isinstance(thing, str) and not inspect.getdoc(thing)]
    assert not [name for name in bare if not is_plain_attribute(things[name])]


@pytest.mark.parametrize("name", ["Delta", "Dialect", "Event", "EventDecoder", "Merger"])
def test_classes_are_final(api, name):
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Mine", (getattr(api, name),), {})


def test_examples(api):
    """The examples of the docstrings, as doctests, with this backend in force."""
    things = {**documented(_backend.active), **{name: getattr(ssefold, name) for name in SHARED}}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    parser = doctest.DocTestParser()
    failures: list[str] = []
    for name, thing in things.items():
        names = {"ssefold": ssefold, **vars(api)}
        text = "" if isinstance(thing, str) else inspect.getdoc(thing) or ""
        runner.run(parser.get_doctest(text, names, name, None, 0), out=failures.append)
    assert not failures, "".join(failures)
    assert runner.summarize(verbose=False).attempted >= len(EXPORTS)


def test_the_stub_names_what_both_backends_have():
    stub = Path(ssefold.__file__).with_name("_rust.pyi").read_text(encoding="utf-8")
    named = {line.rpartition(" as ")[2] for line in stub.splitlines() if " as " in line and not line.startswith("#")}
    assert named == set(EXPORTS)
