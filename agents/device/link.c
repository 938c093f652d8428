/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/error-ssl.h>
#include <wolfssl/openssl/ssl.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include "clock.h"
#include "link_trust.h"
#include "tls_reason.h"

#define UNTIL_ANSWER_NS (30 * OST_NS_PER_S)
#define UNACKED_MS	20000

enum phase {
	TCP,	 /* connecting */
	TLS,	 /* handshake */
	WAITING, /* for the gateway's answer */
	ADMITTED,
	OVER,
};

struct link {
	WOLFSSL *ssl;
	int fd;
	enum phase phase;
	bool wants_write;
	int verify_error;     /* of the library: what it found wrong with the gateway's certificate */
	uint64_t deadline_ns; /* the answer, or the lease */
	uint64_t keep_ns;     /* when the next KEEP is due */
	uint32_t lease_s;
	struct ost_portal_lines lines;
	char in[512]; /* read, not taken yet */
	size_t in_at, in_length;
	char out[OST_PORTAL_LINE + 1]; /* a line that is not written yet */
	size_t out_length;
};

/* ---- the library's reads and writes ---- */

static int take(WOLFSSL *ssl, char *to, int size, void *user)
{
	const struct link *l = user;
	ssize_t n = recv(l->fd, to, (size_t)size, 0);

	(void)ssl;
	if (n > 0)
		return (int)n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return WOLFSSL_CBIO_ERR_WANT_READ;
	return n == 0 ? WOLFSSL_CBIO_ERR_CONN_CLOSE : WOLFSSL_CBIO_ERR_CONN_RST;
}

static int give(WOLFSSL *ssl, char *from, int length, void *user)
{
	const struct link *l = user;
	ssize_t n = send(l->fd, from, (size_t)length, MSG_NOSIGNAL);

	(void)ssl;
	if (n >= 0)
		return (int)n;
	return errno == EAGAIN || errno == EINTR ? WOLFSSL_CBIO_ERR_WANT_WRITE : WOLFSSL_CBIO_ERR_CONN_RST;
}

/* Called when a certificate does not verify. Never lets one in. */
static int refused(int ok, WOLFSSL_X509_STORE_CTX *store)
{
	struct link *l = store->userCtx;

	if (!ok && l != NULL)
		l->verify_error = store->error;
	return ok;
}

static bool tls_begin(struct link *l, struct link_trust *trust, const char *name)
{
	l->ssl = wolfSSL_new(trust->context);
	if (l->ssl == NULL)
		return false;
	wolfSSL_SSLSetIORecv(l->ssl, take);
	wolfSSL_SSLSetIOSend(l->ssl, give);
	wolfSSL_SetIOReadCtx(l->ssl, l);
	wolfSSL_SetIOWriteCtx(l->ssl, l);
	wolfSSL_set_verify(l->ssl, WOLFSSL_VERIFY_PEER, refused);
	wolfSSL_SetCertCbCtx(l->ssl, l);
	return wolfSSL_check_domain_name(l->ssl, name) == WOLFSSL_SUCCESS;
}

int link_new(struct link_trust *trust, const struct sockaddr *to, socklen_t length, const char *name, uint64_t now_ns,
	struct link **ret_link)
{
	struct link *l = calloc(1, sizeof(*l));
	int one = 1, unacked_ms = UNACKED_MS, r = -ENOMEM;

	if (l == NULL)
		return -ENOMEM;
	l->deadline_ns = now_ns + UNTIL_ANSWER_NS;
	l->fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		r = -errno;
	else if (tls_begin(l, trust, name))
		r = connect(l->fd, to, length) == 0 || errno == EINPROGRESS ? 0 : -errno;
	if (r < 0) {
		link_free(&l, false);
		return r;
	}
	(void)setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(l->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked_ms, sizeof(unacked_ms));
	l->wants_write = true;
	*ret_link = l;
	return 0;
}

