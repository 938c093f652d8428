/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Admission with a clock of the test's own and peers that are two lists: what is claimed, asked, refused, locked out, kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "admission.h"
#include "clock.h"
#include "compile.h"
#include "policy_yaml.h"

#define KEPT 64
#define S    OST_NS_PER_S

static const char yaml[] = "ostiary: 1\n"
			   "roles:\n"
			   "  eap: { authenticate: eap-tls, include: [arp] }\n"
			   "  strong: { authenticate: eap-tls, assurance: tee, include: [arp] }\n"
			   "  portal: { authenticate: tls, include: [arp] }\n"
			   "  plain: { authenticate: mac, include: [arp] }\n"
			   "devices:\n"
			   "  cam: { role: eap, certificate: \"urn:dev:cam\" }\n"
			   "  bound: { role: eap, certificate: \"urn:dev:bound\", mac: \"02:00:00:00:00:0b\", port: dev1 }\n"
			   "  vault: { role: strong, certificate: \"urn:dev:vault\" }\n"
			   "  meter: { role: portal, certificate: \"urn:dev:meter\", mac: \"02:00:00:00:00:0d\" }\n"
			   "  plc: { role: plain, mac: \"02:00:00:00:00:0e\" }\n";

struct rig {
	struct ost_admission *a;
	void *bytes;
	size_t length;
	struct ost_image image;
	struct ost_moment now;
	uint32_t sequence, acked;
	bool deaf; /* the data plane takes nothing */
	struct ost_msg_admit admits[KEPT];
	uint32_t admit_count;
	struct ost_msg_auth_decision decisions[KEPT];
	uint32_t decision_count;
	struct ost_msg_auth_ask asks[KEPT];
	uint32_t ask_count;
	uint32_t notes[OST_NOTE_COUNT];
	uint64_t conversation;
};

static int on_admit(void *user, const struct ost_msg_admit *m, uint32_t *ret_sequence)
{
	struct rig *r = user;

	if (r->deaf)
		return -EAGAIN;
	assert_true(ost_message_valid(OST_MSG_ADMIT, m, sizeof(*m)));
	r->admits[r->admit_count++ % KEPT] = *m;
	*ret_sequence = ++r->sequence;
	return 0;
}

static void on_decide(void *user, const struct ost_msg_auth_decision *m)
{
	struct rig *r = user;

	assert_true(ost_message_valid(OST_MSG_AUTH_DECISION, m, sizeof(*m)));
	r->decisions[r->decision_count++ % KEPT] = *m;
}

static void on_ask(void *user, const struct ost_msg_auth_ask *m)
{
	struct rig *r = user;

	assert_true(ost_message_valid(OST_MSG_AUTH_ASK, m, sizeof(*m)));
	r->asks[r->ask_count++ % KEPT] = *m;
}

static void on_note(void *user, const struct ost_admission_note *n)
{
	struct rig *r = user;

	r->notes[n->kind]++;
}

static void *image_of(const char *text, uint64_t generation, size_t *ret_length, struct ost_image *ret_image)
{
	const struct ost_policy_source source = {"t.yaml", text, strlen(text)};
	struct ost_policy *policy = NULL;
	struct ost_diag diag = {0};
	void *bytes = NULL;
	char why[256];

	assert_int_equal(ost_policy_parse(&source, 1, &diag, &policy), 0);
	assert_int_equal(ost_policy_compile(policy, generation, &diag, &bytes, ret_length), 0);
	assert_int_equal(ost_image_open(bytes, *ret_length, ret_image, why), 0);
	ost_policy_free(&policy);
	ost_diag_free(&diag);
	return bytes;
}

static void acks(struct rig *r, int result)
{
	while (r->acked < r->sequence)
		assert_int_equal(ost_admission_ack(r->a, ++r->acked, result, r->now), 0);
}

static void admission_begin(struct rig *r)
{
	static const struct ost_hash_key key = {{1, 2, 3, 4}};
	const struct ost_admission_ops ops = {.admit = on_admit, .decide = on_decide, .ask = on_ask, .note = on_note, .user = r};

	assert_int_equal(ost_admission_new(&ops, &key, &r->a), 0);
	assert_int_equal(ost_admission_policy(r->a, &r->image, r->now), 0);
}

static void link_begin(struct rig *r)
{
	ost_admission_link_up(r->a, r->now);
	acks(r, 0);
	ost_admission_port(r->a, 0, "dev1", true, r->now);
	ost_admission_port(r->a, 1, "dev2", true, r->now);
}

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->now = (struct ost_moment){1000 * S, 1800000000ull * S};
	r->bytes = image_of(yaml, 7, &r->length, &r->image);
	admission_begin(r);
	link_begin(r);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	ost_admission_free(&r->a);
	free(r->bytes);
	free(r);
	return 0;
}

