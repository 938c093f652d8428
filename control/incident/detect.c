/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detect.h"

#include <math.h>
#include <stdio.h>

#define NONE		UINT32_MAX
#define WATCHES_DEFAULT 4096u
#define SPOTS		8u /* what one watch asked for most, (/24 or /64, port) each; the rest shares the last */
#define BEACONS		4u
#define TARGET_BITS	1024u
#define DEVICE_BITS	256u
#define BURST_NS	(8 * OST_NS_PER_S) /* repeats of one attempt are nearer to each other */

/* The kinds of refusals that have a threshold of their own. */
enum tally_kind {
	TALLY_UNKNOWN,
	TALLY_SPOOF,
	TALLY_SOURCE,
	TALLY_ARP,
	TALLY_DHCP,
	TALLY_ROUTER,
	TALLY_FLOOD,
	TALLY_ANSWER,
	TALLY_COUNT,
};

struct tally {
	uint64_t count, start_ns, active_ns; /* pending; its window; brought at once until this */
	uint64_t first_wall_ns, last_wall_ns;
};

struct spot {
	struct ost_prefix net;
	uint64_t hash, count;
	uint64_t first_wall_ns, last_wall_ns;
	uint16_t port;
	uint8_t protocol;
	bool foreign, device;
	struct ost_incident_wire wire;
};

struct beacon {
	struct ost_ip peer;
	uint16_t port;
	uint8_t protocol;
	uint32_t intervals;
	uint64_t last_ns, begun_ns;
	double mean_s, square; /* Welford */
};

struct watch {
	char who[OST_INCIDENT_WHO], place[OST_INCIDENT_WHO];
	uint64_t hash, touched_ns;
	uint32_t next, newer, older;
	bool used, essential;
	uint64_t window_ns; /* of what follows: when it began, 0: nothing is in it */
	uint64_t looked_ns, scan_active_ns, lateral_active_ns;
	uint64_t targets_ns; /* the scan's window is shorter than the others': when its own began */
	uint64_t targets[TARGET_BITS / 64], devices[DEVICE_BITS / 64];
	uint32_t spots_used;
	struct spot spots[SPOTS];
	struct tally tallies[TALLY_COUNT];
	struct tally failures; /* active_ns: of brute force */
	uint64_t failing_ns;   /* failed admissions are told until then */
	char way[16];	       /* of the latest failure */
	uint8_t failed_as;     /* the latest cause that a certificate gave, and when */
	uint64_t failed_ns;
	uint8_t failed_mac[6], failed_port; /* of the latest one that is in failures */
	struct beacon beacons[BEACONS];
};

struct ost_detect {
	struct ost_detect_config config;
	struct watch *watches;
	uint32_t *buckets;
	uint32_t mask, newest, oldest, unused;
	struct ost_detect_counts counts;
};

static const struct ost_detect_limits defaults = {
	.scan = {20, 60}, .denied = {50, 600}, .internet = {10, 600}, .lateral = {3, 600}, .flood = {1000, 10}, .spoof = {3, 60},
	.source = {30, 300}, .failures = {3, 600}, .brute = {10, 60}, .unknown = {10, 60}, .beacon = {6, 10},
};

/* ---- watches ---- */

static struct ost_detect_limit limit_of(struct ost_detect_limit said, struct ost_detect_limit otherwise)
{
	return said.count != 0 && said.seconds != 0 ? said : otherwise;
}

static void limits_fill(struct ost_detect_limits *l)
{
	struct ost_detect_limit *at = (struct ost_detect_limit *)l;
	const struct ost_detect_limit *otherwise = (const struct ost_detect_limit *)&defaults;

	for (size_t i = 0; i < sizeof(*l) / sizeof(*at); i++)
		at[i] = limit_of(at[i], otherwise[i]);
}

int ost_detect_new(const struct ost_detect_config *config, struct ost_detect **ret_detect)
{
	struct ost_detect *d = calloc(1, sizeof(*d));
	uint32_t buckets = 16;

	if (d == NULL)
		return -ENOMEM;
	d->config = *config;
	limits_fill(&d->config.limits);
	d->counts.watches_max = config->watches != 0 ? config->watches : WATCHES_DEFAULT;
	while (buckets < d->counts.watches_max)
		buckets *= 2;
	d->mask = buckets - 1;
	d->newest = d->oldest = NONE;
	d->watches = calloc(d->counts.watches_max, sizeof(*d->watches));
	d->buckets = malloc(buckets * sizeof(*d->buckets));
	if (d->watches == NULL || d->buckets == NULL) {
		ost_detect_free(&d);
		return -ENOMEM;
	}
	memset(d->buckets, 0xff, buckets * sizeof(*d->buckets));
	for (uint32_t i = 0; i < d->counts.watches_max; i++)
		d->watches[i].next = i + 1 < d->counts.watches_max ? i + 1 : NONE;
	*ret_detect = d;
	return 0;
}

