"""The ``[project]`` table as core metadata 2.4 (https://packaging.python.org/specifications/core-metadata/).

Reads the keys that this project's table uses and refuses any other, so that none is lost silently.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# A link or an image of the README whose target is a file of the repository.
LINK = re.compile(r"(!?\[[^\]]*\])\((?![a-z]+:|#)([^)]+)\)")
RENDERED = frozenset(
    {
        "authors",
        "classifiers",
        "dependencies",
        "description",
        "keywords",
        "license",
        "license-files",
        "name",
        "optional-dependencies",
        "readme",
        "requires-python",
        "scripts",
        "urls",
        "version",
    }
)


def project() -> dict[str, Any]:
    """Return the ``[project]`` table."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if unknown := table.keys() - RENDERED:
        message = f"pyproject.toml, [project]: packaging/core_metadata.py doesn't render {sorted(unknown)}"
        raise ValueError(message)
    return table


def metadata() -> str:
    """Return the text of METADATA and PKG-INFO: the headers, a blank line, the README."""
    table = project()
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {table['name']}",
        f"Version: {table['version']}",
        f"Summary: {table['description']}",
        f"Keywords: {','.join(table['keywords'])}",
        f"Author: {', '.join(author['name'] for author in table['authors'])}",
        f"License-Expression: {table['license']}",
        *(f"License-File: {name}" for name in table["license-files"]),
        *(f"Classifier: {name}" for name in table["classifiers"]),
        f"Requires-Python: {table['requires-python']}",
        *(f"Requires-Dist: {requirement}" for requirement in table["dependencies"]),
    ]
    for extra, requirements in table["optional-dependencies"].items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f"Requires-Dist: {requirement} ; extra == '{extra}'" for requirement in requirements]
    lines += [f"Project-URL: {label}, {url}" for label, url in table["urls"].items()]
    lines += ["Description-Content-Type: text/markdown", ""]
    return "\n".join(lines) + "\n" + description()


def description() -> str:
    """Return the README with links that lead somewhere from outside the repository: to the files of this version."""
    table = project()
    base = f"{table['urls']['Source']}/{{}}/v{table['version']}/"
    text = (ROOT / str(table["readme"])).read_text(encoding="utf-8")

    def absolute(link: re.Match[str]) -> str:
        return f"{link[1]}({base.format('raw' if link[1].startswith('!') else 'blob')}{link[2]})"

    return LINK.sub(absolute, text)


def entry_points() -> str:
    """Return the text of entry_points.txt."""
    scripts = "".join(f"{name} = {target}\n" for name, target in project()["scripts"].items())
    return f"[console_scripts]\n{scripts}"
