/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket to ostiaryd. One connection at a time; what it says is as hostile as the network.
 *
 * Back-pressure: nothing is queued without a bound. A reply that the other end does not take waits alone,
 * and nothing further is read until it is gone. Statistics are made message by message as they
 * are taken. Refusals stay in the classifiers' tables, where equal ones join, until the records drained
 * before them are sent; what finds no room there is counted by the classifier. Workers never wait.
 */
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>

#include "clock.h"
#include "dataplane.h"
#include "log.h"
#include "msg.h"

#define HELLO_WAIT_NS (2 * OST_NS_PER_S)
#define REPLY_MAX     256u
#define PLACE_TRIES   3u
#define COPIES_AT_ONCE 8u /* messages in a tick */

enum { STATS_NONE, STATS_TOTALS, STATS_PORTS, STATS_DEVICES, STATS_RULES, STATS_END };

struct port_link {
	uint64_t down_ns;
	bool up, due; /* due: to be told */
};

struct ost_link {
	struct ost_dataplane *dp;
	int listen_fd;
	int fd; /* -1: nobody is connected */
	bool greeted;
	uint64_t since_ns;

	bool reply_waits;
	uint16_t reply_type;
	uint32_t reply_sequence;
	uint32_t reply_length;
	_Alignas(8) uint8_t reply[REPLY_MAX];

	bool rehearsing;	    /* asked for, and not answered */
	bool rehearsed_waits;	    /* the answer is there, and not sent */
	uint32_t rehearsed_sequence;
	struct ost_msg_rehearsed rehearsed;

	int stats; /* what comes next */
	uint32_t stats_next, stats_sequence;
	uint64_t *stats_sent; /* per slot: sum over what was sent last, to send only what changed */
	uint32_t stats_slots;
	struct ost_rules_told rules_told;

	struct port_link links[OST_PORTS_MAX];
	uint32_t links_due;

	struct ost_refusal *refusals;
	uint32_t refusal_count, refusal_next, refusal_capacity;
	struct ost_opened_queue opened;
	struct ost_msg_binding *bindings;
	uint32_t binding_count, binding_next, binding_capacity;
	uint64_t events_lost;
	uint64_t bindings_left_out; /* remembered ones that could not be bound any more */
	struct ost_given *given;
	uint32_t copies_left; /* messages that may be sent until the next tick */
	int64_t wall_offset_ns;
};

static void drop(struct ost_link *l, const char *why)
{
	if (l->fd < 0)
		return;
	if (why != NULL)
		ost_log_warning("connection to ostiaryd closed: %s", why);
	(void)close(l->fd);
	l->fd = -1;
	l->greeted = l->reply_waits = false;
	l->stats = STATS_NONE;
	l->rehearsing = l->rehearsed_waits = false;
	ost_rehearse_drop(l->dp);
	if (l->dp->evidence != NULL)
		ost_evidence_drop(l->dp->evidence);
}

/* ---- replies ---- */

static void reply_send(struct ost_link *l)
{
	int r = ost_msg_send(l->fd, l->reply_type, l->reply_sequence, l->reply, l->reply_length, -1);

	l->reply_waits = r == -EAGAIN;
	if (r < 0 && r != -EAGAIN)
		drop(l, "it went away");
}

static void reply(struct ost_link *l, uint16_t type, uint32_t sequence, const void *payload, uint32_t length)
{
	l->reply_type = type;
	l->reply_sequence = sequence;
	l->reply_length = length;
	memcpy(l->reply, payload, length);
	reply_send(l);
}

static void hello_send(struct ost_link *l)
{
	struct ost_msg_hello m = {
		.program = OST_PROGRAM_DATAPLANE,
		.pid = (uint32_t)getpid(),
		.generation = l->dp->policy != NULL ? l->dp->policy->image.generation : 0,
		.version = OSTIARY_VERSION,
	};

	reply(l, OST_MSG_HELLO, 0, &m, sizeof(m));
}

/* ---- ports ---- */

static void port_due(struct ost_link *l, uint32_t port)
{
	l->links_due += !l->links[port].due;
	l->links[port].due = true;
}

