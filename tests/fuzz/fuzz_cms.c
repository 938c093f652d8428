/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A signature of a MUD file and the certificates around it, of anybody: byte, then thrice a length of two bytes and so many: CMS, CA
 * certificates in PEM, the device's certificate; the rest is the file. What is believed of these bytes is not believed of others. */
#include "cursor.h"
#include "signature.h"

#define AT_2026 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Its own block: a read past it is seen. */
static struct ost_mud_bytes part_take(struct ost_cursor *c, size_t length)
{
	const uint8_t *from = ost_cursor_take(c, length);
	struct ost_mud_bytes part = {0};
	uint8_t *copy = from != NULL ? malloc(length) : NULL;

	if (copy == NULL)
		return part;
	memcpy(copy, from, length);
	part.bytes = copy;
	part.length = length;
	return part;
}

static void part_free(struct ost_mud_bytes *part)
{
	free((uint8_t *)(uintptr_t)part->bytes);
}

static void judge(const struct ost_mud_request *q)
{
	struct ost_mud_answer a = {0}, again = {0};
	struct ost_mud_bytes other = {.length = q->body.length + 1};
	uint8_t *more = malloc(other.length), *wire;
	size_t length;

	ost_mud_signature_check(q, q->body, q->signature, &a);
	if (a.verdict >= OST_MUD_VERDICT_COUNT || (a.verdict == OST_MUD_SIGNED) != (a.why[0] == '\0' && a.verdict != OST_MUD_UNSIGNED))
		abort();
	if (a.verdict == OST_MUD_SIGNED && more != NULL) {
		if (q->body.length > 0)
			memcpy(more, q->body.bytes, q->body.length);
		more[q->body.length] = ' ';
		other.bytes = more;
		ost_mud_signature_check(q, other, q->signature, &again);
		if (again.verdict != OST_MUD_BAD_SIGNATURE)
			abort();
	}
	free(more);
	if (ost_mud_answer_write(&a, &wire, &length) < 0)
		return;
	if (ost_mud_answer_read(wire, length, &again) < 0 || again.verdict != a.verdict || strcmp(again.signer, a.signer) != 0)
		abort();
	free(wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ost_mud_request q = {0};
	struct ost_cursor c = ost_cursor_of(data, size);

	q.at_s = ost_cursor_u8(&c) & 1 ? AT_2026 : 1600000000;
	q.signature = part_take(&c, ost_cursor_be16(&c));
	q.signer_cas = part_take(&c, ost_cursor_be16(&c));
	q.device = part_take(&c, ost_cursor_be16(&c));
	if (q.device.length == 0) {
		part_free(&q.device);
		q.device.bytes = NULL;
	}
	if (!c.failed) {
		q.body = part_take(&c, ost_cursor_left(&c));
		judge(&q);
		part_free(&q.body);
	}
	part_free(&q.signature);
	part_free(&q.signer_cas);
	part_free(&q.device);
	return 0;
}
