/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journaling.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>

#include "api.h"
#include "casebook.h"
#include "clock.h"
#include "export_link.h"
#include "log.h"
#include "site_yaml.h"

#define RESERVE_BYTES ((size_t)4 << 20)

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	struct ost_daemon *d = user;

	(void)fd;
	(void)what;
	ost_journal_drain(d->journal);
	if (d->api != NULL)
		ost_api_tell(d->api);
}

static void on_acknowledged(void *user, const struct ost_journal_ack *ack)
{
	ost_casebook_acknowledged(user, ack);
}

static void on_covered(void *user, uint64_t size, const char *note)
{
	struct ost_daemon *d = user;

	if (d->export_link != NULL) /* the journal is closed behind it, and tells once more */
		ost_export_link_covered(d->export_link, size, note);
}

static int export_start(struct ost_daemon *d, bool expected)
{
	const struct ost_export_link_config config = {.socket_path = d->paths.export_socket, .journal_path = d->paths.journal_dir, .journal = d->journal,
		.expected = expected};

	return ost_export_link_new(&config, &d->export_link);
}

/* The host's name as part of the journal's name for ever: an existing journal keeps the one it began with. */
static void origin_make(const struct ost_daemon *d, char buf[static OST_JOURNAL_ORIGIN_MAX + 1])
{
	(void)snprintf(buf, OST_JOURNAL_ORIGIN_MAX + 1, "%.60s/ostiary/journal", d->gateway);
	for (char *c = buf; *c != '\0'; c++) {
		if (*c <= ' ' || *c >= 0x7f || *c == '+')
			*c = '-';
	}
}

/* A site file that cannot be read says nothing: records stay until somebody mends it. Whether the journal is exported. */
static bool retention_read(const struct ost_daemon *d, struct ost_journal_config *config)
{
	bool exported = false;
	struct ost_site_file *site = NULL;
	struct ost_diag diag = {0};

	if (ost_site_file_load(d->paths.site_file, &diag, &site) == 0) {
		config->retain_days = site->journal_days;
		config->retain_bytes = (uint64_t)site->journal_mib << 20;
		exported = site->export_count > 0;
	}
	ost_site_file_free(&site);
	ost_diag_free(&diag);
	return exported;
}

int ost_journaling_start(struct ost_daemon *d)
{
	char origin[OST_JOURNAL_ORIGIN_MAX + 1];
	struct ost_journal_config config = {.path = d->paths.journal_dir, .origin = origin, .reserve_bytes = RESERVE_BYTES,
		.acknowledged = on_acknowledged, .covered = on_covered, .user = d};
	bool exported;
	int r;

	origin_make(d, origin);
	exported = retention_read(d, &config);
	r = ost_journal_open(&config, &d->journal);
	if (r == 0)
		r = export_start(d, exported);
	if (r < 0)
		return r;
	d->journal_ready = event_new(d->base, ost_journal_fd(d->journal), EV_READ | EV_PERSIST, on_readable, d);
	return d->journal_ready == NULL || event_add(d->journal_ready, NULL) < 0 ? -ENOMEM : 0;
}

void ost_journaling_stop(struct ost_daemon *d)
{
	if (d->journal_ready != NULL)
		event_free(d->journal_ready);
	d->journal_ready = NULL;
	ost_export_link_free(&d->export_link);
	ost_journal_close(&d->journal);
}

void ost_journaling_tick(struct ost_daemon *d)
{
	enum ost_journal_mode before = d->journal_told;
	struct ost_journal_status s;

	ost_journal_status(d->journal, &s);
	if (s.mode == before)
		return;
	d->journal_told = s.mode;
	if (s.mode == OST_JOURNAL_SOUND)
		ost_log_info("journal %s: %" PRIu64 " records, key %s", s.origin, s.size, s.vkey);
	else if (s.mode != OST_JOURNAL_STARTING)
		ost_log_error("journal: %s: %s", ost_journal_mode_name(s.mode), s.trouble);
}

/* ---- what is written ---- */

