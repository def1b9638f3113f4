# Each target makes its own virtual environment from the pinned constraints; a second run is quick.
PYTHON ?= python3
VENV := .venv
FLOORS := .venv-floors
STAMP := $(VENV)/.stamp-
INSTALL := -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test docs floors check format bench clean

help:
	@echo "make demo    install, build the sample archive and use it: search, list, filter, download, plot"
	@echo "make test    install and run all tests (offline)"
	@echo "make docs    build the site, with its notebooks run on the sample archive"
	@echo "make floors  run the tests with the lowest versions that pyproject.toml allows"
	@echo "make check   format, lint, types, and the habits of a well-kept project"
	@echo "make bench   measure the promised speeds beside their peers"
	@echo "PYTHON=python3.13 chooses the interpreter for a new .venv; make clean removes it."

$(VENV)/bin/python $(FLOORS)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "topmast needs Python 3.11 or newer")'
	@echo "Making $(@D:/bin=) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(@D:/bin=)
	@$@ $(INSTALL) -c constraints.txt pip  # --group came with pip 25.1

$(STAMP)all: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing topmast and what it needs into $(VENV) (about a minute) ..."
	@$(VENV)/bin/python $(INSTALL) -c constraints.txt -e '.[all]'
	@touch $@

$(STAMP)dev: $(STAMP)all
	@echo "Installing the test and check tools into $(VENV) (about half a minute) ..."
	@$(VENV)/bin/python $(INSTALL) -c constraints.txt --group dev
	@touch $@

$(FLOORS)/.stamp: $(FLOORS)/bin/python pyproject.toml .ci/floors.py
	@echo "Installing the lowest versions into $(FLOORS) (about a minute) ..."
	@$(FLOORS)/bin/python .ci/floors.py > $(FLOORS)/floors.txt
	@$(FLOORS)/bin/python $(INSTALL) -c $(FLOORS)/floors.txt -e '.[all]' --group test
	@touch $@

demo: $(STAMP)all
	@$(VENV)/bin/topmast demo topmast-demo

test: $(STAMP)dev
	@echo "Running all tests, two at a time (about 5 minutes on two free cores) ..."
	@$(VENV)/bin/python -m pytest -n 2 --dist loadgroup

$(STAMP)docs: $(STAMP)all
	@echo "Installing Sphinx into $(VENV) (about half a minute) ..."
	@$(VENV)/bin/python $(INSTALL) -c constraints.txt --group docs
	@touch $@

docs: $(STAMP)docs
	@echo "Building the site (about a minute) ..."
	@$(VENV)/bin/sphinx-build --quiet --fail-on-warning --keep-going docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

# Old versions of some libraries warn that newer versions of others have renamed a function, and
# docs/cli.md prints help as the pinned click does.
CLI_PAGE := tests/test_docs.py::test_a_written_page_is_what_the_code_says_today[cli.md]
floors: $(FLOORS)/.stamp
	@echo "Running all tests with the lowest versions (about 5 minutes on two free cores) ..."
	@$(FLOORS)/bin/python -m pytest -n 2 --dist loadgroup -W ignore::DeprecationWarning \
		--deselect '$(CLI_PAGE)'

check: $(STAMP)dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/python .ci/known_types.py
	$(VENV)/bin/repo-review .

format: $(STAMP)dev
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

bench: $(STAMP)dev
	$(VENV)/bin/python -m benchmarks

clean:
	rm -rf $(VENV) $(FLOORS) docs/_build .sample topmast-demo .mypy_cache .ruff_cache .pytest_cache
