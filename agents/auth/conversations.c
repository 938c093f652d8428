/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conversations.h"

#define NONE	     UINT32_MAX
#define PORTS	     (OST_PORTS_MAX + 1) /* the last one: without port */
#define BUCKETS	     2048u
#define REPEATS_MAX  3u
#define PORT_SHARE   (OST_CONVERSATIONS_MAX / 2) /* of the table, for one port, among those that are not known */

struct ost_conversations {
	struct ost_conversation slots[OST_CONVERSATIONS_MAX];
	uint32_t buckets[BUCKETS];
	uint32_t oldest, newest, unused; /* unused: chained by next_in_bucket */
	size_t by_port[PORTS], bytes_by_port[PORTS]; /* of those that are not known */
	uint64_t due_ns; /* nothing is due before */
	uint64_t known[OST_KNOWN_MAX]; /* hashes of places, direct-mapped: forgetting one costs it only its privilege */
	struct ost_hash_key hash;
	struct ost_conversation_events events;
	struct ost_front fronts[OST_AUTH_WAY_COUNT];
	struct ost_conversation_counts counts;
	uint64_t last_number;
};

static uint64_t place_hash(const struct ost_conversations *t, const struct ost_place *place)
{
	return ost_hash_bytes(&t->hash, place, sizeof(*place)) | 1;
}

static uint32_t bucket_of(const struct ost_conversations *t, enum ost_auth_way way, const void *key, size_t length)
{
	return (uint32_t)(ost_hash_2(&t->hash, ost_hash_bytes(&t->hash, key, length), way) % BUCKETS);
}

static uint32_t port_of(const struct ost_place *place)
{
	return OST_MIN(place->port, (uint32_t)OST_PORTS_MAX);
}

int ost_conversations_new(const struct ost_hash_key *hash, const struct ost_conversation_events *events,
	struct ost_conversations **ret)
{
	struct ost_conversations *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	t->hash = *hash;
	t->events = *events;
	/* Others remember numbers of the process before. */
	t->last_number = (ost_hash_2(hash, 1, 1) >> 8) / OST_CONVERSATIONS_MAX * OST_CONVERSATIONS_MAX;
	for (uint32_t i = 0; i < BUCKETS; i++)
		t->buckets[i] = NONE;
	for (uint32_t i = 0; i < OST_CONVERSATIONS_MAX; i++)
		t->slots[i].next_in_bucket = i + 1 < OST_CONVERSATIONS_MAX ? i + 1 : NONE;
	t->oldest = t->newest = NONE;
	t->due_ns = UINT64_MAX;
	*ret = t;
	return 0;
}

void ost_conversations_front(struct ost_conversations *t, enum ost_auth_way way, const struct ost_front *front)
{
	t->fronts[way] = *front;
}

/* ---- the table ---- */

struct ost_conversation *ost_conversations_find(struct ost_conversations *t, enum ost_auth_way way, const void *key, size_t length)
{
	for (uint32_t i = t->buckets[bucket_of(t, way, key, length)]; i != NONE; i = t->slots[i].next_in_bucket) {
		struct ost_conversation *c = &t->slots[i];

		if (c->way == way && c->key_length == length && memcmp(c->key, key, length) == 0)
			return c;
	}
	return NULL;
}

struct ost_conversation *ost_conversations_by_number(struct ost_conversations *t, uint64_t number)
{
	struct ost_conversation *c = &t->slots[number % OST_CONVERSATIONS_MAX];

	return number != 0 && c->used && c->number == number ? c : NULL;
}

/* The list by age: in at its young end. */
static void age_in(struct ost_conversations *t, uint32_t i)
{
	struct ost_conversation *c = &t->slots[i];

	c->newer = NONE;
	c->older = t->newest;
	if (t->newest != NONE)
		t->slots[t->newest].newer = i;
	else
		t->oldest = i;
	t->newest = i;
}

static void age_out(struct ost_conversations *t, const struct ost_conversation *c)
{
	if (c->older != NONE)
		t->slots[c->older].newer = c->newer;
	else
		t->oldest = c->newer;
	if (c->newer != NONE)
		t->slots[c->newer].older = c->older;
	else
		t->newest = c->older;
}

