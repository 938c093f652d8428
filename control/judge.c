/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge.h"

#include <netinet/in.h>

#include "clock.h"
#include "judge_address.h"
#include "judge_site.h"
#include "placeholder.h"
#include "probe.h"

#define CLOCK_START_NS (3600 * OST_NS_PER_S)
#define CLOCK_END_NS   (1000000 * OST_NS_PER_S) /* then anew: the classifier's ticks have 32 bits */
#define STEP_NS	       (2 * OST_NS_PER_S)	/* more than each timeout of judge_site.c */

struct ost_judge {
	const struct ost_image *image;
	struct ost_judge_tables tables;
	struct ost_judge_addresses addresses;
	struct ost_judge_site sites[OST_JUDGE_SITES];
	uint64_t now_ns;
	int64_t wall_s;
	uint32_t questions;
};

int ost_judge_new(const struct ost_image *image, struct ost_judge **ret_judge)
{
	struct ost_judge *j = calloc(1, sizeof(*j));
	int rc;

	if (j == NULL)
		return -ENOMEM;
	j->image = image;
	j->now_ns = CLOCK_START_NS;
	rc = ost_judge_tables_make(&j->tables, image);
	if (rc == 0)
		rc = ost_judge_addresses_make(&j->addresses, image);
	if (rc < 0) {
		ost_judge_free(&j);
		return rc;
	}
	*ret_judge = j;
	return 0;
}

void ost_judge_free(struct ost_judge **judge)
{
	struct ost_judge *j = *judge;

	if (j == NULL)
		return;
	for (uint32_t i = 0; i < OST_JUDGE_SITES; i++)
		ost_judge_site_close(&j->sites[i]);
	ost_judge_tables_close(&j->tables);
	ost_judge_addresses_close(&j->addresses);
	free(j);
	*judge = NULL;
}

void ost_judge_wall_set(struct ost_judge *j, int64_t wall_s)
{
	j->wall_s = wall_s;
	for (uint32_t i = 0; i < OST_JUDGE_SITES; i++) {
		if (j->sites[i].site != NULL)
			ost_site_wall_set(j->sites[i].site, wall_s);
	}
}

/* ---- state and addresses of the devices asked about ---- */

bool ost_judge_state(const struct ost_image_role *role, enum ost_state *ret_state,
	enum ost_assurance *ret_assurance)
{
	bool assumed = role->authenticate != OST_AUTH_MAC;

	*ret_state = assumed ? OST_STATE_AUTHENTICATED : OST_STATE_IDENTIFIED;
	*ret_assurance = assumed ? OST_MAX(role->assurance, OST_ASSURANCE_SOFTWARE)
				 : OST_ASSURANCE_IDENTIFIED;
	return assumed;
}

/* Forgets every placeholder and every site that knows one. */
static void start_over(struct ost_judge *j)
{
	for (uint32_t i = 0; i < OST_JUDGE_SITES; i++)
		ost_judge_site_close(&j->sites[i]);
	j->now_ns = CLOCK_START_NS;
	ost_judge_addresses_forget(&j->addresses);
}

static int give_state(const struct ost_judge *j, struct ost_judge_site *s, uint32_t device)
{
	enum ost_assurance assurance;
	enum ost_state state;
	int rc;

	if (s->prepared[device] & OST_JUDGE_HAS_STATE)
		return 0;
	(void)ost_judge_state(&j->image->roles[j->image->devices[device].role], &state, &assurance);
	rc = ost_site_device_state_set(s->site, device, state, assurance);
	if (rc == 0)
		s->prepared[device] |= OST_JUDGE_HAS_STATE;
	return rc;
}

static int prepare(struct ost_judge *j, struct ost_judge_site *s, uint32_t device, uint8_t family,
	struct ost_ip *ret_ip)
{
	uint8_t bit = family == OST_IPV6 ? OST_JUDGE_HAS_IPV6 : OST_JUDGE_HAS_IPV4;
	enum ost_binding_source source;
	int rc = give_state(j, s, device);

	if (rc == 0)
		rc = ost_judge_address(&j->addresses, device, family, ret_ip, &source);
	if (rc < 0 || s->prepared[device] & bit)
		return rc;
	rc = ost_site_bind(s->site, device, ret_ip, source, 0, 0);
	if (rc == 0)
		s->prepared[device] |= bit;
	return rc;
}

/* ---- asking ---- */

struct ask {
	uint32_t device;
	uint32_t peer; /* a device, or OST_DEVICE_NONE */
	struct ost_ip ip, peer_ip;
	const char *host; /* that the device was given peer_ip for, or NULL */
	uint8_t family;
	const struct ost_flow_question *question;
};

