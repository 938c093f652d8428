/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_wire.h"

#include "cursor.h"
#include "text.h"

enum tag {
	TAG_END,
	TAG_URL,
	TAG_BODY,
	TAG_SIGNATURE,
	TAG_SIGNER_CAS,
	TAG_SERVER_CAS,
	TAG_DEVICE,
	TAG_AT,
	TAG_ALLOW_PRIVATE,
	TAG_FAULT,
	TAG_WHY,
	TAG_FINAL_URL,
	TAG_SERVER,
	TAG_VERDICT,
	TAG_SIGNER,
	TAG_SPKI,
	TAG_NOT_AFTER,
	TAG_COUNT,
};

#define HEAD 5u /* bytes of tag and length */

const char *ost_mud_verdict_name(enum ost_mud_verdict verdict)
{
	static const char *const names[] = {
		"signed", "unsigned", "bad-signature", "unknown-ca", "expired-signer", "wrong-usage", "wrong-signer"};

	return verdict < OST_MUD_VERDICT_COUNT ? names[verdict] : "?";
}

/* ---- writing ---- */

struct writer {
	uint8_t *bytes;
	size_t length;
	int error;
};

static void put(struct writer *w, enum tag tag, const void *bytes, size_t length, size_t most)
{
	uint8_t *grown;

	if (w->error < 0)
		return;
	if (length > most || w->length + HEAD + length > OST_MUD_WIRE_MAX) {
		w->error = -EMSGSIZE;
		return;
	}
	grown = realloc(w->bytes, w->length + HEAD + length);
	if (grown == NULL) {
		w->error = -ENOMEM;
		return;
	}
	w->bytes = grown;
	grown += w->length;
	*grown++ = (uint8_t)tag;
	for (unsigned i = 0; i < 4; i++)
		*grown++ = (uint8_t)(length >> (24 - 8 * i));
	if (length > 0)
		memcpy(grown, bytes, length);
	w->length += HEAD + length;
}

static void put_bytes(struct writer *w, enum tag tag, const struct ost_mud_bytes *b, size_t most)
{
	if (b->bytes != NULL)
		put(w, tag, b->bytes, b->length, most);
}

static void put_text(struct writer *w, enum tag tag, const char *text, size_t most)
{
	if (text[0] != '\0')
		put(w, tag, text, strlen(text), most);
}

static void put_number(struct writer *w, enum tag tag, uint64_t value)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (56 - 8 * i));
	if (value != 0)
		put(w, tag, bytes, sizeof(bytes), sizeof(bytes));
}

static int written(struct writer *w, uint8_t **ret_bytes, size_t *ret_length)
{
	put(w, TAG_END, NULL, 0, 0);
	if (w->error < 0) {
		free(w->bytes);
		return w->error;
	}
	*ret_bytes = w->bytes;
	*ret_length = w->length;
	return 0;
}

int ost_mud_request_write(const struct ost_mud_request *request, uint8_t **ret_bytes, size_t *ret_length)
{
	struct writer w = {0};

	put_text(&w, TAG_URL, request->url, OST_MUD_WEB_URL_MAX);
	put_bytes(&w, TAG_BODY, &request->body, OST_MUD_BODY_MAX);
	put_bytes(&w, TAG_SIGNATURE, &request->signature, OST_MUD_SIGNATURE_MAX);
	put_bytes(&w, TAG_SIGNER_CAS, &request->signer_cas, OST_MUD_PEM_MAX);
	put_bytes(&w, TAG_SERVER_CAS, &request->server_cas, OST_MUD_PEM_MAX);
	put_bytes(&w, TAG_DEVICE, &request->device, OST_MUD_SIGNATURE_MAX);
	put_number(&w, TAG_AT, (uint64_t)request->at_s);
	put_number(&w, TAG_ALLOW_PRIVATE, request->allow_private);
	return written(&w, ret_bytes, ret_length);
}

int ost_mud_answer_write(const struct ost_mud_answer *answer, uint8_t **ret_bytes, size_t *ret_length)
{
	static const uint8_t none[32];
	struct writer w = {0};

	put_number(&w, TAG_FAULT, answer->fault);
	put_text(&w, TAG_WHY, answer->why, OST_MUD_TEXT_MAX);
	put_bytes(&w, TAG_BODY, &answer->body, OST_MUD_BODY_MAX);
	put_bytes(&w, TAG_SIGNATURE, &answer->signature, OST_MUD_SIGNATURE_MAX);
	put_text(&w, TAG_FINAL_URL, answer->final_url, OST_MUD_WEB_URL_MAX);
	put_text(&w, TAG_SERVER, answer->server, OST_MUD_TEXT_MAX);
	put_number(&w, TAG_VERDICT, (uint64_t)answer->verdict + 1); /* never left out: no answer is no signature */
	put_text(&w, TAG_SIGNER, answer->signer, OST_MUD_TEXT_MAX);
	if (memcmp(answer->spki_sha256, none, sizeof(none)) != 0)
		put(&w, TAG_SPKI, answer->spki_sha256, sizeof(none), sizeof(none));
	put_number(&w, TAG_NOT_AFTER, (uint64_t)answer->not_after_s);
	return written(&w, ret_bytes, ret_length);
}

/* ---- reading ---- */

struct items {
	struct ost_mud_bytes item[TAG_COUNT];
	uint32_t allowed; /* bits of tags */
	bool bad;
};

