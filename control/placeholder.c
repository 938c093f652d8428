/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "placeholder.h"

/* All arithmetic is on the upper 64 bits of an address; an IPv4 address is its upper 32. */
struct range {
	uint64_t base;
	uint8_t family;
	uint8_t length; /* prefix */
	uint8_t block;	/* prefix of one block */
	uint16_t hosts; /* addresses used of one block */
};

static const struct range ranges[] = {
	{0xc000020000000000u, OST_IPV4, 24, 24, 254},	/* 192.0.2.0/24, RFC 5737 */
	{0xc633640000000000u, OST_IPV4, 24, 24, 254},	/* 198.51.100.0/24 */
	{0xcb00710000000000u, OST_IPV4, 24, 24, 254},	/* 203.0.113.0/24 */
	{0xc612000000000000u, OST_IPV4, 15, 24, 254},	/* 198.18.0.0/15, RFC 2544 */
	{0x6440000000000000u, OST_IPV4, 10, 24, 254},	/* 100.64.0.0/10, RFC 6598 */
	{0x20010db800000000u, OST_IPV6, 32, 40, 65000}, /* 2001:db8::/32, RFC 3849 */
	{0xfd00000000000000u, OST_IPV6, 8, 16, 65000},	/* fd00::/8, RFC 4193 */
};

#define RANGES	   OST_ARRAY_SIZE(ranges)
#define BLOCKS_MAX 16384u

enum {
	COVERED = 1, /* by a rule */
	AVOID = 2,   /* holds an address of a device, or one that was asked about */
	USED = 4,
	INSIDE = 8,
};

enum {
	WHO_OUTSIDE = 2, /* with IPv6 as 1: whose addresses these are */
	WHO_COUNT = 4,
};

struct at {
	uint32_t range, block;
	uint16_t host; /* last one handed out */
};

struct ost_placeholders {
	struct at at[WHO_COUNT];
	bool second[WHO_COUNT]; /* covered blocks are taken by now */
	uint8_t flags[RANGES][BLOCKS_MAX];
};

static uint32_t block_count(const struct range *r)
{
	return 1u << (r->block - r->length);
}

static uint64_t top64(const struct ost_ip *ip)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 8; i++)
		v = v << 8 | ip->b[i];
	return v;
}

/* Flags every block that overlaps first..last; returns what was flagged there before. */
static uint8_t mark(
	struct ost_placeholders *p, uint8_t family, uint64_t first, uint64_t last, uint8_t flag)
{
	uint8_t before = 0;

	for (uint32_t i = 0; i < RANGES; i++) {
		const struct range *r = &ranges[i];
		uint64_t end = r->base + (UINT64_MAX >> r->length);
		uint64_t from = OST_MAX(first, r->base), to = OST_MIN(last, end);

		if (r->family != family || from > to)
			continue;
		from = (from - r->base) >> (64 - r->block);
		to = (to - r->base) >> (64 - r->block);
		for (uint64_t b = from; b <= to; b++) {
			before |= p->flags[i][b];
			p->flags[i][b] |= flag;
		}
	}
	return before;
}

/* A lane with mask 0 covers everything: no address is outside of it, so it is no reason to avoid
 * one. */
static void mark_rules(struct ost_placeholders *p, const struct ost_image *image)
{
	for (uint32_t i = 0; i < image->chunk4_count; i++) {
		const struct ost_image_chunk4 *c = &image->chunks4[i];

		for (unsigned l = 0; l < OST_LANES4; l++) {
			uint64_t first = (uint64_t)(c->addr[l] & c->mask[l]) << 32;

			if (c->selector[l] != OST_LANE_NEVER && c->mask[l] != 0)
				(void)mark(p, OST_IPV4, first,
					first | (uint64_t)~c->mask[l] << 32 | UINT32_MAX, COVERED);
		}
	}
	for (uint32_t i = 0; i < image->chunk6_count; i++) {
		const struct ost_image_chunk6 *c = &image->chunks6[i];

		for (unsigned l = 0; l < OST_LANES6; l++) {
			uint64_t first = c->addr_hi[l] & c->mask_hi[l];

			if (c->selector[l] != OST_LANE_NEVER && c->mask_hi[l] != 0)
				(void)mark(p, OST_IPV6, first, first | ~c->mask_hi[l], COVERED);
		}
	}
}

