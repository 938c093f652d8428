/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "talks.h"

struct followed {
	uint64_t flow; /* 0: none, or over */
	bool begun[2];
	uint32_t next[2]; /* sequence number, by who speaks */
	struct ost_talk talk;
};

struct ost_talks {
	struct ost_talks_counts counts;
	struct followed followed[OST_TALKS];
};

int ost_talks_new(struct ost_talks **ret_talks)
{
	struct ost_talks *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	*ret_talks = t;
	return 0;
}

void ost_talks_free(struct ost_talks **talks)
{
	if (*talks != NULL)
		explicit_bzero(*talks, sizeof(**talks));
	free(*talks);
	*talks = NULL;
}

static void forget(struct followed *f)
{
	explicit_bzero(f, sizeof(*f));
}

/* How many of its first bytes came before; -1: some before it are missing. */
static int32_t seen_before(const struct followed *f, const struct ost_segment *s)
{
	int32_t before = f->begun[s->reply] ? (int32_t)(f->next[s->reply] - s->tcp_seq) : 0;

	return before < 0 ? -1 : before;
}

static void observation(const struct followed *f, const struct ost_segment *s, const struct ost_credential *c,
	struct ost_msg_observed *ret)
{
	*ret = (struct ost_msg_observed){.generation = s->generation, .wall_ns = s->wall_ns, .device = s->device, .family = s->family,
		.direction = s->direction, .protocol = f->talk.protocol, .service = s->service,
		.kind = ost_default_credential(c) ? OST_OBSERVED_DEFAULT : OST_OBSERVED_PLAINTEXT};
	memcpy(ret->peer_ip, s->peer_ip, sizeof(ret->peer_ip));
}

bool ost_talks_segment(struct ost_talks *t, const struct ost_segment *s, struct ost_msg_observed *ret)
{
	struct followed *f = &t->followed[s->flow % OST_TALKS];
	struct ost_credential c = {0};
	enum ost_observed_protocol protocol;
	enum ost_talk_result r;
	int32_t before;

	t->counts.segments++;
	if (s->ordinal == 0) {
		forget(f);
		if (!ost_talk_protocol(s->service, &protocol))
			return false;
		f->flow = s->flow;
		ost_talk_begin(&f->talk, protocol);
	}
	if (f->flow != s->flow)
		return false;
	before = seen_before(f, s);
	if (before >= s->length)
		return false; /* sent again */
	if (before < 0) {
		t->counts.gaps++;
		forget(f);
		return false;
	}
	f->begun[s->reply] = true;
	f->next[s->reply] = s->tcp_seq + s->length;
	r = ost_talk_feed(&f->talk, s->reply, s->bytes + before, (size_t)(s->length - before), &c);
	if (r == OST_TALK_FOUND) {
		observation(f, s, &c, ret);
		t->counts.found++;
	}
	/* Of what did not come whole the next byte is missing. */
	if (r != OST_TALK_MORE)
		forget(f);
	return r == OST_TALK_FOUND;
}

const struct ost_talks_counts *ost_talks_counts(const struct ost_talks *t)
{
	return &t->counts;
}
