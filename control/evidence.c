/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "evidence_disk.h"
#include "evidence_index.h"
#include "evidence_record.h"
#include "incident.h"
#include "incident_json.h"
#include "log.h"
#include "pcapng.h"

#define ANSWER_WITHIN_NS (5 * OST_NS_PER_S)
#define SNAPLEN		 OST_COPY_BYTES
#define PORT_NONE	 UINT32_MAX

/* What an incident wants, under way. */
struct taking {
	uint64_t token; /* 0: free */
	uint64_t until_ns; /* the data plane must have said its last by then */
	struct ost_evidence_told told;
	struct ost_pcapng file;
	uint32_t interfaces[OST_PORTS_MAX]; /* of the file, by port; PORT_NONE: not in it */
};

struct ost_evidence {
	char folder[PATH_MAX];
	struct ost_evidence_disk *disk;
	struct ost_evidence_index index;
	struct taking takings[OST_EVIDENCE_TAKINGS];
	uint64_t token;
	struct ost_evidence_counts counts;
};

/* ---- the end of a taking ---- */

static void tell(struct ost_daemon *d, const struct ost_evidence_told *told)
{
	int r = ost_evidence_record(d->journal, d->gateway, told);

	if (told->packets > 0)
		d->evidence->counts.written++;
	else
		d->evidence->counts.failed++;
	if (r < 0)
		ost_log_error("journal: evidence of an incident is not recorded: %s", strerror(-r));
}

static void expire(struct ost_daemon *d)
{
	struct ost_evidence *e = d->evidence;
	const struct ost_evidence_file *oldest = &e->index.files[0];
	struct ost_evidence_job *job = calloc(1, sizeof(*job));
	struct ost_evidence_told *told = calloc(1, sizeof(*told));

	if (job == NULL || told == NULL) {
		free(job);
		free(told);
		return;
	}
	memcpy(told->incident, oldest->incident, sizeof(told->incident));
	told->number = oldest->number;
	told->bytes = oldest->bytes;
	told->hashed = oldest->hashed;
	memcpy(told->sha256, oldest->sha256, sizeof(told->sha256));
	ost_evidence_name(oldest->incident, oldest->number, job->name, sizeof(job->name));
	job->user = told;
	if (ost_evidence_disk_put(e->disk, job) < 0) {
		free(told);
		ost_evidence_job_free(job);
		return;
	}
	ost_evidence_index_remove(&e->index, 0);
}

static void removed(struct ost_daemon *d, const struct ost_evidence_job *job, const struct ost_evidence_told *told)
{
	struct ost_evidence *e = d->evidence;

	e->counts.expired++;
	if (job->result < 0)
		ost_log_error("%s/%s: %s: evidence that is due to go is still there", e->folder, job->name, strerror(-job->result));
	else if (ost_evidence_record_expired(d->journal, d->gateway, told) < 0)
		ost_log_error("journal: that evidence went is not recorded");
}

static void written(struct ost_daemon *d, const struct ost_evidence_job *job, struct ost_evidence_told *told)
{
	struct ost_evidence *e = d->evidence;
	struct ost_evidence_file f = {.number = told->number, .bytes = told->bytes, .packets = told->packets, .snaplen = SNAPLEN,
		.wall_ns = ost_clock_wall_ns(), .hashed = true};

	if (job->result < 0) {
		(void)snprintf(told->missing, sizeof(told->missing), "the file could not be written: %.100s", strerror(-job->result));
		ost_log_error("%s/%s: %s", e->folder, job->name, strerror(-job->result));
		told->packets = 0;
		tell(d, told);
		return;
	}
	memcpy(f.incident, told->incident, sizeof(f.incident));
	memcpy(f.sha256, job->sha256, sizeof(f.sha256));
	memcpy(told->sha256, job->sha256, sizeof(told->sha256));
	told->hashed = true;
	if (ost_evidence_index_add(&e->index, &f) < 0)
		ost_log_error("out of memory: %s is not listed until the next start", job->name);
	tell(d, told);
}

static void on_done(void *user, struct ost_evidence_job *job)
{
	struct ost_daemon *d = user;

	if (job->bytes == NULL)
		removed(d, job, job->user);
	else
		written(d, job, job->user);
	free(job->user);
	ost_evidence_job_free(job);
}

static void missing_say(struct ost_evidence_told *told, const char *why)
{
	if (why != NULL && told->missing[0] == '\0')
		(void)snprintf(told->missing, sizeof(told->missing), "%s", why);
}

