"""Reads `cargo metadata` on stdin: no dependency may state a higher Rust version than the workspace does."""

from __future__ import annotations

import json
import sys


def numbers(version: str) -> tuple[int, ...]:
    """Return major, minor and patch of a version, for comparison."""
    major, minor, patch = [*version.split("."), "0"][:3]
    return int(major), int(minor), int(patch)


packages = json.load(sys.stdin)["packages"]
msrv = next(package["rust_version"] for package in packages if package["name"] == "ssefold")
above = [
    f"{package['name']} {package['version']} needs Rust {package['rust_version']}"
    for package in packages
    if package["rust_version"] and numbers(package["rust_version"]) > numbers(msrv)
]
print(*above, f"{len(packages) - len(above)} of {len(packages)} packages are content with Rust {msrv}", sep="\n")
sys.exit(bool(above))
