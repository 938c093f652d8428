/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Admission: claims, re-authentication, those who knock. */
#include "admission_rig.h"
#include "crl.h"

/* ---- claims ---- */

static void let_in(void **state)
{
	struct rig *r = *state;
	struct ost_msg_auth_claim m = rig_claim_of(r, "urn:dev:cam", 0, 1);
	uint32_t before = r->decision_count;

	ost_admission_claim(r->a, &m, r->now);
	/* The data plane first: nothing is answered or noted before it has agreed. */
	assert_int_equal(r->decision_count, before);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_UNKNOWN);
	assert_int_equal(rig_last_admit(r)->state, OST_STATE_AUTHENTICATED);
	assert_int_equal(rig_last_admit(r)->assurance, OST_ASSURANCE_SOFTWARE);
	assert_int_equal(rig_last_admit(r)->placed, 1);
	assert_int_equal(rig_last_admit(r)->place.mac[5], 1);
	rig_acks(r, 0);
	assert_int_equal(rig_decided(r, m.conversation), OST_AUTH_REASON_NONE);
	assert_string_equal(r->decisions[(r->decision_count - 1) % KEPT].device, "cam");
	assert_in_range(r->decisions[(r->decision_count - 1) % KEPT].session_s, 3240, 3961);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	assert_false(rig_session(r, "cam")->confirmed);
	rig_outcome(r, m.conversation, 0, 1, OST_AUTH_REASON_NONE, true);
	assert_true(rig_session(r, "cam")->confirmed);
	assert_string_equal(rig_session(r, "cam")->proof->identity, "urn:dev:cam");
	assert_int_equal(r->notes[OST_NOTE_ADMITTED], 1);
	assert_int_equal(r->notes[OST_NOTE_CONFIRMED], 1);
}

static void refused_claims(void **state)
{
	struct rig *r = *state;
	struct ost_msg_auth_claim m;

	assert_int_equal(rig_claims(r, "urn:dev:nobody", 0, 1), OST_AUTH_REASON_WRONG_NAME);
	assert_int_equal(rig_claims(r, "", 0, 1), OST_AUTH_REASON_WRONG_NAME);
	assert_int_equal(rig_claims(r, "urn:dev:bound", 0, 1), OST_AUTH_REASON_WRONG_PLACE);	/* MAC */
	assert_int_equal(rig_claims(r, "urn:dev:bound", 1, 0x0b), OST_AUTH_REASON_WRONG_PLACE); /* port */
	m = rig_claim_of(r, "urn:dev:bound", 0, 0x0b);
	m.place.vlan = 12;
	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_WRONG_PLACE);
	assert_int_equal(rig_claims(r, "urn:dev:vault", 0, 1), OST_AUTH_REASON_WEAK_KEY);
	assert_int_equal(rig_claims(r, "urn:dev:meter", 0, 0x0d), OST_AUTH_REASON_METHOD); /* its role asks for the portal */
	m = rig_claim_of(r, "urn:dev:cam", 0, 1);
	m.proof.not_after_wall_s = r->now.wall_ns / S;
	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_EXPIRED);
	m = rig_claim_of(r, "urn:dev:cam", 0, 1);
	m.proof.not_before_wall_s = r->now.wall_ns / S + 1;
	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_EXPIRED);
	m = rig_claim_of(r, "urn:dev:cam", 5, 1); /* a port that nobody told of */
	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_UNAVAILABLE);
	for (uint32_t i = 0; i < r->image.device_count; i++)
		assert_int_not_equal(ost_admission_session(r->a, i)->standing, OST_STATE_AUTHENTICATED);
	assert_int_equal(rig_session(r, "cam")->failures, 3);
	assert_int_equal(rig_session(r, "bound")->failure, OST_AUTH_REASON_WRONG_PLACE);
	/* And the same ones are let in when all is right. */
	assert_int_equal(rig_claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_NONE);
	m = rig_claim_of(r, "urn:dev:meter", 1, 0x0d);
	m.way = OST_AUTH_WAY_PORTAL;
	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_NONE);
	m = rig_claim_of(r, "urn:dev:vault", 1, 9);
	m.proof.assurance = OST_ASSURANCE_SECURE_ELEMENT;
	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_NONE);
}