/* Gives the taking's bytes to the disk. False: no memory, or no thread. */
static bool file_put(struct ost_evidence *e, struct taking *t)
{
	struct ost_evidence_job *job = calloc(1, sizeof(*job));
	struct ost_evidence_told *told = malloc(sizeof(*told));

	if (job == NULL || told == NULL) {
		free(job);
		free(told);
		return false;
	}
	*told = t->told;
	job->user = told;
	ost_evidence_name(told->incident, told->number, job->name, sizeof(job->name));
	job->bytes = t->file.bytes;
	job->length = t->file.length;
	if (ost_evidence_disk_put(e->disk, job) < 0) {
		job->bytes = NULL;
		free(told);
		ost_evidence_job_free(job);
		return false;
	}
	t->file.bytes = NULL;
	return true;
}

static void finish(struct ost_daemon *d, struct taking *t, const char *why)
{
	struct ost_evidence *e = d->evidence;

	t->told.packets = t->file.packets;
	t->told.bytes = (uint32_t)t->file.length;
	missing_say(&t->told, why);
	if (t->told.packets == 0) {
		missing_say(&t->told, "no frame of it was copied");
		tell(d, &t->told);
	} else {
		while (ost_evidence_index_must_go(&e->index, t->told.bytes, ost_clock_wall_ns())) {
			uint32_t before = e->index.count;

			expire(d);
			if (e->index.count == before)
				break;
		}
		if (!file_put(e, t)) {
			t->told.packets = 0;
			missing_say(&t->told, "there was no memory to write the file");
			tell(d, &t->told);
		}
	}
	free(t->file.bytes);
	*t = (struct taking){0};
}

/* ---- the beginning ---- */

/* "dev1 02:00:00:00:00:01": the place of a failed admission. */
static bool place_parse(const struct ost_gauges *g, const char *place, struct ost_msg_evidence *m)
{
	const char *mac = strrchr(place, ' ');
	struct ost_mac parsed;

	if (mac == NULL || ost_mac_parse(mac + 1, &parsed) < 0)
		return false;
	for (unsigned i = 0; i < OST_PORTS_MAX; i++) {
		const char *name = ost_gauges_port_name(g, i);
		size_t n = strlen(name);

		if (n == 0 || strncmp(place, name, n) != 0 || place[n] != ' ')
			continue;
		m->port = (uint8_t)i;
		memcpy(m->mac, parsed.b, sizeof(m->mac));
		return true;
	}
	return false;
}

/* Whose frames? False: nobody's. */
static bool whose(const struct ost_daemon *d, const struct ost_incident *i, struct ost_msg_evidence *m)
{
	static const uint8_t none[6];
	const struct ost_image *image = ost_roster_image(d->roster);
	int64_t device = i->who[0] != '\0' && image != NULL ? ost_roster_find(d->roster, i->who) : -ENOENT;

	m->device = OST_DEVICE_NONE;
	if (device >= 0) {
		m->device = (uint32_t)device;
		m->generation = image->generation;
		return true;
	}
	if (memcmp(i->wire.mac, none, sizeof(none)) == 0)
		return place_parse(&d->gauges, i->place, m);
	m->port = i->wire.ingress;
	m->any_mac = i->cause == OST_CAUSE_UNKNOWN_DEVICE; /* it may have a new one for each frame */
	memcpy(m->mac, i->wire.mac, sizeof(m->mac));
	return m->port < OST_PORTS_MAX;
}

static struct taking *taking_of(struct ost_evidence *e, uint64_t token)
{
	for (uint32_t i = 0; i < OST_EVIDENCE_TAKINGS; i++) {
		if (e->takings[i].token == token)
			return &e->takings[i];
	}
	return NULL;
}

static const struct taking *under_way(const struct ost_evidence *e, const uint8_t incident[static 16])
{
	for (uint32_t i = 0; i < OST_EVIDENCE_TAKINGS; i++) {
		if (e->takings[i].token != 0 && memcmp(e->takings[i].told.incident, incident, 16) == 0)
			return &e->takings[i];
	}
	return NULL;
}

