/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "api.h"
#include "apply.h"
#include "authority.h"
#include "casebook.h"
#include "clock.h"
#include "evidence.h"
#include "generations.h"
#include "journaling.h"
#include "log.h"
#include "observing.h"
#include "planner.h"
#include "remember.h"
#include "trial.h"
#include "watching.h"

#define REFUSAL_FILE_BYTES (64ull << 20)
#define REFUSAL_FILES	   4u
#define POLICY_FILE_BYTES  (64ull << 20)
#define POLICY_FILES	   4u
#define FORGET_AFTER_NS	   (60 * OST_NS_PER_S)

/* ---- what the data plane says ---- */

static void on_up(void *user, const struct ost_msg_hello *hello, bool fresh)
{
	struct ost_daemon *d = user;

	ost_log_info("data plane connected: pid %u, version %s, generation %" PRIu64, hello->pid, hello->version,
		hello->generation);
	if (fresh)
		ost_roster_counters_reset(d->roster);
	d->uptime_known = false;
	ost_rule_hits_dataplane(d->rule_hits, hello->pid);
	ost_gauges_reset(&d->gauges);
	ost_applier_up(d->applier, hello);
	ost_authority_link_up(d);
}

static void on_down(void *user, const char *why)
{
	struct ost_daemon *d = user;

	ost_log_warning("data plane connection lost: %s", why);
	ost_gauges_reset(&d->gauges);
	ost_authority_link_down(d);
	ost_applier_down(d->applier, why);
	ost_planner_down(d->planner, why);
	ost_evidence_down(d);
}

static void on_image_result(void *user, const struct ost_msg_image_result *m)
{
	struct ost_daemon *d = user;

	ost_applier_result(d->applier, m);
	if (m->result == 0)
		ost_admission_resend(d->admission);
}

static void on_rehearsed(void *user, const struct ost_msg_rehearsed *m)
{
	struct ost_daemon *d = user;

	ost_planner_rehearsed(d->planner, m);
}

/* Whether there are more. */
static bool names_tell(struct ost_daemon *d)
{
	const uint64_t before = ost_given_counts(d->given)->sent;
	bool more = ost_given_send(d->given, d->link, d->roster);

	if (!more && ost_given_counts(d->given)->sent > before)
		ost_log_info("gave back %" PRIu64 " names that devices had been given addresses for", ost_given_counts(d->given)->sent);
	return more;
}

/* Only a data plane that has the generation in force knows the devices that are told. */
static void bindings_tell(struct ost_daemon *d, uint64_t now)
{
	uint32_t left = 1;

	if (d->uptime_known && d->gauges.totals.generation == d->in_force.number && d->in_force.number != 0) {
		left = ost_remember_send(d->remember, d->link, d->roster);
		left += names_tell(d);
	}
	if (left > 0 || !d->uptime_known || d->forget_at_ns == 0 || now < d->forget_at_ns)
		return;
	/* What the data plane has not confirmed by now it could not bind: somebody else has the address, or nobody. */
	if (ost_registry_addresses_forget(d->registry, d->forget_before_wall_ns) == 0 && ost_given_forget(d->given) == 0)
		d->forget_at_ns = 0;
}

/* The first totals of a connection tell when the data plane started. What was bound before, it has not seen: it is
 * told, and what it can bind again comes back as a binding of its own. */
static void bindings_restore(struct ost_daemon *d, uint64_t uptime_ns, uint64_t now_wall_ns)
{
	const uint64_t started_wall_ns = now_wall_ns - uptime_ns, boot_ns = ost_clock_boot_ns();

	/* What was bound in the last second is not in the registry yet. */
	ost_ledger_flush(d->ledger, ost_clock_mono_ns(), true);
	if (ost_remember_take(d->remember, d->registry, started_wall_ns, now_wall_ns) < 0)
		ost_log_warning("some devices' addresses could not be told to the data plane: they are refused until they ask for "
				"an address again");
	ost_given_begin(d->given, boot_ns - OST_MIN(uptime_ns, boot_ns));
	/* Not forgotten yet: a crash of ours before the data plane confirms them would lose them. */
	d->uptime_known = true;
	d->forget_before_wall_ns = started_wall_ns;
	d->forget_at_ns = ost_clock_mono_ns() + FORGET_AFTER_NS;
}

