/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/error-ssl.h>
#include <wolfssl/openssl/ssl.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include "tls.h"

#include "tls_reason.h"
#include "x509.h"

#include <malloc.h>
#include <stdio.h>
#include <sys/mman.h>

#define RECORD_ALERT 0x15
#define OUTPUT_MAX   (64u << 10)
#define PAGE	     4096u
#define SENT_MAX     8 /* certificates beside the first that are looked at; the library keeps as many */

struct ost_tls {
	WOLFSSL *ssl;
	struct ost_trust *trust;
	const uint8_t *in; /* borrowed while advancing */
	size_t in_left;
	uint8_t *out;
	size_t out_length, out_capacity;
	size_t taken; /* bytes of the peer's handshake: the library may still hold them */
	int error; /* of the library */
	int verify_error; /* what it found wrong with the certificate */
	uint8_t peer_alert; /* in clear, 0 none */
	bool done, failed;
};

/* ---- the library's reads and writes ---- */

static int take(WOLFSSL *ssl, char *to, int size, void *user)
{
	struct ost_tls *t = user;
	size_t n = OST_MIN((size_t)size, t->in_left);

	(void)ssl;
	if (n == 0)
		return WOLFSSL_CBIO_ERR_WANT_READ;
	memcpy(to, t->in, n);
	t->in += n;
	t->in_left -= n;
	return (int)n;
}

static int give(WOLFSSL *ssl, char *from, int length, void *user)
{
	struct ost_tls *t = user;
	size_t wanted = t->out_length + (size_t)length;

	(void)ssl;
	if (wanted > OUTPUT_MAX)
		return WOLFSSL_CBIO_ERR_GENERAL;
	if (wanted > t->out_capacity) {
		size_t capacity = OST_MAX(wanted, t->out_capacity * 2);
		uint8_t *grown = realloc(t->out, capacity);

		if (grown == NULL)
			return WOLFSSL_CBIO_ERR_GENERAL;
		t->out = grown;
		t->out_capacity = capacity;
	}
	memcpy(t->out + t->out_length, from, (size_t)length);
	t->out_length = wanted;
	return length;
}

/* Called when a certificate does not verify: the reason is lost afterwards, so it is kept here. Never lets one in. */
static int refused(int ok, WOLFSSL_X509_STORE_CTX *store)
{
	struct ost_tls *t = store->userCtx;

	if (!ok && t != NULL)
		t->verify_error = store->error;
	return ok;
}

/* The library's session has room for a chain of certificates: 37 kB that are zero until the peer has shown one, and mostly
 * afterwards. Whole pages of zeros go back to the kernel, which gives zeros again when they are written. */
static void session_slim(WOLFSSL *ssl)
{
	static const uint8_t zeros[PAGE];
	uint8_t *session = (uint8_t *)wolfSSL_get_session(ssl), *end, *page;

	if (session == NULL)
		return;
	end = session + malloc_usable_size(session);
	page = session + (PAGE - (uintptr_t)session % PAGE) % PAGE;
	for (; page < end && (size_t)(end - page) >= PAGE; page += PAGE) {
		size_t n = 0;

		while ((size_t)(end - page) - n >= PAGE && memcmp(page + n, zeros, PAGE) == 0)
			n += PAGE;
		if (n > 0)
			(void)madvise(page, n, MADV_DONTNEED);
		page += n;
	}
}

int ost_tls_new(struct ost_trust *trust, struct ost_tls **ret_tls)
{
	struct ost_tls *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	t->ssl = wolfSSL_new(ost_trust_context(trust));
	if (t->ssl == NULL) {
		free(t);
		return -ENOMEM;
	}
	t->trust = ost_trust_hold(trust);
	session_slim(t->ssl);
	wolfSSL_SSLSetIORecv(t->ssl, take);
	wolfSSL_SSLSetIOSend(t->ssl, give);
	wolfSSL_SetIOReadCtx(t->ssl, t);
	wolfSSL_SetIOWriteCtx(t->ssl, t);
	wolfSSL_set_verify(t->ssl, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT, refused);
	wolfSSL_SetCertCbCtx(t->ssl, t);
	wolfSSL_KeepArrays(t->ssl); /* for the exporter */
	(void)wolfSSL_set_group_messages(t->ssl);
	*ret_tls = t;
	return 0;
}

void ost_tls_free(struct ost_tls **tls)
{
	struct ost_tls *t = *tls;

	*tls = NULL;
	if (t == NULL)
		return;
	wolfSSL_free(t->ssl);
	ost_trust_release(&t->trust);
	free(t->out);
	free(t);
}

void ost_tls_limit(struct ost_tls *tls)
{
	(void)wolfSSL_set_options(tls->ssl, WOLFSSL_OP_NO_TLSv1_3);
}

/* ---- the handshake ---- */

/* OpenSSL tells in clear that it does not accept us, even in TLS 1.3; the library sees garbage there. */
static void alert_look(struct ost_tls *t, const uint8_t *bytes, size_t length)
{
	if (length >= 7 && bytes[0] == RECORD_ALERT && bytes[3] == 0 && bytes[4] == 2 && bytes[5] == alert_fatal)
		t->peer_alert = bytes[6];
}

