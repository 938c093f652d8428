/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compiled classifier against the naive interpreter: random policies, random packets near their
 * edges.
 *
 *   OSTIARY_SEED=n      repeats a run (printed by every run)
 *   OSTIARY_POLICIES=n  how many policies, 200 if not said; the seed of policy i is n + i
 *   OSTIARY_PACKETS=n   packets a policy, 10000 if not said
 *
 * 1. Every packet is the first of a flow: the same verdict, one of the reasons that the text
 * permits, the same way out.
 * 2. Explain says the same, and names a rule that matches.
 * 3. Flows: what follows an opener passes in both directions, a reply without one does not.
 * 4. Names: talks with name servers between the packets, true and false answers, and what they open.
 * 5. Another policy, or another time of the day: an open flow goes on exactly if it would now be let open.
 */
#include <inttypes.h>

#include "clock.h"
#include "exchange.h"

struct batch {
	struct naive_frame fields[OST_BURST];
	struct naive_verdict expected[OST_BURST];
	struct frame frames[OST_BURST];
	uint16_t numbers[OST_BURST];
	uint32_t count;
};

static struct {
	uint64_t refused[OST_REASON_COUNT]; /* first packets, as the classifier says */
	struct exchange_counts talks;
	uint64_t by_name, given; /* allowed by a rule about a name; addresses by name, in all */
	uint64_t seed, packets, forwarded, audited, direct, explained, sequences, replies, swapped, kept;
} run;

static void disagree(const struct world *w, const struct batch *b, uint32_t i,
	const struct ost_verdict *got, const char *what)
{
	world_print(w, &b->fields[i], &b->frames[i], &b->expected[i], got);
	(void)fprintf(stderr, "oracle: %s\nrepeat: OSTIARY_SEED=%" PRIu64 " OSTIARY_POLICIES=1\n",
		what, run.seed);
	exit(1);
}

static void compare(
	const struct world *w, const struct batch *b, uint32_t i, const struct ost_verdict *got)
{
	const struct naive_verdict *expected = &b->expected[i];

	if (expected->forward != (got->action == OST_FORWARD))
		disagree(w, b, i, got, "the verdicts differ");
	if (!expected->forward && got->action != OST_REFUSE)
		disagree(w, b, i, got, "neither forwarded nor refused");
	if (!expected->forward && !(expected->reasons >> got->reason & 1))
		disagree(w, b, i, got, "refused for a reason that the text does not permit");
	if (expected->forward && (expected->answer.audit != 0) != (got->audit != OST_REASON_NONE) && !b->fields[i].established)
		disagree(w, b, i, got, "one says that audit alone lets it pass");
	if (expected->forward && got->audit != OST_REASON_NONE && !(expected->answer.audit >> got->audit & 1))
		disagree(w, b, i, got, "audited for a reason that the text does not permit");
	if (expected->forward &&
		(got->egress != expected->egress || got->reason != OST_REASON_NONE))
		disagree(w, b, i, got, "forwarded the wrong way");
}

static bool is_by_name(const struct world *w, const struct naive_frame *f, const struct naive_verdict *v)
{
	const struct ost_role *role;

	if (!v->forward || f->established || v->answer.audit != 0 || v->answer.rule == NAIVE_NONE)
		return false;
	role = &w->policy->roles[w->policy->devices[v->device].role];
	return v->answer.rule < role->rule_count && role->rules[v->answer.rule].peer == OST_PEER_NAME;
}

static struct ost_frame as_frame(const struct frame *frame, uint8_t port)
{
	return (struct ost_frame){.bytes = frame->bytes, .length = frame->length, .port = port};
}

