/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nearest.h"

#define NAME_MAX_COMPARED OST_NAME_MAX

/* Edits (insert, remove, replace, swap two neighbours) that turn a into b. */
static unsigned edit_distance(const char *a, size_t n, const char *b, size_t m)
{
	unsigned rows[3][NAME_MAX_COMPARED + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2], *t;

	for (unsigned j = 0; j <= m; j++)
		above[j] = j;
	for (unsigned i = 1; i <= n; i++) {
		row[0] = i;
		for (unsigned j = 1; j <= m; j++) {
			unsigned same = a[i - 1] == b[j - 1] ? 0 : 1;
			unsigned d = OST_MIN(above[j], row[j - 1]) + 1;

			d = OST_MIN(d, above[j - 1] + same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d = OST_MIN(d, before[j - 2] + 1);
			row[j] = d;
		}
		t = before;
		before = above;
		above = row;
		row = t;
	}
	return above[m];
}

struct ost_nearest ost_nearest_of(const char *wanted, uint32_t *budget)
{
	size_t n = strlen(wanted);

	return (struct ost_nearest){
		.wanted = wanted,
		.distance = n > NAME_MAX_COMPARED ? 0 : (unsigned)OST_MIN(OST_MAX(n / 3, 1), 3) + 1,
		.budget = budget,
	};
}

void ost_nearest_offer(struct ost_nearest *near, const char *name)
{
	size_t n = strlen(near->wanted), m = strlen(name);
	size_t apart = n > m ? n - m : m - n;
	unsigned d;

	if (*near->budget == 0 || apart >= near->distance || m > NAME_MAX_COMPARED)
		return;
	(*near->budget)--;
	d = edit_distance(near->wanted, n, name, m);
	if (d < near->distance) {
		near->distance = d;
		near->best = name;
	}
}
