/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ostiaryd has ordered as evidence: copies that are remembered (history), and those that come for a while. An order has a
 * queue of fixed size, and ends by itself. One thread: the main one. */
#pragma once

#include "history.h"

#define OST_ORDERS_MAX 64u

struct ost_orders;

int ost_orders_new(struct ost_orders **ret_orders) OST_MUST_CHECK;
void ost_orders_free(struct ost_orders **orders);
/* Whoever ordered is gone. */
void ost_orders_clear(struct ost_orders *o);

/* uncopied: frames that have found no room so far. -EBUSY: OST_ORDERS_MAX are under way; -ENOMEM. */
int ost_orders_begin(struct ost_orders *o, const struct ost_msg_evidence *m, const struct ost_history_match *match, struct ost_history *history,
	uint64_t uncopied, uint64_t now_ns) OST_MUST_CHECK;

/* Another copy came. */
void ost_orders_offer(struct ost_orders *o, uint32_t source, uint64_t owner, const struct ost_copy *copy);

/* The next message, when there is one to be sent; and it was sent. now_ns: a monotonic clock. */
bool ost_orders_message(const struct ost_orders *o, uint64_t uncopied, uint64_t now_ns, struct ost_msg_copies *ret_message);
void ost_orders_sent(struct ost_orders *o, const struct ost_msg_copies *m);
