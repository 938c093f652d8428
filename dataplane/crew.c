/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_malloc.h>
#include <rte_ring.h>
#include <sys/eventfd.h>
#include <sys/random.h>

#include "dataplane.h"
#include "log.h"

#define REFUSAL_RECORDS 8192u
#define OPENED_RECORDS	4096u
#define COPIES		1024u
#define SEGMENTS	256u
#define HANDOVER_SLOTS	1024u
#define AUTH_SLOTS	512u
#define QUIESCE_STEP_US 20u
#define CLEAR_STEP_US	5000u
#define CLEAR_WAIT_NS	(10 * OST_NS_PER_S)
#define QUIESCE_LOUD_NS (5 * OST_NS_PER_S)

static int site_make(struct ost_dataplane *dp)
{
	struct ost_site_config config = {
		.devices_max = ost_site_slots_for(dp->file->devices),
		.bindings_max = dp->file->bindings,
		.names_max = dp->file->names,
		.port_count = dp->file->port_count,
		.alloc = ost_pages_alloc,
		.alloc_sparse = ost_pages_alloc_sparse,
		.release = ost_pages_release,
	};
	int r;

	for (uint32_t i = 0; i < dp->file->port_count; i++) {
		memcpy(config.ports[i].name, dp->file->ports[i].name, sizeof(config.ports[i].name));
		config.ports[i].side = (uint8_t)dp->file->ports[i].side;
		config.ports[i].uplink = (uint8_t)dp->file->ports[i].uplink_index;
	}
	if (getrandom(config.secret, sizeof(config.secret), 0) != (ssize_t)sizeof(config.secret))
		return -errno;
	r = ost_site_new(&config, &dp->site);
	if (r == 0) /* which schedules are open when the first policy comes */
		ost_site_wall_set(dp->site, (int64_t)(ost_clock_wall_ns() / OST_NS_PER_S));
	return r;
}

/* Flows spread over the workers, not quite evenly. */
static uint32_t share(uint32_t flows, uint32_t workers)
{
	return workers == 1 ? flows : flows / workers / 4 * 5;
}

static int worker_make(struct ost_dataplane *dp, uint32_t index)
{
	const struct ost_site_file *f = dp->file;
	const struct ost_classifier_config config = {
		.flows4_max = share(f->flows, dp->worker_count),
		.flows6_max = share(f->flows6, dp->worker_count),
		.refusal_records = REFUSAL_RECORDS,
		.opened_records = OPENED_RECORDS,
		.copies = COPIES,
		.segments = SEGMENTS,
		.owns_control = index == 0,
		.shared_limits = dp->worker_count > 1,
		.tcp_established_s = f->tcp_established_s,
		.tcp_opening_s = f->tcp_opening_s,
		.tcp_closing_s = f->tcp_closing_s,
		.udp_s = f->udp_s,
		.udp_reply_s = f->udp_reply_s,
		.icmp_s = f->icmp_s,
		.other_s = f->other_s,
	};
	struct ost_worker *w = rte_zmalloc("ostiary-worker", sizeof(*w), OST_CACHE_LINE);
	int r;

	if (w == NULL)
		return -ENOMEM;
	dp->workers[index] = w;
	w->ports = &dp->ports;
	w->clock = &dp->clock;
	w->quiescence = dp->quiescence;
	w->handover = dp->handover;
	w->index = index;
	w->to_auth = index == 0 ? dp->to_auth : NULL;
	w->from_auth = index == 0 ? dp->from_auth : NULL;
	w->auth_wake_fd = dp->auth_wake_fd;
	w->may_sleep = !dp->ports.polled_hard;
	for (uint32_t i = 0; i < f->port_count; i++)
		w->device_ports |= f->ports[i].side == OST_SIDE_DEVICE ? 1ull << i : 0;
	r = ost_classifier_new(dp->site, &config, &w->classifier);
	if (r == 0)
		w->sweep_buckets = ost_classifier_sweep_buckets(w->classifier);
	return r;
}

