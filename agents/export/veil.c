/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom a record names, hidden wherever it stands: in members of their own and in sentences. */
#include "line.h"
#include "plain.h"
#include "pseudonym.h"

#define NAMES 256u /* of one record; where there are more, whole sentences are hidden */

/* Of one record. */
struct veil {
	const struct ost_pseudonyms *p;
	uint8_t key[OST_PSEUDONYM_KEY]; /* of the quarter */
	struct {
		const char *name;
		enum ost_pseudonym_field field;
	} names[NAMES];
	uint32_t name_count;
	bool full;
	struct ost_ip own; /* the device's own address; family 0: none */
	int failed;
};

/* ---- what is veiled ---- */

static bool of_site(const struct veil *v, const struct ost_ip *ip)
{
	bool is = ost_address_is_local(ip) || ost_ip_equal(ip, &v->own);

	for (uint32_t i = 0; i < v->p->network_count && !is; i++)
		is = ost_prefix_contains(&v->p->networks[i], ip);
	return is;
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

/* Each takes what stands at s: its length, 0 nothing; out: what it becomes. */
static size_t mac_at(struct veil *v, const char *s, char out[static OST_PSEUDONYM_TEXT])
{
	struct ost_mac mac;
	char text[18];

	if ((v->p->fields & OST_PSEUDONYM_MAC) == 0 || strnlen(s, 17) < 17 || is_word(s[17]))
		return 0;
	memcpy(text, s, 17);
	text[17] = '\0';
	if (ost_mac_parse(text, &mac) < 0)
		return 0;
	v->failed |= ost_pseudonym_mac(v->key, mac.b, out);
	return 17;
}

static size_t ip_at(struct veil *v, const char *s, char out[static OST_PSEUDONYM_TEXT])
{
	size_t n = strspn(s, "0123456789abcdefABCDEF:."), v4 = strspn(s, "0123456789.");
	struct ost_ip ip;
	char text[OST_IP_TEXT];

	if ((v->p->fields & OST_PSEUDONYM_IP) == 0)
		return 0;
	if (v4 < n && s[v4] == ':' && memchr(s, '.', v4) != NULL)
		n = v4; /* "10.0.0.2:443" */
	while (n > 0 && (s[n - 1] == '.' || (s[n - 1] == ':' && (n < 2 || s[n - 2] != ':'))))
		n--;
	if (n < 2 || n >= sizeof(text) || is_word(s[n]))
		return 0;
	memcpy(text, s, n);
	text[n] = '\0';
	if (ost_ip_parse(text, &ip) < 0 || !of_site(v, &ip))
		return 0;
	v->failed |= ost_pseudonym_ip(v->key, &ip, out);
	return n;
}

static size_t name_at(struct veil *v, const char *s, char out[static OST_PSEUDONYM_TEXT])
{
	size_t longest = 0, which = 0;

	for (uint32_t i = 0; i < v->name_count; i++) {
		size_t n = strlen(v->names[i].name);

		if (n > longest && strncmp(s, v->names[i].name, n) == 0 && !is_word(s[n])) {
			longest = n;
			which = i;
		}
	}
	if (longest > 0)
		v->failed |= ost_pseudonym_name(v->key, v->names[which].name, v->names[which].field, out);
	return longest;
}

/* All tokens of a text, in one pass: nothing is veiled twice. names: also those of devices and persons. */
static void text_veil(struct veil *v, json_t *value, bool names)
{
	const char *s = json_string_value(value);
	struct ost_format_text made = {0};
	char out[OST_PSEUDONYM_TEXT];
	size_t from = 0, i = 0;
	int r = 0;

	if (names && v->full) {
		r = ost_pseudonym_name(v->key, s, OST_PSEUDONYM_DEVICE, out);
		v->failed |= r < 0 || json_string_set(value, out) < 0 ? -ENOMEM : 0;
		return;
	}

	while (s[i] != '\0' && r == 0) {
		bool begins = i == 0 || !is_word(s[i - 1]);
		size_t n = begins ? mac_at(v, s + i, out) : 0;

		if (n == 0 && begins && names)
			n = name_at(v, s + i, out);
		if (n == 0 && begins && (i == 0 || s[i - 1] != '.'))
			n = ip_at(v, s + i, out);
		if (n > 0) {
			r = ost_text_append(&made, s + from, i - from);
			if (r == 0)
				r = ost_text_append(&made, out, strlen(out));
			from = i + n;
		}
		i += n > 0 ? n : 1;
	}
	if (r == 0 && from > 0) {
		r = ost_text_append(&made, s + from, strlen(s + from));
		if (r == 0 && json_string_setn(value, made.bytes, made.length) < 0)
			r = -ENOMEM;
	}
	v->failed |= r;
	ost_format_text_free(&made);
}

/* ---- the record ---- */

static bool is_one_of(const char *key, const char *const *keys)
{
	for (; *keys != NULL; keys++) {
		if (strcmp(key, *keys) == 0)
			return true;
	}
	return false;
}

static const char *const device_keys[] = {"device", "devices", "who", "peer_device", "peer_devices", NULL};
static const char *const user_keys[] = {"by", "author", "authors", "policy_author", "owner", "user", NULL};

static void name_add(struct veil *v, const json_t *value, enum ost_pseudonym_field field)
{
	const char *name = json_string_value(value);

	if ((v->p->fields & (unsigned)field) == 0 || name == NULL || name[0] == '\0')
		return;
	for (uint32_t i = 0; i < v->name_count; i++) {
		if (strcmp(v->names[i].name, name) == 0)
			return;
	}
	if (v->name_count == NAMES) {
		v->full = true;
		return;
	}
	v->names[v->name_count].name = name;
	v->names[v->name_count++].field = field;
}

static void named(struct veil *v, const char *key, const json_t *value)
{
	enum ost_pseudonym_field field = is_one_of(key, device_keys) ? OST_PSEUDONYM_DEVICE : is_one_of(key, user_keys) ? OST_PSEUDONYM_USER : 0;
	const json_t *member;
	size_t i;

	if (field == 0)
		return;
	name_add(v, value, field);
	if (json_is_object(value)) {
		name_add(v, json_object_get(value, field == OST_PSEUDONYM_DEVICE ? "id" : "name"), field);
		name_add(v, json_object_get(value, field == OST_PSEUDONYM_DEVICE ? "name" : "full_name"), field);
	}
	json_array_foreach(value, i, member) {
		name_add(v, member, field);
	}
}

static void names_find(struct veil *v, const json_t *value)
{
	json_t *member;
	const char *key;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)value, key, member) {
		named(v, key, member);
		names_find(v, member);
	}
	json_array_foreach(value, i, member) {
		names_find(v, member);
	}
}

