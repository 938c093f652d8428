/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RADIUS packets against bytes that Python's hmac and hashlib made, and one that RFC 5997 prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock.h"
#include "radius_packet.h"
#include "radius_replies.h"

static const struct ost_radius_secret secret = {(const uint8_t *)"sixteen bytes or more", 21};

/* User-Name, NAS-IP-Address, NAS-Port 3, Calling-Station-Id, Proxy-State "p1", EAP-Message in two parts, Proxy-State "p2",
 * Message-Authenticator. */
static const uint8_t request[] = {
	0x01, 0x2a, 0x00, 0x6a, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b,
	0x0c, 0x0d, 0x0e, 0x0f, 0x01, 0x0b, 0x61, 0x6e, 0x6f, 0x6e, 0x79, 0x6d, 0x6f, 0x75, 0x73, 0x04,
	0x06, 0xc0, 0x00, 0x02, 0x01, 0x05, 0x06, 0x00, 0x00, 0x00, 0x03, 0x1f, 0x13, 0x30, 0x32, 0x2d,
	0x30, 0x30, 0x2d, 0x30, 0x30, 0x2d, 0x30, 0x30, 0x2d, 0x30, 0x30, 0x2d, 0x30, 0x41, 0x21, 0x04,
	0x70, 0x31, 0x4f, 0x0b, 0x02, 0x07, 0x00, 0x0e, 0x01, 0x61, 0x6e, 0x6f, 0x6e, 0x4f, 0x07, 0x79,
	0x6d, 0x6f, 0x75, 0x73, 0x21, 0x04, 0x70, 0x32, 0x50, 0x12, 0xea, 0xc9, 0x3d, 0x87, 0xed, 0xd7,
	0xed, 0xbf, 0x75, 0xad, 0x2c, 0xff, 0x66, 0x25, 0x28, 0xe0,
};
#define PROXIES "\x21\x04p1\x21\x04p2"

static void test_request(void **state)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x0a};
	uint8_t padded[sizeof(request) + 4] = {0};
	struct ost_radius_request q;

	(void)state;
	assert_int_equal(ost_radius_decode(request, sizeof(request), &secret, &q), 0);
	assert_int_equal(q.code, OST_RADIUS_ACCESS_REQUEST);
	assert_int_equal(q.identifier, 42);
	assert_memory_equal(q.authenticator, request + 4, 16);
	assert_true(q.has_eap);
	assert_int_equal(q.eap_length, 14);
	assert_memory_equal(q.eap, "\2\7\0\x0e\1anonymous", 14);
	assert_true(q.has_mac);
	assert_memory_equal(q.mac, mac, 6);
	assert_true(q.has_nas_port);
	assert_int_equal(q.nas_port, 3);
	assert_false(q.has_state);
	assert_int_equal(q.proxy_length, 8);
	assert_memory_equal(q.proxy, PROXIES, 8);
	memcpy(padded, request, sizeof(request));
	assert_int_equal(ost_radius_decode(padded, sizeof(padded), &secret, &q), 0); /* padding, RFC 2865 3 */
}

static void test_each_byte_counts(void **state)
{
	struct ost_radius_request q = {.identifier = 99};
	uint8_t changed[sizeof(request)];

	(void)state;
	for (size_t i = 0; i < sizeof(request); i++) {
		memcpy(changed, request, sizeof(request));
		changed[i] ^= 0x40;
		assert_true(ost_radius_decode(changed, sizeof(changed), &secret, &q) < 0);
	}
	for (size_t n = 0; n < sizeof(request); n++)
		assert_int_equal(ost_radius_decode(request, n, &secret, &q), -EBADMSG);
	assert_int_equal(q.identifier, 99); /* untouched on failure */
}

static void test_other_secret(void **state)
{
	const struct ost_radius_secret other = {(const uint8_t *)"sixteen bytes or mora", 21};
	struct ost_radius_request q;

	(void)state;
	assert_int_equal(ost_radius_decode(request, sizeof(request), &other, &q), -EKEYREJECTED);
}

