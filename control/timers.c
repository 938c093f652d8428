/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "timers.h"

#define NOWHERE UINT32_MAX

struct ost_timers {
	uint32_t things, count;
	uint32_t *heap;	  /* things, the earliest first */
	uint32_t *at;	  /* by thing: its place in the heap, NOWHERE */
	uint64_t *due_ns; /* by thing */
};

int ost_timers_new(uint32_t things, struct ost_timers **ret_timers)
{
	struct ost_timers *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	t->things = things;
	t->heap = malloc(((size_t)things + 1) * sizeof(*t->heap));
	t->at = malloc(((size_t)things + 1) * sizeof(*t->at));
	t->due_ns = malloc(((size_t)things + 1) * sizeof(*t->due_ns));
	if (t->heap == NULL || t->at == NULL || t->due_ns == NULL) {
		ost_timers_free(&t);
		return -ENOMEM;
	}
	memset(t->at, 0xff, ((size_t)things + 1) * sizeof(*t->at));
	*ret_timers = t;
	return 0;
}

void ost_timers_free(struct ost_timers **timers)
{
	struct ost_timers *t = *timers;

	*timers = NULL;
	if (t == NULL)
		return;
	free(t->heap);
	free(t->at);
	free(t->due_ns);
	free(t);
}

static void put(struct ost_timers *t, uint32_t i, uint32_t thing)
{
	t->heap[i] = thing;
	t->at[thing] = i;
}

static void rise(struct ost_timers *t, uint32_t i)
{
	uint32_t thing = t->heap[i];

	while (i > 0 && t->due_ns[t->heap[(i - 1) / 2]] > t->due_ns[thing]) {
		put(t, i, t->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(t, i, thing);
}

static void sink(struct ost_timers *t, uint32_t i)
{
	uint32_t thing = t->heap[i];

	for (uint32_t child; (child = 2 * i + 1) < t->count; i = child) {
		if (child + 1 < t->count && t->due_ns[t->heap[child + 1]] < t->due_ns[t->heap[child]])
			child++;
		if (t->due_ns[t->heap[child]] >= t->due_ns[thing])
			break;
		put(t, i, t->heap[child]);
	}
	put(t, i, thing);
}

void ost_timers_set(struct ost_timers *t, uint32_t thing, uint64_t due_ns)
{
	uint32_t i = t->at[thing];

	t->due_ns[thing] = due_ns;
	if (i == NOWHERE) {
		i = t->count++;
		put(t, i, thing);
	}
	rise(t, i);
	sink(t, t->at[thing]);
}

void ost_timers_clear(struct ost_timers *t, uint32_t thing)
{
	uint32_t i = t->at[thing], last;

	if (i == NOWHERE)
		return;
	t->at[thing] = NOWHERE;
	last = t->heap[--t->count];
	if (last == thing)
		return;
	put(t, i, last);
	rise(t, i);
	sink(t, t->at[last]);
}

bool ost_timers_take(struct ost_timers *t, uint64_t now_ns, uint32_t *ret_thing)
{
	uint32_t thing;

	if (t->count == 0 || t->due_ns[t->heap[0]] > now_ns)
		return false;
	thing = t->heap[0];
	ost_timers_clear(t, thing);
	*ret_thing = thing;
	return true;
}

uint32_t ost_timers_running(const struct ost_timers *t)
{
	return t->count;
}
