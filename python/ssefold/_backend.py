"""The choice between the compiled core and its Python twin, made once, here.

``SSEFOLD_BACKEND=rust`` or ``=python`` forces one; unset, the extension is taken if it loads, the twin if not.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

_MODULES = {"rust": "ssefold._rust", "python": "ssefold._py"}


def load(name: str) -> ModuleType:
    """Import the module of the backend ``name``, "rust" or "python".

    Raises ImportError if it doesn't load, ValueError if there is none of that name.

    >>> load("python").__name__
    'ssefold._py'
    """
    if name not in _MODULES:
        raise ValueError(f"SSEFOLD_BACKEND is 'rust' or 'python', not {name!r}")
    return importlib.import_module(_MODULES[name])


def _choose() -> tuple[str, ModuleType, str | None]:
    forced = os.environ.get("SSEFOLD_BACKEND")
    if forced:
        return forced, load(forced), None
    try:
        return "rust", load("rust"), None
    except ImportError as error:
        return "python", load("python"), f"{type(error).__name__}: {error}"


#: The chosen backend's name and module, and why it is not the extension: the text of its ImportError, or None.
name, active, reason = _choose()
