# make demo: from nothing to a first generator. make test: lint and tests.
PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python

.PHONY: help install demo test bench lint format clean

help:
	@echo "make demo     install, draw faces, train on them, make 100 new ones"
	@echo "make test     install, lint, and run every test"
	@echo "make bench    the benchmarks of speed in their short form, under ten minutes"
	@echo "make install  make $(VENV) with the package in it"
	@echo "make format   put the code into the house style"
	@echo "make clean    remove $(VENV) and what tools left behind"

$(VENV)/installed: setup.py
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --upgrade pip
	$(PY) -m pip install --quiet --editable .
	@touch $@

$(VENV)/installed-tests: $(VENV)/installed
	$(PY) -m pip install --quiet --editable ".[test]"
	$(PY) -m pip install --quiet --editable ".[serving,onnx]" || \
	  echo "tensorflow-serving-api or ONNX do not install here: their tests will be skipped"
# tensorflow-addons has no build for Python 3.12 and later, nor for every processor.
	$(PY) -m pip install --quiet --editable ".[addons]" || \
	  echo "tensorflow-addons does not install here: its parity tests will be skipped"
	@touch $@

install: $(VENV)/installed

demo: $(VENV)/installed
	$(PY) train.py --TYPE demo

lint: $(VENV)/installed-tests
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

test: lint
	$(PY) -m pytest --numprocesses 3 --dist loadfile

bench: $(VENV)/installed-tests
	$(PY) benchmarks/short.py

format: $(VENV)/installed-tests
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache
