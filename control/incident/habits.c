/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "habits.h"

#include <math.h>
#include <stdio.h>

#define BURST_NS (8 * OST_NS_PER_S) /* connections nearer to each other than this are one attempt */

struct habit {
	uint64_t hash; /* of device, peer, protocol and port; 0: free */
	uint64_t last_ns, begun_ns;
	uint32_t intervals;
	double mean_s, square; /* Welford */
};

struct ost_habits {
	struct ost_habits_config config;
	struct habit all[OST_HABITS];
};

int ost_habits_new(const struct ost_habits_config *config, struct ost_habits **ret_habits)
{
	struct ost_habits *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return -ENOMEM;
	h->config = *config;
	*ret_habits = h;
	return 0;
}

void ost_habits_free(struct ost_habits **habits)
{
	free(*habits);
	*habits = NULL;
}

static uint64_t hash_of(const struct ost_habits *h, const struct ost_habit_flow *f)
{
	const struct ost_hash_key *k = &h->config.key;

	return ost_incident_peer(ost_hash_3(k, ost_hash_bytes(k, f->device, strlen(f->device)), ost_hash_bytes(k, f->ip.b, sizeof(f->ip.b)),
		       (uint64_t)f->value << 16 | (uint64_t)f->protocol << 8 | f->from_device));
}

static struct habit *find(struct ost_habits *h, uint64_t hash, struct habit **ret_oldest)
{
	*ret_oldest = &h->all[0];
	for (uint32_t i = 0; i < OST_HABITS; i++) {
		if (h->all[i].hash == hash)
			return &h->all[i];
		if (h->all[i].last_ns < (*ret_oldest)->last_ns)
			*ret_oldest = &h->all[i];
	}
	return NULL;
}

/* "to cloud.example tcp/443": no port of the one who opened it, so that it is the same each time. */
static void scope_of(const struct ost_habit_flow *f, char buf[static OST_INCIDENT_SCOPE])
{
	const char *protocol = f->protocol == 6 ? "tcp" : f->protocol == 17 ? "udp" : f->protocol == 1 ? "icmp" : f->protocol == 58 ? "icmpv6" : "ip";
	char ip[OST_IP_TEXT];

	(void)snprintf(buf, OST_INCIDENT_SCOPE, "%s %.60s %s/%u", f->from_device ? "to" : "from", f->peer != NULL ? f->peer : ost_ip_format(&f->ip, ip),
		protocol, f->value);
}

static void tell(struct ost_habits *h, const struct ost_habit_flow *f, enum ost_cause cause, const char *rule, uint64_t count, struct ost_moment now)
{
	char scope[OST_INCIDENT_SCOPE];
	struct ost_incident_event e = {.cause = cause, .who = f->device, .place = "", .scope = scope, .rule = rule, .count = count,
		.first_wall_ns = f->first_wall_ns, .last_wall_ns = f->last_wall_ns, .peer = hash_of(h, f), .disposition = OST_DISPOSITION_ALERTED,
		.essential = f->essential};

	scope_of(f, scope);
	e.wire.family = f->ip.family;
	e.wire.protocol = f->protocol;
	e.wire.peer_port_l4 = f->value;
	e.wire.ingress = OST_PORTS_MAX;
	memcpy(e.wire.peer_ip, f->ip.b, sizeof(e.wire.peer_ip));
	h->config.event(h->config.user, &e, now);
}

/* Another one of a flow that was new. */
static void again(struct ost_habits *h, struct habit *b, const struct ost_habit_flow *f, struct ost_moment now)
{
	double interval = (double)(now.mono_ns - b->begun_ns) / (double)OST_NS_PER_S, delta;
	bool burst = now.mono_ns - b->last_ns < BURST_NS;
	char rule[OST_INCIDENT_SCOPE];

	b->last_ns = now.mono_ns;
	if (burst)
		return;
	b->begun_ns = now.mono_ns;
	if (interval < h->config.beacon.seconds)
		return;
	b->intervals++;
	delta = interval - b->mean_s;
	b->mean_s += delta / b->intervals;
	b->square += delta * (interval - b->mean_s);
	if (b->intervals >= 2 && sqrt(b->square / (b->intervals - 1)) > b->mean_s / 10) {
		b->intervals = 0;
		b->mean_s = b->square = 0;
	} else if (b->intervals >= h->config.beacon.count) {
		(void)snprintf(rule, sizeof(rule), "%u even intervals, of %.0f s, of a flow that is new and allowed", h->config.beacon.count, b->mean_s);
		tell(h, f, OST_CAUSE_BEACONING, rule, 1, now);
	}
}

void ost_habits_opened(struct ost_habits *h, const struct ost_habit_flow *f, struct ost_moment now)
{
	struct habit *oldest, *b = find(h, hash_of(h, f), &oldest);

	if (b != NULL) {
		again(h, b, f, now);
		return;
	}
	if (!f->novel || !f->settled)
		return;
	tell(h, f, OST_CAUSE_NEW_BEHAVIOUR, "not seen in the 24 hours before", f->count, now);
	if (f->foreign && f->peer == NULL && f->from_device)
		*oldest = (struct habit){.hash = hash_of(h, f), .last_ns = now.mono_ns, .begun_ns = now.mono_ns};
}
