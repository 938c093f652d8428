/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of one kind (roles, devices, ...) over all files: filled once, in the order of the files, sealed once, then found by their text. */
#pragma once

#include "text_index.h"
#include "yaml_bind.h"

struct ost_name {
	const char *text; /* borrowed */
	struct ost_pos pos;
	uint32_t index;
};

struct ost_names {
	struct ost_name *entries;
	uint32_t count, capacity;
	struct ost_text_index index; /* when sealed */
};

/* Room for this many. Marks the reader when memory fails; then nothing is ever added. */
void ost_names_reserve(struct ost_yaml_reader *y, struct ost_names *names, uint32_t capacity);
/* Adds within the room. */
void ost_names_add(struct ost_names *names, const char *text, struct ost_pos pos, uint32_t index);
/* Reports what is defined twice, naming both places; the first one is found. Marks the reader when memory fails; then none is. what: "role". */
void ost_names_seal(struct ost_yaml_reader *y, struct ost_names *names, const char *what);
/* NULL when there is none. */
const struct ost_name *ost_names_find(const struct ost_names *names, const char *text);
void ost_names_free(struct ost_names *names);
