/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "throttle.h"

#include "clock.h"

#define PLACES	    8192u
#define SHUT_WAYS   4u
#define PLACE_RATE  10u
#define PLACE_BURST 20u
#define PORT_RATE   600u
#define ALL_RATE    800u
#define SURE_RATE   50u /* of a port, whatever the others do */

struct shut {
	struct ost_place place;
	uint64_t until_ns; /* 0: free */
};

/* Theoretical arrival times (generic cell rate algorithm): one number a limit. */
struct ost_throttle {
	struct ost_hash_key hash;
	uint64_t places[PLACES];
	uint64_t ports[OST_PORTS_MAX + 1], sure[OST_PORTS_MAX + 1]; /* the last one: without port */
	uint64_t all;
	struct shut shut[PLACES / SHUT_WAYS][SHUT_WAYS];
};

int ost_throttle_new(const struct ost_hash_key *hash, struct ost_throttle **ret_throttle)
{
	struct ost_throttle *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return -ENOMEM;
	l->hash = *hash;
	*ret_throttle = l;
	return 0;
}

void ost_throttle_free(struct ost_throttle **throttle)
{
	free(*throttle);
	*throttle = NULL;
}

static bool would_pass(uint64_t arrival_ns, uint32_t rate, uint32_t burst, uint64_t now_ns)
{
	return arrival_ns <= now_ns + (burst - 1) * (OST_NS_PER_S / rate);
}

static void take(uint64_t *arrival_ns, uint32_t rate, uint64_t now_ns)
{
	*arrival_ns = OST_MAX(*arrival_ns, now_ns) + OST_NS_PER_S / rate;
}

bool ost_throttle_take(struct ost_throttle *throttle, const struct ost_place *place, uint64_t now_ns)
{
	uint64_t *own = &throttle->places[ost_hash_bytes(&throttle->hash, place, sizeof(*place)) % PLACES];

	if (!would_pass(*own, PLACE_RATE, PLACE_BURST, now_ns))
		return false;
	take(own, PLACE_RATE, now_ns);
	return true;
}

/* What a port is sure of is not taken from what all share: floods on other ports cannot use it up. */
bool ost_throttle_open(struct ost_throttle *throttle, const struct ost_place *place, uint64_t now_ns)
{
	uint32_t at = OST_MIN(place->port, (uint32_t)OST_PORTS_MAX);
	bool sure = would_pass(throttle->sure[at], SURE_RATE, SURE_RATE, now_ns);

	/* Who is refused by one takes from none: a flood on one port leaves the others theirs. */
	if (!would_pass(throttle->ports[at], PORT_RATE, PORT_RATE, now_ns) ||
		(!sure && !would_pass(throttle->all, ALL_RATE, ALL_RATE, now_ns)))
		return false;
	take(&throttle->ports[at], PORT_RATE, now_ns);
	if (sure)
		take(&throttle->sure[at], SURE_RATE, now_ns);
	else
		take(&throttle->all, ALL_RATE, now_ns);
	return true;
}

static struct shut *ways_of(const struct ost_throttle *l, const struct ost_place *place)
{
	return (struct shut *)(uintptr_t)l->shut[ost_hash_bytes(&l->hash, place, sizeof(*place)) % (PLACES / SHUT_WAYS)];
}

void ost_throttle_shut(struct ost_throttle *throttle, const struct ost_place *place, uint32_t seconds, uint64_t now_ns)
{
	struct shut *ways = ways_of(throttle, place), *at = &ways[0];

	for (uint32_t i = 0; i < SHUT_WAYS; i++) {
		if (memcmp(&ways[i].place, place, sizeof(*place)) == 0) {
			at = &ways[i];
			break;
		}
		if (ways[i].until_ns < at->until_ns)
			at = &ways[i];
	}
	*at = (struct shut){.place = *place, .until_ns = seconds == 0 ? 0 : now_ns + seconds * OST_NS_PER_S};
}

bool ost_throttle_is_shut(const struct ost_throttle *throttle, const struct ost_place *place, uint64_t now_ns)
{
	const struct shut *ways = ways_of(throttle, place);

	for (uint32_t i = 0; i < SHUT_WAYS; i++) {
		if (now_ns < ways[i].until_ns && memcmp(&ways[i].place, place, sizeof(*place)) == 0)
			return true;
	}
	return false;
}