/* 1. */
static void batch_run(struct world *w, struct batch *b)
{
	struct ost_frame frames[OST_BURST];
	struct ost_verdict verdicts[OST_BURST];

	for (uint32_t i = 0; i < b->count; i++)
		frames[i] = as_frame(&b->frames[i], b->fields[i].port);
	if (b->count > 0)
		world_classify(w, frames, b->count, verdicts);
	for (uint32_t i = 0; i < b->count; i++) {
		compare(w, b, i, &verdicts[i]);
		run.packets++;
		run.refused[verdicts[i].reason] += verdicts[i].action == OST_REFUSE;
		run.forwarded += b->expected[i].forward;
		run.by_name += is_by_name(w, &b->fields[i], &b->expected[i]);
		run.audited += verdicts[i].audit != OST_REASON_NONE;
		run.direct += b->expected[i].forward && b->expected[i].egress < RANDOM_PORTS &&
			      b->fields[i].port < RANDOM_PORTS;
	}
	b->count = 0;
}

/* Could these two be of one flow? Rather once too often. */
static bool may_touch(const struct naive_frame *a, const struct naive_frame *b)
{
	if (a->protocol != b->protocol)
		return false;
	return (ost_ip_equal(&a->src, &b->src) && ost_ip_equal(&a->dst, &b->dst)) ||
	       (ost_ip_equal(&a->src, &b->dst) && ost_ip_equal(&a->dst, &b->src));
}

static bool touches_batch(const struct batch *b, const struct naive_frame *f)
{
	for (uint32_t i = 0; i < b->count; i++) {
		if (may_touch(&b->fields[i], f))
			return true;
	}
	return false;
}

/* 2. Rules that are told must be the device's and the peer's, and must match. */
static bool told_rule_matches(const struct world *w, uint32_t rule, uint32_t device,
	const struct naive_flow *flow, uint32_t remote)
{
	const struct ost_image_rule *r;
	uint32_t role = w->policy->devices[device].role;

	if (rule >= w->image.rule_count)
		return false;
	r = &w->image.rules[rule];
	return r->role == role &&
	       naive_rule_matches(w->policy,
		       &w->policy->roles[role].rules[rule - w->image.roles[role].rule_first], flow,
		       remote);
}

static void explain(struct world *w, const struct batch *b)
{
	const struct naive_frame *f = &b->fields[0];
	const struct naive_verdict *v = &b->expected[0];
	struct ost_frame frame = as_frame(&b->frames[0], f->port);
	struct naive_flow flow = {.device = v->device,
		.direction = v->direction,
		.vlan = f->vlan,
		.protocol = f->protocol,
		.value = f->value};
	struct ost_explanation e;

	flow.given = &w->naive.world.given;
	flow.own = v->direction == OST_TO ? f->src : f->dst;
	flow.remote = v->direction == OST_TO ? f->dst : f->src;
	ost_classify_explain(w->classifier, &frame, w->now_ns, &e);
	compare(w, b, 0, &e.verdict);
	run.explained++;
	if (!v->forward)
		return;
	if (v->answer.audit != 0)
		return;
	if (e.device != v->device || !told_rule_matches(w, e.rule, v->device, &flow, v->peer))
		disagree(w, b, 0, &e.verdict, "explain names a rule that does not match");
	if (v->peer == NAIVE_NONE) {
		if (e.peer_rule != UINT32_MAX || e.peer_device != OST_DEVICE_NONE)
			disagree(w, b, 0, &e.verdict, "explain names a peer, and there is none");
		return;
	}
	flow = (struct naive_flow){.device = v->peer,
		.direction = !v->direction,
		.vlan = f->vlan,
		.protocol = f->protocol,
		.value = f->value,
		.own = flow.remote,
		.remote = flow.own,
		.given = &w->naive.world.given};
	if (e.peer_device != v->peer ||
		!told_rule_matches(w, e.peer_rule, v->peer, &flow, v->device))
		disagree(w, b, 0, &e.verdict, "explain names a peer's rule that does not match");
}

/* ---- 3. flows ---- */

static bool has_ports(uint8_t protocol)
{
	return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 ||
	       protocol == 136;
}

/* The answer to a frame: from where it was sent to, back. False: none is known for this protocol.
 */