static void mark_inside(struct ost_placeholders *p, const struct ost_image *image)
{
	for (uint32_t i = 0; i < image->inside_count; i++) {
		const struct ost_image_prefix *prefix = &image->inside[i];
		struct ost_ip ip = {.family = prefix->family};
		uint64_t first;

		memcpy(ip.b, prefix->ip, sizeof(ip.b));
		first = top64(&ip);
		(void)mark(p, ip.family, first, first | (prefix->length < 64 ? UINT64_MAX >> prefix->length : 0), INSIDE);
	}
}

bool ost_placeholders_avoid(struct ost_placeholders *p, const struct ost_ip *ip)
{
	uint64_t top = top64(ip);

	return mark(p, ip->family, top, top, AVOID) & USED;
}

int ost_placeholders_new(const struct ost_image *image, struct ost_placeholders **ret_placeholders)
{
	struct ost_placeholders *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	mark_rules(p, image);
	mark_inside(p, image);
	for (uint32_t i = 0; i < image->address_count; i++) {
		struct ost_ip ip = {.family = image->addresses[i].family};

		memcpy(ip.b, image->addresses[i].ip, sizeof(ip.b));
		(void)ost_placeholders_avoid(p, &ip);
	}
	ost_placeholders_reset(p);
	*ret_placeholders = p;
	return 0;
}

void ost_placeholders_free(struct ost_placeholders **placeholders)
{
	free(*placeholders);
	*placeholders = NULL;
}

void ost_placeholders_reset(struct ost_placeholders *p)
{
	memset(p->at, 0, sizeof(p->at));
	memset(p->second, 0, sizeof(p->second));
	for (uint32_t i = 0; i < RANGES; i++) {
		for (uint32_t b = 0; b < BLOCKS_MAX; b++)
			p->flags[i][b] &= (uint8_t)~USED;
	}
}

/* Moves to the next block of the family that may be used; false when there is none. */
static bool next_block(struct ost_placeholders *p, struct at *at, uint8_t family, uint8_t bad)
{
	for (; at->range < RANGES; at->range++, at->block = 0) {
		if (ranges[at->range].family != family)
			continue;
		for (; at->block < block_count(&ranges[at->range]); at->block++) {
			if ((p->flags[at->range][at->block] & bad) == 0)
				return true;
		}
	}
	return false;
}

static void address_at(const struct at *at, struct ost_ip *ret_ip)
{
	const struct range *r = &ranges[at->range];
	uint64_t top = r->base + ((uint64_t)at->block << (64 - r->block));

	*ret_ip = (struct ost_ip){.family = r->family};
	if (r->family == OST_IPV4)
		top |= (uint64_t)at->host << 32;
	for (unsigned i = 0; i < (r->family == OST_IPV4 ? 4 : 8); i++)
		ret_ip->b[i] = (uint8_t)(top >> (56 - 8 * i));
	if (r->family == OST_IPV6) {
		ret_ip->b[14] = (uint8_t)(at->host >> 8);
		ret_ip->b[15] = (uint8_t)at->host;
	}
}

/* never: flags of blocks that are not taken in any case. */
static int take(struct ost_placeholders *p, unsigned who, uint8_t family, uint8_t never, struct ost_ip *ret_ip)
{
	struct at *at = &p->at[who];

	if (at->host > 0 && at->host < ranges[at->range].hosts &&
		(p->flags[at->range][at->block] & AVOID) == 0) {
		at->host++;
		address_at(at, ret_ip);
		return 0;
	}
	at->host = 0; /* USED blocks are behind us, also when AVOID came later */
	if (!next_block(p, at, family, p->second[who] ? never : never | COVERED)) {
		*at = (struct at){0};
		if (p->second[who] || !next_block(p, at, family, never))
			return -ENOSPC;
		p->second[who] = true;
	}
	p->flags[at->range][at->block] |= USED;
	at->host = 1;
	address_at(at, ret_ip);
	return 0;
}

int ost_placeholders_take(struct ost_placeholders *p, enum ost_family family, struct ost_ip *ret_ip)
{
	return take(p, family == OST_IPV6, (uint8_t)family, AVOID | USED, ret_ip);
}

int ost_placeholders_take_outside(struct ost_placeholders *p, enum ost_family family, struct ost_ip *ret_ip)
{
	int rc = take(p, WHO_OUTSIDE | (family == OST_IPV6), (uint8_t)family, AVOID | USED | INSIDE, ret_ip);

	return rc == -ENOSPC ? ost_placeholders_take(p, family, ret_ip) : rc;
}
