/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows that devices opened, or that were opened to them, in the last 24 hours: what policy plan judges a policy against. Equal ones - device,
 * direction, peer, protocol, port - are one entry with the times of the first and the last and their number. The peer is the
 * device or the name that it was known by when the flow was opened, else its address.
 *
 * Bounds: 131072 entries, 256 of a device, 8 MiB of names; what finds no room is counted, of its device and of all. An entry whose
 * last flow was more than 24 hours ago is forgotten. On disk in var/lib/ostiary/traffic, written once a minute and less often when there
 * are very many: what a crash loses is one minute. Single thread.
 */
#pragma once

#include "addr.h"
#include "hash.h"
#include "paths.h"

#define OST_TRAFFIC_WINDOW_S 86400u

struct ost_traffic;

enum ost_traffic_peer {
	OST_TRAFFIC_ADDRESS,
	OST_TRAFFIC_DEVICE,
	OST_TRAFFIC_HOST, /* a name, and the address that it stood for last */
	OST_TRAFFIC_PEER_COUNT,
};

struct ost_traffic_flow {
	const char *device;
	const char *peer; /* the device's or the host's name; NULL for an address */
	struct ost_ip ip;
	uint64_t first_wall_s, last_wall_s;
	uint64_t flows;
	uint16_t value; /* destination port, or ICMP type * 256 + code */
	uint8_t kind;	/* enum ost_traffic_peer */
	uint8_t protocol;
	uint8_t direction; /* enum ost_direction */
	bool audit; /* only audit let the last one pass */
};

struct ost_traffic_counts {
	uint64_t since_wall_s; /* when it began to be observed; 0: not yet */
	uint64_t lost;	   /* flows that the data plane had no record for */
	uint64_t overflow; /* flows that found no room here; of: */
	uint32_t overflow_devices;
	uint32_t flows, flows_max; /* entries */
};

/* What the disk has, or nothing: a file that is not sound is as good as none, and *ret_lost says so. */
int ost_traffic_new(const struct ost_paths *paths, const struct ost_hash_key *key, uint64_t wall_s, struct ost_traffic **ret_traffic,
	bool *ret_lost) OST_MUST_CHECK;
void ost_traffic_free(struct ost_traffic **traffic);

/* Adds flows of one kind; first and last are those of these flows. True: none of this kind was there, and it is now. */
bool ost_traffic_add(struct ost_traffic *t, const struct ost_traffic_flow *f, uint64_t wall_s);
/* The data plane had no room for so many. */
void ost_traffic_lose(struct ost_traffic *t, uint64_t flows);

/* Those of the window, of one device or of all (NULL), in no order; fn returns false to stop. */
void ost_traffic_each(const struct ost_traffic *t, const char *device, uint64_t wall_s, bool (*fn)(void *user, const struct ost_traffic_flow *f),
	void *user);
void ost_traffic_counts(const struct ost_traffic *t, struct ost_traffic_counts *ret_counts);

/* Once a second: what is old is forgotten, and what changed is written now and then; force: now, if anything changed. */
int ost_traffic_save(struct ost_traffic *t, uint64_t mono_ns, uint64_t wall_s, bool force);
