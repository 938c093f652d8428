/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/md5.h>

#include "radius_packet.h"

#include "cursor.h"

#define ATTRIBUTE_MAX 255u
#define MICROSOFT     311u

enum attribute {
	NAS_PORT = 5,
	STATE = 24,
	VENDOR_SPECIFIC = 26,
	SESSION_TIMEOUT = 27,
	TERMINATION_ACTION = 29,
	CALLING_STATION_ID = 31,
	PROXY_STATE = 33,
	EAP_MESSAGE = 79,
	MESSAGE_AUTHENTICATOR = 80,
};

enum { MS_MPPE_SEND_KEY = 16, MS_MPPE_RECV_KEY = 17 };

#define KEY_LENGTH    32u
#define KEY_PLAIN     48u /* its length, the key, padding to whole blocks: RFC 2548 2.4.2 */
#define KEY_ATTRIBUTE (2u + 4u + 2u + 2u + KEY_PLAIN)

struct attribute_view {
	uint8_t type;
	const uint8_t *value;
	size_t length;
};

/* False: at the end, or cut short (then the cursor has failed). */
static bool attribute_next(struct ost_cursor *c, struct attribute_view *a)
{
	uint8_t length;

	if (c->failed || ost_cursor_left(c) == 0)
		return false;
	a->type = ost_cursor_u8(c);
	length = ost_cursor_u8(c);
	if (length < 2) {
		c->failed = true;
		return false;
	}
	a->length = length - 2u;
	a->value = ost_cursor_take(c, a->length);
	return a->value != NULL;
}

/* ---- the Message-Authenticator, RFC 3579 3.2 ---- */

/* HMAC-MD5 of the packet with the 16 bytes at hole as zeros, and with this authenticator in its
 * header. */
static int authenticator_of(const uint8_t *packet, size_t length,
	const uint8_t *header_authenticator, const uint8_t *hole,
	const struct ost_radius_secret *secret, uint8_t to[static WC_MD5_DIGEST_SIZE])
{
	static const uint8_t zeros[OST_RADIUS_AUTHENTICATOR];
	const uint8_t *behind = hole + sizeof(zeros);
	Hmac hmac;
	int r;

	if (wc_HmacInit(&hmac, NULL, INVALID_DEVID) != 0)
		return -EIO;
	r = wc_HmacSetKey(&hmac, WC_MD5, secret->bytes, (word32)secret->length);
	if (r == 0)
		r = wc_HmacUpdate(&hmac, packet, 4);
	if (r == 0)
		r = wc_HmacUpdate(&hmac, header_authenticator, OST_RADIUS_AUTHENTICATOR);
	if (r == 0)
		r = wc_HmacUpdate(&hmac, packet + OST_RADIUS_HEADER,
			(word32)(hole - packet) - OST_RADIUS_HEADER);
	if (r == 0)
		r = wc_HmacUpdate(&hmac, zeros, sizeof(zeros));
	if (r == 0)
		r = wc_HmacUpdate(&hmac, behind, (word32)(packet + length - behind));
	if (r == 0)
		r = wc_HmacFinal(&hmac, to);
	wc_HmacFree(&hmac);
	return r == 0 ? 0 : -EIO;
}

/* How long the comparison takes says nothing about where they differ. */
static bool equal_blind(const uint8_t *a, const uint8_t *b, size_t length)
{
	unsigned differ = 0;

	for (size_t i = 0; i < length; i++)
		differ |= (unsigned)(a[i] ^ b[i]);
	return differ == 0;
}

static int request_verify(
	const uint8_t *packet, size_t length, const struct ost_radius_secret *secret)
{
	struct ost_cursor c = ost_cursor_of(packet + OST_RADIUS_HEADER, length - OST_RADIUS_HEADER);
	uint8_t right[WC_MD5_DIGEST_SIZE];
	const uint8_t *hole = NULL;
	struct attribute_view a;

	while (attribute_next(&c, &a)) {
		if (a.type != MESSAGE_AUTHENTICATOR)
			continue;
		if (hole != NULL || a.length != OST_RADIUS_AUTHENTICATOR)
			return -EBADMSG;
		hole = a.value;
	}
	if (c.failed)
		return -EBADMSG;
	if (hole == NULL)
		return -EKEYREJECTED;
	if (authenticator_of(packet, length, packet + 4, hole, secret, right) < 0)
		return -EIO;
	return equal_blind(hole, right, sizeof(right)) ? 0 : -EKEYREJECTED;
}

/* ---- a request ---- */

static int hex_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ost_radius_mac_parse(const uint8_t *text, size_t length, uint8_t ret_mac[static 6])
{
	uint8_t mac[6] = {0};
	size_t digits = 0;

	for (size_t i = 0; i < length; i++) {
		int v = hex_of(text[i]);

		if (v < 0) { /* a separator stands between pairs */
			if ((text[i] != '-' && text[i] != ':' && text[i] != '.') || digits == 0 ||
				digits % 2 != 0 || digits == 12 || hex_of(text[i - 1]) < 0)
				return false;
			continue;
		}
		if (digits == 12)
			return false;
		mac[digits / 2] = (uint8_t)(mac[digits / 2] << 4 | v);
		digits++;
	}
	if (digits != 12 || mac[0] & 1)
		return false;
	memcpy(ret_mac, mac, sizeof(mac));
	return true;
}

