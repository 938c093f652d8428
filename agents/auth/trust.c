/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/openssl/ssl.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include "trust.h"

#include <stdio.h>
#include <time.h>

#include "file.h"
#include "tls_pair.h"
#include "x509.h"

#define PEM_MAX (1u << 20)
#define CRL_MAX (8u << 20)

/* ECDHE only, AEAD only. Each name is one that the library knows: an unknown one fails the load. */
#define SUITES                                                                                        \
	"TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384:TLS13-CHACHA20-POLY1305-SHA256:"             \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"  \
	"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305:"        \
	"ECDHE-ECDSA-AES128-CCM-8"
#define CHAIN_MAX     5
#define CRLS_MAX      64u

struct ost_trust {
	WOLFSSL_CTX *context;
	unsigned users;
	uint8_t gateway_sha256[32];
	uint8_t *gateway_der;
	size_t gateway_length;
	uint64_t crl_this_update_s, crl_next_update_s, gateway_not_after_s;
};

/* One list of revoked certificates. */
struct crl {
	uint8_t issuer_sha256[32];
	uint64_t this_update_s, next_update_s;
};

int ost_trust_library_init(void)
{
	return wolfSSL_Init() == WOLFSSL_SUCCESS ? 0 : -EIO;
}

void ost_trust_library_free(void)
{
	(void)wolfSSL_Cleanup();
}

static int read_pem(const char *path, size_t max, const char *next, char why[static OST_TRUST_WHY], char **ret, size_t *ret_length)
{
	int r = ost_file_read(path, max, ret, ret_length);

	if (r < 0)
		(void)snprintf(why, OST_TRUST_WHY, "%s: %s; %s", path, strerror(-r), next);
	return r;
}

/* The library would take any certificate among the trusted as trusted, a device's too: only CAs are let through. */
static int cas_load(struct ost_trust *t, const char *path, char why[static OST_TRUST_WHY])
{
	OST_AUTO_FREE char *pem = NULL;
	size_t length = 0;
	unsigned count = 0;
	int r = read_pem(path, PEM_MAX, "ostiary init makes it", why, &pem, &length);
	WOLFSSL_BIO *bio;

	if (r < 0)
		return r;
	bio = wolfSSL_BIO_new_mem_buf(pem, (int)length);
	if (bio == NULL)
		return -ENOMEM;
	for (WOLFSSL_X509 *x; r == 0 && (x = wolfSSL_PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL; wolfSSL_X509_free(x)) {
		int bytes = 0;
		const unsigned char *der = wolfSSL_X509_get_der(x, &bytes);

		count++;
		if (!wolfSSL_X509_get_isCA(x) || der == NULL) {
			(void)snprintf(why, OST_TRUST_WHY, "%s: certificate %u is no CA's; leave only CA certificates in it", path, count);
			r = -EINVAL;
		} else if (wolfSSL_CTX_load_verify_buffer(t->context, der, bytes, WOLFSSL_FILETYPE_ASN1) != WOLFSSL_SUCCESS) {
			(void)snprintf(why, OST_TRUST_WHY, "%s: certificate %u cannot be used as a CA; is it valid today?", path, count);
			r = -EINVAL;
		}
	}
	wolfSSL_BIO_free(bio);
	if (r == 0 && count == 0) {
		(void)snprintf(why, OST_TRUST_WHY, "%s: holds no certificate in PEM; ostiary init makes it", path);
		r = -EINVAL;
	}
	return r;
}

/* The next list of a file, from *at on: the library reads the first one of what it is given, and no more. */
static const char *crl_next(const char **at, const char *end, size_t *ret_length)
{
	static const char begin[] = "-----BEGIN X509 CRL-----", finish[] = "-----END X509 CRL-----";
	const char *from = memmem(*at, (size_t)(end - *at), begin, sizeof(begin) - 1);
	const char *to = from != NULL ? memmem(from, (size_t)(end - from), finish, sizeof(finish) - 1) : NULL;

	if (to == NULL)
		return NULL;
	*at = to + sizeof(finish) - 1;
	*ret_length = (size_t)(*at - from);
	return from;
}

static int crl_describe(const char *pem, size_t length, struct crl *ret_crl)
{
	WOLFSSL_BIO *bio = wolfSSL_BIO_new_mem_buf(pem, (int)length);
	WOLFSSL_X509_CRL *crl = bio != NULL ? wolfSSL_PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) : NULL;
	unsigned char *der = NULL;
	int bytes = crl != NULL ? wolfSSL_i2d_X509_NAME(wolfSSL_X509_CRL_get_issuer_name(crl), &der) : -1;
	int r = bytes > 0 ? wc_Sha256Hash(der, (word32)bytes, ret_crl->issuer_sha256) : -EINVAL;

	if (der != NULL)
		XFREE(der, NULL, DYNAMIC_TYPE_OPENSSL);
	if (r == 0) {
		ret_crl->this_update_s = ost_x509_time_s(wolfSSL_X509_CRL_get_lastUpdate(crl));
		ret_crl->next_update_s = ost_x509_time_s(wolfSSL_X509_CRL_get_nextUpdate(crl));
	}
	wolfSSL_X509_CRL_free(crl);
	wolfSSL_BIO_free(bio);
	return r == 0 ? 0 : -EINVAL;
}

