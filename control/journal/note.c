/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "note.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/coding.h>
#include <wolfssl/wolfcrypt/ed25519.h>

#include "text.h"

#define TYPE_ED25519 0x01
#define DASH	     "\xe2\x80\x94 " /* U+2014 and a space */
#define DASH_LENGTH  4u
#define SIGNATURE_MAX 8192u /* bytes of one in base64 that we look at: post-quantum ones are nearly 5 kB */
#define BLOB_MAX     (SIGNATURE_MAX / 4 * 3)

/* ---- base64 ---- */

void ost_base64_encode(const void *bytes, size_t length, char *buf)
{
	word32 size = (word32)(4 * ((length + 2) / 3) + 1);

	if (length == 0)
		size = 0;
	else if (Base64_Encode_NoNl(bytes, (word32)length, (byte *)buf, &size) != 0)
		abort(); /* buf is of the size that it needs */
	buf[size] = '\0';
}

int ost_base64_decode(const char *text, size_t length, void *bytes, size_t size, size_t *ret_length)
{
	char *again OST_AUTO_FREE = NULL;
	byte *out OST_AUTO_FREE = NULL;
	word32 n = (word32)(length / 4 * 3);

	if (length == 0 || length % 4 != 0 || length > 4 * OST_JOURNAL_PROOF_MAX)
		return -EINVAL;
	if ((size_t)n > size + 2)
		return -EMSGSIZE;
	out = malloc(n + 1u);
	again = malloc(length + 2);
	if (out == NULL || again == NULL)
		return -ENOMEM;
	if (Base64_Decode((const byte *)text, (word32)length, out, &n) != 0 || n == 0)
		/* cppcheck-suppress memleak ; it is freed when it leaves its scope */
		return -EINVAL;
	ost_base64_encode(out, n, again);
	if (strlen(again) != length || memcmp(again, text, length) != 0)
		return -EINVAL;
	if (n > size)
		return -EMSGSIZE;
	memcpy(bytes, out, n);
	*ret_length = n;
	return 0;
}

/* ---- keys as text ---- */

/* Of the white space of Unicode only the ASCII part can stand here: other bytes than printable ASCII are refused, which is
 * stricter than the specification asks for. */
bool ost_note_name_is_valid(const char *name, size_t length)
{
	if (length == 0 || length > OST_JOURNAL_ORIGIN_MAX)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (name[i] <= 0x20 || name[i] >= 0x7f || name[i] == '+')
			return false;
	}
	return true;
}

