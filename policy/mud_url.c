/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MUD URLs. */
#include "mud.h"

#define SCHEME "https://"

/* RFC 3986, without blanks, quotes and what else no URL holds; many of these mean something to a shell, and none ever sees one. */
static const char url_set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/?#[]@!$&'()*+,;=%";
static const char host_set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:[]";

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
	if (strspn(text + n, host_set) < host)
		return "a URL whose host has more than a name and a port";
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
