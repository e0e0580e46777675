# Needs Python 3.11 or newer, make and a network to the package registries; nothing else.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done || true)
RUN := .venv/bin/python

.PHONY: up down test check fuzz clients bench peers lock clean runtime dev

up: runtime
	@exec .venv/bin/civicloop up

down: runtime
	@.venv/bin/civicloop down

# Two at once, file by file in their order: those with the longest tests come early. What is held against the OpenAPI documents goes by itself: its tests share their names.
test: dev clients
ifdef ARGS
	@$(RUN) -m pytest $(ARGS)
else
	@$(RUN) -m pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder --ignore-glob='*/test_openapi.py'
	@$(RUN) -m pytest tests/*/test_openapi.py
endif

# Many more requests to every operation of the three services, others each time; EXAMPLES and SEED repeat a run.
fuzz: EXAMPLES ?= 50
fuzz: SEED ?= $(shell date +%s)
fuzz: dev
	@echo "make fuzz EXAMPLES=$(EXAMPLES) SEED=$(SEED)"
	@CIVICLOOP_FUZZ=$(EXAMPLES) CIVICLOOP_FUZZ_SEED=$(SEED) $(RUN) -m pytest tests/metrics/test_openapi.py \
		tests/catalog/test_openapi.py tests/feedback/test_openapi.py $(ARGS)

check: dev
	@$(RUN) -m ruff check
	@$(RUN) -m ruff format --check
	@$(RUN) -m mypy
	@.venv/bin/lint-imports
	@$(RUN) -m shared.contracts.schemas check

bench: dev
	@$(RUN) -m tests.benchmarks $(ARGS)

# Open311 clients in JavaScript, where there is npm; their test is skipped where they are not.
CLIENTS := tests/feedback/clients
clients:
	@test -e $(CLIENTS)/node_modules/.package-lock.json || ! command -v npm >/dev/null || \
		npm ci --prefix $(CLIENTS) --ignore-scripts --omit=dev --no-audit --no-fund --silent --fetch-retries=1 --fetch-timeout=20000 || \
		echo "npm cannot install $(CLIENTS)/package-lock.json: the JavaScript client is not run"

# The drain against other stream processors, each in an environment of its own; Kafka Streams needs a JDK and Maven.
peers: dev
	@$(RUN) -m tests.benchmarks.peers $(ARGS)

# Pins every package and jar again, newest first. uv lives only as long as this takes.
lock: dev
	@sh requirements/compile.sh

clean:
	@test ! -x .venv/bin/civicloop || .venv/bin/civicloop down
	rm -rf .venv .civicloop .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

runtime dev:
ifeq ($(PYTHON),)
	@echo "civicloop: no Python 3.11 or newer was found. Install one, or name it: make up PYTHON=/path/to/python3.12" >&2; exit 1
else
	@$(PYTHON) deploy/environment.py $@
endif
