# make demo: from nothing to a first generator. make test: lint and tests.
PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
# tensorflow-addons has no build for Python 3.12 and later.
EXTRAS := $(shell $(PYTHON) -c 'import sys; print("test,addons" if sys.version_info < (3, 12) else "test")')

.PHONY: help install demo test lint format clean

help:
	@echo "make demo     install, draw faces, train on them, make 100 new ones"
	@echo "make test     install, lint, and run every test"
	@echo "make install  make $(VENV) with the package in it"
	@echo "make format   put the code into the house style"
	@echo "make clean    remove $(VENV) and what tools left behind"

$(VENV)/installed: setup.py
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --upgrade pip
	$(PY) -m pip install --quiet --editable .
	@touch $@

$(VENV)/installed-tests: $(VENV)/installed
	$(PY) -m pip install --quiet --editable ".[$(EXTRAS)]"
	@touch $@

install: $(VENV)/installed

demo: $(VENV)/installed
	$(PY) train.py --TYPE demo

lint: $(VENV)/installed-tests
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

test: lint
	$(PY) -m pytest

format: $(VENV)/installed-tests
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache
