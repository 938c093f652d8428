# SPDX-License-Identifier: GPL-2.0-or-later
# make | make demo | make check [SUITE=name] | make bench | make fuzz : see README.md
BUILD ?= build
.PHONY: all
all:
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD)
	@ninja -C $(BUILD)
