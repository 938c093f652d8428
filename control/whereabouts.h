/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose address is it? A device's, one of the site's networks, or foreign: nobody's whom the policy knows. For what people and
 * incidents are told; no packet is judged by it.
 *
 * Addresses of devices come from the data plane's bindings and from the policy; networks are private ranges (RFC 6890) and whatever prefix
 * a rule of the policy names, but for those of the whole Internet. Bounds: OST_WHEREABOUTS_MAX addresses of devices, OST_WHEREABOUTS_NETWORKS
 * prefixes; what has no room is not known. Single thread.
 */
#pragma once

#include "hash.h"
#include "image.h"

#define OST_WHEREABOUTS_MAX	 65536u
#define OST_WHEREABOUTS_NETWORKS 4096u

struct ost_whereabouts;

int ost_whereabouts_new(const struct ost_hash_key *key, struct ost_whereabouts **ret_whereabouts) OST_MUST_CHECK;
void ost_whereabouts_free(struct ost_whereabouts **whereabouts);

/* A device has this address, or has it no more. */
void ost_whereabouts_bound(struct ost_whereabouts *w, const struct ost_ip *ip, const char *device, bool bound);
/* Another policy: its static addresses and its networks. -ENOMEM: as many as there was room for. */
int ost_whereabouts_policy(struct ost_whereabouts *w, const struct ost_image *image);

/* The device's name, or NULL; borrowed until the next change. */
const char *ost_whereabouts_device(const struct ost_whereabouts *w, const struct ost_ip *ip);
bool ost_whereabouts_foreign(const struct ost_whereabouts *w, const struct ost_ip *ip);