static int items_read(const uint8_t *bytes, size_t length, uint32_t allowed, struct items *ret_items)
{
	struct ost_cursor c = ost_cursor_of(bytes, length);
	struct items t = {.allowed = allowed};

	if (length > OST_MUD_WIRE_MAX)
		return -EPROTO;
	for (;;) {
		uint8_t tag = ost_cursor_u8(&c);
		uint32_t n = ost_cursor_be32(&c);
		const uint8_t *value = ost_cursor_take(&c, n);

		if (value == NULL)
			return -EPROTO;
		if (tag == TAG_END)
			break;
		if (tag >= TAG_COUNT || (allowed >> tag & 1) == 0 || t.item[tag].bytes != NULL)
			return -EPROTO;
		t.item[tag] = (struct ost_mud_bytes){value, n};
	}
	if (ost_cursor_left(&c) > 0)
		return -EPROTO;
	*ret_items = t;
	return 0;
}

static void take_bytes(struct items *t, enum tag tag, size_t most, struct ost_mud_bytes *ret)
{
	t->bad |= t->item[tag].length > most;
	*ret = t->item[tag];
}

static void take_text(struct items *t, enum tag tag, size_t most, char *to)
{
	const struct ost_mud_bytes *b = &t->item[tag];

	to[0] = '\0';
	if (b->bytes == NULL)
		return;
	if (b->length > most || !ost_text_is_plain((const char *)b->bytes, b->length)) {
		t->bad = true;
		return;
	}
	memcpy(to, b->bytes, b->length);
	to[b->length] = '\0';
}

static uint64_t take_number(struct items *t, enum tag tag, uint64_t most)
{
	const struct ost_mud_bytes *b = &t->item[tag];
	uint64_t value = 0;

	if (b->bytes == NULL)
		return 0;
	if (b->length != 8) {
		t->bad = true;
		return 0;
	}
	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | b->bytes[i];
	t->bad |= value > most;
	return value;
}

int ost_mud_request_read(const uint8_t *bytes, size_t length, struct ost_mud_request *ret_request)
{
	struct ost_mud_request q = {0};
	struct items t;
	int r = items_read(bytes, length,
		1u << TAG_URL | 1u << TAG_BODY | 1u << TAG_SIGNATURE | 1u << TAG_SIGNER_CAS | 1u << TAG_SERVER_CAS | 1u << TAG_DEVICE |
			1u << TAG_AT | 1u << TAG_ALLOW_PRIVATE,
		&t);

	if (r < 0)
		return r;
	take_text(&t, TAG_URL, OST_MUD_WEB_URL_MAX, q.url);
	take_bytes(&t, TAG_BODY, OST_MUD_BODY_MAX, &q.body);
	take_bytes(&t, TAG_SIGNATURE, OST_MUD_SIGNATURE_MAX, &q.signature);
	take_bytes(&t, TAG_SIGNER_CAS, OST_MUD_PEM_MAX, &q.signer_cas);
	take_bytes(&t, TAG_SERVER_CAS, OST_MUD_PEM_MAX, &q.server_cas);
	take_bytes(&t, TAG_DEVICE, OST_MUD_SIGNATURE_MAX, &q.device);
	q.at_s = (int64_t)take_number(&t, TAG_AT, INT64_MAX);
	q.allow_private = take_number(&t, TAG_ALLOW_PRIVATE, 1) != 0;
	if (t.bad || (q.url[0] == '\0') == (q.body.bytes == NULL))
		return -EPROTO;
	*ret_request = q;
	return 0;
}

int ost_mud_answer_read(const uint8_t *bytes, size_t length, struct ost_mud_answer *ret_answer)
{
	struct ost_mud_answer a = {0};
	struct items t;
	uint64_t verdict;
	int r = items_read(bytes, length,
		1u << TAG_FAULT | 1u << TAG_WHY | 1u << TAG_BODY | 1u << TAG_SIGNATURE | 1u << TAG_FINAL_URL | 1u << TAG_SERVER |
			1u << TAG_VERDICT | 1u << TAG_SIGNER | 1u << TAG_SPKI | 1u << TAG_NOT_AFTER,
		&t);

	if (r < 0)
		return r;
	a.fault = (enum ost_mud_fault)take_number(&t, TAG_FAULT, OST_MUD_FAULT_COUNT - 1);
	take_text(&t, TAG_WHY, OST_MUD_TEXT_MAX, a.why);
	take_bytes(&t, TAG_BODY, OST_MUD_BODY_MAX, &a.body);
	take_bytes(&t, TAG_SIGNATURE, OST_MUD_SIGNATURE_MAX, &a.signature);
	take_text(&t, TAG_FINAL_URL, OST_MUD_WEB_URL_MAX, a.final_url);
	take_text(&t, TAG_SERVER, OST_MUD_TEXT_MAX, a.server);
	verdict = take_number(&t, TAG_VERDICT, OST_MUD_VERDICT_COUNT);
	take_text(&t, TAG_SIGNER, OST_MUD_TEXT_MAX, a.signer);
	if (t.item[TAG_SPKI].bytes != NULL && t.item[TAG_SPKI].length == sizeof(a.spki_sha256))
		memcpy(a.spki_sha256, t.item[TAG_SPKI].bytes, sizeof(a.spki_sha256));
	else
		t.bad |= t.item[TAG_SPKI].bytes != NULL;
	a.not_after_s = (int64_t)take_number(&t, TAG_NOT_AFTER, INT64_MAX);
	if (t.bad || verdict == 0)
		return -EPROTO;
	a.verdict = (enum ost_mud_verdict)(verdict - 1);
	if (a.verdict == OST_MUD_SIGNED && t.item[TAG_SPKI].bytes == NULL)
		return -EPROTO;
	*ret_answer = a;
	return 0;
}
