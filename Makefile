# Everything that a person does with this repository. `make demo` and `make test` need nothing but
# Python 3.11 and make: they set up .venv themselves.

PYTHON ?= $(shell command -v python3.11 || echo python3)
# Where torch comes from. Without it, PyPI's torch is taken, which brings gigabytes of CUDA:
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Short steps gain nothing from a second thread, and lose much where another process is busy.
export OMP_NUM_THREADS ?= 1
export TF_CPP_MIN_LOG_LEVEL ?= 3

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist worksteal

.PHONY: help setup demo test test-fast proof bench lint clean

help:
	@echo "make demo       check, train, export and verify specs/digits.dls in both backends"
	@echo "make test       the test suite"
	@echo "make test-fast  the tests that take seconds"
	@echo "make proof      the long proofs, and tables of what they measured: hours"
	@echo "make bench      measures what docs/benchmarks.md holds; ONLY=startup one section"
	@echo "make lint       ruff and mypy"
	@echo "TORCH_INDEX=https://download.pytorch.org/whl/cpu takes torch without CUDA"

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@echo "setting up $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch
	@$(PIP) -e '.[torch,keras-cpu,export,dev]'
	@touch $@

demo: $(READY)
	$(BIN)/python -m dlspec.demo specs/digits.dls demo

# PyTorch and TensorFlow never share a process, so they never share a run of pytest.
test: $(READY)
	$(PYTEST) -m "not tensorflow and not proof"
	$(PYTEST) -m "tensorflow and not proof"

test-fast: $(READY)
	$(PYTEST) -m "not tensorflow and not slow and not proof"

# The long proofs: many random configurations of each op, many kills, many mutations.
proof: $(READY)
	$(PYTEST) -m "not tensorflow and proof"
	$(PYTEST) -m "tensorflow and proof"

# Nothing else should run meanwhile. ONLY takes the parts that `python -m benchmarks -h` lists.
ONLY ?=
bench: $(READY)
	$(BIN)/python -m benchmarks $(ONLY)

lint: $(READY)
	$(BIN)/ruff check dlspec backends tests benchmarks
	$(BIN)/ruff format --check dlspec backends tests benchmarks
	$(BIN)/mypy dlspec backends/dlspec_torch backends/dlspec_keras benchmarks

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
