/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of a capture, told one by one: what the classifier said of each, and of a refused one what the rules say. */
#include <inttypes.h>
#include <stdio.h>

#include "clock.h"
#include "cursor.h"
#include "explain.h"
#include "replay.h"
#include "services.h"
#include "show.h"
#include "text.h"

#define TOLD_MAX 1000u
#define ENDPOINT 64u

struct words {
	uint8_t src_mac[6];
	char from[ENDPOINT], to[ENDPOINT], kind[24];
	char peer_of_out[ENDPOINT], peer_of_in[ENDPOINT]; /* as in a question; "" without IP */
};

struct run {
	struct ost_explain *x;
	struct ost_replay *replay;
	uint64_t packet; /* the only one that is told, 0: not said */
	char flow_kind[24], flow_end[ENDPOINT]; /* "" not said */
	uint64_t number, told, left;
	struct ost_jsonw w;
	bool refused_one; /* of those that were told */
};

/* ---- words ---- */

static void endpoint(const struct ost_ip *ip, bool has_port, unsigned port, char buf[static ENDPOINT])
{
	char text[OST_IP_TEXT];

	(void)ost_ip_format(ip, text);
	if (!has_port)
		(void)snprintf(buf, ENDPOINT, "%s", text);
	else
		(void)snprintf(buf, ENDPOINT, ip->family == OST_IPV6 ? "[%s]:%u" : "%s:%u", text, port);
}

/* Behind the IP header. */
static void l4_words(struct ost_cursor *c, uint8_t protocol, const struct ost_ip *src, const struct ost_ip *dst, struct words *w)
{
	bool ports = ost_protocol_has_ports(protocol), icmp = protocol == OST_PROTOCOL_ICMP || protocol == OST_PROTOCOL_ICMPV6;
	const char *name = ost_protocol_name(protocol);
	unsigned a = icmp ? ost_cursor_u8(c) : ports ? ost_cursor_be16(c) : 0;
	unsigned b = icmp ? ost_cursor_u8(c) : ports ? ost_cursor_be16(c) : 0;

	if (name == NULL)
		(void)snprintf(w->kind, sizeof(w->kind), "ip/%u", protocol);
	else if (icmp)
		(void)snprintf(w->kind, sizeof(w->kind), "%s/%u.%u", name, a, b);
	else
		(void)snprintf(w->kind, sizeof(w->kind), "%s", name);
	endpoint(src, ports, a, w->from);
	endpoint(dst, ports, b, w->to);
	endpoint(dst, ports, b, w->peer_of_out);
	endpoint(src, ports, b, w->peer_of_in);
}

static void ip_words(struct ost_cursor *c, bool v6, struct words *w)
{
	struct ost_ip src = {.family = v6 ? OST_IPV6 : OST_IPV4}, dst = {.family = v6 ? OST_IPV6 : OST_IPV4};
	uint8_t first = ost_cursor_u8(c), protocol;

	(void)ost_cursor_skip(c, v6 ? 5 : 8);
	protocol = ost_cursor_u8(c);
	(void)ost_cursor_skip(c, v6 ? 1 : 2);
	(void)ost_cursor_copy(c, src.b, v6 ? 16 : 4);
	(void)ost_cursor_copy(c, dst.b, v6 ? 16 : 4);
	if (!v6 && (first & 15) > 5)
		(void)ost_cursor_skip(c, ((first & 15u) - 5) * 4u);
	if (!c->failed)
		l4_words(c, protocol, &src, &dst, w);
}

static void frame_words(const struct ost_capture_packet *p, struct words *w)
{
	struct ost_cursor c = ost_cursor_of(p->bytes, p->length);
	struct ost_mac src = {0}, dst = {0};
	char text[OST_MAC_TEXT];
	uint16_t type;

	*w = (struct words){0};
	(void)ost_cursor_copy(&c, dst.b, 6);
	(void)ost_cursor_copy(&c, src.b, 6);
	memcpy(w->src_mac, src.b, 6);
	type = ost_cursor_be16(&c);
	for (unsigned tags = 0; tags < 2 && (type == 0x8100 || type == 0x88a8); tags++) {
		(void)ost_cursor_skip(&c, 2);
		type = ost_cursor_be16(&c);
	}
	(void)snprintf(w->from, sizeof(w->from), "%s", ost_mac_format(&src, text));
	(void)snprintf(w->to, sizeof(w->to), "%s", ost_mac_format(&dst, text));
	(void)snprintf(w->kind, sizeof(w->kind), type == 0x0806 ? "arp" : "ethertype 0x%04x", type);
	if (type == 0x0800 || type == 0x86dd)
		ip_words(&c, type == 0x86dd, w);
}