static void on_totals(void *user, const struct ost_msg_totals *m)
{
	struct ost_daemon *d = user;
	uint64_t now = ost_clock_wall_ns();

	ost_gauges_totals(&d->gauges, m, ost_clock_mono_ns());
	if (d->uptime_known || m->uptime_ns > now)
		return;
	bindings_restore(d, m->uptime_ns, now);
	ost_authority_began(d, now - m->uptime_ns);
	bindings_tell(d, ost_clock_mono_ns());
}

static void on_port_stats(void *user, const struct ost_msg_port_stats *m)
{
	struct ost_daemon *d = user;

	ost_gauges_port(&d->gauges, m);
}

static void on_port_link(void *user, const struct ost_msg_port_link *m)
{
	ost_authority_port(user, m);
}

static void on_device_stats(void *user, const struct ost_msg_device_stats *m)
{
	struct ost_daemon *d = user;

	if (ost_roster_stats(d->roster, m) < 0)
		d->stale_messages++;
	else
		ost_authority_enforced(d, m);
}

static void on_rule_stats(void *user, const struct ost_msg_rule_stats *m)
{
	struct ost_daemon *d = user;

	if (ost_roster_rule_stats(d->roster, m) < 0)
		d->stale_messages++;
	else
		ost_rule_hits_count(d->rule_hits, m, ost_clock_wall_ns() / OST_NS_PER_S);
}

static void refusal_take(struct ost_daemon *d, const struct ost_refusal *r, uint64_t now_ns)
{
	struct ost_refusal_names names = {.side = OST_SIDE_DEVICE};
	struct ost_mac mac;
	char number[16];

	names.device = ost_roster_name(d->roster, r->generation, r->device, &names.role);
	if (names.device == NULL)
		names.role = NULL;
	if (names.device == NULL && r->device != OST_DEVICE_NONE)
		d->stale_messages++;
	names.port = ost_gauges_port_name(&d->gauges, r->port);
	if (names.port[0] == '\0') {
		(void)snprintf(number, sizeof(number), "port%u", r->port);
		names.port = number;
	} else {
		names.side = d->gauges.ports[r->port].side;
	}
	ost_refusal_log_add(d->refusals, r, &names, now_ns);
	ost_authority_refused(d, r);
	ost_watching_refused(d, r, &names);
	if (r->reason != OST_REASON_UNKNOWN_DEVICE || names.side != OST_SIDE_DEVICE)
		return;
	memcpy(mac.b, r->src_mac, sizeof(mac.b));
	ost_sightings_add(d->sightings, &mac, r->vlan, names.port, r->first_wall_ns, r->last_wall_ns, r->count_pkts);
}

static void on_refusals(void *user, const struct ost_refusal *refusals, uint32_t count)
{
	struct ost_daemon *d = user;
	uint64_t now = ost_clock_mono_ns();

	for (uint32_t i = 0; i < count; i++)
		refusal_take(d, &refusals[i], now);
	ost_line_file_flush(d->refusal_file); /* the first sight is told at once */
}

/* The peer by the best name that there is. */
static void opened_take(struct ost_daemon *d, const struct ost_opened *o, const char *names, uint64_t wall_s)
{
	struct ost_traffic_flow f = {.kind = OST_TRAFFIC_ADDRESS, .ip.family = o->family, .flows = o->flows, .value = o->value,
		.first_wall_s = o->first_wall_ns / OST_NS_PER_S, .last_wall_s = o->last_wall_ns / OST_NS_PER_S,
		.protocol = o->protocol, .direction = o->direction, .audit = o->audit};
	const char *role;

	memcpy(f.ip.b, o->peer_ip, sizeof(f.ip.b));
	f.device = ost_roster_name(d->roster, o->generation, o->device, &role);
	if (f.device == NULL) {
		d->stale_messages++;
		return;
	}
	f.peer = ost_roster_name(d->roster, o->generation, o->peer, &role);
	if (f.peer != NULL) {
		f.kind = OST_TRAFFIC_DEVICE;
	} else if (o->name != 0) {
		f.kind = OST_TRAFFIC_HOST;
		f.peer = names + o->name - 1;
	}
	ost_watching_opened(d, &f, ost_traffic_add(d->traffic, &f, wall_s));
}

