# make demo, make test: each sets up .venv by itself, and again only when pyproject.toml or constraints.txt change.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
INSTALLED = $(VENV)/.installed

.PHONY: help demo test lint format clean

help:
	@echo "make demo    train the embedded tiny policy on a CPU and show before and after"
	@echo "make test    lint, types and every test"
	@echo "make lint    lint and types only"
	@echo "make format  format the code and fix what ruff can fix"
	@echo "make clean   remove .venv and caches (runs/ and data/ stay)"

demo: $(INSTALLED)
	$(BIN)/rlvr demo

test: lint
	@echo "== pytest: every test, the slow ones included"
	@$(BIN)/python -m pytest

lint: $(INSTALLED)
	@echo "== ruff: lint and format"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "== mypy: types"
	@$(BIN)/mypy

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "rlvr needs Python 3.11 or newer; name one: make PYTHON=python3.11")'
	@echo "== setting up $(VENV) with the versions of constraints.txt; the first time takes minutes, most of it for torch"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
