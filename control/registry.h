/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device registry: one SQLite file (WAL, synchronous FULL) that survives restarts. It remembers which
 * devices there are and were, when they were seen, which addresses they hold, which generations
 * were applied by whom, and which unknown devices knocked. It is no authority for the fast path: what is in force is
 * the image in policy/current.image.
 *
 * Writing is batched by ledger.h: one transaction a second, and a short one behind each burst of admissions; the functions
 * that write want an open batch where they say (batch). Single thread. Functions return 0 or a negative errno: -ENOSPC when
 * the disk is full, -EROFS when it is read-only, -EIO for what else SQLite cannot do;
 * ost_registry_error() has SQLite's sentence.
 */
#pragma once

#include "addr.h"
#include "admission.h"
#include "image.h"
#include "messages.h"

#define OST_REGISTRY_SCHEMA 4 /* PRAGMA user_version */

struct ost_registry;

/* Opens, makes or migrates. -EUCLEAN: no registry of ours; -EPROTONOSUPPORT: written by a newer version. */
int ost_registry_open(const char *path, char why[static 256], struct ost_registry **ret_registry) OST_MUST_CHECK;
void ost_registry_free(struct ost_registry **registry);

/* What went wrong last, in SQLite's words. Valid until the next call. */
const char *ost_registry_error(const struct ost_registry *registry);

/* synced: the commit waits for the disk, and outlives a power failure, with all that was committed before. Else it
 * outlives the death of programs only, and costs a tenth of a millisecond. */
int ost_registry_begin(struct ost_registry *registry, bool synced) OST_MUST_CHECK;
int ost_registry_commit(struct ost_registry *registry) OST_MUST_CHECK;
void ost_registry_rollback(struct ost_registry *registry);
/* Makes sure that the open batch has something to commit. */
int ost_registry_touch(struct ost_registry *registry) OST_MUST_CHECK;

/* ---- generations ---- */

enum ost_generation_state {
	OST_GENERATION_PENDING, /* stored, not yet taken by the data plane */
	OST_GENERATION_APPLIED,
	OST_GENERATION_REFUSED, /* the data plane did not take it */
	OST_GENERATION_UNCONFIRMED, /* in force until its time is over, unless it is confirmed */
	OST_GENERATION_ROLLED_BACK, /* was in force, and was not confirmed */
	OST_GENERATION_STATE_COUNT,
};

const char *ost_generation_state_name(unsigned state);

struct ost_generation {
	uint64_t number;
	uint8_t state; /* enum ost_generation_state */
	uint64_t applied_wall_ns;
	uint32_t uid;
	char by[64];	   /* user name of uid */
	char message[256]; /* why */
	uint32_t crc;	   /* of the image */
	uint32_t devices, roles, rules;
	uint32_t tests;
	uint64_t image_bytes;
	char result[256]; /* for REFUSED and ROLLED_BACK: why; who confirmed it */
	char sources_sha256[65]; /* of the bytes of its files, one behind the other; hexadecimal, "" not known */
};

/* Adds or replaces one, in a transaction of its own. */
int ost_registry_generation_put(struct ost_registry *registry, const struct ost_generation *g) OST_MUST_CHECK;
int ost_registry_generation_get(struct ost_registry *registry, uint64_t number, struct ost_generation *ret_generation) OST_MUST_CHECK;
int ost_registry_generation_last(struct ost_registry *registry, uint64_t *ret_number) OST_MUST_CHECK;
/* Forgets all up to this number but these two. */
int ost_registry_generations_forget(struct ost_registry *registry, uint64_t up_to, uint64_t spare, uint64_t spare_too) OST_MUST_CHECK;
/* Newest first, at most limit. */
int ost_registry_generations_each(struct ost_registry *registry, uint32_t limit,
	void (*fn)(void *user, const struct ost_generation *g), void *user) OST_MUST_CHECK;

/* ---- devices ---- */

/* Writes devices of an image by their places; inside a transaction. Rows lie by name: in that order it is fastest. */
int ost_registry_devices_put(struct ost_registry *registry, const struct ost_image *image, const uint32_t *places,
	uint32_t count) OST_MUST_CHECK;
/* Once they are all written: those of other generations stay, marked as gone, but for their names. */
int ost_registry_devices_gone(struct ost_registry *registry, uint64_t generation) OST_MUST_CHECK;

struct ost_registry_device {
	const char *name;
	const char *port; /* seen on, "" unknown */
	uint8_t state;	  /* enum ost_state */
	uint64_t first_seen_wall_ns;
	uint64_t last_seen_wall_ns;
};

int ost_registry_device_seen(struct ost_registry *registry, const struct ost_registry_device *d) OST_MUST_CHECK; /* (batch) */
/* Devices that were ever seen. */
int ost_registry_devices_each(struct ost_registry *registry,
	void (*fn)(void *user, const struct ost_registry_device *d), void *user) OST_MUST_CHECK;

