/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yaml_arena.h"

#define CHUNK_BYTES ((size_t)64 * 1024)

struct ost_arena_chunk {
	struct ost_arena_chunk *older;
	uint64_t bytes[CHUNK_BYTES / 8];
};

void *ost_arena_take(struct ost_arena *arena, size_t bytes)
{
	size_t size = (bytes + 7) & ~(size_t)7;

	if (size > CHUNK_BYTES)
		return NULL;
	if (arena->left_bytes < size) {
		struct ost_arena_chunk *chunk = calloc(1, sizeof(*chunk));

		if (chunk == NULL)
			return NULL;
		chunk->older = arena->chunks;
		arena->chunks = chunk;
		arena->left_bytes = CHUNK_BYTES;
	}
	arena->left_bytes -= size;
	return (char *)arena->chunks->bytes + CHUNK_BYTES - arena->left_bytes - size;
}

void ost_arena_free(struct ost_arena *arena)
{
	while (arena->chunks != NULL) {
		struct ost_arena_chunk *older = arena->chunks->older;

		free(arena->chunks);
		arena->chunks = older;
	}
	arena->left_bytes = 0;
}