static uint32_t device(const struct rig *r, const char *name)
{
	int64_t i = ost_image_device_find(&r->image, name);

	assert_true(i >= 0);
	return (uint32_t)i;
}

static const struct ost_session *session(const struct rig *r, const char *name)
{
	return ost_admission_session(r->a, device(r, name));
}

static struct ost_place at(uint32_t port, uint8_t last)
{
	return (struct ost_place){.port = port, .mac = {2, 0, 0, 0, 0, last}};
}

static struct ost_msg_auth_claim claim_of(struct rig *r, const char *identity, uint32_t port, uint8_t last)
{
	struct ost_msg_auth_claim m = {.conversation = ++r->conversation, .place = at(port, last), .way = OST_AUTH_WAY_EAPOL,
		.proof = {.assurance = OST_ASSURANCE_SOFTWARE, .not_before_wall_s = 1, .not_after_wall_s = 2000000000u}};

	(void)snprintf(m.proof.identity, sizeof(m.proof.identity), "%s", identity);
	return m;
}

static uint8_t decided(const struct rig *r, uint64_t conversation)
{
	assert_true(r->decision_count > 0);
	assert_int_equal(r->decisions[(r->decision_count - 1) % KEPT].conversation, conversation);
	return r->decisions[(r->decision_count - 1) % KEPT].reason;
}

static uint8_t claim_go(struct rig *r, const struct ost_msg_auth_claim *m)
{
	ost_admission_claim(r->a, m, r->now);
	acks(r, 0);
	return decided(r, m->conversation);
}

static uint8_t claims(struct rig *r, const char *identity, uint32_t port, uint8_t last)
{
	struct ost_msg_auth_claim m = claim_of(r, identity, port, last);

	return claim_go(r, &m);
}

static void outcome(struct rig *r, uint64_t conversation, uint32_t port, uint8_t last, enum ost_auth_reason reason, bool claimed)
{
	const struct ost_msg_auth_outcome m = {.conversation = conversation, .place = at(port, last), .way = OST_AUTH_WAY_EAPOL,
		.reason = (uint8_t)reason, .claimed = claimed};

	ost_admission_outcome(r->a, &m, r->now);
	acks(r, 0);
}

static void pass(struct rig *r, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		r->now.mono_ns += S;
		r->now.wall_ns += S;
		ost_admission_tick(r->a, r->now);
		acks(r, 0);
	}
}

static const struct ost_msg_admit *last_admit(const struct rig *r)
{
	assert_true(r->admit_count > 0);
	return &r->admits[(r->admit_count - 1) % KEPT];
}

static void order(struct rig *r, const char *name, enum ost_event event, int result)
{
	const struct ost_session_order who = {.uid = 1000, .by = "op", .why = "because"};
	char why[256] = "";

	assert_int_equal(ost_admission_order(r->a, device(r, name), event, &who, r->now, why), result);
	assert_int_equal(result < 0, why[0] != '\0');
	acks(r, 0);
}

/* ---- claims ---- */

static void let_in(void **state)
{
	struct rig *r = *state;
	struct ost_msg_auth_claim m = claim_of(r, "urn:dev:cam", 0, 1);
	uint32_t before = r->decision_count;

	ost_admission_claim(r->a, &m, r->now);
	/* The data plane first: nothing is answered or noted before it has agreed. */
	assert_int_equal(r->decision_count, before);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_UNKNOWN);
	assert_int_equal(last_admit(r)->state, OST_STATE_AUTHENTICATED);
	assert_int_equal(last_admit(r)->assurance, OST_ASSURANCE_SOFTWARE);
	assert_int_equal(last_admit(r)->placed, 1);
	assert_int_equal(last_admit(r)->place.mac[5], 1);
	acks(r, 0);
	assert_int_equal(decided(r, m.conversation), OST_AUTH_REASON_NONE);
	assert_string_equal(r->decisions[(r->decision_count - 1) % KEPT].device, "cam");
	assert_in_range(r->decisions[(r->decision_count - 1) % KEPT].session_s, 3240, 3961);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	assert_false(session(r, "cam")->confirmed);
	outcome(r, m.conversation, 0, 1, OST_AUTH_REASON_NONE, true);
	assert_true(session(r, "cam")->confirmed);
	assert_string_equal(session(r, "cam")->proof->identity, "urn:dev:cam");
	assert_int_equal(r->notes[OST_NOTE_ADMITTED], 1);
	assert_int_equal(r->notes[OST_NOTE_CONFIRMED], 1);
}

