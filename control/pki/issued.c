/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include "issued.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "clock.h"
#include "file.h"
#include "pki_private.h"

static void time_member(struct ost_jsonw *w, const char *key, int64_t unix_s)
{
	ost_jsonw_time(w, key, (uint64_t)unix_s * OST_NS_PER_S);
}

static void line_end(struct ost_jsonw *w, const struct ost_pki *pki)
{
	ost_jsonw_u64(w, "uid", getuid());
	time_member(w, "time", pki->now_s);
	ost_jsonw_end(w, '}');
	ost_jsonw_newline(w);
}

void ost_issued_certificate_line(struct ost_jsonw *w, const struct ost_pki *pki, bool device,
	const char *id, const char *urn, const struct ost_pki_certificate *c)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "event", "issued");
	ost_jsonw_string(w, "kind", device ? "device" : "gateway");
	ost_jsonw_string(w, "serial", c->serial);
	ost_jsonw_string(w, "id", id);
	if (urn != NULL)
		ost_jsonw_string(w, "urn", urn);
	ost_jsonw_string(w, "sha256", c->sha256);
	time_member(w, "not_before", c->not_before_s);
	time_member(w, "not_after", c->not_after_s);
	line_end(w, pki);
}

void ost_issued_revoked_line(
	struct ost_jsonw *w, const struct ost_pki *pki, const struct ost_issued_row *row)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "event", "revoked");
	ost_jsonw_string(w, "serial", row->serial);
	ost_jsonw_string(w, "id", row->id);
	ost_jsonw_string(w, "reason", ost_pki_reason_name(row->reason));
	line_end(w, pki);
}

void ost_issued_crl_line(
	struct ost_jsonw *w, const struct ost_pki *pki, const struct ost_pki_crl *crl)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "event", "crl");
	ost_jsonw_u64(w, "number", crl->number);
	ost_jsonw_u64(w, "entries", crl->entries);
	time_member(w, "next_update", crl->next_update_s);
	line_end(w, pki);
}

static const char *text_member(const json_t *line, const char *key)
{
	const char *s = json_string_value(json_object_get(line, key));

	return s != NULL ? s : "";
}

static int time_read(const json_t *line, const char *key, int64_t *ret_s)
{
	struct tm tm = {0};
	const char *end = strptime(text_member(line, key), "%Y-%m-%dT%H:%M:%S", &tm);

	if (end == NULL || (*end != '.' && *end != 'Z'))
		return -EINVAL;
	*ret_s = (int64_t)timegm(&tm);
	return 0;
}

static bool serial_valid(const char *s)
{
	size_t n = strspn(s, "0123456789abcdef");

	return s[n] == '\0' && n >= 2 && n <= 40 && n % 2 == 0;
}

static int row_new(struct ost_issued *issued, const json_t *line, struct ost_issued_row **ret_row)
{
	const char *serial = text_member(line, "serial"), *id = text_member(line, "id");
	struct ost_issued_row row = {.not_after_s = INT64_MAX};

	if (!serial_valid(serial) || *id == '\0' || strlen(id) >= sizeof(row.id))
		return -EINVAL;
	if (issued->count == issued->capacity) {
		uint32_t capacity = issued->capacity != 0 ? issued->capacity * 2 : 64;
		struct ost_issued_row *rows = realloc(issued->rows, capacity * sizeof(*rows));

		if (rows == NULL)
			return -ENOMEM;
		issued->rows = rows;
		issued->capacity = capacity;
	}
	(void)snprintf(row.serial, sizeof(row.serial), "%s", serial);
	(void)snprintf(row.id, sizeof(row.id), "%s", id);
	*ret_row = &issued->rows[issued->count++];
	**ret_row = row;
	return 0;
}

static int issued_read(struct ost_issued *issued, const json_t *line)
{
	const char *urn = json_string_value(json_object_get(line, "urn")),
		   *kind = text_member(line, "kind");
	struct ost_issued_row *row = NULL;
	int64_t not_after_s = 0;
	int r = time_read(line, "not_after", &not_after_s);

	if (r == 0 && strcmp(kind, "device") != 0 && strcmp(kind, "gateway") != 0)
		r = -EINVAL;
	if (r == 0)
		r = row_new(issued, line, &row);
	if (r < 0)
		return r;
	row->device = kind[0] == 'd';
	row->not_after_s = not_after_s;
	row->urn = urn != NULL ? strdup(urn) : NULL;
	return urn != NULL && row->urn == NULL ? -ENOMEM : 0;
}

