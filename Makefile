# Two commands: `make app` and `make test`. Both set up what they need in .venv first.
PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
# Every package by its hash, as for a deployment: make app REQUIREMENTS="--require-hashes --requirement requirements.lock"
REQUIREMENTS ?= --requirement requirements.txt
# Two processes, each file in one of them and all of the browser in one; plain pytest runs everything in one.
WORKERS ?= 2

.PHONY: app test viewer lint lock format clean

app: .venv/ready viewer
	$(BIN)/python -m pages.runs.serve --server.port $(PORT)

.venv/ready: requirements.txt pyproject.toml
	$$(test -x $(BIN)/python && echo $(BIN)/python || echo $(PYTHON)) tools/check_python.py
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet $(REQUIREMENTS)
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

.venv/ready-test: .venv/ready requirements-dev.txt
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	touch $@

viewer: .venv/ready
	$(BIN)/python -m matgen_core.core.viewer

# Bytecode is kept even where the environment forbids it: every server and command of the tests would compile it anew.
test: .venv/ready-test viewer lint
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

lint: .venv/ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# After a change of requirements.txt: the same versions with the hashes of everything they bring along.
lock: .venv/ready
	$(BIN)/python -m pip install --quiet uv==0.13.9
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
		requirements.txt --output-file requirements.lock --quiet

format: .venv/ready-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache static/3Dmol-min.js static/jsme
