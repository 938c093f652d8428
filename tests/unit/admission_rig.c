/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "admission_rig.h"

#include "compile.h"
#include "policy_yaml.h"

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
	static const uint8_t group[6] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x03};
	struct rig *r = user;

	assert_true(ost_message_valid(OST_MSG_AUTH_ASK, m, sizeof(*m)));
	if (memcmp(m->place.mac, group, sizeof(group)) == 0) {
		assert_int_equal(m->what, OST_AUTH_ASK_BEGIN);
		r->everybody[m->place.port]++;
		return;
	}
	r->asks[r->ask_count++ % KEPT] = *m;
}

static void on_keep(void *user)
{
	struct rig *r = user;

	r->keeps++;
}

static void on_note(void *user, const struct ost_admission_note *n)
{
	struct rig *r = user;

	r->notes[n->kind]++;
	r->shown = n->shown != NULL;
}

void *rig_image_of(const char *text, uint64_t generation, size_t *ret_length, struct ost_image *ret_image)
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

void rig_acks(struct rig *r, int result)
{
	while (r->acked < r->sequence)
		assert_int_equal(ost_admission_ack(r->a, ++r->acked, result, r->now), 0);
}

void rig_admission_begin(struct rig *r)
{
	static const struct ost_hash_key key = {{1, 2, 3, 4}};
	const struct ost_admission_ops ops = {.admit = on_admit, .decide = on_decide, .ask = on_ask, .note = on_note, .keep = on_keep, .user = r};

	assert_int_equal(ost_admission_new(&ops, &key, &r->a), 0);
	assert_int_equal(ost_admission_policy(r->a, &r->image, r->now), 0);
}

void rig_port(struct rig *r, uint32_t port, const char *name, bool up)
{
	struct ost_admission_link link = {.name = name, .up = up};

	if (!up)
		r->down_ns[port] = r->now.mono_ns;
	link.down_ns = r->down_ns[port];
	ost_admission_port(r->a, port, &link, r->now);
}

void rig_link_begin(struct rig *r)
{
	ost_admission_link_up(r->a, r->now);
	rig_acks(r, 0);
	rig_port(r, 0, "dev1", true);
	rig_port(r, 1, "dev2", true);
}

int rig_setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->now = (struct ost_moment){1000 * S, 1800000000ull * S};
	r->bytes = rig_image_of(yaml, 7, &r->length, &r->image);
	rig_admission_begin(r);
	rig_link_begin(r);
	*state = r;
	return 0;
}

int rig_teardown(void **state)
{
	struct rig *r = *state;

	ost_admission_free(&r->a);
	free(r->bytes);
	free(r);
	return 0;
}

uint32_t rig_device(const struct rig *r, const char *name)
{
	int64_t i = ost_image_device_find(&r->image, name);

	assert_true(i >= 0);
	return (uint32_t)i;
}

const struct ost_session *rig_session(const struct rig *r, const char *name)
{
	return ost_admission_session(r->a, rig_device(r, name));
}

struct ost_place rig_at(uint32_t port, uint8_t last)
{
	return (struct ost_place){.port = port, .mac = {2, 0, 0, 0, 0, last}};
}

struct ost_msg_auth_claim rig_claim_of(struct rig *r, const char *identity, uint32_t port, uint8_t last)
{
	struct ost_msg_auth_claim m = {.conversation = ++r->conversation, .place = rig_at(port, last), .way = OST_AUTH_WAY_EAPOL, .proof = {.assurance = OST_ASSURANCE_SOFTWARE, .not_before_wall_s = 1, .not_after_wall_s = 2000000000u}};

	(void)snprintf(m.proof.identity, sizeof(m.proof.identity), "%s", identity);
	return m;
}

uint8_t rig_decided(const struct rig *r, uint64_t conversation)
{
	assert_true(r->decision_count > 0);
	assert_int_equal(r->decisions[(r->decision_count - 1) % KEPT].conversation, conversation);
	return r->decisions[(r->decision_count - 1) % KEPT].reason;
}

uint8_t rig_claim_go(struct rig *r, const struct ost_msg_auth_claim *m)
{
	ost_admission_claim(r->a, m, r->now);
	rig_acks(r, 0);
	return rig_decided(r, m->conversation);
}

uint8_t rig_claims(struct rig *r, const char *identity, uint32_t port, uint8_t last)
{
	struct ost_msg_auth_claim m = rig_claim_of(r, identity, port, last);

	return rig_claim_go(r, &m);
}

void rig_outcome(struct rig *r, uint64_t conversation, uint32_t port, uint8_t last, enum ost_auth_reason reason, bool claimed)
{
	const struct ost_msg_auth_outcome m = {.conversation = conversation, .place = rig_at(port, last), .way = OST_AUTH_WAY_EAPOL, .reason = (uint8_t)reason, .claimed = claimed};

	ost_admission_outcome(r->a, &m, r->now);
	rig_acks(r, 0);
}

void rig_pass(struct rig *r, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		r->now.mono_ns += S;
		r->now.wall_ns += S;
		ost_admission_tick(r->a, r->now);
		rig_acks(r, 0);
	}
}

const struct ost_msg_admit *rig_last_admit(const struct rig *r)
{
	assert_true(r->admit_count > 0);
	return &r->admits[(r->admit_count - 1) % KEPT];
}

void rig_order(struct rig *r, const char *name, enum ost_event event, int result)
{
	const struct ost_session_order who = {.uid = 1000, .by = "op", .why = "because"};
	char why[256] = "";

	assert_int_equal(ost_admission_order(r->a, rig_device(r, name), event, &who, r->now, why), result);
	assert_int_equal(result < 0, why[0] != '\0');
	rig_acks(r, 0);
}