void link_free(struct link **link, bool leave)
{
	struct link *l = *link;

	*link = NULL;
	if (l == NULL)
		return;
	if (leave && l->phase == ADMITTED) {
		char line[OST_PORTAL_LINE + 1];
		size_t n = ost_portal_line_write(&(struct ost_portal_line){.word = OST_PORTAL_END}, line);

		/* When it cannot be sent, the end of the connection says the same. */
		if (wolfSSL_write(l->ssl, line, (int)n) == (int)n)
			(void)wolfSSL_shutdown(l->ssl);
	}
	wolfSSL_free(l->ssl);
	ost_cleanup_close(&l->fd);
	free(l);
}

int link_fd(const struct link *link, short *ret_events)
{
	*ret_events = (short)(link->wants_write ? POLLOUT | (link->phase > TLS ? POLLIN : 0) : POLLIN);
	return link->fd;
}

uint64_t link_due_ns(const struct link *link)
{
	return link->phase == ADMITTED ? OST_MIN(link->deadline_ns, link->keep_ns) : link->deadline_ns;
}

bool link_is_admitted(const struct link *link)
{
	return link->phase == ADMITTED;
}

/* ---- ends ---- */

static int over(struct link *l, struct link_over *o, enum link_end end, enum ost_auth_reason reason, int error)
{
	*o = (struct link_over){l->phase == ADMITTED ? LINK_LOST : end, reason, error};
	l->phase = OVER;
	return -EPIPE;
}

/* RFC 8446 6.2: what the gateway says is wrong with us. */
static enum ost_auth_reason reason_of_alert(int alert)
{
	switch (alert) {
	case certificate_expired:
		return OST_AUTH_REASON_EXPIRED;
	case certificate_revoked:
		return OST_AUTH_REASON_REVOKED;
	case unknown_ca:
		return OST_AUTH_REASON_UNKNOWN_CA;
	case handshake_failure:
	case protocol_version:
	case insufficient_security:
		return OST_AUTH_REASON_VERSION;
	default:
		return OST_AUTH_REASON_BAD_CERTIFICATE;
	}
}

static int tls_over(struct link *l, struct link_over *o, int error)
{
	WOLFSSL_ALERT_HISTORY alerts = {0};
	enum ost_auth_reason reason = ost_tls_reason_of(l->verify_error);

	if (reason == OST_AUTH_REASON_NONE)
		reason = ost_tls_reason_of(error);
	if (reason == OST_AUTH_REASON_NONE && l->verify_error != 0)
		reason = OST_AUTH_REASON_BAD_CERTIFICATE;
	(void)wolfSSL_get_alert_history(l->ssl, &alerts);
	if (reason == OST_AUTH_REASON_NONE && alerts.last_rx.level == alert_fatal)
		return over(l, o, LINK_REFUSED, reason_of_alert(alerts.last_rx.code), 0);
	if (reason != OST_AUTH_REASON_NONE)
		return over(l, o, LINK_DISTRUSTED, reason, 0);
	return over(l, o, LINK_UNREACHABLE, OST_AUTH_REASON_NONE, ECONNRESET);
}

/* ---- steps: 1 a line, 0 wait, -EPIPE over ---- */

static int tcp_step(struct link *l, struct link_over *o)
{
	struct pollfd p = {.fd = l->fd, .events = POLLOUT};
	socklen_t n = sizeof(int);
	int error = 0;

	if (poll(&p, 1, 0) == 0)
		return 0;
	if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0 || error != 0)
		return over(l, o, LINK_UNREACHABLE, OST_AUTH_REASON_NONE, error != 0 ? error : EIO);
	l->phase = TLS;
	return 0;
}

static int tls_step(struct link *l, struct link_over *o)
{
	int error;

	if (wolfSSL_connect(l->ssl) == WOLFSSL_SUCCESS) {
		l->phase = WAITING;
		l->wants_write = false;
		return 0;
	}
	error = wolfSSL_get_error(l->ssl, 0);
	l->wants_write = error == WOLFSSL_ERROR_WANT_WRITE;
	return l->wants_write || error == WOLFSSL_ERROR_WANT_READ ? 0 : tls_over(l, o, error);
}