static int revoked_read(struct ost_issued *issued, const json_t *line)
{
	struct ost_issued_row *row = NULL;
	enum ost_pki_reason reason;
	int64_t revoked_s;
	int r = time_read(line, "time", &revoked_s);

	if (r == 0)
		r = ost_pki_reason_parse(text_member(line, "reason"), &reason);
	if (r == 0)
		r = row_new(issued, line, &row);
	if (r < 0)
		return r;
	row->revoked = true;
	row->reason = reason;
	row->revoked_s = revoked_s;
	return 0;
}

static int line_read(struct ost_issued *issued, const char *text, size_t length)
{
	json_t *line = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
	const char *event = text_member(line, "event");
	json_int_t number = json_integer_value(json_object_get(line, "number"));
	int r = -EINVAL;

	if (strcmp(event, "issued") == 0)
		r = issued_read(issued, line);
	else if (strcmp(event, "revoked") == 0)
		r = revoked_read(issued, line);
	else if (strcmp(event, "crl") == 0 && number > 0) {
		issued->crl_number = OST_MAX(issued->crl_number, (uint64_t)number);
		r = 0;
	}
	json_decref(line);
	return r;
}

static int row_compare(const void *a, const void *b)
{
	const struct ost_issued_row *x = a, *y = b;
	int serial = strcmp(x->serial, y->serial);

	if (serial != 0)
		return serial;
	if (x->revoked != y->revoked)
		return x->revoked ? 1 : -1; /* its issue first */
	return x->revoked_s < y->revoked_s ? -1 : x->revoked_s > y->revoked_s;
}

/* Joins each revocation to its issue. One whose issue is not in the file stays, without an end. */
static void rows_join(struct ost_issued *issued)
{
	uint32_t kept = 0;

	if (issued->count == 0)
		return;
	qsort(issued->rows, issued->count, sizeof(*issued->rows), row_compare);
	for (uint32_t i = 1; i < issued->count; i++) {
		struct ost_issued_row *row = &issued->rows[i], *last = &issued->rows[kept];

		if (strcmp(row->serial, last->serial) != 0) {
			issued->rows[++kept] = *row;
			continue;
		}
		if (row->revoked && !last->revoked) {
			last->revoked = true;
			last->reason = row->reason;
			last->revoked_s = row->revoked_s;
		}
		free(row->urn);
	}
	issued->count = kept + 1;
}

int ost_issued_read(struct ost_pki *pki, struct ost_issued *issued)
{
	const char *path = pki->paths->issued, *at, *end;
	OST_AUTO_FREE char *text = NULL;
	size_t length = 0;
	uint32_t line = 1;
	int r = ost_file_read(path, OST_ISSUED_FILE_MAX, &text, &length);

	*issued = (struct ost_issued){0};
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return ost_pki_fail(pki, r, "%s: cannot be read: %s", path, strerror(-r));
	for (at = text; (end = memchr(at, '\n', length - (size_t)(at - text))) != NULL;
		at = end + 1, line++) {
		r = line_read(issued, at, (size_t)(end - at));
		if (r < 0)
			return ost_pki_fail(pki, r,
				"%s:%u: is damaged; restore the file from a backup, or put the "
				"line right",
				path, line);
	}
	issued->sound_bytes = (size_t)(at - text);
	rows_join(issued);
	return 0;
}

void ost_issued_free(struct ost_issued *issued)
{
	for (uint32_t i = 0; i < issued->count; i++)
		free(issued->rows[i].urn);
	free(issued->rows);
	*issued = (struct ost_issued){0};
}

static int bytes_append(int fd, const struct ost_issued *issued, const struct ost_jsonw *lines)
{
	size_t done = 0;
	int r = ftruncate(fd, (off_t)issued->sound_bytes) < 0 ? -errno : 0;

	while (r == 0 && done < lines->length) {
		ssize_t n = pwrite(fd, lines->text + done, lines->length - done,
			(off_t)(issued->sound_bytes + done));

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			r = -errno;
	}
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0 && ftruncate(fd, (off_t)issued->sound_bytes) < 0)
		return r; /* the next reader sees a last line without its end */
	return r;
}

int ost_issued_append(struct ost_pki *pki, struct ost_issued *issued, const struct ost_jsonw *lines)
{
	const char *path = pki->paths->issued;
	OST_AUTO_CLOSE int fd = -1;
	int r = -ENOMEM;

	if (!lines->failed) {
		fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		r = fd < 0 || fchmod(fd, 0644) < 0 ? -errno : bytes_append(fd, issued, lines);
	}
	if (r < 0)
		return ost_pki_fail(pki, r, "%s: cannot be written: %s", path, strerror(-r));
	issued->sound_bytes += lines->length;
	return 0;
}
