/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "messages.h"

#include "cursor.h"
#include "text.h"

_Static_assert(sizeof(struct ost_msg_hello) == 48, "layout");
_Static_assert(sizeof(struct ost_msg_image) == 16, "layout");
_Static_assert(sizeof(struct ost_msg_image_result) == 16 + OST_MSG_TEXT, "layout");
_Static_assert(sizeof(struct ost_msg_totals) == 192, "layout");
_Static_assert(sizeof(struct ost_msg_port_stats) == 128 + 8 + 64 + 512, "layout");
_Static_assert(sizeof(struct ost_msg_device_stats) == 16 + 40 + 8 + 512, "layout");
_Static_assert(sizeof(struct ost_refusal) == 112, "layout");
_Static_assert(sizeof(struct ost_msg_binding) == 48, "layout");
_Static_assert(offsetof(struct ost_msg_given, chain) == 56, "layout");
_Static_assert(sizeof(struct ost_rule_count) == 16, "layout");
_Static_assert(offsetof(struct ost_msg_rule_stats, rules) == 16, "layout");
_Static_assert(sizeof(struct ost_place) == 16, "layout");
_Static_assert(sizeof(struct ost_msg_admit) == 32, "layout");
_Static_assert(offsetof(struct ost_msg_eapol, frame) == 24, "layout");
_Static_assert(sizeof(struct ost_msg_port_link) == OST_MSG_NAME + 16, "layout");
_Static_assert(sizeof(struct ost_auth_proof) == 528 + 128 + 96 + 24 + 16, "layout");
_Static_assert(sizeof(struct ost_msg_auth_claim) == 48 + sizeof(struct ost_auth_proof), "layout");
_Static_assert(sizeof(struct ost_msg_auth_decision) == 16 + OST_MSG_NAME, "layout");
_Static_assert(sizeof(struct ost_msg_auth_outcome) == 32 + OST_MSG_TEXT + 8 + sizeof(struct ost_auth_proof), "layout");
_Static_assert(sizeof(struct ost_msg_auth_ask) == 24, "layout");
_Static_assert(sizeof(struct ost_msg_auth_counts) == 16 + 256 + 24 + 8 + 40 + 8, "layout");
_Static_assert(sizeof(struct ost_msg_auth_opened) == 24, "layout");
_Static_assert(sizeof(struct ost_msg_auth_limit) == 16, "layout");
_Static_assert(sizeof(struct ost_msg_rehearse) == 16, "layout");
_Static_assert(sizeof(struct ost_rehearsed_flow) == 48, "layout");
_Static_assert(sizeof(struct ost_msg_rehearsed) == 40 + OST_MSG_TEXT + 8 * OST_REHEARSED_DEVICES + 48 * OST_REHEARSED_FLOWS, "layout");
_Static_assert(sizeof(struct ost_opened) == 64, "layout");
_Static_assert(offsetof(struct ost_msg_opened, flows) == 16, "layout");
_Static_assert(sizeof(struct ost_copy) == 24 + OST_COPY_BYTES, "layout");
_Static_assert(sizeof(struct ost_msg_evidence) == 40, "layout");
_Static_assert(offsetof(struct ost_msg_copies, copies) == 32, "layout");
_Static_assert(sizeof(struct ost_msg_export_want) == 24 + OST_EXPORT_ORIGIN, "layout");
_Static_assert(offsetof(struct ost_msg_export_line, text) == 32, "layout");
_Static_assert(sizeof(struct ost_msg_export_gap) == 32 + OST_EXPORT_ORIGIN, "layout");
_Static_assert(offsetof(struct ost_msg_export_checkpoint, note) == 16 + OST_EXPORT_ORIGIN, "layout");
_Static_assert(sizeof(struct ost_msg_export_status) == 88 + OST_MSG_NAME + 32 + OST_EXPORT_ORIGIN + OST_MSG_TEXT, "layout");
_Static_assert(offsetof(struct ost_segment, bytes) == 64, "layout");
_Static_assert(sizeof(struct ost_msg_observed) == 48, "layout");
_Static_assert(OST_OPENED_NAMES < UINT16_MAX, "a name's place fits");
_Static_assert(OST_AUTH_REASON_COUNT <= 32, "failed[] has room for every reason");

