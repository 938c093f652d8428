/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "authority.h"

#include <event2/event.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/random.h>

#include "clock.h"
#include "denying.h"
#include "holder.h"
#include "log.h"
#include "watching.h"

#define FILE_BYTES (64ull << 20)
#define FILES	   4u

static struct ost_moment moment(void)
{
	return (struct ost_moment){ost_clock_mono_ns(), ost_clock_wall_ns()};
}

/* What took rights away is on disk before anything else happens. That it outlives the death of this program was seen to
 * before the data plane was told (op_keep()). */
static void keep_urgent(struct ost_daemon *d)
{
	if (d->admission != NULL && ost_admission_urgent(d->admission))
		ost_ledger_flush(d->ledger, ost_clock_mono_ns(), false);
}

/* ---- what admission sends ---- */

static int op_admit(void *user, const struct ost_msg_admit *m, uint32_t *ret_sequence)
{
	struct ost_daemon *d = user;

	return d->link != NULL ? ost_link_admit(d->link, m, ret_sequence) : -ENOTCONN;
}

static void op_decide(void *user, const struct ost_msg_auth_decision *m)
{
	const struct timeval at_once = {0};
	struct ost_daemon *d = user;

	/* A device that was told that it is in may be silent from then on: its session must outlive us. All of this turn of the
	 * loop are written together, then they are told. */
	if (m->reason == OST_AUTH_REASON_NONE && evtimer_add(d->decided, &at_once) == 0)
		ost_auth_link_hold(d->auth_link);
	ost_auth_link_send(d->auth_link, OST_MSG_AUTH_DECISION, m, sizeof(*m));
}

static void on_decided(evutil_socket_t fd, short what, void *user)
{
	struct ost_daemon *d = user;

	(void)fd;
	(void)what;
	/* When the registry cannot be written they are in all the same; a restart then asks them anew. */
	ost_ledger_part_keep(d->ledger);
	ost_auth_link_release(d->auth_link);
}

static void op_keep(void *user)
{
	struct ost_daemon *d = user;

	ost_ledger_part_keep(d->ledger);
}

static void op_ask(void *user, const struct ost_msg_auth_ask *m)
{
	struct ost_daemon *d = user;

	ost_auth_link_send(d->auth_link, OST_MSG_AUTH_ASK, m, sizeof(*m));
}

static void op_note(void *user, const struct ost_admission_note *n)
{
	struct ost_daemon *d = user;

	ost_admission_log_note(d->admission_log, n, ost_roster_image(d->roster),
		n->place != NULL ? ost_admission_port_name(d->admission, n->place->port) : "", moment());
	ost_watching_note(d, n);
	/* Evidence is on disk when the packet passes, or soon after. */
	if (n->kind == OST_NOTE_ADMITTED || n->order != NULL)
		ost_line_file_flush(d->admission_file);
}

/* ---- what the authenticator says ---- */

static void on_auth_up(void *user, const struct ost_msg_hello *hello)
{
	struct ost_daemon *d = user;

	ost_log_info("authenticator connected: pid %u, version %s", hello->pid, hello->version);
	ost_admission_auth_up(d->admission, moment());
}

static void on_auth_down(void *user, const char *why)
{
	struct ost_daemon *d = user;

	ost_log_warning("authenticator connection lost: %s", why);
	ost_admission_auth_down(d->admission, moment());
	d->auth_counts = (struct ost_msg_auth_counts){0};
}

static void on_opened(void *user, const struct ost_msg_auth_opened *m)
{
	struct ost_daemon *d = user;
	const struct ost_msg_auth_limit limit = {.conversation = m->conversation, .tls_max = (uint8_t)ost_admission_tls_max(d->admission, &m->place)};

	if (limit.tls_max != OST_TLS_MAX_1_3)
		ost_auth_link_send(d->auth_link, OST_MSG_AUTH_LIMIT, &limit, sizeof(limit));
}

static void on_claim(void *user, const struct ost_msg_auth_claim *m)
{
	struct ost_daemon *d = user;
	struct ost_msg_auth_claim placed = *m;

	if (m->way == OST_AUTH_WAY_PORTAL)
		ost_holder_place(d, m, &placed.place);
	ost_admission_claim(d->admission, &placed, moment());
}

