/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A certificate that somebody shows: the names that are read from its bytes, and what is said of it. */
#include <wolfssl/options.h>

#include "altname.h"
#include "text.h"
#include "x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void name_check(const char *name, size_t room, const char *begin)
{
	size_t n = strnlen(name, room);

	if (n == 0 || n == room || !ost_text_is_plain(name, n) || strncmp(name, begin, strlen(begin)) != 0)
		abort();
}

static void text_check(const char *text, size_t room)
{
	size_t n = strnlen(text, room);

	if (n == room || !ost_text_is_plain(text, n))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ost_auth_proof p = {0};
	uint8_t *der = malloc(size + 1); /* its own block: a read past it is seen */
	char uri[256], hardware[256];
	int u, h;

	if (der == NULL)
		return 0;
	memcpy(der, data, size);
	u = ost_altname_uri(der, size, uri, sizeof(uri));
	h = ost_altname_hardware(der, size, hardware, sizeof(hardware));
	if (u == 0)
		name_check(uri, sizeof(uri), "");
	if (h == 0)
		name_check(hardware, sizeof(hardware), "hw:");
	if (ost_x509_describe(der, size, &p) == 0)
		name_check(p.identity, sizeof(p.identity), u == 0 ? uri : h == 0 ? hardware : "");
	text_check(p.identity, sizeof(p.identity));
	text_check(p.subject, sizeof(p.subject));
	text_check(p.issuer, sizeof(p.issuer));
	text_check(p.key, sizeof(p.key));
	if (p.serial_length > sizeof(p.serial))
		abort();
	(void)ost_x509_is_weak(der, size, 2048, 256);
	free(der);
	return 0;
}