/* RFC 1112 section 6.4 and RFC 2464 section 7 for groups, else the router. */
static void destination_mac(const struct ost_judge *j, const struct ost_ip *ip, uint8_t mac[6])
{
	static const uint8_t all[4] = {255, 255, 255, 255};

	if (ip->family == OST_IPV4 && memcmp(ip->b, all, 4) == 0) {
		memset(mac, 0xff, 6);
	} else if (ip->family == OST_IPV4 && ip->b[0] >> 4 == 14) {
		memcpy(mac, "\x01\x00\x5e", 3);
		mac[3] = ip->b[1] & 0x7f;
		memcpy(mac + 4, ip->b + 2, 2);
	} else if (ip->family == OST_IPV6 && ip->b[0] == 0xff) {
		memcpy(mac, "\x33\x33", 2);
		memcpy(mac + 2, ip->b + 12, 4);
	} else {
		ost_judge_mac(&j->tables, OST_JUDGE_ROUTER, mac);
	}
}

/* Which protocol ports a client takes does not matter; that two questions do not share them does.
 */
static uint16_t client_port(struct ost_judge *j)
{
	return (uint16_t)(49152 + j->questions++ % 16000);
}

static void make_probe(struct ost_judge *j, const struct ost_judge_site *s, const struct ask *ask,
	struct ost_probe *p, uint8_t *ret_port)
{
	const struct ost_image_device *device = &s->devices[ask->device];
	bool out = ask->question->direction == OST_TO;
	uint32_t sender = out ? ask->device : ask->peer;

	p->src = out ? ask->ip : ask->peer_ip;
	p->dst = out ? ask->peer_ip : ask->ip;
	p->vlan = device->vlan;
	p->protocol = ask->question->protocol;
	p->value = ask->question->value;
	p->src_port = client_port(j);
	if (ask->peer != OST_DEVICE_NONE)
		memcpy(out ? p->dst_mac : p->src_mac, s->devices[ask->peer].mac, 6);
	else if (out)
		destination_mac(j, &p->dst, p->dst_mac);
	else
		ost_judge_mac(&j->tables, OST_JUDGE_ROUTER, p->src_mac);
	memcpy(out ? p->src_mac : p->dst_mac, device->mac, 6);
	*ret_port =
		(uint8_t)(sender != OST_DEVICE_NONE ? s->devices[sender].port : OST_JUDGE_NETWORK);
}

/* The rules of an explanation are the sender's and the other's; we tell the asked device's and its
 * peer's. */
static void take_rules(
	const struct ask *ask, const struct ost_explanation *e, struct ost_judgement *ret)
{
	bool swapped = e->device != ask->device && e->peer_device == ask->device;

	ret->rule = swapped ? e->peer_rule : e->rule;
	ret->peer_rule = swapped ? e->rule : e->peer_rule;
	ret->peer_device = swapped ? e->device : e->peer_device;
	if (ret->peer_device == OST_DEVICE_NONE)
		ret->peer_device = ask->peer;
}

static int prepare_both(struct ost_judge *j, struct ost_judge_site *s, struct ask *ask)
{
	struct ost_ip peer_ip;
	int rc = prepare(j, s, ask->device, ask->family, &ask->ip);

	if (rc < 0 || ask->peer == OST_DEVICE_NONE)
		return rc;
	rc = prepare(j, s, ask->peer, ask->family, &peer_ip);
	if (rc == 0 && ask->question->has_peer_device)
		ask->peer_ip = peer_ip; /* else it is the one that was asked about */
	return rc;
}

/* As if a name server had just told the device. */
static int prepare_host(const struct ost_judge *j, struct ost_judge_site *s, const struct ask *ask)
{
	return ask->host != NULL
		       ? ost_site_name_bind(s->site, ask->device, ask->host, &ask->peer_ip, j->now_ns, j->now_ns + STEP_NS / 2)
		       : 0;
}

static int ask_once(struct ost_judge *j, struct ask *ask, struct ost_judgement *ret)
{
	uint32_t digit = ost_judge_digit(ask->device, ask->peer);
	struct ost_judge_site *s = &j->sites[digit];
	uint8_t bytes[OST_PROBE_MAX];
	struct ost_frame frame = {.bytes = bytes};
	struct ost_explanation e;
	struct ost_probe p = {0};
	int rc = s->classifier == NULL ? ost_judge_site_open(&j->tables, digit, j->now_ns, s) : 0;

	if (rc == 0)
		ost_site_wall_set(s->site, j->wall_s);

	if (rc == 0)
		rc = prepare_both(j, s, ask);
	if (rc < 0)
		return rc;
	j->now_ns += STEP_NS;
	(void)ost_classifier_sweep(
		s->classifier, ost_classifier_sweep_buckets(s->classifier), j->now_ns);
	rc = prepare_host(j, s, ask);
	if (rc < 0)
		return rc;
	make_probe(j, s, ask, &p, &frame.port);
	rc = ost_probe_build(&p, bytes);
	if (rc < 0)
		return rc;
	frame.length = (uint32_t)rc;
	ost_classify_explain(s->classifier, &frame, j->now_ns, &e);
	ret->allowed = e.verdict.action != OST_REFUSE;
	ret->reason = e.verdict.reason;
	ret->audit = e.verdict.audit;
	ret->family = ask->family;
	take_rules(ask, &e, ret);
	return 0;
}