void ost_detect_free(struct ost_detect **detect)
{
	struct ost_detect *d = *detect;

	*detect = NULL;
	if (d == NULL)
		return;
	free(d->watches);
	free(d->buckets);
	free(d);
}

static void age_in(struct ost_detect *d, struct watch *w)
{
	uint32_t i = (uint32_t)(w - d->watches);

	w->newer = NONE;
	w->older = d->newest;
	if (d->newest != NONE)
		d->watches[d->newest].newer = i;
	else
		d->oldest = i;
	d->newest = i;
}

static void age_out(struct ost_detect *d, const struct watch *w)
{
	if (w->older != NONE)
		d->watches[w->older].newer = w->newer;
	else
		d->oldest = w->newer;
	if (w->newer != NONE)
		d->watches[w->newer].older = w->older;
	else
		d->newest = w->older;
}

static uint64_t spots_pending(const struct watch *w)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < w->spots_used; i++)
		n += w->spots[i].count;
	return n;
}

static uint64_t pending_of(const struct watch *w)
{
	uint64_t n = spots_pending(w) + w->failures.count;

	for (unsigned k = 0; k < TALLY_COUNT; k++)
		n += w->tallies[k].count;
	return n;
}

static void lapse(struct ost_detect *d, uint64_t packets)
{
	d->counts.pending -= packets;
	d->counts.lapsed += packets;
}

static void evict(struct ost_detect *d)
{
	struct watch *w = &d->watches[d->oldest];
	uint32_t i = d->oldest, *at = &d->buckets[w->hash & d->mask];

	lapse(d, pending_of(w));
	age_out(d, w);
	while (*at != i)
		at = &d->watches[*at].next;
	*at = w->next;
	*w = (struct watch){.next = d->unused};
	d->unused = i;
	d->counts.evicted++;
	d->counts.watches--;
}

static struct watch *watch_of(struct ost_detect *d, const char *who, const char *place, uint64_t now_ns)
{
	const char *key = who[0] != '\0' ? who : place;
	uint64_t hash = ost_hash_2(&d->config.key, ost_hash_bytes(&d->config.key, key, strnlen(key, OST_INCIDENT_WHO - 1)), who[0] != '\0');
	struct watch *w;

	for (uint32_t i = d->buckets[hash & d->mask]; i != NONE; i = w->next) {
		w = &d->watches[i];
		if (w->hash == hash && strncmp(who[0] != '\0' ? w->who : w->place, key, OST_INCIDENT_WHO - 1) == 0) {
			age_out(d, w);
			age_in(d, w);
			w->touched_ns = now_ns;
			return w;
		}
	}
	if (d->counts.watches == d->counts.watches_max)
		evict(d);
	w = &d->watches[d->unused];
	d->unused = w->next;
	*w = (struct watch){.hash = hash, .used = true, .touched_ns = now_ns, .next = d->buckets[hash & d->mask]};
	(void)snprintf(w->who, sizeof(w->who), "%s", who);
	(void)snprintf(w->place, sizeof(w->place), "%s", place);
	d->buckets[hash & d->mask] = (uint32_t)(w - d->watches);
	age_in(d, w);
	d->counts.watches++;
	return w;
}

/* ---- events ---- */

static void wire_of(const struct ost_refusal *r, struct ost_incident_wire *wire)
{
	*wire = (struct ost_incident_wire){.port_l4 = r->src_port, .peer_port_l4 = r->dst_port, .ethertype = r->ethertype, .family = r->family,
		.protocol = r->protocol, .ingress = r->port, .reason = r->reason, .vlan = r->vlan};
	memcpy(wire->mac, r->src_mac, sizeof(wire->mac));
	memcpy(wire->peer_mac, r->dst_mac, sizeof(wire->peer_mac));
	memcpy(wire->ip, r->src_ip, sizeof(wire->ip));
	memcpy(wire->peer_ip, r->dst_ip, sizeof(wire->peer_ip));
}

