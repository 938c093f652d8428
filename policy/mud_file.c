/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A MUD file from its top: the two roots, and what stands in ietf-mud:mud. */
#include "mud_reader.h"
#include "policy_yaml.h"

#define ROOT_MUD   "ietf-mud:mud"
#define ROOT_ACLS  "ietf-access-control-list:acls"
#define ROOT_DRAFT "ietf-access-control-list:access-lists" /* of drafts before RFC 8519, and of nearly every file in the field */

#define CACHE_VALIDITY_DEFAULT_H 48u

/* Members of ietf-mud:mud that are needed, or needed later. */
struct header {
	const struct mud_node *version, *url, *last_update, *supported, *from, *to, *systeminfo;
};

/* The reader is all that a field gets; one file is read at a time by one reader. */
struct file_reader {
	struct mud_reader r; /* the first member */
	struct header header;
	const struct mud_node *mud, *acls, *draft;
};

static struct file_reader *file_of(struct mud_reader *r)
{
	return (struct file_reader *)r;
}

static void version_field(struct mud_reader *r, const struct mud_node *value)
{
	uint32_t version;

	file_of(r)->header.version = value;
	if (mud_number(r, value, 0, UINT8_MAX, &version) && version != 1)
		mud_error(r, value, "ask its manufacturer for one of version 1", "mud-version is %u, and only version 1 is known", version);
}

static void url_field(struct mud_reader *r, const struct mud_node *value)
{
	const char *flaw, *url;

	file_of(r)->header.url = value;
	if (!mud_string(r, value, UINT32_MAX, &url))
		return;
	flaw = ost_mud_url_flaw(url);
	if (flaw != NULL) {
		mud_error(r, value, "it is an https URL", "mud-url is %s", flaw);
		return;
	}
	r->mud->url = url;
	r->mud->url_pos = mud_json_pos(&r->json, value);
	r->mud->authority = ost_mud_url_authority(url);
	r->no_memory |= r->mud->authority == NULL;
}

static void last_update_field(struct mud_reader *r, const struct mud_node *value)
{
	char why[256];
	int64_t s;

	file_of(r)->header.last_update = value;
	if (mud_string(r, value, 64, &r->mud->last_update) && ost_time_parse(r->mud->last_update, &s, why) < 0)
		mud_error(r, value, "it is a date and time of RFC 3339, such as 2026-01-01T00:00:00Z", "last-update is no such time: %s", why);
}

static void signature_field(struct mud_reader *r, const struct mud_node *value)
{
	(void)mud_string(r, value, 2048, &r->mud->signature);
}

static void cache_validity_field(struct mud_reader *r, const struct mud_node *value)
{
	if (mud_number(r, value, 1, 168, &r->mud->cache_validity_h) && r->mud->cache_validity_h < 24)
		mud_warning(r, value, NULL, "cache-validity is %u hours, and at least 24 are recommended", r->mud->cache_validity_h);
}

static void supported_field(struct mud_reader *r, const struct mud_node *value)
{
	file_of(r)->header.supported = value;
	if (!json_is_boolean(value->value))
		mud_error(r, value, "write true or false, without quotes", "is-supported is %s where true or false belongs",
			mud_json_kind(value));
	else if (json_is_false(value->value))
		mud_warning(r, value, "plan its replacement", "the manufacturer does not support the device any more");
	r->mud->is_supported = json_is_true(value->value);
}

static void systeminfo_field(struct mud_reader *r, const struct mud_node *value)
{
	(void)mud_string(r, value, 60, &r->mud->systeminfo);
}

static void mfg_name_field(struct mud_reader *r, const struct mud_node *value)
{
	(void)mud_string(r, value, 255, &r->mud->mfg_name);
}

static void model_name_field(struct mud_reader *r, const struct mud_node *value)
{
	(void)mud_string(r, value, 255, &r->mud->model_name);
}