static uint32_t key_id(const char *name, const uint8_t key[static 32])
{
	uint8_t bytes[OST_JOURNAL_ORIGIN_MAX + 2 + 32];
	size_t n = strnlen(name, OST_JOURNAL_ORIGIN_MAX);
	struct ost_merkle_hash h;

	memcpy(bytes, name, n);
	bytes[n] = '\n';
	bytes[n + 1] = TYPE_ED25519;
	memcpy(bytes + n + 2, key, 32);
	ost_merkle_sha256(bytes, n + 2 + 32, &h);
	return (uint32_t)h.b[0] << 24 | (uint32_t)h.b[1] << 16 | (uint32_t)h.b[2] << 8 | h.b[3];
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "name+id+base64(type, 32 bytes)" */
static int key_parse(const char *text, size_t length, struct ost_vkey *v, uint8_t bytes[static 32])
{
	const char *plus = memchr(text, '+', length);
	uint8_t blob[33];
	size_t name, n;

	if (plus == NULL)
		return -EINVAL;
	name = (size_t)(plus - text);
	if (!ost_note_name_is_valid(text, name) || length - name < 11 || plus[9] != '+')
		return -EINVAL;
	memset(v, 0, sizeof(*v));
	memcpy(v->name, text, name);
	for (unsigned i = 1; i <= 8; i++) {
		int digit = hex_digit(plus[i]);

		if (digit < 0)
			return -EINVAL;
		v->id = v->id << 4 | (uint32_t)digit;
	}
	if (ost_base64_decode(plus + 10, length - name - 10, blob, sizeof(blob), &n) < 0 || n != sizeof(blob) || blob[0] != TYPE_ED25519)
		return -EINVAL;
	memcpy(bytes, blob + 1, 32);
	explicit_bzero(blob, sizeof(blob));
	return 0;
}

static void key_format(const char *prefix, const struct ost_vkey *v, const uint8_t key[static 32], char buf[static OST_JOURNAL_VKEY_MAX])
{
	uint8_t blob[33] = {TYPE_ED25519};
	char base64[48];

	memcpy(blob + 1, key, 32);
	ost_base64_encode(blob, sizeof(blob), base64);
	(void)snprintf(buf, OST_JOURNAL_VKEY_MAX, "%s%s+%08x+%s", prefix, v->name, v->id, base64);
	explicit_bzero(blob, sizeof(blob));
	explicit_bzero(base64, sizeof(base64));
}

int ost_vkey_parse(const char *text, size_t length, struct ost_vkey *ret_vkey)
{
	struct ost_vkey v;
	int r = key_parse(text, length, &v, v.key);

	if (r == 0 && v.id != key_id(v.name, v.key))
		r = -EINVAL;
	if (r == 0)
		*ret_vkey = v;
	return r;
}

void ost_vkey_format(const struct ost_vkey *vkey, char buf[static OST_JOURNAL_VKEY_MAX])
{
	key_format("", vkey, vkey->key, buf);
}

bool ost_vkey_same(const struct ost_vkey *a, const struct ost_vkey *b)
{
	return a->id == b->id && strcmp(a->name, b->name) == 0 && memcmp(a->key, b->key, sizeof(a->key)) == 0;
}

/* ---- Ed25519 ---- */

static int public_of(struct ost_signer *s)
{
	ed25519_key key;
	int r = wc_ed25519_init(&key);

	if (r == 0)
		r = wc_ed25519_import_private_only(s->seed, sizeof(s->seed), &key);
	if (r == 0)
		r = wc_ed25519_make_public(&key, s->vkey.key, sizeof(s->vkey.key));
	wc_ed25519_free(&key);
	return r == 0 ? 0 : -EIO;
}

int ost_signer_make(const char *name, struct ost_signer *ret_signer)
{
	struct ost_signer s = {0};
	int r;

	if (!ost_note_name_is_valid(name, strlen(name)))
		return -EINVAL;
	(void)snprintf(s.vkey.name, sizeof(s.vkey.name), "%s", name);
	if (getrandom(s.seed, sizeof(s.seed), 0) != (ssize_t)sizeof(s.seed))
		return -EIO;
	r = public_of(&s);
	s.vkey.id = key_id(s.vkey.name, s.vkey.key);
	if (r == 0)
		*ret_signer = s;
	ost_signer_wipe(&s);
	return r;
}

static const char private_prefix[] = "PRIVATE+KEY+";

int ost_signer_parse(const char *text, size_t length, struct ost_signer *ret_signer)
{
	size_t prefix = sizeof(private_prefix) - 1;
	struct ost_signer s = {0};
	int r;

	if (length <= prefix + 1 || memcmp(text, private_prefix, prefix) != 0 || text[length - 1] != '\n')
		return -EINVAL;
	r = key_parse(text + prefix, length - prefix - 1, &s.vkey, s.seed);
	if (r == 0)
		r = public_of(&s);
	if (r == 0 && s.vkey.id != key_id(s.vkey.name, s.vkey.key))
		r = -EINVAL;
	if (r == 0)
		*ret_signer = s;
	ost_signer_wipe(&s);
	return r;
}

void ost_signer_format(const struct ost_signer *signer, char buf[static OST_JOURNAL_VKEY_MAX])
{
	key_format(private_prefix, &signer->vkey, signer->seed, buf);
}

void ost_signer_wipe(struct ost_signer *signer)
{
	explicit_bzero(signer, sizeof(*signer));
}

static int sign(const struct ost_signer *s, const char *text, size_t length, uint8_t ret[static 64])
{
	word32 size = 64;
	ed25519_key key;
	int r = wc_ed25519_init(&key);

	if (r == 0)
		r = wc_ed25519_import_private_key(s->seed, sizeof(s->seed), s->vkey.key, sizeof(s->vkey.key), &key);
	if (r == 0)
		r = wc_ed25519_sign_msg((const byte *)text, (word32)length, ret, &size, &key);
	wc_ed25519_free(&key);
	return r == 0 && size == 64 ? 0 : -EIO;
}

static bool signature_holds(const struct ost_vkey *v, const char *text, size_t length, const uint8_t signature[static 64])
{
	ed25519_key key;
	int holds = 0, r = wc_ed25519_init(&key);

	if (r == 0)
		r = wc_ed25519_import_public(v->key, sizeof(v->key), &key);
	if (r == 0)
		r = wc_ed25519_verify_msg(signature, 64, (const byte *)text, (word32)length, &holds, &key);
	wc_ed25519_free(&key);
	return r == 0 && holds == 1;
}

/* ---- notes ---- */

int ost_note_sign(const char *text, size_t length, const struct ost_signer *const *signers, uint32_t count, char *buf, size_t size,
	size_t *ret_length)
{
	size_t used = length;

	if (length + 1 >= size)
		return -ENOSPC;
	memcpy(buf, text, length);
	buf[used++] = '\n';
	for (uint32_t i = 0; i < count; i++) {
		const struct ost_vkey *v = &signers[i]->vkey;
		uint8_t blob[4 + 64] = {(uint8_t)(v->id >> 24), (uint8_t)(v->id >> 16), (uint8_t)(v->id >> 8), (uint8_t)v->id};
		char base64[96];
		int r = sign(signers[i], text, length, blob + 4);
		int n;

		if (r < 0)
			return r;
		ost_base64_encode(blob, sizeof(blob), base64);
		n = snprintf(buf + used, size - used, DASH "%s %s\n", v->name, base64);
		if (n < 0 || (size_t)n >= size - used)
			return -ENOSPC;
		used += (size_t)n;
	}
	*ret_length = used;
	return 0;
}

static int signature_parse(const char *line, size_t length, struct ost_note_signature *s)
{
	const char *space;
	uint8_t blob[BLOB_MAX];
	size_t n;

	if (length <= DASH_LENGTH || length > SIGNATURE_MAX || memcmp(line, DASH, DASH_LENGTH) != 0)
		return -EINVAL;
	s->name = line + DASH_LENGTH;
	space = memchr(s->name, ' ', length - DASH_LENGTH);
	if (space == NULL)
		return -EINVAL;
	s->name_length = (size_t)(space - s->name);
	if (s->name_length == 0 || memchr(s->name, '+', s->name_length) != NULL)
		return -EINVAL;
	if (ost_base64_decode(space + 1, (size_t)(line + length - space - 1), blob, sizeof(blob), &n) < 0 || n < 5)
		return -EINVAL;
	s->id = (uint32_t)blob[0] << 24 | (uint32_t)blob[1] << 16 | (uint32_t)blob[2] << 8 | blob[3];
	s->ed25519_size = n == 4 + 64;
	if (s->ed25519_size)
		memcpy(s->bytes, blob + 4, 64);
	return 0;
}

/* The text of our notes has no empty lines: the first one parts it from its signatures. Stricter than the specification, and
 * enough for checkpoints. */
int ost_note_parse_first(const char *bytes, size_t length, struct ost_note *ret_note, size_t *ret_used)
{
	const char *blank = memmem(bytes, length, "\n\n", 2);
	struct ost_note note = {.text = bytes};
	size_t at;

	if (blank == NULL || blank == bytes)
		return -EINVAL;
	note.text_length = (size_t)(blank - bytes) + 1;
	for (size_t i = 0; i < note.text_length; i++) {
		if ((unsigned char)bytes[i] < 0x20 && bytes[i] != '\n')
			return -EINVAL;
	}
	for (at = note.text_length + 1; at < length && bytes[at] == DASH[0];) {
		const char *end = memchr(bytes + at, '\n', length - at);

		if (end == NULL || note.count == OST_NOTE_SIGNATURES ||
			signature_parse(bytes + at, (size_t)(end - bytes) - at, &note.signatures[note.count]) < 0)
			return -EINVAL;
		note.count++;
		at = (size_t)(end - bytes) + 1;
	}
	if (note.count == 0)
		return -EINVAL;
	*ret_note = note;
	*ret_used = at;
	return 0;
}

int ost_note_parse(const char *bytes, size_t length, struct ost_note *ret_note)
{
	struct ost_note note;
	size_t used;
	int r = ost_note_parse_first(bytes, length, &note, &used);

	if (r == 0 && used != length)
		r = -EINVAL;
	if (r == 0)
		*ret_note = note;
	return r;
}

int ost_note_verify(const struct ost_note *note, const struct ost_vkey *vkey)
{
	size_t name = strlen(vkey->name);
	int r = -ENOKEY;

	for (uint32_t i = 0; i < note->count; i++) {
		const struct ost_note_signature *s = &note->signatures[i];

		if (s->id != vkey->id || s->name_length != name || memcmp(s->name, vkey->name, name) != 0)
			continue;
		if (!s->ed25519_size || !signature_holds(vkey, note->text, note->text_length, s->bytes))
			return -EBADMSG;
		r = 0;
	}
	return r;
}

/* ---- checkpoints ---- */

static bool line_take(const char **at, const char *end, const char **line, size_t *length)
{
	const char *lf = memchr(*at, '\n', (size_t)(end - *at));

	if (lf == NULL || lf == *at)
		return false;
	*line = *at;
	*length = (size_t)(lf - *at);
	*at = lf + 1;
	return true;
}

/* Extension lines are not ours: nothing of a tree rests on them, and we write none. */
int ost_checkpoint_parse(const struct ost_note *note, struct ost_checkpoint *ret_checkpoint)
{
	const char *at = note->text, *end = note->text + note->text_length, *line;
	struct ost_checkpoint c = {0};
	size_t length, n;

	if (!line_take(&at, end, &line, &length) || !ost_note_name_is_valid(line, length))
		return -EINVAL;
	memcpy(c.origin, line, length);
	if (!line_take(&at, end, &line, &length) || (length > 1 && line[0] == '0') || ost_number_parse(line, length, &c.size) < 0 ||
		c.size > OST_JOURNAL_SEQ_MAX)
		return -EINVAL;
	if (!line_take(&at, end, &line, &length) || ost_base64_decode(line, length, c.root.b, sizeof(c.root.b), &n) < 0 ||
		n != sizeof(c.root.b) || at != end)
		return -EINVAL;
	*ret_checkpoint = c;
	return 0;
}

void ost_checkpoint_format(const struct ost_checkpoint *c, char buf[static OST_NOTE_TEXT_MAX])
{
	char root[48];

	ost_base64_encode(c->root.b, sizeof(c->root.b), root);
	(void)snprintf(buf, OST_NOTE_TEXT_MAX, "%s\n%" PRIu64 "\n%s\n", c->origin, c->size, root);
}
