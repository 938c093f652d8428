/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "radius_exchange.h"

#include "clock.h"

#define CLIENT_SHARE 256u
#define ALL_SHARE    512u
#define STALLED_NS   (2 * OST_NS_PER_S)
#define BEGINS_RATE  200u /* a second, and so many at once */

struct use {
	uint32_t conversations;
	uint64_t begins_ns; /* theoretical arrival time of the next beginning */
};

struct ost_radius_exchanges {
	struct ost_conversations *conversations;
	struct use uses[OST_RADIUS_CLIENTS_MAX];
	struct ost_radius_exchange *oldest, *newest;
	uint32_t count;
};

int ost_radius_exchanges_new(
	struct ost_conversations *conversations, struct ost_radius_exchanges **ret_exchanges)
{
	struct ost_radius_exchanges *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return -ENOMEM;
	e->conversations = conversations;
	*ret_exchanges = e;
	return 0;
}

void ost_radius_exchanges_free(struct ost_radius_exchanges **exchanges)
{
	free(*exchanges);
	*exchanges = NULL;
}

/* ---- by how long they have been silent ---- */

static void link_in(struct ost_radius_exchanges *e, struct ost_radius_exchange *x)
{
	x->older = e->newest;
	x->newer = NULL;
	if (e->newest != NULL)
		e->newest->newer = x;
	else
		e->oldest = x;
	e->newest = x;
}

static void link_out(struct ost_radius_exchanges *e, struct ost_radius_exchange *x)
{
	if (x->older != NULL)
		x->older->newer = x->newer;
	else
		e->oldest = x->newer;
	if (x->newer != NULL)
		x->newer->older = x->older;
	else
		e->newest = x->older;
}

void ost_radius_exchanges_add(struct ost_radius_exchanges *e, struct ost_radius_exchange *x)
{
	e->uses[x->client].conversations++;
	e->count++;
	link_in(e, x);
}

void ost_radius_exchanges_remove(struct ost_radius_exchanges *e, struct ost_radius_exchange *x)
{
	link_out(e, x);
	if (x->client != UINT32_MAX)
		e->uses[x->client].conversations--;
	e->count--;
	free(x);
}

void ost_radius_exchanges_touch(
	struct ost_radius_exchanges *e, struct ost_radius_exchange *x, uint64_t now_ns)
{
	x->seen_ns = now_ns;
	link_out(e, x);
	link_in(e, x);
}

/* ---- shares ---- */

/* Who has been silent longest and long enough, of this client (or of all), gives way; known devices
 * last. */
static bool room_make(struct ost_radius_exchanges *e, uint32_t client, bool all, uint64_t now)
{
	struct ost_conversation *known = NULL;

	for (struct ost_radius_exchange *x = e->oldest; x != NULL && now - x->seen_ns >= STALLED_NS;
		x = x->newer) {
		struct ost_conversation *c =
			ost_conversations_by_number(e->conversations, x->conversation);

		if (c == NULL || c->asked || (!all && x->client != client))
			continue;
		if (!c->known) {
			ost_conversations_end(e->conversations, c, OST_AUTH_REASON_FLOOD, true);
			return true;
		}
		if (known == NULL)
			known = c;
	}
	if (known == NULL)
		return false;
	ost_conversations_end(e->conversations, known, OST_AUTH_REASON_FLOOD, true);
	return true;
}

bool ost_radius_exchanges_allow(struct ost_radius_exchanges *e, uint32_t client, uint64_t now_ns)
{
	struct use *u = &e->uses[client];

	if (u->begins_ns > now_ns + OST_NS_PER_S)
		return false;
	if (u->conversations >= CLIENT_SHARE && !room_make(e, client, false, now_ns))
		return false;
	if (e->count >= ALL_SHARE && !room_make(e, client, true, now_ns))
		return false;
	u->begins_ns = OST_MAX(u->begins_ns, now_ns) + OST_NS_PER_S / BEGINS_RATE;
	return true;
}

void ost_radius_exchanges_recount(
	struct ost_radius_exchanges *e, const struct ost_radius_clients *clients)
{
	struct ost_radius_exchange *newer;

	memset(e->uses, 0, sizeof(e->uses));
	for (struct ost_radius_exchange *x = e->oldest; x != NULL; x = x->newer) {
		const struct ost_radius_client *client =
			ost_radius_clients_find(clients, &x->key.ip);

		x->client = client != NULL ? ost_radius_clients_place(clients, client) : UINT32_MAX;
		if (client != NULL)
			e->uses[x->client].conversations++;
	}
	for (struct ost_radius_exchange *x = e->oldest; x != NULL; x = newer) {
		newer = x->newer;
		if (x->client == UINT32_MAX)
			ost_conversations_end(e->conversations,
				ost_conversations_by_number(e->conversations, x->conversation),
				OST_AUTH_REASON_TIMEOUT, true);
	}
}