const char *ost_side_name(unsigned side)
{
	static const char *const names[OST_SIDE_COUNT] = {"device", "network"};

	return side < OST_SIDE_COUNT ? names[side] : "invalid";
}

const char *ost_binding_source_name(unsigned source)
{
	static const char *const names[OST_BINDING_SOURCE_COUNT] = {"static", "dhcp", "nd"};

	return source < OST_BINDING_SOURCE_COUNT ? names[source] : "invalid";
}

const char *ost_observed_protocol_name(unsigned protocol)
{
	static const char *const names[OST_OBSERVED_PROTOCOL_COUNT] = {"telnet", "ftp", "http", "mqtt"};

	return protocol < OST_OBSERVED_PROTOCOL_COUNT ? names[protocol] : "invalid";
}

const char *ost_copy_verdict_name(unsigned verdict)
{
	static const char *const names[OST_COPY_VERDICT_COUNT] = {"refused", "audited", "opened", "control"};

	return verdict < OST_COPY_VERDICT_COUNT ? names[verdict] : "invalid";
}

const char *ost_export_state_name(unsigned state)
{
	static const char *const names[OST_EXPORT_STATE_COUNT] = {"connecting", "up", "waiting"};

	return state < OST_EXPORT_STATE_COUNT ? names[state] : "invalid";
}

static const struct {
	const char *name, *text;
} auth_reasons[OST_AUTH_REASON_COUNT] = {
	[OST_AUTH_REASON_NONE] = {"none", "it succeeded"},
	[OST_AUTH_REASON_EXPIRED] = {"expired",
		"the device's certificate is not valid now: issue a new one, and look at both clocks"},
	[OST_AUTH_REASON_REVOKED] = {"revoked", "the device's certificate was revoked: find out who still uses it"},
	[OST_AUTH_REASON_UNKNOWN_CA] = {"unknown-ca",
		"the device's certificate is of a CA that this site does not trust: enroll the device here"},
	[OST_AUTH_REASON_WEAK_KEY] = {"weak-key", "the device's key is too short: RSA needs 2048 bits, EC 256"},
	[OST_AUTH_REASON_WRONG_NAME] = {"wrong-name",
		"no device of the policy in force has this name in its certificate: line: add it, or find out whose it is"},
	[OST_AUTH_REASON_WRONG_PLACE] = {"wrong-place",
		"the certificate is a known device's, but the MAC or the port is not: find out who uses its key"},
	[OST_AUTH_REASON_NO_CERTIFICATE] = {"no-certificate", "the device showed no certificate: enroll it"},
	[OST_AUTH_REASON_BAD_CERTIFICATE] = {"bad-certificate",
		"the device's certificate cannot be read or is not made for this use: enroll the device anew"},
	[OST_AUTH_REASON_PEER_REFUSED] = {"peer-refused",
		"the device does not accept this gateway's certificate: give it this site's CA, or a rogue gateway is about"},
	[OST_AUTH_REASON_VERSION] = {"version", "no TLS version or suite in common: TLS 1.2 at least"},
	[OST_AUTH_REASON_METHOD] = {"method", "the device speaks no EAP-TLS: configure its supplicant"},
	[OST_AUTH_REASON_TIMEOUT] = {"timeout", "the device stopped answering"},
	[OST_AUTH_REASON_MALFORMED] = {"malformed", "the device sent what is no proper EAP-TLS: look at what it runs"},
	[OST_AUTH_REASON_FLOOD] = {"flood", "too many conversations at once: this one was the oldest; find who opens them"},
	[OST_AUTH_REASON_LOCKED_OUT] = {"locked-out", "too many failures at this port and MAC: it waits until the lock-out is over"},
	[OST_AUTH_REASON_STATE] = {"state", "the device's state does not let it in: ostiary device show NAME tells why"},
	[OST_AUTH_REASON_CRL] = {"crl", "the revocation list is missing or past its date: ostiary init --renew-crl"},
	[OST_AUTH_REASON_UNAVAILABLE] = {"unavailable",
		"the gateway could not decide: is ostiaryd running, and is the gateway's clock right?"},
	[OST_AUTH_REASON_LOGOFF] = {"logoff", "the device ended its session"},
};

