/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All conversations of ostiary-authd, whatever front end they came by: a bounded table with deadlines.
 *
 * Bounds: OST_CONVERSATIONS_MAX of them, half of that for one port, and OST_CONVERSATIONS_BYTES of memory for what they
 *   hold. When one of these is reached, the oldest one of the port that has the most of it gives way (FLOOD): the one
 *   that has not answered for the longest. But none of a known device, nor one that waits for its decision; only when there is no other, the oldest of all. So ports under
 *   flood crowd out themselves and each other, and no port that is not. A known device is one that succeeded here before.
 * Deadlines: 30 s in all for a conversation, however busy it is; a claim that is not answered within 5 s is over.
 * One thread; the clock is an argument.
 */
#pragma once

#include "eap.h"
#include "hash.h"

#define OST_CONVERSATIONS_MAX 1024u
#define OST_CONVERSATIONS_BYTES (28u << 20)
#define OST_CONVERSATION_NS   (30 * 1000000000ull)
#define OST_CONVERSATION_CLAIM_NS (5 * 1000000000ull)
#define OST_CONVERSATION_KEY  64u
#define OST_KNOWN_MAX	      65536u

struct ost_conversations;

struct ost_conversation {
	uint64_t number; /* never 0, never used again, and not the ones of a former process */
	struct ost_eap *eap; /* NULL with the portal */
	struct ost_place place;
	enum ost_auth_way way;
	bool known;
	bool asked;   /* a claim waits for its answer */
	bool claimed; /* a claim was made: ostiaryd must hear how it ends */
	bool spoken;  /* EAPOL: the device has answered to what began it */
	uint64_t deadline_ns, over_ns; /* of what is waited for; in all */
	uint64_t again_ns; /* EAPOL: when to send the output again; 0: never */
	uint8_t tries;
	uint32_t session_s; /* of the decision: prove yourself again after; 0: not said */
	void *front; /* the front end's own; freed by its end() */
	enum ost_auth_reason reason; /* once it ends: for send() and end() */
	int tls_error; /* of a conversation without eap: its front end's to set */
	/* table's own */
	uint8_t key[OST_CONVERSATION_KEY];
	uint8_t key_length;
	uint32_t next_in_bucket;
	uint32_t older, newer;
	size_t bytes; /* that it holds, as last weighed */
	bool used;
};

/* What a front end does: one row a way. */
struct ost_front {
	/* Sends ost_eap_output(): a packet of the conversation, its last one included. */
	void (*send)(void *user, struct ost_conversation *c, enum ost_eap_verdict verdict);
	/* It is over and goes away now; free what is at ->front. */
	void (*end)(void *user, struct ost_conversation *c);
	void *user;
};

/* What the table tells: claims and ends go to ostiaryd. */
struct ost_conversation_events {
	/* May it in? false: nobody is there to ask. The answer comes by ost_conversations_decide(). */
	bool (*claim)(void *user, const struct ost_conversation *c);
	void (*outcome)(void *user, const struct ost_conversation *c, enum ost_auth_reason reason, int tls_error);
	void *user;
};

int ost_conversations_new(const struct ost_hash_key *hash, const struct ost_conversation_events *events,
	struct ost_conversations **ret) OST_MUST_CHECK;
void ost_conversations_free(struct ost_conversations **conversations);
void ost_conversations_front(struct ost_conversations *t, enum ost_auth_way way, const struct ost_front *front);

/* By its key: for EAPOL the place, for RADIUS client and State. NULL: none. */
struct ost_conversation *ost_conversations_find(struct ost_conversations *t, enum ost_auth_way way, const void *key, size_t length);
struct ost_conversation *ost_conversations_by_number(struct ost_conversations *t, uint64_t number);

/* Opens one; one that has the same key is over (TIMEOUT is not told for it). NULL: no memory. */
struct ost_conversation *ost_conversations_open(struct ost_conversations *t, enum ost_auth_way way, const void *key, size_t length,
	const struct ost_place *place, uint64_t now_ns);

/* The output is on its way: it is repeated when no answer comes. For EAPOL; RADIUS clients repeat by themselves. */
void ost_conversations_sent(struct ost_conversations *t, struct ost_conversation *c, uint64_t now_ns);

/* Feeds a response; sends what is to be sent, asks when a claim is made, ends it when it is over. Not usable afterwards
 * unless SEND or CLAIM came back. */
enum ost_eap_verdict ost_conversations_input(struct ost_conversations *t, struct ost_conversation *c, const uint8_t *eap, size_t length,
	uint64_t now_ns);

/* For a conversation without eap: it holds so many bytes now. Others may give way to it. */
void ost_conversations_weigh(struct ost_conversations *t, struct ost_conversation *c, size_t bytes);

/* For a conversation without eap: it has its proof. Asks; the answer comes by ost_conversations_decide(). Not usable
 * afterwards unless true comes back. */
bool ost_conversations_claim(struct ost_conversations *t, struct ost_conversation *c, uint64_t now_ns);

/* The answer to a claim, with the session's seconds; false: no such claim waits. */
bool ost_conversations_decide(struct ost_conversations *t, uint64_t number, enum ost_auth_reason reason, uint32_t session_s, uint64_t now_ns);

/* Ends one with this reason; told says whether the front end sends the failure and ostiaryd hears of it. */
void ost_conversations_end(struct ost_conversations *t, struct ost_conversation *c, enum ost_auth_reason reason, bool told);

/* Is one under way by 802.1X at this port? */
bool ost_conversations_any_at(const struct ost_conversations *t, uint32_t port);
/* The port has no link any more: they are over, nobody is told. */
void ost_conversations_port_down(struct ost_conversations *t, uint32_t port);

/* What is due: repeats, deadlines. Returns when to come again, in ns of the same clock; UINT64_MAX: nothing waits. That may
 * be too early, never too late. Conversations are looked at when something may be due only: to call it often costs nothing. */
uint64_t ost_conversations_tick(struct ost_conversations *t, uint64_t now_ns);

struct ost_conversation_counts {
	uint64_t started, succeeded, failed[OST_AUTH_REASON_COUNT], evicted, discarded;
	uint64_t looked_at; /* conversations, by the tick */
	uint32_t used;
	size_t bytes;
};
const struct ost_conversation_counts *ost_conversations_counts(const struct ost_conversations *t);

/* A device that succeeded by this key's place is known: a flood cannot push it out. */
void ost_conversations_know(struct ost_conversations *t, const struct ost_place *place);
