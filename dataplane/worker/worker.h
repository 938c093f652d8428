/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker/: the polling threads. Each has one queue pair of every port and a classifier of its own.
 *
 * One round: the clock once; from each port a burst, judged in one call, laid into the transmit buffer
 *   of its egress; then every buffer that holds something is sent; then a quiescent point is passed. Between
 *   rounds a slice of the flow tables is swept, so that a whole pass takes about two seconds.
 * Accounts: what the egress does not take is freed and moved from forwarded to refused (egress-full,
 *   egress-down), so that on every port received = forwarded + refused, at any time a round is over.
 * Control frames are judged by worker 0 alone, and what name servers are asked and answer is read by it; the others hand
 *   both over by a ring.
 * 802.1X frames go from worker 0 to the main thread by a ring, and its answers come back by another: the main
 *   thread is woken when the first one lies there, not for each.
 * Back-off: a worker whose ports are fed by the kernel or by files sleeps when nothing comes: a small
 *   box has other things to do. It wakes within 100 us, after a quiet while within 500 us. With a physical NIC it
 *   never sleeps.
 */
#pragma once

#include <rte_rcu_qsbr.h>
#include <stdatomic.h>

#include "classify.h"
#include "port.h"
#include "tsc.h"

#define OST_WORKERS_MAX 16u

struct rte_mbuf;
struct rte_ring;

/* Written by the worker, read by anyone. */
struct ost_worker_port_counts {
	uint64_t sent_pkts, sent_bytes;
	uint64_t handed_bytes;	    /* received bytes that another worker counts again */
	uint64_t handover_lost_pkts; /* handed over, but the ring was full: egress-full */
};

struct ost_transmit {
	uint32_t count;
	struct rte_mbuf *frames[2 * OST_BURST];
};

struct ost_worker {
	struct ost_classifier *classifier;
	const struct ost_ports *ports;
	const struct ost_tsc *clock;
	struct rte_rcu_qsbr *quiescence;
	struct rte_ring *handover; /* all write, worker 0 reads; NULL with one worker */
	struct rte_ring *to_auth, *from_auth; /* worker 0's; NULL with the others */
	int auth_wake_fd;	   /* eventfd(2) of the main thread */
	uint32_t index;		   /* also its queue and its place in the quiescence */
	uint64_t device_ports;	   /* mask of the device side */
	uint32_t sweep_buckets;	   /* of a whole pass */
	unsigned keep_rights;	   /* see rights.h */
	bool may_sleep;
	_Atomic bool stop;
	_Atomic bool hurry; /* the sweep: somebody waits for what it takes away */
	_Atomic bool finished;

	uint64_t dirty; /* mask of ports whose transmit buffer holds something */
	struct ost_transmit transmit[OST_PORTS_MAX];
	uint64_t swept_ns;

	OST_CACHE_ALIGNED _Atomic uint64_t progress; /* rounds */
	_Atomic uint64_t cycles_busy, cycles_all;
	struct ost_worker_port_counts counts[OST_PORTS_MAX];
};

/* The thread's body, for rte_eal_remote_launch(): until stop. */
int ost_worker_run(void *worker);

/* transmit.c: lays a judged frame into the buffer of its egress; takes the frame over. device: of its verdict. */
void ost_transmit_forward(struct ost_worker *w, struct rte_mbuf *frame, uint8_t ingress, const struct ost_verdict *v);
void ost_transmit_flood(struct ost_worker *w, struct rte_mbuf *frame, uint8_t ingress);
void ost_transmit_flush(struct ost_worker *w);

/* A frame of the gateway itself, out of this port. */
void ost_transmit_own(struct ost_worker *w, struct rte_mbuf *frame, uint32_t port);