/* No session rests on a port of the network side. */
void ost_link_port_link(struct ost_link *l, uint32_t port, bool up)
{
	if (l->dp->file->ports[port].side != OST_SIDE_DEVICE)
		return;
	l->links[port].up = up;
	if (!up)
		l->links[port].down_ns = ost_clock_mono_ns();
	port_due(l, port);
}

/* Sessions rest on links: whoever connects learns of each one what became of it, too. */
static void ports_due(struct ost_link *l)
{
	for (uint32_t port = 0; port < l->dp->ports.count; port++) {
		if (l->dp->file->ports[port].side == OST_SIDE_DEVICE)
			port_due(l, port);
	}
}

/* ---- rehearsals ---- */

static void rehearsal_fail(struct ost_link *l, uint64_t generation, int result, const char *why)
{
	l->rehearsed = (struct ost_msg_rehearsed){.generation = generation, .result = result};
	(void)snprintf(l->rehearsed.text, sizeof(l->rehearsed.text), "%s", why);
	l->rehearsing = false;
	l->rehearsed_waits = true;
}

static void on_rehearse(struct ost_link *l, const struct ost_msg_header *h, const void *payload, int fd)
{
	struct ost_msg_rehearse m;
	char why[OST_MSG_TEXT] = "";
	int r;

	memcpy(&m, payload, sizeof(m));
	if (l->rehearsing || l->rehearsed_waits) {
		drop(l, "it asks for a rehearsal before the one before is answered");
		return;
	}
	l->rehearsed_sequence = h->sequence;
	if (fd < 0) {
		rehearsal_fail(l, m.generation, -EBADF, "no memfd came with the message");
		return;
	}
	r = ost_rehearse_begin(l->dp, fd, &m, why);
	if (r < 0)
		rehearsal_fail(l, m.generation, r, why);
	else
		l->rehearsing = true;
}

/* Another policy is in force: what was found out is about none of them. */
static void rehearsal_stale(struct ost_link *l)
{
	if (!l->rehearsing)
		return;
	ost_rehearse_drop(l->dp);
	rehearsal_fail(l, l->dp->policy->image.generation, -ESTALE, "another policy came in force meanwhile; try again");
}

/* ---- what ostiaryd asks ---- */

static void on_image(struct ost_link *l, const struct ost_msg_header *h, const void *payload, int fd)
{
	struct ost_msg_image_result result = {0};
	struct ost_msg_image m;

	memcpy(&m, payload, sizeof(m));
	result.generation = m.generation;
	if (fd < 0) {
		result.result = -EBADF;
		(void)snprintf(result.text, sizeof(result.text), "no memfd came with the image message");
	} else {
		result.result = ost_swap_image(l->dp, fd, m.generation, m.length_bytes, result.text);
	}
	if (result.result == 0) {
		rehearsal_stale(l);
		result.devices = l->dp->policy->devices_reachable;
		ost_given_again(l->given); /* it may ask for other names */
		ost_log_info("generation %" PRIu64 " is in force: %u devices, %u of them reachable", m.generation,
			l->dp->policy->image.device_count, result.devices);
	} else {
		ost_log_error("generation %" PRIu64 " was refused: %s; %s", m.generation, result.text,
			l->dp->policy != NULL ? "the one before stays in force" : "everything stays refused");
	}
	reply(l, OST_MSG_IMAGE_RESULT, h->sequence, &result, sizeof(result));
}

static void places_seen(struct ost_dataplane *dp)
{
	ost_crew_quiesce(dp);
	ost_site_places_seen(dp->site);
}

/* Where a device has proved to be, and what it may from now on. Every worker knows the place before the state gives rights. */
static int admit(struct ost_link *l, const struct ost_msg_admit *m)
{
	struct ost_site_place place = {.vlan = m->place.vlan, .port = (uint8_t)m->place.port};
	int r = 0;

	if (l->dp->policy == NULL || m->generation != l->dp->policy->image.generation)
		return -ESTALE;
	if (m->placed) {
		memcpy(place.mac.b, m->place.mac, sizeof(place.mac.b));
		r = ost_site_place_set(l->dp->site, m->device, &place);
		for (unsigned i = 0; i < PLACE_TRIES && r == -ENOSPC; i++) {
			places_seen(l->dp);
			r = ost_site_place_set(l->dp->site, m->device, &place);
		}
		if (r == 0)
			places_seen(l->dp);
	}
	if (r == 0)
		r = ost_site_device_state_set(l->dp->site, m->device, (enum ost_state)m->state, (enum ost_assurance)m->assurance);
	return r;
}