static void on_outcome(void *user, const struct ost_msg_auth_outcome *m)
{
	struct ost_daemon *d = user;

	ost_admission_outcome(d->admission, m, moment());
	keep_urgent(d);
}

/* Another list than before: whoever may be on it proves himself again, however it came there. */
static void crl_take(struct ost_daemon *d, const struct ost_msg_auth_counts *m)
{
	bool changed = d->crl_next_s != 0 && (d->crl_this_s != m->crl_this_update_wall_s || d->crl_next_s != m->crl_next_update_wall_s);

	d->crl_this_s = m->crl_this_update_wall_s;
	d->crl_next_s = m->crl_next_update_wall_s;
	ost_admission_crl(d->admission, d->crl_next_s);
	if (!changed)
		return;
	ost_log_info("the authenticator has another revocation list");
	ost_admission_reload(d->admission, moment());
}

static void on_counts(void *user, const struct ost_msg_auth_counts *m)
{
	struct ost_daemon *d = user;

	d->auth_counts = *m;
	crl_take(d, m);
}

enum ost_crl_life ost_authority_crl(const struct ost_daemon *d, uint64_t *ret_hours)
{
	uint64_t now_s = ost_clock_wall_ns() / OST_NS_PER_S, ends_s = d->crl_next_s;

	*ret_hours = (ends_s > now_s ? ends_s - now_s : now_s - ends_s) / 3600;
	return ost_crl_life(d->crl_this_s, ends_s, now_s);
}

/* Each step of its life once. */
static void crl_tell(struct ost_daemon *d)
{
	uint64_t hours;
	enum ost_crl_life life = ost_authority_crl(d, &hours);

	if (life == d->crl_told)
		return;
	d->crl_told = life;
	if (life == OST_CRL_OLD)
		ost_log_warning("the revocation list ends in %" PRIu64 " hours, and then nobody new is let in: ostiary init --renew-crl, or --crl FILE", hours);
	else if (life == OST_CRL_GRACE)
		ost_log_warning("the revocation list is past its date: nobody new is let in, and re-authentication is put off for %" PRIu64 " hours more: ostiary init "
				"--renew-crl, or --crl FILE", OST_CRL_GRACE_S / 3600 - hours);
	else if (life == OST_CRL_OVER)
		ost_log_error("the revocation list is long past its date, nobody is let in: ostiary init --renew-crl, or --crl FILE");
}

static const struct ost_auth_link_handlers auth_handlers = {
	.up = on_auth_up,
	.down = on_auth_down,
	.opened = on_opened,
	.claim = on_claim,
	.outcome = on_outcome,
	.counts = on_counts,
};

/* ---- on disk ---- */

static bool part_due(void *user)
{
	struct ost_daemon *d = user;

	return ost_admission_unkept(d->admission) || ost_admission_denied_changes(d->admission) != d->denied_kept ||
		ost_admission_lock_changes(d->admission) != d->locks_kept;
}

static int row_write(void *user, const struct ost_admission_row *row, bool keep)
{
	struct ost_registry *registry = user;

	return keep ? ost_registry_admission_put(registry, row) : ost_registry_admission_drop(registry, row->device);
}

struct locks_write {
	struct ost_registry *registry;
	struct ost_moment now;
	int error;
};

static void lock_write(void *user, const struct ost_place_entry *e)
{
	struct locks_write *w = user;
	const struct ost_registry_lock lock = {.place = e->place, .until_wall_ns = ost_moment_wall(w->now, e->locked_until_ns), .locks = e->locks};

	if (e->locked_until_ns > w->now.mono_ns && w->error == 0)
		w->error = ost_registry_lock_put(w->registry, &lock);
}

static int part_write(void *user, struct ost_registry *registry)
{
	struct ost_daemon *d = user;
	struct locks_write w = {registry, moment(), 0};
	int r = ost_admission_unkept_each(d->admission, w.now, row_write, registry);

	if (r == 0 && ost_admission_denied_changes(d->admission) != d->denied_kept)
		r = ost_denying_write(d->paths.denied, d->admission);
	if (r < 0 || ost_admission_lock_changes(d->admission) == d->locks_kept)
		return r;
	r = ost_registry_locks_clear(registry);
	if (r == 0)
		ost_admission_locks_each(d->admission, lock_write, &w);
	return r < 0 ? r : w.error;
}

