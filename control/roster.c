/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "roster.h"

/* One generation: its image and the order of its device names. */
struct generation {
	void *bytes;
	struct ost_image image;
	uint32_t *sorted;
};

struct ost_roster {
	struct generation now, before;
	struct ost_live *live; /* by place in now's table */
	uint64_t *rule_flows;  /* by rule of now, or NULL: no rule opened one yet */
	uint32_t rules_used;
};

int ost_roster_new(struct ost_roster **ret_roster)
{
	struct ost_roster *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -ENOMEM;
	*ret_roster = r;
	return 0;
}

static void generation_free(struct generation *g)
{
	free(g->bytes);
	free(g->sorted);
	*g = (struct generation){0};
}

static void live_free(struct ost_live *live, uint32_t count)
{
	for (uint32_t i = 0; live != NULL && i < count; i++)
		free(live[i].refused_pkts);
	free(live);
}

static void rules_forget(struct ost_roster *r)
{
	free(r->rule_flows);
	r->rule_flows = NULL;
	r->rules_used = 0;
}

void ost_roster_free(struct ost_roster **roster)
{
	struct ost_roster *r = *roster;

	if (r == NULL)
		return;
	live_free(r->live, r->now.image.device_count);
	rules_forget(r);
	generation_free(&r->now);
	generation_free(&r->before);
	free(r);
	*roster = NULL;
}

static int name_compare(const void *a, const void *b, void *user)
{
	const struct ost_image *image = user;

	return strcmp(ost_image_device_name(image, *(const uint32_t *)a),
		ost_image_device_name(image, *(const uint32_t *)b));
}

