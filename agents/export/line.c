/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "line.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/sha256.h>

#include <stdarg.h>
#include <stdio.h>

#include "clock.h"
#include "plain.h"
#include "text.h"

#define SEQ_MAX ((1ll << 53) - 1)
#define UUID	36u

OST_PRINTF(2, 3) static int refuse(char why[static OST_FORMAT_WHY], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, OST_FORMAT_WHY, format, args);
	va_end(args);
	ost_text_make_plain(why);
	return -EINVAL;
}

/* ---- strings without NUL, and not too deep ---- */

static json_t *without_nul(const char *text, size_t length)
{
	struct ost_format_text t = {0};
	json_t *made = NULL;
	int r = 0;

	for (size_t i = 0; i < length && r == 0; i++)
		r = text[i] == '\0' ? ost_text_append(&t, "\xef\xbf\xbd", 3) : ost_text_append(&t, text + i, 1);
	if (r == 0)
		made = json_stringn(t.bytes != NULL ? t.bytes : "", t.length);
	ost_format_text_free(&t);
	return made;
}

static int clean(json_t *value, unsigned depth)
{
	const char *key;
	json_t *member;
	size_t i;
	int r = 0;

	if (depth > OST_LINE_DEPTH)
		return -E2BIG;
	if (json_is_string(value) && strlen(json_string_value(value)) != json_string_length(value)) {
		json_t *made = without_nul(json_string_value(value), json_string_length(value));

		r = made == NULL || json_string_setn(value, json_string_value(made), json_string_length(made)) < 0 ? -ENOMEM : 0;
		json_decref(made);
	}
	json_object_foreach(value, key, member) {
		if (r == 0)
			r = clean(member, depth + 1);
	}
	json_array_foreach(value, i, member) {
		if (r == 0)
			r = clean(member, depth + 1);
	}
	return r;
}

/* ---- the envelope ---- */

static bool is_hex(const char *text, size_t length)
{
	return strlen(text) == length && strspn(text, "0123456789abcdef") == length;
}

static bool is_id(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && n < OST_FORMAT_ID && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") == n;
}

static bool is_kind(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && n < OST_FORMAT_KIND && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == n;
}

static int envelope(struct ost_line *line, char why[static OST_FORMAT_WHY])
{
	const json_t *v = json_object_get(line->root, "v"), *seq = json_object_get(line->root, "seq");
	const char *prev = ost_tree_text(line->root, "prev"), *kind = ost_tree_text(line->root, "kind");

	if (!json_is_integer(v) || json_integer_value(v) != 1)
		return refuse(why, "it is no record of version 1");
	if (!json_is_integer(seq) || json_integer_value(seq) < 0 || json_integer_value(seq) > SEQ_MAX)
		return refuse(why, "it has no seq");
	if (prev == NULL || !is_hex(prev, 64))
		return refuse(why, "it has no prev");
	if (kind == NULL || !is_kind(kind))
		return refuse(why, "it has no kind");
	line->about.seq = (uint64_t)json_integer_value(seq);
	line->about.time_ns = ost_tree_time(line->root, "@timestamp");
	if (line->about.time_ns == 0)
		return refuse(why, "it has no @timestamp");
	(void)snprintf(line->about.kind, sizeof(line->about.kind), "%s", kind);
	return 0;
}

static bool is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (text == NULL || strlen(text) != UUID)
		return false;
	for (unsigned i = 0; i < UUID; i++) {
		if (form[i] == '-' ? text[i] != '-' : strchr("0123456789abcdef", text[i]) == NULL)
			return false;
	}
	return true;
}

/* ostiary.incident.id, or a member "incident" of the record, of its "ostiary" or of one of the objects there. */
static const char *incident_of(const json_t *root)
{
	json_t *ostiary = json_object_get(root, "ostiary"), *member;
	const char *id = ost_tree_text(root, "ostiary.incident.id"), *key;

	if (!is_uuid(id))
		id = ost_tree_text(root, "ostiary.incident");
	if (!is_uuid(id))
		id = ost_tree_text(root, "incident");
	json_object_foreach(ostiary, key, member) {
		if (!is_uuid(id))
			id = ost_tree_text(member, "incident");
	}
	return is_uuid(id) ? id : NULL;
}

