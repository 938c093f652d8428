/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "missed.h"

#include "clock.h"

#define APART_NS   (100 * OST_NS_PER_MS)
#define ROUNDS_MIN 256u /* by bursts of 32: more than any ring holds */

uint64_t ost_missed_read(struct ost_missed *m, uint64_t interface_pkts, uint64_t judged_pkts, uint64_t rounds, uint64_t under_way_max,
	uint64_t now_ns)
{
	uint64_t under_way;

	if (m->base_pkts == UINT64_MAX || interface_pkts < m->base_pkts)
		return m->pkts;
	if (m->at_ns != 0) {
		if (now_ns - m->at_ns < APART_NS || rounds - m->rounds < ROUNDS_MIN || judged_pkts < m->judged_pkts)
			return m->pkts;
		under_way = OST_MIN(judged_pkts - m->judged_pkts, under_way_max);
		if (m->beyond_pkts > under_way)
			m->pkts = OST_MAX(m->pkts, m->beyond_pkts - under_way);
	}
	interface_pkts -= m->base_pkts;
	m->at_ns = now_ns;
	m->rounds = rounds;
	m->judged_pkts = judged_pkts;
	m->beyond_pkts = interface_pkts > judged_pkts ? interface_pkts - judged_pkts : 0;
	return m->pkts;
}
