/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include "tls_client.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "file.h"
#include "tls_pair.h"

/* ECDHE only, AEAD only; RSA and EC. RFC 9662 asks syslog for TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 at least. */
#define SUITES                                                                                       \
	"TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384:TLS13-CHACHA20-POLY1305-SHA256:"            \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:" \
	"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305"
#define PEM_MAX ((size_t)4 << 20)
#define KEY_MAX ((size_t)64 << 10)

struct ost_tls_client {
	WOLFSSL_CTX *context;
	const struct ost_site_export *config;
	char name[OST_HOST_MAX + 1]; /* as the library compares it */
	bool numeric;
};

/* ---- files ---- */

static int file_fault(const char *path, const char *what, char why[static OST_TLS_WHY])
{
	(void)snprintf(why, OST_TLS_WHY, "%.150s: %s", path, what);
	return -EINVAL;
}

/* One that cannot be used does not stop the others: public lists of CAs hold odd ones. Its time is asked for here, for the library does not. */
static bool ca_is_valid(WOLFSSL_X509 *x)
{
	return wolfSSL_X509_get_isCA(x) && wolfSSL_X509_cmp_current_time(wolfSSL_X509_get_notBefore(x)) < 0 &&
	       wolfSSL_X509_cmp_current_time(wolfSSL_X509_get_notAfter(x)) > 0;
}

