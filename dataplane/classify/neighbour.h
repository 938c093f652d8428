/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Senders on the network side. The key of a flow holds its device's MAC and not the other end's: that one is a router,
 * and may be another one for the next packet (VRRP, two uplinks). What it must never be is a device's. Which senders
 * were found to be none is remembered here, until the policy changes: a packet of an established flow whose sender
 * is not here goes the long way, where every sender is looked up. A small table of places chosen by the MAC, and not
 * a field of each flow: a site has few routers, and one that takes over costs one look-up and not one for each flow. */
#pragma once

#include "site.h"

#define OST_NEIGHBOURS 64u

struct ost_neighbour {
	uint64_t mac;	/* the two low bytes are 0 */
	uint64_t where; /* VLAN | serial of the view << 32; 0: empty */
};

static inline uint64_t ost_neighbour_mac(const struct ost_packet *p)
{
	return ost_load64(p->bytes + 6) << 16; /* no frame that is parsed ends before its EtherType */
}

static inline uint32_t ost_neighbour_place(uint64_t mac)
{
	return (uint32_t)(mac >> 56) % OST_NEIGHBOURS; /* by its last byte */
}

static inline uint64_t ost_neighbour_where(const struct ost_view *v, const struct ost_packet *p)
{
	return p->vlan | (uint64_t)v->serial << 32;
}

/* Whether the sender was found to be no device of this view. */
static inline bool ost_neighbour_known(const struct ost_neighbour *all, const struct ost_view *v, const struct ost_packet *p)
{
	const uint64_t mac = ost_neighbour_mac(p);
	const struct ost_neighbour *n = &all[ost_neighbour_place(mac)];

	return ((n->mac ^ mac) | (n->where ^ ost_neighbour_where(v, p))) == 0;
}

/* The sender was looked up and is no device of this view. */
static inline void ost_neighbour_learn(struct ost_neighbour *all, const struct ost_view *v, const struct ost_packet *p)
{
	const uint64_t mac = ost_neighbour_mac(p);

	all[ost_neighbour_place(mac)] = (struct ost_neighbour){mac, ost_neighbour_where(v, p)};
}
