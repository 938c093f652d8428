/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RADIUS requests. The first byte says how much of the Message-Authenticator is put right, for no
 * search would guess it: then the attributes behind it are reached. What is decoded is answered,
 * and the answer must be sound. */
#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/hmac.h>

#include "radius_packet.h"

#define OURS 80u
#define SIGN 1u
#define FILL 2u /* the length field too */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ost_radius_secret secret = {(const uint8_t *)"sixteen bytes or more", 21};

static void sign(uint8_t *packet, size_t size)
{
	size_t length = size >= 4 ? (size_t)(packet[2] << 8 | packet[3]) : 0;
	Hmac hmac;

	if (length < OST_RADIUS_HEADER || length > size)
		return;
	for (size_t at = OST_RADIUS_HEADER;
		at + 2 <= length && packet[at + 1] >= 2 && at + packet[at + 1] <= length;
		at += packet[at + 1]) {
		if (packet[at] != OURS || packet[at + 1] != 18)
			continue;
		memset(packet + at + 2, 0, 16);
		if (wc_HmacInit(&hmac, NULL, INVALID_DEVID) != 0 ||
			wc_HmacSetKey(&hmac, WC_MD5, secret.bytes, (word32)secret.length) != 0 ||
			wc_HmacUpdate(&hmac, packet, (word32)length) != 0 ||
			wc_HmacFinal(&hmac, packet + at + 2) != 0)
			abort();
		wc_HmacFree(&hmac);
		return;
	}
}

static void reply_check(const struct ost_radius_request *q)
{
	static const uint8_t keys[OST_RADIUS_KEYS];
	const struct ost_radius_reply reply = {.code = OST_RADIUS_ACCESS_ACCEPT,
		.identifier = q->identifier,
		.request_authenticator = q->authenticator,
		.proxy = q->proxy,
		.proxy_length = q->proxy_length,
		.eap = q->eap,
		.eap_length = q->eap_length,
		.state = q->state,
		.keys = keys,
		.session_s = q->nas_port};
	uint8_t *to = malloc(OST_RADIUS_MAX);
	size_t length;

	if (to == NULL)
		return;
	if (ost_radius_encode(&reply, &secret, to, &length) < 0 || length > OST_RADIUS_MAX ||
		(size_t)(to[2] << 8 | to[3]) != length || to[1] != q->identifier ||
		to[OST_RADIUS_HEADER] != OURS)
		abort();
	free(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ost_radius_request q;
	uint8_t *packet;
	int r;

	if (size < 1)
		return 0;
	packet = malloc(size); /* its own block: a read past it is seen */
	if (packet == NULL)
		return 0;
	memcpy(packet, data + 1, size - 1);
	if (data[0] & FILL && size > 4) {
		packet[2] = (uint8_t)((size - 1) >> 8);
		packet[3] = (uint8_t)(size - 1);
	}
	if (data[0] & SIGN)
		sign(packet, size - 1);
	memset(&q, 0xa5, sizeof(q));
	r = ost_radius_decode(packet, size - 1, &secret, &q);
	if (r == 0) {
		if (!(data[0] & SIGN)) /* the seeds have other secrets */
			abort();
		if (q.eap_length > OST_RADIUS_EAP_MAX || q.proxy_length > OST_RADIUS_PROXY_MAX ||
			(q.has_mac && q.mac[0] & 1))
			abort();
		reply_check(&q);
	}
	(void)ost_radius_mac_parse(packet, size - 1, q.mac);
	free(packet);
	return 0;
}
