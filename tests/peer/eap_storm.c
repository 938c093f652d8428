/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "eap_storm.h"

#include <stdio.h>

#include "cursor.h"
#include "eap_peer.h"

#define PACKET_MAX (OST_EAP_PACKET_MAX + 600u) /* also longer than the core takes */
#define STEPS_MAX  200u

enum step {
	HONEST, /* what the peer answers */
	FLIP,	/* with one byte changed: where (2), with what (1) */
	CUT,	/* cut short, its length field as it was: to (2) */
	SHRINK, /* cut short, its length field with it: to (2) */
	FLAGS,	/* other flags (1) */
	LENGTH, /* a length of its own in front of the data (4) */
	GROW,	/* bytes of ours behind it (1 of them, repeated) */
	AGAIN,	/* the packet before, once more */
	RAW, /* bytes of ours: how many (2); the argument says whether the identifier is made to fit
	      */
	RAW_TLS, /* the same as the data of EAP-TLS */
	MIX,	 /* several bytes changed: how many (1), each where (2) and what (1) */
	END,	 /* it is ended from outside: the reason is the argument */
	SKIP,	 /* the peer answers, and nobody hears it */
	STEP_COUNT,
};

struct storm {
	struct ost_cursor program;
	struct ost_eap *eap;
	struct eap_peer *peer; /* NULL: none */
	bool may_in;	       /* it has the right certificate */
	bool let_in;	       /* somebody was asked, and said yes */
	uint8_t packet[PACKET_MAX];
	size_t length;
	unsigned rounds;
	enum ost_eap_verdict verdict;
};

static void broken(const char *what)
{
	(void)fprintf(stderr, "the EAP core broke a promise: %s\n", what);
	abort();
}

static void output_check(const struct storm *s)
{
	size_t length;
	const uint8_t *out = ost_eap_output(s->eap, &length);
	struct ost_eap_packet p;

	if (length < OST_EAP_HEADER || length > 10 + OST_EAP_FRAGMENT ||
		!ost_eap_parse(out, length, &p) || (size_t)(out[2] << 8 | out[3]) != length)
		broken("its packet is none");
	if ((s->verdict == OST_EAP_SUCCESS) != (p.code == OST_EAP_SUCCESS_CODE) ||
		(s->verdict == OST_EAP_FAILURE) != (p.code == OST_EAP_FAILURE_CODE))
		broken("its packet says another thing than its verdict");
	if ((ost_eap_keys(s->eap) != NULL) != (s->verdict == OST_EAP_SUCCESS))
		broken("keys without success, or success without keys");
}

static void feed(struct storm *s)
{
	uint8_t *own = malloc(s->length + 1); /* its own block: a read past it is seen */
	enum ost_eap_verdict v;
	int error;

	if (own == NULL)
		return;
	memcpy(own, s->packet, s->length);
	v = ost_eap_input(s->eap, own, s->length);
	free(own);
	s->rounds++;
	if (v == OST_EAP_DISCARD)
		return;
	s->verdict = v;
	if (v == OST_EAP_CLAIM) {
		if (!s->may_in || strcmp(ost_eap_proof(s->eap)->identity, EAP_SITE_IDENTITY) != 0)
			broken("somebody proved what he does not have");
		s->verdict = ost_eap_decide(s->eap, OST_AUTH_REASON_NONE);
		s->let_in = true;
	}
	if (s->verdict == OST_EAP_SUCCESS && !s->let_in)
		broken("a success that nobody has decided");
	if (s->verdict == OST_EAP_FAILURE && ost_eap_reason(s->eap, &error) == OST_AUTH_REASON_NONE)
		broken("a failure without a reason");
	output_check(s);
}

/* What the peer answers; without a peer, an acknowledgement. */
static void answer(struct storm *s)
{
	size_t length;
	const uint8_t *out = ost_eap_output(s->eap, &length);
	const uint8_t ack[] = {OST_EAP_RESPONSE, out[1], 0, 6, OST_EAP_TLS, 0};

	if (s->peer != NULL) {
		s->length = eap_peer_answer(s->peer, out, length, s->packet);
		return;
	}
	memcpy(s->packet, ack, sizeof(ack));
	s->length = sizeof(ack);
}

static void length_set(struct storm *s)
{
	if (s->length >= OST_EAP_HEADER) {
		s->packet[2] = (uint8_t)(s->length >> 8);
		s->packet[3] = (uint8_t)s->length;
	}
}

static void flip(struct storm *s)
{
	size_t at = ost_cursor_be16(&s->program);
	uint8_t with = ost_cursor_u8(&s->program);

	if (s->length > 0)
		s->packet[at % s->length] ^= with != 0 ? with : 0xff;
}

