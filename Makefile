# The same targets for people and for CI. PYTHON is the interpreter that makes the environment.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -m
# A process for each core. Files stay whole: what their tests share would be made again and again.
# They come in our order (tests/conftest.py: the longest first), not those of most tests first.
TEST := $(RUN) pytest -q -n auto --dist loadfile --no-loadscope-reorder

.PHONY: demo test fix check test-all bench docs gallery demo-city clean

demo: $(VENV)/.ready  ## set up and run the main job on the embedded city
	$(BIN)/chargeplan demo

test: $(VENV)/.ready-test  ## set up and pass the tests
	$(TEST)

fix: $(VENV)/.ready-dev  ## format and mend what can be mended
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

check: $(VENV)/.ready-dev  ## format, lint, types, docstrings, architecture, generated files
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) numpydoc.hooks.validate_docstrings $$(git ls-files 'chargeplan/*.py')
	$(RUN) pytest -q tests/architecture

test-all: $(VENV)/.ready-dev  ## also the tests that need real extracts or Chromium
	$(TEST) -m "browser or real_data or not (browser or real_data)"

bench: $(VENV)/.ready-dev  ## measure against peers; writes benchmarks/results/
	$(RUN) benchmarks.run

docs: $(VENV)/.ready-dev  ## rewrite the generated files: schema, reference, figures, demo city, showcase
	$(BIN)/chargeplan schema --out chargeplan/config/schema.json
	$(BIN)/chargeplan schema --reference docs/reference/config.md
	$(BIN)/chargeplan sources --page docs/explanation/where-the-numbers-come-from.md
	$(RUN) chargeplan.demo_city
	$(BIN)/chargeplan demo --folder maps

# RUNS names the folder with finished runs of real cities; without it, ONLY=demo takes the other pictures alone.
gallery: $(VENV)/.ready-dev  ## take the pictures of docs/gallery.md again; says what it needs
	$(RUN) benchmarks.gallery $(if $(RUNS),--runs $(RUNS)) $(if $(ONLY),--only $(ONLY))

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: pyproject.toml | $(VENV)/bin/python
	$(RUN) pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/.ready-test: pyproject.toml | $(VENV)/bin/python
	$(RUN) pip install --quiet --disable-pip-version-check -e ".[test]"
	touch $@ $(VENV)/.ready

$(VENV)/.ready-dev: pyproject.toml | $(VENV)/bin/python
	$(RUN) pip install --quiet --disable-pip-version-check -e ".[test,browser,check,bench]"
	touch $@ $(VENV)/.ready $(VENV)/.ready-test

clean:  ## remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
