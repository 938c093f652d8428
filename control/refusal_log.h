/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refusals, told to people: equal ones are one kind - (device, reason, port, peer, protocol, destination
 * port) - and a kind writes few lines however long it goes on: the first sight at once ("first"), then when its
 * count passes a power of ten and once a minute while it goes on ("more"), and its total once it was quiet for
 * five minutes ("closed"). docs/ostiary-refusals.5 has the format.
 *
 * Bounds: a fixed number of kinds (the one quiet for the longest is closed and gives way), a number of lines a second for
 * all and a quarter of it for one sender, so that one noisy device cannot silence the others; what was suppressed is
 * counted in an "overflow" line each second. Nothing here depends on the wall clock but what is printed.
 * Single thread.
 */
#pragma once

#include "hash.h"
#include "messages.h"

struct ost_refusal_log;

struct ost_refusal_log_config {
	uint32_t kinds_max;   /* 0: 16384 */
	uint32_t lines_per_s; /* 0: 1000 */
	struct ost_hash_key key;
	const char *gateway; /* host name; borrowed */
	/* Gets each line, newline included. */
	void (*write)(void *user, const char *line, size_t length);
	void *user;
};

/* What a refusal's numbers mean. Texts are copied. */
struct ost_refusal_names {
	const char *device; /* NULL: none */
	const char *role;   /* NULL: none */
	const char *port;   /* ingress */
	uint8_t side;	    /* enum ost_side of it */
};

/* One kind as it is kept. */
struct ost_refusal_kind {
	char device[OST_MSG_NAME]; /* "" none */
	char role[OST_MSG_NAME];
	char port[OST_MSG_NAME];
	uint8_t side;
	bool open;		/* not yet closed */
	struct ost_refusal last; /* of the latest; count, first and last are this episode's sums */
};

int ost_refusal_log_new(const struct ost_refusal_log_config *config, struct ost_refusal_log **ret_log) OST_MUST_CHECK;
/* Closes every kind that is open (their lines are written), frees. */
void ost_refusal_log_free(struct ost_refusal_log **log);

void ost_refusal_log_add(struct ost_refusal_log *log, const struct ost_refusal *r,
	const struct ost_refusal_names *names, uint64_t now_ns);

/* Call about once a second: closes what is quiet, writes the overflow line, refills the line budget. */
void ost_refusal_log_tick(struct ost_refusal_log *log, uint64_t now_ns);

/* Latest first; fn returns false to stop. */
void ost_refusal_log_each(const struct ost_refusal_log *log,
	bool (*fn)(void *user, const struct ost_refusal_kind *kind), void *user);

struct ost_refusal_log_counts {
	uint64_t packets;	   /* refused packets taken in */
	uint64_t suppressed_lines; /* over the budget */
	uint64_t evicted;	   /* kinds closed early for lack of room */
	uint32_t kinds, kinds_max;
};

void ost_refusal_log_counts(const struct ost_refusal_log *log, struct ost_refusal_log_counts *ret_counts);

/* The name of a kind: the same at each sight of it, after restarts and on every gateway. 60 bits of a SHA-256 in base 32, so that people
 * can read it out: no secret, and no proof of anything. Returns buf. */
#define OST_REFUSAL_ID 13
const char *ost_refusal_kind_id(const struct ost_refusal_kind *kind, char buf[static OST_REFUSAL_ID]);

struct ost_jsonw;

/* The members that a log line and the API share: who, why, what, how often. */
void ost_refusal_kind_json(struct ost_jsonw *w, const struct ost_refusal_kind *kind);