/* What a watch has to tell; scope and rule are borrowed. */
static struct ost_incident_event event_of(const struct watch *w, enum ost_cause cause, const char *scope, const char *rule, uint64_t count)
{
	return (struct ost_incident_event){.cause = cause, .who = w->who, .place = w->place, .scope = scope, .rule = rule, .count = count,
		.succeeded = OST_ANSWER_NO, .malicious = OST_ANSWER_UNKNOWN, .disposition = OST_DISPOSITION_REFUSED, .essential = w->essential};
}

static void tell(struct ost_detect *d, const struct ost_incident_event *e, struct ost_moment now)
{
	d->counts.pending -= e->count;
	d->config.event(d->config.user, e, now);
}

struct tally_rule {
	enum ost_cause cause;
	struct ost_detect_limit limit;
	const char *rule; /* for people, with the limit's count and seconds */
};

static struct tally_rule rule_of(const struct ost_detect *d, enum tally_kind kind)
{
	const struct ost_detect_limits *l = &d->config.limits;
	const struct ost_detect_limit once = {1, 60};

	switch (kind) {
	case TALLY_UNKNOWN: return (struct tally_rule){OST_CAUSE_UNKNOWN_DEVICE, l->unknown, "%u frames of unknown MACs in %u s"};
	case TALLY_SPOOF: return (struct tally_rule){OST_CAUSE_MAC_IP_SPOOF, l->spoof, "%u frames with an address of somebody else in %u s"};
	case TALLY_SOURCE: return (struct tally_rule){OST_CAUSE_MAC_IP_SPOOF, l->source, "%u packets of an address that is not bound in %u s"};
	case TALLY_ARP: return (struct tally_rule){OST_CAUSE_ARP_SPOOF, l->spoof, "%u false claims of an address in %u s"};
	case TALLY_DHCP: return (struct tally_rule){OST_CAUSE_ROGUE_DHCP, once, "%u DHCP server message in %u s"};
	case TALLY_ROUTER: return (struct tally_rule){OST_CAUSE_ROGUE_ROUTER, once, "%u router advertisement or redirect in %u s"};
	case TALLY_FLOOD: return (struct tally_rule){OST_CAUSE_FLOOD_OUT, l->flood, "%u packets refused in %u s"};
	case TALLY_ANSWER: return (struct tally_rule){OST_CAUSE_ORIGIN_UNPROVEN, l->spoof, "%u DNS answers that nobody asked for in %u s"};
	case TALLY_COUNT: break;
	}
	return (struct tally_rule){OST_CAUSE_DENIED_FLOW, l->denied, "%u in %u s"};
}

static void tally_add(struct ost_detect *d, struct tally *t, uint32_t seconds, uint64_t count, uint64_t first_wall_ns, uint64_t last_wall_ns,
	struct ost_moment now)
{
	if (t->count != 0 && now.mono_ns - t->start_ns >= seconds * OST_NS_PER_S) {
		lapse(d, t->count);
		t->count = 0;
	}
	if (t->count == 0) {
		t->start_ns = now.mono_ns;
		t->first_wall_ns = first_wall_ns;
		t->last_wall_ns = last_wall_ns;
	}
	t->count += count;
	t->last_wall_ns = OST_MAX(t->last_wall_ns, last_wall_ns);
}

/* What was counted goes out. e has all but this. */
static void tally_tell(struct ost_detect *d, struct tally *t, enum ost_cause cause, const char *format, const struct ost_detect_limit *limit,
	struct ost_incident_event *e, struct ost_moment now)
{
	char rule[OST_INCIDENT_SCOPE];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(rule, sizeof(rule), format, limit->count, limit->seconds);
#pragma GCC diagnostic pop
	e->cause = cause;
	e->rule = rule;
	e->count = t->count;
	e->first_wall_ns = t->first_wall_ns;
	e->last_wall_ns = t->last_wall_ns;
	t->count = 0;
	tell(d, e, now);
}

/* Counts in; tells when the threshold is reached, and from then on each. */
static void tally_in(struct ost_detect *d, struct watch *w, enum tally_kind kind, enum ost_cause cause, struct ost_incident_event *e,
	const struct ost_refusal *r, struct ost_moment now)
{
	struct tally *t = &w->tallies[kind];
	struct tally_rule rule = rule_of(d, kind);

	tally_add(d, t, rule.limit.seconds, r->count_pkts, r->first_wall_ns, r->last_wall_ns, now);
	if (t->count < rule.limit.count && now.mono_ns >= t->active_ns)
		return;
	t->active_ns = now.mono_ns + ost_cause_info(cause)->quiet_s * OST_NS_PER_S;
	tally_tell(d, t, cause, rule.rule, &rule.limit, e, now);
}

