/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of two policies, put into classes; what differs for each class. */
#include "difference.h"

#include "difference_rules.h"

/* ---- devices ---- */

struct named {
	const char *name;
	uint32_t index;
};

static int named_compare(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static struct named *named_make(const struct ost_policy *p)
{
	uint32_t n = p != NULL ? p->device_count : 0;
	struct named *names = calloc((size_t)n + 1, sizeof(*names));

	for (uint32_t i = 0; names != NULL && i < n; i++)
		names[i] = (struct named){p->devices[i].name, i};
	if (names != NULL)
		qsort(names, n, sizeof(*names), named_compare);
	return names;
}

/* Both lists are sorted: one walk. */
static void pairs_merge(struct ost_difference *d, const struct named *a, uint32_t a_count, const struct named *b, uint32_t b_count)
{
	uint32_t i = 0, k = 0;

	while (i < a_count || k < b_count) {
		int order = i == a_count ? 1 : k == b_count ? -1 : strcmp(a[i].name, b[k].name);
		struct ost_device_pair *pair = &d->pairs[d->pair_count++];

		pair->before = order <= 0 ? a[i++].index : OST_PAIR_NONE;
		pair->after = order >= 0 ? b[k++].index : OST_PAIR_NONE;
	}
}

static int pairs_make(struct ost_difference *d, const struct ost_policy *before, const struct ost_policy *after)
{
	uint32_t a_count = before != NULL ? before->device_count : 0;
	struct named *a = named_make(before), *b = named_make(after);

	d->pairs = calloc((size_t)a_count + after->device_count + 1, sizeof(*d->pairs));
	if (a != NULL && b != NULL && d->pairs != NULL)
		pairs_merge(d, a, a_count, b, after->device_count);
	free(a);
	free(b);
	return a != NULL && b != NULL && d->pairs != NULL ? 0 : -ENOMEM;
}

/* ---- classes ---- */

struct keyed {
	struct ost_class_key key;
	struct ost_device_pair pair;
	const char *name;
};

static int keyed_compare(const void *a, const void *b)
{
	return memcmp(&((const struct keyed *)a)->key, &((const struct keyed *)b)->key, sizeof(struct ost_class_key));
}

/* Within a class as people number things: d2 before d10. */
static int keyed_order(const void *a, const void *b)
{
	int order = keyed_compare(a, b);

	return order != 0 ? order : strverscmp(((const struct keyed *)a)->name, ((const struct keyed *)b)->name);
}

static int classes_make(struct ost_difference *d, const struct ost_sides *sides)
{
	struct keyed *keyed = calloc((size_t)d->pair_count + 1, sizeof(*keyed));
	int r = keyed != NULL ? 0 : -ENOMEM;

	d->classes = calloc((size_t)d->pair_count + 1, sizeof(*d->classes));
	if (d->classes == NULL)
		r = -ENOMEM;
	for (uint32_t i = 0; r == 0 && i < d->pair_count; i++) {
		const struct ost_device_pair *pair = &d->pairs[i];

		keyed[i].pair = *pair;
		keyed[i].name = pair->after != OST_PAIR_NONE ? sides->policy[1]->devices[pair->after].name
							      : sides->policy[0]->devices[pair->before].name;
		ost_class_key_make(sides, &d->pairs[i], &keyed[i].key);
	}
	if (r == 0)
		qsort(keyed, d->pair_count, sizeof(*keyed), keyed_order);
	for (uint32_t i = 0; r == 0 && i < d->pair_count; i++) {
		if (i == 0 || keyed_compare(&keyed[i], &keyed[i - 1]) != 0)
			d->classes[d->class_count++].first = i;
		d->classes[d->class_count - 1].count++;
		d->pairs[i] = keyed[i].pair;
	}
	free(keyed);
	return r;
}

int ost_difference_make(const struct ost_policy *before, const struct ost_policy *after, struct ost_difference *ret_difference)
{
	struct ost_difference d = {0};
	struct ost_sides sides;
	int r = ost_sides_make(before, after, &sides);

	if (r == 0)
		r = pairs_make(&d, before, after);
	if (r == 0)
		r = classes_make(&d, &sides);
	if (r == 0)
		r = ost_sides_compare(&sides, &d);
	ost_sides_free(&sides);
	if (r < 0) {
		ost_difference_free(&d);
		return r;
	}
	*ret_difference = d;
	return 0;
}

void ost_difference_free(struct ost_difference *d)
{
	free(d->pairs);
	free(d->classes);
	free(d->changes);
	*d = (struct ost_difference){0};
}