static void the_noes(void **state)
{
	struct rig *r = *state;
	struct ost_msg_auth_claim m;

	assert_int_equal(claims(r, "urn:dev:nobody", 0, 1), OST_AUTH_REASON_WRONG_NAME);
	assert_int_equal(claims(r, "", 0, 1), OST_AUTH_REASON_WRONG_NAME);
	assert_int_equal(claims(r, "urn:dev:bound", 0, 1), OST_AUTH_REASON_WRONG_PLACE); /* MAC */
	assert_int_equal(claims(r, "urn:dev:bound", 1, 0x0b), OST_AUTH_REASON_WRONG_PLACE); /* port */
	m = claim_of(r, "urn:dev:bound", 0, 0x0b);
	m.place.vlan = 12;
	assert_int_equal(claim_go(r, &m), OST_AUTH_REASON_WRONG_PLACE);
	assert_int_equal(claims(r, "urn:dev:vault", 0, 1), OST_AUTH_REASON_WEAK_KEY);
	assert_int_equal(claims(r, "urn:dev:meter", 0, 0x0d), OST_AUTH_REASON_METHOD); /* its role asks for the portal */
	m = claim_of(r, "urn:dev:cam", 0, 1);
	m.proof.not_after_wall_s = r->now.wall_ns / S;
	assert_int_equal(claim_go(r, &m), OST_AUTH_REASON_EXPIRED);
	m = claim_of(r, "urn:dev:cam", 0, 1);
	m.proof.not_before_wall_s = r->now.wall_ns / S + 1;
	assert_int_equal(claim_go(r, &m), OST_AUTH_REASON_EXPIRED);
	m = claim_of(r, "urn:dev:cam", 5, 1); /* a port that nobody told of */
	assert_int_equal(claim_go(r, &m), OST_AUTH_REASON_UNAVAILABLE);
	for (uint32_t i = 0; i < r->image.device_count; i++)
		assert_int_not_equal(ost_admission_session(r->a, i)->standing, OST_STATE_AUTHENTICATED);
	assert_int_equal(session(r, "cam")->failures, 3);
	assert_int_equal(session(r, "bound")->failure, OST_AUTH_REASON_WRONG_PLACE);
	/* And the same ones are let in when all is right. */
	assert_int_equal(claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_NONE);
	m = claim_of(r, "urn:dev:meter", 1, 0x0d);
	m.way = OST_AUTH_WAY_PORTAL;
	assert_int_equal(claim_go(r, &m), OST_AUTH_REASON_NONE);
	m = claim_of(r, "urn:dev:vault", 1, 9);
	m.proof.assurance = OST_ASSURANCE_SECURE_ELEMENT;
	assert_int_equal(claim_go(r, &m), OST_AUTH_REASON_NONE);
}

static void data_plane_says_no_or_nothing(void **state)
{
	struct rig *r = *state;
	struct ost_msg_auth_claim m = claim_of(r, "urn:dev:cam", 0, 1);

	r->deaf = true;
	ost_admission_claim(r->a, &m, r->now);
	assert_int_equal(decided(r, m.conversation), OST_AUTH_REASON_UNAVAILABLE);
	r->deaf = false;
	m.conversation = ++r->conversation;
	ost_admission_claim(r->a, &m, r->now);
	assert_int_equal(ost_admission_ack(r->a, ++r->acked, -ENOENT, r->now), 0);
	assert_int_equal(decided(r, m.conversation), OST_AUTH_REASON_UNAVAILABLE);
	m.conversation = ++r->conversation;
	ost_admission_claim(r->a, &m, r->now);
	ost_admission_link_down(r->a);
	assert_int_equal(decided(r, m.conversation), OST_AUTH_REASON_UNAVAILABLE);
	r->acked = r->sequence;
	m.conversation = ++r->conversation;
	ost_admission_claim(r->a, &m, r->now);
	assert_int_equal(decided(r, m.conversation), OST_AUTH_REASON_UNAVAILABLE);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_UNKNOWN);
	/* An answer that nobody waits for. */
	assert_int_equal(ost_admission_ack(r->a, 77, 0, r->now), -EPROTO);
	/* Back again: it is told that cam has no right, for it may remember otherwise. */
	link_begin(r);
	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
}

/* Revoked between the claim and the data plane's answer. */
static void order_overtakes_a_claim(void **state)
{
	struct rig *r = *state;
	struct ost_msg_auth_claim m = claim_of(r, "urn:dev:cam", 0, 1);
	const struct ost_session_order who = {.by = "op"};
	char why[256];

	ost_admission_claim(r->a, &m, r->now);
	assert_int_equal(ost_admission_order(r->a, device(r, "cam"), OST_EVENT_REVOKE, &who, r->now, why), 0);
	acks(r, 0);
	assert_int_equal(decided(r, m.conversation), OST_AUTH_REASON_REVOKED);
	assert_int_equal(last_admit(r)->state, OST_STATE_REVOKED);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_REVOKED);
}