static void link_in(struct ost_conversations *t, uint32_t i)
{
	struct ost_conversation *c = &t->slots[i];
	uint32_t *bucket = &t->buckets[bucket_of(t, c->way, c->key, c->key_length)];

	c->next_in_bucket = *bucket;
	*bucket = i;
	age_in(t, i);
	if (!c->known)
		t->by_port[port_of(&c->place)]++;
	t->counts.used++;
}

static void bytes_set(struct ost_conversations *t, struct ost_conversation *c, size_t bytes)
{
	t->counts.bytes += bytes - c->bytes;
	if (!c->known)
		t->bytes_by_port[port_of(&c->place)] += bytes - c->bytes;
	c->bytes = bytes;
}

static void link_out(struct ost_conversations *t, uint32_t i)
{
	struct ost_conversation *c = &t->slots[i];
	uint32_t *at = &t->buckets[bucket_of(t, c->way, c->key, c->key_length)];

	while (*at != i)
		at = &t->slots[*at].next_in_bucket;
	*at = c->next_in_bucket;
	age_out(t, c);
	bytes_set(t, c, 0);
	if (!c->known)
		t->by_port[port_of(&c->place)]--;
	t->counts.used--;
}

static void put_away(struct ost_conversations *t, struct ost_conversation *c)
{
	uint32_t i = (uint32_t)(c - t->slots);

	link_out(t, i);
	if (t->fronts[c->way].end != NULL)
		t->fronts[c->way].end(t->fronts[c->way].user, c);
	ost_eap_free(&c->eap);
	*c = (struct ost_conversation){.next_in_bucket = t->unused};
	t->unused = i;
}

void ost_conversations_free(struct ost_conversations **conversations)
{
	struct ost_conversations *t = *conversations;

	*conversations = NULL;
	if (t == NULL)
		return;
	while (t->oldest != NONE)
		put_away(t, &t->slots[t->oldest]);
	free(t);
}

/* The oldest that may give way, of a port (NONE: of any). The list is short and a flood's are at its old end. */
static struct ost_conversation *oldest_of(struct ost_conversations *t, uint32_t port, const struct ost_conversation *but)
{
	for (uint32_t i = t->oldest; i != NONE; i = t->slots[i].newer) {
		struct ost_conversation *c = &t->slots[i];

		if (c != but && !c->known && !c->asked && (port == NONE || port_of(&c->place) == port))
			return c;
	}
	return NULL;
}

/* Who gives way to but (may be NULL), when of this there is too much. */
static struct ost_conversation *victim(struct ost_conversations *t, const size_t by_port[static PORTS], const struct ost_conversation *but)
{
	struct ost_conversation *c;
	uint32_t most = 0;

	for (uint32_t i = 1; i < PORTS; i++)
		most = by_port[i] > by_port[most] ? i : most;
	c = oldest_of(t, most, but);
	if (c == NULL)
		c = oldest_of(t, NONE, but);
	if (c != NULL)
		return c;
	/* All of them are known or wait for a decision: the table must not stand still. */
	c = &t->slots[t->oldest];
	return c != but ? c : c->newer != NONE ? &t->slots[c->newer] : NULL;
}

static void give_way(struct ost_conversations *t, struct ost_conversation *c)
{
	if (c == NULL)
		return;
	t->counts.evicted++;
	ost_conversations_end(t, c, OST_AUTH_REASON_FLOOD, true);
}

void ost_conversations_weigh(struct ost_conversations *t, struct ost_conversation *c, size_t bytes)
{
	struct ost_conversation *v;

	bytes_set(t, c, bytes);
	while (t->counts.bytes > OST_CONVERSATIONS_BYTES && (v = victim(t, t->bytes_by_port, c)) != NULL)
		give_way(t, v);
}

/* ---- life ---- */

/* From one sending to the next, and from the last one to the end: soon, for a frame may be lost in a flood, then with patience
 * (RFC 3748 4.3). */
static const uint64_t repeat_ns[REPEATS_MAX + 1] = {1000000000ull, 2000000000ull, 4000000000ull, 5000000000ull};

