# Each target makes its own virtual environment from the pinned constraints; a second run is quick.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp-
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench clean

help:
	@echo "make demo    install, build the sample archive and use it: search, list, filter, download, plot"
	@echo "make test    install and run all tests (offline)"
	@echo "make check   format, lint and types"
	@echo "make bench   measure the promised speeds beside their peers"

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "topmast needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

$(STAMP)all: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e '.[all]'
	@touch $@

$(STAMP)dev: $(STAMP)all
	$(PIP) -e '.[dev,conformance]'
	@touch $@

demo: $(STAMP)all
	$(BIN)/topmast demo topmast-demo

test: $(STAMP)dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(STAMP)dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(STAMP)dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .sample topmast-demo .mypy_cache .ruff_cache .pytest_cache