/* words are apart by blanks; kinds have none. */
static bool is_one_of(const char *kind, const char *words)
{
	size_t n = strlen(kind);

	for (const char *at = words; at != NULL; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, kind, n) == 0 && (at[n] == ' ' || at[n] == '\0'))
			return true;
	}
	return false;
}

/* ---- decisions ----
 *
 * What persons decide stands at the top of its record, where ECS has other things: it goes below "ostiary", as all that is ours, with a
 * sentence for those who read no JSON. */

static const char *const tops[] = {"v", "seq", "prev", "kind", "@timestamp", "boot_id", "mono_ns", "clock", "message", "event", "observer", "user", "ostiary", NULL};

static json_t *sentence(const json_t *said, const char *kind)
{
	const char *regime = ost_tree_text(said, "regime"), *about = ost_tree_text(said, "about"), *by = ost_tree_text(said, "by");
	const char *reason = ost_tree_text(said, "reason"), *of = ost_tree_text(said, kind[0] == 's' ? "stage" : "of");
	const json_t *significant = json_object_get(said, "significant");

	return json_sprintf("%s %s%s%s%s by %s%s%s", regime != NULL ? regime : kind, about != NULL ? about : kind, of != NULL ? " of " : "", of != NULL ? of : "",
		json_is_true(significant) ? ": significant" : json_is_false(significant) ? ": not significant" : "", by != NULL ? by : "somebody",
		reason != NULL ? ": " : "", reason != NULL ? reason : "");
}

static int decision_lower(json_t *root)
{
	const char *kind = ost_tree_text(root, "kind");
	struct ost_tree t = {.root = root};
	json_t *said;

	if (!is_one_of(kind, "decision submission") || !json_is_string(json_object_get(root, "incident")) || json_object_get(root, "ostiary") != NULL)
		return 0;
	said = ost_tree_copy(root, tops);
	for (void *i = json_object_iter(said); i != NULL; i = json_object_iter_next(said, i))
		(void)json_object_del(root, json_object_iter_key(i));
	if (ost_tree_text(root, "message") == NULL)
		ost_tree_put(&t, "message", sentence(said, kind));
	ost_tree_put(&t, kind[0] == 's' ? "ostiary.submission" : "ostiary.decision", said);
	return t.failed ? -ENOMEM : 0;
}

static void about_fill(struct ost_line *line)
{
	const char *id = ost_tree_text(line->root, "event.id"), *state = ost_tree_text(line->root, "ostiary.incident.state");
	uint64_t severity = ost_tree_number(line->root, "event.severity");
	struct ost_format_about *a = &line->about;

	if (id != NULL && is_id(id))
		(void)snprintf(a->id, sizeof(a->id), "%s", id);
	else
		(void)snprintf(a->id, sizeof(a->id), "r%llu-%.16s", (unsigned long long)a->seq, line->leaf);
	a->severity = severity >= 1 && severity <= 5 ? (unsigned)severity : ost_line_kind_of(a->kind)->severity;
	line->incident = incident_of(line->root);
	line->of_incident = is_one_of(a->kind, "incident.open incident.update incident.close incident.reopen");
	line->of_person = is_one_of(a->kind, "decision submission incident.note");
	line->closed = state != NULL ? strcmp(state, "closed") == 0 : strcmp(a->kind, "incident.close") == 0;
}

/* ---- a line ---- */

