/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A worker's classifier: making it, judging a burst with the variant that this machine can run, and the
 * counters that others read. */
#include "classifier.h"

#include "burst.h"
#include "parse.h"
#include "resolve.h"

typedef void (*burst_fn)(struct ost_classifier *c, const struct ost_frame *frames, uint32_t n, struct ost_verdict *verdicts);

static burst_fn burst_choose(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
		return ost_burst_avx512;
	if (__builtin_cpu_supports("avx2"))
		return ost_burst_avx2;
#endif
	return ost_burst_plain;
}

/* Seconds to ticks; a timeout is less than 2^31 ticks (25 days). */
static uint32_t ticks(uint32_t seconds, uint32_t otherwise)
{
	uint64_t s = seconds != 0 ? seconds : otherwise;

	return (uint32_t)((OST_MIN(s, 24u * 86400) * 1000000000ull) >> OST_TICK_SHIFT);
}

static void timeouts_set(struct ost_classifier *c)
{
	const struct ost_classifier_config *f = &c->config;
	uint32_t closing = ticks(f->tcp_closing_s, 30);

	c->timeout_ticks[OST_FLOW_UDP] = ticks(f->udp_s, 60);
	c->timeout_ticks[OST_FLOW_UDP_REPLY] = ticks(f->udp_reply_s, 180);
	c->timeout_ticks[OST_FLOW_ICMP] = ticks(f->icmp_s, 30);
	c->timeout_ticks[OST_FLOW_OTHER] = ticks(f->other_s, 300);
	c->timeout_ticks[OST_FLOW_TCP_OPENING] = ticks(f->tcp_opening_s, 30);
	/* RFC 5382 REQ-5: at least two hours and four minutes. */
	c->timeout_ticks[OST_FLOW_TCP_ESTABLISHED] = ticks(f->tcp_established_s, 7440);
	/* Half closed: the other side may still send, RFC 5382's transitory timeout. */
	c->timeout_ticks[OST_FLOW_TCP_FIN_OUT] = ticks(0, 240);
	c->timeout_ticks[OST_FLOW_TCP_FIN_IN] = ticks(0, 240);
	c->timeout_ticks[OST_FLOW_TCP_CLOSING] = closing;
	c->timeout_ticks[OST_FLOW_TCP_RESET] = closing;
}

static int table_make(const struct ost_site *site, struct ost_table *t, uint32_t max, size_t entry, void **ret_entries)
{
	void *entries;

	t->bucket_count = ost_table_buckets_for(max, OST_TABLE_FILL_FLOWS);
	t->max = max;
	if (ost_table_places(t) > 1u << 24)
		return -E2BIG; /* an alias names its flow in 24 bits */
	t->buckets = ost_site_alloc(site, (size_t)t->bucket_count * sizeof(*t->buckets));
	entries = ost_site_alloc(site, (size_t)ost_table_places(t) * entry);
	if (t->buckets == NULL || entries == NULL) {
		ost_site_release(site, entries, (size_t)ost_table_places(t) * entry);
		return -ENOMEM;
	}
	*ret_entries = entries;
	return 0;
}

static int refusals_make(const struct ost_site *site, struct ost_refusal_table *t, uint32_t records)
{
	t->capacity = records;
	if (records == 0)
		return 0;
	t->hashes = ost_site_alloc(site, records * sizeof(*t->hashes));
	t->records = ost_site_alloc(site, ((size_t)records + 1) * sizeof(*t->records));
	return t->hashes != NULL && t->records != NULL ? 0 : -ENOMEM;
}

static int opened_make(const struct ost_site *site, struct ost_opened_table *t, uint32_t records)
{
	t->places.capacity = records;
	if (records == 0)
		return 0;
	t->places.hashes = ost_site_alloc(site, records * sizeof(*t->places.hashes));
	t->records = ost_site_alloc(site, records * sizeof(*t->records));
	return t->places.hashes != NULL && t->records != NULL ? 0 : -ENOMEM;
}

static bool records_sound(uint32_t records)
{
	return records == 0 || ((records & (records - 1)) == 0 && records >= OST_REFUSAL_WAYS);
}