static void on_admit(struct ost_link *l, const struct ost_msg_header *h, const void *payload)
{
	struct ost_msg_admit m;
	struct ost_msg_ack ack = {0};

	memcpy(&m, payload, sizeof(m));
	ack.result = admit(l, &m);
	reply(l, OST_MSG_ACK, h->sequence, &ack, sizeof(ack));
}

/* An address that a device held before this data plane started. What cannot be bound any more is left out: the device
 * will ask for an address again. */
static void on_remembered(struct ost_link *l, const void *payload)
{
	const struct ost_policy_in_force *policy = l->dp->policy;
	uint64_t now = ost_clock_wall_ns(), expires_ns = 0;
	struct ost_msg_binding m;
	struct ost_ip ip = {0};

	memcpy(&m, payload, sizeof(m));
	if (!m.bound || m.source == OST_BINDING_STATIC || policy == NULL || m.generation != policy->image.generation ||
		m.device >= policy->image.device_count || (m.expires_wall_ns != 0 && m.expires_wall_ns <= now)) {
		l->bindings_left_out++;
		return;
	}
	if (m.expires_wall_ns != 0)
		expires_ns = ost_tsc_now_ns(&l->dp->clock) + (m.expires_wall_ns - now);
	ip.family = m.family;
	memcpy(ip.b, m.ip, m.family == OST_IPV4 ? 4 : 16);
	if (ost_site_bind_later(l->dp->site, m.device, &ip, (enum ost_binding_source)m.source, expires_ns) < 0)
		l->bindings_left_out++;
}

/* What is ordered comes by and by; only that it cannot be had is answered at once. */
static void on_evidence(struct ost_link *l, const struct ost_msg_header *h, const void *payload)
{
	struct ost_msg_evidence m;
	struct ost_msg_copies none;
	int r;

	memcpy(&m, payload, sizeof(m));
	r = ost_evidence_order(l->dp->evidence, &m);
	if (r == 0)
		return;
	memset(&none, 0, offsetof(struct ost_msg_copies, copies));
	none.token = m.token;
	none.result = r;
	none.last = 1;
	reply(l, OST_MSG_COPIES, h->sequence, &none, offsetof(struct ost_msg_copies, copies));
}

static void dispatch(struct ost_link *l, const struct ost_msg_header *h, const void *payload, int fd)
{
	struct ost_msg_hello hello;

	if (!l->greeted) {
		memcpy(&hello, payload, OST_MIN(sizeof(hello), (size_t)h->length));
		if (h->type != OST_MSG_HELLO || hello.program != OST_PROGRAM_OSTIARYD) {
			drop(l, "it did not say hello as ostiaryd");
			return;
		}
		l->greeted = true;
		ports_due(l);
		ost_given_again(l->given);
		ost_log_info("ostiaryd is connected (pid %u)", hello.pid);
	} else if (h->type == OST_MSG_IMAGE) {
		on_image(l, h, payload, fd);
	} else if (h->type == OST_MSG_REHEARSE) {
		on_rehearse(l, h, payload, fd);
	} else if (h->type == OST_MSG_ADMIT) {
		on_admit(l, h, payload);
	} else if (h->type == OST_MSG_BINDING) {
		on_remembered(l, payload);
	} else if (h->type == OST_MSG_GIVEN) {
		ost_given_back(l->given, payload);
	} else if (h->type == OST_MSG_EVIDENCE) {
		on_evidence(l, h, payload);
	} else if (h->type == OST_MSG_STATS_REQUEST) {
		l->stats = STATS_TOTALS;
		l->stats_sequence = h->sequence;
	} else {
		drop(l, "it sent a message that only the data plane sends");
	}
}

