"""Uses an installed ssefold as a user would: smoke.py BACKEND CASSETTES, in the environment that it is installed in."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import ssefold

backend = sys.argv[1]
recordings = sorted(Path(sys.argv[2]).glob("*.sse"))
site = Path(ssefold.__file__).parent
scripts = Path(sys.executable).parent

assert ssefold.backend == backend, f"{ssefold.backend} runs, {backend} was asked for"
assert ssefold.__version__ == importlib.metadata.version("ssefold")
assert "site-packages" in site.parts, f"{site} is not an installation"
assert (site / "py.typed").is_file()
assert (site / "_rust.pyi").is_file()
assert recordings, "no recordings"
assert {"openai-chat", "openai-completions"} <= set(ssefold.dialects())

folded = ssefold.merge_many([path.read_bytes() for path in recordings])
assert any(merged.complete and merged.text for merged in folded)
version = subprocess.run([scripts / "ssefold", "--version"], capture_output=True, check=True, text=True).stdout
assert ssefold.__version__ in version
assert backend in version
print(f"{version.strip()}: {sum(merged.complete for merged in folded)} of {len(folded)} recordings complete")
