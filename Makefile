# make demo: review the sample archive; make test: all checks. Both need only Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint types contracts suite models docs clean

$(BIN)/reviewqa: pyproject.toml hatch_build.py $(wildcard src/reviewqa/*/*.pyx)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.test: $(BIN)/reviewqa pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	touch $@

demo: $(BIN)/reviewqa
	mkdir -p out
	$(BIN)/reviewqa review data/samples --as terminal
	$(BIN)/reviewqa review data/samples --as html --out out/report.html
	@echo "The report with every transcript: out/report.html"

test: lint types contracts suite

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

contracts: $(VENV)/.test
	$(BIN)/lint-imports

suite: $(VENV)/.test
	$(BIN)/reviewqa rules check
	$(BIN)/python -m pytest -n 2

models: $(VENV)/.test
	$(BIN)/reviewqa models train
	$(BIN)/reviewqa models cues
	$(BIN)/reviewqa models card

docs: $(VENV)/.test
	$(BIN)/reviewqa schema > docs/review.schema.json
	$(BIN)/reviewqa rules docs

clean:
	rm -rf $(VENV) out