const char *ost_auth_reason_name(unsigned reason)
{
	return reason < OST_AUTH_REASON_COUNT ? auth_reasons[reason].name : "invalid";
}

const char *ost_auth_reason_text(unsigned reason)
{
	return reason < OST_AUTH_REASON_COUNT ? auth_reasons[reason].text : "invalid";
}

const char *ost_auth_way_name(unsigned way)
{
	static const char *const names[OST_AUTH_WAY_COUNT] = {"eapol", "radius", "portal"};

	return way < OST_AUTH_WAY_COUNT ? names[way] : "invalid";
}

/* NUL-terminated within its field, and no control characters: it will be shown to people. */
static bool text_valid(const char *text, size_t size)
{
	size_t n = strnlen(text, size);

	return n < size && ost_text_is_plain(text, n);
}

static bool hello_valid(const void *payload)
{
	struct ost_msg_hello m;

	memcpy(&m, payload, sizeof(m));
	return m.program > 0 && m.program < OST_PROGRAM_COUNT && text_valid(m.version, sizeof(m.version));
}

static bool image_valid(const void *payload)
{
	struct ost_msg_image m;

	memcpy(&m, payload, sizeof(m));
	return m.generation != 0 && m.length_bytes > 0;
}

static bool image_result_valid(const void *payload)
{
	struct ost_msg_image_result m;

	memcpy(&m, payload, sizeof(m));
	return m.result <= 0 && m.result > -4096 && text_valid(m.text, sizeof(m.text));
}

static bool rehearse_valid(const void *payload)
{
	struct ost_msg_rehearse m;

	memcpy(&m, payload, sizeof(m));
	return m.generation != 0 && m.length_bytes > 0;
}

static bool rehearsed_flow_valid(const struct ost_rehearsed_flow *f)
{
	return f->device < OST_DEVICES_MAX && (f->family == OST_IPV4 || f->family == OST_IPV6) && f->opened_in <= 1 &&
		f->reason != OST_REASON_NONE && f->reason < OST_REASON_COUNT;
}

/* What is told of devices and flows is part of the sum. */
static bool rehearsed_valid(const void *payload)
{
	struct ost_cursor c = ost_cursor_of(payload, sizeof(struct ost_msg_rehearsed));
	struct ost_rehearsed_device device;
	struct ost_rehearsed_flow flow;
	struct ost_msg_rehearsed m;
	uint64_t cut = 0;

	if (!ost_cursor_copy(&c, &m, offsetof(struct ost_msg_rehearsed, devices)) || m.generation == 0 || m.result > 0 || m.result <= -4096 ||
		!text_valid(m.text, sizeof(m.text)) || m.device_count > OST_REHEARSED_DEVICES || m.flow_count > OST_REHEARSED_FLOWS ||
		m.device_count > m.devices_cut || m.flow_count > m.cut || m.standing >> 48 != 0 || m.cut >> 48 != 0)
		return false;
	if (m.result < 0 && (m.standing | m.cut | m.devices_cut) != 0)
		return false;
	for (uint32_t i = 0; i < OST_REHEARSED_DEVICES; i++) {
		if (!ost_cursor_copy(&c, &device, sizeof(device)))
			return false;
		if (i < m.device_count && (device.device >= OST_DEVICES_MAX || device.cut == 0))
			return false;
		cut += i < m.device_count ? device.cut : 0;
	}
	for (uint32_t i = 0; i < m.flow_count; i++) {
		if (!ost_cursor_copy(&c, &flow, sizeof(flow)) || !rehearsed_flow_valid(&flow))
			return false;
	}
	return cut <= m.cut;
}

static bool ack_valid(const void *payload)
{
	struct ost_msg_ack m;

	memcpy(&m, payload, sizeof(m));
	return m.result <= 0 && m.result > -4096;
}

static bool totals_valid(const void *payload)
{
	struct ost_msg_totals m;

	memcpy(&m, payload, sizeof(m));
	return m.ports <= OST_PORTS_MAX && m.devices <= OST_DEVICES_MAX;
}