static enum ost_tls_status step(struct ost_tls *t)
{
	if (wolfSSL_accept(t->ssl) == WOLFSSL_SUCCESS) {
		t->done = true;
		return OST_TLS_DONE;
	}
	t->error = wolfSSL_get_error(t->ssl, 0);
	if (t->error == WOLFSSL_ERROR_WANT_READ || t->error == WOLFSSL_ERROR_WANT_WRITE)
		return OST_TLS_MORE;
	t->failed = true;
	return OST_TLS_FAILED;
}

enum ost_tls_status ost_tls_advance(struct ost_tls *tls, const uint8_t *bytes, size_t length)
{
	enum ost_tls_status status;

	if (tls->failed)
		return OST_TLS_FAILED;
	if (tls->done)
		return OST_TLS_DONE;
	alert_look(tls, bytes, length);
	tls->in = bytes;
	tls->in_left = length;
	tls->taken += length;
	status = step(tls);
	tls->in = NULL;
	tls->in_left = 0;
	/* What we would answer to an alert is of no use: the peer has given up. */
	if (status == OST_TLS_FAILED && tls->peer_alert != 0)
		tls->out_length = 0;
	return status;
}

const uint8_t *ost_tls_output(const struct ost_tls *tls, size_t *ret_length)
{
	*ret_length = tls->out_length;
	return tls->out;
}

void ost_tls_sent(struct ost_tls *tls)
{
	free(tls->out);
	tls->out = NULL;
	tls->out_length = tls->out_capacity = 0;
}

size_t ost_tls_bytes(const struct ost_tls *tls)
{
	return OST_TLS_BYTES + tls->out_capacity + tls->taken;
}

bool ost_tls_is_1_3(const struct ost_tls *tls)
{
	return wolfSSL_version(tls->ssl) == TLS1_3_VERSION;
}

int ost_tls_commit(struct ost_tls *tls)
{
	return ost_tls_write(tls, "", 1);
}

int ost_tls_keys(struct ost_tls *tls, uint8_t ret_keys[static OST_TLS_KEYS])
{
	static const unsigned char type = 13; /* EAP-TLS: the exporter's context in RFC 9190 2.3 */
	static const char label_1_2[] = "client EAP encryption", label_1_3[] = "EXPORTER_EAP_TLS_Key_Material";
	int r;

	if (ost_tls_is_1_3(tls))
		r = wolfSSL_export_keying_material(tls->ssl, ret_keys, OST_TLS_KEYS, label_1_3, sizeof(label_1_3) - 1, &type, 1, 1);
	else
		r = wolfSSL_export_keying_material(tls->ssl, ret_keys, OST_TLS_KEYS, label_1_2, sizeof(label_1_2) - 1, NULL, 0, 0);
	return r == WOLFSSL_SUCCESS ? 0 : -EIO;
}

/* ---- application data ---- */

void ost_tls_feed(struct ost_tls *tls, const uint8_t *bytes, size_t length)
{
	tls->in = bytes;
	tls->in_left = length;
}

ssize_t ost_tls_read(struct ost_tls *tls, void *to, size_t size)
{
	int n = wolfSSL_read(tls->ssl, to, (int)OST_MIN(size, (size_t)INT16_MAX));

	if (n > 0)
		return n;
	return wolfSSL_get_error(tls->ssl, n) == WOLFSSL_ERROR_WANT_READ ? -EAGAIN : -EPIPE;
}

int ost_tls_write(struct ost_tls *tls, const void *bytes, size_t length)
{
	if (length > INT16_MAX)
		return -EMSGSIZE;
	return wolfSSL_write(tls->ssl, bytes, (int)length) == (int)length ? 0 : -EPIPE;
}

void ost_tls_close(struct ost_tls *tls)
{
	(void)wolfSSL_shutdown(tls->ssl);
}

/* ---- who, and why not ---- */

/* The certificates that the peer sent, its own first, verified or not: the library keeps them of every handshake. */
static const uint8_t *sent_certificate(const struct ost_tls *t, int number, size_t *ret_length)
{
	WOLFSSL_X509_CHAIN *chain = wolfSSL_get_peer_chain(t->ssl);
	int length = chain != NULL && number < wolfSSL_get_chain_count(chain) ? wolfSSL_get_chain_length(chain, number) : 0;

	*ret_length = length > 0 ? (size_t)length : 0;
	return length > 0 ? wolfSSL_get_chain_cert(chain, number) : NULL;
}

static void connection_describe(const struct ost_tls *t, struct ost_auth_proof *p)
{
	const char *group = wolfSSL_get_curve_name(t->ssl);

	(void)snprintf(p->tls_version, sizeof(p->tls_version), "%s", wolfSSL_get_version(t->ssl));
	(void)snprintf(p->tls_suite, sizeof(p->tls_suite), "%s", wolfSSL_get_cipher(t->ssl));
	(void)snprintf(p->tls_group, sizeof(p->tls_group), "%s", group != NULL ? group : "?");
	memcpy(p->gateway_sha256, ost_trust_gateway_sha256(t->trust), sizeof(p->gateway_sha256));
}