/* ---- denied flows: scan, lateral movement, the Internet, or merely denied ---- */

static void net_of(const uint8_t ip[static 16], uint8_t family, struct ost_prefix *net)
{
	unsigned bytes = family == OST_IPV4 ? 3 : 8;

	*net = (struct ost_prefix){.ip.family = family, .length = (uint8_t)(bytes * 8)};
	memcpy(net->ip.b, ip, bytes);
}

static const char *protocol_name(uint8_t protocol)
{
	return protocol == 6 ? "tcp" : protocol == 17 ? "udp" : protocol == 1 ? "icmp" : protocol == 58 ? "icmpv6" : NULL;
}

static const char *spot_scope(const struct spot *s, char buf[static OST_INCIDENT_SCOPE])
{
	char net[OST_PREFIX_TEXT] = "other";
	const char *protocol = protocol_name(s->protocol);

	if (s->net.ip.family != 0)
		(void)ost_prefix_format(&s->net, net);
	if (protocol != NULL)
		(void)snprintf(buf, OST_INCIDENT_SCOPE, "%s %s/%u", net, protocol, s->port);
	else
		(void)snprintf(buf, OST_INCIDENT_SCOPE, "%s protocol %u", net, s->protocol);
	return buf;
}

static struct spot *spot_of(struct ost_detect *d, struct watch *w, const struct ost_detect_refusal *f)
{
	const struct ost_refusal *r = f->record;
	const uint8_t *peer = f->network ? r->src_ip : r->dst_ip;
	struct ost_prefix net;
	struct spot *s;
	uint64_t hash;

	net_of(peer, r->family, &net);
	hash = ost_hash_3(&d->config.key, ost_hash_bytes(&d->config.key, net.ip.b, sizeof(net.ip.b)), r->dst_port,
		(uint64_t)r->protocol << 8 | r->family);
	for (uint32_t i = 0; i < w->spots_used; i++) {
		if (w->spots[i].hash == hash)
			return &w->spots[i];
	}
	if (w->spots_used == SPOTS) { /* the last is everybody's */
		s = &w->spots[SPOTS - 1];
		s->net = (struct ost_prefix){0};
		s->hash = 0;
		return s;
	}
	s = &w->spots[w->spots_used++];
	*s = (struct spot){.net = net, .hash = hash, .port = r->dst_port, .protocol = r->protocol};
	return s;
}

static uint32_t bits_set(const uint64_t *words, unsigned count)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < count; i++)
		n += (uint32_t)__builtin_popcountll(words[i]);
	return n;
}

static void window_clear(struct watch *w)
{
	w->window_ns = 0;
	w->spots_used = 0;
	memset(w->targets, 0, sizeof(w->targets));
	memset(w->devices, 0, sizeof(w->devices));
}

/* All that the window holds, as one cause. */
static void window_tell(struct ost_detect *d, struct watch *w, enum ost_cause cause, const char *rule, struct ost_moment now)
{
	struct ost_incident_event e = event_of(w, cause, w->who[0] != '\0' ? "from the device" : "from the network", rule, 0);

	e.malicious = OST_ANSWER_UNKNOWN;
	for (uint32_t i = 0; i < w->spots_used; i++) {
		const struct spot *s = &w->spots[i];

		e.count = s->count;
		e.first_wall_ns = s->first_wall_ns;
		e.last_wall_ns = s->last_wall_ns;
		e.wire = s->wire;
		e.peer = ost_incident_peer(s->hash);
		tell(d, &e, now);
	}
	window_clear(w);
}

static bool scan_tell(struct ost_detect *d, struct watch *w, struct ost_moment now)
{
	const struct ost_detect_limit *l = &d->config.limits.scan;
	char rule[OST_INCIDENT_SCOPE];

	if (now.mono_ns >= w->scan_active_ns && bits_set(w->targets, TARGET_BITS / 64) < l->count)
		return false;
	w->scan_active_ns = now.mono_ns + ost_cause_info(OST_CAUSE_SCAN)->quiet_s * OST_NS_PER_S;
	(void)snprintf(rule, sizeof(rule), "%u distinct targets in %u s", l->count, l->seconds);
	window_tell(d, w, OST_CAUSE_SCAN, rule, now);
	return true;
}