/* ---- one packet ---- */

static bool wanted(const struct run *r, const struct words *w, const struct ost_verdict *v)
{
	if (r->packet != 0)
		return r->number == r->packet;
	if (r->flow_end[0] == '\0')
		return v->action == OST_REFUSE || v->audit != OST_REASON_NONE;
	return (r->flow_kind[0] == '\0' || strcmp(r->flow_kind, w->kind) == 0) &&
		(strcmp(r->flow_end, w->from) == 0 || strcmp(r->flow_end, w->to) == 0);
}

/* The question that a refused packet leaves: of the device that it was accounted to. */
static bool question(struct run *r, const struct words *w, int64_t device)
{
	const struct ost_image *image = &r->x->policy.image;
	bool out;

	if (device < 0 || w->peer_of_out[0] == '\0')
		return false;
	out = image->devices[device].has_mac && memcmp(image->devices[device].mac, w->src_mac, 6) == 0;
	r->x->device_name = ost_image_device_name(image, (uint32_t)device);
	(void)snprintf(r->x->question_text, sizeof(r->x->question_text), "%s%s %s", out ? "" : "in ", w->kind,
		out ? w->peer_of_out : w->peer_of_in);
	return true;
}

static void packet_print(const struct run *r, const struct ost_capture_packet *p, const struct words *w, const struct ost_verdict *v,
	const char *device)
{
	const struct ost_cli *cli = r->x->cli;
	enum ost_reason reason = v->action == OST_REFUSE ? v->reason : v->audit;
	char at[OST_TIME_TEXT];

	ost_clock_format(p->wall_ns, at);
	ost_show_line(cli, 0, 2, "%spacket %" PRIu64 "%s  %s  %s %s -> %s  %s%s", ost_show_colour(cli, OST_COLOUR_HEAD), r->number,
		ost_show_plain(cli), at, w->kind, w->from, w->to, device != NULL ? "device " : "no device", device != NULL ? device : "");
	if (reason == OST_REASON_NONE)
		ost_show_line(cli, 0, 11, "  passed");
	else
		ost_show_line(cli, 0, 11, "  %s %s: %s", v->action == OST_REFUSE ? "refused " : "audited ", ost_reason_name(reason),
			ost_reason_meaning(reason));
}

static void packet_json(struct run *r, const struct ost_capture_packet *p, const struct words *w, const struct ost_verdict *v,
	const char *device)
{
	enum ost_reason reason = v->action == OST_REFUSE ? v->reason : v->audit;

	ost_jsonw_u64(&r->w, "packet", r->number);
	ost_jsonw_time(&r->w, "time", p->wall_ns);
	ost_jsonw_string(&r->w, "protocol", w->kind);
	ost_jsonw_string(&r->w, "from", w->from);
	ost_jsonw_string(&r->w, "to", w->to);
	ost_jsonw_string(&r->w, "device", device);
	ost_jsonw_string(&r->w, "verdict", v->action == OST_REFUSE ? "refused" : v->audit != OST_REASON_NONE ? "audited" : "passed");
	ost_jsonw_string(&r->w, "reason", reason != OST_REASON_NONE ? ost_reason_name(reason) : NULL);
	ost_jsonw_string(&r->w, "meaning", reason != OST_REASON_NONE ? ost_reason_meaning(reason) : NULL);
}

static int tell(struct run *r, const struct ost_capture_packet *p, const struct words *w, const struct ost_verdict *v)
{
	int64_t device = ost_replay_device_at(r->replay, v->device);
	const char *name = device >= 0 ? ost_image_device_name(&r->x->policy.image, (uint32_t)device) : NULL;
	bool ask = r->packet != 0 && v->action == OST_REFUSE && question(r, w, device);

	r->refused_one = r->refused_one || v->action == OST_REFUSE;
	r->x->at_s = (int64_t)(p->wall_ns / OST_NS_PER_S);
	if (ask && ost_explain_ask(r->x) != OST_EXIT_OK)
		return -ECANCELED;
	if (!r->x->cli->json) {
		packet_print(r, p, w, v, name);
		if (ask) {
			ost_show_line(r->x->cli, 0, 2, "what the rules alone say of it:");
			ost_explain_print(r->x);
		}
		return 0;
	}
	ost_jsonw_object(&r->w, NULL);
	packet_json(r, p, w, v, name);
	if (ask) {
		ost_jsonw_object(&r->w, "answer");
		ost_explain_members(r->x, &r->w);
		ost_jsonw_end(&r->w, '}');
	}
	ost_jsonw_end(&r->w, '}');
	return 0;
}