static int hits_make(struct ost_site *site, uint32_t index)
{
	struct ost_view *v = atomic_load(&site->view);

	if (v == NULL || v->image->rule_count == 0 || v->hits[index] != NULL)
		return 0;
	v->hits[index] = ost_site_alloc(site, (size_t)v->image->rule_count * sizeof(*v->hits[index]));
	return v->hits[index] != NULL ? 0 : -ENOMEM;
}

static int classifier_fill(struct ost_classifier *c)
{
	struct ost_site *site = c->site;
	int r = table_make(site, &c->table4, c->config.flows4_max, sizeof(*c->flows4), (void **)&c->flows4);

	if (r == 0)
		r = table_make(site, &c->table6, c->config.flows6_max, sizeof(*c->flows6), (void **)&c->flows6);
	for (int i = 0; i < 2 && r == 0; i++)
		r = refusals_make(site, &c->refusals[i], c->config.refusal_records);
	for (int i = 0; i < 2 && r == 0; i++)
		r = opened_make(site, &c->opened_tables[i], c->config.opened_records);
	for (int i = 0; i < 2 && r == 0; i++)
		r = ost_copies_make(site, &c->copies[i], c->config.copies);
	for (int i = 0; i < 2 && r == 0; i++)
		r = ost_segments_make(site, &c->segments[i], c->config.segments);
	if (r < 0)
		return r;
	c->tallies = ost_site_alloc(site, (size_t)site->config.devices_max * sizeof(*c->tallies));
	return c->tallies != NULL ? hits_make(site, c->index) : -ENOMEM;
}

int ost_classifier_new(struct ost_site *site, const struct ost_classifier_config *config,
	struct ost_classifier **ret_classifier)
{
	struct ost_classifier *c;
	int r;

	if (config->flows4_max == 0 || config->flows6_max == 0 || !records_sound(config->refusal_records) ||
		!records_sound(config->opened_records))
		return -EINVAL;
	if (site->classifier_count >= OST_WORKERS_MAX)
		return -ENOSPC;
	c = ost_site_alloc(site, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	c->site = site;
	c->config = *config;
	c->index = site->classifier_count;
	timeouts_set(c);
	r = classifier_fill(c);
	if (r < 0) {
		ost_classifier_free(&c);
		return r;
	}
	site->classifiers[site->classifier_count++] = c;
	*ret_classifier = c;
	return 0;
}

void ost_classifier_free(struct ost_classifier **classifier)
{
	struct ost_classifier *c = *classifier;
	struct ost_site *site;

	if (c == NULL)
		return;
	site = c->site;
	ost_site_release(site, c->table4.buckets, (size_t)c->table4.bucket_count * sizeof(*c->table4.buckets));
	ost_site_release(site, c->table6.buckets, (size_t)c->table6.bucket_count * sizeof(*c->table6.buckets));
	ost_site_release(site, c->flows4, (size_t)ost_table_places(&c->table4) * sizeof(*c->flows4));
	ost_site_release(site, c->flows6, (size_t)ost_table_places(&c->table6) * sizeof(*c->flows6));
	for (int i = 0; i < 2; i++) {
		struct ost_refusal_table *t = &c->refusals[i];

		ost_site_release(site, t->hashes, t->capacity * sizeof(*t->hashes));
		ost_site_release(site, t->records, ((size_t)t->capacity + 1) * sizeof(*t->records));
	}
	for (int i = 0; i < 2; i++) {
		struct ost_opened_table *t = &c->opened_tables[i];

		ost_site_release(site, t->places.hashes, t->places.capacity * sizeof(*t->places.hashes));
		ost_site_release(site, t->records, t->places.capacity * sizeof(*t->records));
	}
	for (int i = 0; i < 2; i++)
		ost_copies_free(site, &c->copies[i]);
	for (int i = 0; i < 2; i++)
		ost_segments_free(site, &c->segments[i]);
	ost_site_release(site, c->tallies, (size_t)site->config.devices_max * sizeof(*c->tallies));
	ost_site_release(site, c, sizeof(*c));
	*classifier = NULL;
}

/* Without a policy everything is refused, told apart no further. */
static void refuse_all(struct ost_classifier *c, const struct ost_frame *frames, uint32_t n, struct ost_verdict *verdicts)
{
	for (uint32_t i = 0; i < n; i++) {
		struct ost_packet p;

		ost_parse(&frames[i], ost_port_is_network(c->site, frames[i].port), &p);
		c->ports[p.port].received_pkts++;
		c->ports[p.port].received_bytes += p.length;
		ost_refuse(c, &p, OST_SLOT_NONE, OST_REASON_NO_POLICY, &verdicts[i]);
	}
}

void ost_classify(struct ost_classifier *c, const struct ost_frame *frames, uint32_t n, uint64_t now_ns,
	struct ost_verdict *verdicts)
{
	static burst_fn burst;