static bool port_stats_valid(const void *payload)
{
	struct ost_msg_port_stats m;

	memcpy(&m, payload, sizeof(m));
	return m.port < OST_PORTS_MAX && m.side < OST_SIDE_COUNT && m.link_up <= 1 &&
		text_valid(m.name, sizeof(m.name)) && text_valid(m.driver, sizeof(m.driver));
}

static bool device_stats_valid(const void *payload)
{
	struct ost_msg_device_stats m;

	memcpy(&m, payload, sizeof(m));
	return m.device < OST_DEVICES_MAX && m.state < OST_STATE_COUNT && m.port <= OST_PORTS_MAX;
}

static bool refusal_valid(const struct ost_refusal *r)
{
	return (r->device == OST_DEVICE_NONE || r->device < OST_DEVICES_MAX) && r->vlan < 1u << 24 &&
		(r->family == 0 || r->family == OST_IPV4 || r->family == OST_IPV6) &&
		r->reason != OST_REASON_NONE && r->reason < OST_REASON_COUNT &&
		r->port < OST_PORTS_MAX && r->audit <= 1 && r->count_pkts > 0 && r->first_wall_ns <= r->last_wall_ns;
}

/* Of variable length, as the next one: a count, then that many records. */
static bool refusals_valid(const void *payload, size_t length)
{
	struct ost_cursor c = ost_cursor_of(payload, length);
	uint32_t head[2];
	struct ost_refusal r;

	if (!ost_cursor_copy(&c, head, sizeof(head)) || head[0] == 0 ||
		head[0] > OST_REFUSALS_PER_MSG || ost_cursor_left(&c) != head[0] * sizeof(r))
		return false;
	for (uint32_t i = 0; i < head[0]; i++) {
		if (!ost_cursor_copy(&c, &r, sizeof(r)) || !refusal_valid(&r))
			return false;
	}
	return true;
}

static bool rule_stats_valid(const void *payload, size_t length)
{
	struct ost_cursor c = ost_cursor_of(payload, length);
	struct {
		uint64_t generation;
		uint32_t count, reserved;
	} head;
	struct ost_rule_count rule;

	if (!ost_cursor_copy(&c, &head, sizeof(head)) || head.generation == 0 || head.count == 0 ||
		head.count > OST_RULES_PER_MSG || ost_cursor_left(&c) != head.count * sizeof(rule))
		return false;
	for (uint32_t i = 0; i < head.count; i++) {
		if (!ost_cursor_copy(&c, &rule, sizeof(rule)) || rule.rule >= OST_RULES_MAX)
			return false;
	}
	return true;
}

/* The name of a flow ends, within the names, and can be shown. */
static bool opened_name_valid(const struct ost_opened *o, const char *names, uint32_t bytes)
{
	size_t room, n;

	if (o->name == 0)
		return true;
	if (o->name > bytes)
		return false;
	room = OST_MIN(bytes - (o->name - 1u), OST_OPENED_NAME);
	n = strnlen(names + o->name - 1, room);
	return n > 0 && n < room && ost_text_is_plain(names + o->name - 1, n);
}

static bool opened_flow_valid(const struct ost_opened *o)
{
	return o->device < OST_DEVICES_MAX && (o->peer == OST_DEVICE_NONE || o->peer < OST_DEVICES_MAX) && o->flows > 0 &&
		(o->family == OST_IPV4 || o->family == OST_IPV6) && o->direction <= 1 && o->audit <= 1 && o->first_wall_ns <= o->last_wall_ns;
}

static bool opened_valid(const void *payload, size_t length)
{
	struct ost_cursor c = ost_cursor_of(payload, length);
	struct ost_opened o;
	const char *names;
	struct {
		uint64_t lost;
		uint32_t count, name_bytes;
	} head;

	if (!ost_cursor_copy(&c, &head, sizeof(head)) || head.count > OST_OPENED_PER_MSG || head.name_bytes > OST_OPENED_NAMES ||
		(head.count == 0 && (head.lost == 0 || head.name_bytes != 0)) ||
		ost_cursor_left(&c) != head.count * sizeof(o) + head.name_bytes)
		return false;
	names = (const char *)payload + sizeof(head) + head.count * sizeof(o);
	for (uint32_t i = 0; i < head.count; i++) {
		if (!ost_cursor_copy(&c, &o, sizeof(o)) || !opened_flow_valid(&o) || !opened_name_valid(&o, names, head.name_bytes))
			return false;
	}
	return true;
}