/* RFC 5997 6.1. */
static void test_status_server(void **state)
{
	static const uint8_t packet[] = {0x0c, 0xda, 0x00, 0x26, 0x8a, 0x54, 0xf4, 0x68, 0x6f, 0xb3, 0x94, 0xc5, 0x28, 0x66, 0xe3, 0x02,
		0x18, 0x5d, 0x06, 0x23, 0x50, 0x12, 0x5a, 0x66, 0x5e, 0x2e, 0x1e, 0x84, 0x11, 0xf3, 0xe2, 0x43, 0x82, 0x20, 0x97, 0xc8, 0x4f,
		0xa3};
	const struct ost_radius_secret theirs = {(const uint8_t *)"xyzzy5461", 9};
	struct ost_radius_request q;

	(void)state;
	assert_int_equal(ost_radius_decode(packet, sizeof(packet), &theirs, &q), 0);
	assert_int_equal(q.code, OST_RADIUS_STATUS_SERVER);
	assert_false(q.has_eap);
	assert_int_equal(ost_radius_decode(packet, sizeof(packet), &secret, &q), -EKEYREJECTED);
}

/* ---- requests made here, signed by the encoder: the vectors above show that it signs rightly ---- */

struct making {
	uint8_t bytes[OST_RADIUS_MAX + 64];
	size_t length;
};

static void begin(struct making *m, uint8_t code)
{
	*m = (struct making){.bytes = {code, 1}, .length = OST_RADIUS_HEADER};
}

static void put(struct making *m, uint8_t type, const void *value, size_t length)
{
	m->bytes[m->length] = type;
	m->bytes[m->length + 1] = (uint8_t)(length + 2);
	if (length > 0)
		memcpy(m->bytes + m->length + 2, value, length);
	m->length += length + 2;
}

static int decode(struct making *m, struct ost_radius_request *q)
{
	m->bytes[2] = (uint8_t)(m->length >> 8);
	m->bytes[3] = (uint8_t)m->length;
	return ost_radius_decode(m->bytes, m->length, &secret, q);
}

/* A reply of no attributes but its own, as a request: code, identifier and authenticator are ours to choose, and so is
 * the rest, which goes in as "Proxy-State". Its header is repaired: the Message-Authenticator was made with the request's. */
static int decode_signed(const struct making *m, struct ost_radius_request *q)
{
	static const uint8_t authenticator[16] = {9};
	const struct ost_radius_reply reply = {.code = m->bytes[0], .identifier = 1, .request_authenticator = authenticator,
		.proxy = m->bytes + OST_RADIUS_HEADER, .proxy_length = m->length - OST_RADIUS_HEADER};
	uint8_t bytes[OST_RADIUS_MAX];
	size_t length;

	assert_int_equal(ost_radius_encode(&reply, &secret, bytes, &length), 0);
	memcpy(bytes + 4, authenticator, 16);
	return ost_radius_decode(bytes, length, &secret, q);
}

static void test_without_authenticator(void **state)
{
	struct ost_radius_request q;
	struct making m;

	(void)state;
	begin(&m, OST_RADIUS_ACCESS_REQUEST);
	assert_int_equal(decode(&m, &q), -EKEYREJECTED);
	put(&m, 79, "\2\1\0\5\1", 5);
	assert_int_equal(decode(&m, &q), -EKEYREJECTED);
	put(&m, 80, "123", 3);
	assert_int_equal(decode(&m, &q), -EBADMSG); /* one of another length */
	begin(&m, OST_RADIUS_STATUS_SERVER);
	assert_int_equal(decode(&m, &q), -EKEYREJECTED);
	begin(&m, 4); /* accounting */
	assert_int_equal(decode(&m, &q), -EOPNOTSUPP);
}