static void on_opened(void *user, const struct ost_msg_opened *m)
{
	struct ost_daemon *d = user;
	uint64_t now_s = ost_clock_wall_ns() / OST_NS_PER_S;

	ost_traffic_lose(d->traffic, m->lost);
	for (uint32_t i = 0; i < m->count; i++)
		opened_take(d, &m->flows[i], ost_opened_names(m), now_s);
}

static void binding_watch(struct ost_daemon *d, const char *device, const struct ost_msg_binding *m)
{
	struct ost_ip ip = {.family = m->family};

	memcpy(ip.b, m->ip, sizeof(ip.b));
	ost_watching_bound(d, &ip, device, m->bound != 0);
}

static void on_binding(void *user, const struct ost_msg_binding *m)
{
	struct ost_daemon *d = user;
	const char *role;
	const char *name = ost_roster_name(d->roster, m->generation, m->device, &role);

	if (name == NULL) {
		d->stale_messages++;
		return;
	}
	if (!m->bound)
		ost_remember_drop(d->remember, m);
	binding_watch(d, name, m);
	ost_ledger_binding(d->ledger, name, m, ost_clock_wall_ns());
}

static void on_given(void *user, const struct ost_msg_given *m)
{
	struct ost_daemon *d = user;
	const char *role;
	const char *name = ost_roster_name(d->roster, m->generation, m->device, &role);

	if (name == NULL)
		d->stale_messages++;
	else
		ost_given_told(d->given, name, m);
}

static void on_observed(void *user, const struct ost_msg_observed *m)
{
	ost_observing_take(user, m);
}

static void on_copies(void *user, const struct ost_msg_copies *m)
{
	ost_evidence_copies(user, m);
}

static bool on_ack(void *user, uint32_t sequence, int result)
{
	return ost_authority_ack(user, sequence, result);
}

static const struct ost_link_handlers link_handlers = {
	.up = on_up,
	.down = on_down,
	.image_result = on_image_result,
	.rehearsed = on_rehearsed,
	.totals = on_totals,
	.port_stats = on_port_stats,
	.port_link = on_port_link,
	.device_stats = on_device_stats,
	.rule_stats = on_rule_stats,
	.refusals = on_refusals,
	.opened = on_opened,
	.binding = on_binding,
	.given = on_given,
	.observed = on_observed,
	.copies = on_copies,
	.ack = on_ack,
};

void ost_daemon_rules(struct ost_daemon *d)
{
	const struct ost_image *image = ost_roster_image(d->roster);

	ost_watching_policy(d);
	if (image != NULL && ost_rule_hits_policy(d->rule_hits, image, ost_clock_wall_ns() / OST_NS_PER_S) < 0)
		ost_log_warning("out of memory: the use of this policy's rules is not counted");
}

static struct ost_moment moment(void)
{
	return (struct ost_moment){ost_clock_mono_ns(), ost_clock_wall_ns()};
}

/* First the lines, then that they were told: after a crash in between they are told twice, and never not at all. */
static void record_keep(struct ost_daemon *d)
{
	int r;

	ost_line_file_flush(d->policy_file);
	r = ost_policy_events_keep(d->policy_events);
	if (r < 0 && !d->record_trouble)
		ost_log_warning("%s/exceptions: %s: after a restart policy events may be told twice", d->paths.state_dir, strerror(-r));
	d->record_trouble = r < 0;
}

void ost_daemon_record(struct ost_daemon *d)
{
	const struct ost_image *image = ost_roster_image(d->roster);

	if (image == NULL || image->generation != d->in_force.number)
		return;
	if (ost_policy_events_policy(d->policy_events, image, &d->in_force, moment()) < 0)
		ost_log_warning("out of memory: the exceptions and schedules of this policy are not on the record");
	record_keep(d);
}

static void record_tick(struct ost_daemon *d)
{
	ost_policy_events_tick(d->policy_events, ost_roster_image(d->roster), moment());
	record_keep(d);
}

static void policy_write(void *user, const char *line, size_t length)
{
	struct ost_daemon *d = user;

	ost_line_file_line(d->policy_file, line, length);
}

