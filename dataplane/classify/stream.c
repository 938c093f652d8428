/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stream.h"

#include "name.h"

#define PREFIX_BYTES 2u
#define NO_BUFFER    0u

enum phase {
	PHASE_UNKNOWN, /* where messages begin is not known */
	PHASE_KNOWN,
	PHASE_REFUSED, /* nothing new passes */
};

/* One direction. */
struct side {
	uint32_t first;	 /* sequence number of the first byte of all, of a connection that we saw begin */
	uint32_t next;	 /* of the byte that is read next */
	uint32_t have;	 /* bytes of the message under way, its length bytes included */
	uint32_t want;	 /* bytes of it in all; known when have >= 2 */
	uint32_t skip;	 /* bytes of it that pass unread */
	uint8_t prefix;	 /* the first length byte, when it came alone */
	uint8_t phase;	 /* enum phase */
	uint8_t reason;	 /* enum ost_reason, when refused */
	uint8_t buffer;	 /* place + 1 of what came of it, or NO_BUFFER */
};

struct stream {
	uint64_t server[2];
	uint32_t slot, life;
	uint32_t last_tick;
	uint16_t client_port;
	bool used;
	struct side sides[2]; /* 1: from the server */
};

struct buffer {
	struct side *owner; /* NULL: free */
	uint32_t taken_tick;
	uint8_t bytes[OST_STREAM_MESSAGE_MAX];
};

struct ost_streams {
	struct stream streams[OST_STREAM_BUCKETS * OST_STREAM_WAYS];
	struct buffer buffers[OST_STREAM_BUFFERS];
};

struct reading {
	struct ost_site *site;
	struct side *side;
	uint32_t tick;
	enum ost_reason (*fn)(void *user, const uint8_t *message, uint32_t length);
	void *user;
};

int ost_streams_new(const struct ost_site *site, struct ost_streams **ret_streams)
{
	*ret_streams = ost_site_alloc(site, sizeof(**ret_streams));
	return *ret_streams != NULL ? 0 : -ENOMEM;
}

void ost_streams_free(const struct ost_site *site, struct ost_streams **streams)
{
	ost_site_release(site, *streams, sizeof(**streams));
	*streams = NULL;
}

static void buffer_free(struct ost_streams *t, struct side *s)
{
	if (s->buffer != NO_BUFFER)
		t->buffers[s->buffer - 1].owner = NULL;
	s->buffer = NO_BUFFER;
}

static void side_reset(struct ost_streams *t, struct side *s)
{
	buffer_free(t, s);
	*s = (struct side){0};
}

/* The rest of the message under way passes unread. */
static void side_skip(struct ost_site *site, struct side *s)
{
	buffer_free(site->names->streams, s);
	s->skip = s->want - s->have;
	s->have = 0;
	ost_name_count(&site->names->counts.unread, 1);
}

/* The one that was taken longest ago gives way when none is free. */
static struct buffer *buffer_take(struct ost_site *site, struct side *s, uint32_t tick)
{
	struct ost_streams *t = site->names->streams;
	uint32_t least = 0;

	for (uint32_t i = 0; i < OST_STREAM_BUFFERS; i++) {
		if (t->buffers[i].owner == NULL) {
			least = i;
			break;
		}
		if ((int32_t)(t->buffers[i].taken_tick - t->buffers[least].taken_tick) < 0)
			least = i;
	}
	if (t->buffers[least].owner != NULL)
		side_skip(site, t->buffers[least].owner);
	t->buffers[least].owner = s;
	t->buffers[least].taken_tick = tick;
	s->buffer = (uint8_t)(least + 1);
	return &t->buffers[least];
}

static struct stream *stream_find(struct ost_site *site, const struct ost_stream_segment *g, uint32_t tick)
{
	struct ost_streams *t = site->names->streams;
	uint64_t hash = ost_hash_2(&site->hash, g->slot, 0x73747265616dull);
	struct stream *base = &t->streams[(hash >> 32) % OST_STREAM_BUCKETS * OST_STREAM_WAYS], *least = base;
	uint32_t life = atomic_load_explicit(&site->slots[g->slot].life, memory_order_relaxed);

	for (struct stream *s = base; s < base + OST_STREAM_WAYS; s++) {
		if (s->used && s->slot == g->slot && s->life == life && s->client_port == g->client_port &&
			s->server[0] == g->server[0] && s->server[1] == g->server[1])
			return s;
		if (!s->used || (least->used && (int32_t)(s->last_tick - least->last_tick) < 0))
			least = s;
	}
	for (int i = 0; i < 2; i++)
		side_reset(t, &least->sides[i]);
	*least = (struct stream){.server = {g->server[0], g->server[1]}, .slot = g->slot, .life = life, .last_tick = tick,
		.client_port = g->client_port, .used = true};
	return least;
}