static void due_at(struct ost_conversations *t, uint64_t ns)
{
	t->due_ns = OST_MIN(t->due_ns, ns);
}

void ost_conversations_know(struct ost_conversations *t, const struct ost_place *place)
{
	uint64_t h = place_hash(t, place);

	t->known[h % OST_KNOWN_MAX] = h;
}

struct ost_conversation *ost_conversations_open(struct ost_conversations *t, enum ost_auth_way way, const void *key, size_t length,
	const struct ost_place *place, uint64_t now_ns)
{
	struct ost_conversation *c = ost_conversations_find(t, way, key, length);
	uint64_t h = place_hash(t, place);
	bool known = t->known[h % OST_KNOWN_MAX] == h;
	uint32_t port = port_of(place), i;

	if (length > OST_CONVERSATION_KEY)
		return NULL;
	if (c != NULL)
		put_away(t, c);
	if (!known && t->by_port[port] >= PORT_SHARE)
		give_way(t, oldest_of(t, port, NULL));
	if (t->counts.used == OST_CONVERSATIONS_MAX)
		give_way(t, victim(t, t->by_port, NULL));
	i = t->unused;
	c = &t->slots[i];
	t->unused = c->next_in_bucket;
	/* The number leads back to the slot. */
	t->last_number += OST_CONVERSATIONS_MAX;
	*c = (struct ost_conversation){.number = t->last_number + i, .place = *place, .way = way, .known = known, .used = true,
		.deadline_ns = now_ns + OST_CONVERSATION_NS, .over_ns = now_ns + OST_CONVERSATION_NS, .key_length = (uint8_t)length};
	memcpy(c->key, key, length);
	link_in(t, i);
	t->counts.started++;
	due_at(t, c->deadline_ns);
	return c;
}

void ost_conversations_end(struct ost_conversations *t, struct ost_conversation *c, enum ost_auth_reason reason, bool told)
{
	int tls_error = c->tls_error;

	c->reason = reason;
	if (told) {
		if (c->eap != NULL && reason != OST_AUTH_REASON_NONE)
			c->reason = reason = ost_eap_end(c->eap, reason);
		if (c->eap != NULL)
			(void)ost_eap_reason(c->eap, &tls_error);
		if (reason == OST_AUTH_REASON_NONE) {
			t->counts.succeeded++;
			ost_conversations_know(t, &c->place);
		} else {
			t->counts.failed[reason]++;
		}
		if (t->fronts[c->way].send != NULL)
			t->fronts[c->way].send(t->fronts[c->way].user, c,
				reason == OST_AUTH_REASON_NONE ? OST_EAP_SUCCESS : OST_EAP_FAILURE);
		t->events.outcome(t->events.user, c, reason, tls_error);
	}
	put_away(t, c);
}

void ost_conversations_sent(struct ost_conversations *t, struct ost_conversation *c, uint64_t now_ns)
{
	/* It has answered and goes on: young again. A flood's silent ones are at the old end, and honest devices are not among
	 * them, however slow the machine is. Rounds and the deadline bound who plays with this. */
	age_out(t, c);
	age_in(t, (uint32_t)(c - t->slots));
	c->tries = 0;
	c->again_ns = c->way == OST_AUTH_WAY_EAPOL ? now_ns + repeat_ns[0] : 0;
	if (c->again_ns != 0)
		due_at(t, c->again_ns);
	if (c->eap != NULL)
		ost_conversations_weigh(t, c, ost_eap_bytes(c->eap));
}

bool ost_conversations_claim(struct ost_conversations *t, struct ost_conversation *c, uint64_t now_ns)
{
	c->again_ns = 0;
	c->asked = c->claimed = true;
	c->deadline_ns = OST_MIN(c->deadline_ns, now_ns + OST_CONVERSATION_CLAIM_NS);
	due_at(t, c->deadline_ns);
	if (t->events.claim(t->events.user, c))
		return true;
	ost_conversations_end(t, c, OST_AUTH_REASON_UNAVAILABLE, true);
	return false;
}

