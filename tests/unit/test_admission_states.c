/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Admission: lock-outs, orders, policies and restarts, and anything in any order. */
#include "admission_rig.h"

/* ---- lock-outs ---- */

static void failures(struct rig *r, uint32_t port, uint8_t last, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		rig_outcome(r, 0, port, last, OST_AUTH_REASON_UNKNOWN_CA, false);
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
		assert_int_equal(rig_session(r, "bound")->standing, OST_STATE_LOCKED_OUT);
		assert_int_equal(rig_claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_LOCKED_OUT);
		/* Pulling the cable does not help. */
		rig_port(r, 0, "dev1", false);
		rig_port(r, 0, "dev1", true);
		assert_int_equal(rig_session(r, "bound")->standing, OST_STATE_LOCKED_OUT);
		rig_pass(r, seconds[i] - 1);
		assert_int_equal(rig_session(r, "bound")->standing, OST_STATE_LOCKED_OUT);
		rig_pass(r, 2);
		assert_int_equal(rig_session(r, "bound")->standing, OST_STATE_UNKNOWN);
	}
	assert_int_equal(rig_claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_NONE);
}

/* Whoever comes: the device that fails there need not be the one whose certificate is shown then. */
static void locked_place_lets_nobody_in(void **state)
{
	struct rig *r = *state;
	uint32_t before;

	failures(r, 1, 0x44, 5);
	before = r->admit_count;
	assert_int_equal(rig_claims(r, "urn:dev:cam", 1, 0x44), OST_AUTH_REASON_LOCKED_OUT);
	assert_int_equal(r->admit_count, before);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_UNKNOWN);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 1, 0x45), OST_AUTH_REASON_NONE);
}

static void slow_failures_do_not_lock(void **state)
{
	struct rig *r = *state;

	for (unsigned i = 0; i < 20; i++) {
		failures(r, 0, 1, 1);
		rig_pass(r, 151);
	}
	assert_null(forgotten(r));
	/* Nor does what is our own trouble, or silence. */
	for (unsigned i = 0; i < 20; i++) {
		rig_outcome(r, 0, 0, 1, OST_AUTH_REASON_TIMEOUT, false);
		rig_outcome(r, 0, 0, 1, OST_AUTH_REASON_UNAVAILABLE, false);
		rig_outcome(r, 0, 0, 1, OST_AUTH_REASON_CRL, false);
	}
	assert_null(forgotten(r));
}

static void locked_there_not_here(void **state)
{
	struct rig *r = *state;

	/* The same MAC at another port, in another VLAN: the session is not touched. */
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	failures(r, 1, 1, 5);
	assert_int_equal(forgotten(r)->place.port, 1);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	assert_int_equal(rig_session(r, "cam")->asks, 0);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	/* A success forgets failures. */
	failures(r, 0, 2, 4);
	rig_outcome(r, 0, 0, 2, OST_AUTH_REASON_NONE, true);
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
	assert_int_equal(rig_session(r, "bound")->standing, OST_STATE_LOCKED_OUT);
	rig_order(r, "bound", OST_EVENT_RELEASE, 0);
	assert_int_equal(rig_session(r, "bound")->standing, OST_STATE_UNKNOWN);
	assert_int_equal(rig_claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_NONE);
}

static void floods_lift_no_lock_out(void **state)
{
	struct rig *r = *state;

	failures(r, 0, 0x0b, 5);
	for (uint32_t i = 0; i < 3 * OST_ADMISSION_PLACES; i++) {
		struct ost_place p = rig_at(0, 0);
		const struct ost_msg_auth_outcome m = {.place = {.port = 0, .mac = {2, 8, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 1}},
			.reason = OST_AUTH_REASON_MALFORMED};

		memcpy(&p.mac[2], &i, 4);
		ost_admission_seen(r->a, &p, -ENOENT, r->now);
		ost_admission_outcome(r->a, &m, r->now);
	}
	assert_int_equal(rig_claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_LOCKED_OUT);
}

/* ---- orders ---- */

