/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The EAP core against a peer of its own kind, honest and not. Keys are proved elsewhere, against
 * another library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eap_peer.h"

static struct eap_site *site;

static int site_up(void **state)
{
	(void)state;
	return ost_trust_library_init() == 0 ? eap_site_new(&site) : -1;
}

static int site_down(void **state)
{
	(void)state;
	eap_site_free(&site);
	ost_trust_library_free();
	return 0;
}

static struct ost_eap *begin(void)
{
	struct ost_eap *e = NULL;

	assert_int_equal(ost_eap_new(site->trust, 7, &e), 0);
	return e;
}

/* Rounds until it is over, or claims; each output is checked. */
static enum ost_eap_verdict talk(struct ost_eap *e, struct eap_peer *p, unsigned *ret_rounds)
{
	enum ost_eap_verdict v = OST_EAP_SEND;
	uint8_t answer[OST_EAP_PACKET_MAX];
	unsigned rounds = 0;

	while (v == OST_EAP_SEND && rounds < 60) {
		size_t length, n;
		const uint8_t *out = ost_eap_output(e, &length);

		assert_in_range(length, 4, 10 + OST_EAP_FRAGMENT);
		assert_int_equal(out[2] << 8 | out[3], length);
		assert_null(ost_eap_keys(e));
		n = eap_peer_answer(p, out, length, answer);
		assert_int_not_equal(n, 0);
		v = ost_eap_input(e, answer, n);
		rounds++;
	}
	if (ret_rounds != NULL)
		*ret_rounds = rounds;
	return v;
}

static void test_success(void **state)
{
	static const size_t fragments[] = {100, 255, 1000, 1400};

	(void)state;
	for (int tls13 = 0; tls13 < 2; tls13++) {
		for (size_t i = 0; i < OST_ARRAY_SIZE(fragments); i++) {
			struct ost_eap *e = begin();
			struct eap_peer *p = NULL;
			unsigned rounds;
			size_t length;
			int error;

			assert_int_equal(eap_peer_new(site->contexts[EAP_CERTIFICATE_GOOD][tls13],
						 fragments[i], &p),
				0);
			assert_int_equal(talk(e, p, &rounds), OST_EAP_CLAIM);
			assert_false(eap_peer_is_done(p)); /* our last flight waits for the decision */
			assert_in_range(rounds, 3, 20);
			assert_string_equal(ost_eap_proof(e)->identity, EAP_SITE_IDENTITY);
			assert_string_equal(
				ost_eap_proof(e)->tls_version, tls13 ? "TLSv1.3" : "TLSv1.2");
			assert_memory_equal(ost_eap_proof(e)->gateway_sha256,
				ost_trust_gateway_sha256(site->trust), 32);
			assert_null(ost_eap_keys(e)); /* not before somebody has decided */
			assert_int_equal(ost_eap_decide(e, OST_AUTH_REASON_NONE), OST_EAP_SEND);
			assert_int_equal(talk(e, p, NULL), OST_EAP_SUCCESS);
			assert_true(eap_peer_is_done(p));
			assert_int_equal(ost_eap_output(e, &length)[0], OST_EAP_SUCCESS_CODE);
			assert_int_equal(length, 4);
			assert_non_null(ost_eap_keys(e));
			assert_int_equal(ost_eap_reason(e, &error), OST_AUTH_REASON_NONE);
			assert_int_equal(ost_eap_decide(e, OST_AUTH_REASON_NONE),
				OST_EAP_DISCARD); /* once */
			eap_peer_free(&p);
			ost_eap_free(&e);
		}
	}
}

/* The certificate that was shown is evidence, whatever it is worth. identity: NULL: none was shown. */
static void shown_is(const struct ost_eap *e, enum ost_auth_shown shown, const char *identity)
{
	static const uint8_t none[32];
	struct ost_auth_proof p = {0};

	assert_int_equal(ost_eap_shown(e, &p), shown);
	assert_string_equal(p.identity, identity != NULL ? identity : "");
	assert_int_equal(memcmp(p.certificate_sha256, none, sizeof(none)) == 0, identity == NULL);
	assert_string_equal(p.key, identity != NULL ? "ECDSA P-256" : "");
}

static void test_refused_by_the_decision(void **state)
{
	struct ost_eap *e = begin();
	struct eap_peer *p = NULL;
	size_t length;
	int error;

	(void)state;
	assert_int_equal(eap_peer_new(site->contexts[EAP_CERTIFICATE_GOOD][1], 1000, &p), 0);
	assert_int_equal(talk(e, p, NULL), OST_EAP_CLAIM);
	assert_int_equal(ost_eap_decide(e, OST_AUTH_REASON_WRONG_NAME), OST_EAP_FAILURE);
	assert_int_equal(ost_eap_output(e, &length)[0], OST_EAP_FAILURE_CODE);
	assert_int_equal(ost_eap_reason(e, &error), OST_AUTH_REASON_WRONG_NAME);
	shown_is(e, OST_AUTH_SHOWN_PROVED, EAP_SITE_IDENTITY);
	assert_null(ost_eap_keys(e));
	eap_peer_free(&p);
	ost_eap_free(&e);
}

