/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "classify_rig.h"

#include "compile.h"
#include "policy_yaml.h"

/* ---- the gateway ---- */

static void *compiled(const char *text, uint64_t generation, struct ost_image *ret_image)
{
	struct ost_policy_source source = {"policy.yaml", text, strlen(text)};
	struct ost_policy *policy = NULL;
	struct ost_diag diag = {0};
	char why[512];
	void *bytes = NULL;
	size_t length;
	int r = ost_policy_parse(&source, 1, &diag, &policy);

	if (r == 0)
		r = ost_policy_compile(policy, generation, &diag, &bytes, &length);
	for (uint32_t i = 0; r != 0 && i < diag.count; i++) {
		ost_finding_format(&diag.findings[i], why, sizeof(why));
		print_error("%s\n", why);
	}
	assert_int_equal(r, 0);
	assert_int_equal(ost_image_open(bytes, length, ret_image, why), 0);
	ost_policy_free(&policy);
	ost_diag_free(&diag);
	return bytes;
}

static int swap(struct rig *r, const char *policy, bool in_two)
{
	struct ost_view *old = NULL;
	struct ost_image image;
	void *bytes = compiled(policy, ++r->generation, &image);
	int rc = 0;

	if (in_two) {
		assert_int_equal(ost_site_policy_without(r->site, &image, &old), 0);
		ost_view_free(&old);
		rig_sweep(r);
		assert_int_equal(ost_site_departed(r->site), 0);
	}
	rc = ost_site_policy_set(r->site, &image, r->now_ns, &old);
	if (rc < 0) {
		free(bytes);
		return rc;
	}
	ost_view_free(&old);
	free(r->bytes);
	r->bytes = bytes;
	r->image = image;
	return 0;
}

int rig_swap(struct rig *r, const char *policy)
{
	return swap(r, policy, false);
}

int rig_swap_in_two(struct rig *r, const char *policy)
{
	return swap(r, policy, true);
}

void rig_new(struct rig *r, const char *policy, const struct rig_options *options)
{
	static const struct rig_options none;
	const struct rig_options *o = options != NULL ? options : &none;
	const uint32_t flows = o->flows_max != 0 ? o->flows_max : 64;
	const struct ost_site_config site = {
		.devices_max = o->devices_max != 0 ? o->devices_max : 64,
		.bindings_max = o->bindings_max != 0 ? o->bindings_max : 64,
		.names_max = o->names_max,
		.port_count = 4,
		.ports = {{"net1", OST_SIDE_NETWORK, 0}, {"dev1", OST_SIDE_DEVICE, 0}, {"dev2", OST_SIDE_DEVICE, 0},
			{"dev3", OST_SIDE_DEVICE, 0}},
		.secret = {11, 22, 33, 44},
	};
	struct ost_classifier_config config = {.flows4_max = flows, .flows6_max = flows,
		.refusal_records = o->refusal_records, .opened_records = o->opened_records, .copies = o->copies, .segments = o->segments, .owns_control = true, .udp_s = o->udp_s};

	*r = (struct rig){.now_ns = 1000 * OST_NS_PER_S};
	assert_int_equal(ost_site_new(&site, &r->site), 0);
	assert_int_equal(ost_classifier_new(r->site, &config, &r->c), 0);
	config.owns_control = false;
	if (o->two)
		assert_int_equal(ost_classifier_new(r->site, &config, &r->second), 0);
	if (policy != NULL)
		assert_int_equal(rig_swap(r, policy), 0);
}

void rig_free(struct rig *r)
{
	ost_classifier_free(&r->second);
	ost_classifier_free(&r->c);
	ost_site_free(&r->site);
	free(r->bytes);
}

struct rig rig;

int rig_start(void **state, const char *policy, const struct rig_options *options)
{
	rig_new(&rig, policy, options);
	*state = &rig;
	return 0;
}

int rig_stop(void **state)
{
	rig_free(*state);
	return 0;
}

void rig_wait_ms(struct rig *r, uint64_t ms)
{
	r->now_ns += ms * OST_NS_PER_MS;
}

void rig_sweep(struct rig *r)
{
	/* Twice: what closes late in a pass may be what something earlier waited for. */
	for (int i = 0; i < 2; i++) {
		while (ost_classifier_sweep(r->c, 1000, r->now_ns) > 0)
			;
		while (r->second != NULL && ost_classifier_sweep(r->second, 1000, r->now_ns) > 0)
			;
	}
}