static void orders(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	ost_admission_kept(r->a, true);
	rig_order(r, "cam", OST_EVENT_QUARANTINE, 0);
	assert_true(ost_admission_urgent(r->a));
	assert_int_equal(rig_last_admit(r)->state, OST_STATE_QUARANTINED);
	assert_int_equal(rig_last_admit(r)->placed, 1);
	assert_string_equal(rig_session(r, "cam")->order->by, "op");
	assert_int_equal(forgotten(r)->place.mac[5], 1);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_STATE);
	rig_order(r, "cam", OST_EVENT_APPROVE, -EPERM);
	rig_order(r, "cam", OST_EVENT_RELEASE, 0);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	rig_order(r, "cam", OST_EVENT_REVOKE, 0);
	assert_int_equal(rig_last_admit(r)->state, OST_STATE_REVOKED);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_REVOKED);
	rig_order(r, "cam", OST_EVENT_RELEASE, -EPERM);
	rig_order(r, "cam", OST_EVENT_APPROVE, 0);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	rig_order(r, "cam", OST_EVENT_RETIRE, 0);
	for (enum ost_event e = OST_EVENT_APPROVE; e < OST_EVENT_RETIRE; e++)
		rig_order(r, "cam", e, -EPERM);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_STATE);
	rig_order(r, "bound", OST_EVENT_APPROVE, -EPERM); /* no order replaces its proof */
	rig_order(r, "plc", OST_EVENT_QUARANTINE, 0);
	rig_order(r, "plc", OST_EVENT_RELEASE, 0);
	assert_int_equal(rig_session(r, "plc")->standing, OST_STATE_IDENTIFIED);
}

static void logoff_of_its_own_place_only(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	rig_outcome(r, 0, 1, 1, OST_AUTH_REASON_LOGOFF, false);
	rig_outcome(r, 0, 1, 2, OST_AUTH_REASON_LOGOFF, false);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	assert_int_equal(r->notes[OST_NOTE_LOGOFF], 0); /* frames that cost a stranger nothing fill no log */
	rig_outcome(r, 0, 0, 1, OST_AUTH_REASON_LOGOFF, false);
	assert_int_equal(r->notes[OST_NOTE_LOGOFF], 1);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_UNKNOWN);
	assert_int_equal(rig_last_admit(r)->state, OST_STATE_UNKNOWN);
}

/* ---- behind RADIUS clients ---- */

static struct ost_place station(uint16_t client, uint32_t nas_port, uint8_t last)
{
	return (struct ost_place){.port = OST_PLACE_NO_PORT, .client = client, .vlan = nas_port, .mac = {last != 0 ? 2 : 0, 0, 0, 0, 0, last}};
}

static uint8_t radius_claim(struct rig *r)
{
	struct ost_msg_auth_claim m = rig_claim_of(r, "urn:dev:bound", 0, 0x0b);

	m.way = OST_AUTH_WAY_RADIUS;
	m.place = station(1, 7, 0x0b);
	return rig_claim_go(r, &m);
}

/* It has the place where it is seen first, and is out when that port loses its link; another port is none of its business. */
static void a_station_is_where_it_was_seen(void **state)
{
	struct rig *r = *state;
	uint32_t bound = rig_device(r, "bound");

	assert_int_equal(radius_claim(r), OST_AUTH_REASON_NONE);
	assert_false(rig_session(r, "bound")->placed);
	ost_admission_enforced(r->a, bound, OST_STATE_AUTHENTICATED, OST_PORTS_MAX, r->now);
	assert_false(rig_session(r, "bound")->placed);
	ost_admission_enforced(r->a, bound, OST_STATE_AUTHENTICATED, 0, r->now);
	rig_acks(r, 0);
	assert_true(rig_session(r, "bound")->placed);
	assert_true(rig_last_admit(r)->placed);
	assert_int_equal(rig_last_admit(r)->place.port, 0);
	assert_int_equal(radius_claim(r), OST_AUTH_REASON_NONE); /* again: it is no second place */
	ost_admission_enforced(r->a, bound, OST_STATE_AUTHENTICATED, 0, r->now);
	rig_acks(r, 0);
	rig_port(r, 1, "dev2", false);
	assert_int_equal(rig_session(r, "bound")->standing, OST_STATE_AUTHENTICATED);
	rig_port(r, 0, "dev1", false);
	rig_acks(r, 0);
	assert_int_equal(rig_session(r, "bound")->standing, OST_STATE_UNKNOWN);
	assert_int_equal(rig_last_admit(r)->state, OST_STATE_UNKNOWN);
	rig_port(r, 0, "dev1", true);
	/* The link was gone and back before we knew where it was: what the data plane took stays taken. */
	assert_int_equal(radius_claim(r), OST_AUTH_REASON_NONE);
	ost_admission_enforced(r->a, bound, OST_STATE_UNKNOWN, OST_PORTS_MAX, r->now);
	rig_acks(r, 0);
	assert_int_equal(rig_session(r, "bound")->standing, OST_STATE_UNKNOWN);
	assert_int_equal(rig_last_admit(r)->state, OST_STATE_UNKNOWN);
}

