# Every target sets up what it needs: see tools/setup. `make help` lists them.
PYTHON_BIN := .venv/bin/python
PYTEST_ARGS ?=
# Tests that start no server: rules, codecs, mapping.
PURE := tests/csp tests/wire tests/xmpp tests/provisioning tests/guide tests/workers/holder/session tests/cir/test_bearer_policy.py \
    tests/cir/test_rules.py tests/cir/test_vectors.py tests/cir/smpp/test_window.py tests/cir/stcp/test_protocol.py \
    tests/http_server/test_requests.py tests/test_imports.py tests/test_names.py --ignore=tests/xmpp/stream
# tools/make_NAME.py, which write files of the repository from others: first those that the next ones read.
GENERATORS := tables elements status docs commands reference browser_phone refusal_words scaling dashboard
CASES ?=
LONG ?= L2 L5 L6 L4
MINUTES ?= 20
TARGET ?=
PARTS ?=
BASE ?= HEAD
ROUNDS ?= 5
PHONES ?= 20000

.PHONY: help run federation docs dist test quick test-networks test-containers lint format generated bench bench-compare scale chaos soak fuzz setup clean
.DEFAULT_GOAL := help

help:             ## this list
	@sed -n "s/^\([a-z-]*\):[a-z -]*## */\1:/p" $(MAKEFILE_LIST) | while IFS=: read -r name text; do \
	    printf '  make %-15s %s\n' "$$name" "$$text"; done

run:              ## everything here, with demo accounts, until Ctrl-C
	@tools/setup run
	@exec .venv/bin/onesoup demo --with-parent

federation:       ## two operators here, whose phones reach each other
	@tools/setup run
	@exec .venv/bin/onesoup demo two --with-parent

test: setup       ## lint, then the suite; PYTEST_ARGS="-k words" picks
	@status=0; $(MAKE) --no-print-directory lint-only || status=1; \
	tools/test $(PYTEST_ARGS) || status=1; exit $$status

lint: setup lint-only   ## linters, and generated files that are stale

.PHONY: lint-only
lint-only:
	@tools/lint $(GENERATORS)

format: setup     ## puts the source into the form that lint wants
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

generated: setup  ## writes every generated file again
	@for name in $(GENERATORS); do echo "generated: tools/make_$$name.py"; $(PYTHON_BIN) tools/make_$$name.py || exit 1; done

docs: setup       ## the documentation as a site, in build/site
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --quiet --strict
	@echo "docs: build/site; to read and search: python3 -m http.server --directory build/site 8001"

dist: setup       ## sdist and wheel of a release, checked, with checksums
	@tools/make_release

bench: setup      ## the benchmarks; PARTS="codec poll" picks
	@exec $(PYTHON_BIN) -m bench --keep $(PARTS)

bench-compare: setup   ## this tree beside the commit BASE; PARTS, ROUNDS=5
	@exec $(PYTHON_BIN) -m bench --against "$(BASE)" --rounds $(ROUNDS) $(PARTS)

scale: setup      ## a day of PHONES=20000 here, in half an hour: docs/scale.md
	@exec $(PYTHON_BIN) -m bench scale --phones $(PHONES) --report

chaos: setup      ## faults under load: docs/reliability.md; CASES="F3 F7"
	@exec $(PYTHON_BIN) -m tests.chaos $(CASES)

soak: setup       ## long runs; LONG="L2 L6" picks, MINUTES=20 each
	@exec $(PYTHON_BIN) -m tests.chaos $(LONG) --minutes $(MINUTES)

fuzz: setup       ## input that nobody wrote; TARGET="xml stanzas", MINUTES=20
	@.venv/bin/pip install --quiet --disable-pip-version-check -r requirements-fuzz.txt 2>/dev/null || \
	    echo "fuzz: no atheris for this Python: mutants are left to chance"
	@exec $(PYTHON_BIN) -m tests.fuzz $(TARGET) --minutes $(MINUTES)

quick: setup      ## the pure ring: no server, under a minute
	@exec $(PYTHON_BIN) -m pytest -q $(PURE) $(PYTEST_ARGS)

test-containers: setup   ## the compose deployment for real; needs root or Docker
	@tools/setup containers
	@exec $(PYTHON_BIN) -m tests.containers

test-networks: setup   ## federation, transports, WAP, the ledger behind nginx
	@tools/setup networks
	@exec $(PYTHON_BIN) -m pytest tests/networks $(PYTEST_ARGS)

setup:            ## .venv, Redis, Prosody and what the tests want
	@tools/setup test
	@[ "$(MAKECMDGOALS)" != setup ] || echo "setup: done"

clean:            ## takes away all that was made here, demo state too
	rm -rf .venv .run .setup.lock build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
