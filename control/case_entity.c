/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>

#include "case_law.h"
#include "digest.h"
#include "file.h"
#include "log.h"

#define LOOK_NS (5 * OST_NS_PER_S)

/* ---- windows ---- */

static struct case_window *window_find(struct case_window *list, uint32_t count, const char *name, uint64_t from_ns, uint64_t until_ns)
{
	for (uint32_t i = 0; i < count; i++) {
		if (list[i].from_ns == from_ns && list[i].until_ns == until_ns && strcmp(list[i].name, name) == 0)
			return &list[i];
	}
	return NULL;
}

/* Those of the file; one that stood there before keeps the time when it was told. */
static void windows_take(struct ost_case_entity *e)
{
	struct case_window *former = malloc(sizeof(e->windows));
	uint32_t count = e->window_count;

	if (former == NULL)
		return;
	memcpy(former, e->windows, sizeof(e->windows));
	e->window_count = 0;
	for (uint32_t i = 0; e->entity != NULL && i < e->entity->window_count; i++) {
		const struct ost_entity_window *w = &e->entity->windows[i];
		const struct case_window *same = window_find(former, count, w->name, w->from_ns, w->until_ns);
		struct case_window *own = &e->windows[e->window_count++];

		*own = (struct case_window){.from_ns = w->from_ns, .until_ns = w->until_ns, .opened_ns = same != NULL ? same->opened_ns : 0};
		(void)snprintf(own->name, sizeof(own->name), "%s", w->name);
	}
	free(former);
}

static bool serves(const struct ost_case_entity *e, const struct ost_entity_window *w, const uint32_t *services, uint32_t service_count)
{
	for (uint32_t s = 0; s < service_count; s++) {
		for (uint32_t k = 0; k < w->service_count; k++) {
			if (strcmp(w->services[k], e->entity->services[services[s]].name) == 0)
				return true;
		}
	}
	return w->service_count == 0;
}

const struct case_window *case_entity_window(const struct ost_case_entity *e, const uint32_t *services, uint32_t service_count, uint64_t first_ns,
	uint64_t last_ns)
{
	for (uint32_t i = 0; e->entity != NULL && i < e->window_count && i < e->entity->window_count; i++) {
		const struct ost_entity_window *w = &e->entity->windows[i];

		if (w->from_ns <= first_ns && last_ns <= w->until_ns && serves(e, w, services, service_count))
			return &e->windows[i];
	}
	return NULL;
}

void case_entity_free(struct ost_case_entity *e)
{
	ost_entity_free(&e->entity);
}

/* ---- the record ---- */

static void windows_json(const struct ost_entity *entity, struct ost_jsonw *w)
{
	ost_jsonw_array(w, "windows");
	for (uint32_t i = 0; entity != NULL && i < entity->window_count; i++) {
		const struct ost_entity_window *x = &entity->windows[i];

		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "name", x->name);
		ost_jsonw_time(w, "from", x->from_ns);
		ost_jsonw_time(w, "until", x->until_ns);
		ost_journal_string(w, "by", x->by, strlen(x->by), 72);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
}

static void owner_json(const struct stat *st, struct ost_jsonw *w)
{
	const struct passwd *user = getpwuid(st->st_uid);

	ost_jsonw_string(w, "owner", user != NULL ? user->pw_name : NULL);
	ost_jsonw_u64(w, "owner_uid", st->st_uid);
	ost_jsonw_time(w, "modified", (uint64_t)st->st_mtim.tv_sec * OST_NS_PER_S + (uint64_t)st->st_mtim.tv_nsec);
}

static void journal(struct ost_casebook *b, const struct stat *st)
{
	struct ost_case_entity *e = &b->law->entity;
	struct ost_journal_record record = {.kind = "entity.change", .at_once = true, .vital = true, .wall_ns = ost_clock_wall_ns(), .cookie = ++b->cookies};
	struct ost_jsonw w = {0};

	/* Its place among the changes is taken, and tells of no incident. */
	b->changes[b->cookies % OST_CASE_CHANGES] = (struct ost_case_told){0};
	ost_jsonw_string(&w, "message", e->entity != NULL ? "entity.yaml is read, and was not so before" : "entity.yaml is gone, or cannot be read");
	ost_jsonw_object(&w, "ostiary");
	ost_jsonw_object(&w, "entity");
	ost_jsonw_string(&w, "sha256", e->sha256);
	if (e->entity != NULL)
		owner_json(st, &w);
	windows_json(e->entity, &w);
	ost_jsonw_end(&w, '}');
	ost_jsonw_end(&w, '}');
	record.members = w.text;
	if (!w.failed && ost_journal_append(b->d->journal, &record) == 0) {
		e->cookie = record.cookie;
		e->recorded_ns = record.wall_ns;
		memcpy(e->journaled, e->sha256, sizeof(e->journaled));
	}
	ost_jsonw_free(&w);
}

