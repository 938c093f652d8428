/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows that were opened, on their way from the workers' records to messages. */
#include "dataplane.h"

#define CAPACITY_FIRST 256u

static void on_opened(void *user, const struct ost_opened *opened)
{
	struct ost_opened_queue *q = user;

	if (q->count == q->capacity) {
		uint32_t capacity = OST_MAX(CAPACITY_FIRST, q->capacity * 2);
		struct ost_opened *grown = realloc(q->records, capacity * sizeof(*grown));

		if (grown == NULL) {
			q->lost += opened->flows;
			return;
		}
		q->records = grown;
		q->capacity = capacity;
	}
	q->records[q->count++] = *opened;
}

bool ost_opened_waits(const struct ost_opened_queue *q)
{
	return q->next < q->count || q->lost > 0;
}

void ost_opened_collect(struct ost_dataplane *dp, struct ost_opened_queue *q, int64_t wall_offset_ns)
{
	q->count = q->next = 0;
	for (uint32_t i = 0; i < dp->worker_count; i++)
		q->lost += ost_classifier_opened_drain(dp->workers[i]->classifier, wall_offset_ns, on_opened, q);
}

/* Its name goes behind those that are there. */
static void name_add(const struct ost_dataplane *dp, struct ost_opened *o, char names[static OST_OPENED_NAMES], uint32_t *bytes)
{
	struct ost_ip ip = {.family = o->family};
	char name[OST_HOST_TEXT];
	size_t n;

	_Static_assert(OST_HOST_TEXT == OST_OPENED_NAME, "as long as a message says");
	o->name = 0;
	if (dp->policy == NULL || dp->policy->image.generation != o->generation || o->device >= dp->policy->image.device_count ||
		dp->policy->image.roles[dp->policy->image.devices[o->device].role].host_count == 0)
		return;
	memcpy(ip.b, o->peer_ip, sizeof(ip.b));
	if (!ost_site_name_of(dp->site, o->device, &ip, ost_tsc_now_ns(&dp->clock), name))
		return;
	n = strlen(name) + 1;
	memcpy(names + *bytes, name, n);
	o->name = (uint16_t)(*bytes + 1);
	*bytes += (uint32_t)n;
}

size_t ost_opened_message(const struct ost_dataplane *dp, const struct ost_opened_queue *q, struct ost_msg_opened *m)
{
	static char names[OST_OPENED_NAMES];

	m->lost = q->lost;
	m->count = m->name_bytes = 0;
	while (q->next + m->count < q->count && m->count < OST_OPENED_PER_MSG && m->name_bytes + OST_HOST_TEXT <= sizeof(names)) {
		struct ost_opened *o = &m->flows[m->count];

		*o = q->records[q->next + m->count++];
		name_add(dp, o, names, &m->name_bytes);
	}
	memcpy(m->flows + m->count, names, m->name_bytes);
	return offsetof(struct ost_msg_opened, flows) + m->count * sizeof(m->flows[0]) + m->name_bytes;
}

void ost_opened_sent(struct ost_opened_queue *q, const struct ost_msg_opened *m)
{
	q->next += m->count;
	q->lost -= m->lost;
}
