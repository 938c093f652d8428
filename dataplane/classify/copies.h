/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of the headers of frames that were no plain packets of established flows: first of their kind among the refused, those
 * that opened flows, control protocols. A worker fills one of two tables while the other is read. Nothing else is as dear to a
 * flood's author as the room for these, so each source has a share of its own: a device, or a MAC that is nobody's at a port.
 * Called where a new record is made, which is rare: a packet of a kind that has one costs nothing more. */
#pragma once

#include "classify.h"

#define OST_COPIES_SHARE   8u	 /* copies of one source in one filling, a tenth of a second */
#define OST_COPIES_STRANGE 4u	 /* the sources that are no devices have one in so many of all */
#define OST_STRANGER_CELLS 1024u /* of theirs, by a keyed hash */

struct ost_packet;

struct ost_copied {
	struct ost_copy copy;
	uint32_t slot; /* of the device that it is accounted to, or OST_SLOT_NONE */
	uint32_t cell; /* of its source in spent */
};

struct ost_copies {
	struct ost_copied *entries;
	uint8_t *spent; /* copies of each source: slots first, then cells of strangers */
	uint32_t capacity, used, strange;
	uint64_t lost;
};

int ost_copies_make(const struct ost_site *site, struct ost_copies *t, uint32_t capacity) OST_MUST_CHECK;
void ost_copies_free(const struct ost_site *site, struct ost_copies *t);

/* Takes one when there is room. slot: OST_SLOT_NONE for nobody's. */
void ost_copy_take(struct ost_classifier *c, const struct ost_packet *p, uint32_t slot, enum ost_copy_verdict verdict, uint8_t reason);

/* How many bytes of a frame are headers that may be copied. */
uint32_t ost_copy_length(const struct ost_packet *p);