static int auth_rings_make(struct ost_dataplane *dp)
{
	dp->to_auth = rte_ring_create("ostiary-to-auth", AUTH_SLOTS, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	dp->from_auth = rte_ring_create("ostiary-from-auth", AUTH_SLOTS, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (dp->to_auth == NULL || dp->from_auth == NULL)
		return -rte_errno;
	dp->auth_wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return dp->auth_wake_fd < 0 ? -errno : 0;
}

int ost_crew_make(struct ost_dataplane *dp)
{
	size_t bytes = rte_rcu_qsbr_get_memsize(dp->worker_count);
	int r = site_make(dp);

	if (r < 0)
		return r;
	dp->quiescence = rte_zmalloc("ostiary-qsbr", bytes, OST_CACHE_LINE);
	if (dp->quiescence == NULL || rte_rcu_qsbr_init(dp->quiescence, dp->worker_count) != 0)
		return -ENOMEM;
	if (dp->worker_count > 1) {
		dp->handover = rte_ring_create("ostiary-handover", HANDOVER_SLOTS, SOCKET_ID_ANY, RING_F_SC_DEQ);
		if (dp->handover == NULL)
			return -rte_errno;
	}
	r = auth_rings_make(dp);
	if (r == 0)
		r = ost_evidence_new(dp, &dp->evidence);
	for (uint32_t i = 0; i < dp->worker_count && r == 0; i++)
		r = worker_make(dp, i);
	return r;
}

int ost_crew_start(struct ost_dataplane *dp, unsigned keep_rights)
{
	int r = 0;

	for (uint32_t i = 0; i < dp->worker_count && r == 0; i++) {
		dp->workers[i]->keep_rights = keep_rights;
		dp->workers[i]->swept_ns = ost_tsc_now_ns(&dp->clock);
		r = rte_eal_remote_launch(ost_worker_run, dp->workers[i], OST_LCORE_OF_WORKER(i));
	}
	return r;
}

void ost_crew_stop(struct ost_dataplane *dp)
{
	for (uint32_t i = 0; i < dp->worker_count; i++) {
		if (dp->workers[i] != NULL)
			atomic_store(&dp->workers[i]->stop, true);
	}
	rte_eal_mp_wait_lcore();
}

void ost_crew_free(struct ost_dataplane *dp)
{
	for (uint32_t i = 0; i < dp->worker_count; i++) {
		if (dp->workers[i] == NULL)
			continue;
		ost_classifier_free(&dp->workers[i]->classifier);
		rte_free(dp->workers[i]);
		dp->workers[i] = NULL;
	}
	ost_evidence_free(&dp->evidence);
	rte_ring_free(dp->handover);
	rte_ring_free(dp->to_auth);
	rte_ring_free(dp->from_auth);
	rte_free(dp->quiescence);
	dp->quiescence = NULL;
	ost_site_free(&dp->site);
}

void ost_crew_quiesce(struct ost_dataplane *dp)
{
	uint64_t token = rte_rcu_qsbr_start(dp->quiescence);
	uint64_t since = ost_clock_mono_ns();

	while (rte_rcu_qsbr_check(dp->quiescence, token, false) != 1) {
		(void)usleep(QUIESCE_STEP_US);
		if (ost_clock_mono_ns() - since < QUIESCE_LOUD_NS)
			continue;
		ost_log_error("a worker has not moved for 5 s; if this repeats, restart the data plane");
		since = ost_clock_mono_ns();
	}
}

static void hurry(struct ost_dataplane *dp, bool on)
{
	for (uint32_t i = 0; i < dp->worker_count; i++)
		atomic_store_explicit(&dp->workers[i]->hurry, on, memory_order_relaxed);
}

int ost_crew_clear_departed(struct ost_dataplane *dp)
{
	uint64_t since = ost_clock_mono_ns();
	uint32_t left;

	hurry(dp, true);
	while ((left = ost_site_departed(dp->site)) > 0 && ost_clock_mono_ns() - since < CLEAR_WAIT_NS)
		(void)usleep(CLEAR_STEP_US);
	hurry(dp, false);
	return left == 0 ? 0 : -ETIMEDOUT;
}
