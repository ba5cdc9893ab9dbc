# Every target sets itself up: a virtual environment in .venv, the project in it (editable), and the tools it needs.
# Without a cargo of the MSRV all of it works on the pure-Python twin, and says so.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
CONSTRAINTS := packaging/constraints.txt

# What `make demo` folds: a question that is answered by two tool calls, and the answer that their results lead to.
RECORDING ?= tests/cassettes/parallel_tools__0.sse tests/cassettes/parallel_tools__1.sse
# What `make test` hands to pytest besides; `PYTEST=-n0` runs all in one process.
PYTEST ?=
# A worker a core.
WORKERS := -n auto --dist worksteal

RUST := $(shell find src bindings -name '*.rs') Cargo.toml Cargo.lock bindings/Cargo.toml $(wildcard python/ssefold/dialects/*.toml)
PACKAGING := pyproject.toml $(wildcard packaging/*.py packaging/pgo/*)

.PHONY: demo test test-free-threaded soak lint bench bench-record bench-gate bench-compare bench-chart pgo cover fuzz fuzz-replay miri asan \
	record docs tools clean FORCE

demo: $(STAMPS)/project
	@$(BIN)/python -m ssefold --version
	@echo; echo "$$ ssefold $(RECORDING)"
	@$(BIN)/ssefold $(RECORDING)
	@echo; echo "$$ ssefold --json $(RECORDING)"
	@$(BIN)/ssefold --json $(RECORDING)
	@echo; echo "$$ ssefold --report $(RECORDING) > /dev/null"
	@$(BIN)/ssefold --report $(RECORDING) > /dev/null

test: $(STAMPS)/project $(STAMPS)/test
	@if [ -s $(STAMPS)/toolchain ]; then \
	    set -ex; \
	    cargo test --locked --quiet; \
	    $(BIN)/python -m pytest --backend=both $(WORKERS) $(PYTEST); \
	else \
	    echo "no cargo >= $$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml): testing the pure-Python twin alone"; \
	    set -ex; \
	    $(BIN)/python -m pytest --backend=python $(WORKERS) $(PYTEST); \
	fi

lint: tools
	@.ci/run fmt lint types

# Times, of ours and of the peers'; of the core alone.
bench: $(STAMPS)/project $(STAMPS)/test $(STAMPS)/bench
	$(BIN)/python -m pytest benches $(PYTEST)
	@if [ -s $(STAMPS)/toolchain ]; then cargo bench --locked --quiet --bench core; fi

# Counts (valgrind is needed) and times, to benches/record.
LABEL ?= local
bench-record: $(STAMPS)/project $(STAMPS)/bench
	$(BIN)/python -m benches.instructions record $(LABEL)

# Fails where a promise of benches/gate.py is broken.
bench-gate: $(STAMPS)/project $(STAMPS)/bench
	$(BIN)/python -m benches.instructions gate

# Tells what grew by more than 3 % between two commits; `.` is the checkout as it is.
BASE ?= HEAD
HEAD ?= .
bench-compare: $(STAMPS)/project $(STAMPS)/bench
	$(BIN)/python -m benches.instructions compare $(BASE) $(HEAD)

# The profile that the extension is compiled by: packaging/pgo.
pgo: $(STAMPS)/project $(STAMPS)/bench
	$(BIN)/python -m benches.training

# benches/chart.svg and the table of the README, of the newest record.
bench-chart: $(STAMPS)/project $(STAMPS)/bench
	$(BIN)/python -m benches.chart --readme README.md

# Whether memory stays flat over millions of events; prints the curve.
EVENTS ?= 3000000
soak: $(STAMPS)/project
	$(BIN)/python -m benches.soak --events=$(EVENTS)

# The suite on a free-threaded CPython, 3.14 or newer, with an extension of its own.
PYTHON ?= python3.14t
FREE_THREADED := target/free-threaded
test-free-threaded: $(STAMPS)/venv
	@$(PYTHON) -c 'import sys; sys.exit(sys._is_gil_enabled())' || { echo "$(PYTHON) is no free-threaded CPython"; exit 1; }
	rm -rf $(FREE_THREADED) && $(PYTHON) -m venv $(FREE_THREADED)
	@$(PIP) --python $(FREE_THREADED) install --constraint $(CONSTRAINTS) --group build --group test
	PATH="$(CURDIR)/$(FREE_THREADED)/bin:$$PATH" $(PIP) --python $(FREE_THREADED) install --no-build-isolation --no-deps .
	cd target && SSEFOLD_BACKEND=rust free-threaded/bin/python -c 'import sys, ssefold; assert not sys._is_gil_enabled()'
	$(FREE_THREADED)/bin/python -m pytest --backend=both $(PYTEST)

# Which branches of the Python sources and which lines of the core the tests never take.
cover: $(STAMPS)/project $(STAMPS)/test
	@.ci/run cover

# Every target in turn, and the twin against the core, for TIME seconds altogether.
TIME ?= 60
fuzz: $(STAMPS)/project $(STAMPS)/test
	fuzz/run for $(TIME)

# The inputs that fuzzing kept, on each target; their streams on both backends.
fuzz-replay: $(STAMPS)/project $(STAMPS)/test
	fuzz/run replay

# The core's tests in an interpreter that knows what is undefined (rustup +nightly component add miri rust-src). Which
# pointers may alias is followed where bytes and texts are read, which is what crates with unsafe code do here; it doubles
# the time, and streams are folded without it. The unit tests of src/sse/slice.rs read megabytes, too much for it.
NIGHTLY ?= nightly
MIRI = MIRIFLAGS="-Zmiri-disable-isolation $(1)" cargo +$(NIGHTLY) miri test --locked --target-dir target/miri
miri:
	$(call MIRI) --test framing_vectors --test json_vectors
	$(call MIRI,-Zmiri-disable-stacked-borrows) --test merge_vectors
	$(call MIRI,-Zmiri-disable-stacked-borrows) --doc

# The tests that feed the extension, and the command line, with every access to memory checked. The others start
# programs, look at sources, or compare for minutes what these hold. Leaks are left out: an interpreter that ends leaves some.
ASAN_TESTS := $(wildcard $(addprefix tests/test_,cli.py framing.py merge_*.py dialect_*.py pickle.py regressions.py streams.py templates.py))
HOST = $(shell rustc -vV | sed -n 's/^host: //p')
ASAN := target/asan
# The path is absolute: the command line's tests start programs in other folders, which would load the extension of
# the environment.
CHECKED = LD_PRELOAD=$$(gcc -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc \
    PYTHONPATH=$(CURDIR)/$(ASAN)/python $(BIN)/python
asan: $(STAMPS)/project $(STAMPS)/test
	RUSTFLAGS=-Zsanitizer=address PYO3_PYTHON=$(CURDIR)/$(BIN)/python cargo +$(NIGHTLY) build --locked --package ssefold-python --target $(HOST) --target-dir $(ASAN)
	rm -rf $(ASAN)/python && mkdir -p $(ASAN)/python && cp -r python/ssefold $(ASAN)/python
	cp $(ASAN)/$(HOST)/debug/lib_rust.so $(ASAN)/python/ssefold/_rust.abi3.so
	$(CHECKED) -c 'from ssefold import _rust; assert _rust.__file__.startswith("$(CURDIR)/$(ASAN)/"), _rust'
	$(CHECKED) -m pytest --backend=rust -p no:cacheprovider -m "not corpus" $(PYTEST) $(ASAN_TESTS)

# Writes tests/cassettes again: byte for byte the same, unless a scenario changed.
record: $(STAMPS)/project $(STAMPS)/test
	$(BIN)/python -m tests.recorder

# The generated pages of docs/, of the tables and the code that reads them.
docs: $(STAMPS)/project
	$(BIN)/python -m docs.generate

# All that .ci/run uses beside cargo.
tools: $(STAMPS)/project $(STAMPS)/lint

clean:
	rm -rf $(VENV) target dist python/ssefold/_rust*.so .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(STAMPS)/venv: packaging/make_venv
	packaging/make_venv $(VENV)
	@$(PIP) install --constraint $(CONSTRAINTS) pip
	@mkdir -p $(STAMPS) && touch $@

# Path and version of the cargo in use, empty without one: rewritten only when it changes.
$(STAMPS)/toolchain: FORCE | $(STAMPS)/venv
	@$(BIN)/python packaging/cargo.py > $@.now || true
	@cmp -s $@.now $@ && rm $@.now || mv $@.now $@

# Without build isolation cargo sees the same interpreter and PATH each time, and compiles only what changed.
# An extension from an earlier toolchain would outlive its sources.
$(STAMPS)/project: $(STAMPS)/toolchain $(RUST) $(PACKAGING)
	@if [ -s $(STAMPS)/toolchain ]; then \
	    echo "installing ssefold with its Rust core (compiling)"; \
	    $(PIP) install --constraint $(CONSTRAINTS) --group build; \
	else \
	    echo "installing ssefold with its pure-Python twin alone (no Rust toolchain)"; \
	    rm -f python/ssefold/_rust*.so; \
	fi
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

$(STAMPS)/test $(STAMPS)/bench $(STAMPS)/lint $(STAMPS)/supply: pyproject.toml $(CONSTRAINTS) | $(STAMPS)/venv
	@$(PIP) install --constraint $(CONSTRAINTS) --group $(notdir $@)
	@touch $@
