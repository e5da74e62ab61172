# Every command sets up .venv by itself, from the committed lock, and only when the lock has changed.
#   make train ARGS="--help"      passes options on to the training command
#   make test PYTHON=python3.12   builds .venv with another Python

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= auto
ARGS ?=
UV ?= uv

BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH_READY := $(VENV)/.ready-bench
# One version of each package for every supported Python, so that no machine runs different code.
COMPILE := $(UV) pip compile pyproject.toml --universal --python-version 3.11 \
	--fork-strategy fewest --extra dev --quiet --annotation-style line \
	--custom-compile-command "make lock"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help test train bench bench-full tables format lint types pytest lock clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation -e .
	touch $@

$(BENCH_READY): $(READY) requirements-bench.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.lock
	touch $@

test: lint types pytest ## Check formatting, lint and types, then run the tests in parallel

lint: $(READY) ## Check formatting and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY) ## Check types with mypy
	$(BIN)/mypy

pytest: $(READY) ## Run the tests, or a part of them (ARGS="tests/circuit")
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

train: $(READY) ## Train the hybrid digits model (options: ARGS="...")
	$(BIN)/qjax train hybrid_digits $(ARGS)

bench: $(BENCH_READY) ## Run the quick benchmarks against other libraries (options: ARGS="...")
	$(BIN)/python -m benchmarks.run $(ARGS)

bench-full: $(BENCH_READY) ## Run all benchmarks, hours (options: ARGS="...")
	$(BIN)/python -m benchmarks.run --suite full $(ARGS)

tables: $(BENCH_READY) ## Compute the quick cells of all published tables (options: ARGS="...")
	$(BIN)/qjax tables run all --quick --jobs 2 $(ARGS)

format: $(READY) ## Format the code and mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The larger set first: it bounds versions that the smaller one must share.
lock: ## Write the lock files anew from pyproject.toml (needs uv)
	$(COMPILE) --extra bench --extra chem --upgrade --output-file requirements-bench.lock
	$(COMPILE) --constraint requirements-bench.lock --upgrade --output-file requirements.lock

clean: ## Remove .venv, .venv-peers and the tools' caches (training runs stay)
	rm -rf $(VENV) .venv-peers build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