static void receive(struct ost_link *l)
{
	static _Alignas(8) uint8_t payload[OST_MSG_PAYLOAD_MAX];

	while (l->fd >= 0 && !l->reply_waits && l->stats == STATS_NONE) {
		OST_AUTO_CLOSE int fd = -1;
		struct ost_msg_header h;
		int r = ost_msg_receive(l->fd, &h, payload, &fd);

		if (r == -EAGAIN)
			return;
		if (r == -EPIPE)
			drop(l, l->greeted ? "it went away" : NULL);
		else if (r < 0)
			drop(l, "it sent what is no message of ours");
		else
			dispatch(l, &h, payload, fd);
	}
}

/* ---- statistics ---- */

static int send_own(struct ost_link *l, uint16_t type, uint32_t sequence, const void *payload, size_t length)
{
	int r = ost_msg_send(l->fd, type, sequence, payload, length, -1);

	if (r < 0 && r != -EAGAIN)
		drop(l, "it went away");
	return r;
}

static uint64_t device_sum(const struct ost_msg_device_stats *s)
{
	uint64_t sum = s->out_pkts + s->in_pkts + s->last_seen_wall_ns / OST_NS_PER_S;

	for (uint32_t r = 0; r < OST_REASON_SLOTS; r++)
		sum += s->refused_pkts[r];
	return (sum * 31 + s->flows) * 31 + s->flows_opened + (uint64_t)s->state * 1009 + (uint64_t)s->port * 10007 +
		s->generation * 1000003 + 1;
}

static bool slots_room(struct ost_link *l, uint32_t slots)
{
	uint64_t *grown;

	if (slots <= l->stats_slots)
		return true;
	grown = realloc(l->stats_sent, slots * sizeof(*grown));
	if (grown == NULL)
		return false;
	memset(grown + l->stats_slots, 0, (slots - l->stats_slots) * sizeof(*grown));
	l->stats_sent = grown;
	l->stats_slots = slots;
	return true;
}

static int stats_device(struct ost_link *l)
{
	uint32_t slots = ost_site_slots(l->dp->site), slot = l->stats_next;
	struct ost_msg_device_stats m;
	int r;

	if (slot >= slots || !slots_room(l, slots)) {
		l->stats = STATS_RULES;
		return 0;
	}
	l->stats_next++;
	if (!ost_report_device(l->dp, slot, &m) || l->stats_sent[slot] == device_sum(&m))
		return 0;
	r = send_own(l, OST_MSG_DEVICE_STATS, l->stats_sequence, &m, sizeof(m));
	if (r == 0)
		l->stats_sent[slot] = device_sum(&m);
	else
		l->stats_next--;
	return r;
}

static int stats_rules(struct ost_link *l)
{
	static struct ost_msg_rule_stats m;
	int r = 0;

	if (ost_report_rules(l->dp, &l->rules_told, &m)) {
		r = send_own(l, OST_MSG_RULE_STATS, l->stats_sequence, &m,
			offsetof(struct ost_msg_rule_stats, rules) + m.count * sizeof(m.rules[0]));
		if (r == 0)
			ost_report_rules_sent(&l->rules_told, &m);
	}
	l->stats = r == 0 ? STATS_END : l->stats;
	return r;
}

static int stats_step(struct ost_link *l)
{
	struct ost_msg_totals totals;
	struct ost_msg_port_stats port;
	int r;

	switch (l->stats) {
	case STATS_TOTALS:
		ost_report_totals(l->dp, &totals);
		r = send_own(l, OST_MSG_TOTALS, l->stats_sequence, &totals, sizeof(totals));
		l->stats_next = 0;
		l->stats = r == 0 ? STATS_PORTS : l->stats;
		return r;
	case STATS_PORTS:
		ost_report_port(l->dp, l->stats_next, &port);
		r = send_own(l, OST_MSG_PORT_STATS, l->stats_sequence, &port, sizeof(port));
		l->stats_next += r == 0;
		if (l->stats_next == l->dp->ports.count) {
			l->stats_next = 0;
			l->stats = STATS_DEVICES;
		}
		return r;
	case STATS_DEVICES:
		return stats_device(l);
	case STATS_RULES:
		return stats_rules(l);
	default:
		r = send_own(l, OST_MSG_STATS_END, l->stats_sequence, NULL, 0);
		l->stats = r == 0 ? STATS_NONE : l->stats;
		return r;
	}
}

