/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#include <rte_ring.h>
#include <sys/prctl.h>

#include "rights.h"

#define SWEEP_PASS_NS  (2 * OST_NS_PER_S)
#define SWEEP_HURRY_NS (OST_NS_PER_S / 2)
#define SWEEP_SLICE_NS (OST_NS_PER_MS)
#define SPIN_ROUNDS    64u  /* empty rounds before the first sleep */
#define SLEEP_MIN_US   4u
#define SLEEP_MAX_US   100u
#define QUIET_ROUNDS   2000u /* empty rounds, about 0.2 s, until nobody seems to be there */
#define SLEEP_QUIET_US 500u

static void bump(_Atomic uint64_t *counter, uint64_t by)
{
	/* one writer: no need for an atomic addition */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by, memory_order_relaxed);
}

/* What worker 0 must know of a frame beside its ingress lies where a NIC's hash lay. */
static uint32_t handed_pack(const struct ost_verdict *v)
{
	return v->action | (uint32_t)v->egress << 8;
}

static struct ost_handed handed_of(const struct rte_mbuf *m)
{
	return (struct ost_handed){(uint8_t)m->hash.usr, (uint8_t)(m->hash.usr >> 8)};
}

/* A full ring loses the frame; the accounts of the ingress tell it as egress-full. */
static void hand_over(struct ost_worker *w, struct rte_mbuf *m, uint8_t ingress, const struct ost_verdict *v)
{
	struct ost_worker_port_counts *counts = &w->counts[ingress];

	m->port = ingress;
	m->hash.usr = handed_pack(v);
	counts->handed_bytes += m->pkt_len;
	if (w->handover != NULL && rte_ring_enqueue(w->handover, m) == 0)
		return;
	counts->handed_bytes -= m->pkt_len;
	counts->handover_lost_pkts++;
	rte_pktmbuf_free(m);
}

