/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/hmac.h>

#include <stdio.h>

#include "clock.h"
#include "pseudonym.h"

#define KEY	   OST_PSEUDONYM_KEY
#define CUT	   10u /* bytes of a pseudonym: 80 bits */
#define PREFIX_48  "\xfd\x6f\x73\x74\x69\x61" /* fd6f:7374:6961::/48, a local prefix (RFC 4193): what stands in it is a pseudonym */

static const char *const field_names[] = {"mac", "ip", "device", "user"};

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
		if (p->network_count == OST_PSEUDONYM_NETWORKS)
			return bad(why, line, "there are more than 64 networks");
		if (ost_prefix_parse(word, &p->networks[p->network_count]) < 0)
			return bad(why, line, "that is no network such as 2001:db8::/32");
		p->network_count++;
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
		p->fields = OST_PSEUDONYM_MAC | OST_PSEUDONYM_IP | OST_PSEUDONYM_DEVICE;
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

int ost_pseudonym_quarter(const struct ost_pseudonyms *p, uint64_t time_ns, uint8_t ret_key[static KEY])
{
	time_t s = (time_t)(time_ns / OST_NS_PER_S);
	struct tm tm = {0};
	char quarter[48];

	(void)gmtime_r(&s, &tm);
	(void)snprintf(quarter, sizeof(quarter), "%dQ%d", tm.tm_year + 1900, tm.tm_mon / 3 + 1);
	return keyed(p->key, "quarter", quarter, strlen(quarter), ret_key);
}

int ost_pseudonym_mac(const uint8_t key[static KEY], const uint8_t mac[static 6], char out[static OST_PSEUDONYM_TEXT])
{
	uint8_t h[KEY] = {0};
	int r = keyed(key, "mac", mac, 6, h);

	for (unsigned i = 0; i < CUT; i++)
		(void)snprintf(out + (size_t)3 * i, 4, "%02X%s", h[i], i + 1 < CUT ? "-" : "");
	return r;
}

int ost_pseudonym_ip(const uint8_t key[static KEY], const struct ost_ip *ip, char out[static OST_PSEUDONYM_TEXT])
{
	struct ost_ip made = {.family = OST_IPV6};
	uint8_t h[KEY] = {0};
	char text[OST_IP_TEXT];
	int r = keyed(key, ip->family == OST_IPV4 ? "ipv4" : "ipv6", ip->b, ip->family == OST_IPV4 ? 4 : 16, h);

	memcpy(made.b, PREFIX_48, 6);
	memcpy(made.b + 6, h, CUT);
	(void)snprintf(out, OST_PSEUDONYM_TEXT, "%s", ost_ip_format(&made, text));
	return r;
}

int ost_pseudonym_name(const uint8_t key[static KEY], const char *name, enum ost_pseudonym_field field, char out[static OST_PSEUDONYM_TEXT])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t h[KEY] = {0};
	size_t n = 2;
	int r = keyed(key, field == OST_PSEUDONYM_USER ? "user" : "device", name, strlen(name), h);

	memcpy(out, "p-", 2);
	for (unsigned bit = 0; bit < 8 * CUT; bit += 5) {
		unsigned two = (unsigned)h[bit / 8] << 8 | h[bit / 8 + 1];

		out[n++] = letters[two >> (11 - bit % 8) & 31];
	}
	out[n] = '\0';
	return r;
}

/* ---- addresses ---- */

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
