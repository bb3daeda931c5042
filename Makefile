# Two commands: `make demo` and `make test`. Each makes .venv when it is missing.
PYTHON ?= python3
BIN := $(if $(filter Windows_NT,$(OS)),.venv/Scripts,.venv/bin)
READY := .venv/.ready

.PHONY: demo test lab lint types store clean

demo: $(READY)
	@$(BIN)/crm run demo

test: $(READY)
	@$(BIN)/python -m pytest

lab: $(READY)
	@$(BIN)/crm lab retail

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/crm store --check

types: $(READY)
	@$(BIN)/mypy

store: $(READY)
	@$(BIN)/crm store

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 15) else "crm needs Python 3.11 to 3.14; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12")'
	@echo "making .venv (a minute or so) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