/* A site or the placeholders may be full after very many questions: then begin anew, once. */
static int ask_again(struct ost_judge *j, struct ask *ask, struct ost_judgement *ret)
{
	int rc = j->now_ns < CLOCK_END_NS ? ask_once(j, ask, ret) : -ENOSPC;

	if (rc != -ENOSPC)
		return rc;
	start_over(j);
	return ask_once(j, ask, ret);
}

static bool family_possible(const struct ost_judge *j, const struct ask *ask, uint8_t family)
{
	uint8_t protocol = ask->question->protocol;
	uint8_t other = family == OST_IPV4 ? OST_IPV6 : OST_IPV4;
	struct ost_ip unused;

	if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
		return family == (protocol == IPPROTO_ICMP ? OST_IPV4 : OST_IPV6);
	/* A device whose addresses are written down, and all of the other family, has none of this
	 * one. */
	for (unsigned i = 0; i < 2; i++) {
		uint32_t device = i == 0 ? ask->device : ask->peer;

		if (!ost_judge_address_own(&j->addresses, device, family, &unused) &&
			ost_judge_address_own(&j->addresses, device, other, &unused))
			return false;
	}
	return true;
}

/* Between VLANs a router carries the flow: the gateway sees it twice, in each VLAN as one with an
 * address of the network side, and must say yes twice. */
static int ask_routed(struct ost_judge *j, const struct ask *ask, struct ost_judgement *ret)
{
	struct ost_flow_question there = *ask->question, back = *ask->question;
	struct ask first = {.device = ask->device,
		.peer = OST_DEVICE_NONE,
		.family = ask->family,
		.question = &there};
	struct ask second = {.device = ask->peer,
		.peer = OST_DEVICE_NONE,
		.family = ask->family,
		.question = &back};
	struct ost_judgement answer;
	enum ost_binding_source source;
	int rc;

	there.has_peer_device = back.has_peer_device = false;
	back.direction = there.direction == OST_TO ? OST_FROM : OST_TO;
	rc = ost_judge_address(&j->addresses, ask->peer, ask->family, &first.peer_ip, &source);
	if (rc == 0)
		rc = ost_judge_address(
			&j->addresses, ask->device, ask->family, &second.peer_ip, &source);
	if (rc == 0)
		rc = ask_once(j, &first, ret);
	if (rc == 0)
		rc = ask_once(j, &second, &answer);
	if (rc < 0)
		return rc;
	ret->peer_device = ask->peer;
	ret->peer_rule = answer.rule;
	if (ret->audit == OST_REASON_NONE)
		ret->audit = answer.audit;
	if (ret->allowed && !answer.allowed) {
		ret->allowed = false;
		ret->reason = OST_REASON_PEER_NOT_ALLOWED;
	}
	return 0;
}

static int ask_family(
	struct ost_judge *j, struct ask *ask, uint8_t family, struct ost_judgement *ret)
{
	int rc;

	ask->family = family;
	if (j->image->devices[ask->device].vlan == j->image->devices[ask->peer].vlan)
		return ask_again(j, ask, ret);
	rc = j->now_ns < CLOCK_END_NS ? ask_routed(j, ask, ret) : -ENOSPC;
	if (rc != -ENOSPC)
		return rc;
	start_over(j);
	return ask_routed(j, ask, ret);
}

static int ask_device(struct ost_judge *j, struct ask *ask, struct ost_judgement *ret)
{
	const uint8_t only = ask->question->peer.family; /* 0: any */
	bool v4 = only != OST_IPV6 && family_possible(j, ask, OST_IPV4), v6 = only != OST_IPV4 && family_possible(j, ask, OST_IPV6);
	struct ost_judgement second;
	int rc = ask_family(j, ask, v4 || !v6 ? OST_IPV4 : OST_IPV6, ret);

	if (rc < 0 || ret->allowed || !(v4 && v6))
		return rc;
	rc = ask_family(j, ask, OST_IPV6, &second);
	if (rc == 0 && second.allowed)
		*ret = second;
	return rc;
}