static bool answer_of(const struct naive_frame *f, const struct frame_extra *x,
	const struct naive_verdict *v, struct naive_frame *ret_f, struct frame_extra *ret_x)
{
	*ret_f = *f;
	ret_f->port = v->egress;
	ret_f->src_mac = f->dst_mac;
	ret_f->dst_mac = f->src_mac;
	ret_f->src = f->dst;
	ret_f->dst = f->src;
	*ret_x = *x;
	if (has_ports(f->protocol)) {
		ret_f->value = x->sport;
		ret_x->sport = f->value;
		ret_x->tcp_flags = FRAME_SYN | FRAME_ACK;
		ret_x->tcp_ack = x->tcp_seq + 1;
		return true;
	}
	if (f->protocol == 1 || f->protocol == 58) {
		ret_f->value = f->protocol == 1 ? 0 : 129 << 8;
		return f->value == (f->protocol == 1 ? 8 << 8 : 128 << 8);
	}
	return true;
}

static struct ost_verdict send_one(struct world *w, struct batch *b, const struct naive_frame *f,
	const struct frame_extra *x, bool forward, uint8_t egress, const char *what)
{
	struct ost_verdict got;
	struct ost_frame frame;

	b->fields[0] = *f;
	frame_build(&b->frames[0], f, x);
	b->expected[0] =
		(struct naive_verdict){.forward = forward, .egress = egress, .reasons = UINT64_MAX};
	frame = as_frame(&b->frames[0], f->port);
	world_classify(w, &frame, 1, &got);
	if (forward != (got.action == OST_FORWARD) || (forward && got.egress != egress))
		disagree(w, b, 0, &got, what);
	return got;
}

/* An answer before its question: TCP cannot, others must be allowed by a rule of their own. */
static void answer_alone(
	struct world *w, struct batch *b, const struct naive_frame *f, const struct frame_extra *x)
{
	struct naive_frame own = *f;
	struct naive_verdict v;

	own.can_open = f->protocol != 6 && f->protocol != 1 && f->protocol != 58;
	/* DHCP's ports take another way. */
	if (f->protocol == 17 && (f->value < 1024 || x->sport < 1024))
		return;
	v = naive_frame_judge(&w->naive, &own);
	(void)send_one(w, b, &own, x, v.forward, v.egress, "an answer without its question");
	run.replies++;
}

/* The answer comes again from the network side, and then from somebody there who calls himself the device. */
static void answer_again(struct world *w, struct batch *b, const struct naive_frame *f, const struct frame_extra *x,
	uint8_t egress)
{
	struct naive_frame stolen = *f;

	if (!w->naive.is_network[f->port])
		return;
	(void)send_one(w, b, f, x, true, egress, "the answer once more");
	stolen.src_mac = f->dst_mac;
	(void)send_one(w, b, &stolen, x, false, 0, "an answer from a device's MAC on the network side");
}

static void sequence(
	struct world *w, struct batch *b, const struct naive_frame *f, const struct frame_extra *x)
{
	struct naive_verdict v = world_judge(w, f);
	struct frame_extra ax, next = *x;
	struct naive_frame a;

	/* What is said to name servers is read: talks have that. */
	if (!v.forward || (f->value == 53 && (f->protocol == 6 || f->protocol == 17)))
		return;
	run.sequences++;
	if (answer_of(f, x, &v, &a, &ax))
		answer_alone(w, b, &a, &ax);
	else
		a.protocol = 0;
	world_step(w, true);
	if (!world_judge(w, f).forward) /* the time of a name is over */
		return;
	(void)send_one(w, b, f, x, true, v.egress, "an opener");
	/* The answer to what went out of an uplink comes back there. */
	if (a.protocol != 0) {
		uint8_t back = f->port < RANDOM_PORTS ? f->port : w->naive.uplink[v.egress];

		(void)send_one(w, b, &a, &ax, true, back, "the answer to an opener");
		answer_again(w, b, &a, &ax, back);
	}
	next.tcp_flags = a.protocol != 0 ? FRAME_ACK : FRAME_SYN;
	next.tcp_seq++;
	next.tcp_ack = 1;
	(void)send_one(w, b, f, &next, true, v.egress, "what follows an opener");
	world_step(w, false);
	/* Long after: TCP cannot go on, others open again. */
	next.tcp_flags = FRAME_ACK;
	(void)send_one(
		w, b, f, &next, f->protocol != 6 && world_judge(w, f).forward, v.egress, "what comes after the flow's end");
	world_step(w, true);
}