static void test_attributes(void **state)
{
	uint8_t bytes[253] = {0};
	struct ost_radius_request q;
	struct making m;

	(void)state;
	begin(&m, OST_RADIUS_ACCESS_REQUEST);
	assert_int_equal(decode_signed(&m, &q), 0); /* the way of signing works */
	assert_false(q.has_eap);
	put(&m, 79, "", 0);
	assert_int_equal(decode_signed(&m, &q), 0);
	assert_true(q.has_eap);
	assert_int_equal(q.eap_length, 0);

	put(&m, 80, bytes, 16);
	assert_int_equal(decode_signed(&m, &q), -EBADMSG); /* two Message-Authenticators */
	begin(&m, OST_RADIUS_ACCESS_REQUEST);
	put(&m, 24, bytes, 16);
	assert_int_equal(decode_signed(&m, &q), 0);
	assert_true(q.has_state && q.state_is_ours);
	put(&m, 24, bytes, 16);
	assert_int_equal(decode_signed(&m, &q), -EBADMSG); /* two States */
	begin(&m, OST_RADIUS_ACCESS_REQUEST);
	put(&m, 24, bytes, 17);
	assert_int_equal(decode_signed(&m, &q), 0);
	assert_true(q.has_state && !q.state_is_ours);
	begin(&m, OST_RADIUS_ACCESS_REQUEST);
	put(&m, 5, bytes, 3);
	assert_int_equal(decode_signed(&m, &q), -EBADMSG);
	begin(&m, OST_RADIUS_ACCESS_REQUEST);
	m.bytes[m.length++] = 79;
	m.bytes[m.length++] = 1; /* shorter than its own header */
	assert_int_equal(decode_signed(&m, &q), -EBADMSG);
	m.bytes[m.length - 1] = 3; /* longer than the packet */
	assert_int_equal(decode_signed(&m, &q), -EBADMSG);
	begin(&m, OST_RADIUS_ACCESS_REQUEST);
	m.bytes[m.length++] = 79; /* half a header */
	assert_int_equal(decode_signed(&m, &q), -EBADMSG);
}

static void test_bounds(void **state)
{
	uint8_t bytes[253] = {0};
	struct ost_radius_request q;
	struct making m;

	(void)state;
	begin(&m, OST_RADIUS_ACCESS_REQUEST);
	for (int i = 0; i < 5; i++)
		put(&m, 79, bytes, 253);
	put(&m, 79, bytes, OST_RADIUS_EAP_MAX - 5 * 253);
	assert_int_equal(decode_signed(&m, &q), 0);
	assert_int_equal(q.eap_length, OST_RADIUS_EAP_MAX);
	put(&m, 79, bytes, 1);
	assert_int_equal(decode_signed(&m, &q), -EMSGSIZE);
	begin(&m, OST_RADIUS_ACCESS_REQUEST);
	for (int i = 0; i < 4; i++)
		put(&m, 33, bytes, 253);
	assert_int_equal(decode_signed(&m, &q), 0);
	put(&m, 33, bytes, OST_RADIUS_PROXY_MAX - 4 * 255 - 2 + 1);
	assert_int_equal(decode_signed(&m, &q), -EMSGSIZE);
}

static void test_mac(void **state)
{
	static const uint8_t right[6] = {0x02, 0, 0, 0xab, 0xcd, 0xef};
	static const char *const good[] = {"02-00-00-AB-CD-EF", "02:00:00:ab:cd:ef", "0200.00ab.cdef", "020000abcdef"};
	static const char *const bad[] = {"", "0", "02-00-00-AB-CD", "02-00-00-AB-CD-EF-", "-02-00-00-AB-CD-EF", "02--00-00-AB-CD-EF",
		"02-00-00-AB-CD-EF-01", "0-200-00-AB-CD-EF", "02-00-00-AB-CD-EG", "01-00-5e-00-00-01", "0200 00abcdef", "10.0.0.1"};
	uint8_t mac[6];

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(good); i++) {
		assert_true(ost_radius_mac_parse((const uint8_t *)good[i], strlen(good[i]), mac));
		assert_memory_equal(mac, right, 6);
	}
	for (size_t i = 0; i < OST_ARRAY_SIZE(bad); i++)
		assert_false(ost_radius_mac_parse((const uint8_t *)bad[i], strlen(bad[i]), mac));
}

/* ---- replies ---- */