/* Words of a closed list have no blanks: a device called "open" does not change the state of its incident. */
static const char *const text_keys[] = {"who", "place", "scope", "threshold", "path", "policy_rule", "message", "reason", "value", "text", "domain", NULL};

static void value_veil(struct veil *v, const char *key, json_t *value, bool name)
{
	json_t *member;
	const char *k;
	size_t i;

	if (json_is_string(value)) {
		if (strcmp(key, "fingerprint") != 0 && strcmp(key, "@timestamp") != 0)
			text_veil(v, value, name || is_one_of(key, text_keys) || strchr(json_string_value(value), ' ') != NULL);
		return;
	}
	json_object_foreach(value, k, member) {
		bool is_name = is_one_of(k, device_keys) || is_one_of(k, user_keys);

		value_veil(v, k, member, json_is_object(member) ? is_name : is_name || (name && (strcmp(k, "id") == 0 || strstr(k, "name") != NULL)));
	}
	json_array_foreach(value, i, member) {
		value_veil(v, key, member, name);
	}
}

int ost_pseudonyms_apply(const struct ost_pseudonyms *pseudonyms, uint64_t time_ns, json_t *root)
{
	struct veil v = {.p = pseudonyms};
	const char *own = ost_tree_text(root, "device.id") != NULL ? ost_tree_text(root, "source.ip") : NULL;
	char *copies[NAMES];
	uint32_t count;

	v.failed = ost_pseudonym_quarter(pseudonyms, time_ns, v.key);
	if (own == NULL || ost_ip_parse(own, &v.own) < 0)
		v.own.family = 0;
	names_find(&v, root);
	count = v.name_count;
	for (uint32_t i = 0; i < count; i++) { /* the tree's own are changed on the way */
		copies[i] = strdup(v.names[i].name);
		v.failed |= copies[i] == NULL ? -ENOMEM : 0;
		v.names[i].name = copies[i];
	}
	if (v.failed == 0)
		value_veil(&v, "", root, false);
	for (uint32_t i = 0; i < count; i++)
		free(copies[i]);
	explicit_bzero(v.key, sizeof(v.key));
	return v.failed == 0 ? 0 : -ENOMEM;
}
