/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watching.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "casebook.h"
#include "habits.h"
#include "log.h"
#include "site_yaml.h"
#include "whereabouts.h"

/* Tags that say how bad it is when something happens to a device. */
static const char *const grave[] = {"essential", "safety"};

struct ost_watching {
	struct ost_detect *detect;
	struct ost_habits *habits;
	struct ost_whereabouts *whereabouts;
	uint64_t grave; /* bits of tags of the image in force */
	bool journal_seen;
	enum ost_journal_mode journal;
	uint64_t clock_steps;
};

static struct ost_moment moment(void)
{
	return (struct ost_moment){ost_clock_mono_ns(), ost_clock_wall_ns()};
}

static void on_event(void *user, const struct ost_incident_event *event, struct ost_moment now)
{
	ost_casebook_event(user, event, now);
}

/* What the site file says; a file that cannot be read leaves the defaults, and is told by who needs its ports. */
static void limits_read(const struct ost_daemon *d, struct ost_detect_limits *to)
{
	struct ost_site_file *site = NULL;
	struct ost_diag diag = {0};

	_Static_assert(sizeof(struct ost_site_limits) == sizeof(*to), "the site file has the thresholds of the detection");
	if (ost_site_file_load(d->paths.site_file, &diag, &site) == 0)
		memcpy(to, &site->limits, sizeof(*to));
	ost_site_file_free(&site);
	ost_diag_free(&diag);
}

static int habits_start(struct ost_daemon *d, const struct ost_hash_key *key)
{
	const struct ost_habits_config config = {.key = *key, .beacon = ost_detect_limits(d->watching->detect)->beacon, .event = on_event, .user = d};

	return ost_habits_new(&config, &d->watching->habits);
}

int ost_watching_start(struct ost_daemon *d)
{
	struct ost_detect_config config = {.event = on_event, .user = d};
	struct ost_watching *w = calloc(1, sizeof(*w));
	int r;

	if (w == NULL)
		return -ENOMEM;
	d->watching = w;
	if (getrandom(&config.key, sizeof(config.key), 0) != (ssize_t)sizeof(config.key))
		return -EIO;
	r = ost_whereabouts_new(&config.key, &w->whereabouts);
	limits_read(d, &config.limits);
	if (r == 0)
		r = ost_detect_new(&config, &w->detect);
	return r == 0 ? habits_start(d, &config.key) : r;
}

void ost_watching_stop(struct ost_daemon *d)
{
	struct ost_watching *w = d->watching;

	d->watching = NULL;
	if (w == NULL)
		return;
	ost_detect_free(&w->detect);
	ost_habits_free(&w->habits);
	ost_whereabouts_free(&w->whereabouts);
	free(w);
}

const struct ost_detect_counts *ost_watching_counts(const struct ost_daemon *d)
{
	return ost_detect_counts(d->watching->detect);
}

/* ---- who is who ---- */

static void address_known(void *user, const struct ost_registry_address *a)
{
	struct ost_watching *w = user;

	ost_whereabouts_bound(w->whereabouts, &a->ip, a->device, true);
}

void ost_watching_policy(struct ost_daemon *d)
{
	const struct ost_image *image = ost_roster_image(d->roster);
	struct ost_watching *w = d->watching;

	if (image == NULL)
		return;
	w->grave = 0;
	for (uint32_t i = 0; i < image->tag_count; i++) {
		for (size_t k = 0; k < OST_ARRAY_SIZE(grave); k++) {
			if (strcmp(ost_image_string(image, image->tags[i].name), grave[k]) == 0)
				w->grave |= 1ull << i;
		}
	}
	if (ost_registry_addresses_each(d->registry, NULL, address_known, w) < 0 || ost_whereabouts_policy(w->whereabouts, image) < 0)
		ost_log_warning("not all addresses of devices and networks are known to the detection of incidents");
}

void ost_watching_bound(struct ost_daemon *d, const struct ost_ip *ip, const char *device, bool bound)
{
	ost_whereabouts_bound(d->watching->whereabouts, ip, device, bound);
}

const char *ost_watching_device(const struct ost_daemon *d, const struct ost_ip *ip)
{
	return ost_whereabouts_device(d->watching->whereabouts, ip);
}