static void own_length(struct storm *s)
{
	uint32_t total = ost_cursor_be32(&s->program);
	size_t rest = s->length > 6 ? s->length - 6 : 0;

	if (s->length < 6 || s->length + 4 > PACKET_MAX)
		return;
	memmove(s->packet + 10, s->packet + 6, rest);
	s->packet[5] |= 0x80;
	s->packet[6] = (uint8_t)(total >> 24);
	s->packet[7] = (uint8_t)(total >> 16);
	s->packet[8] = (uint8_t)(total >> 8);
	s->packet[9] = (uint8_t)total;
	s->length += 4;
	length_set(s);
}

static void raw(struct storm *s, uint8_t argument, bool tls)
{
	size_t n = OST_MIN((size_t)ost_cursor_be16(&s->program) % PACKET_MAX,
		       ost_cursor_left(&s->program)),
	       head = tls ? 5 : 0, length;

	n = OST_MIN(n, PACKET_MAX - head);
	(void)ost_cursor_copy(&s->program, s->packet + head, n);
	s->length = head + n;
	if (tls) {
		s->packet[0] = OST_EAP_RESPONSE;
		s->packet[4] = OST_EAP_TLS;
		length_set(s);
	}
	if (s->length > 1 && (tls || argument & 1))
		s->packet[1] = ost_eap_output(s->eap, &length)[1];
	if (!tls && argument & 2)
		length_set(s);
}

static void change(struct storm *s, enum step step, uint8_t argument)
{
	size_t n;

	switch (step) {
	case FLIP:
		flip(s);
		break;
	case MIX:
		for (unsigned i = ost_cursor_u8(&s->program) % 16; i > 0; i--)
			flip(s);
		break;
	case CUT:
	case SHRINK:
		n = ost_cursor_be16(&s->program);
		s->length = s->length > 0 ? n % s->length : 0;
		if (step == SHRINK)
			length_set(s);
		break;
	case FLAGS:
		if (s->length > 5)
			s->packet[5] = ost_cursor_u8(&s->program);
		break;
	case LENGTH:
		own_length(s);
		break;
	case GROW:
		n = OST_MIN((argument + 1u) * 64u, PACKET_MAX - s->length);
		memset(s->packet + s->length, ost_cursor_u8(&s->program), n);
		s->length += n;
		length_set(s);
		break;
	default:
		break;
	}
}

static void step_do(struct storm *s)
{
	uint8_t byte = ost_cursor_u8(&s->program), argument = byte >> 4;
	enum step step = (byte & 15) % STEP_COUNT;

	switch (step) {
	case AGAIN:
		break;
	case RAW:
	case RAW_TLS:
		raw(s, argument, step == RAW_TLS);
		break;
	case END:
		(void)ost_eap_end(s->eap, argument != 0 ? argument : OST_AUTH_REASON_TIMEOUT);
		s->verdict = OST_EAP_FAILURE;
		output_check(s);
		return;
	case SKIP:
		answer(s);
		return;
	default:
		answer(s);
		change(s, step, argument);
	}
	feed(s);
}

static bool begin(const struct eap_site *site, struct storm *s)
{
	static const size_t fragments[] = {1000, 1400, 1, 17, 100, 255, 500, 900};
	uint8_t mode = ost_cursor_u8(&s->program), who = mode & 7, tls13 = mode >> 3 & 1;
	void *context = who < EAP_CERTIFICATE_COUNT    ? site->contexts[who][tls13]
			: who == EAP_CERTIFICATE_COUNT ? site->suspicious[tls13]
						       : NULL;

	s->may_in = who == EAP_CERTIFICATE_GOOD;
	s->verdict = OST_EAP_SEND;
	return (context == NULL ||
		       eap_peer_new(context, fragments[mode >> 4 & 7], &s->peer) == 0) &&
	       ost_eap_new(site->trust, mode, &s->eap) == 0;
}

enum eap_storm_end eap_storm(
	const struct eap_site *site, const uint8_t *bytes, size_t length, unsigned *ret_rounds)
{
	struct storm *s = calloc(1, sizeof(*s));
	bool honest = length > 0 && bytes[0] & 0x80;
	enum ost_eap_verdict v = OST_EAP_SEND;
	unsigned rounds = 0;

	if (s == NULL)
		return EAP_STORM_OPEN;
	s->program = ost_cursor_of(bytes, length);
	if (begin(site, s)) {
		output_check(s);
		for (unsigned i = 0; i < STEPS_MAX && s->verdict == OST_EAP_SEND &&
				     ost_cursor_left(&s->program) > 0;
			i++)
			step_do(s);
		for (unsigned i = 0; i < OST_EAP_ROUNDS_MAX && honest && s->verdict == OST_EAP_SEND;
			i++) {
			answer(s);
			feed(s);
		}
		v = s->verdict;
		rounds = s->rounds;
	}
	ost_eap_free(&s->eap);
	eap_peer_free(&s->peer);
	free(s);
	if (ret_rounds != NULL)
		*ret_rounds = rounds;
	return v == OST_EAP_SUCCESS   ? EAP_STORM_SUCCESS
	       : v == OST_EAP_FAILURE ? EAP_STORM_FAILURE
				      : EAP_STORM_OPEN;
}