/* The window is over, or what is in it is enough for one of the slower causes. */
static void window_look(struct ost_detect *d, struct watch *w, struct ost_moment now)
{
	const struct ost_detect_limits *l = &d->config.limits;
	char rule[OST_INCIDENT_SCOPE], scope[OST_INCIDENT_SCOPE];
	uint32_t kept = 0;

	w->looked_ns = now.mono_ns;
	if (now.mono_ns < w->lateral_active_ns || bits_set(w->devices, DEVICE_BITS / 64) >= l->lateral.count) {
		w->lateral_active_ns = now.mono_ns + ost_cause_info(OST_CAUSE_LATERAL_MOVEMENT)->quiet_s * OST_NS_PER_S;
		(void)snprintf(rule, sizeof(rule), "%u other devices in %u s", l->lateral.count, l->lateral.seconds);
		window_tell(d, w, OST_CAUSE_LATERAL_MOVEMENT, rule, now);
		return;
	}
	for (uint32_t i = 0; i < w->spots_used; i++) {
		struct spot *s = &w->spots[i];
		const struct ost_detect_limit *limit = s->foreign ? &l->internet : &l->denied;
		enum ost_cause cause = s->foreign ? OST_CAUSE_POLICY_VIOLATION_INTERNET : OST_CAUSE_DENIED_FLOW;
		struct ost_incident_event e;

		if (s->count < limit->count) {
			w->spots[kept++] = *s;
			continue;
		}
		(void)snprintf(rule, sizeof(rule), "%u refused packets in %u s", limit->count, limit->seconds);
		e = event_of(w, cause, spot_scope(s, scope), rule, s->count);
		e.first_wall_ns = s->first_wall_ns;
		e.last_wall_ns = s->last_wall_ns;
		e.wire = s->wire;
		e.peer = ost_incident_peer(s->hash);
		tell(d, &e, now);
	}
	w->spots_used = kept;
	if (now.mono_ns - w->window_ns >= l->denied.seconds * OST_NS_PER_S) {
		lapse(d, spots_pending(w));
		window_clear(w);
	}
}

static void beacon_in(struct ost_detect *d, struct watch *w, const struct ost_detect_refusal *f, const struct spot *s, struct ost_moment now)
{
	const struct ost_detect_limit *l = &d->config.limits.beacon;
	const struct ost_refusal *r = f->record;
	struct beacon *b = NULL, *oldest = &w->beacons[0];
	struct ost_ip peer = {.family = r->family};
	double interval, delta;

	memcpy(peer.b, r->dst_ip, sizeof(peer.b));
	for (unsigned i = 0; i < BEACONS; i++) {
		struct beacon *at = &w->beacons[i];

		if (at->begun_ns != 0 && ost_ip_equal(&at->peer, &peer) && at->port == r->dst_port && at->protocol == r->protocol)
			b = at;
		if (at->last_ns < oldest->last_ns)
			oldest = at;
	}
	if (b == NULL) {
		*oldest = (struct beacon){.peer = peer, .port = r->dst_port, .protocol = r->protocol, .last_ns = now.mono_ns, .begun_ns = now.mono_ns};
		return;
	}
	if (now.mono_ns - b->last_ns < BURST_NS) { /* the same attempt, repeated */
		b->last_ns = now.mono_ns;
		return;
	}
	interval = (double)(now.mono_ns - b->begun_ns) / (double)OST_NS_PER_S;
	b->last_ns = b->begun_ns = now.mono_ns;
	if (interval < l->seconds)
		return;
	b->intervals++;
	delta = interval - b->mean_s;
	b->mean_s += delta / b->intervals;
	b->square += delta * (interval - b->mean_s);
	if (b->intervals >= 2 && sqrt(b->square / (b->intervals - 1)) > b->mean_s / 10) {
		b->intervals = 0;
		b->mean_s = b->square = 0;
	} else if (b->intervals >= l->count) {
		char rule[OST_INCIDENT_SCOPE], scope[OST_INCIDENT_SCOPE];
		struct ost_incident_event e = event_of(w, OST_CAUSE_BEACONING, spot_scope(s, scope), rule, 1);

		(void)snprintf(rule, sizeof(rule), "%u even intervals, of %.0f s", l->count, b->mean_s);
		e.first_wall_ns = e.last_wall_ns = r->last_wall_ns;
		e.wire = s->wire;
		d->config.event(d->config.user, &e, now);
	}
}