static void fails(void *context, enum ost_auth_reason reason, const char *identity)
{
	struct ost_eap *e = begin();
	struct eap_peer *p = NULL;
	size_t length;
	int error;

	assert_int_equal(eap_peer_new(context, 1000, &p), 0);
	assert_int_equal(talk(e, p, NULL), OST_EAP_FAILURE);
	assert_int_equal(ost_eap_reason(e, &error), reason);
	assert_int_not_equal(error, 0);
	assert_int_equal(ost_eap_output(e, &length)[0], OST_EAP_FAILURE_CODE);
	assert_null(ost_eap_keys(e));
	shown_is(e, identity != NULL ? OST_AUTH_SHOWN_UNPROVED : OST_AUTH_SHOWN_NOTHING, identity);
	assert_int_equal(ost_eap_decide(e, OST_AUTH_REASON_NONE), OST_EAP_DISCARD);
	assert_int_equal(
		ost_eap_end(e, OST_AUTH_REASON_TIMEOUT), reason); /* the first one stands */
	eap_peer_free(&p);
	ost_eap_free(&e);
}

static void test_failures(void **state)
{
	(void)state;
	for (int v = 0; v < 2; v++) {
		fails(site->contexts[EAP_CERTIFICATE_REVOKED][v], OST_AUTH_REASON_REVOKED, "urn:dev:ser:4712");
		fails(site->contexts[EAP_CERTIFICATE_WRONG_CA][v], OST_AUTH_REASON_UNKNOWN_CA, EAP_SITE_IDENTITY);
		fails(site->contexts[EAP_CERTIFICATE_NONE][v], OST_AUTH_REASON_NO_CERTIFICATE, NULL);
		fails(site->suspicious[v], OST_AUTH_REASON_PEER_REFUSED, NULL);
	}
}

/* ---- single packets ---- */

static enum ost_eap_verdict feed(struct ost_eap *e, uint8_t type, const void *data, size_t length)
{
	uint8_t packet[OST_EAP_PACKET_MAX] = {OST_EAP_RESPONSE};
	size_t n;

	packet[1] = ost_eap_output(e, &n)[1];
	packet[2] = (uint8_t)((length + 5) >> 8);
	packet[3] = (uint8_t)(length + 5);
	packet[4] = type;
	memcpy(packet + 5, data, length);
	return ost_eap_input(e, packet, length + 5);
}

static void malformed(const void *data, size_t length)
{
	struct ost_eap *e = begin();
	int error;

	assert_int_equal(feed(e, OST_EAP_TLS, data, length), OST_EAP_FAILURE);
	assert_int_equal(ost_eap_reason(e, &error), OST_AUTH_REASON_MALFORMED);
	assert_false(ost_eap_is_costly(e)); /* nothing was made for it */
	ost_eap_free(&e);
}