static void one_key_in_two_places(void **state)
{
	struct rig *r = *state;
	uint64_t first = r->conversation + 1;

	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	assert_int_equal(claims(r, "urn:dev:cam", 1, 1), OST_AUTH_REASON_WRONG_PLACE);
	assert_int_equal(claims(r, "urn:dev:cam", 0, 2), OST_AUTH_REASON_WRONG_PLACE);
	assert_int_equal(session(r, "cam")->place.port, 0);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	/* The same place again is a re-authentication. */
	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	assert_int_equal(first + 3, session(r, "cam")->conversation);
	/* It was unplugged there: it moved. */
	ost_admission_port(r->a, 0, "dev1", false, r->now);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_UNKNOWN);
	assert_int_equal(last_admit(r)->state, OST_STATE_UNKNOWN);
	assert_int_equal(claims(r, "urn:dev:cam", 1, 1), OST_AUTH_REASON_NONE);
	assert_int_equal(session(r, "cam")->place.port, 1);
}

static void success_not_taken(void **state)
{
	struct rig *r = *state;

	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	outcome(r, r->conversation, 0, 1, OST_AUTH_REASON_PEER_REFUSED, true);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_UNKNOWN);
	assert_int_equal(last_admit(r)->state, OST_STATE_UNKNOWN);
	assert_null(session(r, "cam")->proof);
}

/* ---- time ---- */

static void reauthentication(void **state)
{
	struct rig *r = *state;
	uint32_t asks;

	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	asks = r->ask_count;
	pass(r, 3230);
	assert_int_equal(r->ask_count, asks);
	pass(r, 735); /* 3600 s + 10 % at the most */
	assert_true(r->ask_count > asks);
	assert_int_equal(r->asks[asks % KEPT].what, OST_AUTH_ASK_BEGIN);
	assert_int_equal(r->asks[asks % KEPT].place.mac[5], 1);
}

static void until_asked(struct rig *r)
{
	for (unsigned i = 0; i < 4000 && session(r, "cam")->asks == 0; i++)
		pass(r, 1);
	assert_int_equal(session(r, "cam")->asks, 1);
}

static void reauthentication_answered(void **state)
{
	struct rig *r = *state;

	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	until_asked(r);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	assert_int_equal(session(r, "cam")->asks, 0);
	pass(r, 3000);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
}

static void reauthentication_unanswered(void **state)
{
	struct rig *r = *state;

	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	until_asked(r);
	pass(r, 29);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	assert_int_equal(session(r, "cam")->asks, 3);
	pass(r, 2);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_EXPIRED);
	assert_int_equal(last_admit(r)->state, OST_STATE_EXPIRED);
	pass(r, 58);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_EXPIRED);
	pass(r, 3);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_QUARANTINED);
	assert_int_equal(last_admit(r)->state, OST_STATE_QUARANTINED);
	/* By a timer: a proof leads out, at another place too, for the session is over. */
	assert_int_equal(claims(r, "urn:dev:cam", 1, 1), OST_AUTH_REASON_NONE);
}

static void reauthentication_failed(void **state)
{
	struct rig *r = *state;

	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	outcome(r, 0, 0, 1, OST_AUTH_REASON_UNKNOWN_CA, false);
	/* Somebody failed there: asked at once, rights stay. */
	assert_int_equal(session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	assert_int_equal(session(r, "cam")->asks, 1);
	outcome(r, 0, 0, 1, OST_AUTH_REASON_REVOKED, false);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_EXPIRED);
}

static void certificate_ends(void **state)
{
	struct rig *r = *state;
	struct ost_msg_auth_claim m = claim_of(r, "urn:dev:cam", 0, 1);

	m.proof.not_after_wall_s = r->now.wall_ns / S + 100;
	assert_int_equal(claim_go(r, &m), OST_AUTH_REASON_NONE);
	assert_in_range(r->decisions[(r->decision_count - 1) % KEPT].session_s, 1, 100);
	pass(r, 98);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	pass(r, 3);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_EXPIRED);
}

static void reload_asks_everybody(void **state)
{
	struct rig *r = *state;

	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	assert_int_equal(claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_NONE);
	ost_admission_reload(r->a, r->now);
	for (unsigned i = 0; i < 31 && (session(r, "cam")->asks == 0 || session(r, "bound")->asks == 0); i++)
		pass(r, 1);
	assert_true(session(r, "cam")->asks > 0 && session(r, "bound")->asks > 0);
}

/* ---- those who knock ---- */

