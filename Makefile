# make demo: see it work.  make up: keep it running.  make test: everything that must hold.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Without compiled bytecode every run imports for five seconds longer.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo up test lint types contracts unit steps e2e bench setup pango clean lock

demo: setup
	@$(BIN)/adtech demo

up: setup
	@$(BIN)/adtech up

test: setup lint types contracts unit steps e2e

setup: $(VENV)/.ready pango

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Say which to use: make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "The venv module is missing: sudo apt-get install python3-venv"; exit 1; }
	@echo "installing what requirements.lock names (a few minutes the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib adtech_assets >/dev/null || true
	@touch $@

pango: $(VENV)/.ready
	@$(BIN)/python -m adtech_assets.pango

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

unit: setup
	$(BIN)/pytest -m "not e2e and not steps" --numprocesses auto --cov --cov-report=

steps: setup
	$(BIN)/pytest -m steps --numprocesses auto --cov --cov-append --cov-report=

e2e: setup
	$(BIN)/pytest -m e2e --cov --cov-append --cov-report=term

bench: setup
	$(BIN)/python bench/reading.py
	$(BIN)/python bench/throughput.py
	$(BIN)/python bench/latency.py
	$(BIN)/python bench/rules.py
	$(BIN)/python bench/restatement.py
	$(BIN)/python bench/names.py
	$(BIN)/python bench/conservation.py
	$(BIN)/python bench/drivers.py --reliability

lock:
	uv pip compile --universal --no-strip-extras --generate-hashes --no-header --python-version 3.11 --all-extras --quiet pyproject.toml -o requirements.lock

clean:
	rm -rf .dagster data/lake/* data/reports/* data/outbox/* data/inbox/demo
