/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/misc.h>

#include <stdio.h>

#include "addr.h"
#include "clock.h"
#include "line.h"
#include "plain.h"

#define KEY	   32u
#define CUT	   10u /* bytes of a pseudonym: 80 bits */
#define PREFIXES   64u
#define NAMES	   32u /* of one record */
#define TOKEN	   48u
#define PREFIX_48  "\xfd\x6f\x73\x74\x69\x61" /* fd6f:7374:6961::/48, a local prefix (RFC 4193): what stands in it is a pseudonym */

enum field {
	FIELD_MAC = 1,
	FIELD_IP = 2,
	FIELD_DEVICE = 4,
	FIELD_USER = 8,
};

static const char *const field_names[] = {"mac", "ip", "device", "user"};

struct ost_pseudonyms {
	uint8_t key[KEY];
	unsigned fields;
	struct ost_prefix sites[PREFIXES]; /* further networks of the site */
	uint32_t site_count;
};

/* Of one record. */
struct veil {
	const struct ost_pseudonyms *p;
	uint8_t key[KEY]; /* of the quarter */
	struct {
		const char *name;
		enum field field;
	} names[NAMES];
	uint32_t name_count;
	struct ost_ip own; /* the device's own address; family 0: none */
	int failed;
};

/* ---- the file ---- */