/* An address that nobody has stands for those of the host. */
static int ask_host_family(struct ost_judge *j, struct ask *ask, uint8_t family, struct ost_judgement *ret)
{
	int rc = ost_placeholders_take_outside(j->addresses.placeholders, (enum ost_family)family, &ask->peer_ip);

	ask->family = family;
	if (rc == 0)
		rc = j->now_ns < CLOCK_END_NS ? ask_once(j, ask, ret) : -ENOSPC;
	if (rc != -ENOSPC)
		return rc;
	start_over(j);
	rc = ost_placeholders_take_outside(j->addresses.placeholders, (enum ost_family)family, &ask->peer_ip);
	return rc == 0 ? ask_once(j, ask, ret) : rc;
}

/* Both families, where the device may have addresses of both: one yes is a yes. */
static int ask_host(struct ost_judge *j, struct ask *ask, struct ost_judgement *ret)
{
	struct ost_ip own;
	bool v4 = ost_judge_address_own(&j->addresses, ask->device, OST_IPV4, &own);
	bool v6 = ost_judge_address_own(&j->addresses, ask->device, OST_IPV6, &own);
	uint8_t protocol = ask->question->protocol;
	struct ost_judgement second;
	int rc;

	if (protocol == IPPROTO_ICMPV6 || (v6 && !v4 && protocol != IPPROTO_ICMP))
		return ask_host_family(j, ask, OST_IPV6, ret);
	rc = ask_host_family(j, ask, OST_IPV4, ret);
	if (rc < 0 || ret->allowed || v4 != v6 || protocol == IPPROTO_ICMP)
		return rc;
	rc = ask_host_family(j, ask, OST_IPV6, &second);
	if (rc == 0 && second.allowed)
		*ret = second;
	return rc;
}

int ost_judge_ask(struct ost_judge *j, uint32_t device, const struct ost_flow_question *question,
	struct ost_judgement *ret_judgement)
{
	struct ask ask = {.device = device, .peer = OST_DEVICE_NONE, .question = question, .host = question->peer_host.name};
	struct ost_judgement result = {0};
	int rc;

	if (device >= j->image->device_count)
		return -EINVAL;
	if (question->has_peer_device) {
		ask.peer = question->peer_device;
	} else if (ask.host == NULL || question->peer.family != 0) {
		ask.peer_ip = question->peer;
		ask.peer = ost_judge_address_holder(
			&j->addresses, &question->peer, j->image->devices[device].vlan);
		if (ask.peer == OST_DEVICE_NONE &&
			ost_placeholders_avoid(j->addresses.placeholders, &question->peer))
			start_over(j);
	}
	if (ask.peer == device ||
		(ask.peer != OST_DEVICE_NONE && ask.peer >= j->image->device_count))
		return -EINVAL;
	if (ask.host != NULL && question->peer.family == 0) {
		rc = ask_host(j, &ask, &result);
	} else if (question->has_peer_device) {
		rc = ask_device(j, &ask, &result);
	} else {
		ask.family = question->peer.family;
		rc = ask_again(j, &ask, &result);
	}
	if (rc < 0)
		return rc;
	result.assumed = ost_judge_state(
		&j->image->roles[j->image->devices[device].role], &result.state, &result.assurance);
	*ret_judgement = result;
	return 0;
}

int64_t ost_judge_device(
	const struct ost_image *image, const struct ost_policy *policy, uint32_t device)
{
	const char *name = policy->devices[device].name;

	/* The compiler keeps the order; the name is the proof. */
	if (device < image->device_count && strcmp(ost_image_device_name(image, device), name) == 0)
		return device;
	return ost_image_device_find(image, name);
}

int ost_judge_ask_model(struct ost_judge *j, const struct ost_policy *policy, uint32_t device,
	const struct ost_flow_question *question, struct ost_judgement *ret_judgement)
{
	int64_t place = ost_judge_device(j->image, policy, device);
	struct ost_flow_question q = *question;

	if (place >= 0 && q.has_peer_device) {
		int64_t peer = ost_judge_device(j->image, policy, q.peer_device);

		if (peer < 0)
			return (int)peer;
		q.peer_device = (uint32_t)peer;
	}
	return place < 0 ? (int)place : ost_judge_ask(j, (uint32_t)place, &q, ret_judgement);
}

int ost_judge_test(struct ost_judge *j, const struct ost_image *image,
	const struct ost_policy *policy, const struct ost_test *test,
	struct ost_judgement *ret_judgement, bool *ret_pass)
{
	int rc = -EINVAL;

	ost_judge_wall_set(j, test->at_s);
	if (image == j->image)
		rc = ost_judge_ask_model(j, policy, test->device, &test->flow, ret_judgement);
	if (rc == 0)
		*ret_pass = (ret_judgement->allowed && ret_judgement->audit == OST_REASON_NONE) == test->allow;
	return rc;
}