static void denied(struct ost_detect *d, struct watch *w, const struct ost_detect_refusal *f, struct ost_moment now)
{
	const struct ost_refusal *r = f->record;
	uint64_t target = ost_hash_3(&d->config.key, ost_hash_bytes(&d->config.key, f->network ? r->src_ip : r->dst_ip, sizeof(r->dst_ip)),
		ost_hash_bytes(&d->config.key, r->dst_ip, sizeof(r->dst_ip)), (uint64_t)r->dst_port << 8 | r->protocol);
	struct spot *s;

	if (w->window_ns == 0)
		w->window_ns = w->looked_ns = now.mono_ns;
	if (now.mono_ns - w->targets_ns >= d->config.limits.scan.seconds * OST_NS_PER_S && now.mono_ns >= w->scan_active_ns) {
		memset(w->targets, 0, sizeof(w->targets));
		w->targets_ns = now.mono_ns;
	}
	s = spot_of(d, w, f);
	if (s->count == 0) {
		s->first_wall_ns = r->first_wall_ns;
		s->last_wall_ns = r->last_wall_ns;
	}
	s->count += r->count_pkts;
	s->first_wall_ns = OST_MIN(s->first_wall_ns, r->first_wall_ns);
	s->last_wall_ns = OST_MAX(s->last_wall_ns, r->last_wall_ns);
	s->foreign = f->foreign;
	wire_of(r, &s->wire);
	w->targets[target % TARGET_BITS / 64] |= 1ull << (target % 64);
	if (f->peer[0] != '\0' && !f->network) {
		uint64_t peer = ost_hash_bytes(&d->config.key, f->peer, strlen(f->peer));

		w->devices[peer % DEVICE_BITS / 64] |= 1ull << (peer % 64);
	}
	if (f->foreign && !f->network)
		beacon_in(d, w, f, s, now);
	if (!scan_tell(d, w, now) && now.mono_ns - w->looked_ns >= OST_DETECT_LOOK_NS)
		window_look(d, w, now);
}

/* ---- in ---- */

/* A device that asks with an address of its factory settings deceives nobody yet, as answers and announcements would. */
static bool asks_only(const struct ost_refusal *r)
{
	return r->reason == OST_REASON_ARP_SPOOF && r->ethertype == 0x0806 && r->src_port == 1 && memcmp(r->src_ip, r->dst_ip, 4) != 0;
}

static enum tally_kind tally_of(unsigned reason, enum ost_cause cause)
{
	switch (cause) {
	case OST_CAUSE_UNKNOWN_DEVICE: return TALLY_UNKNOWN;
	case OST_CAUSE_ARP_SPOOF: return TALLY_ARP;
	case OST_CAUSE_ROGUE_DHCP: return TALLY_DHCP;
	case OST_CAUSE_ROGUE_ROUTER: return TALLY_ROUTER;
	case OST_CAUSE_FLOOD_IN:
	case OST_CAUSE_FLOOD_OUT: return TALLY_FLOOD;
	case OST_CAUSE_ORIGIN_UNPROVEN: return TALLY_ANSWER;
	default: return reason == OST_REASON_SOURCE_ADDRESS || reason == OST_REASON_BINDING_LIMIT ? TALLY_SOURCE : TALLY_SPOOF;
	}
}

static bool is_rate(unsigned reason)
{
	return reason == OST_REASON_FLOW_LIMIT || reason == OST_REASON_NEW_FLOW_RATE || reason == OST_REASON_PACKET_RATE || reason == OST_REASON_BYTE_RATE || reason == OST_REASON_EAPOL;
}