int ost_tls_proof(struct ost_tls *tls, struct ost_auth_proof *ret_proof)
{
	struct ost_auth_proof p = {.assurance = OST_ASSURANCE_SOFTWARE};
	size_t length;
	const uint8_t *der = sent_certificate(tls, 0, &length);
	int r = der != NULL ? ost_x509_describe(der, length, &p) : -EINVAL;

	connection_describe(tls, &p);
	if (r == 0)
		*ret_proof = p;
	return r;
}

enum ost_auth_shown ost_tls_shown(struct ost_tls *tls, struct ost_auth_proof *ret_proof)
{
	struct ost_auth_proof p = {.assurance = tls->done ? OST_ASSURANCE_SOFTWARE : OST_ASSURANCE_NONE};
	size_t length;
	const uint8_t *der = sent_certificate(tls, 0, &length);

	if (der == NULL)
		return OST_AUTH_SHOWN_NOTHING;
	if (ost_x509_describe(der, length, &p) < 0)
		p.assurance = OST_ASSURANCE_NONE; /* as much as could be read */
	connection_describe(tls, &p);
	*ret_proof = p;
	return tls->done ? OST_AUTH_SHOWN_PROVED : OST_AUTH_SHOWN_UNPROVED;
}

/* RFC 8446 6.2: what the device says is wrong with us. */
static enum ost_auth_reason reason_of_alert(int alert)
{
	switch (alert) {
	case protocol_version:
	case handshake_failure:
	case insufficient_security:
		return OST_AUTH_REASON_VERSION;
	case unexpected_message:
	case decode_error:
	case illegal_parameter:
		return OST_AUTH_REASON_MALFORMED;
	default:
		return OST_AUTH_REASON_PEER_REFUSED;
	}
}

enum ost_auth_reason ost_tls_reason(const struct ost_tls *tls, int *ret_error)
{
	WOLFSSL_ALERT_HISTORY alerts = {0};
	enum ost_auth_reason reason;

	*ret_error = tls->error != 0 ? tls->error : tls->verify_error; /* the other one may be in the numbers of OpenSSL */
	(void)wolfSSL_get_alert_history(tls->ssl, &alerts);
	if (tls->peer_alert != 0)
		return reason_of_alert(tls->peer_alert);
	if (alerts.last_rx.level == alert_fatal)
		return reason_of_alert(alerts.last_rx.code);
	reason = ost_tls_reason_of(tls->verify_error);
	if (reason == OST_AUTH_REASON_NONE)
		reason = ost_tls_reason_of(tls->error);
	if (reason != OST_AUTH_REASON_NONE)
		return reason;
	return tls->verify_error != 0 ? OST_AUTH_REASON_BAD_CERTIFICATE : OST_AUTH_REASON_MALFORMED;
}

/* An intermediate CA that the peer sent counts when what is trusted now leads to it, as it did in the handshake: the library
 * keeps those of handshakes in the same place. */
static void intermediate_take(WOLFSSL_CERT_MANAGER *trusted, const uint8_t *der, size_t length)
{
	if (wolfSSL_CertManagerVerifyBuffer(trusted, der, (long)length, WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS && ost_x509_is_ca(der, length))
		(void)wolfSSL_CertManagerLoadCABuffer(trusted, der, (long)length, WOLFSSL_FILETYPE_ASN1);
}

enum ost_auth_reason ost_tls_still_trusted(struct ost_tls *tls, struct ost_trust *trust)
{
	WOLFSSL_CERT_MANAGER *trusted = wolfSSL_CTX_GetCertManager(ost_trust_context(trust));
	struct ost_auth_proof p = {0};
	enum ost_auth_reason reason;
	size_t length;
	const uint8_t *der;
	int r;

	for (int i = SENT_MAX; i > 0; i--) {
		der = sent_certificate(tls, i, &length);
		if (der != NULL)
			intermediate_take(trusted, der, length);
	}
	der = sent_certificate(tls, 0, &length);
	if (der == NULL)
		return OST_AUTH_REASON_NO_CERTIFICATE;
	r = wolfSSL_CertManagerVerifyBuffer(trusted, der, (long)length, WOLFSSL_FILETYPE_ASN1);
	if (r != WOLFSSL_SUCCESS) {
		reason = ost_tls_reason_of(r);
		return reason != OST_AUTH_REASON_NONE ? reason : OST_AUTH_REASON_BAD_CERTIFICATE;
	}
	if (ost_x509_is_weak(der, length, OST_TRUST_RSA_BITS_MIN, OST_TRUST_EC_BITS_MIN))
		return OST_AUTH_REASON_WEAK_KEY;
	return ost_x509_describe(der, length, &p) == 0 ? OST_AUTH_REASON_NONE : OST_AUTH_REASON_WRONG_NAME;
}