static void asked_at_0_3_10(void **state)
{
	struct rig *r = *state;
	const struct ost_place p = at(0, 0x77);

	for (unsigned i = 0; i < 100; i++)
		ost_admission_seen(r->a, &p, -ENOENT, r->now);
	assert_int_equal(r->ask_count, 1);
	pass(r, 2);
	assert_int_equal(r->ask_count, 1);
	pass(r, 1);
	assert_int_equal(r->ask_count, 2);
	pass(r, 6);
	assert_int_equal(r->ask_count, 2);
	pass(r, 1);
	assert_int_equal(r->ask_count, 3);
	pass(r, 30);
	ost_admission_seen(r->a, &p, -ENOENT, r->now);
	assert_int_equal(r->ask_count, 3); /* it rests */
	pass(r, 31);
	ost_admission_seen(r->a, &p, -ENOENT, r->now);
	assert_int_equal(r->ask_count, 4);
}

static void macs_cost_nothing(void **state)
{
	struct rig *r = *state;

	for (uint32_t i = 0; i < 20000; i++) {
		struct ost_place p = at(0, 0);

		memcpy(&p.mac[2], &i, 4);
		ost_admission_seen(r->a, &p, -ENOENT, r->now);
	}
	assert_int_equal(r->ask_count, 100); /* a second and port */
	ost_admission_seen(r->a, &(struct ost_place){.port = 1, .mac = {2, 9}}, -ENOENT, r->now);
	assert_int_equal(r->ask_count, 101);
	assert_true(ost_admission_counts(r->a)->asks_limited > 0);
}

static void the_seen(void **state)
{
	struct rig *r = *state;
	const struct ost_place p = at(1, 0x0d), q = at(1, 0x0e);

	/* The portal's device gets what it needs to reach the portal; the MAC's device needs nothing. */
	ost_admission_seen(r->a, &p, device(r, "meter"), r->now);
	assert_int_equal(session(r, "meter")->standing, OST_STATE_LEARNING);
	ost_admission_seen(r->a, &q, device(r, "plc"), r->now);
	assert_int_equal(session(r, "plc")->standing, OST_STATE_IDENTIFIED);
	assert_int_equal(r->ask_count, 0);
	pass(r, OST_LEARNING_S + 1);
	assert_int_equal(session(r, "meter")->standing, OST_STATE_QUARANTINED);
	order(r, "plc", OST_EVENT_RETIRE, 0);
	ost_admission_seen(r->a, &q, device(r, "plc"), r->now);
	assert_int_equal(r->notes[OST_NOTE_SIGHTED], 1);
}

/* ---- lock-outs ---- */

static void failures(struct rig *r, uint32_t port, uint8_t last, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		outcome(r, 0, port, last, OST_AUTH_REASON_UNKNOWN_CA, false);
}

static const struct ost_msg_auth_ask *forgotten(const struct rig *r)
{
	for (uint32_t i = r->ask_count; i > 0; i--) {
		if (r->asks[(i - 1) % KEPT].what == OST_AUTH_ASK_FORGET)
			return &r->asks[(i - 1) % KEPT];
	}
	return NULL;
}

static void locked_out_longer_each_time(void **state)
{
	static const uint32_t seconds[] = {60, 120, 240, 480, 900, 900};
	struct rig *r = *state;

	failures(r, 0, 0x0b, 4);
	assert_null(forgotten(r));
	for (size_t i = 0; i < OST_ARRAY_SIZE(seconds); i++) {
		failures(r, 0, 0x0b, i == 0 ? 1 : 5);
		assert_int_equal(forgotten(r)->locked_s, seconds[i]);
		/* The policy says that this is bound's place, and no other's. */
		assert_int_equal(session(r, "bound")->standing, OST_STATE_LOCKED_OUT);
		assert_int_equal(claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_LOCKED_OUT);
		/* Pulling the cable does not help. */
		ost_admission_port(r->a, 0, "dev1", false, r->now);
		ost_admission_port(r->a, 0, "dev1", true, r->now);
		assert_int_equal(session(r, "bound")->standing, OST_STATE_LOCKED_OUT);
		pass(r, seconds[i] - 1);
		assert_int_equal(session(r, "bound")->standing, OST_STATE_LOCKED_OUT);
		pass(r, 2);
		assert_int_equal(session(r, "bound")->standing, OST_STATE_UNKNOWN);
	}
	assert_int_equal(claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_NONE);
}

static void slow_failures_do_not_lock(void **state)
{
	struct rig *r = *state;

	for (unsigned i = 0; i < 20; i++) {
		failures(r, 0, 1, 1);
		pass(r, 151);
	}
	assert_null(forgotten(r));
	/* Nor does what is our own trouble, or silence. */
	for (unsigned i = 0; i < 20; i++) {
		outcome(r, 0, 0, 1, OST_AUTH_REASON_TIMEOUT, false);
		outcome(r, 0, 0, 1, OST_AUTH_REASON_UNAVAILABLE, false);
		outcome(r, 0, 0, 1, OST_AUTH_REASON_CRL, false);
	}
	assert_null(forgotten(r));
}

