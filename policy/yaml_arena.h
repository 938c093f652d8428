/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that is given out in small pieces and freed at once: the nodes and texts of a tree. */
#pragma once

#include "common.h"

struct ost_arena_chunk;

struct ost_arena {
	struct ost_arena_chunk *chunks;
	size_t left_bytes; /* of the newest chunk */
};

/* Zeroed, 8-byte aligned; bytes is at most 64 KiB. NULL: no memory. */
void *ost_arena_take(struct ost_arena *arena, size_t bytes);
void ost_arena_free(struct ost_arena *arena);