static int judged(void *user, const struct ost_capture_packet *packet, const struct ost_verdict *verdict)
{
	struct run *r = user;
	struct words w;

	r->number++;
	frame_words(packet, &w);
	if (!wanted(r, &w, verdict))
		return 0;
	if (r->told == TOLD_MAX) {
		r->left++;
		return 0;
	}
	r->told++;
	return tell(r, packet, &w, verdict);
}

/* ---- the capture ---- */

static int packets_read(struct run *r, const char *path)
{
	struct ost_capture *capture = NULL;
	struct ost_capture_packet packet;
	char why[OST_CAPTURE_WHY];
	int more, rc = 0;

	if (ost_capture_open(path, &capture, why) < 0)
		return ost_cli_fail("%s", why);
	while ((more = ost_capture_next(capture, &packet, why)) > 0 && rc == 0 && (r->packet == 0 || r->number < r->packet))
		rc = ost_replay_packet(r->replay, &packet);
	if (rc == 0)
		rc = ost_replay_flush(r->replay);
	ost_capture_free(&capture);
	if (more < 0)
		return ost_cli_fail("%s", why);
	if (rc == -ECANCELED)
		return OST_EXIT_INPUT;
	return rc < 0 ? ost_cli_fail("policy explain: %s", strerror(-rc)) : OST_EXIT_OK;
}

static int end_tell(struct run *r, const char *path)
{
	int rc = OST_EXIT_OK;

	if (r->x->cli->json) {
		ost_jsonw_end(&r->w, ']');
		ost_jsonw_u64(&r->w, "packets_read", r->number);
		ost_jsonw_u64(&r->w, "packets_left_out", r->left);
		ost_jsonw_end(&r->w, '}');
		rc = ost_cli_json_print(&r->w);
	} else if (r->left > 0) {
		(void)printf("... and %" PRIu64 " further packets\n", r->left);
	} else if (r->told == 0 && r->packet == 0) {
		(void)printf("%s of %" PRIu64 " packets\n", r->flow_end[0] != '\0' ? "none is of this flow," : "none was refused,", r->number);
	}
	if (rc == OST_EXIT_OK && r->packet != 0 && r->told == 0)
		return ost_cli_fail("%s has %" PRIu64 " packets and no packet %" PRIu64, path, r->number, r->packet);
	return rc != OST_EXIT_OK ? rc : r->refused_one ? OST_EXIT_NO : OST_EXIT_OK;
}

static int choice_read(struct run *r, const char *packet, const char *flow)
{
	const char *blank = flow != NULL ? strrchr(flow, ' ') : NULL;

	if (packet != NULL && flow != NULL)
		return ost_cli_fail("policy explain: --packet or --flow, not both");
	if (packet != NULL && (ost_number_parse(packet, strlen(packet), &r->packet) < 0 || r->packet == 0))
		return ost_cli_fail("policy explain: --packet: '%s' is no number from 1 on", packet);
	if (flow == NULL)
		return OST_EXIT_OK;
	(void)snprintf(r->flow_end, sizeof(r->flow_end), "%s", blank != NULL ? blank + 1 : flow);
	(void)snprintf(r->flow_kind, sizeof(r->flow_kind), "%.*s", blank != NULL ? (int)(blank - flow) : 0, flow);
	if (r->flow_end[0] == '\0')
		return ost_cli_fail("policy explain: --flow: write \"tcp 10.0.0.5:443\", or an address alone");
	return OST_EXIT_OK;
}

int ost_explain_capture(struct ost_explain *x, const char *path, const char *packet, const char *flow)
{
	struct run r = {.x = x};
	const struct ost_replay_config config = {.image = &x->policy.image, .judged = judged, .user = &r};
	int rc = choice_read(&r, packet, flow);

	if (rc != OST_EXIT_OK)
		return rc;
	rc = ost_replay_new(&config, &r.replay);
	if (rc < 0)
		return ost_cli_fail("policy explain: %s", strerror(-rc));
	if (x->cli->json) {
		ost_jsonw_object(&r.w, NULL);
		ost_jsonw_array(&r.w, "packets");
	}
	rc = packets_read(&r, path);
	if (rc == OST_EXIT_OK)
		rc = end_tell(&r, path);
	ost_jsonw_free(&r.w);
	ost_replay_free(&r.replay);
	return rc;
}