static void data_plane_says_no_or_nothing(void **state)
{
	struct rig *r = *state;
	struct ost_msg_auth_claim m = rig_claim_of(r, "urn:dev:cam", 0, 1);

	r->deaf = true;
	ost_admission_claim(r->a, &m, r->now);
	assert_int_equal(rig_decided(r, m.conversation), OST_AUTH_REASON_UNAVAILABLE);
	r->deaf = false;
	m.conversation = ++r->conversation;
	ost_admission_claim(r->a, &m, r->now);
	assert_int_equal(ost_admission_ack(r->a, ++r->acked, -ENOENT, r->now), 0);
	assert_int_equal(rig_decided(r, m.conversation), OST_AUTH_REASON_UNAVAILABLE);
	m.conversation = ++r->conversation;
	ost_admission_claim(r->a, &m, r->now);
	ost_admission_link_down(r->a);
	assert_int_equal(rig_decided(r, m.conversation), OST_AUTH_REASON_UNAVAILABLE);
	r->acked = r->sequence;
	m.conversation = ++r->conversation;
	ost_admission_claim(r->a, &m, r->now);
	assert_int_equal(rig_decided(r, m.conversation), OST_AUTH_REASON_UNAVAILABLE);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_UNKNOWN);
	/* An answer that nobody waits for. */
	assert_int_equal(ost_admission_ack(r->a, 77, 0, r->now), -EPROTO);
	/* Back again: it is told that cam has no right, for it may remember otherwise. */
	rig_link_begin(r);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
}

/* Revoked between the claim and the data plane's answer. */
static void order_overtakes_a_claim(void **state)
{
	struct rig *r = *state;
	struct ost_msg_auth_claim m = rig_claim_of(r, "urn:dev:cam", 0, 1);
	const struct ost_session_order who = {.by = "op"};
	char why[256];

	ost_admission_claim(r->a, &m, r->now);
	assert_int_equal(ost_admission_order(r->a, rig_device(r, "cam"), OST_EVENT_REVOKE, &who, r->now, why), 0);
	rig_acks(r, 0);
	assert_int_equal(rig_decided(r, m.conversation), OST_AUTH_REASON_REVOKED);
	assert_int_equal(rig_last_admit(r)->state, OST_STATE_REVOKED);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_REVOKED);
}

static void one_key_in_two_places(void **state)
{
	struct rig *r = *state;
	uint64_t first = r->conversation + 1;

	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 1, 1), OST_AUTH_REASON_WRONG_PLACE);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 2), OST_AUTH_REASON_WRONG_PLACE);
	assert_int_equal(rig_session(r, "cam")->place.port, 0);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	/* The same place again is a re-authentication. */
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	assert_int_equal(first + 3, rig_session(r, "cam")->conversation);
	/* It was unplugged there: it moved. */
	rig_port(r, 0, "dev1", false);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_UNKNOWN);
	assert_int_equal(rig_last_admit(r)->state, OST_STATE_UNKNOWN);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 1, 1), OST_AUTH_REASON_NONE);
	assert_int_equal(rig_session(r, "cam")->place.port, 1);
}

static void success_not_taken(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	rig_outcome(r, r->conversation, 0, 1, OST_AUTH_REASON_PEER_REFUSED, true);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_UNKNOWN);
	assert_int_equal(rig_last_admit(r)->state, OST_STATE_UNKNOWN);
	assert_null(rig_session(r, "cam")->proof);
	/* The authenticator remembers nothing of it but its number; one that claimed nothing opened nothing. */
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	rig_outcome(r, r->conversation, OST_PLACE_NO_PORT, 0, OST_AUTH_REASON_MALFORMED, false);
	assert_int_equal(rig_session(r, "cam")->failures, 0);
	rig_outcome(r, r->conversation, OST_PLACE_NO_PORT, 0, OST_AUTH_REASON_UNAVAILABLE, true);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_UNKNOWN);
}

/* ---- time ---- */

static void reauthentication(void **state)
{
	struct rig *r = *state;
	uint32_t asks;

	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	asks = r->ask_count;
	rig_pass(r, 3230);
	assert_int_equal(r->ask_count, asks);
	rig_pass(r, 735); /* 3600 s + 10 % at the most */
	assert_true(r->ask_count > asks);
	assert_int_equal(r->asks[asks % KEPT].what, OST_AUTH_ASK_BEGIN);
	assert_int_equal(r->asks[asks % KEPT].place.mac[5], 1);
}