static void rule_hits_save(struct ost_daemon *d, bool force)
{
	int r = ost_rule_hits_save(d->rule_hits, ost_clock_mono_ns(), force);

	if (r < 0)
		ost_log_warning("%s/rule-hits: %s: when rules were used is not on disk", d->paths.state_dir, strerror(-r));
}

static void traffic_save(struct ost_daemon *d, bool force)
{
	int r = ost_traffic_save(d->traffic, ost_clock_mono_ns(), ost_clock_wall_ns() / OST_NS_PER_S, force);

	if (r < 0)
		ost_log_warning("%s/traffic: %s: the flows of the last 24 hours are not on disk", d->paths.state_dir, strerror(-r));
}

/* ---- once a second ---- */

/* A large policy is written piece by piece, each in a turn of the loop. */
static void ledger_write(struct ost_daemon *d)
{
	const struct timeval at_once = {0};

	ost_ledger_flush(d->ledger, ost_clock_mono_ns(), false);
	if (ost_ledger_has_more(d->ledger))
		(void)evtimer_add(d->more, &at_once);
}

static void on_more(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	ledger_write(user);
}

static void on_tick(evutil_socket_t fd, short what, void *user)
{
	struct ost_daemon *d = user;
	uint64_t now = ost_clock_mono_ns();
	int before = ost_line_file_counts(d->refusal_file)->trouble;
	int after;

	(void)fd;
	(void)what;
	ost_refusal_log_tick(d->refusals, now);
	ost_line_file_flush(d->refusal_file);
	ledger_write(d);
	bindings_tell(d, now);
	ost_applier_tick(d->applier);
	ost_authority_tick(d);
	rule_hits_save(d, false);
	record_tick(d);
	traffic_save(d, false);
	ost_journaling_tick(d);
	ost_watching_tick(d);
	ost_casebook_tick(d);
	ost_evidence_tick(d);
	ost_api_tell(d->api);
	after = ost_line_file_counts(d->refusal_file)->trouble;
	if (after != 0 && before == 0)
		ost_log_error("%s: %s: refusals are counted, but not logged", d->paths.refusal_log, strerror(-after));
	else if (after == 0 && before != 0)
		ost_log_info("%s: is written again", d->paths.refusal_log);
}

static void refusal_write(void *user, const char *line, size_t length)
{
	struct ost_daemon *d = user;

	ost_line_file_line(d->refusal_file, line, length);
}

/* ---- start ---- */

static void device_restore(void *user, const struct ost_registry_device *device)
{
	struct ost_daemon *d = user;
	int64_t place = ost_roster_find(d->roster, device->name);
	struct ost_live *live;

	if (place < 0)
		return;
	live = ost_roster_live(d->roster, (uint32_t)place);
	live->first_seen_wall_ns = device->first_seen_wall_ns;
	live->last_seen_wall_ns = device->last_seen_wall_ns;
	live->state = device->state;
}

static void unknown_restore(void *user, const struct ost_registry_unknown *u)
{
	struct ost_daemon *d = user;

	ost_sightings_restore(d->sightings, u);
}

/* SQLite's words alone leave the operator alone. */
static const char *registry_hint(int r)
{
	switch (r) {
	case -ENOSPC:
	case -EDQUOT:
		return "make room on its disk";
	case -EROFS:
	case -EACCES:
		return "ostiaryd must be able to write there";
	case -EUCLEAN:
		return "move it away: a new one is made, the policy in force stays";
	default:
		return "is the disk full or read-only? If the file is damaged, move it away: a new "
		       "one is made";
	}
}

/* We alone write it, whole or not at all. */
static void image_distrust(struct ost_daemon *d, const char *why)
{
	const struct ost_incident_event e = {.cause = OST_CAUSE_GATEWAY_TAMPER, .scope = "policy/current.image", .rule = why, .succeeded = OST_ANSWER_UNKNOWN,
		.disposition = OST_DISPOSITION_REFUSED};

	ost_watching_event(d, &e);
}