static enum ost_eap_verdict act(struct ost_conversations *t, struct ost_conversation *c, enum ost_eap_verdict v, uint64_t now_ns)
{
	int tls_error;

	switch (v) {
	case OST_EAP_DISCARD:
		t->counts.discarded++;
		break;
	case OST_EAP_SEND:
		ost_conversations_sent(t, c, now_ns);
		t->fronts[c->way].send(t->fronts[c->way].user, c, v);
		break;
	case OST_EAP_CLAIM:
		if (!ost_conversations_claim(t, c, now_ns))
			v = OST_EAP_FAILURE;
		break;
	case OST_EAP_SUCCESS:
	case OST_EAP_FAILURE:
		ost_conversations_end(t, c, ost_eap_reason(c->eap, &tls_error), true);
		break;
	}
	return v;
}

enum ost_eap_verdict ost_conversations_input(struct ost_conversations *t, struct ost_conversation *c, const uint8_t *eap, size_t length,
	uint64_t now_ns)
{
	return act(t, c, ost_eap_input(c->eap, eap, length), now_ns);
}

bool ost_conversations_decide(struct ost_conversations *t, uint64_t number, enum ost_auth_reason reason, uint32_t session_s, uint64_t now_ns)
{
	struct ost_conversation *c = ost_conversations_by_number(t, number);

	if (c == NULL || !c->asked)
		return false;
	c->asked = false;
	c->deadline_ns = c->over_ns;
	due_at(t, c->deadline_ns);
	c->session_s = session_s;
	if (c->eap != NULL)
		(void)act(t, c, ost_eap_decide(c->eap, reason), now_ns);
	else
		ost_conversations_end(t, c, reason, true);
	return true;
}

/* ---- ports ---- */

static bool is_at(const struct ost_conversation *c, uint32_t port)
{
	return c->way == OST_AUTH_WAY_EAPOL && c->place.port == port;
}

bool ost_conversations_any_at(const struct ost_conversations *t, uint32_t port)
{
	for (uint32_t i = t->oldest; i != NONE; i = t->slots[i].newer) {
		if (is_at(&t->slots[i], port))
			return true;
	}
	return false;
}

void ost_conversations_port_down(struct ost_conversations *t, uint32_t port)
{
	uint32_t newer;

	for (uint32_t i = t->oldest; i != NONE; i = newer) {
		newer = t->slots[i].newer;
		if (is_at(&t->slots[i], port))
			ost_conversations_end(t, &t->slots[i], OST_AUTH_REASON_TIMEOUT, false);
	}
}

/* ---- time ---- */

/* False: it is over. */
static bool look_at(struct ost_conversations *t, struct ost_conversation *c, uint64_t now_ns)
{
	bool again = c->again_ns != 0 && now_ns >= c->again_ns;

	if (now_ns >= c->deadline_ns || (again && c->tries == REPEATS_MAX)) {
		ost_conversations_end(t, c, c->asked ? OST_AUTH_REASON_UNAVAILABLE : OST_AUTH_REASON_TIMEOUT, true);
		return false;
	}
	if (again) {
		c->tries++;
		c->again_ns = now_ns + repeat_ns[c->tries];
		t->fronts[c->way].send(t->fronts[c->way].user, c, OST_EAP_SEND);
	}
	return true;
}

static void walk(struct ost_conversations *t, uint64_t now_ns)
{
	uint64_t due = UINT64_MAX;
	uint32_t newer;

	for (uint32_t i = t->oldest; i != NONE; i = newer) {
		struct ost_conversation *c = &t->slots[i];

		newer = c->newer;
		t->counts.looked_at++;
		if (!look_at(t, c, now_ns))
			continue;
		due = OST_MIN(due, c->deadline_ns);
		if (c->again_ns != 0)
			due = OST_MIN(due, c->again_ns);
	}
	t->due_ns = due;
}

uint64_t ost_conversations_tick(struct ost_conversations *t, uint64_t now_ns)
{
	if (now_ns >= t->due_ns)
		walk(t, now_ns);
	return t->due_ns;
}

const struct ost_conversation_counts *ost_conversations_counts(const struct ost_conversations *t)
{
	return &t->counts;
}