/* ---- refusals and bindings ---- */

static bool room(void **array, uint32_t *capacity, uint32_t count, size_t size)
{
	uint32_t wanted = OST_MAX(256u, *capacity * 2);
	void *grown;

	if (count < *capacity)
		return true;
	grown = realloc(*array, wanted * size);
	if (grown == NULL)
		return false;
	*array = grown;
	*capacity = wanted;
	return true;
}

static void on_refusal(void *user, const struct ost_refusal *refusal)
{
	struct ost_link *l = user;

	if (room((void **)&l->refusals, &l->refusal_capacity, l->refusal_count, sizeof(*refusal)))
		l->refusals[l->refusal_count++] = *refusal;
	else
		l->dp->refusal_records_lost += refusal->count_pkts;
}

static void on_binding(void *user, const struct ost_binding_event *e)
{
	struct ost_link *l = user;
	struct ost_site_device device;
	struct ost_msg_binding *m;

	if (l->dp->policy == NULL || ost_site_device_get(l->dp->site, e->slot, &device) < 0 ||
		device.image_device == OST_DEVICE_NONE)
		return;
	if (!room((void **)&l->bindings, &l->binding_capacity, l->binding_count, sizeof(*m))) {
		l->events_lost++;
		return;
	}
	m = &l->bindings[l->binding_count++];
	*m = (struct ost_msg_binding){
		.generation = l->dp->policy->image.generation,
		.expires_wall_ns = e->expires_in_ns == 0 ? 0 : ost_clock_wall_ns() + e->expires_in_ns,
		.device = device.image_device,
		.vlan = e->vlan,
		.family = e->ip.family,
		.source = e->source,
		.bound = e->bound,
	};
	memcpy(m->ip, e->ip.b, sizeof(m->ip));
}

/* Frames of the last tenth of a second; and the records, if those before them are sent. */
static void records_collect(struct ost_link *l, bool records)
{
	struct ost_dataplane *dp = l->dp;

	ost_evidence_flip(dp->evidence);
	if (!records) {
		ost_crew_quiesce(dp);
		ost_evidence_collect(dp->evidence, l->wall_offset_ns);
		ost_lookout_collect(dp->lookout, l->wall_offset_ns);
		return;
	}
	l->refusal_count = l->refusal_next = 0;
	/* Both kinds of records flip at once. */
	for (uint32_t i = 0; i < dp->worker_count; i++)
		ost_classifier_refusals_flip(dp->workers[i]->classifier);
	ost_crew_quiesce(dp);
	ost_evidence_collect(dp->evidence, l->wall_offset_ns);
	ost_lookout_collect(dp->lookout, l->wall_offset_ns);
	for (uint32_t i = 0; i < dp->worker_count; i++)
		dp->refusal_records_lost +=
			ost_classifier_refusals_drain(dp->workers[i]->classifier, l->wall_offset_ns, on_refusal, l);
	ost_opened_collect(dp, &l->opened, l->wall_offset_ns);
}

static void bindings_collect(struct ost_link *l)
{
	uint64_t lost;

	l->binding_count = l->binding_next = 0;
	l->events_lost = 0;
	lost = ost_site_binding_events(l->dp->site, on_binding, l) + l->events_lost;
	if (lost > 0)
		ost_log_warning("%" PRIu64 " binding changes were not told to ostiaryd: it was too slow", lost);
}

static int refusals_send(struct ost_link *l)
{
	static struct ost_msg_refusals m;
	int r;

	m.count = OST_MIN(l->refusal_count - l->refusal_next, (uint32_t)OST_REFUSALS_PER_MSG);
	memcpy(m.refusals, l->refusals + l->refusal_next, m.count * sizeof(m.refusals[0]));
	r = send_own(l, OST_MSG_REFUSALS, 0, &m, offsetof(struct ost_msg_refusals, refusals) + m.count * sizeof(m.refusals[0]));
	if (r == 0)
		l->refusal_next += m.count;
	return r;
}