/* ---- 4. names ---- */

static struct batch talking;

static void expect(struct world *w, const struct naive_frame *f, const struct frame *frame, const struct naive_verdict *expected, bool last)
{
	talking.fields[talking.count] = *f;
	talking.frames[talking.count] = *frame;
	talking.expected[talking.count++] = *expected;
	if (last || talking.count == OST_BURST)
		batch_run(w, &talking);
}

static void talk(struct world *w, struct rng *rng)
{
	exchange_random(w, rng, expect, &run.talks);
	batch_run(w, &talking);
	if (rng_percent(rng, 70)) /* else the next one finds its flow, and its questions */
		world_step(w, rng_percent(rng, 5));
}

/* Long enough for answers to end, or nearly. */
static void nap(struct world *w, struct rng *rng)
{
	static const uint32_t naps_s[] = {10, 14, 30, 61, 89, 91, 300, 3600, 40000, 86400};

	world_sleep(w, naps_s[rng_below(rng, OST_ARRAY_SIZE(naps_s))] * OST_NS_PER_S);
	world_step(w, true);
}

static void packets_run(struct world *w, struct rng *rng, uint64_t packets)
{
	static struct batch batch, single;
	uint32_t size = 1;
	uint16_t number = 20000;

	batch.count = 0;
	for (uint64_t n = 0; n < packets; n++) {
		struct naive_frame f;
		struct frame_extra x;

		number = number == 60000 ? 20000 : (uint16_t)(number + 1);
		world_random_frame(w, rng, number, &f, &x);
		if (batch.count == size || touches_batch(&batch, &f)) {
			batch_run(w, &batch);
			size = 1 + rng_below(rng, OST_BURST);
			world_step(w, rng_percent(rng, 5));
			for (uint32_t i = rng_below(rng, 3); i > 0; i--)
				talk(w, rng);
			world_step(w, false);
			if (rng_percent(rng, 3))
				nap(w, rng);
		}
		frame_build(&batch.frames[batch.count], &f, &x);
		batch.fields[batch.count] = f;
		batch.expected[batch.count++] = world_judge(w, &f);
		if (n % 50 != 0)
			continue;
		batch_run(w, &batch);
		world_step(w, true);
		single.fields[0] = f;
		frame_build(&single.frames[0], &f, &x);
		single.expected[0] = world_judge(w, &f);
		explain(w, &single);
		world_step(w, true);
		sequence(w, &single, &f, &x);
	}
	batch_run(w, &batch);
	world_step(w, true);
	run.given += w->naive.world.given.count;
}

/* ---- 5. another policy ---- */

/* The same policy but that some rules match nothing. */
static struct ost_policy *with_fewer_rules(uint64_t seed, struct rng *rng)
{
	struct rng again = {seed};
	struct ost_policy *p;

	/* As world_new() begins. */
	(void)rng_next(&again);
	for (int i = 0; i < 4; i++)
		(void)rng_next(&again);
	p = random_policy(&again);
	for (uint32_t i = 0; i < p->role_count; i++) {
		for (uint32_t k = 0; k < p->roles[i].rule_count; k++) {
			struct ost_rule *r = &p->roles[i].rules[k];

			for (uint32_t s = 0; rng_percent(rng, 50) && s < r->service_count; s++) {
				r->services[s].lo = 1;
				r->services[s].hi = 0;
			}
		}
	}
	return p;
}