/* RFC 8520 section 3.8: whether the device can be updated without its URL changing is not to be seen here. */
static void revision_field(struct mud_reader *r, const struct mud_node *value)
{
	const char *text;

	if (mud_string(r, value, 255, &text))
		mud_warning(r, value, "its manufacturer gives each revision a URL of its own",
			"%s must not stand here when the device can be updated and keeps its URL", value->key);
}

static void text_field(struct mud_reader *r, const struct mud_node *value)
{
	const char *text;

	(void)mud_string(r, value, 2048, &text);
}

static void extensions_field(struct mud_reader *r, const struct mud_node *value)
{
	const char *text;

	if (!mud_is_array(r, value, "extensions"))
		return;
	MUD_JSON_EACH(value, item)
	{
		if (!mud_string(r, item, 40, &text))
			return;
		mud_warning(r, item, NULL, "the extension '%s' is not known here: what the file says by it is not asked", text);
	}
	r->extensions = value;
}

static void from_field(struct mud_reader *r, const struct mud_node *value)
{
	file_of(r)->header.from = value;
}

static void to_field(struct mud_reader *r, const struct mud_node *value)
{
	file_of(r)->header.to = value;
}

/* Read before the others, so that it is known which extensions are declared. */
static void known_already(struct mud_reader *r, const struct mud_node *value)
{
	(void)r;
	(void)value;
}

static void mud_member_unknown(struct mud_reader *r, const struct mud_node *value)
{
	if (strcmp(mud_local_name(value->key), "acls") == 0 || strcmp(mud_local_name(value->key), "access-lists") == 0)
		mud_error(r, value, "it stands beside " ROOT_MUD, "%s stands inside " ROOT_MUD, value->key);
	else
		mud_unknown(r, value);
}

static void header_read(struct mud_reader *r, const struct mud_node *mud)
{
	static const struct mud_field fields[] = {
		{"mud-version", version_field},
		{"mud-url", url_field},
		{"last-update", last_update_field},
		{"mud-signature", signature_field},
		{"cache-validity", cache_validity_field},
		{"is-supported", supported_field},
		{"systeminfo", systeminfo_field},
		{"mfg-name", mfg_name_field},
		{"model-name", model_name_field},
		{"firmware-rev", revision_field},
		{"software-rev", revision_field},
		{"documentation", text_field},
		{"masa-server", text_field},
		{"extensions", known_already},
		{"from-device-policy", from_field},
		{"to-device-policy", to_field},
	};

	r->mud->cache_validity_h = CACHE_VALIDITY_DEFAULT_H;
	MUD_JSON_EACH(mud, member)
	{
		if (strcmp(mud_local_name(member->key), "extensions") == 0)
			extensions_field(r, member);
	}
	mud_fields(r, mud, ROOT_MUD, fields, OST_ARRAY_SIZE(fields), mud_member_unknown);
}

/* RFC 8520 section 3: mandatory leaves. */
static void header_check(struct mud_reader *r, const struct mud_node *mud)
{
	const struct header *h = &file_of(r)->header;
	const struct {
		const struct mud_node *node;
		const char *name;
	} needed[] = {
		{h->version, "mud-version"},
		{h->url, "mud-url"},
		{h->last_update, "last-update"},
		{h->supported, "is-supported"},
	};

	for (uint32_t i = 0; i < OST_ARRAY_SIZE(needed); i++) {
		if (needed[i].node == NULL)
			mud_error(r, mud, "ask its manufacturer for a whole one", "%s is missing", needed[i].name);
	}
}

static void root_member(struct mud_reader *r, const struct mud_node *value)
{
	struct file_reader *f = file_of(r);

	if (strcmp(value->key, ROOT_MUD) == 0)
		f->mud = value;
	else if (strcmp(value->key, ROOT_ACLS) == 0)
		f->acls = value;
	else if (strcmp(value->key, ROOT_DRAFT) == 0)
		f->draft = value;
}

/* After the header, when it is known which extensions are declared. */
static void roots_unknown(struct mud_reader *r, const struct mud_node *root)
{
	MUD_JSON_EACH(root, member)
	{
		if (strcmp(member->key, ROOT_MUD) != 0 && strcmp(member->key, ROOT_ACLS) != 0 && strcmp(member->key, ROOT_DRAFT) != 0)
			mud_unknown(r, member);
	}
}