static int opened_send(struct ost_link *l)
{
	static struct ost_msg_opened m;
	size_t length = ost_opened_message(l->dp, &l->opened, &m);
	int r = send_own(l, OST_MSG_OPENED, 0, &m, length);

	if (r == 0)
		ost_opened_sent(&l->opened, &m);
	return r;
}

static int bindings_send(struct ost_link *l)
{
	int r = send_own(l, OST_MSG_BINDING, 0, &l->bindings[l->binding_next], sizeof(l->bindings[0]));

	if (r == 0)
		l->binding_next++;
	return r;
}

static int rehearsed_send(struct ost_link *l)
{
	int r = send_own(l, OST_MSG_REHEARSED, l->rehearsed_sequence, &l->rehearsed, sizeof(l->rehearsed));

	l->rehearsed_waits = r == -EAGAIN;
	return r;
}

static int name_send(struct ost_link *l)
{
	const struct ost_msg_given *m = ost_given_next(l->given);
	int r = send_own(l, OST_MSG_GIVEN, 0, m, ost_msg_given_bytes(m));

	if (r == 0)
		ost_given_sent(l->given);
	return r;
}

static int observed_send(struct ost_link *l)
{
	int r = send_own(l, OST_MSG_OBSERVED, 0, ost_lookout_next(l->dp->lookout), sizeof(struct ost_msg_observed));

	if (r == 0)
		ost_lookout_sent(l->dp->lookout);
	return r;
}

/* Last of all, and so many in a tick. -EAGAIN: none is due, as when the other end takes no more. */
static int copies_send(struct ost_link *l)
{
	static struct ost_msg_copies m;
	int r;

	if (l->copies_left == 0 || !ost_evidence_message(l->dp->evidence, &m))
		return -EAGAIN;
	r = send_own(l, OST_MSG_COPIES, 0, &m, ost_msg_copies_bytes(&m));
	if (r == 0) {
		ost_evidence_sent(l->dp->evidence, &m);
		l->copies_left--;
	}
	return r;
}

/* ---- outside ---- */

static int link_send(struct ost_link *l)
{
	struct ost_msg_port_link m = {0};
	uint32_t port = 0;
	int r;

	while (!l->links[port].due)
		port++;
	m.port = port;
	m.up = l->links[port].up;
	m.down_ns = l->links[port].down_ns;
	(void)snprintf(m.name, sizeof(m.name), "%s", l->dp->file->ports[port].name);
	r = send_own(l, OST_MSG_PORT_LINK, 0, &m, sizeof(m));
	if (r == 0) {
		l->links[port].due = false;
		l->links_due--;
	}
	return r;
}

static bool wants_to_send(const struct ost_link *l)
{
	return l->reply_waits ||
		(l->greeted && (l->links_due > 0 || l->rehearsed_waits || l->stats != STATS_NONE || l->binding_next < l->binding_count ||
				l->refusal_next < l->refusal_count || ost_opened_waits(&l->opened) || ost_lookout_next(l->dp->lookout) != NULL ||
				ost_given_next(l->given) != NULL));
}

/* Until nothing is left or the other end takes no more. */
static void transmit(struct ost_link *l)
{
	int r = 0;

	while (l->fd >= 0 && r == 0 && wants_to_send(l)) {
		if (l->reply_waits) {
			reply_send(l);
			r = l->reply_waits ? -EAGAIN : 0;
		} else if (l->links_due > 0) {
			r = link_send(l);
		} else if (l->rehearsed_waits) {
			r = rehearsed_send(l);
		} else if (l->stats != STATS_NONE) {
			r = stats_step(l);
		} else if (l->binding_next < l->binding_count) {
			r = bindings_send(l);
		} else if (l->refusal_next < l->refusal_count) {
			r = refusals_send(l);
		} else if (ost_opened_waits(&l->opened)) {
			r = opened_send(l);
		} else if (ost_lookout_next(l->dp->lookout) != NULL) {
			r = observed_send(l);
		} else {
			r = name_send(l);
		}
	}
	while (l->fd >= 0 && l->greeted && r == 0)
		r = copies_send(l);
}

