# Everything needs Python 3.11 or newer and make; the first target that needs packages installs them
# into .venv from the hash-pinned locks, and does so again only when a lock has changed.

VENV   := .venv
BIN    := $(VENV)/bin
PYTHON ?=
UV     ?= uv
ARGS   ?=
BENCHMARKS ?= webhook_intake signups fanout million
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
LOCK   := pip compile --quiet --universal --generate-hashes --python-version 3.11 \
          --no-header --no-annotate --no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.PHONY: help demo test lint types layers check coverage bench soak format migration lock clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime ## Play a restock end to end, then stay up until Ctrl-C (ONCE=1: end when all are told)
	@$(BIN)/python -m saleor_stoq_app demo $(if $(ONCE),--once) $(ARGS)

test: $(VENV)/.dev ## Run the tests (ARGS="-k jobs" chooses)
	$(BIN)/pytest $(ARGS)

lint: $(VENV)/.dev ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## Check types
	$(BIN)/mypy

layers: $(VENV)/.dev ## Check that imports go one way
	$(BIN)/lint-imports --no-cache

check: lint types layers test ## Do all four of the above

coverage: $(VENV)/.dev ## Run the tests and show which branches none of them takes
	$(BIN)/pytest --cov --cov-report=term $(ARGS)

bench: $(VENV)/.dev ## Measure side by side and print ratios (takes minutes)
	@for name in $(BENCHMARKS); do echo; echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit; done

soak: $(VENV)/.dev ## Run every test with random searches that take hours
	STOQ_TEST_EFFORT=soak $(BIN)/pytest $(ARGS)

format: $(VENV)/.dev ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migration: $(VENV)/.dev ## Draft a migration that leads to tables.py (NAME="Add waves")
	@test -n "$(NAME)" || { echo 'Say what it does: make migration NAME="Add waves"' >&2; exit 1; }
	$(BIN)/python -c 'import sys; from saleor_stoq_app.database.migrate import draft; draft(sys.argv[1])' "$(NAME)"
	$(BIN)/ruff format --quiet saleor_stoq_app/database/migrations/versions/*.py

lock: ## Resolve the newest allowed packages into the locks (needs uv)
	$(UV) $(LOCK) --upgrade pyproject.toml -o requirements.lock
	$(UV) $(LOCK) --upgrade pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

clean: ## Remove the virtual environment and everything that tools left
	rm -rf $(VENV) dist .coverage .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A pyenv shim answers to python3.12 and may still have none behind it: each candidate is run.
$(BIN)/python:
	@for python in $(PYTHON) python3.12 python3.13 python3.11 python3.14 python3; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Making $(VENV) with $$($$python --version)."; \
	    $$python -m venv $(VENV) && exit 0; \
	    rm -rf $(VENV); \
	    echo "$$python cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; \
	    exit 1; \
	  fi; \
	done; \
	echo "No Python 3.11 or newer was found: install one, or say where it is (PYTHON=/path/to/python3)." >&2; \
	exit 1

$(VENV)/.runtime: requirements.lock | $(BIN)/python
	@echo "Installing packages from $<."
	@$(PIP) --require-hashes -r $<
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing packages from $<."
	@$(PIP) --require-hashes -r $<
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.runtime
