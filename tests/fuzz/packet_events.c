/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet_events.h"

#include "clock.h"
#include "frames.h"
#include "packet_checks.h"

#define FLOODS_MAX 3u /* they take long */
#define UNSWEPT_NS (20 * 86400 * OST_NS_PER_S)

/* As it would be sent. */
static void copy_check(void *user, uint32_t slot, const struct ost_copy *copy)
{
	static struct ost_msg_copies m = {.token = 1, .count = 1};

	(void)user;
	m.copies[0] = *copy;
	if ((slot >= DEVICES_MAX && slot != OST_DEVICE_NONE) || !ost_message_valid(OST_MSG_COPIES, &m, ost_msg_copies_bytes(&m)))
		fuzz_die("a copy that is none");
}

static void segment_check(void *user, uint32_t slot, struct ost_segment *s)
{
	(void)user;
	s->generation = 1;
	if (slot >= DEVICES_MAX || !ost_message_valid(OST_MSG_SEGMENT, s, ost_segment_size(s)))
		fuzz_die("a segment that is none");
}

void fuzz_refusals_drain(struct gateway *g)
{
	for (uint32_t w = 0; w < g->worker_count; w++) {
		ost_classifier_copies_flip(g->workers[w]);
		(void)ost_classifier_copies_drain(g->workers[w], 0, copy_check, NULL);
		(void)ost_classifier_segments_drain(g->workers[w], 0, segment_check, NULL);
		ost_classifier_refusals_flip(g->workers[w]);
		(void)ost_classifier_refusals_drain(g->workers[w], 0, fuzz_refusal_check, NULL);
	}
}

void fuzz_sweep_all(struct gateway *g)
{
	for (uint32_t w = 0; w < g->worker_count; w++) {
		while (ost_classifier_sweep(g->workers[w], 1000, g->now_ns) > 0)
			;
	}
}

static void bind(struct gateway *g, uint8_t arg, bool later)
{
	static const uint64_t ends_s[4] = {0, 1, 60, 1000000};
	struct ost_ip ip = {.family = arg & 0x20 ? OST_IPV6 : OST_IPV4};
	uint64_t expires_ns = ends_s[arg >> 6] == 0 ? 0 : g->now_ns + ends_s[arg >> 6] * OST_NS_PER_S;
	int r;

	memcpy(ip.b, arg & 0x20 ? fuzz_ip6[arg >> 2 & 7] : fuzz_ip4[arg >> 2 & 7], arg & 0x20 ? 16 : 4);
	if (later)
		r = ost_site_bind_later(g->site, arg & 3, &ip, OST_BINDING_DHCP, expires_ns);
	else
		r = ost_site_bind(g->site, arg & 3, &ip, arg & 0x10 ? OST_BINDING_DHCP : OST_BINDING_ND, g->now_ns, expires_ns);
	if (r != 0 && r != -ENOENT && r != -EADDRINUSE && r != -ENOSPC)
		fuzz_die("a binding ended in an error of another kind");
}

static void unsent(struct gateway *g)
{
	if (g->sent.there)
		ost_classifier_unsent(g->workers[g->sent.worker], g->sent.port, g->sent.verdict.device,
			PORT_IS_NET(g->sent.port), 1, g->sent.length, OST_REASON_EGRESS_FULL);
	g->sent.there = false;
}

/* Many frames that differ in one value: tables fill, limits are met. */
static void flood(struct gateway *g, uint8_t arg)
{
	/* kind, MACs, addresses, ports, VLAN, two of detail; who sends, then what */
	static const struct {
		uint8_t port, macs, ips;
	} senders[4] = {{2, 0x51, 0x31}, {1, 0x50, 0x30}, {2, 0x53, 0x37}, {0, 0x05, 0x03}};
	static const struct {
		uint8_t kind, ports, a, varies; /* at this byte of the frame */
	} what[4] = {{1, 0x30, 0, 35}, {0, 0x0f, 0, 35}, {7, 0, 2, 77}, {2, 0, 0, 39}};
	const uint32_t sender = arg >> 2 & 3, n = 16u << (arg >> 6), which = arg & 3;
	const uint8_t seed[7] = {what[which].kind, senders[sender].macs, which == 2 ? 0x65 : senders[sender].ips,
		sender == 3 ? 0x1f : what[which].ports, 0, what[which].a, 3};
	struct ost_cursor c = ost_cursor_of(seed, sizeof(seed));
	uint8_t bytes[FUZZ_FRAME_MAX], *copy;
	struct ost_frame frame = {.length = fuzz_frame_make(&c, bytes), .port = senders[sender].port};

	for (uint32_t i = 0; i < n; i++) {
		copy = malloc(frame.length);
		if (copy == NULL)
			fuzz_die("no memory");
		if (!(arg & 0x20))
			bytes[what[which].varies] = (uint8_t)(i + (arg & 0x10 ? 100 : 0));
		memcpy(copy, bytes, frame.length);
		frame.bytes = copy;
		fuzz_judge(g, 0, &frame, 1);
		free(copy);
	}
}

/* Ticks are compared modulo 52 days: a gateway that sweeps every two seconds never comes near that, and this one must not. */
static void time_wait(struct gateway *g, uint8_t arg)
{
	uint64_t ns = (uint64_t)arg * arg * 10 * OST_NS_PER_S;

	g->now_ns += ns;
	g->unswept_ns += ns;
	if (g->unswept_ns < UNSWEPT_NS)
		return;
	fuzz_sweep_all(g);
	g->unswept_ns = 0;
}

void fuzz_event(struct gateway *g, uint8_t what, uint8_t arg)
{
	switch (what % EVENTS) {
	case EVENT_SWAP:
		g->sent.there = false; /* it is sent before anything else happens */
		fuzz_policy_swap(g, &fuzz_images[arg % POLICIES]);
		break;
	case EVENT_STATE:
		(void)!ost_site_device_state_set(g->site, arg & 3, (enum ost_state)((arg >> 2) % (OST_STATE_COUNT + 1)),
			(enum ost_assurance)(arg >> 6));
		break;
	case EVENT_PORT_DOWN:
		g->sent.there = false;
		ost_site_port_down(g->site, arg % PORTS);
		break;
	case EVENT_BIND:
	case EVENT_BIND_LATER:
		bind(g, arg, what % EVENTS == EVENT_BIND_LATER);
		break;
	case EVENT_BINDINGS:
		(void)ost_site_binding_events(g->site, fuzz_binding_check, NULL);
		break;
	case EVENT_REFUSALS:
		fuzz_refusals_drain(g);
		break;
	case EVENT_SWEEP:
		fuzz_sweep_all(g);
		break;
	case EVENT_WAIT:
		time_wait(g, arg);
		break;
	case EVENT_FLOOD:
		if (g->floods++ < FLOODS_MAX)
			flood(g, arg);
		break;
	default:
		unsent(g);
	}
}