void ost_detect_refused(struct ost_detect *d, const struct ost_detect_refusal *f, struct ost_moment now)
{
	const struct ost_refusal *r = f->record;
	enum ost_cause cause = ost_detect_cause_of(r->reason);
	const char *who = f->network ? "" : f->device;
	struct ost_incident_event e;
	char scope[OST_INCIDENT_SCOPE];
	struct watch *w;

	d->counts.packets += r->count_pkts;
	if (cause == OST_CAUSE_COUNT || r->audit != 0) {
		d->counts.causeless += r->count_pkts;
		return;
	}
	if (cause == OST_CAUSE_DENIED_FLOW && (r->dst_mac[0] & 1) != 0)
		cause = OST_CAUSE_FLOOD_OUT; /* announcing itself to everybody (mDNS, SSDP) is nobody's door: only much of it matters */
	w = watch_of(d, who, f->port, now.mono_ns);
	w->essential = f->essential;
	d->counts.pending += r->count_pkts;
	if (cause == OST_CAUSE_DENIED_FLOW) {
		denied(d, w, f, now);
		return;
	}
	if (cause == OST_CAUSE_FLOOD_OUT && f->network)
		cause = OST_CAUSE_FLOOD_IN;
	if (asks_only(r))
		cause = OST_CAUSE_MAC_IP_SPOOF;
	e = event_of(w, cause, scope, NULL, 0);
	if (is_rate(r->reason))
		e.disposition = OST_DISPOSITION_LIMITED;
	if (cause == OST_CAUSE_MAC_IP_SPOOF || cause == OST_CAUSE_ARP_SPOOF || cause == OST_CAUSE_ROGUE_DHCP)
		e.malicious = OST_ANSWER_UNKNOWN;
	(void)snprintf(scope, sizeof(scope), "%s%sVLAN %u", f->port, f->port[0] != '\0' ? " " : "", r->vlan & 0xfff);
	e.peer = ost_incident_peer(ost_hash_bytes(&d->config.key, cause == OST_CAUSE_UNKNOWN_DEVICE ? r->src_mac : r->dst_mac, sizeof(r->src_mac)));
	wire_of(r, &e.wire);
	tally_in(d, w, asks_only(r) ? TALLY_SOURCE : tally_of(r->reason, cause), cause, &e, r, now);
}

static enum ost_cause cause_of_failure(const struct ost_detect_failure *f)
{
	switch ((enum ost_auth_reason)f->reason) {
	case OST_AUTH_REASON_EXPIRED: return OST_CAUSE_CERT_EXPIRED;
	case OST_AUTH_REASON_REVOKED: return f->retired ? OST_CAUSE_KEY_RETIRED_USED : OST_CAUSE_CERT_REVOKED_USED;
	case OST_AUTH_REASON_STATE: return f->retired ? OST_CAUSE_KEY_RETIRED_USED : OST_CAUSE_COUNT;
	case OST_AUTH_REASON_UNKNOWN_CA:
	case OST_AUTH_REASON_WRONG_NAME:
	case OST_AUTH_REASON_WEAK_KEY:
	case OST_AUTH_REASON_BAD_CERTIFICATE: return OST_CAUSE_BAD_CHAIN;
	case OST_AUTH_REASON_WRONG_PLACE: return OST_CAUSE_MAC_IP_SPOOF;
	case OST_AUTH_REASON_PEER_REFUSED: return OST_CAUSE_NETWORK_AUTH_FAILED;
	case OST_AUTH_REASON_LOCKED_OUT: return OST_CAUSE_LOCKOUT;
	case OST_AUTH_REASON_FLOOD: return OST_CAUSE_FLOOD_OUT;
	case OST_AUTH_REASON_LOGOFF:
	case OST_AUTH_REASON_CRL:
	case OST_AUTH_REASON_UNAVAILABLE: return OST_CAUSE_COUNT; /* not the device's doing */
	default: return OST_CAUSE_AUTH_FAILURE;
	}
}

/* Failures of one place: many in a short time are brute force; when that time is over, a few are told as what they are. */
static void failures_look(struct ost_detect *d, struct watch *w, struct ost_moment now)
{
	const struct ost_detect_limits *l = &d->config.limits;
	struct tally *t = &w->failures;
	struct ost_incident_event e = event_of(w, OST_CAUSE_AUTH_FAILURE, w->way, NULL, 0);

	if (t->count == 0)
		return;
	memcpy(e.wire.mac, w->failed_mac, sizeof(e.wire.mac));
	e.wire.ingress = w->failed_port;
	if (t->count >= l->brute.count || now.mono_ns < t->active_ns) {
		t->active_ns = now.mono_ns + ost_cause_info(OST_CAUSE_BRUTE_FORCE)->quiet_s * OST_NS_PER_S;
		tally_tell(d, t, OST_CAUSE_BRUTE_FORCE, "%u failed admissions in %u s", &l->brute, &e, now);
	} else if (now.mono_ns - t->start_ns < l->brute.seconds * OST_NS_PER_S) {
		return;
	} else if (t->count >= l->failures.count || now.mono_ns < w->failing_ns) {
		w->failing_ns = now.mono_ns + ost_cause_info(OST_CAUSE_AUTH_FAILURE)->quiet_s * OST_NS_PER_S;
		tally_tell(d, t, OST_CAUSE_AUTH_FAILURE, "%u failed admissions in %u s", &l->failures, &e, now);
	}
}

