/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of one image by their name, or by what they show: the name in their certificate, or their MAC and VLAN. One
 * look-up of a keyed hash each; made anew for each generation. Immutable; the image must outlive it. */
#pragma once

#include "hash.h"
#include "image.h"

struct ost_finder;

int ost_finder_new(const struct ost_image *image, const struct ost_hash_key *key, struct ost_finder **ret_finder)
	OST_MUST_CHECK;
void ost_finder_free(struct ost_finder **finder);

/* Place in the image's device table, or -ENOENT. */
int64_t ost_finder_name(const struct ost_finder *f, const char *name);
int64_t ost_finder_certificate(const struct ost_finder *f, const char *name);
int64_t ost_finder_mac(const struct ost_finder *f, const uint8_t mac[6], uint32_t vlan);
