/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Placeholder addresses for devices whose own address is not known before they ask DHCP: from
 * ranges that no host has (documentation, RFC 5737 and 3849; benchmarking, RFC 2544; then shared
 * and unique local space), never from one that a rule with a network or a device of the policy
 * covers. Handed out block by block, so that an address that somebody asks about can be avoided
 * later. Not thread-safe. */
#pragma once

#include "image.h"

struct ost_placeholders;

int ost_placeholders_new(
	const struct ost_image *image, struct ost_placeholders **ret_placeholders) OST_MUST_CHECK;
void ost_placeholders_free(struct ost_placeholders **placeholders);

/* The next one of this family; a block that rules cover is taken when no other is left (then they
 * cover any address there is). -ENOSPC when that is used up as well. */
int ost_placeholders_take(struct ost_placeholders *placeholders, enum ost_family family,
	struct ost_ip *ret_ip) OST_MUST_CHECK;

/* The same for a host on the network side, by name: one that is not inside, while there is any. */
int ost_placeholders_take_outside(struct ost_placeholders *placeholders, enum ost_family family,
	struct ost_ip *ret_ip) OST_MUST_CHECK;

/* Keeps ip out of what is handed out from now on. True: one of its block is handed out already, and
 * the caller must forget all of them and call ost_placeholders_reset(). */
bool ost_placeholders_avoid(struct ost_placeholders *placeholders, const struct ost_ip *ip);

/* Begins anew; what is to be avoided stays so. */
void ost_placeholders_reset(struct ost_placeholders *placeholders);
