/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/hash.h>

#include "mud_approved.h"

#include <jansson.h>

#include "mud.h"

#define FILES_KEY "files"

const char *ost_mud_entry_name(enum ost_mud_entry entry)
{
	static const char *const names[] = {"comes-in", "approved-before", "first-of-signer", "unsigned", "changed-signer", "changed-prefix",
		"widens", "other-url", "wrong-signature"};

	return entry < OST_MUD_ENTRY_COUNT ? names[entry] : "?";
}

int ost_mud_hash(const void *bytes, size_t length, char hex[static OST_MUD_HASH_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t sum[32];

	if (length > UINT32_MAX || wc_Sha256Hash(bytes, (word32)length, sum) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(sum); i++) {
		hex[2 * i] = digits[sum[i] >> 4];
		hex[2 * i + 1] = digits[sum[i] & 15];
	}
	hex[OST_MUD_HASH_TEXT - 1] = '\0';
	return 0;
}

/* ---- reading ---- */

static const char *text_of(const json_t *entry, const char *key)
{
	return json_string_value(json_object_get(entry, key));
}

/* Each entry has a hash of 64 hex digits and a URL. */
static bool files_are_sound(const json_t *files)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(files, i, entry) {
		const char *sha256 = text_of(entry, "sha256");

		if (sha256 == NULL || strlen(sha256) != OST_MUD_HASH_TEXT - 1 || strspn(sha256, "0123456789abcdef") != OST_MUD_HASH_TEXT - 1 ||
			text_of(entry, "url") == NULL)
			return false;
	}
	return json_is_array(files);
}

static int approvals_read(const char *bytes, size_t length, json_t **ret_root)
{
	json_error_t error;
	json_t *root;

	if (length > OST_MUD_APPROVED_MAX)
		return -EINVAL;
	root = length == 0 ? json_pack("{s:[]}", FILES_KEY) : json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		return length == 0 || json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EINVAL;
	if (!files_are_sound(json_object_get(root, FILES_KEY))) {
		json_decref(root);
		return -EINVAL;
	}
	*ret_root = root;
	return 0;
}

static const json_t *find(const json_t *root, const char *sha256)
{
	const json_t *files = json_object_get(root, FILES_KEY), *entry;
	size_t i;

	json_array_foreach(files, i, entry) {
		if (strcmp(text_of(entry, "sha256"), sha256) == 0)
			return entry;
	}
	return NULL;
}

int ost_mud_approved_has(const char *bytes, size_t length, const char *sha256)
{
	json_t *root = NULL;
	int r = approvals_read(bytes, length, &root);

	if (r < 0)
		return r;
	r = find(root, sha256) != NULL ? 0 : -ENOENT;
	json_decref(root);
	return r;
}

/* ---- judging ---- */

/* Up to the last slash of the path; of a URL without a path all of it. */
static size_t prefix_length(const char *url)
{
	const char *scheme = strstr(url, "://"), *host = scheme != NULL ? scheme + 3 : url;
	size_t n = strcspn(host, "?");
	const char *slash = memrchr(host, '/', n);

	return (size_t)(slash != NULL ? slash + 1 - url : host + n - url);
}

static bool prefix_is_same(const char *a, const char *b)
{
	size_t n = prefix_length(a);

	return prefix_length(b) == n && strncmp(a, b, n) == 0;
}

static bool authority_is_same(const char *a, const char *b)
{
	OST_AUTO_FREE char *of_a = ost_mud_url_flaw(a) == NULL ? ost_mud_url_authority(a) : NULL;
	OST_AUTO_FREE char *of_b = ost_mud_url_flaw(b) == NULL ? ost_mud_url_authority(b) : NULL;

	return of_a != NULL && of_b != NULL && strcmp(of_a, of_b) == 0;
}