static int leaf_hash(const char *bytes, size_t length, char hex[static 65])
{
	uint8_t hash[WC_SHA256_DIGEST_SIZE];
	wc_Sha256 sha;
	int r = wc_InitSha256(&sha);

	if (r == 0)
		r = wc_Sha256Update(&sha, (const uint8_t *)"\0", 1);
	if (r == 0 && length > 0)
		r = wc_Sha256Update(&sha, (const uint8_t *)bytes, (word32)length);
	if (r == 0)
		r = wc_Sha256Final(&sha, hash);
	wc_Sha256Free(&sha);
	for (size_t i = 0; i < sizeof(hash) && r == 0; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	return r == 0 ? 0 : -ENOMEM;
}

static int parsed(const char *bytes, size_t length, json_t **ret_root, char why[static OST_FORMAT_WHY])
{
	json_error_t error;
	json_t *root;
	int r;

	if (length == 0)
		return refuse(why, "it is empty");
	if (length >= OST_FORMAT_LINE_MAX)
		return refuse(why, "it has more than %u bytes", OST_FORMAT_LINE_MAX - 1);
	root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (root == NULL)
		return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : refuse(why, "it is no JSON: %.100s", error.text);
	r = json_is_object(root) ? clean(root, 1) : refuse(why, "it is no JSON object");
	if (r == -E2BIG)
		r = refuse(why, "its objects are nested more than %u deep", OST_LINE_DEPTH);
	if (r < 0)
		json_decref(root);
	else
		*ret_root = root;
	return r;
}

int ost_line_read(const struct ost_format_config *config, const char *bytes, size_t length, struct ost_line *ret_line, char ret_why[static OST_FORMAT_WHY])
{
	struct ost_line line = {0};
	int r;

	(void)snprintf(ret_why, OST_FORMAT_WHY, "there is no memory");
	r = parsed(bytes, length, &line.root, ret_why);
	if (r < 0)
		return r;
	r = envelope(&line, ret_why);
	if (r == 0)
		r = decision_lower(line.root);
	if (r == 0)
		r = leaf_hash(bytes, length, line.leaf);
	if (r == 0 && config->pseudonyms != NULL)
		r = ost_pseudonyms_apply(config->pseudonyms, line.about.time_ns, line.root);
	if (r < 0) {
		json_decref(line.root);
		return r;
	}
	about_fill(&line);
	*ret_line = line;
	ret_why[0] = '\0';
	return 0;
}

void ost_line_free(struct ost_line *line)
{
	json_decref(line->root);
	line->root = NULL;
}

const char *ost_line_title(const struct ost_line *line)
{
	const char *name = ost_tree_text(line->root, "rule.name");

	return name != NULL ? name : ost_line_kind_of(line->about.kind)->title;
}

const char *ost_line_message(const struct ost_line *line)
{
	const char *message = ost_tree_text(line->root, "message");

	return message != NULL ? message : ost_line_title(line);
}

const char *ost_line_gateway(const struct ost_line *line, const struct ost_format_config *config)
{
	const char *host = ost_tree_text(line->root, "observer.hostname");

	return host != NULL ? host : config->gateway != NULL && config->gateway[0] != '\0' ? config->gateway : "ostiary";
}

const char *ost_line_person(const struct ost_line *line)
{
	json_t *ostiary = json_object_get(line->root, "ostiary"), *member;
	const char *by = ost_tree_text(line->root, "user.name"), *key;

	if (by == NULL)
		by = ost_tree_text(line->root, "by");
	json_object_foreach(ostiary, key, member) {
		if (by == NULL)
			by = ost_tree_text(member, "by");
	}
	return by;
}

json_t *ost_line_chain(const struct ost_line *line, const struct ost_format_config *config)
{
	static const char *const same[] = {"prev", "boot_id", "mono_ns", "clock"};
	struct ost_tree t = {.root = json_object()};

	ost_tree_put_text(&t, "origin", config->origin);
	ost_tree_put_integer(&t, "seq", line->about.seq);
	ost_tree_put_text(&t, "kind", line->about.kind);
	ost_tree_put_text(&t, "fingerprint", line->leaf);
	for (size_t i = 0; i < OST_ARRAY_SIZE(same); i++) {
		json_t *value = json_object_get(line->root, same[i]);

		if (json_is_string(value) || json_is_integer(value) || json_is_object(value))
			ost_tree_put_same(&t, same[i], value);
	}
	if (t.failed) {
		json_decref(t.root);
		return NULL;
	}
	return t.root;
}