static int file_begin(const struct ost_daemon *d, struct taking *t, const struct ost_incident *i)
{
	char comment[OST_INCIDENT_MESSAGE + 64], message[OST_INCIDENT_MESSAGE], id[OST_INCIDENT_ID_TEXT];
	void *bytes = malloc(OST_EVIDENCE_FILE_MAX);
	int r;

	if (bytes == NULL)
		return -ENOMEM;
	for (unsigned port = 0; port < OST_PORTS_MAX; port++)
		t->interfaces[port] = PORT_NONE;
	(void)snprintf(comment, sizeof(comment), "incident %s: %s", ost_incident_id_text(i->id, id), ost_incident_message(i, message));
	r = ost_pcapng_begin(&t->file, bytes, OST_EVIDENCE_FILE_MAX, d->gateway, "ostiary " OSTIARY_VERSION, comment);
	if (r < 0) {
		free(bytes);
		t->file.bytes = NULL;
	}
	return r;
}

/* NULL: it is under way. Else why not. */
static const char *take(struct ost_daemon *d, const struct ost_incident *i, struct ost_msg_evidence *m, const struct ost_evidence_told *told)
{
	struct ost_evidence *e = d->evidence;
	struct taking *t = taking_of(e, 0);

	if (told->number > OST_EVIDENCE_EACH_MAX)
		return "it was opened again too often: the files of the first times are there";
	if (t == NULL)
		return "too many incidents began at once";
	if (file_begin(d, t, i) < 0)
		return "out of memory";
	m->token = e->token + 1;
	if (ost_link_evidence(d->link, m) < 0) {
		free(t->file.bytes);
		t->file.bytes = NULL;
		return "the data plane was away";
	}
	t->token = ++e->token;
	t->until_ns = ost_clock_mono_ns() + OST_EVIDENCE_AFTER_S * OST_NS_PER_S + ANSWER_WITHIN_NS;
	t->told = *told;
	return NULL;
}

void ost_evidence_wanted(struct ost_daemon *d, const struct ost_incident *incident)
{
	struct ost_msg_evidence m = {.before = OST_EVIDENCE_BEFORE, .after = OST_EVIDENCE_AFTER, .after_ms = OST_EVIDENCE_AFTER_S * 1000};
	struct ost_evidence_told told = {.snaplen = SNAPLEN, .wanted_wall_ns = ost_clock_wall_ns()};
	struct ost_evidence *e = d->evidence;
	const char *why;

	if (e == NULL || under_way(e, incident->id) != NULL || !whose(d, incident, &m))
		return;
	memcpy(told.incident, incident->id, sizeof(told.incident));
	told.number = ost_evidence_index_last(&e->index, incident->id) + 1;
	why = take(d, incident, &m, &told);
	if (why == NULL)
		return;
	missing_say(&told, why);
	tell(d, &told);
}

/* ---- what comes ---- */

static int interface_of(struct ost_daemon *d, struct taking *t, uint8_t port)
{
	const char *name = ost_gauges_port_name(&d->gauges, port);
	char number[16], side[32];
	int r;

	if (t->interfaces[port] != PORT_NONE)
		return 0;
	(void)snprintf(number, sizeof(number), "port%u", port);
	(void)snprintf(side, sizeof(side), "%s side", ost_side_name(d->gauges.ports[port].side));
	r = ost_pcapng_interface(&t->file, name[0] != '\0' ? name : number, name[0] != '\0' ? side : NULL, SNAPLEN);
	if (r == 0)
		t->interfaces[port] = t->file.interfaces - 1;
	return r;
}

static void copy_take(struct ost_daemon *d, struct taking *t, const struct ost_copy *c)
{
	char comment[512];
	struct ost_pcapng_packet p = {.wall_ns = c->wall_ns, .bytes = c->bytes, .length = c->length, .frame_bytes = c->frame_bytes,
		.comment = comment};
	int r = interface_of(d, t, c->port);

	if (c->reason == OST_REASON_NONE)
		(void)snprintf(comment, sizeof(comment), "%s", ost_copy_verdict_name(c->verdict));
	else
		(void)snprintf(comment, sizeof(comment), "%s: %s (%s)", ost_copy_verdict_name(c->verdict), ost_reason_name(c->reason),
			ost_reason_meaning(c->reason));
	p.interface = t->interfaces[c->port];
	if (r == 0)
		r = ost_pcapng_packet(&t->file, &p);
	if (r < 0)
		t->told.left_out++;
	else if (c->wall_ns <= t->told.wanted_wall_ns)
		t->told.before++;
	else
		t->told.after++;
}