/* The image in force is that of current.image, whatever the registry says: the data plane loads it too. */
static int image_restore(struct ost_daemon *d, char why[static OST_DAEMON_WHY])
{
	void *bytes = NULL;
	size_t length = 0;
	char fault[256];
	int r = ost_generations_current(&d->paths, &bytes, &length);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = ost_roster_image_set(d->roster, bytes, length, fault);
	else
		(void)snprintf(fault, sizeof(fault), "%s", r == -EPERM ? "others may have written it" : strerror(-r));
	if (r < 0) {
		/* The data plane refuses the same file: nothing passes. An apply mends both. */
		(void)snprintf(d->trouble, sizeof(d->trouble), "current.image is not sound: %.100s; apply the policy again",
			fault);
		ost_log_error("%s", d->trouble);
		image_distrust(d, fault);
		free(bytes);
		return 0;
	}
	d->in_force.number = ost_roster_image(d->roster)->generation;
	r = ost_registry_generation_get(d->registry, d->in_force.number, &d->in_force);
	if (r == -ENOENT || (r == 0 && d->in_force.state != OST_GENERATION_APPLIED)) {
		d->in_force.state = OST_GENERATION_APPLIED;
		ost_ledger_generation(d->ledger, &d->in_force);
		r = 0;
	}
	ost_ledger_policy(d->ledger);
	if (r < 0)
		(void)snprintf(why, OST_DAEMON_WHY, "%s: %.180s; %s", d->paths.registry,
			ost_registry_error(d->registry), registry_hint(r));
	return r;
}

static int registry_start(struct ost_daemon *d, char why[static OST_DAEMON_WHY])
{
	char fault[256];
	int r = ost_registry_open(d->paths.registry, fault, &d->registry);

	if (r < 0)
		(void)snprintf(why, OST_DAEMON_WHY, "%s: %.180s; %s", d->paths.registry, fault,
			registry_hint(r));
	return r;
}

static int rule_hits_start(struct ost_daemon *d)
{
	bool lost = false;
	int r = ost_rule_hits_new(&d->paths, &d->rule_hits, &lost);

	if (r == 0 && lost)
		ost_log_warning("%s/rule-hits is not sound: when rules were used is counted anew", d->paths.state_dir);
	return r;
}

static int record_start(struct ost_daemon *d)
{
	const struct ost_policy_events_config config = {.gateway = d->gateway, .paths = &d->paths, .write = policy_write, .user = d};
	int r = ost_line_file_new(d->paths.policy_log, POLICY_FILE_BYTES, POLICY_FILES, &d->policy_file);

	return r == 0 ? ost_policy_events_new(&config, &d->policy_events) : r;
}

static int traffic_start(struct ost_daemon *d, const struct ost_hash_key *key)
{
	bool lost = false;
	int r = ost_traffic_new(&d->paths, key, ost_clock_wall_ns() / OST_NS_PER_S, &d->traffic, &lost);

	if (r == 0 && lost)
		ost_log_warning("%s/traffic is not sound: flows are observed anew", d->paths.state_dir);
	return r;
}

static int tables_start(struct ost_daemon *d)
{
	struct ost_refusal_log_config log = {.gateway = d->gateway, .write = refusal_write, .user = d};
	struct ost_hash_key key;
	int r;

	if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return -EIO;
	log.key = key;
	r = ost_roster_new(&d->roster);
	if (r == 0)
		r = rule_hits_start(d);
	if (r == 0)
		r = traffic_start(d, &key);
	if (r == 0)
		r = ost_remember_new(&d->remember);
	if (r == 0)
		r = ost_given_new(d->registry, &d->given);
	if (r == 0)
		r = ost_sightings_new(OST_SIGHTINGS_MAX, &key, &d->sightings);
	if (r == 0)
		r = ost_ledger_new(d->registry, d->roster, d->sightings, &d->gauges, &d->ledger);
	if (r == 0)
		r = ost_line_file_new(d->paths.refusal_log, REFUSAL_FILE_BYTES, REFUSAL_FILES, &d->refusal_file);
	if (r == 0) {
		const struct ost_ledger_part names = ost_given_part(d->given);

		ost_ledger_part_beside(d->ledger, &names);
	}
	if (r == 0)
		r = ost_refusal_log_new(&log, &d->refusals);
	return r == 0 ? record_start(d) : r;
}

