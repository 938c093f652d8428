/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the data plane said last about itself and its ports, and whether it makes progress. Health means
 * progress: a process that lives but polls no more is reported as not moving. Single thread. */
#pragma once

#include "messages.h"

struct ost_gauges {
	bool have_totals;
	struct ost_msg_totals totals;
	uint64_t totals_ns;	/* monotonic, when they came */
	uint64_t progressed_ns; /* when progress grew last */
	double busy;		/* share of the cycles between the last two totals spent on packets, 0..1 */
	uint64_t ports_known;	/* mask */
	struct ost_msg_port_stats ports[OST_PORTS_MAX];
};

/* Totals older than this, or progress that stood still for so long while they came, is no health. */
#define OST_GAUGES_STALE_NS 5000000000ull

static inline void ost_gauges_totals(struct ost_gauges *g, const struct ost_msg_totals *m, uint64_t now_ns)
{
	uint64_t all = m->cycles_all - g->totals.cycles_all, busy = m->cycles_busy - g->totals.cycles_busy;

	if (!g->have_totals || m->progress != g->totals.progress)
		g->progressed_ns = now_ns;
	g->busy = all > 0 && busy <= all ? (double)busy / (double)all : 0.0;
	g->totals = *m;
	g->totals_ns = now_ns;
	g->have_totals = true;
}

static inline void ost_gauges_port(struct ost_gauges *g, const struct ost_msg_port_stats *m)
{
	g->ports[m->port] = *m;
	g->ports_known |= 1ull << m->port;
}

/* Another process, or none: what is known is void. Port names stay, for what is still to be told. */
static inline void ost_gauges_reset(struct ost_gauges *g)
{
	g->have_totals = false;
	g->totals = (struct ost_msg_totals){0};
}

static inline bool ost_gauges_moving(const struct ost_gauges *g, uint64_t now_ns)
{
	return g->have_totals && now_ns - g->totals_ns < OST_GAUGES_STALE_NS &&
		now_ns - g->progressed_ns < OST_GAUGES_STALE_NS;
}

/* "" for a port that has not been told of. */
static inline const char *ost_gauges_port_name(const struct ost_gauges *g, unsigned port)
{
	return port < OST_PORTS_MAX && (g->ports_known >> port & 1) != 0 ? g->ports[port].name : "";
}