static void locked_there_not_here(void **state)
{
	struct rig *r = *state;

	/* The same MAC at another port, in another VLAN: the session is not touched. */
	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	failures(r, 1, 1, 5);
	assert_int_equal(forgotten(r)->place.port, 1);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	assert_int_equal(session(r, "cam")->asks, 0);
	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	/* A success forgets failures. */
	failures(r, 0, 2, 4);
	outcome(r, 0, 0, 2, OST_AUTH_REASON_NONE, true);
	failures(r, 0, 2, 4);
	assert_int_equal(ost_admission_counts(r->a)->lock_outs, 1);
	/* A new authenticator hears of what is locked out. */
	r->ask_count = 0;
	ost_admission_auth_up(r->a, r->now);
	assert_int_equal(r->ask_count, 1);
	assert_int_equal(r->asks[0].what, OST_AUTH_ASK_FORGET);
	assert_true(r->asks[0].locked_s > 0);
}

static void released_by_order(void **state)
{
	struct rig *r = *state;

	failures(r, 0, 0x0b, 5);
	assert_int_equal(session(r, "bound")->standing, OST_STATE_LOCKED_OUT);
	order(r, "bound", OST_EVENT_RELEASE, 0);
	assert_int_equal(session(r, "bound")->standing, OST_STATE_UNKNOWN);
	assert_int_equal(claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_NONE);
}

static void floods_lift_no_lock_out(void **state)
{
	struct rig *r = *state;

	failures(r, 0, 0x0b, 5);
	for (uint32_t i = 0; i < 3 * OST_ADMISSION_PLACES; i++) {
		struct ost_place p = at(0, 0);
		const struct ost_msg_auth_outcome m = {.place = {.port = 0, .mac = {2, 8, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 1}},
			.reason = OST_AUTH_REASON_MALFORMED};

		memcpy(&p.mac[2], &i, 4);
		ost_admission_seen(r->a, &p, -ENOENT, r->now);
		ost_admission_outcome(r->a, &m, r->now);
	}
	assert_int_equal(claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_LOCKED_OUT);
}

/* ---- orders ---- */

static void orders(void **state)
{
	struct rig *r = *state;

	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	ost_admission_kept(r->a);
	order(r, "cam", OST_EVENT_QUARANTINE, 0);
	assert_true(ost_admission_urgent(r->a));
	assert_int_equal(last_admit(r)->state, OST_STATE_QUARANTINED);
	assert_int_equal(last_admit(r)->placed, 1);
	assert_string_equal(session(r, "cam")->order->by, "op");
	assert_int_equal(forgotten(r)->place.mac[5], 1);
	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_STATE);
	order(r, "cam", OST_EVENT_APPROVE, -EPERM);
	order(r, "cam", OST_EVENT_RELEASE, 0);
	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	order(r, "cam", OST_EVENT_REVOKE, 0);
	assert_int_equal(last_admit(r)->state, OST_STATE_REVOKED);
	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_REVOKED);
	order(r, "cam", OST_EVENT_RELEASE, -EPERM);
	order(r, "cam", OST_EVENT_APPROVE, 0);
	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	order(r, "cam", OST_EVENT_RETIRE, 0);
	for (enum ost_event e = OST_EVENT_APPROVE; e < OST_EVENT_RETIRE; e++)
		order(r, "cam", e, -EPERM);
	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_STATE);
	order(r, "bound", OST_EVENT_APPROVE, -EPERM); /* no order replaces its proof */
	order(r, "plc", OST_EVENT_QUARANTINE, 0);
	order(r, "plc", OST_EVENT_RELEASE, 0);
	assert_int_equal(session(r, "plc")->standing, OST_STATE_IDENTIFIED);
}

static void logoff_of_its_own_place_only(void **state)
{
	struct rig *r = *state;

	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	outcome(r, 0, 1, 1, OST_AUTH_REASON_LOGOFF, false);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	outcome(r, 0, 0, 1, OST_AUTH_REASON_LOGOFF, false);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_UNKNOWN);
	assert_int_equal(last_admit(r)->state, OST_STATE_UNKNOWN);
}

static void data_plane_is_corrected(void **state)
{
	struct rig *r = *state;
	uint32_t before = r->admit_count;

	ost_admission_enforced(r->a, device(r, "cam"), OST_STATE_UNKNOWN);
	assert_int_equal(r->admit_count, before);
	ost_admission_enforced(r->a, device(r, "cam"), OST_STATE_AUTHENTICATED);
	assert_int_equal(r->admit_count, before + 1);
	assert_int_equal(last_admit(r)->state, OST_STATE_UNKNOWN);
	acks(r, 0);
}

/* ---- policies and restarts ---- */