bool ost_watching_grave(const struct ost_daemon *d, const char *device)
{
	int64_t place = device[0] != '\0' ? ost_roster_find(d->roster, device) : -ENOENT;

	return place >= 0 && (ost_roster_image(d->roster)->devices[place].tags & d->watching->grave) != 0;
}

/* ---- in ---- */

static struct ost_ip ip_of(const uint8_t bytes[static 16], uint8_t family)
{
	struct ost_ip ip = {.family = family};

	memcpy(ip.b, bytes, sizeof(ip.b));
	return ip;
}

void ost_watching_refused(struct ost_daemon *d, const struct ost_refusal *r, const struct ost_refusal_names *names)
{
	struct ost_detect_refusal f = {.record = r, .device = names->device != NULL ? names->device : "", .port = names->port, .peer = "",
		.network = names->side == OST_SIDE_NETWORK};
	const struct ost_whereabouts *where = d->watching->whereabouts;

	f.essential = ost_watching_grave(d, f.device);
	if (r->family != 0 && ost_detect_cause_of(r->reason) == OST_CAUSE_DENIED_FLOW) {
		struct ost_ip to = ip_of(r->dst_ip, r->family), from = ip_of(r->src_ip, r->family);
		const char *peer = ost_whereabouts_device(where, &to);

		f.peer = peer != NULL && strcmp(peer, f.device) != 0 ? peer : "";
		f.foreign = ost_whereabouts_foreign(where, f.network ? &from : &to);
	}
	ost_detect_refused(d->watching->detect, &f, moment());
}

/* The device that a certificate names, whether it is believed or not. */
static bool names_retired(const struct ost_daemon *d, const struct ost_admission_note *n)
{
	const struct ost_image *image = ost_roster_image(d->roster);
	const struct ost_auth_proof *proof = n->proof != NULL ? n->proof : n->shown;
	int64_t device = n->device;
	const struct ost_session *s;

	if (device < 0 && proof != NULL)
		device = ost_roster_find(d->roster, proof->identity);
	if (image == NULL || device < 0 || device >= image->device_count)
		return false;
	s = ost_admission_session(d->admission, (uint32_t)device);
	return s != NULL && ost_standing_state(s->standing) == OST_STATE_RETIRED;
}

static void place_text(const struct ost_daemon *d, const struct ost_place *place, char *buf, size_t size)
{
	const char *port;

	if (place == NULL) {
		(void)snprintf(buf, size, "unknown place");
		return;
	}
	port = ost_admission_port_name(d->admission, place->port);
	if (place->client != 0)
		(void)snprintf(buf, size, "radius client %u", place->client);
	else
		(void)snprintf(buf, size, "%s", port[0] != '\0' ? port : "portal");
}

void ost_watching_note(struct ost_daemon *d, const struct ost_admission_note *n)
{
	const struct ost_image *image = ost_roster_image(d->roster);
	bool known = image != NULL && n->device >= 0 && n->device < image->device_count;
	struct ost_detect_failure f = {.way = n->way < OST_AUTH_WAY_COUNT ? ost_auth_way_name(n->way) : "", .reason = n->reason};
	char place[OST_INCIDENT_WHO];

	if (n->kind != OST_NOTE_FAILED && n->kind != OST_NOTE_DENIED && n->kind != OST_NOTE_LOCKED && n->kind != OST_NOTE_SIGHTED)
		return;
	place_text(d, n->place, place, sizeof(place));
	f.device = known ? ost_image_device_name(image, (uint32_t)n->device) : "";
	f.place = place;
	f.port = OST_PORTS_MAX;
	if (n->place != NULL) {
		memcpy(f.mac, n->place->mac, sizeof(f.mac));
		f.port = n->place->client == 0 && n->place->port < OST_PORTS_MAX ? (uint8_t)n->place->port : OST_PORTS_MAX;
	}
	f.retired = names_retired(d, n);
	f.essential = ost_watching_grave(d, f.device);
	if (n->kind == OST_NOTE_SIGHTED) { /* its address alone: of a retired device that is enough */
		if (!f.retired)
			return;
		f.reason = OST_AUTH_REASON_STATE;
		f.way = "sighted";
	}
	if (f.reason != OST_AUTH_REASON_NONE)
		ost_detect_failed(d->watching->detect, &f, moment());
}