static bool binding_valid(const void *payload)
{
	struct ost_msg_binding m;

	memcpy(&m, payload, sizeof(m));
	return m.device < OST_DEVICES_MAX && m.vlan < 1u << 24 && m.source < OST_BINDING_SOURCE_COUNT &&
		m.bound <= 1 && (m.family == OST_IPV4 || m.family == OST_IPV6);
}

/* Whole names, none of them longer than 255 bytes, and no byte that another case has. */
static bool chain_valid(const uint8_t *chain, size_t length)
{
	struct ost_cursor c = ost_cursor_of(chain, length);

	while (ost_cursor_left(&c) > 0) {
		const uint8_t *name = c.at;

		for (uint8_t size = ost_cursor_u8(&c); size != 0; size = ost_cursor_u8(&c)) {
			const uint8_t *label = size < 64 ? ost_cursor_take(&c, size) : NULL;

			for (uint8_t i = 0; label != NULL && i < size; i++) {
				if (label[i] >= 'A' && label[i] <= 'Z')
					return false;
			}
			if (label == NULL)
				return false;
		}
		if (c.failed || c.at - name > 255)
			return false;
	}
	return length > 0;
}

/* Of variable length: as many bytes of the chain as it says. */
static bool given_valid(const void *payload, size_t length)
{
	struct ost_cursor c = ost_cursor_of(payload, length);
	struct ost_msg_given m;

	return ost_cursor_copy(&c, &m, offsetof(struct ost_msg_given, chain)) && m.generation != 0 && m.expires_boot_ns != 0 &&
		m.device < OST_DEVICES_MAX && m.vlan < 1u << 24 && (m.family == OST_IPV4 || m.family == OST_IPV6) &&
		m.length <= OST_MSG_CHAIN_MAX && ost_cursor_left(&c) == m.length && chain_valid(c.at, m.length);
}

static bool place_valid(const struct ost_place *p, bool without_port)
{
	if (p->port != OST_PLACE_NO_PORT && p->client != 0)
		return false;
	return (p->port < OST_PORTS_MAX || (without_port && p->port == OST_PLACE_NO_PORT)) && p->vlan < 1u << 24;
}

static bool admit_valid(const void *payload)
{
	struct ost_msg_admit m;

	memcpy(&m, payload, sizeof(m));
	return m.generation != 0 && m.device < OST_DEVICES_MAX && m.state < OST_STATE_COUNT &&
		m.assurance < OST_ASSURANCE_COUNT && m.placed <= 1 && place_valid(&m.place, m.placed == 0);
}

/* Of variable length: as many bytes of the frame as it says. */
static bool eapol_valid(const void *payload, size_t length)
{
	struct ost_cursor c = ost_cursor_of(payload, length);
	struct ost_msg_eapol m;

	return ost_cursor_copy(&c, &m, offsetof(struct ost_msg_eapol, frame)) && m.length >= 4 && m.length <= OST_EAPOL_MAX &&
		ost_cursor_left(&c) == m.length && place_valid(&m.place, false);
}

static bool port_link_valid(const void *payload)
{
	struct ost_msg_port_link m;

	memcpy(&m, payload, sizeof(m));
	return m.port < OST_PORTS_MAX && m.up <= 1 && text_valid(m.name, sizeof(m.name));
}

static bool proof_valid(const struct ost_auth_proof *p)
{
	return text_valid(p->identity, sizeof(p->identity)) && text_valid(p->subject, sizeof(p->subject)) && text_valid(p->issuer, sizeof(p->issuer)) &&
		text_valid(p->tls_version, sizeof(p->tls_version)) && text_valid(p->tls_suite, sizeof(p->tls_suite)) &&
		text_valid(p->tls_group, sizeof(p->tls_group)) && text_valid(p->key, sizeof(p->key)) &&
		p->serial_length <= sizeof(p->serial) && p->assurance < OST_ASSURANCE_COUNT;
}

