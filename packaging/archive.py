"""Writes the wheel of the twin and the source distribution with the standard library alone.

Equal trees give equal bytes: members are sorted, and time, owner and mode are fixed. Each function returns the name of
the file that it wrote into ``directory``.
Wheels: https://packaging.python.org/specifications/binary-distribution-format/
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import core_metadata
import source_tree

TAG = "py3-none-any"
WHEEL = f"Wheel-Version: 1.0\nGenerator: ssefold packaging/backend.py\nRoot-Is-Purelib: true\nTag: {TAG}\n"
# The earliest moment that a zip archive can name; no file's own time is of use to anyone.
EPOCH = (1980, 1, 1, 0, 0, 0)
EPOCH_SECONDS = 315_532_800


def stem() -> str:
    """Return ``ssefold-<version>``, what each archive's name begins with."""
    project = core_metadata.project()
    return f"{project['name']}-{project['version']}"


def dist_info() -> dict[str, bytes]:
    """Return the members of the ``.dist-info`` directory, but for RECORD."""
    folder = f"{stem()}.dist-info"
    members = {
        f"{folder}/METADATA": core_metadata.metadata().encode(),
        f"{folder}/WHEEL": WHEEL.encode(),
        f"{folder}/entry_points.txt": core_metadata.entry_points().encode(),
    }
    for name in core_metadata.project()["license-files"]:
        members[f"{folder}/licenses/{name}"] = (source_tree.ROOT / name).read_bytes()
    return members


def write_dist_info(directory: str) -> str:
    """Write the ``.dist-info`` directory alone, for a frontend that wants to know before it builds."""
    for name, content in dist_info().items():
        path = Path(directory, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return f"{stem()}.dist-info"


def write_wheel(directory: str) -> str:
    """Write the wheel of the twin: the package without any extension, for every Python and platform."""
    base = source_tree.ROOT / "python"
    package = {path.relative_to(base).as_posix(): path.read_bytes() for path in source_tree.package()}
    return _write_wheel(directory, package)


def write_editable(directory: str) -> str:
    """Write a wheel whose one file puts this tree's ``python`` folder on the path (PEP 660)."""
    return _write_wheel(directory, {"_ssefold_editable.pth": f"{source_tree.ROOT / 'python'}\n".encode()})


def write_sdist(directory: str) -> str:
    """Write the source distribution: everything that builds, tests and explains the project."""
    members = [(path.relative_to(source_tree.ROOT).as_posix(), path) for path in source_tree.sources()]
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.PAX_FORMAT) as archive:
        _add(archive, "PKG-INFO", core_metadata.metadata().encode(), executable=False)
        for name, path in members:
            _add(archive, name, path.read_bytes(), executable=os.access(path, os.X_OK))
    name = f"{stem()}.tar.gz"
    Path(directory, name).write_bytes(gzip.compress(tar.getvalue(), mtime=0))
    return name


def _add(archive: tarfile.TarFile, name: str, content: bytes, *, executable: bool) -> None:
    member = tarfile.TarInfo(f"{stem()}/{name}")
    member.size = len(content)
    member.mtime = EPOCH_SECONDS
    member.mode = 0o755 if executable else 0o644
    archive.addfile(member, io.BytesIO(content))


def _write_wheel(directory: str, content: dict[str, bytes]) -> str:
    name = f"{stem()}-{TAG}.whl"
    # The specification asks for the .dist-info directory at the archive's end, RECORD last.
    members = [*sorted(content.items()), *sorted(dist_info().items())]
    record = f"{stem()}.dist-info/RECORD"
    with zipfile.ZipFile(Path(directory, name), "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in [*members, (record, _record(members, record))]:
            info = zipfile.ZipInfo(member, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, data)
    return name


def _record(members: Iterable[tuple[str, bytes]], record: str) -> bytes:
    lines = []
    for name, content in members:
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(content)}\n")
    return "".join([*lines, f"{record},,\n"]).encode()