#define MALFORMED(...)                                                                             \
	malformed((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void test_malformed(void **state)
{
	(void)state;
	malformed("", 0);		   /* not even flags */
	MALFORMED(0x20);		   /* the start is ours */
	MALFORMED(0x00);		   /* acknowledges what was not sent */
	MALFORMED(0x80, 0, 0, 0);	   /* cut short */
	MALFORMED(0x80, 0, 0, 0, 0);	   /* L with nothing */
	MALFORMED(0x80, 0, 0, 0, 0, 0x16); /* L of 0 */
	MALFORMED(0xc0, 0, 0, 0, 0, 0x16);
	MALFORMED(0xc0, 0, 0, 0, 2, 0x16, 3, 1); /* less than the fragment */
	MALFORMED(0xc0, 0, 0, 0, 3, 0x16, 3, 1); /* more to come, of nothing */
	MALFORMED(0xc0, 0xff, 0xff, 0xff, 0xff, 0x16, 3, 1);
	MALFORMED(0xc0, 0, 0, 0x40, 1, 0x16, 3, 1);		/* 16 kB and one */
	MALFORMED(0x40, 0x16, 3, 1);				/* a first fragment without L */
	MALFORMED(0x40);					/* M with no data */
	MALFORMED(0x80, 0, 0, 0, 9, 0x16, 3, 1);		/* the last one, and too short */
	MALFORMED(0x00, 0x17, 3, 3, 0, 6, 1, 0, 0, 2, 3, 3);	/* no handshake */
	MALFORMED(0x00, 0x16, 3, 1, 0, 6, 2, 0, 0, 2, 3, 3, 0); /* no ClientHello */
}

static void test_length_changes(void **state)
{
	static const uint8_t first[] = {0xc0, 0, 0, 0, 100, 0x16, 3, 1},
			     second[] = {0xc0, 0, 0, 0, 101, 0x16, 3, 1};
	struct ost_eap *e = begin();

	(void)state;
	assert_int_equal(feed(e, OST_EAP_TLS, first, sizeof(first)), OST_EAP_SEND);
	assert_int_equal(feed(e, OST_EAP_TLS, second, sizeof(second)), OST_EAP_FAILURE);
	ost_eap_free(&e);
}

static void test_endless_fragments(void **state)
{
	static const uint8_t first[] = {0xc0, 0, 0, 0x20, 0, 0x16}, more[] = {0x40, 0x00};
	struct ost_eap *e = begin();
	unsigned n = 1;

	(void)state;
	assert_int_equal(feed(e, OST_EAP_TLS, first, sizeof(first)), OST_EAP_SEND);
	while (feed(e, OST_EAP_TLS, more, sizeof(more)) == OST_EAP_SEND)
		n++;
	assert_int_equal(n, OST_EAP_ROUNDS_MAX);
	assert_false(ost_eap_is_costly(e));
	ost_eap_free(&e);
}

static void test_discarded(void **state)
{
	const uint8_t identity[] = {OST_EAP_RESPONSE, 7, 0, 6, OST_EAP_IDENTITY, 'x'};
	uint8_t tls[] = {OST_EAP_RESPONSE, 8, 0, 6, OST_EAP_TLS, 0x00};
	struct ost_eap *e = begin();

	(void)state;
	for (size_t n = 0; n < sizeof(tls); n++)
		assert_int_equal(ost_eap_input(e, tls, n), OST_EAP_DISCARD); /* cut short */
	tls[0] = OST_EAP_REQUEST;
	assert_int_equal(ost_eap_input(e, tls, sizeof(tls)), OST_EAP_DISCARD);
	tls[0] = OST_EAP_RESPONSE;
	tls[1] = 9;
	assert_int_equal(
		ost_eap_input(e, tls, sizeof(tls)), OST_EAP_DISCARD); /* not for this turn */
	assert_int_equal(ost_eap_input(e, identity, sizeof(identity)), OST_EAP_DISCARD);
	assert_int_equal(feed(e, 25, "", 0), OST_EAP_DISCARD); /* PEAP was not asked for */
	ost_eap_free(&e);
}

static void test_nak(void **state)
{
	struct ost_eap *e = begin();
	int error;

	(void)state;
	assert_int_equal(feed(e, OST_EAP_NAK, "\x19", 1), OST_EAP_FAILURE);
	assert_int_equal(ost_eap_reason(e, &error), OST_AUTH_REASON_METHOD);
	ost_eap_free(&e);
	e = begin();
	assert_int_equal(
		feed(e, OST_EAP_TLS, (const uint8_t[]){0xc0, 0, 0, 0, 100, 0x16}, 6), OST_EAP_SEND);
	assert_int_equal(feed(e, OST_EAP_NAK, "\x19", 1), OST_EAP_DISCARD); /* it has begun */
	ost_eap_free(&e);
}

static void test_identity(void **state)
{
	uint8_t packet[5 + OST_EAP_IDENTITY_MAX + 1] = {
		OST_EAP_RESPONSE, 1, 0, 5, OST_EAP_IDENTITY};
	struct ost_eap_packet p;

	(void)state;
	assert_true(ost_eap_parse(packet, sizeof(packet), &p)); /* padding behind it */
	assert_true(ost_eap_is_identity(&p));
	packet[2] = (uint8_t)((5 + OST_EAP_IDENTITY_MAX) >> 8);
	packet[3] = (uint8_t)(5 + OST_EAP_IDENTITY_MAX);
	assert_true(ost_eap_parse(packet, sizeof(packet), &p));
	assert_true(ost_eap_is_identity(&p));
	packet[3]++;
	assert_true(ost_eap_parse(packet, sizeof(packet), &p));
	assert_false(ost_eap_is_identity(&p));
	packet[3]++;
	assert_false(ost_eap_parse(packet, sizeof(packet), &p)); /* says more than is there */
	packet[2] = 0;
	packet[3] = 3;
	assert_false(ost_eap_parse(packet, sizeof(packet), &p));
	packet[3] = 4;
	assert_false(ost_eap_parse(packet, sizeof(packet), &p)); /* a response without a type */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_success),
		cmocka_unit_test(test_refused_by_the_decision),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_length_changes),
		cmocka_unit_test(test_endless_fragments),
		cmocka_unit_test(test_discarded),
		cmocka_unit_test(test_nak),
		cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests(tests, site_up, site_down);
}