static void part_written(void *user, bool synced)
{
	struct ost_daemon *d = user;

	ost_admission_kept(d->admission, synced);
	d->denied_kept = ost_admission_denied_changes(d->admission);
	d->locks_kept = ost_admission_lock_changes(d->admission);
}

static void row_restore(void *user, const struct ost_admission_row *row)
{
	struct ost_daemon *d = user;

	ost_admission_restore(d->admission, row, false, moment());
}

/* A device that comes back into the policy. */
static void row_restore_away(void *user, const struct ost_admission_row *row)
{
	struct ost_daemon *d = user;

	ost_admission_restore(d->admission, row, true, moment());
}

static void lock_restore(void *user, const struct ost_registry_lock *lock)
{
	struct ost_daemon *d = user;

	ost_admission_restore_lock(d->admission, &lock->place, lock->until_wall_ns, lock->locks, moment());
}

static void line_write(void *user, const char *line, size_t length)
{
	struct ost_daemon *d = user;

	ost_line_file_line(d->admission_file, line, length);
}

/* ---- start ---- */

int ost_authority_start(struct ost_daemon *d, char why[static OST_DAEMON_WHY])
{
	const struct ost_admission_ops ops = {.admit = op_admit, .decide = op_decide, .ask = op_ask, .note = op_note, .keep = op_keep, .user = d};
	const struct ost_ledger_part part = {.due = part_due, .write = part_write, .written = part_written, .user = d};
	const struct ost_admission_log_config log = {.gateway = d->gateway, .write = line_write, .user = d};
	struct ost_hash_key key;
	int r;

	if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return -EIO;
	r = ost_line_file_new(d->paths.admission_log, FILE_BYTES, FILES, &d->admission_file);
	if (r == 0)
		r = ost_admission_log_new(&log, &d->admission_log);
	if (r == 0)
		r = ost_admission_new(&ops, &key, &d->admission);
	d->decided = evtimer_new(d->base, on_decided, d);
	if (d->decided == NULL)
		return -ENOMEM;
	if (r == 0)
		r = ost_auth_link_new(d->base, d->paths.auth_socket, &auth_handlers, d, &d->auth_link);
	if (r == 0)
		ost_ledger_part(d->ledger, &part);
	else if (d->admission != NULL)
		(void)snprintf(why, OST_DAEMON_WHY, "%s: %s; make this folder writable for ostiaryd, and remove what is in the "
						    "socket's place",
			d->paths.auth_socket, strerror(-r));
	return r;
}

int ost_authority_restore(struct ost_daemon *d)
{
	const struct ost_image *image = ost_roster_image(d->roster);
	/* Before the devices: one that is locked out stays so as long as its place. */
	int r = ost_registry_locks_each(d->registry, lock_restore, d);

	d->locks_kept = ost_admission_lock_changes(d->admission);
	if (r == 0 && image != NULL)
		r = ost_admission_policy(d->admission, image, moment());
	return r == 0 && image != NULL ? ost_registry_admissions_each(d->registry, row_restore, d) : r;
}

void ost_authority_stop(struct ost_daemon *d)
{
	if (d->decided != NULL)
		event_free(d->decided);
	ost_auth_link_free(&d->auth_link);
	ost_admission_free(&d->admission);
	ost_admission_log_free(&d->admission_log);
	ost_line_file_free(&d->admission_file);
}

void ost_authority_policy(struct ost_daemon *d)
{
	int r;

	/* Rows of devices that the new policy does not have are written while their names are known. */
	if (ost_admission_unkept(d->admission))
		ost_ledger_flush(d->ledger, ost_clock_mono_ns(), false);
	r = ost_admission_policy(d->admission, ost_roster_image(d->roster), moment());
	if (r == 0)
		r = ost_registry_admissions_each(d->registry, row_restore_away, d);
	keep_urgent(d);
	if (r == 0)
		return;
	(void)snprintf(d->trouble, sizeof(d->trouble), "the devices' sessions cannot follow the policy (%s): restart ostiaryd",
		strerror(-r));
	ost_log_error("%s", d->trouble);
}

/* ---- what the data plane says ---- */

void ost_authority_link_up(struct ost_daemon *d)
{
	ost_admission_link_up(d->admission, moment());
}

void ost_authority_link_down(struct ost_daemon *d)
{
	ost_admission_link_down(d->admission);
}

