/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection to the data plane: ostiaryd connects, says HELLO, polls counters once a second, sends images,
 * admissions and remembered addresses, and receives refusals and bindings. It reconnects by itself, ever more slowly up to once a second. A peer that
 * sends anything but sound messages in sensible order is cut off and counted.
 *
 * Single thread; every callback runs in the event loop and may call ost_link_image(), but not free the link.
 */
#pragma once

#include "messages.h"

struct event_base;
struct ost_link;

struct ost_link_handlers {
	/* HELLO has come: requests can be sent. fresh: another process than before (its counters begin anew). */
	void (*up)(void *user, const struct ost_msg_hello *hello, bool fresh);
	/* The connection is gone; why is one sentence. What was asked gets no answer. */
	void (*down)(void *user, const char *why);
	void (*image_result)(void *user, const struct ost_msg_image_result *m);
	void (*rehearsed)(void *user, const struct ost_msg_rehearsed *m);
	void (*totals)(void *user, const struct ost_msg_totals *m);
	void (*port_stats)(void *user, const struct ost_msg_port_stats *m);
	void (*port_link)(void *user, const struct ost_msg_port_link *m);
	void (*device_stats)(void *user, const struct ost_msg_device_stats *m);
	void (*rule_stats)(void *user, const struct ost_msg_rule_stats *m); /* count of its rules */
	void (*refusals)(void *user, const struct ost_refusal *refusals, uint32_t count);
	void (*opened)(void *user, const struct ost_msg_opened *m); /* count of its flows, and their names behind them */
	void (*binding)(void *user, const struct ost_msg_binding *m);
	void (*given)(void *user, const struct ost_msg_given *m); /* length bytes of its chain */
	void (*observed)(void *user, const struct ost_msg_observed *m);
	void (*copies)(void *user, const struct ost_msg_copies *m); /* count of its copies */
	/* The answer to an ADMIT. False: to none that was sent; the connection is cut. */
	bool (*ack)(void *user, uint32_t sequence, int result);
};

/* path is borrowed. Connecting begins at once, in the loop. */
int ost_link_new(struct event_base *base, const char *path, const struct ost_link_handlers *handlers, void *user,
	struct ost_link **ret_link) OST_MUST_CHECK;
void ost_link_free(struct ost_link **link);

/* HELLO has come and the connection stands. */
bool ost_link_is_up(const struct ost_link *link);

/* Sends an image; handlers.image_result or handlers.down follows. -ENOTCONN; -EBUSY: one is under way; else the error
 * of making or sending the memfd. */
int ost_link_image(struct ost_link *link, uint64_t generation, const void *bytes, size_t length) OST_MUST_CHECK;

/* Sends an image to be tried on the flows that are there, compared with the generation in force; handlers.rehearsed or handlers.down
 * follows. Errors as of ost_link_image(). */
int ost_link_rehearse(struct ost_link *link, uint64_t generation, const void *bytes, size_t length) OST_MUST_CHECK;

/* An address that a device held before this data plane started; nothing is called back.
 * -ENOTCONN, -EAGAIN: the data plane does not read. */
int ost_link_binding(struct ost_link *link, const struct ost_msg_binding *m) OST_MUST_CHECK;

/* The same of a name that it was given an address for. */
int ost_link_given(struct ost_link *link, const struct ost_msg_given *m) OST_MUST_CHECK;

/* Evidence: handlers.copies follows, up to one that is the last, or handlers.down. -ENOTCONN, -EAGAIN: the data plane does not read. */
int ost_link_evidence(struct ost_link *link, const struct ost_msg_evidence *m) OST_MUST_CHECK;

/* What a device may now; handlers.ack or handlers.down follows. -ENOTCONN, -EAGAIN: the data plane does not read. */
int ost_link_admit(struct ost_link *link, const struct ost_msg_admit *m, uint32_t *ret_sequence) OST_MUST_CHECK;

struct ost_link_counts {
	uint64_t protocol_errors;	/* connections cut for what they sent */
	uint64_t stats_unanswered;	/* polls that got no end in time */
	uint32_t pid;			/* of the data plane, 0 before any */
	char version[32];
	char why[128];			/* why it is down */
};

const struct ost_link_counts *ost_link_counts(const struct ost_link *link);