#define SWAP_FLOWS 200u

static void swap_run(struct world *w, uint64_t seed, struct rng *rng)
{
	static struct naive_frame fields[SWAP_FLOWS];
	static struct frame_extra extras[SWAP_FLOWS];
	static struct batch b;
	uint32_t open = 0;

	for (uint32_t i = 0; i < SWAP_FLOWS; i++) {
		struct naive_verdict v;

		world_random_frame(w, rng, (uint16_t)(10000 + i), &fields[open], &extras[open]);
		v = world_judge(w, &fields[open]);
		if (!v.forward)
			continue;
		for (uint32_t k = 0; k < open && v.forward; k++)
			v.forward = !may_touch(&fields[k], &fields[open]);
		if (!v.forward)
			continue;
		(void)send_one(w, &b, &fields[open], &extras[open], true, v.egress,
			"an opener before the swap");
		open++;
	}
	if (rng_percent(rng, 50))
		world_wall_set(w, RANDOM_WALL_S - 3 + (int64_t)rng_below(rng, 7));
	else
		world_policy_set(w, with_fewer_rules(seed, rng));
	for (uint32_t i = 0; i < open; i++) {
		struct naive_verdict v;

		fields[i].established = true;
		v = naive_frame_judge(&w->naive, &fields[i]);

		(void)send_one(w, &b, &fields[i], &extras[i], v.forward, v.egress,
			"an open flow under another policy");
		run.swapped++;
		run.kept += v.forward;
	}
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL && *text != '\0' ? strtoull(text, NULL, 0) : otherwise;
}

int main(void)
{
	uint64_t seed = number_from("OSTIARY_SEED", ost_clock_wall_ns());
	uint64_t policies = number_from("OSTIARY_POLICIES", 200),
		 packets = number_from("OSTIARY_PACKETS", 10000);

	(void)printf("seed %" PRIu64 "\n", seed);
	(void)fflush(stdout);
	for (uint64_t i = 0; i < policies; i++) {
		struct world *w = world_new(seed + i);
		struct rng rng = {(seed + i) ^ 0x5eedull};

		run.seed = seed + i;
		packets_run(w, &rng, packets);
		swap_run(w, seed + i, &rng);
		world_free(&w);
	}
	(void)printf("%" PRIu64 " policies, %" PRIu64 " first packets (%" PRIu64
		     " allowed, %" PRIu64 " of these between devices, %" PRIu64 " by audit), %" PRIu64
		     " explained, %" PRIu64 " flows followed, %" PRIu64 " answers alone, %" PRIu64
		     " flows over a swap (%" PRIu64 " kept): all agree\n",
		policies, run.packets, run.forwarded, run.direct, run.audited, run.explained, run.sequences,
		run.replies, run.swapped, run.kept);
	(void)printf("  %" PRIu64 " talks with name servers (%" PRIu64 " read, %" PRIu64 " over TCP), %" PRIu64 " answers (%" PRIu64
		     " unasked), %" PRIu64 " addresses by name, %" PRIu64 " packets by a name\n",
		run.talks.talks, run.talks.read, run.talks.tcp, run.talks.answers, run.talks.unasked, run.given, run.by_name);
	for (unsigned i = 0; i < OST_REASON_COUNT; i++) {
		if (run.refused[i] > 0)
			(void)printf(
				"  refused, %s: %" PRIu64 "\n", ost_reason_name(i), run.refused[i]);
	}
	/* A test that compares nothing worth comparing proves nothing. */
	if (policies * packets >= 100000 &&
		(run.forwarded < run.packets / 20 || run.direct < 1000 || run.audited < 1000 || run.by_name < 200 || run.refused[OST_REASON_DNS_REBIND] < 20 ||
			run.talks.unasked < 100)) {
		(void)fprintf(
			stderr, "oracle: too few packets were allowed for this to mean much\n");
		return 1;
	}
	return 0;
}