static int crl_add(struct ost_trust *t, const char *path, const char *pem, size_t length, struct crl crls[static CRLS_MAX], unsigned n,
	char why[static OST_TRUST_WHY])
{
	int e = n < CRLS_MAX ? wolfSSL_CTX_LoadCRLBuffer(t->context, (const unsigned char *)pem, (long)length, WOLFSSL_FILETYPE_PEM) : 0;

	if (e != WOLFSSL_SUCCESS || crl_describe(pem, length, &crls[n]) < 0) {
		(void)snprintf(why, OST_TRUST_WHY,
			"%s: list %u is no revocation list of this site's CA, or past its date (TLS library: %d); renew it with ostiary "
			"init --renew-crl",
			path, n + 1, e);
		return -EINVAL;
	}
	for (unsigned i = 0; i < n; i++) {
		if (memcmp(crls[i].issuer_sha256, crls[n].issuer_sha256, sizeof(crls[i].issuer_sha256)) != 0)
			continue;
		/* The library looks at one of the two, whichever was loaded last. */
		(void)snprintf(why, OST_TRUST_WHY, "%s: lists %u and %u are of the same CA; leave only the newest one", path, i + 1, n + 1);
		return -EINVAL;
	}
	if (n == 0 || crls[n].next_update_s < t->crl_next_update_s) {
		t->crl_this_update_s = crls[n].this_update_s;
		t->crl_next_update_s = crls[n].next_update_s;
	}
	return 0;
}

static int crl_load(struct ost_trust *t, const char *path, char why[static OST_TRUST_WHY])
{
	OST_AUTO_FREE char *pem = NULL;
	const char *at, *list;
	size_t length = 0, part = 0;
	struct crl crls[CRLS_MAX];
	unsigned n = 0;
	int r;

	if (path == NULL)
		return 0;
	r = read_pem(path, CRL_MAX, "ostiary init --renew-crl makes it", why, &pem, &length);
	if (r < 0)
		return r;
	if (wolfSSL_CTX_EnableCRL(t->context, WOLFSSL_CRL_CHECKALL) != WOLFSSL_SUCCESS)
		return -EIO;
	at = pem;
	while (r == 0 && (list = crl_next(&at, pem + length, &part)) != NULL)
		r = crl_add(t, path, list, part, crls, n++, why);
	if (r == 0 && n == 0) {
		(void)snprintf(why, OST_TRUST_WHY, "%s: holds no revocation list in PEM; ostiary init --renew-crl makes it", path);
		r = -EINVAL;
	}
	return r;
}

static int gateway_load(struct ost_trust *t, const char *path, char why[static OST_TRUST_WHY])
{
	OST_AUTO_FREE char *pem = NULL;
	const unsigned char *der;
	WOLFSSL_X509 *x = NULL;
	WOLFSSL_BIO *bio;
	size_t length = 0;
	int bytes = 0, r = read_pem(path, PEM_MAX, "ostiary init makes it", why, &pem, &length);

	if (r < 0)
		return r;
	if (wolfSSL_CTX_use_certificate_chain_buffer(t->context, (const unsigned char *)pem, (long)length) != WOLFSSL_SUCCESS) {
		(void)snprintf(why, OST_TRUST_WHY, "%s: is no certificate in PEM; ostiary init makes it", path);
		return -EINVAL;
	}
	bio = wolfSSL_BIO_new_mem_buf(pem, (int)length);
	if (bio != NULL)
		x = wolfSSL_PEM_read_bio_X509(bio, NULL, NULL, NULL);
	der = x != NULL ? wolfSSL_X509_get_der(x, &bytes) : NULL;
	t->gateway_der = der != NULL ? malloc((size_t)bytes) : NULL;
	if (t->gateway_der != NULL && wc_Sha256Hash(der, (word32)bytes, t->gateway_sha256) == 0) {
		memcpy(t->gateway_der, der, (size_t)bytes);
		t->gateway_length = (size_t)bytes;
		t->gateway_not_after_s = ost_x509_time_s(wolfSSL_X509_get_notAfter(x));
	}
	wolfSSL_X509_free(x);
	wolfSSL_BIO_free(bio);
	return t->gateway_not_after_s != 0 ? 0 : -EINVAL;
}