	if (n == 0 || n > OST_BURST)
		return;
	if (OST_UNLIKELY(burst == NULL))
		burst = burst_choose();
	c->view = atomic_load_explicit(&c->site->view, memory_order_acquire);
	c->now_ns = now_ns;
	c->tick = (uint32_t)(now_ns >> OST_TICK_SHIFT);
	if (OST_UNLIKELY(c->view == NULL))
		refuse_all(c, frames, n, verdicts);
	else
		burst(c, frames, n, verdicts);
}

/* Not in bursts: rare, and nothing that a flood can bring. */
static void handed_judge(struct ost_classifier *c, const struct ost_frame *frame, const struct ost_handed *how, struct ost_verdict *v)
{
	struct ost_packet p;

	if (how->action == OST_HANDOVER) {
		ost_classify(c, frame, 1, c->now_ns, v);
		return;
	}
	ost_parse(frame, ost_port_is_network(c->site, frame->port), &p);
	c->ports[p.port].received_pkts++;
	c->ports[p.port].received_bytes += p.length;
	if (p.kind != OST_KIND_FLOW4 && p.kind != OST_KIND_FLOW6) /* it was one before it was handed over */
		ost_refuse(c, &p, OST_SLOT_NONE, OST_REASON_MALFORMED_L4, v);
	else
		ost_resolve_handed(c, &p, how, v);
}

void ost_classify_handed(struct ost_classifier *c, const struct ost_frame *frames, const struct ost_handed *handed, uint32_t n,
	uint64_t now_ns, struct ost_verdict *verdicts)
{
	c->view = atomic_load_explicit(&c->site->view, memory_order_acquire);
	c->now_ns = now_ns;
	c->tick = (uint32_t)(now_ns >> OST_TICK_SHIFT);
	for (uint32_t i = 0; i < n; i++) {
		if (OST_UNLIKELY(c->view == NULL))
			refuse_all(c, &frames[i], 1, &verdicts[i]);
		else
			handed_judge(c, &frames[i], &handed[i], &verdicts[i]);
	}
}

static void explain_hit(struct ost_classifier *c, const struct ost_frame *frame, struct ost_explanation *e)
{
	struct ost_packet p;
	uint32_t place;
	bool v4;

	ost_parse(frame, ost_port_is_network(c->site, frame->port), &p);
	if (p.kind != OST_KIND_FLOW4 && p.kind != OST_KIND_FLOW6)
		return;
	v4 = ost_packet_is4(&p);
	place = ost_flow_find(c, p.key, ost_flow_hash(c->site, p.key, v4), v4);
	if (place == OST_TABLE_NONE)
		return;
	const struct ost_flow_meta *m = v4 ? &c->flows4[place].meta : &c->flows6[place].meta;

	if (!(ost_flow_flags(m) & OST_FLOW_ALIAS) && ost_flow_rule(m) != OST_FLOW_RULE_AUDIT)
		e->rule = ost_flow_rule(m);
}

void ost_classify_explain(struct ost_classifier *c, const struct ost_frame *frame, uint64_t now_ns,
	struct ost_explanation *ret_explanation)
{
	struct ost_explanation e = {.device = OST_DEVICE_NONE, .rule = UINT32_MAX, .peer_rule = UINT32_MAX,
		.peer_device = OST_DEVICE_NONE};

	c->explain = &e;
	ost_classify(c, frame, 1, now_ns, &e.verdict);
	c->explain = NULL;
	if (c->view != NULL && e.verdict.device != OST_DEVICE_NONE && e.verdict.device < c->site->config.devices_max)
		e.device = c->view->device[e.verdict.device];
	if (e.verdict.action == OST_FORWARD && e.rule == UINT32_MAX)
		explain_hit(c, frame, &e);
	*ret_explanation = e;
}