static uint32_t fails(struct rig *r, const struct ost_place *place)
{
	struct ost_msg_auth_outcome m = {.place = *place, .way = OST_AUTH_WAY_RADIUS, .reason = OST_AUTH_REASON_UNKNOWN_CA};
	uint32_t before = r->notes[OST_NOTE_LOCKED];

	for (unsigned i = 0; i < 5; i++) {
		assert_true(ost_message_valid(OST_MSG_AUTH_OUTCOME, &m, sizeof(m)));
		ost_admission_outcome(r->a, &m, r->now);
	}
	return r->notes[OST_NOTE_LOCKED] - before;
}

static void stations_are_locked_out_each(void **state)
{
	struct rig *r = *state;
	struct ost_msg_auth_claim m = rig_claim_of(r, "urn:dev:cam", 0, 1);
	struct ost_place place = station(1, 7, 1), nobody = station(1, 0, 0);
	uint32_t asks = r->ask_count;

	m.way = OST_AUTH_WAY_RADIUS;
	m.place = place;
	assert_int_equal(fails(r, &place), 1);
	assert_int_equal(r->ask_count, asks + 1); /* ostiary-authd does not listen to it */
	assert_int_equal(r->asks[asks % KEPT].what, OST_AUTH_ASK_FORGET);
	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_LOCKED_OUT);
	m.place = station(2, 7, 1); /* the same MAC behind another client, at another port, at one of ours */
	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_NONE);
	m.place = station(1, 8, 1);
	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_NONE);
	assert_int_equal(rig_claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_NONE);
	place = station(1, 7, 0); /* a client that tells the port and no station: the port is locked */
	assert_int_equal(fails(r, &place), 1);
	assert_int_equal(fails(r, &nobody), 0); /* neither: it would be everybody there */
	m.place = nobody;
	assert_int_equal(rig_claim_go(r, &m), OST_AUTH_REASON_NONE);
}

static void data_plane_is_corrected(void **state)
{
	struct rig *r = *state;
	uint32_t before = r->admit_count;

	ost_admission_enforced(r->a, rig_device(r, "cam"), OST_STATE_UNKNOWN, 0, r->now);
	assert_int_equal(r->admit_count, before);
	ost_admission_enforced(r->a, rig_device(r, "cam"), OST_STATE_AUTHENTICATED, 0, r->now);
	assert_int_equal(r->admit_count, before + 1);
	assert_int_equal(rig_last_admit(r)->state, OST_STATE_UNKNOWN);
	rig_acks(r, 0);
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

	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	assert_int_equal(rig_claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_NONE);
	rig_order(r, "plc", OST_EVENT_REVOKE, 0);
	r->bytes = rig_image_of(other, 8, &r->length, &r->image);
	assert_int_equal(ost_admission_policy(r->a, &r->image, r->now), 0);
	free(before);
	rig_acks(r, 0);
	/* cam's certificate is another one now: what it proved is void. */
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_UNKNOWN);
	assert_int_equal(rig_session(r, "bound")->standing, OST_STATE_AUTHENTICATED);
	assert_int_equal(rig_session(r, "plc")->standing, OST_STATE_REVOKED);
	assert_int_equal(rig_session(r, "first")->standing, OST_STATE_IDENTIFIED);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_WRONG_NAME);
	assert_int_equal(rig_claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_NONE);
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

static void restarted_as(struct rig *r, struct kept *k, uint64_t down_s, bool away)
{
	*k = (struct kept){0};
	assert_int_equal(ost_admission_unkept_each(r->a, r->now, row_take, k), 0);
	ost_admission_kept(r->a, true);
	assert_false(ost_admission_unkept(r->a));
	ost_admission_free(&r->a);
	r->now.mono_ns = 5 * S; /* another boot */
	r->now.wall_ns += down_s * S;
	r->sequence = r->acked = r->admit_count = 0;
	rig_admission_begin(r);
	for (uint32_t i = 0; i < k->count; i++)
		ost_admission_restore(r->a, &k->rows[i], away, r->now);
}

static void restarted(struct rig *r, struct kept *k, uint64_t down_s)
{
	restarted_as(r, k, down_s, false);
}

static void sessions_survive(void **state)
{
	struct rig *r = *state;
	struct kept *k = calloc(1, sizeof(*k));
	bool told = false;

	assert_non_null(k);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	assert_int_equal(rig_claims(r, "urn:dev:bound", 0, 0x0b), OST_AUTH_REASON_NONE);
	rig_order(r, "plc", OST_EVENT_RETIRE, 0);
	restarted(r, k, 10);
	assert_int_equal(k->count, 3);
	rig_link_begin(r);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	assert_string_equal(rig_session(r, "cam")->proof->identity, "urn:dev:cam");
	assert_int_equal(rig_session(r, "plc")->standing, OST_STATE_RETIRED);
	for (uint32_t i = 0; i < r->admit_count; i++)
		told |= r->admits[i].device == rig_device(r, "cam") && r->admits[i].state == OST_STATE_AUTHENTICATED;
	assert_true(told);
	/* Another port has its number now: the session was not there. */
	restarted(r, k, 10);
	for (uint32_t i = 0; i < k->count; i++)
		ost_admission_restore(r->a, &k->rows[i], false, r->now);
	free(k);
}