bool ost_authority_ack(struct ost_daemon *d, uint32_t sequence, int result)
{
	bool ok = ost_admission_ack(d->admission, sequence, result, moment()) == 0;

	keep_urgent(d);
	return ok;
}

void ost_authority_began(struct ost_daemon *d, uint64_t wall_ns)
{
	ost_admission_began(d->admission, wall_ns, moment());
}

void ost_authority_port(struct ost_daemon *d, const struct ost_msg_port_link *m)
{
	ost_admission_port(d->admission, m->port, &(struct ost_admission_link){.name = m->name, .up = m->up != 0, .down_ns = m->down_ns}, moment());
	keep_urgent(d);
}

void ost_authority_enforced(struct ost_daemon *d, const struct ost_msg_device_stats *m)
{
	const struct ost_image *image = ost_roster_image(d->roster);

	if (image == NULL || m->generation != image->generation)
		return;
	ost_admission_enforced(d->admission, m->device, m->state, m->port, moment());
	ost_admission_spoke(d->admission, m->device, m->out_pkts, moment());
}

void ost_authority_refused(struct ost_daemon *d, const struct ost_refusal *r)
{
	const struct ost_image *image = ost_roster_image(d->roster);
	struct ost_place place = {.port = r->port, .vlan = r->vlan};
	int64_t device = -ENOENT;

	if (r->reason != OST_REASON_UNKNOWN_DEVICE && r->reason != OST_REASON_STATE)
		return;
	if (r->port >= OST_PORTS_MAX || d->gauges.ports[r->port].side != OST_SIDE_DEVICE)
		return;
	if (image != NULL && r->generation == image->generation && r->device < image->device_count)
		device = r->device;
	memcpy(place.mac, r->src_mac, sizeof(place.mac));
	ost_admission_seen(d->admission, &place, device, moment());
}

void ost_authority_tick(struct ost_daemon *d)
{
	crl_tell(d);
	ost_admission_tick(d->admission, moment());
	keep_urgent(d);
	ost_line_file_flush(d->admission_file);
}

/* ---- orders ---- */

static void who_fill(struct ost_session_order *who, uint32_t uid, const char *why)
{
	const struct passwd *p = getpwuid(uid);

	*who = (struct ost_session_order){.uid = uid};
	if (p != NULL)
		(void)snprintf(who->by, sizeof(who->by), "%s", p->pw_name);
	else
		(void)snprintf(who->by, sizeof(who->by), "uid %u", uid);
	(void)snprintf(who->why, sizeof(who->why), "%s", why);
}

int ost_authority_destroyed(struct ost_daemon *d, const char *device, uint32_t uid, const char *what)
{
	int64_t place = ost_roster_find(d->roster, device);
	struct ost_admission_note n = {.kind = OST_NOTE_DESTROYED, .device = place, .way = OST_AUTH_WAY_COUNT, .detail = what};
	struct ost_session_order who;

	if (place < 0 || ost_admission_session(d->admission, (uint32_t)place)->standing != OST_STATE_RETIRED)
		return -EPERM;
	who_fill(&who, uid, "");
	n.order = &who;
	op_note(d, &n);
	return 0;
}

int ost_authority_order(struct ost_daemon *d, const char *device, enum ost_event order, uint32_t uid, const char *reason,
	char why[static 256])
{
	struct ost_session_order who;
	int64_t place = ost_roster_find(d->roster, device);
	int r;

	if (place < 0) {
		(void)snprintf(why, 256, "the policy in force has no device of this name");
		return -ENOENT;
	}
	who_fill(&who, uid, reason);
	r = ost_admission_order(d->admission, (uint32_t)place, order, &who, moment(), why);
	if (r < 0)
		return r;
	ost_ledger_flush(d->ledger, ost_clock_mono_ns(), false);
	if (ost_ledger_counts(d->ledger)->trouble == 0)
		return 0;
	(void)snprintf(why, 256, "it is in force, but the registry cannot be written (%s): a restart would forget it",
		strerror(-ost_ledger_counts(d->ledger)->trouble));
	return -EIO;
}

void ost_authority_reload(struct ost_daemon *d)
{
	ost_log_info("keys, certificates and revocation list are read again");
	ost_auth_link_send(d->auth_link, OST_MSG_AUTH_RELOAD, NULL, 0);
	ost_admission_reload(d->admission, moment());
}
