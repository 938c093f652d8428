/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "worker.h"

#define SEND_TRIES 8u
#define FLOODED	   1u /* mark: a copy among several; the frame was forwarded when any went out */
#define OWN	   2u /* mark: it came in by no port, so no port's accounts miss it */

/* What the accounts need when a frame is not taken. The driver does not look at these fields on transmit. */
static void mark(struct rte_mbuf *m, uint8_t ingress, uint32_t device, uint32_t flags)
{
	m->port = ingress;
	m->hash.fdir.lo = device;
	m->hash.fdir.hi = flags;
}

static void unsent(struct ost_worker *w, struct rte_mbuf *m, enum ost_reason reason)
{
	uint8_t ingress = (uint8_t)m->port;
	bool to_device = w->ports->ports[ingress].site->side == OST_SIDE_NETWORK;

	if (!(m->hash.fdir.hi & (FLOODED | OWN)))
		ost_classifier_unsent(w->classifier, ingress, m->hash.fdir.lo, to_device, 1, m->pkt_len, reason);
	rte_pktmbuf_free(m);
}

/* Sends one port's buffer. A full egress is tried a bounded number of times: one slow port must not hold up the others. */
static void port_flush(struct ost_worker *w, uint32_t port)
{
	struct ost_transmit *t = &w->transmit[port];
	struct ost_worker_port_counts *counts = &w->counts[port];
	const struct ost_port *p = &w->ports->ports[port];
	uint32_t sent = 0;
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < t->count; i++)
		bytes += t->frames[i]->pkt_len;
	for (uint32_t tries = 0; sent < t->count && tries < SEND_TRIES; tries++)
		sent += rte_eth_tx_burst(p->id, (uint16_t)w->index, t->frames + sent, (uint16_t)(t->count - sent));
	for (uint32_t i = sent; i < t->count; i++) {
		bytes -= t->frames[i]->pkt_len;
		unsent(w, t->frames[i], OST_REASON_EGRESS_FULL);
	}
	counts->sent_pkts += sent;
	counts->sent_bytes += bytes;
	t->count = 0;
}

void ost_transmit_flush(struct ost_worker *w)
{
	while (w->dirty != 0) {
		uint32_t port = (uint32_t)__builtin_ctzll(w->dirty);

		w->dirty &= w->dirty - 1;
		port_flush(w, port);
	}
}

static inline void append(struct ost_worker *w, struct rte_mbuf *m, uint32_t port)
{
	struct ost_transmit *t = &w->transmit[port];

	t->frames[t->count++] = m;
	w->dirty |= 1ull << port;
	if (OST_UNLIKELY(t->count == OST_ARRAY_SIZE(t->frames)))
		port_flush(w, port);
}

static inline bool usable(const struct ost_worker *w, uint32_t port)
{
	return atomic_load_explicit(&w->ports->ports[port].up, memory_order_relaxed);
}

void ost_transmit_forward(struct ost_worker *w, struct rte_mbuf *frame, uint8_t ingress, const struct ost_verdict *v)
{
	mark(frame, ingress, v->device, 0);
	if (OST_UNLIKELY(v->egress >= w->ports->count || !usable(w, v->egress))) {
		unsent(w, frame, OST_REASON_EGRESS_DOWN);
		return;
	}
	append(w, frame, v->egress);
}

void ost_transmit_own(struct ost_worker *w, struct rte_mbuf *frame, uint32_t port)
{
	mark(frame, (uint8_t)port, OST_DEVICE_NONE, OWN);
	if (usable(w, port))
		append(w, frame, port);
	else
		rte_pktmbuf_free(frame);
}

/* One buffer, sent by several ports: each holds a reference. */
void ost_transmit_flood(struct ost_worker *w, struct rte_mbuf *frame, uint8_t ingress)
{
	uint64_t targets = 0;
	uint32_t n;

	for (uint64_t left = w->device_ports & ~(1ull << ingress); left != 0; left &= left - 1) {
		uint32_t port = (uint32_t)__builtin_ctzll(left);

		if (usable(w, port))
			targets |= 1ull << port;
	}
	n = (uint32_t)__builtin_popcountll(targets);
	mark(frame, ingress, OST_DEVICE_NONE, n > 0 ? FLOODED : 0);
	if (n == 0) {
		unsent(w, frame, OST_REASON_EGRESS_DOWN);
		return;
	}
	rte_mbuf_refcnt_update(frame, (int16_t)(n - 1));
	for (; targets != 0; targets &= targets - 1)
		append(w, frame, (uint32_t)__builtin_ctzll(targets));
}
