/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a conversation knows of its RADIUS client, and the clients' shares of the table of
 * conversations (the bounds: radius.h). One thread; the clock is an argument. */
#pragma once

#include "conversations.h"
#include "radius_clients.h"
#include "radius_packet.h"
#include "radius_replies.h"
#include "radius_socket.h"

/* At ->front of a conversation. */
struct ost_radius_exchange {
	uint64_t conversation; /* its number */
	uint32_t client;       /* place among the clients; UINT32_MAX: it is none any more */
	uint64_t seen_ns;
	uint8_t state[OST_RADIUS_STATE];
	bool waiting; /* a request is to be answered: the rest is of it */
	struct ost_radius_ends ends;
	struct ost_radius_key key;
	uint16_t proxy_length;
	uint8_t proxy[OST_RADIUS_PROXY_MAX];
	struct ost_radius_exchange *older, *newer; /* by seen_ns */
};

struct ost_radius_exchanges;

/* conversations is borrowed. */
int ost_radius_exchanges_new(struct ost_conversations *conversations,
	struct ost_radius_exchanges **ret_exchanges) OST_MUST_CHECK;
void ost_radius_exchanges_free(struct ost_radius_exchanges **exchanges);

/* May this client begin one now? Takes one of its rate; may end one that went silent. */
bool ost_radius_exchanges_allow(
	struct ost_radius_exchanges *exchanges, uint32_t client, uint64_t now_ns);

/* Counts one for its client, which is filled in; it is the list's until it is removed, which frees
 * it. */
void ost_radius_exchanges_add(
	struct ost_radius_exchanges *exchanges, struct ost_radius_exchange *exchange);
void ost_radius_exchanges_remove(
	struct ost_radius_exchanges *exchanges, struct ost_radius_exchange *exchange);

/* It has spoken. */
void ost_radius_exchanges_touch(struct ost_radius_exchanges *exchanges,
	struct ost_radius_exchange *exchange, uint64_t now_ns);

/* Other clients are in force: conversations of those that are gone end. */
void ost_radius_exchanges_recount(
	struct ost_radius_exchanges *exchanges, const struct ost_radius_clients *clients);