static void until_asked(struct rig *r)
{
	for (unsigned i = 0; i < 4000 && rig_session(r, "cam")->asks == 0; i++)
		rig_pass(r, 1);
	assert_int_equal(rig_session(r, "cam")->asks, 1);
}

static void reauthentication_answered(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	until_asked(r);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	assert_int_equal(rig_session(r, "cam")->asks, 0);
	rig_pass(r, 3000);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
}

static void reauthentication_unanswered(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	until_asked(r);
	rig_pass(r, 29);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	assert_int_equal(rig_session(r, "cam")->asks, 3);
	rig_pass(r, 2);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_EXPIRED);
	assert_int_equal(rig_last_admit(r)->state, OST_STATE_EXPIRED);
	rig_pass(r, 58);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_EXPIRED);
	rig_pass(r, 3);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_QUARANTINED);
	assert_int_equal(rig_last_admit(r)->state, OST_STATE_QUARANTINED);
	/* By a timer: a proof leads out, at another place too, for the session is over. */
	assert_int_equal(rig_claims(r, "urn:dev:cam", 1, 1), OST_AUTH_REASON_NONE);
}

/* Nobody can prove himself by a list that is past its date: who is in stays in for a day, and not longer. */
static void a_list_past_its_date_has_a_grace(void **state)
{
	struct rig *r = *state;
	uint64_t proved_ns;

	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	ost_admission_crl(r->a, r->now.wall_ns / OST_NS_PER_S + 60);
	proved_ns = r->now.mono_ns;
	while (r->now.mono_ns < proved_ns + OST_CRL_GRACE_S * OST_NS_PER_S) {
		rig_pass(r, 1);
		/* One that comes by itself all the same is refused by the authenticator, and nothing follows. */
		if ((r->now.mono_ns - proved_ns) / OST_NS_PER_S % 7200 == 0)
			rig_outcome(r, 0, 0, 1, OST_AUTH_REASON_CRL, false);
		assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
		assert_int_equal(rig_session(r, "cam")->asks, 0);
	}
	until_asked(r);
	rig_pass(r, 31);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_EXPIRED);
	/* A new one, and it is let in again. */
	ost_admission_crl(r->a, r->now.wall_ns / OST_NS_PER_S + 86400);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
}

static void the_life_of_a_list(void **state)
{
	(void)state;
	assert_int_equal(ost_crl_life(0, 0, 1000), OST_CRL_NONE);
	assert_int_equal(ost_crl_life(1000, 2000, 1000), OST_CRL_FINE);
	assert_int_equal(ost_crl_life(1000, 2000, 1749), OST_CRL_FINE);
	assert_int_equal(ost_crl_life(1000, 2000, 1750), OST_CRL_OLD);
	assert_int_equal(ost_crl_life(1000, 2000, 1999), OST_CRL_OLD);
	assert_int_equal(ost_crl_life(1000, 2000, 2000), OST_CRL_GRACE);
	assert_int_equal(ost_crl_life(1000, 2000, 2000 + OST_CRL_GRACE_S - 1), OST_CRL_GRACE);
	assert_int_equal(ost_crl_life(1000, 2000, 2000 + OST_CRL_GRACE_S), OST_CRL_OVER);
	assert_int_equal(ost_crl_life(2000, 1000, 500), OST_CRL_OLD); /* nonsense: look at it */
}

static void reauthentication_failed(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	rig_outcome(r, 0, 0, 1, OST_AUTH_REASON_UNKNOWN_CA, false);
	/* Somebody failed there: asked at once, rights stay. */
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	assert_int_equal(rig_session(r, "cam")->asks, 1);
	rig_outcome(r, 0, 0, 1, OST_AUTH_REASON_REVOKED, false);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_EXPIRED);
}

