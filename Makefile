# Every target makes what it needs first, so a fresh checkout can start with any of them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash

VENV := .venv
BIN := $(VENV)/bin
# Python compiles what is imported at its first import; compiling everything at once doubles the wait for a demo.
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install --no-compile
# Where a shell forbids Python to keep what it compiled, each of the many processes of a run would compile all anew.
export PYTHONDONTWRITEBYTECODE :=
# Two workers suit the smallest machine the suite is promised to run on; raise it on a larger one.
WORKERS ?= 2
# Extra arguments for pytest: make test ARGS="tests/unit -k scope"
ARGS ?=

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-11s %s\n", $$1, $$2 }'

.PHONY: demo
demo: $(VENV)/.installed ## Start a server with sample data, then walk through it
	@$(BIN)/cdsc demo

.PHONY: test
test: $(VENV)/.installed-test ## Run every test, on SQLite and on PostgreSQL
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(ARGS)

.PHONY: lint
lint: $(VENV)/.installed-dev ## Check style, formatting, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

.PHONY: bench
bench: $(VENV)/.installed-test ## Measure the server beside its peers
	@$(BIN)/python -m benchmarks

.PHONY: openapi
openapi: $(VENV)/.installed ## Write the OpenAPI documents the code stands for
	@$(BIN)/cdsc openapi --write openapi/

.PHONY: messages
messages: $(VENV)/.installed ## Bring the catalogues of languages up to date with the words in code and templates
	@$(BIN)/python -m cdsc_server.languages.renew

.PHONY: conformance
conformance: $(VENV)/.installed-test ## Renew docs/reference/conformance.md from the kit and the tests
	@RENEW_KIT_ROWS=1 $(BIN)/python -m pytest -q tests/conformance/test_kit.py -k sqlite
	@$(BIN)/python -m tests.conformance.report --write

.PHONY: lock
lock: $(VENV)/.installed-dev ## Renew the pinned requirements (UPGRADE=1 takes newer versions too)
	@cd requirements && for name in build base test dev; do \
		../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
			--no-emit-index-url --no-annotate $(if $(UPGRADE),--upgrade) --output-file $$name.txt $$name.in || exit 1; \
	done

.PHONY: venv
venv: $(VENV)/.installed-dev ## Install everything a developer needs into .venv

.PHONY: clean
clean: ## Remove .venv and every cache
	@rm -rf $(VENV) .coverage .coverage.* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@.ci/make-venv $(VENV)

# The stamps keep a second run from installing anything; a changed lock or pyproject.toml renews them.
$(VENV)/.installed: requirements/build.txt requirements/base.txt pyproject.toml | $(BIN)/python
	@echo "Installing what the server needs into $(VENV)"
	@$(PIP) --require-hashes -r requirements/build.txt -r requirements/base.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-test: requirements/test.txt $(VENV)/.installed
	@echo "Installing what the tests need into $(VENV)"
	@$(PIP) --require-hashes -r requirements/test.txt
	@touch $@

$(VENV)/.installed-dev: requirements/dev.txt $(VENV)/.installed-test
	@echo "Installing the checkers into $(VENV)"
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@