static void accept_one(struct ost_link *l)
{
	OST_AUTO_CLOSE int fd = accept4(l->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	receive(l); /* notices when the one before has gone */
	if (l->fd >= 0) {
		ost_log_warning("a second ostiaryd was turned away: one is connected");
		return;
	}
	l->fd = fd;
	fd = -1;
	l->since_ns = ost_clock_mono_ns();
	if (l->stats_slots > 0)
		memset(l->stats_sent, 0, l->stats_slots * sizeof(*l->stats_sent));
	l->rules_told.generation = 0;
	hello_send(l);
}

void ost_link_poll_prepare(const struct ost_link *l, struct pollfd fds[static 2])
{
	bool deaf = l->reply_waits || l->stats != STATS_NONE;

	fds[0] = (struct pollfd){.fd = l->listen_fd, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = l->fd,
		.events = (short)((deaf ? 0 : POLLIN) | (wants_to_send(l) ? POLLOUT : 0))};
}

void ost_link_poll_serve(struct ost_link *l, const struct pollfd fds[static 2])
{
	if (l->fd >= 0 && fds[1].fd == l->fd && fds[1].revents != 0) {
		if ((fds[1].revents & (POLLHUP | POLLERR)) && (fds[1].revents & POLLIN) == 0)
			drop(l, l->greeted ? "it went away" : NULL);
		receive(l);
		transmit(l);
	}
	if (fds[0].revents & POLLIN)
		accept_one(l);
}

void ost_link_tick(struct ost_link *l)
{
	if (l->fd >= 0 && !l->greeted && ost_clock_mono_ns() - l->since_ns > HELLO_WAIT_NS)
		drop(l, "it never said hello");
	l->wall_offset_ns = (int64_t)(ost_clock_wall_ns() - ost_tsc_now_ns(&l->dp->clock));
	l->copies_left = COPIES_AT_ONCE;
	records_collect(l, l->fd >= 0 && l->greeted && l->refusal_next == l->refusal_count && !ost_opened_waits(&l->opened));
	if (l->fd < 0 || !l->greeted)
		return;
	if (l->binding_next == l->binding_count)
		bindings_collect(l);
	if (l->rehearsing && ost_rehearse_take(l->dp, &l->rehearsed)) {
		l->rehearsing = false;
		l->rehearsed_waits = true;
	}
	ost_given_collect(l->given);
	transmit(l);
}

/* ostiaryd may run as a user of its own: its group may connect. */
static void socket_give(const char *path)
{
	const struct group *group = getgrnam("ostiary");

	if (group != NULL && chown(path, (uid_t)-1, group->gr_gid) < 0)
		ost_log_warning("%s: cannot be given to group ostiary: %s", path, strerror(errno));
}

int ost_link_new(struct ost_dataplane *dp, struct ost_link **ret_link)
{
	struct ost_link *l = calloc(1, sizeof(*l));
	int r;

	if (l == NULL)
		return -ENOMEM;
	l->dp = dp;
	l->fd = -1;
	r = ost_given_new(dp, &l->given);
	if (r == 0)
		r = ost_msg_listen(dp->paths.dataplane_socket, 0660, &l->listen_fd);
	if (r < 0) {
		ost_given_free(&l->given);
		free(l);
		return r;
	}
	socket_give(dp->paths.dataplane_socket);
	*ret_link = l;
	return 0;
}

void ost_link_free(struct ost_link **link)
{
	struct ost_link *l = *link;

	if (l == NULL)
		return;
	drop(l, NULL);
	(void)close(l->listen_fd);
	(void)unlink(l->dp->paths.dataplane_socket);
	free(l->stats_sent);
	free(l->rules_told.flows_opened);
	free(l->refusals);
	free(l->opened.records);
	free(l->bindings);
	ost_given_free(&l->given);
	free(l);
	*link = NULL;
}