static const struct mud_node *lists_choose(struct mud_reader *r)
{
	struct file_reader *f = file_of(r);

	if (f->acls != NULL && f->draft != NULL) {
		mud_error(r, f->draft, "remove one of the two", "the file has access lists under two names, " ROOT_ACLS " and " ROOT_DRAFT);
		return NULL;
	}
	if (f->draft != NULL) {
		r->mud->draft = true;
		mud_warning(r, f->draft, "nothing to do; its manufacturer should write " ROOT_ACLS,
			"dialect=draft: access lists under the name of a draft, " ROOT_DRAFT);
		return f->draft;
	}
	return f->acls;
}

static void file_read(struct mud_reader *r)
{
	const struct mud_node *root = &r->json.nodes[0], *lists;
	struct file_reader *f = file_of(r);

	if (!json_is_object(root->value)) {
		mud_error(r, root, "a MUD file is one JSON object", "the file is %s", mud_json_kind(root));
		return;
	}
	MUD_JSON_EACH(root, member)
		root_member(r, member);
	if (f->mud == NULL) {
		mud_error(r, root, "is it a MUD file?", "there is no " ROOT_MUD);
		return;
	}
	header_read(r, f->mud);
	if (!json_is_object(f->mud->value))
		return;
	header_check(r, f->mud);
	roots_unknown(r, root);
	lists = lists_choose(r);
	mud_lists_read(r, lists, f->header.from, f->header.to);
	if (r->mud->ace_count == 0)
		mud_warning(r, f->mud, NULL, "the file allows nothing but name and time servers");
}

static void counts_make(struct ost_mud *mud)
{
	for (uint32_t i = 0; i < mud->ace_count; i++)
		mud->counts[mud->aces[i].fate]++;
}

static int read_all(struct file_reader *f, uint32_t errors_before)
{
	struct mud_reader *r = &f->r;

	file_read(r);
	if (r->diag->errors == errors_before && !r->no_memory)
		mud_pairs_find(r);
	if (r->diag->errors == errors_before && !r->no_memory)
		mud_sense_make(r);
	if (r->diag->errors == errors_before && !r->no_memory)
		mud_drops_settle(r);
	if (r->no_memory)
		return -ENOMEM;
	counts_make(r->mud);
	return r->diag->errors == errors_before ? 0 : -EINVAL;
}

static int too_large(const char *name, struct ost_diag *diag)
{
	ost_diag_error(diag, (struct ost_pos){name, 0, 0}, "is it a MUD file?", "the file has more than %u MiB", OST_MUD_FILE_MAX >> 20);
	return -EINVAL;
}

int ost_mud_read(const char *name, const char *bytes, size_t length, struct ost_diag *diag, struct ost_mud **ret_mud)
{
	struct file_reader f = {.r = {.diag = diag}};
	struct ost_mud *mud;
	int result;

	if (length > OST_MUD_FILE_MAX)
		return too_large(name, diag);
	mud = calloc(1, sizeof(*mud));
	if (mud == NULL)
		return -ENOMEM;
	mud->name = name;
	f.r.mud = mud;
	result = mud_json_read(name, bytes, length, diag, &f.r.json);
	if (result == 0) {
		mud->json = json_incref(f.r.json.root);
		result = read_all(&f, diag->errors);
		mud_json_close(&f.r.json);
	}
	if (result == 0)
		*ret_mud = mud;
	else
		ost_mud_free(&mud);
	return result;
}

void ost_mud_free(struct ost_mud **mud)
{
	struct ost_mud *m = *mud;

	if (m == NULL)
		return;
	for (uint32_t i = 0; i < m->ace_count; i++) {
		free(m->aces[i].pointer);
		free(m->aces[i].why);
		free(m->aces[i].peer_text);
		free(m->aces[i].drops);
	}
	free(m->aces);
	free(m->authority);
	free(m->default_drops);
	json_decref(m->json);
	free(m);
	*mud = NULL;
}