uint64_t rig_flows(const struct rig *r)
{
	uint64_t flows, max;

	ost_classifier_flows(r->c, &flows, &max);
	return flows;
}

uint32_t rig_device(const struct rig *r, const char *name)
{
	int64_t device = ost_image_device_find(&r->image, name);

	assert_true(device >= 0);
	return (uint32_t)device;
}

struct ost_device_counts rig_counts(const struct rig *r, const char *device)
{
	struct ost_device_counts counts;

	ost_site_device_counts(r->site, ost_site_slot(r->site, rig_device(r, device)), &counts);
	return counts;
}

void rig_state(struct rig *r, const char *device, enum ost_state state, enum ost_assurance assurance)
{
	assert_int_equal(ost_site_device_state_set(r->site, rig_device(r, device), state, assurance), 0);
}

void rig_bind(struct rig *r, const char *device, const char *text)
{
	struct ost_ip ip;

	assert_int_equal(ost_ip_parse(text, &ip), 0);
	assert_int_equal(ost_site_bind(r->site, rig_device(r, device), &ip, OST_BINDING_DHCP, r->now_ns, 0), 0);
}

/* ---- frames ---- */

void wire_mac(unsigned mac, uint8_t ret_mac[6])
{
	memset(ret_mac, mac == GROUP ? 0xff : 0, 6);
	if (mac >= GROUP)
		return;
	ret_mac[0] = 2;
	ret_mac[5] = (uint8_t)mac;
}

void wire_put(struct wire *w, const void *bytes, uint32_t n)
{
	assert_true(w->n + n <= sizeof(w->b));
	memcpy(w->b + w->n, bytes, n);
	w->n += n;
}

void wire_u8(struct wire *w, unsigned v)
{
	uint8_t b = (uint8_t)v;

	wire_put(w, &b, 1);
}

void wire_u16(struct wire *w, unsigned v)
{
	wire_u8(w, v >> 8 & 0xff);
	wire_u8(w, v & 0xff);
}

void wire_u32(struct wire *w, uint32_t v)
{
	wire_u16(w, v >> 16);
	wire_u16(w, v & 0xffff);
}

void wire_zeros(struct wire *w, uint32_t n)
{
	while (n-- > 0)
		wire_u8(w, 0);
}

void wire_address(struct wire *w, const char *text)
{
	struct ost_ip ip;

	assert_int_equal(ost_ip_parse(text, &ip), 0);
	wire_put(w, ip.b, ip.family == OST_IPV4 ? 4 : 16);
}

void wire_eth(struct wire *w, unsigned dst, unsigned src)
{
	uint8_t mac[6];

	w->n = w->l3 = w->l4 = 0;
	w->family = w->protocol = 0;
	wire_mac(dst, mac);
	wire_put(w, mac, 6);
	wire_mac(src, mac);
	wire_put(w, mac, 6);
}

void wire_tag(struct wire *w, uint16_t type, uint16_t vid)
{
	wire_u16(w, type);
	wire_u16(w, vid);
}

void wire_ip(struct wire *w, const char *src, const char *dst, uint8_t protocol)
{
	bool v4 = strchr(src, ':') == NULL;

	wire_u16(w, v4 ? 0x0800 : 0x86dd);
	w->l3 = w->n;
	w->family = v4 ? OST_IPV4 : OST_IPV6;
	w->protocol = protocol;
	if (v4) {
		wire_u32(w, 0x45000000);
		wire_u32(w, 0x00014000);
		wire_u16(w, 64u << 8 | protocol);
		wire_u16(w, 0);
	} else {
		wire_u32(w, 0x60000000);
		wire_u32(w, (uint32_t)protocol << 8 | 255);
	}
	wire_address(w, src);
	wire_address(w, dst);
	w->l4 = w->n;
}

void wire_tcp(struct wire *w, uint16_t sport, uint16_t dport, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t payload)
{
	wire_u16(w, sport);
	wire_u16(w, dport);
	wire_u32(w, seq);
	wire_u32(w, ack);
	wire_u16(w, 0x5000u | flags);
	wire_u16(w, 8192);
	wire_u32(w, 0);
	wire_zeros(w, payload);
}

void wire_udp(struct wire *w, uint16_t sport, uint16_t dport, uint32_t payload)
{
	wire_u16(w, sport);
	wire_u16(w, dport);
	wire_u32(w, 0);
	wire_zeros(w, payload);
}

