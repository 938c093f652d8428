/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "url.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "text.h"

#define SCHEME	   "https://"
#define SCHEME_LEN 8u

static const char url_set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/?#[]@!$&'()*+,;=%";
static const char name_set[] = "abcdefghijklmnopqrstuvwxyz0123456789-._";

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Characters, and whole %-triplets that hide no control character. NULL: nothing is wrong. */
static const char *characters_flaw(const char *text)
{
	if (strlen(text) > OST_MUD_WEB_URL_MAX)
		return "a text that is too long for a URL";
	if (text[strspn(text, url_set)] != '\0')
		return "a text with characters that no URL has";
	for (const char *c = strchr(text, '%'); c != NULL; c = strchr(c + 1, '%')) {
		if (!is_hex(c[1]) || !is_hex(c[2]))
			return "a URL with a '%' and no two hex digits behind it";
		if (c[1] == '0' || c[1] == '1' || strncasecmp(c, "%7f", 3) == 0)
			return "a URL with a control character in it";
	}
	return NULL;
}

/* ---- authority ---- */

static const char *port_take(const char *text, size_t length, struct ost_mud_url *u)
{
	uint64_t port = 0;

	u->port = 443;
	if (length == 0)
		return NULL;
	if (text[0] != ':')
		return "a URL whose host has more than a name and a port";
	if (length == 1)
		return NULL;
	if (length > 6 || ost_number_parse(text + 1, length - 1, &port) < 0 || port == 0 || port > UINT16_MAX)
		return "a URL whose port is no number from 1 to 65535";
	u->port = (uint16_t)port;
	return NULL;
}

static const char *ipv6_take(const char *text, size_t length, struct ost_mud_url *u)
{
	const char *end = memchr(text, ']', length);
	struct in6_addr address;
	size_t n = end != NULL ? (size_t)(end - text) - 1 : 0;

	if (end == NULL || n >= INET6_ADDRSTRLEN)
		return "a URL whose host is no IPv6 address in brackets";
	memcpy(u->host, text + 1, n);
	u->host[n] = '\0';
	if (inet_pton(AF_INET6, u->host, &address) != 1)
		return "a URL whose host is no IPv6 address in brackets";
	u->ipv6 = u->numeric = true;
	return port_take(end + 1, length - n - 2, u);
}

/* Labels that are not empty, beside a dot at the end. "127.1" and "0x7f.1" are neither an address nor a name: a name's last
 * label begins with a letter (RFC 3696 section 2). */
static const char *name_check(struct ost_mud_url *u)
{
	struct in_addr address;
	const char *last = strrchr(u->host, '.');

	if (inet_pton(AF_INET, u->host, &address) == 1) {
		u->numeric = true;
		return NULL;
	}
	if (last != NULL && last[1] == '\0')
		return "a URL whose host ends with a dot";
	last = last != NULL ? last + 1 : u->host;
	if (u->host[0] == '.' || strstr(u->host, "..") != NULL || *last < 'a' || *last > 'z')
		return "a URL whose host is no name and no address";
	return NULL;
}