/* Rights stay while it is asked; who is only spoken to is not asked, and who speaks all the time neither. */
static void asked_after_a_silence(void **state)
{
	struct rig *r = *state;
	uint32_t device = rig_device(r, "cam");

	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	rig_pass(r, 400);
	ost_admission_spoke(r->a, device, 10, r->now);
	rig_pass(r, 599);
	ost_admission_spoke(r->a, device, 11, r->now);
	assert_int_equal(rig_session(r, "cam")->asks, 0);
	rig_pass(r, 700);
	ost_admission_spoke(r->a, device, 11, r->now);
	assert_int_equal(rig_session(r, "cam")->asks, 0);
	ost_admission_spoke(r->a, device, 12, r->now);
	assert_int_equal(rig_session(r, "cam")->asks, 1);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	rig_pass(r, 31);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_EXPIRED);
	ost_admission_spoke(r->a, 1u << 20, 1, r->now);
}

static void certificate_ends(void **state)
{
	struct rig *r = *state;
	struct ost_msg_auth_claim m = rig_claim_of(r, "urn:dev:cam", 0, 1);

	m.proof.not_after_wall_s = r->now.wall_ns / S + 100;
	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_NONE);
	assert_in_range(r->decisions[(r->decision_count - 1) % KEPT].session_s, 1, 100);
	rig_pass(r, 98);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	rig_pass(r, 3);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_EXPIRED);
}

static void reload_asks_everybody(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	assert_int_equal(rig_claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_NONE);
	ost_admission_reload(r->a, r->now);
	for (unsigned i = 0; i < 31 && (rig_session(r, "cam")->asks == 0 || rig_session(r, "bound")->asks == 0); i++)
		rig_pass(r, 1);
	assert_true(rig_session(r, "cam")->asks > 0 && rig_session(r, "bound")->asks > 0);
}

/* ---- the silent ---- */

/* The authenticator asks when the link comes up; ostiaryd does 3 and 10 seconds later, where nobody is in. */
static void a_port_that_came_up_is_asked(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_claims(r, "urn:dev:cam", 1, 1), OST_AUTH_REASON_NONE);
	rig_pass(r, 2);
	assert_int_equal(r->everybody[0], 0);
	rig_pass(r, 2);
	assert_int_equal(r->everybody[0], 1);
	rig_pass(r, 5);
	assert_int_equal(r->everybody[0], 1);
	rig_pass(r, 100);
	assert_int_equal(r->everybody[0], 2);
	assert_int_equal(r->everybody[1], 0); /* it would cost cam a proof */
	rig_port(r, 0, "dev1", false);
	rig_pass(r, 20);
	assert_int_equal(r->everybody[0], 2);
	rig_port(r, 0, "dev1", true);
	rig_pass(r, 20);
	assert_int_equal(r->everybody[0], 4);
	ost_admission_auth_up(r->a, r->now);
	rig_pass(r, 20);
	assert_int_equal(r->everybody[0], 6);
}

/* Somebody who knocks there is asked by the question to everybody, not by two questions at once. */
static void nobody_is_asked_twice_at_once(void **state)
{
	struct rig *r = *state;
	const struct ost_place p = rig_at(0, 0x77);

	rig_pass(r, 3);
	assert_int_equal(r->everybody[0], 1);
	ost_admission_seen(r->a, &p, -ENOENT, r->now);
	assert_int_equal(r->ask_count, 0);
	rig_pass(r, 4);
	assert_int_equal(r->ask_count, 1);
}

/* One that was in, expired, and was quarantined while it said nothing. */
static void who_stood_there_is_asked_after_a_restart(void **state)
{
	struct rig *r = *state;
	struct ost_place place = rig_at(0, 1);
	uint32_t before, everybody, n = 0;

	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	for (unsigned i = 0; i < 5000 && rig_session(r, "cam")->standing != OST_STATE_QUARANTINED; i++)
		rig_pass(r, 1);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_QUARANTINED);
	rig_pass(r, 100);
	ost_admission_link_down(r->a);
	before = r->ask_count;
	everybody = r->everybody[0];
	rig_link_begin(r);
	ost_admission_began(r->a, r->now.wall_ns, r->now);
	rig_pass(r, 20);
	for (uint32_t i = before; i < r->ask_count; i++)
		n += ost_place_equal(&r->asks[i % KEPT].place, &place);
	assert_int_equal(n + r->everybody[0] - everybody, 3); /* by its MAC, or with everybody there */
}

/* ---- those who knock ---- */