static bool auth_claim_valid(const void *payload)
{
	struct ost_msg_auth_claim m;

	memcpy(&m, payload, sizeof(m));
	return m.conversation != 0 && m.way < OST_AUTH_WAY_COUNT && place_valid(&m.place, m.way != OST_AUTH_WAY_EAPOL) &&
		(m.ip_family == 0 || m.ip_family == OST_IPV4 || m.ip_family == OST_IPV6) &&
		(m.ip_family != 0) == (m.way == OST_AUTH_WAY_PORTAL) && proof_valid(&m.proof);
}

static bool auth_decision_valid(const void *payload)
{
	struct ost_msg_auth_decision m;

	memcpy(&m, payload, sizeof(m));
	return m.conversation != 0 && m.reason < OST_AUTH_REASON_COUNT && text_valid(m.device, sizeof(m.device));
}

static bool auth_outcome_valid(const void *payload)
{
	struct ost_msg_auth_outcome m;

	memcpy(&m, payload, sizeof(m));
	return m.way < OST_AUTH_WAY_COUNT && m.reason < OST_AUTH_REASON_COUNT && m.claimed <= 1 && m.denied <= m.claimed &&
		m.shown < OST_AUTH_SHOWN_COUNT && proof_valid(&m.proof) &&
		place_valid(&m.place, m.way != OST_AUTH_WAY_EAPOL) && text_valid(m.detail, sizeof(m.detail));
}

static bool auth_ask_valid(const void *payload)
{
	struct ost_msg_auth_ask m;

	memcpy(&m, payload, sizeof(m));
	return m.what < OST_AUTH_ASK_COUNT && place_valid(&m.place, m.what == OST_AUTH_ASK_FORGET);
}

static bool auth_opened_valid(const void *payload)
{
	struct ost_msg_auth_opened m;

	memcpy(&m, payload, sizeof(m));
	return m.conversation != 0 && place_valid(&m.place, true);
}

static bool auth_limit_valid(const void *payload)
{
	struct ost_msg_auth_limit m;

	memcpy(&m, payload, sizeof(m));
	return m.conversation != 0 && m.tls_max < OST_TLS_MAX_COUNT;
}

static bool evidence_valid(const void *payload)
{
	struct ost_msg_evidence m;

	memcpy(&m, payload, sizeof(m));
	return m.token != 0 && m.before <= OST_EVIDENCE_BEFORE_MAX && m.after <= OST_EVIDENCE_AFTER_MAX && m.after_ms <= OST_EVIDENCE_MS_MAX &&
		m.port < OST_PORTS_MAX && m.any_mac <= 1 && (m.device == OST_DEVICE_NONE || m.generation != 0);
}

static bool segment_valid(const void *payload, size_t length)
{
	struct ost_segment m;
	const size_t head = offsetof(struct ost_segment, bytes);

	if (length < head)
		return false;
	memcpy(&m, payload, head);
	return m.flow != 0 && m.generation != 0 && m.device < OST_DEVICES_MAX && (m.family == OST_IPV4 || m.family == OST_IPV6) &&
		m.direction <= 1 && m.reply <= 1 && m.length != 0 && m.length <= OST_SEGMENT_BYTES && m.length <= m.whole_bytes &&
		length == ost_segment_size(&m);
}

static bool observed_valid(const void *payload)
{
	struct ost_msg_observed m;

	memcpy(&m, payload, sizeof(m));
	return m.generation != 0 && m.device < OST_DEVICES_MAX && (m.family == OST_IPV4 || m.family == OST_IPV6) && m.direction <= 1 &&
		m.protocol < OST_OBSERVED_PROTOCOL_COUNT && m.kind < OST_OBSERVED_KIND_COUNT;
}

static bool copy_valid(const struct ost_copy *c)
{
	return c->port < OST_PORTS_MAX && c->verdict < OST_COPY_VERDICT_COUNT && c->reason < OST_REASON_COUNT &&
		(c->reason != OST_REASON_NONE) == (c->verdict <= OST_COPY_AUDITED) && c->length <= OST_COPY_BYTES && c->length <= c->frame_bytes;
}