static void policy_asks_something_else(void **state)
{
	static const char other[] = "ostiary: 1\n"
				    "roles: { eap: { authenticate: eap-tls, include: [arp] }, plain: { include: [arp] } }\n"
				    "devices:\n"
				    "  first: { role: plain, mac: \"02:00:00:00:00:01\" }\n"
				    "  cam: { role: eap, certificate: \"urn:dev:another\" }\n"
				    "  bound: { role: eap, certificate: \"urn:dev:bound\", mac: \"02:00:00:00:00:0b\", port: dev1 }\n"
				    "  plc: { role: plain, mac: \"02:00:00:00:00:0e\" }\n";
	struct rig *r = *state;
	void *before = r->bytes;

	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	assert_int_equal(claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_NONE);
	order(r, "plc", OST_EVENT_REVOKE, 0);
	r->bytes = image_of(other, 8, &r->length, &r->image);
	assert_int_equal(ost_admission_policy(r->a, &r->image, r->now), 0);
	free(before);
	acks(r, 0);
	/* cam's certificate is another one now: what it proved is void. */
	assert_int_equal(session(r, "cam")->standing, OST_STATE_UNKNOWN);
	assert_int_equal(session(r, "bound")->standing, OST_STATE_AUTHENTICATED);
	assert_int_equal(session(r, "plc")->standing, OST_STATE_REVOKED);
	assert_int_equal(session(r, "first")->standing, OST_STATE_IDENTIFIED);
	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_WRONG_NAME);
	assert_int_equal(claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_NONE);
}

struct kept {
	struct ost_admission_row rows[8];
	struct ost_session_proof proofs[8];
	char names[8][64], ports[8][64];
	uint32_t count;
};

static int row_take(void *user, const struct ost_admission_row *row, bool keep)
{
	struct kept *k = user;
	uint32_t i = k->count;

	if (!keep)
		return 0;
	assert_true(i < 8);
	k->rows[i] = *row;
	(void)snprintf(k->names[i], sizeof(k->names[i]), "%s", row->device);
	(void)snprintf(k->ports[i], sizeof(k->ports[i]), "%s", row->port);
	k->rows[i].device = k->names[i];
	k->rows[i].port = k->ports[i];
	k->rows[i].session.order = NULL;
	if (row->session.proof != NULL) {
		k->proofs[i] = *row->session.proof;
		k->rows[i].session.proof = &k->proofs[i];
	}
	k->count++;
	return 0;
}

static void restarted(struct rig *r, struct kept *k, uint64_t down_s)
{
	*k = (struct kept){0};
	assert_int_equal(ost_admission_unkept_each(r->a, r->now, row_take, k), 0);
	ost_admission_kept(r->a);
	assert_false(ost_admission_unkept(r->a));
	ost_admission_free(&r->a);
	r->now.mono_ns = 5 * S; /* another boot */
	r->now.wall_ns += down_s * S;
	r->sequence = r->acked = r->admit_count = 0;
	admission_begin(r);
	for (uint32_t i = 0; i < k->count; i++)
		ost_admission_restore(r->a, &k->rows[i], r->now);
}

static void sessions_survive(void **state)
{
	struct rig *r = *state;
	struct kept *k = calloc(1, sizeof(*k));
	bool told = false;

	assert_non_null(k);
	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	assert_int_equal(claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_NONE);
	order(r, "plc", OST_EVENT_RETIRE, 0);
	restarted(r, k, 10);
	assert_int_equal(k->count, 3);
	link_begin(r);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	assert_string_equal(session(r, "cam")->proof->identity, "urn:dev:cam");
	assert_int_equal(session(r, "plc")->standing, OST_STATE_RETIRED);
	for (uint32_t i = 0; i < r->admit_count; i++)
		told |= r->admits[i].device == device(r, "cam") && r->admits[i].state == OST_STATE_AUTHENTICATED;
	assert_true(told);
	/* Another port has its number now: the session was not there. */
	restarted(r, k, 10);
	for (uint32_t i = 0; i < k->count; i++)
		ost_admission_restore(r->a, &k->rows[i], r->now);
	free(k);
}

static void nothing_longer_by_a_restart(void **state)
{
	struct rig *r = *state;
	struct kept *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	restarted(r, k, 4000); /* it was down when the session should have been renewed */
	link_begin(r);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	pass(r, 1);
	assert_int_equal(session(r, "cam")->asks, 1);
	pass(r, 31);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_EXPIRED);
	free(k);
}

