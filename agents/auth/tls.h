/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server's half of one TLS conversation, over memory: bytes in, bytes out, no socket. The EAP core and the
 * portal use the same one. Bounded: a flight of at most OST_TLS_FLIGHT_MAX bytes goes in at a time.
 */
#pragma once

#include "messages.h"
#include "trust.h"

#define OST_TLS_FLIGHT_MAX 16384u
#define OST_TLS_KEYS	   128u /* MSK and EMSK, RFC 5216 2.3 */
#define OST_TLS_BYTES	   34816u /* what one costs in memory, beside what waits to be sent and what came: seen 32 to 34 kB */

struct ost_tls;

enum ost_tls_status {
	OST_TLS_MORE,	/* the peer's turn, after what is to be sent has been sent */
	OST_TLS_DONE,	/* both have proved themselves */
	OST_TLS_FAILED, /* what is to be sent, if anything, is an alert */
};

/* Holds the trust. About 34 kB: make it for a complete ClientHello, not before. */
int ost_tls_new(struct ost_trust *trust, struct ost_tls **ret_tls) OST_MUST_CHECK;
void ost_tls_free(struct ost_tls **tls);
size_t ost_tls_bytes(const struct ost_tls *tls);

/* Before the first byte: this peer is not offered TLS 1.3. */
void ost_tls_limit(struct ost_tls *tls);

/* The peer's bytes; what is not a whole record waits inside. */
enum ost_tls_status ost_tls_advance(struct ost_tls *tls, const uint8_t *bytes, size_t length);

/* What is to be sent; it stays until ost_tls_sent(). */
const uint8_t *ost_tls_output(const struct ost_tls *tls, size_t *ret_length);
void ost_tls_sent(struct ost_tls *tls);

/* After DONE. TLS 1.3 over EAP ends with a protected success indication, one byte 0x00 (RFC 9190 2.1.1). */
bool ost_tls_is_1_3(const struct ost_tls *tls);
int ost_tls_commit(struct ost_tls *tls) OST_MUST_CHECK;

/* The keys of RFC 5216 2.3 or RFC 9190 2.3. */
int ost_tls_keys(struct ost_tls *tls, uint8_t ret_keys[static OST_TLS_KEYS]) OST_MUST_CHECK;

/* After DONE: the peer's further bytes, borrowed until ost_tls_read() has said -EAGAIN. */
void ost_tls_feed(struct ost_tls *tls, const uint8_t *bytes, size_t length);

/* After DONE: application data. -EAGAIN: none; -EPIPE: the peer closed or broke it. Returns bytes. */
ssize_t ost_tls_read(struct ost_tls *tls, void *to, size_t size);
int ost_tls_write(struct ost_tls *tls, const void *bytes, size_t length) OST_MUST_CHECK;
void ost_tls_close(struct ost_tls *tls); /* lays a close_notify into the output */

/* After DONE: who proved what. -EINVAL: the certificate has no name that could be one. */
int ost_tls_proof(struct ost_tls *tls, struct ost_auth_proof *ret_proof) OST_MUST_CHECK;

/* After FAILED: why. ret_error is the TLS library's number, for the log. */
enum ost_auth_reason ost_tls_reason(const struct ost_tls *tls, int *ret_error);

/* At any time: the certificate that the peer sent, verified or not, as far as it can be read. NOTHING: ret_proof is untouched. */
enum ost_auth_shown ost_tls_shown(struct ost_tls *tls, struct ost_auth_proof *ret_proof);

/* After DONE, with other trust in force: why the peer's certificate would not be trusted now (its CA is gone, it is revoked, over its
 * date, too weak, ...), NONE when it would be. */
enum ost_auth_reason ost_tls_still_trusted(struct ost_tls *tls, struct ost_trust *trust);
