/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "eapol.h"

#include "cursor.h"

#define VERSION	 2 /* IEEE 802.1X-2004: what supplicants of every age take */
#define EPOCH_NS (16 * 1000000000ull)

bool ost_eapol_parse(const uint8_t *bytes, size_t length, struct ost_eapol *ret_eapol)
{
	struct ost_cursor c = ost_cursor_of(bytes, length);
	struct ost_eapol e = {.version = ost_cursor_u8(&c), .type = ost_cursor_u8(&c)};

	e.body_length = ost_cursor_be16(&c);
	e.body = ost_cursor_take(&c, e.body_length);
	if (c.failed || e.version == 0)
		return false;
	*ret_eapol = e;
	return true;
}

size_t ost_eapol_header(uint8_t *to, size_t eap_length)
{
	to[0] = VERSION;
	to[1] = OST_EAPOL_EAP;
	to[2] = (uint8_t)(eap_length >> 8);
	to[3] = (uint8_t)eap_length;
	return OST_EAPOL_HEADER;
}

static uint8_t of_epoch(const struct ost_hash_key *key, const struct ost_place *place, uint64_t epoch)
{
	return (uint8_t)ost_hash_2(key, ost_hash_bytes(key, place, sizeof(*place)), epoch);
}

uint8_t ost_eapol_identifier(const struct ost_hash_key *key, const struct ost_place *place, uint64_t now_ns)
{
	return of_epoch(key, place, now_ns / EPOCH_NS);
}

bool ost_eapol_identifier_is_ours(const struct ost_hash_key *key, const struct ost_place *place, uint8_t identifier, uint64_t now_ns)
{
	uint64_t epoch = now_ns / EPOCH_NS;

	return identifier == of_epoch(key, place, epoch) || (epoch > 0 && identifier == of_epoch(key, place, epoch - 1));
}
