# The everyday commands. CMakePresets.json holds the builds; this file puts them in order.
#   make demo        build, then run the built-in example      make test        what CI runs
#   make build       library and command                       make test-slow   long and timed tests
#   make bench       benchmarks beside their rivals            make format      clang-format in place
#   make tidy        clang-tidy (BASE=main: changed files)     make clean       remove build/ and .venv/

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:

JOBS ?= $(shell nproc)
PARFOCAL := build/release/bin/parfocal
SHARED_DIR ?= $(abspath ../shared)
CONFIGURE := cmake -DPARFOCAL_SHARED_DIR=$(SHARED_DIR) --preset

# Readers that tests/interop starts as programs: zarrita and the last zarr-python of version 2.
READERS := scripts/npm.sh tests/interop/node && VENV=.venv-zarr2 \
  CONSTRAINTS=scripts/constraints-zarr2.txt scripts/venv.sh tests/interop/zarr2/requirements.txt

.PHONY: demo build test test-slow test-sanitizers test-release test-interop test-asan test-tsan bench \
        house format format-check tidy clean setup-build setup-test setup-bench

demo: build
	$(PARFOCAL) demo cells

# Needs no test packages, so GoogleTest is not looked for; `make test` switches it on again.
build: setup-build
	$(CONFIGURE) release -DPARFOCAL_TESTS=OFF -DPARFOCAL_BENCHMARKS=OFF
	cmake --build --preset release -j $(JOBS)

# The quick checks come first; every ctest prints its own summary and stops the run when it fails.
test: setup-test house format-check test-release test-interop

# All tests under ASan and UBSan, the threaded ones under TSan. By name, and in test-slow: from an
# empty cache the two builds alone take longer than all of `make test`.
test-sanitizers: setup-test test-asan test-tsan

# With the benchmarks, which nobody else compiles before they are needed.
test-release:
	$(CONFIGURE) release -DPARFOCAL_BENCHMARKS=ON
	cmake --build --preset release -j $(JOBS)
	ctest --preset release -j $(JOBS)

test-interop:
	scripts/venv.sh tests/requirements.txt
	$(READERS)
	PARFOCAL=$(abspath $(PARFOCAL)) PARFOCAL_SHARED_DIR=$(SHARED_DIR) \
	  .venv/bin/python -m pytest -q -n $(JOBS) tests/interop tests/drawn
	VENV=.venv-rtdc CONSTRAINTS=scripts/constraints-rtdc.txt scripts/venv.sh tests/rtdc/requirements.txt
	PARFOCAL=$(abspath $(PARFOCAL)) PARFOCAL_SHARED_DIR=$(SHARED_DIR) \
	  .venv-rtdc/bin/python -m pytest -q -n $(JOBS) tests/rtdc --ignore-glob='*_slow.py'

test-asan test-tsan: test-%:
	$(CONFIGURE) $*
	cmake --build --preset $* -j $(JOBS)
	ctest --preset $* -j $(JOBS)

test-slow: setup-test test-sanitizers
	$(CONFIGURE) release
	cmake --build --preset release -j $(JOBS)
	ctest --preset slow
	scripts/venv.sh tests/requirements.txt
	$(READERS)
	scripts/ngff_suites.sh
	PARFOCAL=$(abspath $(PARFOCAL)) PARFOCAL_MATRIX=whole \
	  .venv/bin/python -m pytest -q tests/interop/test_store_matrix.py \
	    tests/interop/test_ngff_suites.py
	PARFOCAL=$(abspath $(PARFOCAL)) .venv/bin/python -m tests.drawn --draws 2000
	PARFOCAL=$(abspath $(PARFOCAL)) .venv/bin/python -m tests.drawn.files --draws 2000
	PARFOCAL=$(abspath $(PARFOCAL)) .venv/bin/python -m tests.drawn.accidents --draws 1000
	PARFOCAL=$(abspath $(PARFOCAL)) .venv/bin/python -m pytest -q tests/drawn/accidents/test_linear.py
	VENV=.venv-rtdc CONSTRAINTS=scripts/constraints-rtdc.txt scripts/venv.sh tests/rtdc/requirements.txt
	PARFOCAL=$(abspath $(PARFOCAL)) PARFOCAL_SHARED_DIR=$(SHARED_DIR) \
	  .venv-rtdc/bin/python -m pytest -q -rP tests/rtdc/test_*_slow.py

bench: setup-bench
	$(CONFIGURE) bench
	cmake --build --preset bench -j $(JOBS)
	scripts/venv.sh benchmarks/requirements.txt
	VENV=.venv-rtdc CONSTRAINTS=scripts/constraints-rtdc.txt scripts/venv.sh tests/rtdc/requirements.txt
	benchmarks/run.sh build/bench

house:
	scripts/check_house.sh

format-check:
	scripts/format.sh --check

format:
	scripts/format.sh

tidy: setup-test
	$(CONFIGURE) release
	scripts/tidy.sh build/release $(BASE)

clean:
	rm -rf build .venv .venv-rtdc .venv-zarr2 tests/interop/node/node_modules

setup-build:
	@scripts/setup.sh build

setup-test:
	@scripts/setup.sh build test bench

setup-bench:
	@scripts/setup.sh build bench
