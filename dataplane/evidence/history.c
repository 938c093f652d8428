/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "history.h"

#define NONE UINT32_MAX

struct entry {
	struct ost_copy copy;
	uint32_t source;
	uint32_t newer; /* of the same source; of a free entry: the next free one */
};

/* Sources with equally many copies are in one ring: first those that had more, then the one that was quiet for the longest. */
struct source {
	uint64_t owner;
	uint32_t oldest, newest;
	uint32_t before, behind; /* in its ring */
	uint32_t count;
};

struct ring {
	uint32_t first, last;
};

struct ost_history {
	struct entry *entries;
	struct source *sources;
	const struct entry **found; /* as many as entries, for ost_history_find() */
	struct ring rings[OST_HISTORY_SHARE + 1]; /* by count; none for 0 */
	uint32_t capacity, source_count, used, free;
};

int ost_history_new(uint32_t copies, uint32_t sources, struct ost_history **ret_history)
{
	struct ost_history *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return -ENOMEM;
	h->entries = calloc(copies, sizeof(*h->entries));
	h->found = calloc(copies, sizeof(*h->found));
	h->sources = calloc(sources, sizeof(*h->sources));
	if (copies == 0 || h->entries == NULL || h->found == NULL || h->sources == NULL) {
		ost_history_free(&h);
		return -ENOMEM;
	}
	h->capacity = copies;
	h->source_count = sources;
	for (uint32_t i = 0; i < copies; i++)
		h->entries[i].newer = i + 1 < copies ? i + 1 : NONE;
	for (uint32_t i = 0; i <= OST_HISTORY_SHARE; i++)
		h->rings[i] = (struct ring){NONE, NONE};
	*ret_history = h;
	return 0;
}

void ost_history_free(struct ost_history **history)
{
	struct ost_history *h = *history;

	if (h == NULL)
		return;
	free(h->entries);
	free(h->found);
	free(h->sources);
	free(h);
	*history = NULL;
}

static void ring_leave(struct ost_history *h, uint32_t source)
{
	struct source *s = &h->sources[source];
	struct ring *r = &h->rings[s->count];

	if (s->count == 0)
		return;
	if (s->before != NONE)
		h->sources[s->before].behind = s->behind;
	else
		r->first = s->behind;
	if (s->behind != NONE)
		h->sources[s->behind].before = s->before;
	else
		r->last = s->before;
}

static void ring_join(struct ost_history *h, uint32_t source, uint32_t before, uint32_t behind)
{
	struct source *s = &h->sources[source];
	struct ring *r = &h->rings[s->count];

	s->before = before;
	s->behind = behind;
	if (before != NONE)
		h->sources[before].behind = source;
	else
		r->first = source;
	if (behind != NONE)
		h->sources[behind].before = source;
	else
		r->last = source;
}

/* Forgets a source's oldest copies until so many are left. Among those that have as many it comes first: it had more. */
static void shrink(struct ost_history *h, uint32_t source, uint32_t left)
{
	struct source *s = &h->sources[source];

	ring_leave(h, source);
	while (s->count > left) {
		uint32_t place = s->oldest;

		s->oldest = h->entries[place].newer;
		s->count--;
		h->entries[place].newer = h->free;
		h->free = place;
		h->used--;
	}
	if (s->count > 0)
		ring_join(h, source, NONE, h->rings[s->count].first);
}

static void make_room(struct ost_history *h)
{
	uint32_t most = OST_HISTORY_SHARE;

	while (h->rings[most].first == NONE)
		most--;
	shrink(h, h->rings[most].first, most - 1);
}

void ost_history_add(struct ost_history *h, uint32_t source, uint64_t owner, const struct ost_copy *copy)
{
	struct source *s;
	uint32_t place;

	if (source >= h->source_count)
		return;
	s = &h->sources[source];
	if (s->owner != owner)
		shrink(h, source, 0);
	s->owner = owner;
	if (s->count == OST_HISTORY_SHARE)
		shrink(h, source, OST_HISTORY_SHARE - 1);
	else if (h->used == h->capacity)
		make_room(h);
	place = h->free;
	h->free = h->entries[place].newer;
	h->used++;
	h->entries[place] = (struct entry){.copy = *copy, .source = source, .newer = NONE};
	ring_leave(h, source);
	if (s->count == 0)
		s->oldest = place;
	else
		h->entries[s->newest].newer = place;
	s->newest = place;
	s->count++;
	ring_join(h, source, h->rings[s->count].last, NONE);
}

bool ost_history_matches(const struct ost_history_match *m, uint32_t source, uint64_t owner, const struct ost_copy *copy)
{
	if (m->source != OST_DEVICE_NONE)
		return source == m->source && owner == m->owner;
	return copy->port == m->port &&
		(m->any_mac || (copy->length >= 12 && memcmp(copy->bytes + 6, m->mac, sizeof(m->mac)) == 0));
}

static int by_time(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a, *y = *(const struct entry *const *)b;

	return (x->copy.wall_ns > y->copy.wall_ns) - (x->copy.wall_ns < y->copy.wall_ns);
}

/* Appends those of one source to the n that were found. */
static uint32_t of_source(struct ost_history *h, const struct ost_history_match *m, uint32_t source, uint32_t n)
{
	const struct source *s = &h->sources[source];
	uint32_t place = s->oldest;

	for (uint32_t i = 0; i < s->count; i++, place = h->entries[place].newer) {
		if (ost_history_matches(m, source, s->owner, &h->entries[place].copy))
			h->found[n++] = &h->entries[place];
	}
	return n;
}

static uint32_t of_all(struct ost_history *h, const struct ost_history_match *m)
{
	uint32_t n = 0;

	for (uint32_t count = 1; count <= OST_HISTORY_SHARE; count++) {
		for (uint32_t source = h->rings[count].first; source != NONE; source = h->sources[source].behind)
			n = of_source(h, m, source, n);
	}
	return n;
}

uint32_t ost_history_find(struct ost_history *h, const struct ost_history_match *m, struct ost_copy *ret_copies, uint32_t max)
{
	uint32_t n, first;

	if (m->source != OST_DEVICE_NONE && m->source >= h->source_count)
		return 0;
	n = m->source != OST_DEVICE_NONE ? of_source(h, m, m->source, 0) : of_all(h, m);
	/* The workers' copies of one moment come one worker after the other. */
	qsort(h->found, n, sizeof(*h->found), by_time);
	first = n > max ? n - max : 0;
	for (uint32_t i = first; i < n; i++)
		ret_copies[i - first] = h->found[i]->copy;
	return n - first;
}

uint32_t ost_history_used(const struct ost_history *h)
{
	return h->used;
}