static int cas_load(struct ost_tls_client *c, char why[static OST_TLS_WHY])
{
	OST_AUTO_FREE char *pem = NULL;
	size_t length = 0;
	unsigned loaded = 0;
	int r = ost_file_read(c->config->ca, PEM_MAX, &pem, &length);
	WOLFSSL_BIO *bio;

	if (r < 0)
		return file_fault(c->config->ca, strerror(-r), why);
	bio = wolfSSL_BIO_new_mem_buf(pem, (int)length);
	if (bio == NULL)
		return -ENOMEM;
	for (WOLFSSL_X509 *x; (x = wolfSSL_PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL; wolfSSL_X509_free(x)) {
		int bytes = 0;
		const unsigned char *der = wolfSSL_X509_get_der(x, &bytes);

		if (der != NULL && ca_is_valid(x) && wolfSSL_CTX_load_verify_buffer(c->context, der, bytes, WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS)
			loaded++;
	}
	wolfSSL_BIO_free(bio);
	return loaded > 0 ? 0 : file_fault(c->config->ca, "holds no certificate of a CA, in PEM, that is valid today", why);
}

/* The first certificate of the file against the key. */
static int pair_check(const char *pem, size_t length, const char *key, size_t key_length)
{
	WOLFSSL_BIO *bio = wolfSSL_BIO_new_mem_buf(pem, (int)length);
	WOLFSSL_X509 *x = bio != NULL ? wolfSSL_PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	int bytes = 0;
	const unsigned char *der = x != NULL ? wolfSSL_X509_get_der(x, &bytes) : NULL;
	int r = der != NULL ? ost_tls_pair_check(der, (size_t)bytes, key, key_length) : -EINVAL;

	wolfSSL_X509_free(x);
	wolfSSL_BIO_free(bio);
	return r;
}

static int own_load(struct ost_tls_client *c, char why[static OST_TLS_WHY])
{
	OST_AUTO_FREE char *pem = NULL;
	char *key = NULL;
	size_t length = 0, key_length = 0;
	int r = ost_file_read(c->config->certificate, KEY_MAX, &pem, &length);

	if (r < 0)
		return file_fault(c->config->certificate, strerror(-r), why);
	r = ost_file_read_own(c->config->private_key, KEY_MAX, &key, &key_length);
	if (r < 0)
		return file_fault(c->config->private_key, strerror(-r), why);
	if (pair_check(pem, length, key, key_length) < 0)
		r = file_fault(c->config->private_key, "is not the private key of the certificate", why);
	else if (wolfSSL_CTX_use_certificate_chain_buffer(c->context, (const unsigned char *)pem, (long)length) != WOLFSSL_SUCCESS ||
		 wolfSSL_CTX_use_PrivateKey_buffer(c->context, (const unsigned char *)key, (long)key_length, WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS)
		r = file_fault(c->config->certificate, "cannot be used with its private key", why);
	explicit_bzero(key, key_length);
	free(key);
	return r;
}

/* ---- made ---- */

static bool context_set(WOLFSSL_CTX *c)
{
	wolfSSL_CTX_set_verify(c, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return wolfSSL_CTX_SetMinVersion(c, WOLFSSL_TLSV1_2) == WOLFSSL_SUCCESS && wolfSSL_CTX_SetMinRsaKey_Sz(c, 2048) == WOLFSSL_SUCCESS &&
	       wolfSSL_CTX_SetMinEccKey_Sz(c, 32) == WOLFSSL_SUCCESS && wolfSSL_CTX_set_cipher_list(c, SUITES) == WOLFSSL_SUCCESS &&
	       wolfSSL_CTX_get_verify_mode(c) == (WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT);
}

/* The library writes an IPv6 address of a certificate out in full, and compares texts. */
static void name_set(struct ost_tls_client *c)
{
	const char *name = c->config->server_name;
	struct in6_addr a;

	c->numeric = inet_pton(AF_INET, name, &a) == 1;
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	if (inet_pton(AF_INET6, name, &a) != 1)
		return;
	c->numeric = true;
	for (unsigned i = 0; i < 8; i++)
		(void)snprintf(c->name + (size_t)5 * i, 40 - (size_t)5 * i, "%02X%02X%s", a.s6_addr[2 * i], a.s6_addr[2 * i + 1], i < 7 ? ":" : "");
}

int ost_tls_client_new(const struct ost_site_export *config, char why[static OST_TLS_WHY], struct ost_tls_client **ret_client)
{
	struct ost_tls_client *c = calloc(1, sizeof(*c));
	int r;

	(void)snprintf(why, OST_TLS_WHY, "out of memory");
	if (c == NULL)
		return -ENOMEM;
	c->config = config;
	name_set(c);
	c->context = wolfSSL_CTX_new(wolfTLS_client_method());
	r = c->context != NULL && context_set(c->context) ? cas_load(c, why) : -ENOMEM;
	if (r == 0 && config->certificate[0] != '\0')
		r = own_load(c, why);
	if (r < 0)
		ost_tls_client_free(&c);
	else
		*ret_client = c;
	return r;
}

void ost_tls_client_free(struct ost_tls_client **client)
{
	if (*client == NULL)
		return;
	wolfSSL_CTX_free((*client)->context);
	free(*client);
	*client = NULL;
}

int ost_tls_client_open(struct ost_tls_client *c, int fd, struct WOLFSSL **ret_tls)
{
	WOLFSSL *tls = wolfSSL_new(c->context);

	if (tls == NULL)
		return -ENOMEM;
	wolfSSL_set_using_nonblock(tls, 1);
	if (wolfSSL_set_fd(tls, fd) != WOLFSSL_SUCCESS || wolfSSL_check_domain_name(tls, c->name) != WOLFSSL_SUCCESS ||
		(!c->numeric && wolfSSL_UseSNI(tls, WOLFSSL_SNI_HOST_NAME, c->name, (word16)strlen(c->name)) != WOLFSSL_SUCCESS)) {
		wolfSSL_free(tls);
		return -ENOMEM;
	}
	*ret_tls = tls;
	return 0;
}

const char *ost_tls_client_error(const struct ost_tls_client *c, int error, char buf[static OST_TLS_WHY])
{
	char text[WOLFSSL_MAX_ERROR_SZ];

	switch (error) {
	case DOMAIN_NAME_MISMATCH:
	case IPADDR_MISMATCH:
		(void)snprintf(buf, OST_TLS_WHY, "its certificate is not for '%.100s': write server-name, or mend the certificate", c->config->server_name);
		break;
	case ASN_AFTER_DATE_E:
		(void)snprintf(buf, OST_TLS_WHY, "its certificate is past its date");
		break;
	case ASN_BEFORE_DATE_E:
		(void)snprintf(buf, OST_TLS_WHY, "its certificate is not valid yet: is the gateway's clock right?");
		break;
	case ASN_NO_SIGNER_E:
	case ASN_SIG_CONFIRM_E:
	case ASN_SELF_SIGNED_E:
		(void)snprintf(buf, OST_TLS_WHY, "its certificate is of no CA in %.150s", c->config->ca);
		break;
	case FATAL_ERROR:
		(void)snprintf(buf, OST_TLS_WHY, "it refused the connection: does it want a certificate of ours, or another one?");
		break;
	case WOLFSSL_ERROR_ZERO_RETURN:
	case SOCKET_PEER_CLOSED_E:
	case SOCKET_ERROR_E:
	case WOLFSSL_ERROR_SYSCALL:
		(void)snprintf(buf, OST_TLS_WHY, "it closed the connection");
		break;
	default:
		(void)snprintf(buf, OST_TLS_WHY, "TLS failed: %s (%d)", wolfSSL_ERR_error_string((unsigned long)(long)error, text), error);
	}
	return buf;
}