/* The policy had it not for a while: who stands at its place now has proved nothing. What was ordered holds. */
static void out_of_the_policy_and_back(void **state)
{
	struct rig *r = *state;
	struct kept *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	rig_order(r, "plc", OST_EVENT_QUARANTINE, 0);
	restarted_as(r, k, 10, true);
	rig_link_begin(r);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_UNKNOWN);
	assert_false(rig_session(r, "cam")->placed);
	assert_null(rig_session(r, "cam")->proof);
	assert_int_equal(rig_session(r, "plc")->standing, OST_STANDING_HELD);
	for (uint32_t i = 0; i < r->admit_count; i++)
		assert_true(r->admits[i].device != rig_device(r, "cam") || r->admits[i].state == OST_STATE_UNKNOWN);
	free(k);
}

static void nothing_longer_by_a_restart(void **state)
{
	struct rig *r = *state;
	struct kept *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	restarted(r, k, 4000); /* it was down when the session should have been renewed */
	rig_link_begin(r);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_AUTHENTICATED);
	rig_pass(r, 1);
	assert_int_equal(rig_session(r, "cam")->asks, 1);
	rig_pass(r, 31);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_EXPIRED);
	free(k);
}

static void another_port_of_that_number(void **state)
{
	struct rig *r = *state;
	struct kept *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	assert_int_equal(rig_claims(r, "urn:dev:cam", 0, 1), OST_AUTH_REASON_NONE);
	restarted(r, k, 1);
	ost_admission_link_up(r->a, r->now);
	rig_port(r, 0, "elsewhere", true);
	rig_acks(r, 0);
	assert_int_equal(rig_session(r, "cam")->standing, OST_STATE_UNKNOWN);
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
		m = rig_claim_of(r, names[(x >> 16) % 5], port, last);
		m.way = (uint8_t)((x >> 20) % OST_AUTH_WAY_COUNT);
		ost_admission_claim(r->a, &m, r->now);
		break;
	case 2:
		rig_outcome(r, r->conversation - (x >> 24) % 4, port, last, (enum ost_auth_reason)((x >> 16) % OST_AUTH_REASON_COUNT), x >> 30 & 1);
		break;
	case 3:
		if (ost_admission_order(r->a, (uint32_t)((x >> 16) % r->image.device_count),
			    (enum ost_event)(OST_EVENT_APPROVE + (x >> 20) % 4), &who, r->now, why) < 0)
			assert_true(why[0] != '\0');
		break;
	case 4:
		rig_port(r, port, port == 0 ? "dev1" : "dev2", x >> 16 & 1);
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
		rig_pass(r, (unsigned)((x >> 16) % 200));
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
				assert_int_not_equal(d, rig_device(r, "plc"));
			}
			if (d == rig_device(r, "plc"))
				assert_true(s->standing != OST_STATE_EXPIRED && s->standing != OST_STATE_LEARNING);
		}
		for (unsigned n = 0; n < OST_STANDING_COUNT; n++)
			standings += ost_admission_counts(r->a)->standings[n];
		assert_int_equal(standings, r->image.device_count);
	}
	rig_acks(r, 0);
	r->admit_count = 0;
	ost_admission_link_down(r->a);
	r->acked = r->sequence;
	rig_link_begin(r);
	memset(last, 0, sizeof(last));
	for (uint32_t i = 0; i < r->admit_count && i < KEPT; i++)
		last[r->admits[i].device] = r->admits[i];
	for (uint32_t d = 0; d < r->image.device_count; d++) {
		const struct ost_session *s = ost_admission_session(r->a, d);

		if (s->standing != OST_STATE_IDENTIFIED)
			assert_int_equal(last[d].state, ost_standing_state(s->standing));
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(locked_out_longer_each_time),
		T(locked_place_lets_nobody_in),
		T(slow_failures_do_not_lock),
		T(locked_there_not_here),
		T(released_by_order),
		T(floods_lift_no_lock_out),
		T(orders),
		T(logoff_of_its_own_place_only),
		T(a_station_is_where_it_was_seen),
		T(stations_are_locked_out_each),
		T(data_plane_is_corrected),
		T(policy_asks_something_else),
		T(sessions_survive),
		T(nothing_longer_by_a_restart),
		T(another_port_of_that_number),
		T(out_of_the_policy_and_back),
		T(chaos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
