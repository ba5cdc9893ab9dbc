"""One suite over both backends: the fixture `api` is the public interface, with the backend that the run asks for."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from types import SimpleNamespace

import hypothesis
import pytest

import corpus
import ssefold
from ssefold import _backend

BACKENDS = ("python", "rust")

# Fixtures here are the same for every example; a shared machine's clock says nothing about an example.
for _profile, _examples in (("fast", 50), ("ci", 150), ("nightly", 10_000)):
    hypothesis.settings.register_profile(
        _profile,
        deadline=None,
        max_examples=_examples,
        print_blob=True,
        suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
    )
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--backend",
        choices=[*BACKENDS, "both"],
        default="both",
        help="backend to test; one that is missing is an error",
    )


def chosen(config: pytest.Config) -> tuple[str, ...]:
    option = config.getoption("--backend")
    return BACKENDS if option == "both" else (option,)


def pytest_report_header(config: pytest.Config) -> list[str]:
    where = (
        f"{corpus.FOLDER}"
        if corpus.there()
        else "none: the tests marked `corpus` are deselected (SSEFOLD_CORPUS names one)"
    )
    return [f"backends: {', '.join(chosen(config))}", f"corpus: {where}"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", chosen(metafunc.config), scope="session", indirect=True)
    if "recording" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("corpus")
        if mark is None:
            pytest.fail(f"{metafunc.definition.nodeid} takes a recording and isn't marked `corpus`", pytrace=False)
        found = corpus.recordings(*mark.args)
        metafunc.parametrize("recording", found, ids=[recording.file for recording in found])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = set()
    if not corpus.there():
        left_out |= {item for item in items if item.get_closest_marker("corpus")}
    if len(chosen(config)) < len(BACKENDS):
        left_out |= {item for item in items if "both" in getattr(item, "fixturenames", ())}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> str:
    """The name of the backend under test."""
    return request.param


@pytest.fixture
def api(backend: str, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """All public names with this backend in force, for `import ssefold` and for pickles too."""
    module = _backend.load(backend)
    monkeypatch.setattr(_backend, "active", module)
    monkeypatch.setattr(ssefold, "backend", backend)
    for name in module.__all__:
        monkeypatch.setattr(ssefold, name, getattr(module, name))
    return SimpleNamespace(
        backend=backend, **{name: getattr(ssefold, name) for name in ssefold.__all__ if name != "backend"}
    )


@pytest.fixture
def both() -> tuple[SimpleNamespace, SimpleNamespace]:
    """The modules of the twin and of the core, to be compared. Deselected where one backend is asked for."""
    return tuple(_backend.load(name) for name in BACKENDS)


@pytest.fixture
def small_heap() -> Iterator[None]:
    """The collector passes over what stood before the test: half a million objects in a worker of the suite."""
    gc.freeze()
    yield
    gc.unfreeze()