static int restore(struct ost_daemon *d, char why[static OST_DAEMON_WHY])
{
	int r = image_restore(d, why);

	if (r == 0 && d->in_force.number != 0)
		ost_trial_restore(d);
	ost_daemon_rules(d);
	ost_daemon_record(d);
	if (r == 0)
		r = ost_registry_devices_each(d->registry, device_restore, d);
	if (r == 0)
		r = ost_registry_unknowns_each(d->registry, unknown_restore, d);
	ost_sightings_written(d->sightings);
	return r == 0 ? ost_authority_restore(d) : r;
}

static int loop_start(struct ost_daemon *d, char why[static OST_DAEMON_WHY])
{
	const struct timeval second = {.tv_sec = 1};
	int r = ost_applier_new(d, &d->applier);

	if (r == 0)
		r = ost_planner_new(d, &d->planner);
	if (r == 0)
		r = ost_link_new(d->base, d->paths.dataplane_socket, &link_handlers, d, &d->link);
	if (r == 0)
		r = ost_api_new(d, why, &d->api);
	if (r < 0)
		return r;
	d->tick = event_new(d->base, -1, EV_PERSIST, on_tick, d);
	d->more = evtimer_new(d->base, on_more, d);
	return d->tick == NULL || d->more == NULL || event_add(d->tick, &second) < 0 ? -ENOMEM : 0;
}

int ost_daemon_new(struct event_base *base, const struct ost_paths *paths,
	uint32_t metrics_devices_max, char why[static OST_DAEMON_WHY],
	struct ost_daemon **ret_daemon)
{
	struct ost_daemon *d = calloc(1, sizeof(*d));
	int r;

	if (d == NULL)
		return -ENOMEM;
	d->paths = *paths;
	d->base = base;
	d->metrics_devices_max = metrics_devices_max;
	d->started_ns = ost_clock_mono_ns();
	why[0] = '\0';
	if (gethostname(d->gateway, sizeof(d->gateway) - 1) < 0)
		(void)snprintf(d->gateway, sizeof(d->gateway), "ostiary");
	r = registry_start(d, why);
	if (r == 0)
		r = tables_start(d);
	if (r == 0)
		r = ost_journaling_start(d);
	if (r == 0)
		r = ost_evidence_start(d);
	if (r == 0)
		r = ost_watching_start(d);
	if (r == 0)
		r = ost_casebook_start(d);
	if (r == 0)
		r = ost_authority_start(d, why);
	if (r == 0)
		r = restore(d, why);
	if (r == 0)
		r = loop_start(d, why);
	if (r < 0) {
		if (why[0] == '\0')
			(void)snprintf(why, OST_DAEMON_WHY, "%s", strerror(-r));
		ost_daemon_free(&d);
		return r;
	}
	*ret_daemon = d;
	return 0;
}

void ost_daemon_free(struct ost_daemon **daemon)
{
	struct ost_daemon *d = *daemon;

	if (d == NULL)
		return;
	if (d->tick != NULL)
		event_free(d->tick);
	if (d->more != NULL)
		event_free(d->more);
	ost_api_free(&d->api);
	ost_link_free(&d->link);
	ost_applier_free(&d->applier);
	ost_planner_free(&d->planner);
	ost_refusal_log_free(&d->refusals);
	ost_line_file_free(&d->refusal_file);
	ost_policy_events_free(&d->policy_events);
	ost_line_file_free(&d->policy_file);
	if (d->ledger != NULL)
		ost_ledger_flush(d->ledger, ost_clock_mono_ns(), true);
	ost_ledger_free(&d->ledger);
	ost_authority_stop(d);
	ost_casebook_stop(d);
	ost_watching_stop(d);
	if (d->rule_hits != NULL)
		rule_hits_save(d, true);
	ost_rule_hits_free(&d->rule_hits);
	if (d->traffic != NULL)
		traffic_save(d, true);
	ost_traffic_free(&d->traffic);
	ost_remember_free(&d->remember);
	ost_given_free(&d->given);
	ost_sightings_free(&d->sightings);
	ost_roster_free(&d->roster);
	ost_registry_free(&d->registry);
	ost_evidence_stop(d);
	ost_journaling_stop(d);
	free(d);
	*daemon = NULL;
}