static void failure_wire(const struct ost_detect *d, const struct ost_detect_failure *f, struct ost_incident_event *e)
{
	memcpy(e->wire.mac, f->mac, sizeof(e->wire.mac));
	e->wire.ingress = f->port;
	e->peer = ost_incident_peer(ost_hash_bytes(&d->config.key, f->mac, sizeof(f->mac)));
}

/* A stranger that is locked out is no new matter, but more of what locked it out; a device that is locked out cannot do its work. */
static enum ost_cause lockout_cause(const struct watch *w, const struct ost_detect_failure *f, struct ost_moment now)
{
	if (f->device[0] != '\0')
		return OST_CAUSE_LOCKOUT;
	if (w->failed_ns != 0 && now.mono_ns - w->failed_ns < ost_cause_info((enum ost_cause)w->failed_as)->quiet_s * OST_NS_PER_S)
		return (enum ost_cause)w->failed_as;
	return OST_CAUSE_AUTH_FAILURE;
}

void ost_detect_failed(struct ost_detect *d, const struct ost_detect_failure *f, struct ost_moment now)
{
	enum ost_cause cause = cause_of_failure(f);
	struct ost_incident_event e;
	struct watch *w;

	d->counts.packets++;
	if (cause == OST_CAUSE_COUNT) {
		d->counts.causeless++;
		return;
	}
	w = watch_of(d, f->device, f->place, now.mono_ns);
	w->essential = f->essential;
	(void)snprintf(w->way, sizeof(w->way), "%s", f->way);
	d->counts.pending++;
	if (cause == OST_CAUSE_LOCKOUT)
		cause = lockout_cause(w, f, now);
	if (cause != OST_CAUSE_AUTH_FAILURE && cause != OST_CAUSE_LOCKOUT) {
		w->failed_as = (uint8_t)cause;
		w->failed_ns = now.mono_ns;
	}
	if (cause == OST_CAUSE_AUTH_FAILURE) {
		memcpy(w->failed_mac, f->mac, sizeof(w->failed_mac));
		w->failed_port = f->port;
		tally_add(d, &w->failures, d->config.limits.failures.seconds, 1, now.wall_ns, now.wall_ns, now);
		failures_look(d, w, now);
		return;
	}
	e = event_of(w, cause, w->way, NULL, 1);
	failure_wire(d, f, &e);
	e.first_wall_ns = e.last_wall_ns = now.wall_ns;
	tell(d, &e, now);
}

static void tallies_lapse(struct ost_detect *d, struct watch *w, struct ost_moment now)
{
	for (unsigned k = 0; k < TALLY_COUNT; k++) {
		struct tally *t = &w->tallies[k];

		if (t->count != 0 && now.mono_ns - t->start_ns >= rule_of(d, (enum tally_kind)k).limit.seconds * OST_NS_PER_S) {
			lapse(d, t->count);
			t->count = 0;
		}
	}
	if (w->failures.count != 0 && now.mono_ns - w->failures.start_ns >= d->config.limits.failures.seconds * OST_NS_PER_S) {
		lapse(d, w->failures.count);
		w->failures.count = 0;
	}
}

void ost_detect_tick(struct ost_detect *d, struct ost_moment now)
{
	for (uint32_t i = d->newest; i != NONE; i = d->watches[i].older) {
		struct watch *w = &d->watches[i];

		if (now.mono_ns - w->touched_ns > 3600 * OST_NS_PER_S)
			break; /* and all that are older: nothing is left in their windows */
		if (w->window_ns != 0 && now.mono_ns - w->looked_ns >= OST_DETECT_LOOK_NS)
			window_look(d, w, now);
		failures_look(d, w, now);
		tallies_lapse(d, w, now);
	}
}

const struct ost_detect_counts *ost_detect_counts(const struct ost_detect *d)
{
	return &d->counts;
}

const struct ost_detect_limits *ost_detect_limits(const struct ost_detect *d)
{
	return &d->config.limits;
}
