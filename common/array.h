/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays that grow. */
#pragma once

#include "common.h"

/* Room for one more behind count items of an array from here: returns the array, moved when it had to grow, or NULL without
 * memory: then the old one is still there. Begin with NULL and capacity 0; free(3) it. Bounds are the caller's to keep. */
static inline OST_MUST_CHECK void *ost_array_room(void *items, uint32_t count, uint32_t *capacity, size_t size)
{
	uint32_t more = *capacity != 0 ? *capacity * 2 : 16;
	void *grown;

	if (count < *capacity)
		return items;
	if (more < *capacity)
		return NULL;
	grown = reallocarray(items, more, size);
	if (grown != NULL)
		*capacity = more;
	return grown;
}
