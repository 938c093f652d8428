/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conversations of the services where passwords travel in clear text, cut into segments by the input: a byte that says who speaks, what
 * kind of segment it is and how long, then its bytes. What comes out must be sound, and nothing of the bytes in it. */
#include "cursor.h"
#include "talks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool sound)
{
	if (!sound)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t services[] = {21, 23, 80, 1883, 2323, 8080, 25, 443};
	struct ost_cursor c = ost_cursor_of(data, size);
	struct ost_talks *talks = NULL;
	uint32_t seq[2] = {0xffffff00u, 7}, found = 0, connections = 1;
	uint64_t flow = 1;
	uint16_t ordinal = 0, service = services[ost_cursor_u8(&c) % OST_ARRAY_SIZE(services)];

	if (ost_talks_new(&talks) < 0)
		return 0;
	while (ost_cursor_left(&c) >= 3) {
		const uint8_t how = ost_cursor_u8(&c);
		const size_t wanted = (size_t)ost_cursor_u8(&c) * (how & 2 ? 8 : 1) + 1;
		const size_t n = OST_MIN(wanted, ost_cursor_left(&c));
		const uint8_t *bytes = ost_cursor_take(&c, n);
		struct ost_msg_observed m;
		struct ost_segment *s;

		if (how & 8) { /* another connection: the same ends, or others that share its place */
			ordinal = 0;
			flow = how & 16 ? flow + OST_TALKS : flow;
			service = services[how >> 5];
			connections++;
		}
		if (how & 4) /* sent again, or in part missing */
			seq[how & 1] -= (uint32_t)(how >> 4) - 3;
		if (n > OST_SEGMENT_BYTES)
			continue;
		s = calloc(1, offsetof(struct ost_segment, bytes) + n); /* as long as it says: a read past it is seen */
		if (s == NULL)
			break;
		s->flow = flow;
		s->generation = 1;
		s->family = OST_IPV4;
		s->reply = how & 1;
		s->service = service;
		s->ordinal = ordinal++;
		s->tcp_seq = seq[how & 1];
		s->length = (uint16_t)n;
		s->whole_bytes = (uint16_t)(n + (how >> 7));
		memcpy((uint8_t *)s + offsetof(struct ost_segment, bytes), bytes, n);
		seq[how & 1] += s->whole_bytes;
		check(ost_message_valid(OST_MSG_SEGMENT, s, ost_segment_size(s)));
		if (ost_talks_segment(talks, s, &m)) {
			check(ost_message_valid(OST_MSG_OBSERVED, &m, sizeof(m)));
			found++;
		}
		free(s);
	}
	check(found <= connections && ost_talks_counts(talks)->found == found);
	ost_talks_free(&talks);
	return 0;
}
