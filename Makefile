# The whole course from a bare machine that has Python 3.11 or newer and make.
# What is installed lies in .venv and node_modules; only a missing Chromium is installed outside of them.

PYTHON ?= python3
# Another book is built by the same command: make book SOURCE=folder OUT=folder
SOURCE ?= .
OUT ?= .
# One notebook for `make chapters` or `make slides`; empty means all that _toc.yml lists.
CHAPTER ?=
# For `make assignments`: the name of a variant, and a folder of private hidden checks.
VARIANT ?=
OVERLAY ?=
# More words for pytest and for JupyterLab: make test PYTEST="-k softmax", make lab LAB=--no-browser
PYTEST ?=
LAB ?=

BIN := .venv/bin
STAMPS := .venv/stamps
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
PINNED := $(PIP) install --constraint requirements.txt
# Node and uv carry certificates of their own; as pip does, they are to ask the system which ones to trust.
export NODE_USE_SYSTEM_CA := 1
export UV_SYSTEM_CERTS := 1
TORCH_CPU := https://download.pytorch.org/whl/cpu

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two targets that install into one environment at the same time would break it.
.NOTPARALLEL:
.PHONY: help book slides lab test test-all chapters assignments experiments bench pins clean distclean

help: ## print these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

book: $(STAMPS)/book node_modules/.book ## build the book and say where its first page is
	@echo "Building the book."
	@# Warnings and errors go to stderr; stdout only repeats the two lines below at length.
	@$(BIN)/jupyter-book build "$(SOURCE)" --path-output "$(OUT)" -W --keep-going --quiet >/dev/null
	@echo "First page: $$(cd "$(OUT)" && pwd)/_build/html/index.html"
	@echo "Serve it:   $(BIN)/python -m http.server -b localhost -d \"$(patsubst ./%,%,$(OUT)/_build/html)\" (http://localhost:8000)"

slides: $(STAMPS)/book node_modules/.book ## export the chapters as slides; one of them: CHAPTER=book/….ipynb
	@echo "Building the slides."
	@$(BIN)/python -m whyattention.slides $(if $(CHAPTER),"$(CHAPTER)") --source "$(SOURCE)" --out "$(OUT)"

lab: $(STAMPS)/lab ## open the chapters in JupyterLab
	@# JupyterLab shows the stored widgets of trusted notebooks only.
	@$(BIN)/jupyter trust $$($(BIN)/python -m whyattention.execute --list) >/dev/null
	@$(BIN)/jupyter lab $(LAB) book

test: ## run the first tier of tests: all but the slow ones
test-all: ## run all tests
test: TIER := -m "not slow"
test test-all: $(STAMPS)/test node_modules/.test
	@$(BIN)/python tests/install_browser.py
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo "not formatted; run: $(BIN)/ruff format" >&2; exit 1; }
	@chapters=$$($(BIN)/python -m whyattention.execute --list) && test -n "$$chapters" && \
	$(BIN)/pytest -q -n 2 --dist loadscope $(TIER) --nbval-lax --nbval-cell-timeout=600 tests lib $$chapters $(PYTEST)

chapters: $(STAMPS)/lab ## run the chapters and store their outputs; one of them: CHAPTER=book/….ipynb
	@$(BIN)/python -m whyattention.execute $(CHAPTER)

assignments: $(STAMPS)/grading ## write the assignments for students, instructors, nbgrader and otter
	@$(BIN)/whyattention assignments build $(if $(VARIANT),--variant "$(VARIANT)") $(if $(OVERLAY),--overlay "$(OVERLAY)")

experiments: $(STAMPS)/lab ## measure all of book/results again: over two hours on two cores
	@$(BIN)/python -m whyattention.experiments --all

bench: $(STAMPS)/test node_modules/.test ## measure the book and the library; prints a table
	@$(BIN)/python tests/install_browser.py
	@$(BIN)/python -m tests.benchmarks

pins: $(STAMPS)/python ## choose the newest versions that fit pyproject.toml for requirements.txt
	@$(PIP) install --group pins
	@$(BIN)/uv pip compile --quiet pyproject.toml --group book --group lab --group test --upgrade \
		--universal --python-version 3.11 --no-header --no-annotate >.venv/pins.txt
	@# The CUDA packages belong to one build of torch, and not to the one that the course installs.
	@{ echo "# make pins"; grep -Ev '^(nvidia-|cuda-|triton)' .venv/pins.txt; } >.venv/requirements.txt
	@mv .venv/requirements.txt requirements.txt

clean: ## remove what was built, and keep what was installed
	@rm -rf _build .pytest_cache .ruff_cache .hypothesis .jupyter_cache
	@find book lib tests -name __pycache__ -prune -exec rm -rf {} + -o \( -name .ipynb_checkpoints -o -name .ruff_cache \) -prune -exec rm -rf {} +

distclean: clean ## remove what was installed, too
	@rm -rf .venv node_modules lib/*.egg-info

# From here on: how the environment comes to be. A stamp is older than its sources when they have changed.

$(STAMPS)/python:
	@command -v "$(PYTHON)" >/dev/null || \
	{ echo "$(PYTHON) not found: install Python 3.11 or newer, or name one with PYTHON=" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "$$("$(PYTHON)" --version 2>&1) is too old: install Python 3.11 or newer, or name one with PYTHON=" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
	{ echo "$(PYTHON) cannot make environments: install its venv module (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@"$(PYTHON)" -m venv .venv
	@# Dependency groups came with pip 25.1.
	@$(PIP) install --upgrade 'pip>=25.1'
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/book: $(STAMPS)/python pyproject.toml requirements.txt
	@echo "Installing what the book is built with; this is done once."
	@$(PINNED) --group book
	@# Without its dependencies: the book is built from stored outputs.
	@$(PIP) install --no-deps --editable .
	@touch $@

$(STAMPS)/torch: $(STAMPS)/python requirements.txt
	@echo "Installing PyTorch; this is done once."
	@# PyPI's build for Linux brings several GB of CUDA packages along, PyTorch's own index has one without.
	@test "$$(uname -s)" != Linux || \
	$(PINNED) --no-deps --index-url $(TORCH_CPU) --timeout 15 --retries 0 torch 2>/dev/null || \
	echo "No CPU build from $(TORCH_CPU): taking the configured index, whose build for Linux can be large."
	@$(PINNED) torch
	@touch $@

$(STAMPS)/lab: $(STAMPS)/torch $(STAMPS)/book
	@$(PINNED) --group book --group lab --editable .
	@touch $@

$(STAMPS)/grading: $(STAMPS)/torch pyproject.toml requirements.txt
	@echo "Installing what grades the assignments; this is done once."
	@$(PINNED) --group lab --group grading --editable .
	@touch $@

$(STAMPS)/test: $(STAMPS)/torch pyproject.toml requirements.txt
	@echo "Installing what the tests need; this is done once."
	@$(PINNED) --group test --editable .
	@touch $(STAMPS)/book $(STAMPS)/lab $(STAMPS)/grading $@

node_modules/.book: package.json package-lock.json .npmrc | $(STAMPS)/book
	@$(BIN)/npm ci --omit=dev --loglevel=error >/dev/null
	@touch $@

node_modules/.test: package.json package-lock.json .npmrc | $(STAMPS)/test
	@$(BIN)/npm ci --loglevel=error >/dev/null
	@touch node_modules/.book $@
