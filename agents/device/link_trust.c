/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the agent trusts and shows: files to one TLS context, with everything set that the library leaves open. */
#include <wolfssl/options.h>

#include <wolfssl/openssl/ssl.h>
#include <wolfssl/ssl.h>

#include <stdio.h>

#include "file.h"
#include "link_trust.h"
#include "tls_pair.h"

#define PEM_MAX (1u << 20)
#define CRL_MAX (8u << 20)

/* Of the portal; ECDHE and AEAD only. */
#define SUITES                                                                                       \
	"TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384:TLS13-CHACHA20-POLY1305-SHA256:"            \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:" \
	"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305"

static int read_pem(const char *path, size_t max, char why[static LINK_WHY], char **ret, size_t *ret_length)
{
	int r = ost_file_read(path, max, ret, ret_length);

	if (r < 0)
		(void)snprintf(why, LINK_WHY, "%.180s: %s", path, strerror(-r));
	return r < 0 ? -EINVAL : 0;
}

/* One by one, CAs only: the library would take a device's certificate in this file for a trusted gateway's. */
static int ca_load(WOLFSSL_CTX *c, const char *path, char why[static LINK_WHY])
{
	OST_AUTO_FREE char *pem = NULL;
	size_t length = 0;
	unsigned count = 0;
	WOLFSSL_BIO *bio;
	int r = read_pem(path, PEM_MAX, why, &pem, &length);

	if (r < 0)
		return r;
	bio = wolfSSL_BIO_new_mem_buf(pem, (int)length);
	for (WOLFSSL_X509 *x; bio != NULL && r == 0 && (x = wolfSSL_PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL;
		wolfSSL_X509_free(x)) {
		int bytes = 0;
		const unsigned char *der = wolfSSL_X509_get_der(x, &bytes);

		count++;
		if (!wolfSSL_X509_get_isCA(x) || der == NULL ||
			wolfSSL_CTX_load_verify_buffer(c, der, bytes, WOLFSSL_FILETYPE_ASN1) != WOLFSSL_SUCCESS)
			r = -EINVAL;
	}
	wolfSSL_BIO_free(bio);
	if (r == 0 && count > 0)
		return 0;
	(void)snprintf(why, LINK_WHY, "%.150s: must hold CA certificates in PEM that are valid today, and nothing else", path);
	return -EINVAL;
}

static int crl_load(WOLFSSL_CTX *c, const char *path, char why[static LINK_WHY])
{
	OST_AUTO_FREE char *pem = NULL;
	size_t length = 0;
	int r;

	if (path == NULL)
		return 0;
	r = read_pem(path, CRL_MAX, why, &pem, &length);
	if (r < 0)
		return r;
	if (wolfSSL_CTX_EnableCRL(c, WOLFSSL_CRL_CHECKALL) == WOLFSSL_SUCCESS &&
		wolfSSL_CTX_LoadCRLBuffer(c, (const unsigned char *)pem, (long)length, WOLFSSL_FILETYPE_PEM) == WOLFSSL_SUCCESS)
		return 0;
	(void)snprintf(why, LINK_WHY, "%.150s: is no revocation list of the CA in PEM, or past its date", path);
	return -EINVAL;
}

/* Of the file's first certificate, which is the device's own. */
static int pair_check(const char *certificate, size_t certificate_length, const char *key, size_t key_length)
{
	DerBuffer *der = NULL;
	int r = wc_PemToDer((const byte *)certificate, (long)certificate_length, CERT_TYPE, &der, NULL, NULL, NULL) == 0
			? ost_tls_pair_check(der->buffer, der->length, key, key_length)
			: -EINVAL;

	wc_FreeDer(&der);
	return r;
}

static int own_use(WOLFSSL_CTX *c, const char *certificate, const char *pem, size_t length, const char *key, const char *secret,
	size_t secret_length, char why[static LINK_WHY])
{
	if (wolfSSL_CTX_use_certificate_chain_buffer(c, (const unsigned char *)pem, (long)length) != WOLFSSL_SUCCESS)
		(void)snprintf(why, LINK_WHY, "%.180s: is no certificate in PEM", certificate);
	else if (wolfSSL_CTX_use_PrivateKey_buffer(c, (const unsigned char *)secret, (long)secret_length, WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS)
		(void)snprintf(why, LINK_WHY, "%.180s: is no private key in PEM", key);
	else if (pair_check(pem, length, secret, secret_length) < 0)
		(void)snprintf(why, LINK_WHY, "%.100s: is not the private key of %.100s", key, certificate);
	else
		return 0;
	return -EINVAL;
}

static int own_load(WOLFSSL_CTX *c, const char *certificate, const char *key, char why[static LINK_WHY])
{
	OST_AUTO_FREE char *pem = NULL;
	char *secret = NULL;
	size_t length = 0, secret_length = 0;
	int r = read_pem(certificate, PEM_MAX, why, &pem, &length);

	if (r == 0)
		r = read_pem(key, PEM_MAX, why, &secret, &secret_length);
	if (r < 0)
		return r;
	r = own_use(c, certificate, pem, length, key, secret, secret_length, why);
	explicit_bzero(secret, secret_length);
	free(secret);
	return r;
}

/* Each of these is off, or the other way round, in the library as Debian builds it. */
static bool rules_set(WOLFSSL_CTX *c)
{
	wolfSSL_CTX_set_verify(c, WOLFSSL_VERIFY_PEER, NULL);
	(void)wolfSSL_CTX_set_session_cache_mode(c, WOLFSSL_SESS_CACHE_OFF);
	return wolfSSL_CTX_get_verify_mode(c) == WOLFSSL_VERIFY_PEER && wolfSSL_CTX_SetMinVersion(c, WOLFSSL_TLSV1_2) == WOLFSSL_SUCCESS &&
	       wolfSSL_CTX_set_cipher_list(c, SUITES) == WOLFSSL_SUCCESS && wolfSSL_CTX_SetMinRsaKey_Sz(c, 2048) == WOLFSSL_SUCCESS &&
	       wolfSSL_CTX_SetMinEccKey_Sz(c, 32) == WOLFSSL_SUCCESS;
}

int link_trust_new(const char *ca, const char *crl, const char *certificate, const char *key, char why[static LINK_WHY],
	struct link_trust **ret_trust)
{
	struct link_trust *t = calloc(1, sizeof(*t));
	int r;

	if (t == NULL)
		return -ENOMEM;
	if (wolfSSL_Init() != WOLFSSL_SUCCESS) {
		free(t);
		return -EIO;
	}
	t->context = wolfSSL_CTX_new(wolfSSLv23_client_method());
	(void)snprintf(why, LINK_WHY, "the TLS library does not do what is asked of it; install Debian's libwolfssl");
	r = t->context != NULL && rules_set(t->context) ? 0 : -EIO;
	if (r == 0)
		r = ca_load(t->context, ca, why);
	if (r == 0)
		r = crl_load(t->context, crl, why);
	if (r == 0)
		r = own_load(t->context, certificate, key, why);
	if (r < 0) {
		link_trust_free(&t);
		return r;
	}
	*ret_trust = t;
	return 0;
}

void link_trust_free(struct link_trust **trust)
{
	struct link_trust *t = *trust;

	*trust = NULL;
	if (t == NULL)
		return;
	wolfSSL_CTX_free(t->context);
	(void)wolfSSL_Cleanup();
	free(t);
}
