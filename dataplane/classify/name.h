/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of names: which addresses a device was given for which names, by answers that it received itself (RFC 9726
 * section 6). Written by the control owner, read by all workers without locks.
 *
 * An entry is one address of one device with one chain: the question's name and the aliases that led to the address. Chains
 * are kept once, in cells of 64 bytes, and count who refers to them: devices of one make ask for the same names. What
 * rules want is compared with the names when a packet asks, so a policy that comes with other names finds the answers that
 * came before it, as far as there was room: what no rule of the device's role wants is spare.
 *
 * Reading: an entry's turn is odd while it is written. Whoever reads copies the chain, and then looks whether the turn is still
 * the same: only then was the chain that entry's all the while.
 *
 * Time: an entry is good until the answer's time to live and a grace have passed. Then it ran out: it allows nothing new, and stays
 * for flows that are judged anew, as long as there is room.
 *
 * Bounds: entries by the site's configuration, cells as many as entries, a device's entries by its role's limit. Full: of the
 * device's own entries a spare one gives way (first those that ran out, then the one that was told the longest ago), then the one
 * that ran out first, else the address is not bound, which is remembered for a while so that the refusal says so. For a spare one
 * nothing gives way but another spare one, so whoever makes a device ask for other names takes no room from those that its
 * policy names. From seven eighths of the table on, spare ones are not kept, and the sweep takes away these and whatever ran out.
 *
 * Whether an entry is spare is found when it is made, and by the sweep under each new policy; what is about to give way is looked at
 * again. Until the sweep has passed, an entry that the policy before wanted may hold its room. */
#pragma once

#include "dns.h"
#include "site.h"

/* What answers say is kept between these. A resolver may say 0 and mean "ask again each time", but the connection comes
 * after the answer; and what nobody asked for in a day is asked for again. */
#define OST_NAME_TTL_MIN_S 60u
#define OST_NAME_TTL_MAX_S 86400u
#define OST_NAME_GRACE_S   30u

#define OST_NAME_CHAIN_BYTES_MAX 1024u /* aliases that do not fit are left out, from the question's end on */
#define OST_NAME_CHAINS_MAX	 16u   /* of one address of one device; the one that runs out first gives way */
#define OST_NAME_CELL_BYTES	 54u
#define OST_NAME_UNBOUND	 1024u
#define OST_NAME_UNBOUND_S	 3600u

struct ost_name {
	uint64_t ip[2]; /* as in a binding */
	uint32_t slot, life;
	uint32_t chain; /* its first cell */
	_Atomic uint32_t expires_tick; /* 0: it ran out */
	_Atomic uint32_t turn;
	uint32_t next, before; /* in a circle of its device's entries: the spare ones, or the others that ran out */
	uint32_t told_tick;    /* the end that was told last (kept.h) */
	uint32_t serial;       /* of the view that said whether it is spare */
	uint32_t spare;	       /* 1: no rule wants it */
};

_Static_assert(sizeof(struct ost_name) == 56, "less than a cache line");

struct ost_name_cell {
	uint32_t next;	 /* 0: none */
	uint32_t refs;	 /* the first cell's: entries */
	uint16_t length; /* the first cell's: bytes of the chain */
	uint8_t bytes[OST_NAME_CELL_BYTES];
};

_Static_assert(sizeof(struct ost_name_cell) == 64, "a cell is one cache line");

/* Of one device that holds any. The control owner's alone. */
struct ost_name_holder {
	uint32_t slot, life;
	uint32_t count; /* entries */
	uint32_t old;	/* place + 1 of the one that ran out first and is not spare, 0: none */
	uint32_t spare; /* place + 1 of the spare one that gives way first, 0: none */
};

struct ost_name_counts {
	_Atomic uint64_t queries, answers; /* of DNS flows: seen, believed */
	_Atomic uint64_t bound;		   /* addresses bound or renewed */
	_Atomic uint64_t unbound;	   /* for which there was no room */
	_Atomic uint64_t refused;	   /* answers: unasked, or malformed */
	_Atomic uint64_t evicted;	   /* entries and questions that gave way */
	_Atomic uint64_t unread;	   /* messages that passed unread: see stream.h */
};