static int out_step(struct link *l, struct link_over *o)
{
	int n, error;

	if (l->out_length == 0)
		return 0;
	n = wolfSSL_write(l->ssl, l->out, (int)l->out_length);
	if (n == (int)l->out_length) {
		l->out_length = 0;
		l->wants_write = false;
		return 0;
	}
	error = wolfSSL_get_error(l->ssl, n);
	l->wants_write = error == WOLFSSL_ERROR_WANT_WRITE;
	return l->wants_write || error == WOLFSSL_ERROR_WANT_READ ? 0 : tls_over(l, o, error);
}

/* Well before the lease ends: a third of it, and there is time for a second one. */
static void lease_begin(struct link *l, uint32_t lease_s, uint64_t now_ns)
{
	l->lease_s = lease_s;
	l->deadline_ns = now_ns + lease_s * OST_NS_PER_S;
	l->keep_ns = now_ns + lease_s * OST_NS_PER_S / 3;
}

static int line_take(struct link *l, const struct ost_portal_line *line, uint64_t now_ns, struct link_over *o)
{
	switch (line->word) {
	case OST_PORTAL_ADMITTED:
		if (l->phase != WAITING)
			break;
		l->phase = ADMITTED;
		lease_begin(l, line->seconds, now_ns);
		return 1;
	case OST_PORTAL_KEPT:
		if (l->phase != ADMITTED)
			break;
		lease_begin(l, line->seconds, now_ns);
		return 1;
	case OST_PORTAL_PROVE:
		if (l->phase != ADMITTED)
			break;
		return 1;
	case OST_PORTAL_REFUSED:
	case OST_PORTAL_ENDED:
		return over(l, o, LINK_REFUSED, (enum ost_auth_reason)line->reason, 0);
	default:
		break;
	}
	return over(l, o, LINK_DISTRUSTED, OST_AUTH_REASON_MALFORMED, 0);
}

static int in_step(struct link *l, uint64_t now_ns, struct ost_portal_line *line, struct link_over *o)
{
	for (;;) {
		const char *at = l->in + l->in_at;
		size_t left = l->in_length - l->in_at;
		int n, error, r = left > 0 ? ost_portal_lines_take(&l->lines, &at, &left, line) : 0;

		if (r < 0)
			return over(l, o, LINK_DISTRUSTED, OST_AUTH_REASON_MALFORMED, 0);
		l->in_at = l->in_length - left;
		if (r > 0)
			return line_take(l, line, now_ns, o);
		n = wolfSSL_read(l->ssl, l->in, sizeof(l->in));
		l->in_at = 0;
		l->in_length = n > 0 ? (size_t)n : 0;
		if (n > 0)
			continue;
		error = wolfSSL_get_error(l->ssl, n);
		if (error == WOLFSSL_ERROR_WANT_READ || error == WOLFSSL_ERROR_WANT_WRITE)
			return 0;
		return tls_over(l, o, error);
	}
}

static void keep(struct link *l, uint64_t now_ns)
{
	if (l->phase != ADMITTED || now_ns < l->keep_ns || l->out_length > 0)
		return;
	l->out_length = ost_portal_line_write(&(struct ost_portal_line){.word = OST_PORTAL_KEEP}, l->out);
	l->keep_ns = now_ns + l->lease_s * OST_NS_PER_S / 3;
}

int link_step(struct link *link, uint64_t now_ns, struct ost_portal_line *ret_line, struct link_over *ret_over)
{
	int r = 0;

	if (now_ns >= link->deadline_ns)
		return over(link, ret_over, LINK_UNREACHABLE, OST_AUTH_REASON_NONE, ETIMEDOUT);
	if (link->phase == TCP)
		r = tcp_step(link, ret_over);
	if (r == 0 && link->phase == TLS)
		r = tls_step(link, ret_over);
	if (r != 0 || link->phase < WAITING)
		return r;
	keep(link, now_ns);
	r = out_step(link, ret_over);
	return r == 0 ? in_step(link, now_ns, ret_line, ret_over) : r;
}