static int eap_take(struct ost_radius_request *q, const struct attribute_view *a)
{
	if (a->length > OST_RADIUS_EAP_MAX - q->eap_length)
		return -EMSGSIZE;
	memcpy(q->eap + q->eap_length, a->value, a->length);
	q->eap_length = (uint16_t)(q->eap_length + a->length);
	q->has_eap = true;
	return 0;
}

static int state_take(struct ost_radius_request *q, const struct attribute_view *a)
{
	if (q->has_state)
		return -EBADMSG;
	q->has_state = true;
	q->state_is_ours = a->length == OST_RADIUS_STATE;
	if (q->state_is_ours)
		memcpy(q->state, a->value, OST_RADIUS_STATE);
	return 0;
}

static int proxy_take(struct ost_radius_request *q, const struct attribute_view *a)
{
	size_t whole = a->length + 2;

	if (whole > OST_RADIUS_PROXY_MAX - q->proxy_length)
		return -EMSGSIZE;
	memcpy(q->proxy + q->proxy_length, a->value - 2, whole);
	q->proxy_length = (uint16_t)(q->proxy_length + whole);
	return 0;
}

static int nas_port_take(struct ost_radius_request *q, const struct attribute_view *a)
{
	struct ost_cursor c = ost_cursor_of(a->value, a->length);

	if (q->has_nas_port || a->length != 4)
		return -EBADMSG;
	q->nas_port = ost_cursor_be32(&c);
	q->has_nas_port = true;
	return 0;
}

static int attribute_take(struct ost_radius_request *q, const struct attribute_view *a)
{
	switch (a->type) {
	case EAP_MESSAGE:
		return eap_take(q, a);
	case STATE:
		return state_take(q, a);
	case PROXY_STATE:
		return proxy_take(q, a);
	case NAS_PORT:
		return nas_port_take(q, a);
	case CALLING_STATION_ID:
		if (q->has_mac)
			return -EBADMSG;
		q->has_mac = ost_radius_mac_parse(a->value, a->length, q->mac);
		return 0;
	default:
		return 0;
	}
}

int ost_radius_decode(const uint8_t *bytes, size_t length, const struct ost_radius_secret *secret,
	struct ost_radius_request *ret_request)
{
	struct ost_cursor c = ost_cursor_of(bytes, length);
	struct ost_radius_request q = {0};
	struct attribute_view a;
	uint16_t stated;
	int r;

	q.code = ost_cursor_u8(&c);
	q.identifier = ost_cursor_u8(&c);
	stated = ost_cursor_be16(&c);
	(void)ost_cursor_copy(&c, q.authenticator, sizeof(q.authenticator));
	if (c.failed || stated < OST_RADIUS_HEADER || stated > OST_RADIUS_MAX ||
		!ost_cursor_limit(&c, stated - OST_RADIUS_HEADER))
		return -EBADMSG;
	if (q.code != OST_RADIUS_ACCESS_REQUEST && q.code != OST_RADIUS_STATUS_SERVER)
		return -EOPNOTSUPP;
	r = request_verify(bytes, stated, secret);
	while (r == 0 && attribute_next(&c, &a))
		r = attribute_take(&q, &a);
	if (r == 0)
		*ret_request = q;
	return r;
}

/* ---- a reply ---- */

struct writer {
	uint8_t *at;
	const uint8_t *end;
	bool full;
};

static uint8_t *room(struct writer *w, size_t n)
{
	uint8_t *p = w->at;

	if (w->full || (size_t)(w->end - w->at) < n) {
		w->full = true;
		return NULL;
	}
	w->at += n;
	return p;
}

static uint8_t *attribute_put(struct writer *w, uint8_t type, const void *value, size_t length)
{
	uint8_t *p = room(w, length + 2);

	if (p == NULL)
		return NULL;
	p[0] = type;
	p[1] = (uint8_t)(length + 2);
	memcpy(p + 2, value, length);
	return p + 2;
}