struct ost_asked;
struct ost_kept;
struct ost_streams;

struct ost_name_table {
	struct ost_table table;
	struct ost_name *entries;
	struct ost_table chains; /* of chains: first cells */
	uint32_t *chain_at;
	struct ost_name_cell *cells; /* 0 is none */
	uint32_t cell_count, cells_used;
	uint32_t cell_free; /* 0: none */
	struct ost_table holders_table; /* of those who hold any */
	struct ost_name_holder *holders;
	_Atomic uint64_t unbound[OST_NAME_UNBOUND]; /* hash << 32 | tick */
	uint32_t sweep_bucket;
	struct ost_asked *asked;     /* asked.h */
	struct ost_kept *kept;	     /* kept.h */
	struct ost_streams *streams; /* stream.h */
	struct ost_name_counts counts;
};

/* Made for config.names_max entries; part of ost_site_new() and ost_site_free(). */
int ost_name_table_new(struct ost_site *site) OST_MUST_CHECK;
void ost_name_table_free(struct ost_site *site);

/* One chain: names on the wire, one behind the other. */
struct ost_chain {
	uint32_t length;
	uint8_t wire[OST_NAME_CHAIN_BYTES_MAX];
};

/* The question's name and the aliases up to the owner of an address. */
void ost_chain_of(const struct ost_dns_answer *answer, uint32_t owner, struct ost_chain *ret_chain);

/* An entry as it was at one moment, with its chain. 0; -ENOENT: there is none; -EAGAIN: it changes just now. Any thread. */
int ost_name_copy(const struct ost_site *site, uint32_t place, struct ost_name *ret_entry, struct ost_chain *ret_chain) OST_MUST_CHECK;

/* Binds or renews. wanted: ost_host_wants() says so, under this view. False: there is no room. Control owner only (or main, before
 * workers run). */
bool ost_name_bind(struct ost_site *site, const struct ost_view *v, uint32_t slot, const uint64_t ip[2], const struct ost_chain *chain,
	bool wanted, uint32_t tick, uint32_t expires_tick);

/* Whether there was no room for this address lately. */
bool ost_name_was_unbound(const struct ost_site *site, uint32_t slot, const uint64_t ip[2], uint32_t tick);

/* Entries of the next buckets: those that ran out are marked, what nobody needs goes. Control owner only. */
void ost_name_sweep(struct ost_site *site, uint32_t buckets, uint32_t tick);

static inline uint64_t ost_name_hash(const struct ost_site *site, const uint64_t ip[2], uint32_t slot)
{
	return ost_hash_3(&site->hash, ip[0] ^ 0x6e616d6573ull, ip[1], slot);
}

/* The chain of an entry of this device, copied. False: it is not this one's, it ran out, or it changes just now. */
bool ost_name_read(const struct ost_site *site, uint32_t place, const uint64_t ip[2], uint32_t slot, uint32_t tick, bool also_old,
	struct ost_chain *ret_chain);

static inline void ost_name_count(_Atomic uint64_t *counter, uint64_t by)
{
	/* one writer: no need for an atomic addition */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by, memory_order_relaxed);
}

/* ---- names as rules have them: host.c ---- */

/* Whether a rule of the role, whatever its services and conditions, asks for a name of the chain that may have this address
 * (inside.h). */
bool ost_host_wants(const struct ost_view *v, const struct ost_image_role *role, const struct ost_chain *chain, const uint64_t ip[2]);

/* The first of sorted keys from low on, below high, that is not less; high: none. */
uint32_t ost_host_key_find(const struct ost_host_key *keys, uint32_t low, uint32_t high, uint64_t hash);

/* Whether a name on the wire is this text, label by label: a label may hold dots. */
bool ost_host_is_text(const uint8_t *wire, const char *text);

/* The keyed hash of a name, from its end on: of "b.c" first, with which that of "a.b.c" is made. */
#define OST_NAME_HASH_END 0x726f6f74ull

static inline uint64_t ost_name_hash_label(const struct ost_hash_key *k, uint64_t behind, const void *label, size_t length)
{
	return ost_hash_2(k, behind, ost_hash_bytes(k, label, length));
}
