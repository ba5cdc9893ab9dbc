"""What the project is built from: crates as deny.toml allows, tools as constraints.txt pins them, known advisories.

cargo-deny reads the same deny.toml, and advisories too, but takes longer to compile than all other checks together:
here `cargo metadata` is judged by the same keys. Run by the Python of the environment whose tools are looked at.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
# Ourselves, and what the virtual environments of CPython 3.11 bring along, which nobody uses.
UNPINNED = frozenset({"ssefold", "setuptools"})
ADVISORY_LIMIT = 60  # seconds that advisories may take


def crates(manifest: Path, rules: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the crates of a workspace; of one that is not shipped, where they come from alone."""
    shipped = manifest.parent == ROOT
    command = ["cargo", "metadata", "--locked", "--all-features", "--format-version", "1", "--manifest-path", manifest]
    packages = json.loads(subprocess.run(command, capture_output=True, check=True, cwd=ROOT, text=True).stdout)[
        "packages"
    ]
    lock = tomllib.loads(manifest.with_name("Cargo.lock").read_text(encoding="utf-8"))["package"]
    checksums = {(package["name"], package["version"]) for package in lock if "checksum" in package}
    registries = {f"registry+{address}" for address in rules["sources"]["allow-registry"]}
    licences = set(rules["licenses"]["allow"])
    versions = defaultdict(set)
    for package in packages:
        name, version, source = package["name"], package["version"], package["source"]
        versions[name].add(version)
        if shipped and not allowed(package["license"] or "", licences):
            yield f"{name} {version} has the licence {package['license']!r}"
        if source is None:
            continue
        if source not in registries:
            yield f"{name} {version} comes from {source}"
        if (name, version) not in checksums:
            yield f"{name} {version} has no checksum in Cargo.lock"
    for name, found in versions.items():
        if shipped and len(found) > 1:
            yield f"{name} comes in the versions {', '.join(sorted(found))}"
    print(f"{manifest.relative_to(ROOT)}: {len(packages)} crates")


def allowed(expression: str, licences: set[str]) -> bool:
    """Tell whether an SPDX expression can be met by these licences. A slash is the OR of older manifests."""
    tokens = re.findall(r"[()]|[^\s()/]+|/", expression)

    def alternatives() -> bool:
        met = together()
        while tokens and tokens[0] in {"OR", "/"}:
            tokens.pop(0)
            met = together() or met
        return met

    def together() -> bool:
        met = single()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            met = single() and met
        return met

    def single() -> bool:
        if not tokens:
            return False
        name = tokens.pop(0)
        if name == "(":
            met = alternatives()
            return bool(tokens) and tokens.pop(0) == ")" and met
        if tokens and tokens[0] == "WITH":
            name = " ".join([name, tokens.pop(0), *tokens[:1]])
            del tokens[:1]
        return name in licences

    return alternatives() and not tokens


def normal(name: str) -> str:
    """Return the normalised name of a distribution (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> Iterator[str]:
    """Yield what is installed here and not pinned, or not at its pin."""
    pinned = {}
    for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, version = line.partition("==")
            if not re.fullmatch(r"[\w.]+", version):
                yield f"constraints.txt: {line!r} is no pin"
            pinned[normal(name)] = version
    count = 0
    for distribution in importlib.metadata.distributions():
        name = normal(distribution.metadata["Name"])
        if name not in UNPINNED:
            count += 1
            if pinned.get(name) != distribution.version:
                yield f"{name} {distribution.version} is installed, its pin is {pinned.get(name)}"
    print(f"{count} distributions installed, {len(pinned)} pinned")


def advisories() -> Iterator[str]:
    """Yield the known vulnerabilities of what is pinned, as far as the index tells them."""
    command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
    command += ["--format", "json", "--requirement", str(CONSTRAINTS)]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=ADVISORY_LIMIT)  # noqa: PLW1510 - judged below
        found = json.loads(answer.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        print("NOT CHECKED: pip-audit had no answer from the index's advisories")
        return
    for dependency in found:
        for flaw in dependency.get("vulns", ()):
            yield f"{dependency['name']} {dependency['version']}: {flaw['id']}, fixed in {flaw['fix_versions']}"
    skipped = sum("skip_reason" in dependency for dependency in found)
    print(f"{len(found) - skipped} of {len(found)} pinned distributions audited")
    if skipped:
        print(f"NOT CHECKED: the index tells no advisories of {skipped} distributions")


def main() -> int:
    """Print what was looked at and what is wrong; return the exit status."""
    rules = tomllib.loads((ROOT / "deny.toml").read_text(encoding="utf-8"))
    manifests = [path for path in (ROOT / "Cargo.toml", ROOT / "fuzz" / "Cargo.toml") if path.is_file()]
    wrong = [line for manifest in manifests for line in crates(manifest, rules)]
    wrong += [*pins(), *advisories()]
    for line in wrong:
        print(line)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
