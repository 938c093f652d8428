/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that go into certificates, and into file names. */
#include <ctype.h>

#include "pki.h"

#define URN_PREFIX "urn:dev:"

static bool all_of(const char *text, const char *besides_letters_and_digits)
{
	for (; *text != '\0'; text++)
		if (!isalnum((unsigned char)*text) &&
			strchr(besides_letters_and_digits, *text) == NULL)
			return false;
	return true;
}

/* RFC 9039 section 3.2: a subtype of lower case letters and digits, then identifiers. */
bool ost_pki_urn_valid(const char *urn)
{
	const char *subtype = urn + sizeof(URN_PREFIX) - 1;
	size_t n = 0;

	if (strlen(urn) > OST_PKI_URN_MAX || strncmp(urn, URN_PREFIX, sizeof(URN_PREFIX) - 1) != 0)
		return false;
	while (islower((unsigned char)subtype[n]) || (n > 0 && isdigit((unsigned char)subtype[n])))
		n++;
	if (n == 0 || subtype[n] != ':' || subtype[n + 1] == '\0')
		return false;
	return isalnum((unsigned char)subtype[n + 1]) && all_of(subtype + n + 1, ".-_:");
}

bool ost_pki_id_valid(const char *id)
{
	size_t length = strlen(id);

	if (length == 0 || length > OST_NAME_MAX)
		return false;
	if (strncmp(id, "urn:", 4) == 0)
		return ost_pki_urn_valid(id);
	return isalnum((unsigned char)id[0]) && all_of(id, "._-");
}

static bool label_valid(const char *label, size_t length)
{
	if (length == 0 || length > 63 || label[0] == '-' || label[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)label[i]) && label[i] != '-')
			return false;
	return true;
}

bool ost_pki_dns_valid(const char *name)
{
	const char *label = name;
	size_t n;

	if (strlen(name) > OST_PKI_DNS_MAX)
		return false;
	for (;; label += n + 1) {
		n = strcspn(label, ".");
		if (!label_valid(label, n))
			return false;
		if (label[n] == '\0')
			break;
	}
	while (isdigit((unsigned char)*label)) /* a last label of digits alone: an address */
		label++;
	return *label != '\0';
}

static const struct {
	enum ost_pki_reason reason;
	const char *name;
} reasons[] = {
	{OST_PKI_UNSPECIFIED, "unspecified"},
	{OST_PKI_KEY_COMPROMISE, "key-compromise"},
	{OST_PKI_AFFILIATION_CHANGED, "affiliation-changed"},
	{OST_PKI_SUPERSEDED, "superseded"},
	{OST_PKI_CESSATION_OF_OPERATION, "cessation-of-operation"},
	{OST_PKI_PRIVILEGE_WITHDRAWN, "privilege-withdrawn"},
};

int ost_pki_reason_parse(const char *text, enum ost_pki_reason *ret_reason)
{
	for (size_t i = 0; i < OST_ARRAY_SIZE(reasons); i++) {
		if (strcmp(reasons[i].name, text) == 0) {
			*ret_reason = reasons[i].reason;
			return 0;
		}
	}
	return -EINVAL;
}

const char *ost_pki_reason_name(enum ost_pki_reason reason)
{
	for (size_t i = 0; i < OST_ARRAY_SIZE(reasons); i++)
		if (reasons[i].reason == reason)
			return reasons[i].name;
	return NULL;
}