static void asked_at_0_3_10(void **state)
{
	struct rig *r = *state;
	const struct ost_place p = rig_at(0, 0x77);

	rig_pass(r, 20); /* everybody was */
	for (unsigned i = 0; i < 100; i++)
		ost_admission_seen(r->a, &p, -ENOENT, r->now);
	assert_int_equal(r->ask_count, 1);
	rig_pass(r, 2);
	assert_int_equal(r->ask_count, 1);
	rig_pass(r, 1);
	assert_int_equal(r->ask_count, 2);
	rig_pass(r, 6);
	assert_int_equal(r->ask_count, 2);
	rig_pass(r, 1);
	assert_int_equal(r->ask_count, 3);
	rig_pass(r, 30);
	ost_admission_seen(r->a, &p, -ENOENT, r->now);
	assert_int_equal(r->ask_count, 3); /* it rests */
	rig_pass(r, 31);
	ost_admission_seen(r->a, &p, -ENOENT, r->now);
	assert_int_equal(r->ask_count, 4);
}

static void macs_cost_nothing(void **state)
{
	struct rig *r = *state;

	for (uint32_t i = 0; i < 20000; i++) {
		struct ost_place p = rig_at(0, 0);

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
	const struct ost_place p = rig_at(1, 0x0d), q = rig_at(1, 0x0e);

	/* The portal's device gets what it needs to reach the portal; the MAC's device needs nothing. */
	ost_admission_seen(r->a, &p, rig_device(r, "meter"), r->now);
	assert_int_equal(rig_session(r, "meter")->standing, OST_STATE_LEARNING);
	ost_admission_seen(r->a, &q, rig_device(r, "plc"), r->now);
	assert_int_equal(rig_session(r, "plc")->standing, OST_STATE_IDENTIFIED);
	assert_int_equal(r->ask_count, 0);
	rig_pass(r, OST_LEARNING_S + 1);
	assert_int_equal(rig_session(r, "meter")->standing, OST_STATE_QUARANTINED);
	rig_order(r, "plc", OST_EVENT_RETIRE, 0);
	ost_admission_seen(r->a, &q, rig_device(r, "plc"), r->now);
	assert_int_equal(r->notes[OST_NOTE_SIGHTED], 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

/* One event, one line: the end of a conversation that was denied says again what was said. */
static void a_denied_claim_is_one_line(void **state)
{
	struct rig *r = *state;
	struct ost_msg_auth_claim m = rig_claim_of(r, "urn:nobody", 0, 1);
	struct ost_msg_auth_outcome end = {.place = m.place, .reason = OST_AUTH_REASON_WRONG_NAME, .claimed = 1, .denied = 1};

	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_WRONG_NAME);
	end.conversation = m.conversation;
	ost_admission_outcome(r->a, &end, r->now);
	assert_int_equal(r->notes[OST_NOTE_DENIED], 1);
	assert_int_equal(r->notes[OST_NOTE_FAILED], 0);
	assert_int_equal(ost_admission_counts(r->a)->failed[OST_AUTH_REASON_WRONG_NAME], 1);
	/* One whose device then did not take the success is another event. */
	end.denied = 0;
	end.reason = OST_AUTH_REASON_PEER_REFUSED;
	ost_admission_outcome(r->a, &end, r->now);
	assert_int_equal(r->notes[OST_NOTE_FAILED], 1);
	assert_false(r->shown);
	end = (struct ost_msg_auth_outcome){.place = m.place, .reason = OST_AUTH_REASON_EXPIRED, .shown = OST_AUTH_SHOWN_UNPROVED};
	ost_admission_outcome(r->a, &end, r->now);
	assert_int_equal(r->notes[OST_NOTE_FAILED], 2);
	assert_true(r->shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(let_in),
		T(refused_claims),
		T(a_denied_claim_is_one_line),
		T(data_plane_says_no_or_nothing),
		T(order_overtakes_a_claim),
		T(one_key_in_two_places),
		T(success_not_taken),
		T(reauthentication),
		T(reauthentication_answered),
		T(reauthentication_unanswered),
		T(reauthentication_failed),
		T(a_list_past_its_date_has_a_grace),
		T(the_life_of_a_list),
		T(asked_after_a_silence),
		T(certificate_ends),
		T(reload_asks_everybody),
		T(a_port_that_came_up_is_asked),
		T(nobody_is_asked_twice_at_once),
		T(who_stood_there_is_asked_after_a_restart),
		T(asked_at_0_3_10),
		T(macs_cost_nothing),
		T(the_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
