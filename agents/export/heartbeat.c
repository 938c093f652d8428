/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A checkpoint of the journal (C2SP tlog-checkpoint) as a record, for the same converters. */
#include <stdio.h>

#include "clock.h"
#include "line.h"
#include "text.h"

#define NOTE_MAX   8192u
#define ORIGIN_MAX 127u

struct checkpoint {
	char origin[ORIGIN_MAX + 1], root[64];
	uint64_t size;
};

/* The next line of the note; false: there is none, or it is too long for buf. */
static bool next(const char **at, char *buf, size_t size)
{
	const char *end = strchr(*at, '\n');
	size_t n = end != NULL ? (size_t)(end - *at) : 0;

	if (end == NULL || n >= size || !ost_text_is_plain(*at, n))
		return false;
	memcpy(buf, *at, n);
	buf[n] = '\0';
	*at = end + 1;
	return true;
}

/* Strict about what is told; the signatures are for whoever verifies. */
static int parse(const char *note, struct checkpoint *ret)
{
	char size[24], empty[1];
	const char *at = note;

	if (!next(&at, ret->origin, sizeof(ret->origin)) || ret->origin[0] == '\0' || !next(&at, size, sizeof(size)) || !next(&at, ret->root, sizeof(ret->root)) ||
		!next(&at, empty, sizeof(empty)))
		return -EINVAL;
	if (ost_number_parse(size, strlen(size), &ret->size) < 0 || ret->size >= 1ull << 53 || strlen(ret->root) != 44 ||
		strspn(ret->root, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") != 44)
		return -EINVAL;
	return strncmp(at, "\xe2\x80\x94 ", 4) == 0 ? 0 : -EINVAL;
}

static json_t *record(const struct checkpoint *c, const char *note, uint64_t wall_ns)
{
	struct ost_tree t = {.root = json_object()};
	char time[OST_TIME_TEXT];

	ost_clock_format(wall_ns, time);
	ost_tree_put_text(&t, "@timestamp", time);
	ost_tree_put(&t, "message", json_sprintf("the journal has %llu records", (unsigned long long)c->size));
	ost_tree_put_text(&t, "event.kind", "state");
	ost_tree_put_text(&t, "ostiary.checkpoint.origin", c->origin);
	ost_tree_put_integer(&t, "ostiary.checkpoint.size", c->size);
	ost_tree_put_text(&t, "ostiary.checkpoint.root", c->root);
	ost_tree_put_text(&t, "ostiary.checkpoint.note", note);
	if (t.failed) {
		json_decref(t.root);
		return NULL;
	}
	return t.root;
}

int ost_format_heartbeat(enum ost_format format, const struct ost_format_config *config, const char *note, size_t length, uint64_t wall_ns,
	struct ost_format_text *out)
{
	struct checkpoint c = {0};
	struct ost_line line = {.about = {.severity = 1, .time_ns = wall_ns, .kind = "journal.checkpoint"}};
	char *copy;
	int r;

	if (format >= OST_FORMAT_STIX)
		return -ENOTSUP;
	if (length > NOTE_MAX || strnlen(note, length) != length)
		return -EINVAL;
	copy = strndup(note, length);
	r = copy == NULL ? -ENOMEM : parse(copy, &c);
	if (r == 0) {
		line.root = record(&c, copy, wall_ns);
		line.about.seq = c.size;
		(void)snprintf(line.about.id, sizeof(line.about.id), "checkpoint-%llu-%llu", (unsigned long long)c.size, (unsigned long long)(wall_ns / OST_NS_PER_MS));
		r = line.root == NULL ? -ENOMEM : ost_format_line(format, &line, config, out);
	}
	free(copy);
	ost_line_free(&line);
	return r;
}
