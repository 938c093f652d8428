# SPDX-License-Identifier: GPL-2.0-or-later
# make                      programs into build/bin
# make demo                 a lab in network namespaces: what Ostiary does, on real traffic
# make check [SUITE=name]   the tests; check-long runs them longer and under sanitizers
# make bench                what it costs, in cycles per packet
# make fuzz [SECONDS=600] [TARGET=name]
# make lint | format | clean
BUILD   ?= build
SUITE   ?=
SECONDS ?= 60
TARGET  ?=

.NOTPARALLEL:
.PHONY: all build demo check check-long bench fuzz lint format clean

all: build
	@echo "programs are in $(BUILD)/bin: $$(cd $(BUILD)/bin && ls | tr '\n' ' ')"

build:
	@config/install-packages build
	@tests/build $(BUILD) programs

demo:
	@config/install-packages build lab
	@tests/build $(BUILD) programs
	@OSTIARY_BIN=$(abspath $(BUILD))/bin tests/scenario/demo

check:
	@config/install-packages build lab test
	@tests/run --build $(BUILD) $(if $(SUITE),--suite $(SUITE))

check-long:
	@config/install-packages build lab test
	@tests/run --build $(BUILD) --long $(if $(SUITE),--suite $(SUITE))

bench:
	@config/install-packages build lab bench
	@tests/build $(BUILD) programs bench-programs
	@OSTIARY_BIN=$(abspath $(BUILD))/bin tests/bench/run $(BUILD)

fuzz:
	@config/install-packages build test
	@tests/fuzz/run $(SECONDS) $(TARGET)

lint:
	@config/install-packages build lint
	@tests/lint

format:
	@config/install-packages lint
	@git ls-files '*.c' '*.h' | xargs clang-format-14 -i
	@echo "formatted; git diff shows what changed"

clean:
	rm -rf build build-fuzz build-san