/* Judged as forwarded: what the ring does not take is refused after all. */
static void authenticate(struct ost_worker *w, struct rte_mbuf *m, uint8_t ingress, uint32_t device)
{
	static const uint64_t one = 1;

	m->port = ingress;
	if (rte_ring_enqueue(w->to_auth, m) != 0) {
		ost_classifier_unsent(w->classifier, ingress, device, false, 1, m->pkt_len, OST_REASON_EAPOL);
		rte_pktmbuf_free(m);
		return;
	}
	/* Either the main thread sees this frame when it looks again after the last one, or we see that it had taken all
	 * others: each has a fence between its own step and the look at the other's. */
	atomic_thread_fence(memory_order_seq_cst);
	if (rte_ring_count(w->to_auth) == 1 && write(w->auth_wake_fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
		return; /* the counter is full: the main thread has been told */
}

static void apply(struct ost_worker *w, struct rte_mbuf **frames, const struct ost_frame *judged,
	const struct ost_verdict *verdicts, uint32_t n)
{
	struct rte_mbuf *refused[OST_BURST];
	uint32_t refused_count = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct ost_verdict *v = &verdicts[i];

		if (OST_LIKELY(v->action == OST_FORWARD))
			ost_transmit_forward(w, frames[i], judged[i].port, v);
		else if (v->action == OST_FLOOD_DEVICES)
			ost_transmit_flood(w, frames[i], judged[i].port);
		else if (v->action >= OST_HANDOVER)
			hand_over(w, frames[i], judged[i].port, v);
		else if (v->action == OST_AUTHENTICATE)
			authenticate(w, frames[i], judged[i].port, v->device);
		else
			refused[refused_count++] = frames[i];
	}
	if (refused_count > 0)
		rte_pktmbuf_free_bulk(refused, refused_count);
}

/* n > 0; ingress NULL: handed over, and it stands in each buffer's port field. */
static void judge(struct ost_worker *w, struct rte_mbuf **frames, const uint8_t *ingress, uint32_t n, uint64_t now_ns)
{
	struct ost_frame judged[OST_BURST];
	struct ost_handed handed[OST_BURST];
	struct ost_verdict verdicts[OST_BURST];

	judged[0].length = 0; /* for the compiler, which does not know that n > 0 */
	for (uint32_t i = 0; i < n; i++) {
		const struct rte_mbuf *m = frames[i];
		uint8_t port = ingress != NULL ? ingress[i] : (uint8_t)m->port;

		judged[i] = (struct ost_frame){
			.bytes = rte_pktmbuf_mtod(m, const uint8_t *),
			.length = m->data_len,
			.port = port,
			.oversize = m->nb_segs > 1 || m->pkt_len > w->ports->ports[port].frame_max,
		};
		if (ingress == NULL)
			handed[i] = handed_of(m);
	}
	if (ingress != NULL)
		ost_classify(w->classifier, judged, n, now_ns, verdicts);
	else
		ost_classify_handed(w->classifier, judged, handed, n, now_ns, verdicts);
	apply(w, frames, judged, verdicts, n);
}

static uint32_t poll_ports(struct ost_worker *w, uint64_t now_ns)
{
	struct rte_mbuf *frames[OST_BURST];
	uint8_t ingress[OST_BURST];
	uint32_t total = 0;

	for (uint32_t port = 0; port < w->ports->count; port++) {
		uint16_t n = rte_eth_rx_burst(w->ports->ports[port].id, (uint16_t)w->index, frames, OST_BURST);

		if (n == 0)
			continue;
		for (uint32_t i = 0; i < n; i++) {
			rte_prefetch0(rte_pktmbuf_mtod(frames[i], void *));
			ingress[i] = (uint8_t)port;
		}
		judge(w, frames, ingress, n, now_ns);
		total += n;
	}
	return total;
}

/* Worker 0: what the others handed over; m->port is the ingress that they wrote. */
static uint32_t poll_handover(struct ost_worker *w, uint64_t now_ns)
{
	struct rte_mbuf *frames[OST_BURST];
	uint32_t n;

	if (w->handover == NULL || w->index != 0)
		return 0;
	n = rte_ring_dequeue_burst(w->handover, (void **)frames, OST_BURST, NULL);
	if (n > 0)
		judge(w, frames, NULL, n, now_ns);
	return n;
}

/* Worker 0: what ostiary-authd answers; m->port is where it goes. */
static uint32_t poll_answers(struct ost_worker *w)
{
	struct rte_mbuf *frames[OST_BURST];
	uint32_t n;

	if (w->from_auth == NULL)
		return 0;
	n = rte_ring_dequeue_burst(w->from_auth, (void **)frames, OST_BURST, NULL);
	for (uint32_t i = 0; i < n; i++)
		ost_transmit_own(w, frames[i], frames[i]->port);
	return n;
}

static void sweep(struct ost_worker *w, uint64_t now_ns)
{
	uint64_t passed = now_ns - w->swept_ns;
	uint64_t pass_ns = atomic_load_explicit(&w->hurry, memory_order_relaxed) ? SWEEP_HURRY_NS : SWEEP_PASS_NS;

	if (passed < SWEEP_SLICE_NS)
		return;
	w->swept_ns = now_ns;
	passed = OST_MIN(passed, 10 * SWEEP_SLICE_NS); /* after a sleep or a stop, not all at once */
	(void)ost_classifier_sweep(w->classifier,
		(uint32_t)((uint64_t)w->sweep_buckets * passed / pass_ns) + 1, now_ns);
}

/* Longer and longer, up to a bound that keeps latency low; a longer one when it has been quiet for a while. */
static void back_off(uint32_t empty_rounds)
{
	uint32_t doublings = (empty_rounds - SPIN_ROUNDS) / 4;
	uint32_t us = doublings > 4 ? SLEEP_MAX_US : SLEEP_MIN_US << doublings;

	(void)usleep(empty_rounds > QUIET_ROUNDS ? SLEEP_QUIET_US : us);
}

static void rounds(struct ost_worker *w)
{
	uint64_t before = rte_rdtsc(), cycles;
	uint32_t empty = 0, n;

	while (!atomic_load_explicit(&w->stop, memory_order_relaxed)) {
		uint64_t now_ns = ost_tsc_ns(w->clock, before);

		n = poll_ports(w, now_ns) + poll_handover(w, now_ns) + poll_answers(w);
		ost_transmit_flush(w);
		sweep(w, now_ns);
		rte_rcu_qsbr_quiescent(w->quiescence, w->index);
		bump(&w->progress, 1);
		empty = n > 0 ? 0 : OST_MIN(empty + 1, QUIET_ROUNDS + 1);
		cycles = rte_rdtsc();
		bump(&w->cycles_all, cycles - before);
		if (n > 0)
			bump(&w->cycles_busy, cycles - before);
		before = cycles;
		if (w->may_sleep && empty > SPIN_ROUNDS) {
			back_off(empty);
			before = rte_rdtsc();
			bump(&w->cycles_all, before - cycles);
		}
	}
}

int ost_worker_run(void *worker)
{
	struct ost_worker *w = worker;

	(void)prctl(PR_SET_TIMERSLACK, 1ul);
	ost_rights_drop_thread(w->keep_rights);
	(void)rte_rcu_qsbr_thread_register(w->quiescence, w->index);
	rte_rcu_qsbr_thread_online(w->quiescence, w->index);
	rounds(w);
	rte_rcu_qsbr_thread_offline(w->quiescence, w->index);
	(void)rte_rcu_qsbr_thread_unregister(w->quiescence, w->index);
	atomic_store(&w->finished, true);
	return 0;
}