static int bad(char why[static OST_FORMAT_WHY], unsigned line, const char *what)
{
	(void)snprintf(why, OST_FORMAT_WHY, "line %u: %s", line, what);
	return -EINVAL;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool key_read(const char *hex, uint8_t key[static KEY])
{
	if (hex == NULL || strlen(hex) != 2 * (size_t)KEY)
		return false;
	for (unsigned i = 0; i < KEY; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int fields_read(struct ost_pseudonyms *p, char **rest, unsigned line, char why[static OST_FORMAT_WHY])
{
	p->fields = 0;
	for (char *word = strtok_r(NULL, " \t", rest); word != NULL; word = strtok_r(NULL, " \t", rest)) {
		size_t i = 0;

		while (i < OST_ARRAY_SIZE(field_names) && strcmp(field_names[i], word) != 0)
			i++;
		if (i == OST_ARRAY_SIZE(field_names))
			return bad(why, line, "fields are mac, ip, device, user");
		p->fields |= 1u << i;
	}
	return p->fields != 0 ? 0 : bad(why, line, "which fields? mac, ip, device, user");
}

static int sites_read(struct ost_pseudonyms *p, char **rest, unsigned line, char why[static OST_FORMAT_WHY])
{
	for (char *word = strtok_r(NULL, " \t", rest); word != NULL; word = strtok_r(NULL, " \t", rest)) {
		if (p->site_count == PREFIXES)
			return bad(why, line, "there are more than 64 networks");
		if (ost_prefix_parse(word, &p->sites[p->site_count]) < 0)
			return bad(why, line, "that is no network such as 2001:db8::/32");
		p->site_count++;
	}
	return 0;
}

static int line_read(struct ost_pseudonyms *p, char *text, unsigned line, bool *has_key, char why[static OST_FORMAT_WHY])
{
	char *rest = NULL, *word = strtok_r(text, " \t", &rest);

	if (word == NULL || word[0] == '#')
		return 0;
	if (strcmp(word, "fields") == 0)
		return fields_read(p, &rest, line, why);
	if (strcmp(word, "networks") == 0)
		return sites_read(p, &rest, line, why);
	if (strcmp(word, "key") != 0)
		return bad(why, line, "it begins with none of key, fields, networks");
	if (*has_key)
		return bad(why, line, "there are two keys");
	*has_key = key_read(strtok_r(NULL, " \t", &rest), p->key) && strtok_r(NULL, " \t", &rest) == NULL;
	return *has_key ? 0 : bad(why, line, "a key is 64 hexadecimal digits");
}

int ost_pseudonyms_parse(const char *text, size_t length, struct ost_pseudonyms **ret_pseudonyms, char ret_why[static OST_FORMAT_WHY])
{
	struct ost_pseudonyms *p = calloc(1, sizeof(*p));
	char *copy = strndup(text, OST_MIN(length, (size_t)OST_PSEUDONYMS_FILE_MAX));
	bool has_key = false;
	unsigned line = 1;
	int r = p == NULL || copy == NULL ? -ENOMEM : 0;

	(void)snprintf(ret_why, OST_FORMAT_WHY, "there is no memory");
	if (r == 0 && (length > OST_PSEUDONYMS_FILE_MAX || strlen(copy) != length))
		r = bad(ret_why, line, "it is no text, or too long");
	if (r == 0)
		p->fields = FIELD_MAC | FIELD_IP | FIELD_DEVICE;
	for (char *at = copy, *end; r == 0 && at != NULL; at = end, line++) {
		end = strchr(at, '\n');
		if (end != NULL)
			*end++ = '\0';
		r = line_read(p, at, line, &has_key, ret_why);
	}
	if (r == 0 && !has_key)
		r = bad(ret_why, line - 1, "there is no key");
	if (copy != NULL)
		explicit_bzero(copy, strlen(copy));
	free(copy);
	if (r < 0) {
		ost_pseudonyms_free(&p);
		return r;
	}
	ret_why[0] = '\0';
	*ret_pseudonyms = p;
	return 0;
}

void ost_pseudonyms_free(struct ost_pseudonyms **pseudonyms)
{
	if (*pseudonyms != NULL)
		explicit_bzero(*pseudonyms, sizeof(**pseudonyms));
	free(*pseudonyms);
	*pseudonyms = NULL;
}

/* ---- the hash ---- */

static int keyed(const uint8_t key[static KEY], const char *type, const void *bytes, size_t length, uint8_t ret[static KEY])
{
	Hmac hmac;
	int r = wc_HmacInit(&hmac, NULL, INVALID_DEVID);

	if (r == 0)
		r = wc_HmacSetKey(&hmac, WC_SHA256, key, KEY);
	if (r == 0)
		r = wc_HmacUpdate(&hmac, (const uint8_t *)type, (word32)strlen(type) + 1);
	if (r == 0)
		r = wc_HmacUpdate(&hmac, bytes, (word32)length);
	if (r == 0)
		r = wc_HmacFinal(&hmac, ret);
	wc_HmacFree(&hmac);
	return r == 0 ? 0 : -ENOMEM;
}

static int quarter_key(const struct ost_pseudonyms *p, uint64_t time_ns, uint8_t ret[static KEY])
{
	time_t s = (time_t)(time_ns / OST_NS_PER_S);
	struct tm tm = {0};
	char quarter[48];

	(void)gmtime_r(&s, &tm);
	(void)snprintf(quarter, sizeof(quarter), "%dQ%d", tm.tm_year + 1900, tm.tm_mon / 3 + 1);
	return keyed(p->key, "quarter", quarter, strlen(quarter), ret);
}

static const char *mac_veiled(struct veil *v, const uint8_t mac[static 6], char out[static TOKEN])
{
	uint8_t h[KEY] = {0};

	v->failed |= keyed(v->key, "mac", mac, 6, h);
	for (unsigned i = 0; i < CUT; i++)
		(void)snprintf(out + (size_t)3 * i, 4, "%02X%s", h[i], i + 1 < CUT ? "-" : "");
	return out;
}

static const char *ip_veiled(struct veil *v, const struct ost_ip *ip, char out[static TOKEN])
{
	struct ost_ip made = {.family = OST_IPV6};
	uint8_t h[KEY] = {0};
	char text[OST_IP_TEXT];

	v->failed |= keyed(v->key, ip->family == OST_IPV4 ? "ipv4" : "ipv6", ip->b, ip->family == OST_IPV4 ? 4 : 16, h);
	memcpy(made.b, PREFIX_48, 6);
	memcpy(made.b + 6, h, CUT);
	(void)snprintf(out, TOKEN, "%s", ost_ip_format(&made, text));
	return out;
}

static const char *name_veiled(struct veil *v, const char *name, enum field field, char out[static TOKEN])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t h[KEY] = {0};
	size_t n = 2;

	v->failed |= keyed(v->key, field == FIELD_USER ? "user" : "device", name, strlen(name), h);
	memcpy(out, "p-", 2);
	for (unsigned bit = 0; bit < 8 * CUT; bit += 5) {
		unsigned two = (unsigned)h[bit / 8] << 8 | h[bit / 8 + 1];

		out[n++] = letters[two >> (11 - bit % 8) & 31];
	}
	out[n] = '\0';
	return out;
}

/* ---- what is veiled ---- */

bool ost_address_is_local(const struct ost_ip *ip)
{
	static const struct ost_prefix local[] = {
		{.ip = {.b = {10}, .family = OST_IPV4}, .length = 8},	     {.ip = {.b = {172, 16}, .family = OST_IPV4}, .length = 12},
		{.ip = {.b = {192, 168}, .family = OST_IPV4}, .length = 16}, {.ip = {.b = {169, 254}, .family = OST_IPV4}, .length = 16},
		{.ip = {.b = {100, 64}, .family = OST_IPV4}, .length = 10},  {.ip = {.b = {0xfc}, .family = OST_IPV6}, .length = 7},
		{.ip = {.b = {0xfe, 0x80}, .family = OST_IPV6}, .length = 10},
	};

	for (size_t i = 0; i < OST_ARRAY_SIZE(local); i++) {
		if (ost_prefix_contains(&local[i], ip))
			return true;
	}
	return false;
}

bool ost_address_is_pseudonym(const struct ost_ip *ip)
{
	return ip->family == OST_IPV6 && memcmp(ip->b, PREFIX_48, 6) == 0;
}

static bool of_site(const struct veil *v, const struct ost_ip *ip)
{
	bool is = ost_address_is_local(ip) || ost_ip_equal(ip, &v->own);

	for (uint32_t i = 0; i < v->p->site_count && !is; i++)
		is = ost_prefix_contains(&v->p->sites[i], ip);
	return is;
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

/* Each takes what stands at s: its length, 0 nothing; out: what it becomes. */
static size_t mac_at(struct veil *v, const char *s, char out[static TOKEN])
{
	struct ost_mac mac;
	char text[18];

	if ((v->p->fields & FIELD_MAC) == 0 || strnlen(s, 17) < 17 || is_word(s[17]))
		return 0;
	memcpy(text, s, 17);
	text[17] = '\0';
	if (ost_mac_parse(text, &mac) < 0)
		return 0;
	(void)mac_veiled(v, mac.b, out);
	return 17;
}

static size_t ip_at(struct veil *v, const char *s, char out[static TOKEN])
{
	size_t n = strspn(s, "0123456789abcdefABCDEF:."), v4 = strspn(s, "0123456789.");
	struct ost_ip ip;
	char text[OST_IP_TEXT];

	if ((v->p->fields & FIELD_IP) == 0)
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
	(void)ip_veiled(v, &ip, out);
	return n;
}

static size_t name_at(struct veil *v, const char *s, char out[static TOKEN])
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
		(void)name_veiled(v, v->names[which].name, v->names[which].field, out);
	return longest;
}

/* All tokens of a text, in one pass: nothing is veiled twice. names: also those of devices and persons. */
static void text_veil(struct veil *v, json_t *value, bool names)
{
	const char *s = json_string_value(value);
	struct ost_format_text made = {0};
	char out[TOKEN];
	size_t from = 0, i = 0;
	int r = 0;

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

static void name_add(struct veil *v, const json_t *value, enum field field)
{
	const char *name = json_string_value(value);

	if ((v->p->fields & (unsigned)field) == 0 || name == NULL || name[0] == '\0')
		return;
	for (uint32_t i = 0; i < v->name_count; i++) {
		if (strcmp(v->names[i].name, name) == 0)
			return;
	}
	if (v->name_count == NAMES) {
		v->failed |= -ENOMEM; /* rather nothing than a name that is seen */
		return;
	}
	v->names[v->name_count].name = name;
	v->names[v->name_count++].field = field;
}

static void named(struct veil *v, const char *key, const json_t *value)
{
	enum field field = is_one_of(key, device_keys) ? FIELD_DEVICE : is_one_of(key, user_keys) ? FIELD_USER : 0;
	const json_t *member;
	size_t i;

	if (field == 0)
		return;
	name_add(v, value, field);
	if (json_is_object(value)) {
		name_add(v, json_object_get(value, field == FIELD_DEVICE ? "id" : "name"), field);
		name_add(v, json_object_get(value, field == FIELD_DEVICE ? "name" : "full_name"), field);
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

	v.failed = quarter_key(pseudonyms, time_ns, v.key);
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