/* As much of the message under way as the bytes hold, from its third byte on; returns how much. */
static uint32_t message_gather(struct reading *r, const uint8_t *bytes, uint32_t length)
{
	struct side *s = r->side;
	uint32_t part = OST_MIN(length, s->want - s->have);
	struct buffer *b;

	if (s->want - PREFIX_BYTES > OST_STREAM_MESSAGE_MAX) {
		side_skip(r->site, s);
		return 0;
	}
	b = s->buffer != NO_BUFFER ? &r->site->names->streams->buffers[s->buffer - 1] : buffer_take(r->site, s, r->tick);
	memcpy(b->bytes + (s->have - PREFIX_BYTES), bytes, part);
	s->have += part;
	return part;
}

/* The length's two bytes, which may come one by one. */
static uint32_t prefix_gather(struct side *s, const uint8_t *bytes, uint32_t length)
{
	if (s->have == 0 && length == 1) {
		s->prefix = bytes[0];
		s->have = 1;
		return 1;
	}
	s->want = PREFIX_BYTES + (s->have == 0 ? (uint32_t)bytes[0] << 8 | bytes[1] : (uint32_t)s->prefix << 8 | bytes[0]);
	length = s->have == 0 ? 2 : 1;
	s->have = PREFIX_BYTES;
	return length;
}

static enum ost_reason message_end(struct reading *r, const uint8_t *message)
{
	struct side *s = r->side;
	enum ost_reason reason = r->fn(r->user, message, s->want - PREFIX_BYTES);

	buffer_free(r->site->names->streams, s);
	s->have = 0;
	return reason;
}

/* Bytes in their order. */
static enum ost_reason bytes_take(struct reading *r, const uint8_t *bytes, uint32_t length)
{
	struct side *s = r->side;
	enum ost_reason reason = OST_REASON_NONE;

	while (length > 0 && reason == OST_REASON_NONE) {
		uint32_t part;

		if (s->skip > 0) {
			part = OST_MIN(s->skip, length);
			s->skip -= part;
		} else if (s->have < PREFIX_BYTES) {
			part = prefix_gather(s, bytes, length);
			if (s->have == PREFIX_BYTES && s->want == PREFIX_BYTES) /* an empty message is none */
				reason = OST_REASON_MALFORMED_L4;
		} else if (s->have == PREFIX_BYTES && s->want - PREFIX_BYTES <= length) {
			part = s->want - PREFIX_BYTES;
			reason = message_end(r, bytes);
		} else {
			part = message_gather(r, bytes, length);
			if (s->have == s->want && s->buffer != NO_BUFFER)
				reason = message_end(r, r->site->names->streams->buffers[s->buffer - 1].bytes);
		}
		bytes += part;
		length -= part;
	}
	return reason;
}

/* Where messages begin is not known: a segment that is one, by its length, tells. */
static bool side_guess(struct ost_site *site, struct side *s, const struct ost_stream_segment *g)
{
	if (g->length < PREFIX_BYTES + OST_DNS_HEADER_BYTES ||
		((uint32_t)g->bytes[0] << 8 | g->bytes[1]) + PREFIX_BYTES != g->length) {
		ost_name_count(&site->names->counts.unread, 1);
		return false;
	}
	*s = (struct side){.phase = PHASE_KNOWN, .next = g->seq};
	return true;
}

static enum ost_reason side_take(struct reading *r, const struct ost_stream_segment *g, uint32_t seq)
{
	struct side *s = r->side;
	int32_t ahead = (int32_t)(seq - s->next);
	enum ost_reason reason;
	uint32_t old;

	if (ahead > 0)
		return OST_REASON_DNS_ORDER;
	old = (uint32_t)-ahead;
	if (old >= g->length) /* repeated */
		return OST_REASON_NONE;
	if (s->phase == PHASE_REFUSED)
		return (enum ost_reason)s->reason;
	reason = bytes_take(r, g->bytes + old, g->length - old);
	if (reason == OST_REASON_NONE) {
		s->next = seq + g->length;
		return reason;
	}
	buffer_free(r->site->names->streams, s);
	s->phase = PHASE_REFUSED;
	s->reason = (uint8_t)reason;
	return reason;
}

enum ost_reason ost_stream_take(struct ost_site *site, const struct ost_stream_segment *g, uint32_t tick,
	enum ost_reason (*fn)(void *user, const uint8_t *message, uint32_t length), void *user)
{
	struct stream *m = stream_find(site, g, tick);
	struct reading r = {site, &m->sides[g->answer], tick, fn, user};
	uint32_t seq = g->seq + ((g->flags & OST_TCP_SYN) != 0);

	m->last_tick = tick;
	/* A connection begins, unless this is its first segment again. The answer to it leaves the device's side as it is. */
	if ((g->flags & OST_TCP_SYN) && (r.side->phase == PHASE_UNKNOWN || r.side->first != seq)) {
		side_reset(site->names->streams, r.side);
		if (!g->answer)
			side_reset(site->names->streams, &m->sides[1]);
		r.side->phase = PHASE_KNOWN;
		r.side->first = r.side->next = seq;
	}
	if (g->length == 0)
		return OST_REASON_NONE;
	if (r.side->phase == PHASE_UNKNOWN && !side_guess(site, r.side, g))
		return OST_REASON_NONE;
	return side_take(&r, g, seq);
}
