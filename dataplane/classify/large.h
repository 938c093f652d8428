/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Roles of many lanes: what their lanes say, found by keys instead of one after the other. Made with the view, of the lanes
 * of the image, which stay what counts: the answer is the lane that comes first of those that match, as with the loop.
 *
 * Two steps. Lanes of one prefix are a group: each length that the role has is looked up with the remote's first bits, in a
 * table of groups. In a group the ports are looked up in the same way: a range is a few prefixes of 16 bits (1024 to 65535 are six),
 * and a group knows the lengths that it has. So it costs as many look-ups as there are lengths, however many rules: mostly
 * three or four. A role whose lanes have so many lengths that the loop is as good has none of this. */
#pragma once

#include "image.h"

#define OST_LARGE_CHUNKS 32u /* a role with so many chunks of a family, or more: from there on this is faster than the loop */

struct ost_question;

/* The lanes of one prefix. */
struct ost_large_group {
	uint64_t hi, lo;   /* IPv4: in the upper half of hi */
	uint32_t ports;	   /* lengths of port prefixes, 0 to 16, as bits */
	uint8_t length;	   /* of the prefix */
	uint8_t selectors; /* which kinds: 1 << (2 * direction + any protocol) */
	uint16_t spare;
};

/* A lane's ports, or a part of them. */
struct ost_large_lane {
	uint64_t key;  /* 0: free place */
	uint32_t lane; /* of the role */
	uint16_t rule; /* place within the role's rules */
	uint16_t spare;
};

/* One family of a role. */
struct ost_large {
	uint64_t lengths[3];	       /* of prefixes, as bits: 0 to 128 */
	uint64_t key[2];	       /* of the hashes */
	uint32_t *cells;	       /* group + 1; 0: free */
	struct ost_large_lane *lanes;
	struct ost_large_group *groups;
	void *memory;
	size_t bytes;
	uint32_t cell_mask, lane_mask; /* sizes - 1, powers of two */
};

/* Both of a role; NULL: the loop. */
struct ost_large_role {
	struct ost_large *family4, *family6;
};

struct ost_site;

/* The tables of a role's lanes. What cannot be made (no memory) or would not help is NULL. */
struct ost_large *ost_large_make4(const struct ost_site *site, const struct ost_image *image, const struct ost_image_role *role);
struct ost_large *ost_large_make6(const struct ost_site *site, const struct ost_image *image, const struct ost_image_role *role);
void ost_large_free(const struct ost_site *site, struct ost_large **large);

/* As ost_allow_address(), which calls it. */
uint32_t ost_large_find(const struct ost_large *l, const struct ost_image *image, const struct ost_image_role *role,
	const struct ost_question *q);

/* Whether any lane has the address; with a lane of this direction. Prefetches what ost_large_find() reads next. */
bool ost_large_has(const struct ost_large *l, uint64_t hi, uint64_t lo);
bool ost_large_related(const struct ost_large *l, const struct ost_question *q);

/* Asks for the lines that are read first. */
void ost_large_ask(const struct ost_large *l, uint64_t hi, uint64_t lo);
