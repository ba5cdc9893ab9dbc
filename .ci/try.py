"""Tries a distribution as its users get it: try.py BACKEND FILE installs it in a fresh environment and tests it there.

Runs on every platform that a wheel is made for, by the Python that it is made for, and needs nothing installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Those that need neither other libraries nor a server: framing and merging, by the vectors that the core has too.
TESTS = ("test_framing", "test_merge_*", "test_regressions", "test_pickle")

backend, distribution = sys.argv[1], Path(sys.argv[2]).resolve()
environment = {**os.environ, "SSEFOLD_BACKEND": backend}
if backend == "python":
    # A source distribution is then installed without a compiler.
    environment["SSEFOLD_PURE_PYTHON"] = "1"
tests = sorted(path for name in TESTS for path in (ROOT / "tests").glob(f"{name}.py"))
with tempfile.TemporaryDirectory() as folder:
    venv.create(folder, with_pip=True)
    python = Path(folder, "Scripts" if os.name == "nt" else "bin", "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, distribution], check=True, env=environment)
    subprocess.run([*pip, "--constraint", ROOT / "packaging" / "constraints.txt", "hypothesis", "pytest"], check=True)
    smoke = [python, ROOT / ".ci" / "smoke.py", backend, ROOT / "tests" / "cassettes"]
    subprocess.run(smoke, check=True, cwd=folder, env=environment)
    pytest = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--backend={backend}", *tests]
    subprocess.run(pytest, check=True, cwd=ROOT, env=environment)