void case_entity_acknowledged(struct ost_casebook *b, const struct ost_journal_ack *ack)
{
	struct ost_case_entity *e = &b->law->entity;

	if (ack->cookie == 0 || ack->cookie != e->cookie)
		return;
	e->cookie = 0;
	for (uint32_t i = 0; i < e->window_count && ack->result == 0; i++) {
		if (e->windows[i].opened_ns == 0)
			e->windows[i].opened_ns = e->recorded_ns;
	}
	if (ack->result < 0)
		e->journaled[0] = '\0'; /* told again */
}

/* ---- the file ---- */

static void hash(const char *bytes, size_t length, char to[static 65])
{
	uint8_t digest[OST_DIGEST_BYTES];

	to[0] = '\0';
	if (ost_digest_bytes(bytes, length, digest) < 0)
		return;
	for (unsigned i = 0; i < sizeof(digest); i++)
		(void)snprintf(&to[2 * i], 3, "%02x", digest[i]);
}

/* One with errors leaves the former in force. */
static bool file_read(struct ost_casebook *b)
{
	struct ost_case_entity *e = &b->law->entity;
	const char *path = b->d->paths.entity_file;
	OST_AUTO_FREE char *bytes = NULL;
	struct ost_entity *fresh = NULL;
	struct ost_diag diag = {0};
	size_t length;
	int r = ost_file_read_own(path, OST_ENTITY_FILE_MAX, &bytes, &length);

	if (r < 0)
		ost_log_warning("%s: %s", path, r == -EPERM ? "others than its owner may write it: it is not read" : strerror(-r));
	else
		r = ost_entity_parse(path, bytes, length, &diag, &fresh);
	case_findings_tell(&diag);
	ost_diag_free(&diag);
	if (r < 0)
		return false;
	ost_entity_free(&e->entity);
	e->entity = fresh;
	hash(bytes, length, e->sha256);
	windows_take(e);
	ost_log_info("%s: %s, %u services, %u maintenance windows", path, fresh->name, fresh->service_count, fresh->window_count);
	return true;
}

static bool is_new(const struct ost_case_entity *e, const struct stat *st)
{
	return !e->looked || e->missing || e->inode != st->st_ino || e->modified.tv_sec != st->st_mtim.tv_sec ||
		e->modified.tv_nsec != st->st_mtim.tv_nsec;
}

void case_entity_look(struct ost_casebook *b)
{
	struct ost_case_entity *e = &b->law->entity;
	uint64_t now_ns = ost_clock_mono_ns();
	struct stat st = {0};

	if (e->looked && now_ns - e->looked_ns < LOOK_NS)
		return;
	e->looked_ns = now_ns;
	if (stat(b->d->paths.entity_file, &st) < 0) {
		if (e->entity != NULL) {
			ost_log_warning("%s is gone", b->d->paths.entity_file);
			ost_entity_free(&e->entity);
		}
		e->sha256[0] = '\0';
		e->window_count = 0;
		e->missing = true;
	} else if (is_new(e, &st)) {
		e->modified = st.st_mtim;
		e->inode = st.st_ino;
		e->missing = false;
		(void)file_read(b); /* what is wrong with it is in the log */
	}
	e->looked = true;
	if (strcmp(e->sha256, e->journaled) != 0 && e->cookie == 0)
		journal(b, &st);
}

/* ---- from the journal ---- */

static uint64_t time_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	uint64_t ns;

	return text != NULL && ost_clock_parse(text, &ns) == 0 ? ns : 0;
}

void case_entity_replay(struct ost_case_entity *e, const char *line)
{
	json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	const json_t *entity = json_object_get(json_object_get(o, "ostiary"), "entity"), *window;
	struct case_window *former = malloc(sizeof(e->windows));
	const char *sha256 = json_string_value(json_object_get(entity, "sha256"));
	uint64_t at_ns = time_of(o, "@timestamp");
	uint32_t count = e->window_count;
	size_t i;

	if (former != NULL && sha256 != NULL && strlen(sha256) < sizeof(e->journaled)) {
		memcpy(former, e->windows, sizeof(e->windows));
		memset(e->journaled, 0, sizeof(e->journaled));
		memcpy(e->journaled, sha256, strlen(sha256));
		e->window_count = 0;
		json_array_foreach(json_object_get(entity, "windows"), i, window) {
			struct case_window w = {.from_ns = time_of(window, "from"), .until_ns = time_of(window, "until"), .opened_ns = at_ns};
			const char *name = json_string_value(json_object_get(window, "name"));
			const struct case_window *same;

			if (name == NULL || e->window_count == OST_ENTITY_WINDOWS)
				break;
			(void)snprintf(w.name, sizeof(w.name), "%s", name);
			same = window_find(former, count, w.name, w.from_ns, w.until_ns);
			if (same != NULL)
				w.opened_ns = same->opened_ns;
			e->windows[e->window_count++] = w;
		}
	}
	free(former);
	json_decref(o);
}
