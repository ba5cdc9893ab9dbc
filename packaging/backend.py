"""The build backend (PEP 517, PEP 660): maturin where cargo can compile the extension, else the twin's own wheel.

maturin's hooks aren't named in pyproject.toml because they would download a Rust toolchain where none is found. Here
the installation then succeeds with the pure-Python twin alone. A compilation that was tried and failed is an error.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import archive
import cargo
import pgo

# 1.9.4 is the first that tells pyo3 to build an extension module, in place of the deprecated feature.
MATURIN = "maturin>=1.9.4,<2"

Settings = Mapping[str, Any] | None


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:  # noqa: ARG001, the hook's signature
    """Nothing: the source distribution is written with the standard library."""
    return []


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:  # noqa: ARG001, the hook's signature
    """Ask for maturin where it can be of use."""
    return [MATURIN] if cargo.find() else []


get_requires_for_build_editable = get_requires_for_build_wheel


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Settings = None) -> str:
    """Write the metadata of the wheel that ``build_wheel`` would build."""
    if cargo.find():
        return str(_maturin().prepare_metadata_for_build_wheel(metadata_directory, config_settings))
    return archive.write_dist_info(metadata_directory)


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:  # noqa: ARG001, the hook's signature
    """Write the source distribution, the same with and without cargo."""
    return archive.write_sdist(sdist_directory)


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    """Build the wheel of this platform, or the twin's."""
    if not cargo.find():
        return archive.write_wheel(wheel_directory)
    with _way_out(), pgo.in_use():
        return str(_maturin().build_wheel(wheel_directory, config_settings, metadata_directory))


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel that points at this tree."""
    if not cargo.find():
        return archive.write_editable(wheel_directory)
    with _way_out(), pgo.in_use():
        return str(_maturin().build_editable(wheel_directory, config_settings, metadata_directory))


def _maturin() -> ModuleType:
    return importlib.import_module("maturin")


@contextlib.contextmanager
def _way_out() -> Iterator[None]:
    try:
        yield
    except BaseException:
        print(
            "ssefold: the extension could not be compiled.",
            f"{cargo.PURE_PYTHON}=1 in the environment installs the pure-Python twin instead.",
            file=sys.stderr,
        )
        raise
