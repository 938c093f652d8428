/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledger: gathers what changes (bindings, names, sightings, devices seen, outcomes of generations) and writes it
 * to the registry in one transaction at most once a second; what cannot wait that long goes alone (ost_ledger_part_keep). When the disk refuses, everything stays
 * gathered, bounded, and is tried again; what overflows the bound is counted. Nothing here fails its caller.
 * Single thread.
 */
#pragma once

#include "gauges.h"
#include "registry.h"
#include "roster.h"
#include "sightings.h"

struct ost_ledger;

/* All are borrowed; gauges names the ports. */
int ost_ledger_new(struct ost_registry *registry, struct ost_roster *roster, struct ost_sightings *sightings,
	const struct ost_gauges *gauges, struct ost_ledger **ret_ledger) OST_MUST_CHECK;
void ost_ledger_free(struct ost_ledger **ledger);

void ost_ledger_binding(struct ost_ledger *l, const char *device, const struct ost_msg_binding *m, uint64_t wall_ns);

/* The outcome of a generation, when it could not be written at once: tried again at each flush, latest wins. */
void ost_ledger_generation(struct ost_ledger *l, const struct ost_generation *g);

/* The devices of the image in force are to be written: some thousand at each flush, so that nobody waits for long. */
void ost_ledger_policy(struct ost_ledger *l);

/* Something else that is gathered elsewhere and goes into the same transactions. */
struct ost_ledger_part {
	bool (*due)(void *user);
	int (*write)(void *user, struct ost_registry *registry); /* into the open batch; 0 or a negative errno */
	void (*written)(void *user, bool synced);		 /* it was committed, see ost_registry_begin() */
	void *user;
};

/* At most one; part is copied. */
void ost_ledger_part(struct ost_ledger *l, const struct ost_ledger_part *part);
/* Another one, which never goes alone. */
void ost_ledger_part_beside(struct ost_ledger *l, const struct ost_ledger_part *part);

/* Writes the part now, and it alone, so that it outlives the death of programs; the next flush makes that true of a power
 * failure too. */
void ost_ledger_part_keep(struct ost_ledger *l);

/* Call once a second; force: at the end, everything, also what is written once a minute only. */
void ost_ledger_flush(struct ost_ledger *l, uint64_t now_ns, bool force);

/* More devices of the image are to be written, and nothing hinders it: flush again as soon as others had their turn. */
bool ost_ledger_has_more(const struct ost_ledger *l);

struct ost_ledger_counts {
	uint64_t transactions;
	uint64_t failures;
	uint64_t lost_bindings; /* changes that found no room while the registry could not be written */
	int trouble;		/* 0, or the negative errno of the last attempt */
};

const struct ost_ledger_counts *ost_ledger_counts(const struct ost_ledger *l);