static int key_load(struct ost_trust *t, const char *path, char why[static OST_TRUST_WHY])
{
	char *pem = NULL;
	size_t length = 0;
	int r = read_pem(path, PEM_MAX, "ostiary init makes it; ostiary-authd must be able to read it", why, &pem, &length);

	if (r < 0)
		return r;
	r = wolfSSL_CTX_use_PrivateKey_buffer(t->context, (const unsigned char *)pem, (long)length, WOLFSSL_FILETYPE_PEM) == WOLFSSL_SUCCESS
		? ost_tls_pair_check(t->gateway_der, t->gateway_length, pem, length)
		: -EINVAL;
	explicit_bzero(pem, length);
	free(pem);
	if (r == -EKEYREJECTED)
		(void)snprintf(why, OST_TRUST_WHY,
			"%s: is not the private key of the gateway's certificate; restore the two from one backup, or have a certificate made "
			"for this key",
			path);
	else if (r < 0)
		(void)snprintf(why, OST_TRUST_WHY, "%s: is no private key in PEM that can be used, or is encrypted; ostiary init makes it", path);
	return r < 0 ? -EINVAL : 0;
}

/* Each of these is off, or the other way round, in the library as Debian builds it. */
static bool rules_set(WOLFSSL_CTX *c)
{
	int mode = WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT;

	wolfSSL_CTX_set_verify(c, mode, NULL);
	wolfSSL_CTX_set_verify_depth(c, CHAIN_MAX);
	(void)wolfSSL_CTX_set_session_cache_mode(c, WOLFSSL_SESS_CACHE_OFF);
	return wolfSSL_CTX_get_verify_mode(c) == mode && wolfSSL_CTX_SetMinVersion(c, WOLFSSL_TLSV1_2) == WOLFSSL_SUCCESS &&
		wolfSSL_CTX_set_cipher_list(c, SUITES) == WOLFSSL_SUCCESS &&
		wolfSSL_CTX_SetMinRsaKey_Sz(c, OST_TRUST_RSA_BITS_MIN) == WOLFSSL_SUCCESS &&
		wolfSSL_CTX_SetMinEccKey_Sz(c, OST_TRUST_EC_BITS_MIN / 8) == WOLFSSL_SUCCESS && wolfSSL_CTX_no_ticket_TLSv13(c) == 0 &&
		wolfSSL_CTX_NoTicketTLSv12(c) == WOLFSSL_SUCCESS;
}

int ost_trust_load(const struct ost_trust_files *files, char why[static OST_TRUST_WHY], struct ost_trust **ret_trust)
{
	struct ost_trust *t = calloc(1, sizeof(*t));
	int r;

	if (t == NULL)
		return -ENOMEM;
	t->users = 1;
	(void)snprintf(why, OST_TRUST_WHY, "the TLS library does not do what is asked of it; install Debian's libwolfssl");
	t->context = wolfSSL_CTX_new(wolfSSLv23_server_method());
	r = t->context != NULL && rules_set(t->context) ? 0 : -EIO;
	if (r == 0)
		r = cas_load(t, files->ca, why);
	if (r == 0)
		r = gateway_load(t, files->certificate, why);
	if (r == 0)
		r = key_load(t, files->key, why);
	if (r == 0)
		r = crl_load(t, files->crl, why);
	if (r < 0) {
		ost_trust_release(&t);
		return r;
	}
	*ret_trust = t;
	return 0;
}

struct ost_trust *ost_trust_hold(struct ost_trust *trust)
{
	trust->users++;
	return trust;
}

void ost_trust_release(struct ost_trust **trust)
{
	struct ost_trust *t = *trust;

	*trust = NULL;
	if (t == NULL || --t->users > 0)
		return;
	wolfSSL_CTX_free(t->context);
	free(t->gateway_der);
	free(t);
}

const uint8_t *ost_trust_gateway_sha256(const struct ost_trust *trust)
{
	return trust->gateway_sha256;
}

uint64_t ost_trust_crl_this_update_s(const struct ost_trust *trust)
{
	return trust->crl_this_update_s;
}

uint64_t ost_trust_crl_next_update_s(const struct ost_trust *trust)
{
	return trust->crl_next_update_s;
}

uint64_t ost_trust_gateway_not_after_s(const struct ost_trust *trust)
{
	return trust->gateway_not_after_s;
}

void *ost_trust_context(const struct ost_trust *trust)
{
	return trust->context;
}