static const char *refused_why(int result)
{
	switch (result) {
	case 0:
		return NULL;
	case -ESTALE:
		return "another policy came in force at that moment";
	case -ENOENT:
		return "the device is at no port";
	case -EBUSY:
		return "the data plane had too many such orders at once";
	default:
		return "the data plane could not";
	}
}

void ost_evidence_copies(struct ost_daemon *d, const struct ost_msg_copies *m)
{
	struct taking *t = d->evidence != NULL && m->token != 0 ? taking_of(d->evidence, m->token) : NULL;

	if (t == NULL)
		return; /* it came too late */
	t->told.uncopied = m->uncopied;
	for (uint32_t i = 0; i < m->count; i++)
		copy_take(d, t, &m->copies[i]);
	if (m->last)
		finish(d, t, refused_why(m->result));
}

static void finish_all(struct ost_daemon *d, uint64_t until_ns, const char *why)
{
	for (uint32_t i = 0; i < OST_EVIDENCE_TAKINGS; i++) {
		struct taking *t = &d->evidence->takings[i];

		if (t->token != 0 && t->until_ns <= until_ns)
			finish(d, t, why);
	}
}

void ost_evidence_down(struct ost_daemon *d)
{
	if (d->evidence != NULL)
		finish_all(d, UINT64_MAX, "the connection to the data plane was lost meanwhile");
}

void ost_evidence_tick(struct ost_daemon *d)
{
	if (d->evidence == NULL)
		return;
	finish_all(d, ost_clock_mono_ns(), "the data plane did not answer in time");
	if (ost_evidence_index_must_go(&d->evidence->index, 0, ost_clock_wall_ns()))
		expire(d);
}

/* ---- start and end, and what is shown ---- */

int ost_evidence_start(struct ost_daemon *d)
{
	struct ost_evidence *e = calloc(1, sizeof(*e));
	int r;

	if (e == NULL)
		return -ENOMEM;
	d->evidence = e;
	if (snprintf(e->folder, sizeof(e->folder), "%s/evidence", d->paths.journal_dir) >= (int)sizeof(e->folder))
		return -ENAMETOOLONG;
	r = ost_evidence_index_scan(&e->index, e->folder);
	if (r < 0 && r != -ENOENT)
		ost_log_error("%s: %s: evidence that lies there is not listed", e->folder, strerror(-r));
	return ost_evidence_disk_new(d->base, e->folder, on_done, d, &e->disk);
}

void ost_evidence_stop(struct ost_daemon *d)
{
	struct ost_evidence *e = d->evidence;

	if (e == NULL)
		return;
	if (e->disk != NULL)
		finish_all(d, UINT64_MAX, "ostiaryd was stopped meanwhile");
	ost_evidence_disk_free(&e->disk);
	ost_evidence_index_free(&e->index);
	free(e);
	d->evidence = NULL;
}

void ost_evidence_restore(struct ost_daemon *d, const struct json_t *ostiary)
{
	size_t i;
	json_t *entry;

	if (d->evidence == NULL)
		return;
	json_array_foreach(json_object_get(ostiary, "evidence"), i, entry) {
		struct ost_evidence_file f, *known;

		if (ost_evidence_record_parse(entry, &f) < 0)
			continue;
		known = ost_evidence_index_find(&d->evidence->index, f.incident, f.number);
		if (known == NULL)
			continue;
		known->packets = f.packets;
		known->snaplen = f.snaplen;
		memcpy(known->sha256, f.sha256, sizeof(known->sha256));
		known->hashed = true;
	}
}

void ost_evidence_json(const struct ost_daemon *d, const uint8_t incident[static 16], struct ost_jsonw *w)
{
	const struct ost_evidence_index *x = d->evidence != NULL ? &d->evidence->index : NULL;

	ost_jsonw_array(w, "evidence");
	for (uint32_t i = 0; x != NULL && i < x->count; i++) {
		if (memcmp(x->files[i].incident, incident, 16) == 0)
			ost_evidence_file_json(w, &x->files[i]);
	}
	ost_jsonw_end(w, ']');
}

void ost_evidence_counts(const struct ost_daemon *d, struct ost_evidence_counts *ret_counts)
{
	*ret_counts = (struct ost_evidence_counts){0};
	if (d->evidence == NULL)
		return;
	*ret_counts = d->evidence->counts;
	ret_counts->bytes = d->evidence->index.bytes;
	ret_counts->files = d->evidence->index.count;
}