void wire_echo(struct wire *w, bool reply, uint16_t id)
{
	wire_u16(w, w->family == OST_IPV4 ? (reply ? 0 : 8u << 8) : (reply ? 129u << 8 : 128u << 8));
	wire_u16(w, 0);
	wire_u16(w, id);
	wire_u16(w, 1);
}

static void store16(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* ICMPv6's, with the pseudo header (RFC 4443 section 2.3). */
static void checksum_put(struct wire *w)
{
	uint32_t sum = 58 + w->n - w->l4;

	store16(w->b + w->l4 + 2, 0);
	for (uint32_t i = w->l3 + 8; i < w->l3 + 40; i += 2)
		sum += (uint32_t)w->b[i] << 8 | w->b[i + 1];
	for (uint32_t i = w->l4; i < w->n; i++)
		sum += (i - w->l4) & 1 ? w->b[i] : (uint32_t)w->b[i] << 8;
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	store16(w->b + w->l4 + 2, sum ^ 0xffff);
}

void wire_end(struct wire *w)
{
	if (w->family == OST_IPV4)
		store16(w->b + w->l3 + 2, w->n - w->l3);
	if (w->family == OST_IPV6)
		store16(w->b + w->l3 + 4, w->n - w->l3 - 40);
	if (w->family != 0 && w->protocol == 17)
		store16(w->b + w->l4 + 4, w->n - w->l4);
	if (w->family == OST_IPV6 && w->protocol == 58 && w->n >= w->l4 + 4)
		checksum_put(w);
	if (w->n < 60)
		wire_zeros(w, 60 - w->n);
}

/* ---- sending ---- */

enum ost_reason rig_send_by(struct rig *r, struct ost_classifier *c, uint8_t port, const struct wire *w)
{
	struct ost_frame frame = {.bytes = w->b, .length = w->n, .port = port};

	ost_classify(c, &frame, 1, r->now_ns, &r->v);
	assert_true((r->v.action == OST_REFUSE) == (r->v.reason != OST_REASON_NONE));
	return (enum ost_reason)r->v.reason;
}

enum ost_reason rig_send(struct rig *r, uint8_t port, const struct wire *w)
{
	return rig_send_by(r, r->c, port, w);
}

struct way way_back(const struct way *w, uint8_t port)
{
	return (struct way){port, w->src, w->dst, w->to, w->from, w->dport, w->sport};
}

enum ost_reason rig_tcp(struct rig *r, const struct way *w, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t payload)
{
	struct wire f;

	wire_eth(&f, w->dst, w->src);
	wire_ip(&f, w->from, w->to, 6);
	wire_tcp(&f, w->sport, w->dport, flags, seq, ack, payload);
	wire_end(&f);
	return rig_send(r, w->port, &f);
}

enum ost_reason rig_udp(struct rig *r, const struct way *w)
{
	struct wire f;

	wire_eth(&f, w->dst, w->src);
	wire_ip(&f, w->from, w->to, 17);
	wire_udp(&f, w->sport, w->dport, 20);
	wire_end(&f);
	return rig_send(r, w->port, &f);
}

enum ost_reason rig_echo(struct rig *r, const struct way *w, bool reply)
{
	struct wire f;

	wire_eth(&f, w->dst, w->src);
	wire_ip(&f, w->from, w->to, strchr(w->from, ':') == NULL ? 1 : 58);
	wire_echo(&f, reply, w->sport);
	wire_end(&f);
	return rig_send(r, w->port, &f);
}

enum ost_reason speak(struct rig *r, unsigned device, const char *from)
{
	struct way w = {(uint8_t)device, ROUTER, device, from, strchr(from, ':') ? "fd00:20::9" : "10.20.0.9", 7000, 5000};

	return rig_udp(r, &w);
}

uint64_t held(const struct rig *r)
{
	return ost_site_bindings(r->site, NULL);
}

void rig_connect(struct rig *r, const struct way *w, uint8_t answer_port)
{
	struct way back = way_back(w, answer_port);

	assert_passes(rig_tcp(r, w, SYN, 1000, 0, 0));
	assert_passes(rig_tcp(r, &back, SYN | ACK, 5000, 1001, 0));
	assert_passes(rig_tcp(r, w, ACK, 1001, 5001, 0));
}
