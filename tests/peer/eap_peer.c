/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/ssl.h>

#include "eap_peer.h"

#define MORE   0x40u
#define LENGTH 0x80u
#define FLIGHT (64u << 10)

struct eap_peer {
	WOLFSSL *ssl;
	size_t fragment;
	bool done, committed, failed, sending;
	size_t in_length, in_at, out_length, out_at;
	uint8_t in[FLIGHT], out[FLIGHT];
};

static int take(WOLFSSL *ssl, char *to, int size, void *user)
{
	struct eap_peer *p = user;
	size_t n = OST_MIN((size_t)size, p->in_length - p->in_at);

	(void)ssl;
	if (n == 0)
		return WOLFSSL_CBIO_ERR_WANT_READ;
	memcpy(to, p->in + p->in_at, n);
	p->in_at += n;
	return (int)n;
}

static int give(WOLFSSL *ssl, char *from, int length, void *user)
{
	struct eap_peer *p = user;

	(void)ssl;
	if ((size_t)length > FLIGHT - p->out_length)
		return WOLFSSL_CBIO_ERR_GENERAL;
	memcpy(p->out + p->out_length, from, (size_t)length);
	p->out_length += (size_t)length;
	return length;
}

int eap_peer_new(void *context, size_t fragment, struct eap_peer **ret_peer)
{
	struct eap_peer *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	p->fragment = fragment;
	p->ssl = wolfSSL_new(context);
	if (p->ssl == NULL) {
		free(p);
		return -ENOMEM;
	}
	wolfSSL_SSLSetIORecv(p->ssl, take);
	wolfSSL_SSLSetIOSend(p->ssl, give);
	wolfSSL_SetIOReadCtx(p->ssl, p);
	wolfSSL_SetIOWriteCtx(p->ssl, p);
	(void)wolfSSL_set_group_messages(p->ssl);
	*ret_peer = p;
	return 0;
}

void eap_peer_free(struct eap_peer **peer)
{
	struct eap_peer *p = *peer;

	*peer = NULL;
	if (p == NULL)
		return;
	wolfSSL_free(p->ssl);
	free(p);
}

bool eap_peer_is_done(const struct eap_peer *peer)
{
	return peer->done && (peer->committed || wolfSSL_version(peer->ssl) != TLS1_3_VERSION);
}

static void advance(struct eap_peer *p)
{
	char byte;

	if (!p->done && !p->failed) {
		if (wolfSSL_connect(p->ssl) == WOLFSSL_SUCCESS)
			p->done = true;
		else
			p->failed = wolfSSL_get_error(p->ssl, 0) != WOLFSSL_ERROR_WANT_READ;
	}
	if (p->done && p->in_at < p->in_length && wolfSSL_read(p->ssl, &byte, 1) == 1 && byte == 0)
		p->committed = true;
	p->in_length = p->in_at = 0;
}

static size_t response(uint8_t identifier, uint8_t type, size_t length, uint8_t *to)
{
	to[0] = OST_EAP_RESPONSE;
	to[1] = identifier;
	to[2] = (uint8_t)(length >> 8);
	to[3] = (uint8_t)length;
	to[4] = type;
	return length;
}

/* The next fragment of what it has to say; an acknowledgement when it has nothing. */
static size_t fragment_next(struct eap_peer *p, uint8_t identifier, uint8_t *to)
{
	size_t part = OST_MIN(p->fragment, p->out_length - p->out_at), at = 6;

	to[5] = 0;
	if (p->out_at == 0 && part < p->out_length) {
		to[5] |= LENGTH;
		to[at++] = 0;
		to[at++] = (uint8_t)(p->out_length >> 16);
		to[at++] = (uint8_t)(p->out_length >> 8);
		to[at++] = (uint8_t)p->out_length;
	}
	memcpy(to + at, p->out + p->out_at, part);
	p->out_at += part;
	p->sending = p->out_at < p->out_length;
	if (p->sending)
		to[5] |= MORE;
	else
		p->out_at = p->out_length = 0;
	return response(identifier, OST_EAP_TLS, at + part, to);
}

size_t eap_peer_answer(struct eap_peer *p, const uint8_t *request, size_t length, uint8_t *to)
{
	struct ost_eap_packet q;
	uint8_t flags;
	size_t skip, n;

	if (!ost_eap_parse(request, length, &q) || q.code != OST_EAP_REQUEST)
		return 0;
	if (q.type == OST_EAP_IDENTITY) {
		memcpy(to + 5, "anonymous", 9);
		return response(q.identifier, OST_EAP_IDENTITY, 5 + 9, to);
	}
	if (q.type != OST_EAP_TLS || q.data_length == 0)
		return 0;
	flags = q.data[0];
	skip = flags & LENGTH ? 5 : 1;
	if (p->sending)
		return fragment_next(p, q.identifier, to);
	if (q.data_length < skip)
		return 0;
	n = OST_MIN(q.data_length - skip, FLIGHT - p->in_length);
	memcpy(p->in + p->in_length, q.data + skip, n);
	p->in_length += n;
	if (!(flags & MORE))
		advance(p);
	return fragment_next(p, q.identifier, to);
}
