/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names that devices were given addresses for, over a restart: what the data plane tells is gathered and goes into the registry
 * with the ledger's next transaction; what the registry has from before a data plane started is given back to it, and what it does not
 * tell again within a minute is forgotten. Nothing else asks for them, and none is in memory for longer than that.
 *
 * Ends: within one boot of the machine its CLOCK_BOOTTIME alone counts, so that no setting of the clock keeps a name or ends it.
 * After a reboot the wall clock does, one that stands before a name was told ends it, and none has longer to go than when it was told.
 *
 * Bounds: 16384 changes that wait for the disk, 262144 names in all; what comes beyond is not remembered, and counted. Single thread.
 */
#pragma once

#include "ledger.h"
#include "link.h"
#include "registry.h"
#include "roster.h"

#define OST_GIVEN_WAITING_MAX 16384u
#define OST_GIVEN_MAX	      262144u

struct ost_given;

/* registry is borrowed. The registry's error. */
int ost_given_new(struct ost_registry *registry, struct ost_given **ret_given) OST_MUST_CHECK;
void ost_given_free(struct ost_given **given);

/* The data plane tells one. */
void ost_given_told(struct ost_given *given, const char *device, const struct ost_msg_given *m);

/* What the ledger writes. */
struct ost_ledger_part ost_given_part(struct ost_given *given);

/* A data plane has started, at this time of CLOCK_BOOTTIME: what the registry has from before is to be given back to it. */
void ost_given_begin(struct ost_given *given, uint64_t started_boot_ns);

/* Gives back as much as the data plane takes now, for the image in force; call again until it is false: nothing is left. */
bool ost_given_send(struct ost_given *given, struct ost_link *link, const struct ost_roster *roster);

/* What it has not told again by now it could not bind. */
int ost_given_forget(struct ost_given *given) OST_MUST_CHECK;

struct ost_given_counts {
	uint64_t lost; /* not remembered: no room */
	uint64_t sent; /* given back since the last begin */
};

const struct ost_given_counts *ost_given_counts(const struct ost_given *given);