static void another_port_of_that_number(void **state)
{
	struct rig *r = *state;
	struct kept *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	assert_int_equal(claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	restarted(r, k, 1);
	ost_admission_link_up(r->a, r->now);
	ost_admission_port(r->a, 0, "elsewhere", true, r->now);
	acks(r, 0);
	assert_int_equal(session(r, "cam")->standing, OST_STATE_UNKNOWN);
	free(k);
}

/* ---- anything in any order ---- */

static void chaos_step(struct rig *r, uint64_t x)
{
	static const char *const names[] = {"urn:dev:cam", "urn:dev:bound", "urn:dev:vault", "urn:dev:meter", "urn:dev:nobody"};
	const struct ost_session_order who = {.by = "op"};
	uint32_t port = x >> 8 & 1;
	uint8_t last = (uint8_t)(10 + (x >> 10) % 5);
	struct ost_msg_auth_claim m;
	char why[256];

	switch (x % 8) {
	case 0:
	case 1:
		m = claim_of(r, names[(x >> 16) % 5], port, last);
		m.way = (uint8_t)((x >> 20) % OST_AUTH_WAY_COUNT);
		ost_admission_claim(r->a, &m, r->now);
		break;
	case 2:
		outcome(r, r->conversation - (x >> 24) % 4, port, last, (enum ost_auth_reason)((x >> 16) % OST_AUTH_REASON_COUNT), x >> 30 & 1);
		break;
	case 3:
		if (ost_admission_order(r->a, (uint32_t)((x >> 16) % r->image.device_count),
			(enum ost_event)(OST_EVENT_APPROVE + (x >> 20) % 4), &who, r->now, why) < 0)
			assert_true(why[0] != '\0');
		break;
	case 4:
		ost_admission_port(r->a, port, port == 0 ? "dev1" : "dev2", x >> 16 & 1, r->now);
		break;
	case 5:
		ost_admission_seen(r->a, &(struct ost_place){.port = port, .mac = {2, 0, 0, 0, 0, last}},
			(int64_t)((x >> 16) % 6) - 1, r->now);
		break;
	case 6:
		if (r->acked < r->sequence)
			assert_int_equal(ost_admission_ack(r->a, ++r->acked, x >> 16 & 1 ? 0 : -ENOENT, r->now), 0);
		break;
	default:
		pass(r, (unsigned)((x >> 16) % 200));
	}
}

/* After everything has been answered the data plane was last told exactly what the records say. */
static void chaos(void **state)
{
	struct rig *r = *state;
	uint64_t seed = 0x243f6a8885a308d3u;
	struct ost_msg_admit last[8];

	for (unsigned i = 0; i < 10000; i++) {
		uint32_t standings = 0;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		chaos_step(r, seed);
		for (uint32_t d = 0; d < r->image.device_count; d++) {
			const struct ost_session *s = ost_admission_session(r->a, d);

			assert_true(s->standing < OST_STANDING_COUNT);
			if (s->standing == OST_STATE_AUTHENTICATED) {
				assert_non_null(s->proof);
				assert_true(s->proof->not_after_wall_s > r->now.wall_ns / S || s->asks < 4);
				assert_int_not_equal(d, device(r, "plc"));
			}
			if (d == device(r, "plc"))
				assert_true(s->standing != OST_STATE_EXPIRED && s->standing != OST_STATE_LEARNING);
		}
		for (unsigned n = 0; n < OST_STANDING_COUNT; n++)
			standings += ost_admission_counts(r->a)->standings[n];
		assert_int_equal(standings, r->image.device_count);
	}
	acks(r, 0);
	r->admit_count = 0;
	ost_admission_link_down(r->a);
	r->acked = r->sequence;
	link_begin(r);
	memset(last, 0, sizeof(last));
	for (uint32_t i = 0; i < r->admit_count && i < KEPT; i++)
		last[r->admits[i].device] = r->admits[i];
	for (uint32_t d = 0; d < r->image.device_count; d++) {
		const struct ost_session *s = ost_admission_session(r->a, d);

		if (s->standing != OST_STATE_IDENTIFIED)
			assert_int_equal(last[d].state, ost_standing_state(s->standing));
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(let_in),
		T(the_noes),
		T(data_plane_says_no_or_nothing),
		T(order_overtakes_a_claim),
		T(one_key_in_two_places),
		T(success_not_taken),
		T(reauthentication),
		T(reauthentication_answered),
		T(reauthentication_unanswered),
		T(reauthentication_failed),
		T(certificate_ends),
		T(reload_asks_everybody),
		T(asked_at_0_3_10),
		T(macs_cost_nothing),
		T(the_seen),
		T(locked_out_longer_each_time),
		T(slow_failures_do_not_lock),
		T(locked_there_not_here),
		T(released_by_order),
		T(floods_lift_no_lock_out),
		T(orders),
		T(logoff_of_its_own_place_only),
		T(data_plane_is_corrected),
		T(policy_asks_something_else),
		T(sessions_survive),
		T(nothing_longer_by_a_restart),
		T(another_port_of_that_number),
		T(chaos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