/* ---- addresses bound ---- */

struct ost_registry_address {
	const char *device;
	struct ost_ip ip;
	uint32_t vlan;
	uint8_t source; /* enum ost_binding_source */
	uint64_t bound_wall_ns;
	uint64_t expires_wall_ns; /* 0: stays */
};

int ost_registry_address_bind(struct ost_registry *registry, const struct ost_registry_address *a) OST_MUST_CHECK; /* (batch) */
int ost_registry_address_lapse(struct ost_registry *registry, const struct ost_ip *ip, uint32_t vlan) OST_MUST_CHECK; /* (batch) */
/* The data plane started at this time: what was bound before is gone. */
int ost_registry_addresses_forget(struct ost_registry *registry, uint64_t before_wall_ns) OST_MUST_CHECK;
/* Of one device, or of all (NULL) ordered by device name. */
int ost_registry_addresses_each(struct ost_registry *registry, const char *device,
	void (*fn)(void *user, const struct ost_registry_address *a), void *user) OST_MUST_CHECK;

/* Rows of one address: one a VLAN. */
int ost_registry_address_holders(struct ost_registry *registry, const struct ost_ip *ip,
	void (*fn)(void *user, const struct ost_registry_address *a), void *user) OST_MUST_CHECK;

/* ---- names that devices were given addresses for ---- */

/* The times of CLOCK_BOOTTIME are of the boot of this name: under another one the wall clock's count. */
struct ost_registry_name {
	const char *device;
	struct ost_ip ip;
	const uint8_t *chain; /* names on the wire, as struct ost_msg_given has them */
	uint32_t length;
	uint32_t vlan;
	struct ost_mac mac;
	const char *boot;
	uint64_t told_boot_ns, expires_boot_ns;
	uint64_t told_wall_ns, expires_wall_ns;
};

/* Adds or renews one; *ret_new: it was not there. -ENOBUFS: it is not, and there is no room. (batch) */
int ost_registry_name_put(struct ost_registry *registry, const struct ost_registry_name *n, bool room, bool *ret_new) OST_MUST_CHECK;
/* Forgets those that have ended. (batch) */
int ost_registry_names_expire(struct ost_registry *registry, const char *boot, uint64_t boot_ns, uint64_t wall_ns) OST_MUST_CHECK;
/* And those that were told before this time, or in another boot. */
int ost_registry_names_forget(struct ost_registry *registry, const char *boot, uint64_t before_boot_ns) OST_MUST_CHECK;
int ost_registry_names_count(struct ost_registry *registry, uint64_t *ret_count) OST_MUST_CHECK;
/* Those behind this key (device, ip, chain), in its order, at most limit, until fn returns false. What it points to lives for the call. */
int ost_registry_names_each(struct ost_registry *registry, const struct ost_registry_name *after, uint32_t limit,
	bool (*fn)(void *user, const struct ost_registry_name *n), void *user) OST_MUST_CHECK;

/* ---- unknown devices ---- */

struct ost_registry_unknown {
	uint32_t slot; /* place in sightings.h's table: a new one in the same slot replaces the old */
	struct ost_mac mac;
	uint32_t vlan;
	char port[OST_MSG_NAME];
	uint64_t first_seen_wall_ns;
	uint64_t last_seen_wall_ns;
	uint64_t count_pkts;
};

int ost_registry_unknown_put(struct ost_registry *registry, const struct ost_registry_unknown *u) OST_MUST_CHECK; /* (batch) */
int ost_registry_unknowns_each(struct ost_registry *registry,
	void (*fn)(void *user, const struct ost_registry_unknown *u), void *user) OST_MUST_CHECK;

/* ---- admissions ---- */

int ost_registry_admission_put(struct ost_registry *registry, const struct ost_admission_row *row) OST_MUST_CHECK; /* (batch) */
int ost_registry_admission_drop(struct ost_registry *registry, const char *device) OST_MUST_CHECK; /* (batch) */
/* The row and what it points to live for the call. */
int ost_registry_admissions_each(struct ost_registry *registry,
	void (*fn)(void *user, const struct ost_admission_row *row), void *user) OST_MUST_CHECK;

struct ost_registry_lock {
	struct ost_place place;
	uint64_t until_wall_ns;
	uint32_t locks; /* in a row */
};

/* _clear, then _put each that lasts. */
int ost_registry_locks_clear(struct ost_registry *registry) OST_MUST_CHECK; /* (batch) */
int ost_registry_lock_put(struct ost_registry *registry, const struct ost_registry_lock *lock) OST_MUST_CHECK; /* (batch) */
int ost_registry_locks_each(struct ost_registry *registry,
	void (*fn)(void *user, const struct ost_registry_lock *lock), void *user) OST_MUST_CHECK;