static const char *host_take(const char *text, size_t length, struct ost_mud_url *u)
{
	const char *colon;
	size_t n;

	if (memchr(text, '@', length) != NULL)
		return "a URL with a user in it";
	if (length > 0 && text[0] == '[')
		return ipv6_take(text, length, u);
	colon = memchr(text, ':', length);
	n = colon != NULL ? (size_t)(colon - text) : length;
	if (n == 0)
		return "a URL without a host";
	if (n > OST_MUD_HOST_MAX)
		return "a URL whose host is too long";
	for (size_t i = 0; i < n; i++)
		u->host[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
	u->host[n] = '\0';
	if (strspn(u->host, name_set) < n)
		return "a URL whose host is no name and no address";
	return colon != NULL && port_take(colon, length - n, u) != NULL ? port_take(colon, length - n, u) : name_check(u);
}

static const char *url_take(const char *text, struct ost_mud_url *u)
{
	const char *flaw = characters_flaw(text), *path;
	size_t authority;

	if (flaw != NULL)
		return flaw;
	if (strncasecmp(text, SCHEME, SCHEME_LEN) != 0)
		return "no URL that begins with https://";
	if (strchr(text, '#') != NULL)
		return "a URL with a fragment";
	authority = strcspn(text + SCHEME_LEN, "/?");
	u->port = 443;
	flaw = host_take(text + SCHEME_LEN, authority, u);
	if (flaw != NULL)
		return flaw;
	path = text + SCHEME_LEN + authority;
	if (snprintf(u->target, sizeof(u->target), "%s%s", *path == '/' ? "" : "/", path) >= (int)sizeof(u->target))
		return "a text that is too long for a URL";
	(void)snprintf(u->text, sizeof(u->text), "%s", text);
	return NULL;
}

int ost_mud_url_read(const char *text, struct ost_mud_url *ret_url, const char **ret_flaw)
{
	struct ost_mud_url u = {0};
	const char *flaw = url_take(text, &u);

	if (flaw != NULL) {
		*ret_flaw = flaw;
		return -EINVAL;
	}
	*ret_url = u;
	return 0;
}

/* ---- references ---- */

static bool has_scheme(const char *reference)
{
	size_t n = strcspn(reference, ":/?#");

	return n > 0 && reference[n] == ':';
}

/* RFC 3986 section 5.2.4, in place; path begins with a slash and has no query. */
static void dots_remove(char *path)
{
	char *to = path, *from = path;

	while (*from != '\0') {
		size_t n = 1 + strcspn(from + 1, "/");
		bool one = n == 2 && from[1] == '.', two = n == 3 && from[1] == '.' && from[2] == '.';

		if (two) {
			while (to > path && *--to != '/')
				;
		} else if (!one) {
			memmove(to, from, n);
			to += n;
		}
		if ((one || two) && from[n] == '\0')
			*to++ = '/';
		from += n;
	}
	*to = '\0';
}

/* Scheme and authority of a URL: so many bytes of its text. */
static int site_length(const struct ost_mud_url *u)
{
	return (int)(SCHEME_LEN + strcspn(u->text + SCHEME_LEN, "/?"));
}

/* Path and query of a reference: beside the base's path when it is relative. false: too long. */
static bool target_join(const struct ost_mud_url *base, const char *reference, char to[static OST_MUD_WEB_URL_MAX + 1])
{
	size_t folder = strcspn(base->target, "?"), path = strcspn(reference, "?");
	size_t size = OST_MUD_WEB_URL_MAX + 1;

	if (path == 0) /* a query alone */
		return snprintf(to, size, "%.*s%s", (int)folder, base->target, reference) < (int)size;
	while (folder > 0 && base->target[folder - 1] != '/')
		folder--;
	if (snprintf(to, size, "%.*s%.*s", reference[0] == '/' ? 0 : (int)folder, base->target, (int)path, reference) >= (int)size)
		return false;
	dots_remove(to);
	return snprintf(to + strlen(to), size - strlen(to), "%s", reference + path) < (int)(size - strlen(to));
}

int ost_mud_url_resolve(const struct ost_mud_url *base, const char *reference, struct ost_mud_url *ret_url, const char **ret_flaw)
{
	char plain[OST_MUD_WEB_URL_MAX + 1], target[OST_MUD_WEB_URL_MAX + 1] = "", whole[2 * OST_MUD_WEB_URL_MAX + 16];
	const char *flaw = characters_flaw(reference);

	if (flaw == NULL && reference[0] == '\0')
		flaw = "an empty text";
	if (flaw != NULL) {
		*ret_flaw = flaw;
		return -EINVAL;
	}
	(void)snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(reference, "#"), reference);
	if (has_scheme(plain)) {
		(void)snprintf(whole, sizeof(whole), "%s", plain);
	} else if (strncmp(plain, "//", 2) == 0) {
		(void)snprintf(whole, sizeof(whole), "https:%s", plain);
	} else if (!target_join(base, plain, target)) {
		*ret_flaw = "a text that is too long for a URL";
		return -EINVAL;
	} else {
		(void)snprintf(whole, sizeof(whole), "%.*s%s", site_length(base), base->text, target);
	}
	return ost_mud_url_read(whole, ret_url, ret_flaw);
}