static void test_accept(void **state)
{
	static const uint8_t right[] = {
		0x02, 0x2a, 0x00, 0xb4, 0xa7, 0xbd, 0x07, 0x59, 0x4c, 0x1e, 0x98, 0x87, 0x55, 0xf2, 0xd1, 0x58,
		0xe0, 0xd9, 0x24, 0x40, 0x50, 0x12, 0xe6, 0x0f, 0xd1, 0x3e, 0x66, 0x2b, 0xcf, 0x82, 0x35, 0x01,
		0x93, 0x17, 0x67, 0xb5, 0xde, 0xb1, 0x4f, 0x06, 0x03, 0x07, 0x00, 0x04, 0x1a, 0x3a, 0x00, 0x00,
		0x01, 0x37, 0x11, 0x34, 0x81, 0x23, 0x14, 0x34, 0x1c, 0x15, 0x05, 0x06, 0x4d, 0xf3, 0xa8, 0xdc,
		0xd1, 0x9e, 0x9a, 0xd4, 0x9e, 0x44, 0xec, 0x79, 0xa6, 0xc2, 0x30, 0xb8, 0x4a, 0x9c, 0x70, 0x1d,
		0x36, 0xea, 0x39, 0x72, 0xea, 0x27, 0xbb, 0x22, 0x76, 0x0a, 0x67, 0x07, 0x82, 0xe7, 0xd2, 0x1d,
		0x32, 0xc2, 0xf6, 0xd6, 0xda, 0x92, 0x1a, 0x3a, 0x00, 0x00, 0x01, 0x37, 0x10, 0x34, 0x81, 0x22,
		0xd6, 0x19, 0xbc, 0xcf, 0x24, 0x8e, 0x20, 0xf1, 0x3f, 0xf9, 0x28, 0x1d, 0xd2, 0x89, 0x41, 0xda,
		0x10, 0x75, 0x9c, 0xa4, 0x7a, 0xab, 0xa7, 0xd1, 0x70, 0x1c, 0x6e, 0xb6, 0xe1, 0x5a, 0x13, 0xe2,
		0x0b, 0x8c, 0x34, 0xe5, 0xc5, 0x43, 0xbe, 0xe4, 0x10, 0xda, 0xb4, 0x94, 0xe8, 0xfd, 0x74, 0x10,
		0x1b, 0x06, 0x00, 0x00, 0x0e, 0x10, 0x1d, 0x06, 0x00, 0x00, 0x00, 0x01, 0x21, 0x04, 0x70, 0x31,
		0x21, 0x04, 0x70, 0x32,
	};
	uint8_t keys[OST_RADIUS_KEYS], to[OST_RADIUS_MAX];
	struct ost_radius_reply reply = {.code = OST_RADIUS_ACCESS_ACCEPT, .identifier = 42, .request_authenticator = request + 4,
		.proxy = (const uint8_t *)PROXIES, .proxy_length = 8, .eap = (const uint8_t *)"\3\7\0\4", .eap_length = 4, .keys = keys,
		.salt = 0x0123, .session_s = 3600};
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(keys); i++)
		keys[i] = (uint8_t)i;
	assert_int_equal(ost_radius_encode(&reply, &secret, to, &length), 0);
	assert_int_equal(length, sizeof(right));
	assert_memory_equal(to, right, sizeof(right));
}

static void test_challenge(void **state)
{
	static const uint8_t head[] = {0x0b, 0x2a, 0x01, 0x68, 0x18, 0xfa, 0xc0, 0xe2, 0x92, 0x03, 0xa0, 0x37, 0x1a, 0x11, 0x42, 0x29, 0xe4,
		0x68, 0x29, 0xfd, 0x50, 0x12, 0x3c, 0x13, 0x6a, 0xf5, 0x4b, 0xd9, 0x62, 0x70, 0xb5, 0xf5, 0xa0, 0x67, 0x22, 0x82, 0x00, 0x0e,
		0x4f, 0xff};
	uint8_t eap[300] = {1, 9, 0x01, 0x2c}, state_bytes[OST_RADIUS_STATE], to[OST_RADIUS_MAX];
	const struct ost_radius_reply reply = {.code = OST_RADIUS_ACCESS_CHALLENGE, .identifier = 42, .request_authenticator = request + 4,
		.eap = eap, .eap_length = sizeof(eap), .state = state_bytes};
	size_t length;

	(void)state;
	for (size_t i = 4; i < sizeof(eap); i++)
		eap[i] = (uint8_t)(i - 4);
	for (size_t i = 0; i < sizeof(state_bytes); i++)
		state_bytes[i] = (uint8_t)(100 + i);
	assert_int_equal(ost_radius_encode(&reply, &secret, to, &length), 0);
	assert_int_equal(length, 360);
	assert_memory_equal(to, head, sizeof(head));
	/* split at 253 */
	assert_memory_equal(to + 40, eap, 253);
	assert_int_equal(to[40 + 253], 79);
	assert_int_equal(to[40 + 254], 47 + 2);
	assert_memory_equal(to + 40 + 255, eap + 253, 47);
}

