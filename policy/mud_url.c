/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MUD URLs. */
#include <arpa/inet.h>

#include "mud.h"
#include "text.h"

#define SCHEME "https://"

/* RFC 3986, without blanks, quotes and what else no URL holds; many of these mean something to a shell, and none ever sees one. */
static const char url_set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/?#[]@!$&'()*+,;=%";
static const char label_set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

static bool is_port(const char *text, size_t n)
{
	uint64_t port;

	return n == 0 || (text[0] == ':' && n > 1 && ost_number_parse(text + 1, n - 1, &port) == 0 && port > 0 && port <= UINT16_MAX);
}

/* "[2001:db8::1]" and a port. */
static bool is_address6(const char *text, size_t n)
{
	const char *end = memchr(text, ']', n);
	char inner[INET6_ADDRSTRLEN];
	struct in6_addr address;
	size_t length = end != NULL ? (size_t)(end - text) - 1 : sizeof(inner);

	if (length >= sizeof(inner))
		return false;
	memcpy(inner, text + 1, length);
	inner[length] = '\0';
	return inet_pton(AF_INET6, inner, &address) == 1 && is_port(end + 1, n - length - 2);
}

/* Labels with dots between them (RFC 1123; an IPv4 address is such), one at the end perhaps, and a port. */
static bool is_name(const char *text, size_t n)
{
	size_t at = 0;

	while (at < n && text[at] != ':') {
		size_t length = OST_MIN(strspn(text + at, label_set), n - at);

		if (length == 0 || length > 63 || text[at] == '-' || text[at + length - 1] == '-')
			return false;
		at += length;
		if (at < n && text[at] == '.')
			at++;
		else if (at < n && text[at] != ':')
			return false;
	}
	return at > 0 && is_port(text + at, n - at);
}

const char *ost_mud_url_flaw(const char *text)
{
	size_t n = strlen(SCHEME), host;

	if (strlen(text) > OST_MUD_URL_MAX)
		return "a text of more than 255 bytes";
	if (strspn(text, url_set) < strlen(text))
		return "a text with characters that no URL has";
	if (strncasecmp(text, SCHEME, n) != 0)
		return "no URL that begins with https://";
	if (strchr(text, '#') != NULL)
		return "a URL with a fragment";
	host = strcspn(text + n, "/?");
	if (host == 0)
		return "a URL without a host";
	if (!(text[n] == '[' ? is_address6(text + n, host) : is_name(text + n, host)))
		return "a URL whose host is no name or address and a port";
	return NULL;
}

char *ost_mud_url_authority(const char *url)
{
	const char *begin = url + strlen(SCHEME);
	size_t n = strcspn(begin, "/?");
	char *authority;

	if (n > 4 && strncmp(begin + n - 4, ":443", 4) == 0)
		n -= 4;
	authority = strndup(begin, n);
	for (char *c = authority; c != NULL && *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	return authority;
}
