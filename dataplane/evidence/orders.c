/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "orders.h"

#include "clock.h"

struct order {
	uint64_t token; /* 0: free */
	struct ost_history_match match;
	uint64_t until_ns;
	uint64_t uncopied; /* when it began */
	struct ost_copy *copies; /* those that are not sent begin at sent */
	uint32_t count, sent, capacity;
};

struct ost_orders {
	struct order orders[OST_ORDERS_MAX];
};

int ost_orders_new(struct ost_orders **ret_orders)
{
	*ret_orders = calloc(1, sizeof(**ret_orders));
	return *ret_orders != NULL ? 0 : -ENOMEM;
}

static void end(struct order *o)
{
	free(o->copies);
	*o = (struct order){0};
}

void ost_orders_clear(struct ost_orders *o)
{
	for (uint32_t i = 0; i < OST_ORDERS_MAX; i++)
		end(&o->orders[i]);
}

void ost_orders_free(struct ost_orders **orders)
{
	if (*orders != NULL)
		ost_orders_clear(*orders);
	free(*orders);
	*orders = NULL;
}

int ost_orders_begin(struct ost_orders *s, const struct ost_msg_evidence *m, const struct ost_history_match *match, struct ost_history *history,
	uint64_t uncopied, uint64_t now_ns)
{
	struct order *o = s->orders;

	while (o < s->orders + OST_ORDERS_MAX && o->token != 0)
		o++;
	if (o == s->orders + OST_ORDERS_MAX)
		return -EBUSY;
	o->copies = calloc((size_t)m->before + m->after + 1, sizeof(*o->copies));
	if (o->copies == NULL)
		return -ENOMEM;
	o->token = m->token;
	o->match = *match;
	o->until_ns = now_ns + m->after_ms * OST_NS_PER_MS;
	o->uncopied = uncopied;
	o->count = ost_history_find(history, match, o->copies, m->before);
	o->capacity = o->count + m->after;
	return 0;
}

void ost_orders_offer(struct ost_orders *s, uint32_t source, uint64_t owner, const struct ost_copy *copy)
{
	for (uint32_t i = 0; i < OST_ORDERS_MAX; i++) {
		struct order *o = &s->orders[i];

		if (o->token != 0 && o->count < o->capacity && ost_history_matches(&o->match, source, owner, copy))
			o->copies[o->count++] = *copy;
	}
}

static bool over(const struct order *o, uint64_t now_ns)
{
	return o->count == o->capacity || now_ns >= o->until_ns;
}

bool ost_orders_message(const struct ost_orders *s, uint64_t uncopied, uint64_t now_ns, struct ost_msg_copies *m)
{
	for (uint32_t i = 0; i < OST_ORDERS_MAX; i++) {
		const struct order *o = &s->orders[i];
		uint32_t left = o->count - o->sent;

		if (o->token == 0 || (left == 0 && !over(o, now_ns)))
			continue;
		memset(m, 0, offsetof(struct ost_msg_copies, copies));
		m->token = o->token;
		m->uncopied = uncopied - o->uncopied;
		m->count = OST_MIN(left, OST_COPIES_PER_MSG);
		m->last = over(o, now_ns) && m->count == left;
		memcpy(m->copies, o->copies + o->sent, m->count * sizeof(m->copies[0]));
		return true;
	}
	return false;
}

void ost_orders_sent(struct ost_orders *s, const struct ost_msg_copies *m)
{
	for (uint32_t i = 0; i < OST_ORDERS_MAX; i++) {
		struct order *o = &s->orders[i];

		if (o->token != m->token)
			continue;
		o->sent += m->count;
		if (m->last)
			end(o);
		return;
	}
}