/* The last word on a prefix counts: a signer that another one took over from is not known there any more. */
static enum ost_mud_entry signer_judge(const json_t *root, const char *url, const char *spki)
{
	const json_t *files = json_object_get(root, FILES_KEY), *entry;
	const char *there = NULL;
	bool prefix = false, elsewhere = false, authority = false;
	size_t i;

	json_array_foreach(files, i, entry) {
		const char *known = text_of(entry, "spki-sha256");

		if (prefix_is_same(text_of(entry, "url"), url)) {
			prefix = true;
			there = known;
		} else if (known != NULL && strcmp(known, spki) == 0) {
			elsewhere = true;
		} else if (authority_is_same(text_of(entry, "url"), url)) {
			authority = true; /* its devices are of one manufacturer: nobody else speaks for them unasked */
		}
	}
	if (prefix)
		return there != NULL && strcmp(there, spki) == 0 ? OST_MUD_COMES_IN : OST_MUD_WAITS_CHANGED_SIGNER;
	if (elsewhere)
		return OST_MUD_WAITS_CHANGED_PREFIX;
	return authority ? OST_MUD_WAITS_CHANGED_SIGNER : OST_MUD_FIRST_OF_SIGNER;
}

int ost_mud_approved_judge(const char *bytes, size_t length, const char *sha256, const char *url, enum ost_mud_verdict verdict,
	const char *spki_sha256, enum ost_mud_entry *ret_entry)
{
	json_t *root = NULL;
	int r = approvals_read(bytes, length, &root);

	if (r < 0)
		return r;
	if (verdict != OST_MUD_SIGNED && verdict != OST_MUD_UNSIGNED)
		*ret_entry = OST_MUD_NEVER;
	else if (find(root, sha256) != NULL)
		*ret_entry = OST_MUD_APPROVED_BEFORE;
	else
		*ret_entry = verdict == OST_MUD_UNSIGNED ? OST_MUD_WAITS_UNSIGNED : signer_judge(root, url, spki_sha256);
	json_decref(root);
	return 0;
}

/* ---- writing ---- */

static json_t *entry_make(const struct ost_mud_approval *a)
{
	const struct {
		const char *key, *value;
	} members[] = {
		{"url", a->url},
		{"sha256", a->sha256},
		{"signer", a->signer},
		{"spki-sha256", a->spki_sha256},
		{"override", a->override},
		{"at", a->at},
		{"approved-by", a->by},
		{"approved-at", a->when},
		{"reason", a->reason},
	};
	json_t *entry = json_object();

	for (size_t i = 0; i < OST_ARRAY_SIZE(members) && entry != NULL; i++) {
		if (members[i].value != NULL && json_object_set_new(entry, members[i].key, json_string(members[i].value)) < 0) {
			json_decref(entry);
			return NULL;
		}
	}
	return entry;
}

/* At the end: the order is that of time. */
static int entry_put(json_t *files, const struct ost_mud_approval *approval)
{
	json_t *entry = entry_make(approval);

	if (entry == NULL)
		return -ENOMEM;
	for (size_t i = json_array_size(files); i-- > 0;) {
		if (strcmp(text_of(json_array_get(files, i), "sha256"), approval->sha256) == 0)
			(void)json_array_remove(files, i);
	}
	return json_array_append_new(files, entry) < 0 ? -ENOMEM : 0;
}

int ost_mud_approved_put(const char *bytes, size_t length, const struct ost_mud_approval *approval, char **ret_bytes)
{
	json_t *root = NULL;
	int r = approvals_read(bytes, length, &root);
	char *text = NULL, *line;

	if (r < 0)
		return r;
	r = entry_put(json_object_get(root, FILES_KEY), approval);
	if (r == 0)
		text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	if (r < 0)
		return r;
	line = text != NULL ? realloc(text, strlen(text) + 2) : NULL;
	if (line == NULL) {
		free(text);
		return -ENOMEM;
	}
	memcpy(line + strlen(line), "\n", 2);
	*ret_bytes = line;
	return 0;
}
