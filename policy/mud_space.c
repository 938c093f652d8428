/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_space.h"

#include "array.h"

int mud_prefix_add(struct mud_prefixes *list, const struct ost_prefix *p)
{
	struct ost_prefix *items;

	if (list->count == MUD_PREFIXES_MAX)
		return -EFBIG;
	items = ost_array_room(list->items, list->count, &list->capacity, sizeof(*items));
	if (items == NULL)
		return -ENOMEM;
	list->items = items;
	items[list->count++] = *p;
	return 0;
}

bool mud_prefix_within(const struct ost_prefix *p, const struct ost_prefix *of)
{
	return p->length >= of->length && ost_prefix_contains(of, &p->ip);
}

int mud_prefixes_both(const struct mud_prefixes *a, const struct mud_prefixes *b, struct mud_prefixes *both)
{
	int r = 0;

	for (uint32_t i = 0; i < a->count; i++) {
		for (uint32_t k = 0; r == 0 && k < b->count; k++) {
			if (mud_prefix_within(&a->items[i], &b->items[k]))
				r = mud_prefix_add(both, &a->items[i]);
			else if (mud_prefix_within(&b->items[k], &a->items[i]))
				r = mud_prefix_add(both, &b->items[k]);
		}
	}
	return r;
}

static void bit_flip(struct ost_ip *ip, unsigned bit)
{
	ip->b[bit / 8] ^= (uint8_t)(0x80u >> (bit % 8));
}

/* What is left of a prefix without a longer one within it: the other half at each length between. */
static int halves_add(struct mud_prefixes *list, const struct ost_prefix *p, const struct ost_prefix *hole)
{
	int r = 0;

	for (unsigned length = hole->length; r == 0 && length > p->length; length--) {
		struct ost_prefix half = {hole->ip, (uint8_t)length};

		bit_flip(&half.ip, length - 1);
		for (unsigned bit = length; bit < (half.ip.family == OST_IPV4 ? 32u : 128u); bit++)
			half.ip.b[bit / 8] &= (uint8_t)~(0x80u >> (bit % 8));
		r = mud_prefix_add(list, &half);
	}
	return r;
}

static int prefix_less(struct mud_prefixes *left, const struct ost_prefix *p, const struct ost_prefix *hole)
{
	if (mud_prefix_within(p, hole))
		return 0;
	if (!mud_prefix_within(hole, p))
		return mud_prefix_add(left, p);
	return halves_add(left, p, hole);
}

int mud_prefixes_less(struct mud_prefixes *list, const struct mud_prefixes *less)
{
	int r = 0;

	for (uint32_t i = 0; i < less->count && r == 0; i++) {
		struct mud_prefixes left = {0};

		for (uint32_t k = 0; k < list->count && r == 0; k++)
			r = prefix_less(&left, &list->items[k], &less->items[i]);
		free(list->items);
		*list = left;
	}
	return r;
}

static void service_add(struct mud_services *list, const struct ost_service *s, uint32_t lo, uint32_t hi)
{
	if (lo <= hi && list->count < MUD_SERVICES_MAX) {
		list->items[list->count] = *s;
		list->items[list->count].lo = (uint16_t)lo;
		list->items[list->count++].hi = (uint16_t)hi;
	}
}

static void service_less(struct mud_services *left, const struct ost_service *s, const struct ost_service *hole)
{
	bool apart = (hole->protocol != 0 && hole->protocol != s->protocol) ||
		     (hole->family != 0 && s->family != 0 && hole->family != s->family) || hole->lo > s->hi || s->lo > hole->hi;

	if (apart) {
		service_add(left, s, s->lo, s->hi);
		return;
	}
	if (s->lo < hole->lo)
		service_add(left, s, s->lo, hole->lo - 1u);
	if (s->hi > hole->hi)
		service_add(left, s, hole->hi + 1u, s->hi);
}

void mud_services_less(struct mud_services *list, const struct mud_services *less)
{
	for (uint32_t i = 0; i < less->count; i++) {
		struct mud_services left = {0};

		for (uint32_t k = 0; k < list->count; k++)
			service_less(&left, &list->items[k], &less->items[i]);
		*list = left;
	}
}
