/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unknown devices that knocked: (MAC, VLAN, port), first and last time, packets. Whoever plugs in a cable can
 * make new ones, so the table is bounded: a new one takes the place of the one that was seen the longest ago,
 * and that is counted. Constant time per sighting. Single thread. */
#pragma once

#include "hash.h"
#include "registry.h"

#define OST_SIGHTINGS_MAX 4096u

struct ost_sightings;

int ost_sightings_new(uint32_t capacity, const struct ost_hash_key *key, struct ost_sightings **ret_sightings)
	OST_MUST_CHECK;
void ost_sightings_free(struct ost_sightings **sightings);

/* One or more packets of one unknown sender. port is the port's name. */
void ost_sightings_add(struct ost_sightings *s, const struct ost_mac *mac, uint32_t vlan, const char *port,
	uint64_t first_wall_ns, uint64_t last_wall_ns, uint64_t count_pkts);

/* One of the registry, at start; oldest first. */
void ost_sightings_restore(struct ost_sightings *s, const struct ost_registry_unknown *u);

uint32_t ost_sightings_count(const struct ost_sightings *s);
uint64_t ost_sightings_evicted(const struct ost_sightings *s);

/* Most recent first; fn returns false to stop. */
void ost_sightings_each(const struct ost_sightings *s,
	bool (*fn)(void *user, const struct ost_registry_unknown *u), void *user);

/* Changed since they were last written: fn writes one and returns 0, or an error that ends the walk and is
 * returned; then everything stays marked. On success the caller commits and calls _written(). */
int ost_sightings_changed(const struct ost_sightings *s,
	int (*fn)(void *user, const struct ost_registry_unknown *u), void *user) OST_MUST_CHECK;
bool ost_sightings_any_changed(const struct ost_sightings *s);
void ost_sightings_written(struct ost_sightings *s);