static void test_too_long(void **state)
{
	static const uint8_t eap[OST_RADIUS_EAP_MAX], proxy[OST_RADIUS_MAX];
	uint8_t to[OST_RADIUS_MAX];
	struct ost_radius_reply reply = {.code = OST_RADIUS_ACCESS_CHALLENGE, .request_authenticator = request + 4, .proxy = proxy,
		.proxy_length = OST_RADIUS_PROXY_MAX, .eap = eap, .eap_length = sizeof(eap)};
	size_t length = 7;

	(void)state;
	assert_int_equal(ost_radius_encode(&reply, &secret, to, &length), 0); /* the most that a request can ask for fits */
	reply.proxy_length = sizeof(proxy);
	length = 7;
	assert_int_equal(ost_radius_encode(&reply, &secret, to, &length), -EMSGSIZE);
	assert_int_equal(length, 7);
}

/* ---- what was answered ---- */

static void test_replies(void **state)
{
	const struct ost_hash_key hash = {{1, 2, 3, 4}};
	struct ost_radius_key key = {.ip = {.family = OST_IPV4, .b = {192, 0, 2, 1}}, .identifier = 1, .port = 5000, .authenticator = {1}};
	struct ost_radius_replies *r = NULL;
	const uint8_t *bytes = NULL;
	size_t length = 0;

	(void)state;
	assert_int_equal(ost_radius_replies_new(&hash, &r), 0);
	assert_int_equal(ost_radius_replies_take(r, &key, 0, &bytes, &length), OST_RADIUS_NEW);
	assert_int_equal(ost_radius_replies_take(r, &key, 1, &bytes, &length), OST_RADIUS_WAITING);
	ost_radius_replies_put(r, &key, (const uint8_t *)"answer", 6);
	assert_int_equal(ost_radius_replies_take(r, &key, 2, &bytes, &length), OST_RADIUS_ANSWERED);
	assert_int_equal(length, 6);
	assert_memory_equal(bytes, "answer", 6);
	key.authenticator[0]++; /* another request, with the number of the first */
	assert_int_equal(ost_radius_replies_take(r, &key, 3, &bytes, &length), OST_RADIUS_NEW);
	key.authenticator[0]--;
	assert_int_equal(ost_radius_replies_take(r, &key, 4, &bytes, &length), OST_RADIUS_NEW); /* which took its place */
	key.port++;
	assert_int_equal(ost_radius_replies_take(r, &key, 5, &bytes, &length), OST_RADIUS_NEW);
	ost_radius_replies_forget(r, &key);
	assert_int_equal(ost_radius_replies_take(r, &key, 6, &bytes, &length), OST_RADIUS_NEW);
	ost_radius_replies_put(r, &key, (const uint8_t *)"x", 1);
	ost_radius_replies_expire(r, 29 * OST_NS_PER_S);
	assert_int_equal(ost_radius_replies_take(r, &key, 29 * OST_NS_PER_S, &bytes, &length), OST_RADIUS_ANSWERED);
	assert_int_equal(ost_radius_replies_take(r, &key, 31 * OST_NS_PER_S, &bytes, &length), OST_RADIUS_NEW);
	/* a stranger's numbers, without end: bounded, and nothing breaks */
	for (uint32_t i = 0; i < 100000; i++) {
		key.port = (uint16_t)i;
		key.identifier = (uint8_t)(i >> 8);
		(void)ost_radius_replies_take(r, &key, 40 * OST_NS_PER_S, &bytes, &length);
		ost_radius_replies_put(r, &key, (const uint8_t *)"answer", 6);
	}
	ost_radius_replies_expire(r, 80 * OST_NS_PER_S);
	assert_int_equal(ost_radius_replies_take(r, &key, 40 * OST_NS_PER_S, &bytes, &length), OST_RADIUS_NEW);
	ost_radius_replies_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_each_byte_counts),
		cmocka_unit_test(test_other_secret),
		cmocka_unit_test(test_status_server),
		cmocka_unit_test(test_without_authenticator),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_challenge),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
