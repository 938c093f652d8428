/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay_incidents.h"

#include <stdio.h>
#include <sys/random.h>

#include "detect.h"
#include "incident_json.h"
#include "show.h"
#include "table.h"
#include "whereabouts.h"


struct ost_replay_incidents {
	const struct ost_image *image;
	struct ost_whereabouts *where;
	struct ost_detect *detect;
	struct ost_incidents *incidents;
	struct ost_moment now;
	bool flushed;
};

static void on_event(void *user, const struct ost_incident_event *event, struct ost_moment now)
{
	struct ost_replay_incidents *i = user;

	(void)ost_incidents_event(i->incidents, event, now);
}

/* All are listed at the end: nobody waits for records here. */
static void on_record(void *user, enum ost_incident_record record, const struct ost_incident *incident, const char *why)
{
	(void)user;
	(void)record;
	(void)incident;
	(void)why;
}

static void random_fill(void *user, void *bytes, size_t length)
{
	(void)user;
	if (getrandom(bytes, length, 0) != (ssize_t)length)
		memset(bytes, 0, length);
}

static int parts_make(struct ost_replay_incidents *i)
{
	struct ost_detect_config detect = {.event = on_event, .user = i};
	struct ost_incidents_config incidents = {.random = random_fill, .record = on_record, .user = i};
	int r;

	if (getrandom(&detect.key, sizeof(detect.key), 0) != (ssize_t)sizeof(detect.key))
		return -EIO;
	incidents.key = detect.key;
	r = ost_whereabouts_new(&detect.key, &i->where);
	if (r == 0)
		r = ost_whereabouts_policy(i->where, i->image);
	if (r == 0)
		r = ost_detect_new(&detect, &i->detect);
	return r == 0 ? ost_incidents_new(&incidents, &i->incidents) : r;
}

int ost_replay_incidents_new(const struct ost_image *image, struct ost_replay_incidents **ret_incidents)
{
	struct ost_replay_incidents *i = calloc(1, sizeof(*i));
	int r = i == NULL ? -ENOMEM : 0;

	if (i != NULL) {
		i->image = image;
		r = parts_make(i);
	}
	if (r < 0)
		ost_replay_incidents_free(&i);
	else
		*ret_incidents = i;
	return r;
}

void ost_replay_incidents_free(struct ost_replay_incidents **incidents)
{
	struct ost_replay_incidents *i = *incidents;

	*incidents = NULL;
	if (i == NULL)
		return;
	ost_whereabouts_free(&i->where);
	if (i->detect != NULL)
		ost_detect_free(&i->detect);
	if (i->incidents != NULL)
		ost_incidents_free(&i->incidents);
	free(i);
}

static struct ost_ip ip_of(const uint8_t bytes[static 16], uint8_t family)
{
	struct ost_ip ip = {.family = family};

	memcpy(ip.b, bytes, sizeof(ip.b));
	return ip;
}

void ost_replay_incidents_refused(struct ost_replay_incidents *i, const struct ost_refusal *r, uint8_t side)
{
	struct ost_detect_refusal f = {.record = r, .device = "", .peer = "", .port = side == OST_SIDE_NETWORK ? "network" : "device",
		.network = side == OST_SIDE_NETWORK};

	if (r->device < i->image->device_count)
		f.device = ost_image_device_name(i->image, r->device);
	if (r->port < i->image->port_count)
		f.port = ost_image_string(i->image, i->image->ports[r->port].name);
	if (r->family != 0) {
		struct ost_ip to = ip_of(r->dst_ip, r->family), from = ip_of(r->src_ip, r->family);
		const char *peer = ost_whereabouts_device(i->where, &to);

		f.peer = peer != NULL && strcmp(peer, f.device) != 0 ? peer : "";
		f.foreign = ost_whereabouts_foreign(i->where, f.network ? &from : &to);
	}
	i->now.wall_ns = OST_MAX(i->now.wall_ns, r->last_wall_ns);
	ost_detect_refused(i->detect, &f, i->now);
}

