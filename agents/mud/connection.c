/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include "connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "await.h"
#include "certificate.h"
#include "clock.h"

/* ECDHE only, AEAD only; RSA and EC. */
#define SUITES                                                                                       \
	"TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384:TLS13-CHACHA20-POLY1305-SHA256:"            \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:" \
	"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305"
#define CONNECT_NS (5 * OST_NS_PER_S) /* to one address, while others are left */

struct ost_mud_web {
	WOLFSSL_CTX *context;
};

struct ost_mud_connection {
	WOLFSSL *tls;
	int fd;
	uint64_t deadline_ns;
	const char *host; /* borrowed */
};

int ost_mud_trouble_say(struct ost_mud_trouble *t, enum ost_mud_fault fault, const char *fmt, ...)
{
	va_list args;

	t->fault = fault;
	va_start(args, fmt);
	(void)vsnprintf(t->why, sizeof(t->why), fmt, args);
	va_end(args);
	ost_mud_text_show(t->why);
	return -EIO;
}

/* ---- whom servers are proved to ---- */

/* One that cannot be used (too old, of a kind that the library has not) does not stop the others. */
static unsigned cas_load(WOLFSSL_CTX *context, struct ost_mud_bytes pem)
{
	const char *at = (const char *)pem.bytes, *end = at + pem.length;
	int64_t now = (int64_t)time(NULL); /* the library does not ask CAs for their time */
	struct ost_mud_certificate ca;
	unsigned loaded = 0;
	uint8_t *der;
	size_t length;

	while (at != NULL && ost_mud_pem_next(&at, end, &der, &length) > 0) {
		if (ost_mud_certificate_read(der, length, &ca) == 0 && ca.is_ca && ca.not_before_s <= now && now <= ca.not_after_s &&
			wolfSSL_CTX_load_verify_buffer(context, der, (long)length, WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS)
			loaded++;
		free(der);
	}
	return loaded;
}

static bool context_set(WOLFSSL_CTX *c)
{
	wolfSSL_CTX_set_verify(c, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return wolfSSL_CTX_SetMinVersion(c, WOLFSSL_TLSV1_2) == WOLFSSL_SUCCESS && wolfSSL_CTX_SetMinRsaKey_Sz(c, 2048) == WOLFSSL_SUCCESS &&
	       wolfSSL_CTX_SetMinEccKey_Sz(c, 32) == WOLFSSL_SUCCESS && wolfSSL_CTX_set_cipher_list(c, SUITES) == WOLFSSL_SUCCESS &&
	       wolfSSL_CTX_get_verify_mode(c) == (WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT);
}

int ost_mud_web_new(struct ost_mud_bytes pem, struct ost_mud_web **ret_web)
{
	struct ost_mud_web *web = calloc(1, sizeof(*web));

	if (web == NULL)
		return -ENOMEM;
	web->context = wolfSSL_CTX_new(wolfTLS_client_method());
	if (web->context == NULL || !context_set(web->context) || cas_load(web->context, pem) == 0) {
		int r = web->context == NULL ? -ENOMEM : -EINVAL;

		ost_mud_web_free(&web);
		return r;
	}
	*ret_web = web;
	return 0;
}

void ost_mud_web_free(struct ost_mud_web **web)
{
	if (*web == NULL)
		return;
	wolfSSL_CTX_free((*web)->context);
	free(*web);
	*web = NULL;
}

/* ---- waiting ---- */

/* Waits for what the TLS library waits for. 0: again; -EIO and trouble. */
static int tls_wait(struct ost_mud_connection *c, int result, const char *doing, struct ost_mud_trouble *trouble)
{
	int e = wolfSSL_get_error(c->tls, result);
	char text[WOLFSSL_MAX_ERROR_SZ];

	if (e == WOLFSSL_ERROR_WANT_READ || e == WOLFSSL_ERROR_WANT_WRITE) {
		if (ost_fd_wait(c->fd, e == WOLFSSL_ERROR_WANT_READ ? POLLIN : POLLOUT, c->deadline_ns) == 0)
			return 0;
		return ost_mud_trouble_say(trouble, OST_MUD_FAULT_TIME, "%s took too long while %s", c->host, doing);
	}
	if (e == WOLFSSL_ERROR_ZERO_RETURN || e == SOCKET_PEER_CLOSED_E || e == WOLFSSL_ERROR_SYSCALL || e == SOCKET_ERROR_E)
		return ost_mud_trouble_say(trouble, OST_MUD_FAULT_UNREACHABLE, "%s closed the connection while %s", c->host, doing);
	return ost_mud_trouble_say(trouble, OST_MUD_FAULT_TLS, "%s: TLS failed while %s: %s (%d)", c->host, doing,
		wolfSSL_ERR_error_string((unsigned long)(long)e, text), e);
}

/* ---- connecting ---- */

static int socket_connect(const union ost_mud_address *address, uint64_t deadline_ns, int *ret_fd)
{
	socklen_t size = address->any.sa_family == AF_INET ? sizeof(address->v4) : sizeof(address->v6), n = sizeof(int);
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r = 0, error = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, &address->any, size) < 0) {
		r = errno == EINPROGRESS ? ost_fd_wait(fd, POLLOUT, deadline_ns) : -errno;
		if (r == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
			error = errno;
		r = r == 0 ? -error : r;
	}
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

static int any_connect(const struct ost_mud_url *url, const union ost_mud_address *addresses, uint32_t count, uint64_t deadline_ns,
	struct ost_mud_trouble *trouble, int *ret_fd)
{
	int r = -EHOSTUNREACH;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t until = i + 1 < count ? OST_MIN(deadline_ns, ost_clock_mono_ns() + CONNECT_NS) : deadline_ns;

		r = socket_connect(&addresses[i], until, ret_fd);
		if (r == 0)
			return 0;
	}
	if (r == -ETIMEDOUT)
		return ost_mud_trouble_say(trouble, OST_MUD_FAULT_TIME, "%s does not answer", url->host);
	return ost_mud_trouble_say(trouble, OST_MUD_FAULT_UNREACHABLE, "%s: %s", url->host, strerror(-r));
}

/* The subject of its certificate, for people. */
static void server_tell(const struct ost_mud_connection *c, char server[static OST_MUD_TEXT_MAX + 1])
{
	WOLFSSL_X509 *x = wolfSSL_get_peer_certificate(c->tls);
	struct ost_mud_certificate certificate;
	int length = 0;
	const unsigned char *der = x != NULL ? wolfSSL_X509_get_der(x, &length) : NULL;

	if (der != NULL && length > 0 && ost_mud_certificate_read(der, (size_t)length, &certificate) == 0)
		(void)snprintf(server, OST_MUD_TEXT_MAX + 1, "%s", certificate.subject_text);
	wolfSSL_X509_free(x);
}

/* The library writes an IPv6 address of a certificate out in full, and compares texts. */
static const char *name_to_prove(const struct ost_mud_url *url, char buf[static 40])
{
	struct in6_addr a;

	if (!url->ipv6 || inet_pton(AF_INET6, url->host, &a) != 1)
		return url->host;
	for (unsigned i = 0; i < 8; i++)
		(void)snprintf(buf + (size_t)5 * i, 40 - (size_t)5 * i, "%02X%02X%s", a.s6_addr[2 * i], a.s6_addr[2 * i + 1], i < 7 ? ":" : "");
	return buf;
}

static int handshake(struct ost_mud_web *web, const struct ost_mud_url *url, struct ost_mud_connection *c, struct ost_mud_trouble *trouble)
{
	char name[40];
	int r;

	c->tls = wolfSSL_new(web->context);
	if (c->tls == NULL || wolfSSL_set_fd(c->tls, c->fd) != WOLFSSL_SUCCESS ||
		wolfSSL_check_domain_name(c->tls, name_to_prove(url, name)) != WOLFSSL_SUCCESS)
		return ost_mud_trouble_say(trouble, OST_MUD_FAULT_INSIDE, "out of memory");
	if (!url->numeric && wolfSSL_UseSNI(c->tls, WOLFSSL_SNI_HOST_NAME, url->host, (word16)strlen(url->host)) != WOLFSSL_SUCCESS)
		return ost_mud_trouble_say(trouble, OST_MUD_FAULT_INSIDE, "out of memory");
	while ((r = wolfSSL_connect(c->tls)) != WOLFSSL_SUCCESS) {
		if (tls_wait(c, r, "it proved its name", trouble) < 0)
			return -EIO;
	}
	return 0;
}

int ost_mud_connection_open(struct ost_mud_web *web, const struct ost_mud_url *url, const union ost_mud_address *addresses,
	uint32_t count, uint64_t deadline_ns, struct ost_mud_trouble *trouble, char server[static OST_MUD_TEXT_MAX + 1],
	struct ost_mud_connection **ret)
{
	struct ost_mud_connection *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return ost_mud_trouble_say(trouble, OST_MUD_FAULT_INSIDE, "out of memory");
	c->fd = -1;
	c->host = url->host;
	c->deadline_ns = deadline_ns;
	r = any_connect(url, addresses, count, deadline_ns, trouble, &c->fd);
	if (r == 0)
		r = handshake(web, url, c, trouble);
	if (r < 0) {
		ost_mud_connection_close(&c);
		return r;
	}
	server_tell(c, server);
	*ret = c;
	return 0;
}

void ost_mud_connection_close(struct ost_mud_connection **connection)
{
	struct ost_mud_connection *c = *connection;

	if (c == NULL)
		return;
	wolfSSL_free(c->tls);
	if (c->fd >= 0)
		(void)close(c->fd);
	free(c);
	*connection = NULL;
}

int ost_mud_connection_send(struct ost_mud_connection *c, const char *text, size_t length, struct ost_mud_trouble *trouble)
{
	int r;

	while ((r = wolfSSL_write(c->tls, text, (int)length)) <= 0) {
		if (tls_wait(c, r, "it was asked", trouble) < 0)
			return -EIO;
	}
	return 0;
}

/* A server that sends a byte now and then never makes us wait: the clock is looked at each time. */
int ost_mud_connection_receive(struct ost_mud_connection *c, uint8_t *to, size_t size, struct ost_mud_trouble *trouble)
{
	int r;

	if (ost_clock_mono_ns() >= c->deadline_ns)
		return ost_mud_trouble_say(trouble, OST_MUD_FAULT_TIME, "%s took too long while it answered", c->host);
	while ((r = wolfSSL_read(c->tls, to, (int)size)) <= 0) {
		if (tls_wait(c, r, "it answered", trouble) < 0)
			return -EIO;
	}
	return r;
}
