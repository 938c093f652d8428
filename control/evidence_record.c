/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence_record.h"

#include <jansson.h>
#include <stdio.h>

#include "evidence_disk.h"
#include "incident.h"
#include "journal.h"

#define PATH_PREFIX "evidence/" /* from the journal's folder */


static void hex(const uint8_t *bytes, char text[static OST_DIGEST_TEXT])
{
	for (unsigned i = 0; i < OST_DIGEST_BYTES; i++)
		(void)snprintf(text + i * (size_t)2, 3, "%02x", bytes[i]);
}

static bool unhex(const char *text, uint8_t bytes[static OST_DIGEST_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(text) != OST_DIGEST_TEXT - 1)
		return false;
	for (unsigned i = 0; i < OST_DIGEST_BYTES; i++) {
		const char *high = strchr(digits, text[i * 2]), *low = strchr(digits, text[i * 2 + 1]);

		if (high == NULL || low == NULL)
			return false;
		bytes[i] = (uint8_t)((high - digits) << 4 | (low - digits));
	}
	return true;
}

void ost_evidence_file_json(struct ost_jsonw *w, const struct ost_evidence_file *f)
{
	char path[sizeof(PATH_PREFIX) + OST_EVIDENCE_NAME] = PATH_PREFIX, sha[OST_DIGEST_TEXT];

	ost_evidence_name(f->incident, f->number, path + strlen(PATH_PREFIX), OST_EVIDENCE_NAME);
	hex(f->sha256, sha);
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "kind", "pcapng");
	ost_jsonw_string(w, "sha256", f->hashed ? sha : NULL);
	ost_jsonw_u64(w, "bytes", f->bytes);
	ost_jsonw_string(w, "path", path);
	ost_jsonw_u64(w, "packets", f->packets);
	ost_jsonw_u64(w, "snaplen", f->snaplen);
	ost_jsonw_bool(w, "redacted", true); /* headers alone */
	ost_jsonw_end(w, '}');
}

int ost_evidence_record_parse(const struct json_t *entry, struct ost_evidence_file *ret_file)
{
	const char *path = json_string_value(json_object_get(entry, "path"));
	const char *sha = json_string_value(json_object_get(entry, "sha256"));
	struct ost_evidence_file f = {.packets = (uint32_t)json_integer_value(json_object_get(entry, "packets")),
		.snaplen = (uint32_t)json_integer_value(json_object_get(entry, "snaplen")), .hashed = true};

	if (path == NULL || sha == NULL || strncmp(path, PATH_PREFIX, strlen(PATH_PREFIX)) != 0 || !unhex(sha, f.sha256) ||
		ost_evidence_name_parse(path + strlen(PATH_PREFIX), f.incident, &f.number) < 0)
		return -EINVAL;
	*ret_file = f;
	return 0;
}

static void head(struct ost_jsonw *w, const char *gateway, const char *action, const char *type, const char *message)
{
	ost_jsonw_string(w, "message", message);
	ost_jsonw_object(w, "event");
	ost_jsonw_string(w, "kind", "event");
	ost_jsonw_array(w, "category");
	ost_jsonw_string(w, NULL, "file"); /* ECS: what becomes of files may be a creation or a deletion */
	ost_jsonw_end(w, ']');
	ost_jsonw_array(w, "type");
	ost_jsonw_string(w, NULL, type);
	ost_jsonw_end(w, ']');
	ost_jsonw_string(w, "action", action);
	ost_jsonw_end(w, '}');
	ost_jsonw_object(w, "observer");
	ost_journal_string(w, "hostname", gateway, strlen(gateway), 256);
	ost_jsonw_end(w, '}');
}

static void files(struct ost_jsonw *w, const struct ost_evidence_told *t)
{
	struct ost_evidence_file f = {.number = t->number, .bytes = t->bytes, .packets = t->packets, .snaplen = t->snaplen, .hashed = t->hashed};

	memcpy(f.incident, t->incident, sizeof(f.incident));
	memcpy(f.sha256, t->sha256, sizeof(f.sha256));
	ost_jsonw_array(w, "evidence");
	if (t->bytes > 0 && t->hashed)
		ost_evidence_file_json(w, &f);
	ost_jsonw_end(w, ']');
}

static void of_incident(struct ost_jsonw *w, const struct ost_evidence_told *t)
{
	char id[OST_INCIDENT_ID_TEXT];

	ost_jsonw_object(w, "incident");
	ost_jsonw_string(w, "id", ost_incident_id_text(t->incident, id));
	ost_jsonw_end(w, '}');
}

static int append(struct ost_journal *journal, struct ost_jsonw *w, const char *kind, uint64_t wall_ns)
{
	const struct ost_journal_record record = {.kind = kind, .members = w->text, .wall_ns = wall_ns};
	int r = w->failed ? -ENOMEM : ost_journal_append(journal, &record);

	ost_jsonw_free(w);
	return r;
}

int ost_evidence_record(struct ost_journal *journal, const char *gateway, const struct ost_evidence_told *t)
{
	char id[OST_INCIDENT_ID_TEXT], message[320];
	struct ost_jsonw w = {0};

	if (t->packets > 0)
		(void)snprintf(message, sizeof(message), "evidence of incident %s: headers of %u frames, %u of before, %u of after%s%s",
			ost_incident_id_text(t->incident, id), t->packets, t->before, t->after, t->missing[0] != '\0' ? "; " : "", t->missing);
	else
		(void)snprintf(message, sizeof(message), "evidence of incident %s: none, for %s", ost_incident_id_text(t->incident, id), t->missing);
	head(&w, gateway, "evidence", "info", message);
	ost_jsonw_object(&w, "ostiary");
	of_incident(&w, t);
	files(&w, t);
	ost_jsonw_object(&w, "capture");
	ost_jsonw_u64(&w, "before", t->before);
	ost_jsonw_u64(&w, "after", t->after);
	ost_jsonw_u64(&w, "left_out", t->left_out);
	ost_jsonw_u64(&w, "uncopied", t->uncopied);
	ost_jsonw_string(&w, "missing", t->missing[0] != '\0' ? t->missing : NULL);
	ost_jsonw_end(&w, '}');
	ost_jsonw_end(&w, '}');
	return append(journal, &w, "evidence", t->wanted_wall_ns);
}

int ost_evidence_record_expired(struct ost_journal *journal, const char *gateway, const struct ost_evidence_told *t)
{
	char id[OST_INCIDENT_ID_TEXT], message[160];
	struct ost_jsonw w = {0};

	(void)snprintf(message, sizeof(message), "evidence %u of incident %s is past its time, or gave way to newer: the file is deleted",
		t->number, ost_incident_id_text(t->incident, id));
	head(&w, gateway, "evidence-expire", "deletion", message);
	ost_jsonw_object(&w, "ostiary");
	of_incident(&w, t);
	files(&w, t);
	ost_jsonw_end(&w, '}');
	return append(journal, &w, "evidence.expire", 0);
}