static bool copies_valid(const void *bytes, size_t length)
{
	const uint8_t *payload = bytes;
	struct ost_msg_copies m;
	const size_t head = offsetof(struct ost_msg_copies, copies);

	if (length < head)
		return false;
	memcpy(&m, payload, head);
	if (m.token == 0 || m.last > 1 || m.result > 0 || m.count > OST_COPIES_PER_MSG || length != ost_msg_copies_bytes(&m) ||
		(m.result < 0 && (m.count != 0 || m.last == 0)))
		return false;
	for (uint32_t i = 0; i < m.count; i++) {
		struct ost_copy c;

		memcpy(&c, payload + head + i * sizeof(c), sizeof(c));
		if (!copy_valid(&c))
			return false;
	}
	return true;
}

static bool export_want_valid(const void *payload)
{
	struct ost_msg_export_want m;

	memcpy(&m, payload, sizeof(m));
	return m.from_seq >> 53 == 0 && m.stream < OST_EXPORTS_MAX && m.lines > 0 && m.lines <= OST_EXPORT_LINES && m.bytes > 0 &&
		m.bytes <= OST_EXPORT_BYTES && text_valid(m.origin, sizeof(m.origin));
}

/* Of variable length: as many bytes of the line as it says. A line has no line feed and no NUL. */
static bool export_line_valid(const void *payload, size_t length)
{
	struct ost_cursor c = ost_cursor_of(payload, length);
	struct ost_msg_export_line m;

	if (!ost_cursor_copy(&c, &m, offsetof(struct ost_msg_export_line, text)) || m.seq >> 53 != 0 || m.stream >= OST_EXPORTS_MAX ||
		m.line_bytes >= OST_EXPORT_LINE || m.length == 0 || m.length > OST_EXPORT_PIECE || m.offset >= m.line_bytes ||
		m.length > m.line_bytes - m.offset || ost_cursor_left(&c) != m.length)
		return false;
	for (uint32_t i = 0; i < m.length; i++) {
		if (c.at[i] < 0x20)
			return false;
	}
	return true;
}

static bool export_gap_valid(const void *payload)
{
	struct ost_msg_export_gap m;

	memcpy(&m, payload, sizeof(m));
	return m.wanted_seq >> 53 == 0 && m.next_seq >> 53 == 0 && m.stream < OST_EXPORTS_MAX && m.why < OST_EXPORT_GAP_COUNT &&
		text_valid(m.origin, sizeof(m.origin)) && m.origin[0] != '\0';
}

/* Of variable length: as many bytes of the note as it says. It is text of several lines. */
static bool export_checkpoint_valid(const void *payload, size_t length)
{
	struct ost_cursor c = ost_cursor_of(payload, length);
	struct ost_msg_export_checkpoint m;

	return ost_cursor_copy(&c, &m, offsetof(struct ost_msg_export_checkpoint, note)) && m.size >> 53 == 0 && m.length > 0 &&
		m.length < OST_EXPORT_NOTE && ost_cursor_left(&c) == m.length && text_valid(m.origin, sizeof(m.origin)) && m.origin[0] != '\0' &&
		memchr(c.at, '\0', m.length) == NULL;
}

static bool export_status_valid(const void *payload)
{
	struct ost_msg_export_status m;

	memcpy(&m, payload, sizeof(m));
	return m.cursor_seq >> 53 == 0 && m.arrived_seq <= m.cursor_seq && m.stream < OST_EXPORTS_MAX && m.state < OST_EXPORT_STATE_COUNT && text_valid(m.name, sizeof(m.name)) &&
		m.name[0] != '\0' && text_valid(m.type, sizeof(m.type)) && text_valid(m.format, sizeof(m.format)) &&
		text_valid(m.origin, sizeof(m.origin)) && text_valid(m.error, sizeof(m.error));
}