void ost_replay_incidents_second(struct ost_replay_incidents *i, struct ost_moment now)
{
	i->now = now;
	ost_detect_tick(i->detect, now);
	ost_incidents_tick(i->incidents, now);
}

/* ---- at the end ---- */

/* What still waits in a window is looked at as if time had gone on. */
static void flush(struct ost_replay_incidents *i)
{
	if (!i->flushed)
		ost_replay_incidents_second(i, (struct ost_moment){i->now.mono_ns + OST_DETECT_LOOK_NS + OST_NS_PER_S, i->now.wall_ns});
	i->flushed = true;
}

static bool one_json(void *user, const struct ost_incident *n)
{
	struct ost_jsonw *w = user;
	char message[OST_INCIDENT_MESSAGE];

	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "cause", ost_cause_info(n->cause)->name);
	ost_jsonw_string(w, "severity", ost_severity_name(ost_risk_severity(n->risk)));
	ost_jsonw_string(w, "device", n->who[0] != '\0' ? n->who : NULL);
	ost_jsonw_string(w, "place", n->place);
	ost_jsonw_string(w, "scope", n->scope);
	ost_jsonw_string(w, "threshold", n->rule[0] != '\0' ? n->rule : NULL);
	ost_jsonw_u64(w, "count", n->count);
	ost_jsonw_u64(w, "related", n->related_count);
	ost_jsonw_time(w, "first_seen", n->first_wall_ns);
	ost_jsonw_time(w, "last_seen", n->last_wall_ns);
	ost_jsonw_string(w, "message", ost_incident_message(n, message));
	ost_jsonw_end(w, '}');
	return true;
}

void ost_replay_incidents_json(struct ost_replay_incidents *i, struct ost_jsonw *w)
{
	flush(i);
	ost_jsonw_array(w, "incidents");
	ost_incidents_each(i->incidents, one_json, w);
	ost_jsonw_end(w, ']');
}

struct rows {
	const struct ost_incident *at[256];
	uint32_t count, all;
};

static bool row_take(void *user, const struct ost_incident *n)
{
	struct rows *r = user;

	if (r->count < OST_ARRAY_SIZE(r->at))
		r->at[r->count++] = n;
	r->all++;
	return true;
}

/* The worst first, then in the order of time. */
static int by_risk(const void *a, const void *b)
{
	const struct ost_incident *x = *(const struct ost_incident *const *)a, *y = *(const struct ost_incident *const *)b;

	if (x->risk != y->risk)
		return x->risk > y->risk ? -1 : 1;
	return x->first_wall_ns < y->first_wall_ns ? -1 : x->first_wall_ns > y->first_wall_ns;
}

int ost_replay_incidents_print(const struct ost_cli *cli, struct ost_replay_incidents *i)
{
	static const char *const heads[] = {"severity", "what, who and how often"};
	struct ost_table table = {.heads = heads, .columns = OST_ARRAY_SIZE(heads), .bare = true};
	struct rows *rows OST_AUTO_FREE = calloc(1, sizeof(*rows));
	char message[OST_INCIDENT_MESSAGE];

	if (rows == NULL)
		return ost_cli_fail("out of memory");
	flush(i);
	ost_incidents_each(i->incidents, row_take, rows);
	if (rows->count == 0)
		return OST_EXIT_OK;
	qsort(rows->at, rows->count, sizeof(rows->at[0]), by_risk);
	(void)printf("\nincidents that ostiaryd would have opened (%u of %u)\n", rows->count, rows->all);
	for (uint32_t k = 0; k < rows->count; k++) {
		ost_table_cell(&table, ost_severity_name(ost_risk_severity(rows->at[k]->risk)));
		ost_table_cell(&table, ost_incident_message(rows->at[k], message));
	}
	ost_table_print(&table, cli, 2);
	return OST_EXIT_OK;
}