static void number_put(struct writer *w, uint8_t type, uint32_t v)
{
	const uint8_t be[4] = {
		(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

	(void)attribute_put(w, type, be, sizeof(be));
}

static int md5_of(const struct ost_radius_secret *secret, const uint8_t *first, size_t first_length,
	const uint8_t *second, size_t second_length, uint8_t to[static WC_MD5_DIGEST_SIZE])
{
	wc_Md5 md5;
	int r = wc_InitMd5(&md5);

	if (r == 0)
		r = wc_Md5Update(&md5, secret->bytes, (word32)secret->length);
	if (r == 0)
		r = wc_Md5Update(&md5, first, (word32)first_length);
	if (r == 0)
		r = wc_Md5Update(&md5, second, (word32)second_length);
	if (r == 0)
		r = wc_Md5Final(&md5, to);
	wc_Md5Free(&md5);
	return r == 0 ? 0 : -EIO;
}

/* RFC 2548 2.4.2: c(i) = p(i) ^ MD5(secret, c(i-1)), where c(0) is the request's authenticator and
 * the salt. */
static int key_put(struct writer *w, uint8_t type, const uint8_t *key, uint16_t salt,
	const struct ost_radius_reply *reply, const struct ost_radius_secret *secret)
{
	uint8_t plain[KEY_PLAIN] = {KEY_LENGTH}, pad[WC_MD5_DIGEST_SIZE],
		*p = room(w, KEY_ATTRIBUTE), *out;
	const uint8_t head[] = {VENDOR_SPECIFIC, KEY_ATTRIBUTE, 0, 0, MICROSOFT >> 8,
		MICROSOFT & 0xff, type, KEY_ATTRIBUTE - 6, (uint8_t)(salt >> 8 | 0x80),
		(uint8_t)salt};
	int r = 0;

	if (p == NULL)
		return -EMSGSIZE;
	memcpy(p, head, sizeof(head));
	memcpy(plain + 1, key, KEY_LENGTH);
	out = p + sizeof(head);
	for (size_t i = 0; i < KEY_PLAIN && r == 0; i += sizeof(pad)) {
		if (i == 0)
			r = md5_of(secret, reply->request_authenticator, OST_RADIUS_AUTHENTICATOR,
				p + 8, 2, pad);
		else
			r = md5_of(secret, out + i - sizeof(pad), sizeof(pad), NULL, 0, pad);
		for (size_t k = 0; k < sizeof(pad) && r == 0; k++)
			out[i + k] = plain[i + k] ^ pad[k];
	}
	explicit_bzero(plain, sizeof(plain));
	return r;
}

/* RFC 3748 7.10 and RFC 5216 2.3: the first half of the MSK is what the authenticator receives
 * with. */
static int keys_put(struct writer *w, const struct ost_radius_reply *reply,
	const struct ost_radius_secret *secret)
{
	int r = key_put(w, MS_MPPE_RECV_KEY, reply->keys, reply->salt, reply, secret);

	/* Two salts of one packet must differ. */
	return r == 0 ? key_put(w, MS_MPPE_SEND_KEY, reply->keys + KEY_LENGTH, reply->salt ^ 1,
				reply, secret)
		      : r;
}

static void eap_put(struct writer *w, const uint8_t *eap, size_t length)
{
	for (size_t part; length > 0; eap += part, length -= part) {
		part = OST_MIN(length, (size_t)ATTRIBUTE_MAX - 2);
		(void)attribute_put(w, EAP_MESSAGE, eap, part);
	}
}

int ost_radius_encode(const struct ost_radius_reply *reply, const struct ost_radius_secret *secret,
	uint8_t *to, size_t *ret_length)
{
	static const uint8_t zeros[OST_RADIUS_AUTHENTICATOR];
	struct writer w = {.at = to + OST_RADIUS_HEADER, .end = to + OST_RADIUS_MAX};
	uint8_t *hole = attribute_put(&w, MESSAGE_AUTHENTICATOR, zeros, sizeof(zeros)), *proxy;
	size_t length;
	int r = 0;

	if (reply->eap != NULL)
		eap_put(&w, reply->eap, reply->eap_length);
	if (reply->state != NULL)
		(void)attribute_put(&w, STATE, reply->state, OST_RADIUS_STATE);
	if (reply->keys != NULL)
		r = keys_put(&w, reply, secret);
	if (reply->session_s != 0) {
		number_put(&w, SESSION_TIMEOUT, reply->session_s);
		number_put(
			&w, TERMINATION_ACTION, 1); /* then it proves itself again, RFC 3580 3.17 */
	}
	proxy = room(&w, reply->proxy_length);
	if (proxy == NULL || r == -EMSGSIZE)
		return -EMSGSIZE;
	if (reply->proxy_length > 0)
		memcpy(proxy, reply->proxy, reply->proxy_length);
	length = (size_t)(w.at - to);
	to[0] = reply->code;
	to[1] = reply->identifier;
	to[2] = (uint8_t)(length >> 8);
	to[3] = (uint8_t)length;
	if (r == 0)
		r = authenticator_of(to, length, reply->request_authenticator, hole, secret, hole);
	/* RFC 2865 3: the Response Authenticator. */
	memcpy(to + 4, reply->request_authenticator, OST_RADIUS_AUTHENTICATOR);
	if (r == 0) {
		struct ost_radius_secret whole = {to, length};

		r = md5_of(&whole, secret->bytes, secret->length, NULL, 0, to + 4);
	}
	if (r == 0)
		*ret_length = length;
	return r;
}