static int generation_sort(struct generation *g)
{
	uint32_t n = g->image.device_count;

	g->sorted = malloc(((size_t)n + 1) * sizeof(*g->sorted));
	if (g->sorted == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		g->sorted[i] = i;
	qsort_r(g->sorted, n, sizeof(*g->sorted), name_compare, &g->image);
	return 0;
}

static int64_t generation_find(const struct generation *g, const char *name)
{
	uint32_t lo = 0, hi = g->image.device_count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int c = strcmp(name, ost_image_device_name(&g->image, g->sorted[mid]));

		if (c == 0)
			return g->sorted[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return -ENOENT;
}

/* What is known of a name moves to its place in the new generation. */
static void live_carry(struct ost_roster *r, const struct generation *fresh, struct ost_live *live)
{
	for (uint32_t i = 0; i < fresh->image.device_count; i++) {
		int64_t old = -ENOENT;

		if (r->now.bytes != NULL)
			old = generation_find(&r->now, ost_image_device_name(&fresh->image, i));
		if (old < 0) {
			live[i] = (struct ost_live){.port = OST_PORTS_MAX};
			continue;
		}
		live[i] = r->live[old];
		r->live[old].refused_pkts = NULL;
	}
}

int ost_roster_image_set(struct ost_roster *r, void *bytes, size_t length, char why[static 256])
{
	struct generation fresh = {0};
	struct ost_live *live;
	int e = ost_image_open(bytes, length, &fresh.image, why);

	if (e < 0)
		return e;
	live = calloc((size_t)fresh.image.device_count + 1, sizeof(*live));
	if (live == NULL || generation_sort(&fresh) < 0) {
		memcpy(why, "out of memory", 14);
		free(live);
		return -ENOMEM;
	}
	fresh.bytes = bytes;
	live_carry(r, &fresh, live);
	live_free(r->live, r->now.image.device_count);
	rules_forget(r);
	generation_free(&r->before);
	r->before = r->now;
	r->now = fresh;
	r->live = live;
	return 0;
}

const struct ost_image *ost_roster_image(const struct ost_roster *r)
{
	return r->now.bytes != NULL ? &r->now.image : NULL;
}

int64_t ost_roster_find(const struct ost_roster *r, const char *name)
{
	return r->now.bytes != NULL ? generation_find(&r->now, name) : -ENOENT;
}

const uint32_t *ost_roster_sorted(const struct ost_roster *r)
{
	return r->now.sorted;
}

struct ost_live *ost_roster_live(struct ost_roster *r, uint32_t device)
{
	return &r->live[device];
}

static const struct generation *generation_of(const struct ost_roster *r, uint64_t number)
{
	if (r->now.bytes != NULL && r->now.image.generation == number)
		return &r->now;
	if (r->before.bytes != NULL && r->before.image.generation == number)
		return &r->before;
	return NULL;
}

const char *ost_roster_name(const struct ost_roster *r, uint64_t generation, uint32_t device, const char **ret_role)
{
	const struct generation *g = generation_of(r, generation);

	if (g == NULL || device >= g->image.device_count)
		return NULL;
	*ret_role = ost_image_role_name(&g->image, g->image.devices[device].role);
	return ost_image_device_name(&g->image, device);
}

static void refused_set(struct ost_live *l, const struct ost_msg_device_stats *m)
{
	uint64_t total = 0;

	for (unsigned i = 1; i < OST_REASON_COUNT; i++)
		total += m->refused_pkts[i];
	if (l->refused_pkts == NULL && total > 0)
		l->refused_pkts = calloc(OST_REASON_COUNT, sizeof(*l->refused_pkts));
	if (l->refused_pkts != NULL)
		memcpy(l->refused_pkts, m->refused_pkts, OST_REASON_COUNT * sizeof(*l->refused_pkts));
	l->refused_total_pkts = total;
}

static void seen_set(struct ost_live *l, const struct ost_msg_device_stats *m)
{
	if (l->state != m->state || (l->port != m->port && m->port < OST_PORTS_MAX))
		l->changed = true;
	if (m->last_seen_wall_ns > l->last_seen_wall_ns) {
		if (l->first_seen_wall_ns == 0) {
			l->first_seen_wall_ns = m->last_seen_wall_ns;
			l->changed = true;
		}
		l->last_seen_wall_ns = m->last_seen_wall_ns;
		l->seen = true;
	}
	l->state = m->state;
	l->port = m->port;
}

int ost_roster_stats(struct ost_roster *r, const struct ost_msg_device_stats *m)
{
	const struct generation *g = generation_of(r, m->generation);
	int64_t place = m->device;
	struct ost_live *l;

	if (g == NULL || m->device >= g->image.device_count)
		return -ESTALE;
	if (g != &r->now)
		place = generation_find(&r->now, ost_image_device_name(&g->image, m->device));
	if (place < 0)
		return -ESTALE;
	l = &r->live[place];
	l->out_pkts = m->out_pkts;
	l->out_bytes = m->out_bytes;
	l->in_pkts = m->in_pkts;
	l->in_bytes = m->in_bytes;
	l->flows = m->flows;
	l->flows_opened = m->flows_opened;
	refused_set(l, m);
	seen_set(l, m);
	return 0;
}

int ost_roster_rule_stats(struct ost_roster *r, const struct ost_msg_rule_stats *m)
{
	uint32_t n = r->now.image.rule_count;

	if (r->now.bytes == NULL || m->generation != r->now.image.generation)
		return -ESTALE;
	if (r->rule_flows == NULL)
		r->rule_flows = calloc((size_t)n + 1, sizeof(*r->rule_flows));
	if (r->rule_flows == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < m->count; i++) {
		const struct ost_rule_count *c = &m->rules[i];

		if (c->rule >= n)
			return -ESTALE;
		r->rules_used += c->flows_opened != 0;
		r->rules_used -= r->rule_flows[c->rule] != 0;
		r->rule_flows[c->rule] = c->flows_opened;
	}
	return 0;
}

uint64_t ost_roster_rule_flows(const struct ost_roster *r, uint32_t rule)
{
	return r->rule_flows != NULL && rule < r->now.image.rule_count ? r->rule_flows[rule] : 0;
}

uint32_t ost_roster_rules_used(const struct ost_roster *r)
{
	return r->rules_used;
}

void ost_roster_counters_reset(struct ost_roster *r)
{
	rules_forget(r);
	for (uint32_t i = 0; i < r->now.image.device_count; i++) {
		struct ost_live *l = &r->live[i];

		free(l->refused_pkts);
		*l = (struct ost_live){.first_seen_wall_ns = l->first_seen_wall_ns,
			.last_seen_wall_ns = l->last_seen_wall_ns, .state = l->state, .port = OST_PORTS_MAX,
			.changed = l->changed, .seen = l->seen};
	}
}