void ost_watching_opened(struct ost_daemon *d, const struct ost_traffic_flow *flow, bool novel)
{
	const struct ost_moment now = moment();
	struct ost_habit_flow f = {.device = flow->device, .peer = flow->peer, .ip = flow->ip, .value = flow->value, .protocol = flow->protocol,
		.from_device = flow->direction == OST_TO, .novel = novel, .count = flow->flows,
		.first_wall_ns = OST_MIN(flow->first_wall_s * OST_NS_PER_S, now.wall_ns), .last_wall_ns = OST_MIN(flow->last_wall_s * OST_NS_PER_S, now.wall_ns)};
	int64_t place = ost_roster_find(d->roster, flow->device);
	uint64_t since_ns = now.wall_ns - OST_MIN(now.wall_ns, OST_HABIT_HISTORY_NS);
	struct ost_traffic_counts traffic;
	const struct ost_live *live;

	if (place < 0)
		return;
	live = ost_roster_live(d->roster, (uint32_t)place);
	ost_traffic_counts(d->traffic, &traffic);
	f.settled = live->first_seen_wall_ns != 0 && live->first_seen_wall_ns <= since_ns && traffic.since_wall_s != 0 &&
		traffic.since_wall_s <= since_ns / OST_NS_PER_S && d->in_force.applied_wall_ns <= since_ns;
	f.foreign = ost_whereabouts_foreign(d->watching->whereabouts, &flow->ip);
	f.essential = ost_watching_grave(d, flow->device);
	ost_habits_opened(d->watching->habits, &f, now);
}

void ost_watching_event(struct ost_daemon *d, const struct ost_incident_event *event)
{
	struct ost_incident_event e = *event;
	struct ost_moment now = moment();

	e.who = e.who != NULL ? e.who : "";
	e.place = e.place != NULL ? e.place : "gateway";
	e.scope = e.scope != NULL ? e.scope : "";
	e.count = e.count != 0 ? e.count : 1;
	e.first_wall_ns = e.first_wall_ns != 0 ? e.first_wall_ns : now.wall_ns;
	e.last_wall_ns = e.last_wall_ns != 0 ? e.last_wall_ns : now.wall_ns;
	e.essential |= ost_watching_grave(d, e.who);
	ost_casebook_event(d, &e, now);
}

/* ---- the gateway itself ---- */

static void journal_look(struct ost_daemon *d, const struct ost_journal_status *s)
{
	struct ost_watching *w = d->watching;
	bool bad = s->mode == OST_JOURNAL_READ_ONLY || s->mode == OST_JOURNAL_DEGRADED;
	const struct ost_incident_event e = {.cause = OST_CAUSE_JOURNAL_INTEGRITY, .scope = s->mode == OST_JOURNAL_READ_ONLY ? "read-only" : "degraded",
		.rule = s->trouble, .succeeded = s->mode == OST_JOURNAL_READ_ONLY ? OST_ANSWER_YES : OST_ANSWER_UNKNOWN, /* a disk may fail by itself */
		.disposition = OST_DISPOSITION_ALERTED};

	if (w->journal_seen && w->journal == s->mode)
		return;
	w->journal_seen = true;
	w->journal = s->mode;
	if (bad)
		ost_watching_event(d, &e);
}

static void clock_look(struct ost_daemon *d, const struct ost_journal_status *s)
{
	struct ost_watching *w = d->watching;
	const struct ost_incident_event e = {.cause = OST_CAUSE_TIME_TAMPER, .scope = "system clock", .rule = "the wall clock jumped against the steady one",
		.count = s->clock_steps - w->clock_steps, .succeeded = OST_ANSWER_YES, .disposition = OST_DISPOSITION_ALERTED, .unsynced = true};

	if (s->clock_steps <= w->clock_steps)
		return;
	w->clock_steps = s->clock_steps;
	ost_watching_event(d, &e);
}

void ost_watching_tick(struct ost_daemon *d)
{
	struct ost_journal_status s;

	ost_detect_tick(d->watching->detect, moment());
	ost_journal_status(d->journal, &s);
	journal_look(d, &s);
	clock_look(d, &s);
}