static const struct {
	size_t length;
	bool (*valid)(const void *payload);
} messages[OST_MSG_TYPE_COUNT] = {
	[OST_MSG_HELLO] = {sizeof(struct ost_msg_hello), hello_valid},
	[OST_MSG_IMAGE] = {sizeof(struct ost_msg_image), image_valid},
	[OST_MSG_IMAGE_RESULT] = {sizeof(struct ost_msg_image_result), image_result_valid},
	[OST_MSG_ACK] = {sizeof(struct ost_msg_ack), ack_valid},
	[OST_MSG_STATS_REQUEST] = {0, NULL},
	[OST_MSG_TOTALS] = {sizeof(struct ost_msg_totals), totals_valid},
	[OST_MSG_PORT_STATS] = {sizeof(struct ost_msg_port_stats), port_stats_valid},
	[OST_MSG_DEVICE_STATS] = {sizeof(struct ost_msg_device_stats), device_stats_valid},
	[OST_MSG_STATS_END] = {0, NULL},
	[OST_MSG_REFUSALS] = {0, NULL},
	[OST_MSG_BINDING] = {sizeof(struct ost_msg_binding), binding_valid},
	[OST_MSG_RULE_STATS] = {0, NULL},
	[OST_MSG_ADMIT] = {sizeof(struct ost_msg_admit), admit_valid},
	[OST_MSG_EAPOL] = {0, NULL},
	[OST_MSG_PORT_LINK] = {sizeof(struct ost_msg_port_link), port_link_valid},
	[OST_MSG_AUTH_CLAIM] = {sizeof(struct ost_msg_auth_claim), auth_claim_valid},
	[OST_MSG_AUTH_DECISION] = {sizeof(struct ost_msg_auth_decision), auth_decision_valid},
	[OST_MSG_AUTH_OUTCOME] = {sizeof(struct ost_msg_auth_outcome), auth_outcome_valid},
	[OST_MSG_AUTH_ASK] = {sizeof(struct ost_msg_auth_ask), auth_ask_valid},
	[OST_MSG_AUTH_RELOAD] = {0, NULL},
	[OST_MSG_AUTH_COUNTS] = {sizeof(struct ost_msg_auth_counts), NULL},
	[OST_MSG_AUTH_OPENED] = {sizeof(struct ost_msg_auth_opened), auth_opened_valid},
	[OST_MSG_AUTH_LIMIT] = {sizeof(struct ost_msg_auth_limit), auth_limit_valid},
	[OST_MSG_REHEARSE] = {sizeof(struct ost_msg_rehearse), rehearse_valid},
	[OST_MSG_OPENED] = {0, NULL},
	[OST_MSG_REHEARSED] = {sizeof(struct ost_msg_rehearsed), rehearsed_valid},
	[OST_MSG_GIVEN] = {0, NULL},
	[OST_MSG_EVIDENCE] = {sizeof(struct ost_msg_evidence), evidence_valid},
	[OST_MSG_COPIES] = {0, NULL},
	[OST_MSG_EXPORT_WANT] = {sizeof(struct ost_msg_export_want), export_want_valid},
	[OST_MSG_EXPORT_LINE] = {0, NULL},
	[OST_MSG_EXPORT_GAP] = {sizeof(struct ost_msg_export_gap), export_gap_valid},
	[OST_MSG_EXPORT_CHECKPOINT] = {0, NULL},
	[OST_MSG_EXPORT_STATUS] = {sizeof(struct ost_msg_export_status), export_status_valid},
	[OST_MSG_SEGMENT] = {0, NULL},
	[OST_MSG_OBSERVED] = {sizeof(struct ost_msg_observed), observed_valid},
};

static bool (*const variable[OST_MSG_TYPE_COUNT])(const void *payload, size_t length) = {
	[OST_MSG_REFUSALS] = refusals_valid,
	[OST_MSG_OPENED] = opened_valid,
	[OST_MSG_RULE_STATS] = rule_stats_valid,
	[OST_MSG_EAPOL] = eapol_valid,
	[OST_MSG_GIVEN] = given_valid,
	[OST_MSG_EXPORT_LINE] = export_line_valid,
	[OST_MSG_COPIES] = copies_valid,
	[OST_MSG_EXPORT_CHECKPOINT] = export_checkpoint_valid,
	[OST_MSG_SEGMENT] = segment_valid,
};

bool ost_message_valid(uint16_t type, const void *payload, size_t length)
{
	if (type == 0 || type >= OST_MSG_TYPE_COUNT)
		return false;
	if (variable[type] != NULL)
		return variable[type](payload, length);
	return length == messages[type].length &&
		(messages[type].valid == NULL || messages[type].valid(payload));
}