static void policy_members(struct ost_jsonw *w, const struct ost_daemon *d, const char *action, const struct ost_generation *g)
{
	ost_jsonw_string(w, "message", "the policy in force changed");
	ost_jsonw_object(w, "event");
	ost_jsonw_string(w, "kind", "event");
	ost_jsonw_array(w, "category");
	ost_jsonw_string(w, NULL, "configuration");
	ost_jsonw_end(w, ']');
	ost_jsonw_array(w, "type");
	ost_jsonw_string(w, NULL, "change");
	ost_jsonw_end(w, ']');
	ost_jsonw_string(w, "action", "policy-change");
	ost_jsonw_end(w, '}');
	ost_jsonw_object(w, "observer");
	ost_journal_string(w, "hostname", d->gateway, strlen(d->gateway), 256);
	ost_jsonw_end(w, '}');
	ost_jsonw_object(w, "user");
	ost_journal_string(w, "name", g->by, strlen(g->by), 256);
	ost_jsonw_end(w, '}');
	ost_jsonw_object(w, "ostiary");
	ost_jsonw_object(w, "policy");
	ost_jsonw_string(w, "action", action);
	ost_jsonw_u64(w, "generation", g->number);
	ost_jsonw_u64(w, "devices", g->devices);
	ost_jsonw_u64(w, "roles", g->roles);
	ost_jsonw_u64(w, "rules", g->rules);
	ost_jsonw_string(w, "sources_sha256", g->sources_sha256[0] != '\0' ? g->sources_sha256 : NULL);
	ost_journal_string(w, "message", g->message, strlen(g->message), 4096);
	ost_journal_string(w, "result", g->result, strlen(g->result), 1024);
	ost_jsonw_end(w, '}');
	ost_jsonw_end(w, '}');
}

void ost_journaling_policy(struct ost_daemon *d, const char *action, const struct ost_generation *g)
{
	struct ost_jsonw w = {0};
	struct ost_journal_record record = {.kind = "policy.change", .at_once = true, .vital = true};
	int r = -ENOMEM;

	policy_members(&w, d, action, g);
	record.members = w.text;
	if (!w.failed)
		r = ost_journal_append(d->journal, &record);
	if (r < 0)
		ost_log_error("journal: the change to policy generation %" PRIu64 " is not recorded: %s", g->number, strerror(-r));
	ost_jsonw_free(&w);
}

/* ---- what is shown ---- */

void ost_journaling_json(struct ost_daemon *d, struct ost_jsonw *w)
{
	struct ost_journal_status s;

	ost_journal_status(d->journal, &s);
	ost_jsonw_object(w, "journal");
	ost_jsonw_string(w, "mode", ost_journal_mode_name(s.mode));
	ost_jsonw_string(w, "trouble", s.trouble[0] != '\0' ? s.trouble : NULL);
	ost_jsonw_string(w, "origin", s.origin);
	ost_jsonw_string(w, "vkey", s.vkey[0] != '\0' ? s.vkey : NULL);
	ost_jsonw_u64(w, "size", s.size);
	ost_jsonw_u64(w, "minimum_index", s.minimum);
	ost_jsonw_u64(w, "waiting", s.waiting);
	ost_jsonw_u64(w, "dropped", s.dropped);
	ost_jsonw_u64(w, "refused", s.refused);
	ost_jsonw_u64(w, "io_errors", s.io_errors);
	ost_jsonw_u64(w, "recoveries", s.recoveries);
	ost_jsonw_time(w, "covered", s.covered_wall_ns);
	ost_jsonw_end(w, '}');
}

bool ost_journaling_trouble(struct ost_daemon *d, char *buf, size_t size)
{
	struct ost_journal_status s;

	ost_journal_status(d->journal, &s);
	if (s.mode == OST_JOURNAL_DEGRADED) {
		(void)snprintf(buf, size, "the journal is degraded, %" PRIu64 " records wait, %" PRIu64 " were dropped: %.150s", s.waiting, s.dropped, s.trouble);
		return true;
	}
	if (s.mode == OST_JOURNAL_READ_ONLY) {
		(void)snprintf(buf, size, "the journal is read-only, a person must look: %.150s; see ostiary-journal(1)", s.trouble);
		return true;
	}
	return false;
}
