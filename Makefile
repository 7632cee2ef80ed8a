# Rostrum's everyday commands. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# make up MODEL=base.en
ifdef MODEL
export TRANSCRIBE_MODEL := $(MODEL)
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo up unit test lint bench soak lock clean

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## create .venv with everything in requirements.lock; instant if it is up to date
	@PYTHON="$(PYTHON)" sh scripts/setup.sh $(VENV)

demo: setup ## start a stack, stream a recording, print the results, stop the stack
	@$(BIN)/rostrum demo

up: setup ## run the whole stack on this machine until Ctrl-C (MODEL=base.en for your own voice)
	@exec $(BIN)/rostrum up

unit: setup ## run the quick unit tests, offline, in under a minute
	@$(BIN)/python -m pytest -n logical tests/unit -m "not soak and not thorough"

test: lint ## lint, then run all tests
	@$(BIN)/python -m pytest -n 2 --no-loadscope-reorder

lint: setup ## run ruff and mypy
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

bench: setup ## run the benchmarks
	@$(BIN)/python -m bench

soak: setup ## run the long-running tests
	@$(BIN)/python -m pytest -m soak

lock: ## renew requirements.lock from pyproject.toml (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--extra embedded --extra dev --custom-compile-command "make lock" --upgrade -o requirements.lock pyproject.toml

clean: ## remove .venv, the data folder of the settings (all local data!) and the tools' caches; not while a stack runs
	@sh scripts/clean.sh $(VENV)
