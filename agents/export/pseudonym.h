/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands for an address or a name: HMAC-SHA-256 under the key of a quarter, cut to 80 bits. */
#pragma once

#include "addr.h"
#include "format.h"

#define OST_PSEUDONYM_KEY  32u
#define OST_PSEUDONYM_TEXT 48u /* bytes of the longest, with its NUL */
#define OST_PSEUDONYM_NETWORKS 64u

enum ost_pseudonym_field {
	OST_PSEUDONYM_MAC = 1,
	OST_PSEUDONYM_IP = 2,
	OST_PSEUDONYM_DEVICE = 4,
	OST_PSEUDONYM_USER = 8,
};

struct ost_pseudonyms {
	uint8_t key[OST_PSEUDONYM_KEY];
	unsigned fields;
	struct ost_prefix networks[OST_PSEUDONYM_NETWORKS]; /* further ones of the site */
	uint32_t network_count;
};

/* The key of the quarter that this time is in. All: 0, or -ENOMEM, which is the library's trouble. */
int ost_pseudonym_quarter(const struct ost_pseudonyms *p, uint64_t time_ns, uint8_t ret_key[static OST_PSEUDONYM_KEY]) OST_MUST_CHECK;
int ost_pseudonym_mac(const uint8_t key[static OST_PSEUDONYM_KEY], const uint8_t mac[static 6], char out[static OST_PSEUDONYM_TEXT]) OST_MUST_CHECK;
int ost_pseudonym_ip(const uint8_t key[static OST_PSEUDONYM_KEY], const struct ost_ip *ip, char out[static OST_PSEUDONYM_TEXT]) OST_MUST_CHECK;
int ost_pseudonym_name(const uint8_t key[static OST_PSEUDONYM_KEY], const char *name, enum ost_pseudonym_field field, char out[static OST_PSEUDONYM_TEXT])
	OST_MUST_CHECK;

/* Private, link-local, shared, of a local prefix. */
bool ost_address_is_local(const struct ost_ip *ip);
/* It stands for an address. */
bool ost_address_is_pseudonym(const struct ost_ip *ip);
