/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes, proofs, notes, keys and checkpoints of the journal: T10 and T11, strict base64, and the envelope with hostile strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "note.h"
#include "proof.h"
#include "record.h"

#define TREES 300u

/* ---- RFC 6962: against a naive reading of section 2.1 ---- */

static struct ost_merkle_hash leaves[TREES], roots[TREES + 1];

static int leaf_get(void *user, uint64_t index, struct ost_merkle_hash *ret)
{
	(void)user;
	*ret = leaves[index];
	return 0;
}

/* MTH() as it is written there. */
static struct ost_merkle_hash naive(uint64_t from, uint64_t to)
{
	struct ost_merkle_hash h;
	uint8_t bytes[65] = {1};
	uint64_t k = 1;

	if (to == from) {
		ost_merkle_sha256("", 0, &h);
		return h;
	}
	if (to - from == 1)
		return leaves[from];
	while (k * 2 < to - from)
		k *= 2;
	h = naive(from, from + k);
	memcpy(bytes + 1, h.b, 32);
	h = naive(from + k, to);
	memcpy(bytes + 33, h.b, 32);
	ost_merkle_sha256(bytes, sizeof(bytes), &h);
	return h;
}

static void leaves_make(void)
{
	struct ost_merkle_range range = {0};

	for (unsigned i = 0; i < TREES; i++) {
		char text[16];

		(void)snprintf(text, sizeof(text), "leaf %u", i);
		ost_merkle_leaf(text, strlen(text), &leaves[i]);
	}
	ost_merkle_root(&range, &roots[0]);
	for (unsigned i = 0; i < TREES; i++) {
		ost_merkle_push(&range, &leaves[i]);
		ost_merkle_root(&range, &roots[i + 1]);
	}
}

static void roots_are_those_of_the_rfc(void **state)
{
	/* The empty tree, and the tree of one empty leaf: test data of RFC 6962's reference implementation. */
	static const uint8_t empty[] = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14}, one[] = {0x6e, 0x34, 0x0b, 0x9c, 0xff, 0xb3, 0x7a, 0x98};
	struct ost_merkle_hash h;

	(void)state;
	leaves_make();
	assert_memory_equal(roots[0].b, empty, sizeof(empty));
	ost_merkle_leaf("", 0, &h);
	assert_memory_equal(h.b, one, sizeof(one));
	for (unsigned n = 0; n <= TREES; n++) {
		h = naive(0, n);
		assert_true(ost_merkle_same(&h, &roots[n]));
	}
}

static void every_inclusion(void **state)
{
	(void)state;
	leaves_make();
	for (unsigned n = 1; n <= TREES; n += n < 70 ? 1 : 23) {
		struct ost_merkle_range range = {0};

		for (unsigned i = 0; i < n; i++) {
			struct ost_merkle_proof p, last;

			assert_int_equal(ost_merkle_prove_inclusion(leaf_get, NULL, i, n, &p), 0);
			assert_true(ost_merkle_check_inclusion(&leaves[i], i, n, &p, &roots[n]));
			assert_false(ost_merkle_check_inclusion(&leaves[i], (i + 1) % (n + 1), n, &p, &roots[n]));
			assert_false(ost_merkle_check_inclusion(&leaves[i], i, n, &p, &roots[n - 1]));
			if (p.count > 0) {
				p.path[i % p.count].b[i % 32] ^= 1;
				assert_false(ost_merkle_check_inclusion(&leaves[i], i, n, &p, &roots[n]));
			}
			ost_merkle_next_proof(&range, &last);
			ost_merkle_push(&range, &leaves[i]);
			assert_true(ost_merkle_check_inclusion(&leaves[i], i, i + 1, &last, &roots[i + 1]));
		}
	}
}

static void every_consistency(void **state)
{
	(void)state;
	leaves_make();
	for (unsigned n = 0; n <= TREES; n++) {
		for (unsigned m = 0; m <= n; m++) {
			struct ost_merkle_proof p;

			assert_int_equal(ost_merkle_prove_consistency(leaf_get, NULL, m, n, &p), 0);
			assert_true(ost_merkle_check_consistency(m, &roots[m], n, &roots[n], &p));
			if (m == 0 || m == n)
				continue;
			assert_false(ost_merkle_check_consistency(m, &roots[m - 1], n, &roots[n], &p));
			assert_false(ost_merkle_check_consistency(m, &roots[m], n, &roots[n - 1], &p));
			p.path[m % p.count].b[n % 32] ^= 0x80;
			assert_false(ost_merkle_check_consistency(m, &roots[m], n, &roots[n], &p));
		}
	}
}

/* ---- notes ---- */

/* The example key and note of the reference implementation of signed notes (golang.org/x/mod/sumdb/note). */
static const char golden_vkey[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char golden_skey[] = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz\n";
static const char golden_text[] = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
static const char golden_note[] = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
				  "\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

static void golden(void **state)
{
	struct ost_signer signer;
	const struct ost_signer *const signers[] = {&signer};
	char buf[1024], text[OST_JOURNAL_VKEY_MAX];
	struct ost_vkey v;
	struct ost_note note;
	size_t n;

	(void)state;
	assert_int_equal(ost_vkey_parse(golden_vkey, strlen(golden_vkey), &v), 0);
	assert_int_equal(v.id, 0xc74f20a3); /* and it is that of the key, or it would have been refused */
	ost_vkey_format(&v, text);
	assert_string_equal(text, golden_vkey);
	assert_int_equal(ost_note_parse(golden_note, strlen(golden_note), &note), 0);
	assert_int_equal(ost_note_verify(&note, &v), 0);
	/* Ed25519 is deterministic: signed again it is the same note. */
	assert_int_equal(ost_signer_parse(golden_skey, strlen(golden_skey), &signer), 0);
	assert_true(ost_vkey_same(&signer.vkey, &v));
	assert_int_equal(ost_note_sign(golden_text, strlen(golden_text), signers, 1, buf, sizeof(buf), &n), 0);
	assert_int_equal(n, strlen(golden_note));
	assert_memory_equal(buf, golden_note, n);
}

static void wrong_keys(void **state)
{
	static const char *const wrong[] = {"", "PeterNeumann", "PeterNeumann+c74f20a3", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
		"+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"};
	struct ost_vkey v;

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(wrong); i++)
		assert_int_equal(ost_vkey_parse(wrong[i], strlen(wrong[i]), &v), -EINVAL);
}

/* Every bit of a note: no other note is believed, spare bits of base64 included. */
static void every_bit_of_a_note(void **state)
{
	char bytes[sizeof(golden_note)];
	struct ost_vkey v;

	(void)state;
	assert_int_equal(ost_vkey_parse(golden_vkey, strlen(golden_vkey), &v), 0);
	for (size_t i = 0; i < 8 * (sizeof(golden_note) - 1); i++) {
		struct ost_note note;

		memcpy(bytes, golden_note, sizeof(golden_note));
		bytes[i / 8] = (char)(bytes[i / 8] ^ (1 << i % 8));
		assert_false(ost_note_parse(bytes, sizeof(golden_note) - 1, &note) == 0 && ost_note_verify(&note, &v) == 0);
	}
	for (size_t n = 0; n < sizeof(golden_note) - 1; n++) {
		struct ost_note note;

		assert_int_equal(ost_note_parse(golden_note, n, &note), -EINVAL);
	}
}

static void several_signatures(void **state)
{
	struct ost_signer a, b, other;
	const struct ost_signer *const both[] = {&a, &b};
	const struct ost_checkpoint c = {.origin = "gw.example/journal", .size = 42, .root = {{1, 2, 3}}};
	char text[OST_NOTE_TEXT_MAX], buf[2048];
	struct ost_checkpoint again;
	struct ost_note note;
	size_t n;

	(void)state;
	assert_int_equal(ost_signer_make("gw.example/journal", &a), 0);
	assert_int_equal(ost_signer_make("gw.example/journal", &b), 0);
	assert_int_equal(ost_signer_make("gw.example/journal", &other), 0);
	ost_checkpoint_format(&c, text);
	assert_string_equal(text, "gw.example/journal\n42\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
	assert_int_equal(ost_note_sign(text, strlen(text), both, 2, buf, sizeof(buf), &n), 0);
	assert_int_equal(ost_note_parse(buf, n, &note), 0);
	assert_int_equal(note.count, 2);
	assert_int_equal(ost_note_verify(&note, &a.vkey), 0);
	assert_int_equal(ost_note_verify(&note, &b.vkey), 0);
	assert_int_equal(ost_note_verify(&note, &other.vkey), -ENOKEY);
	assert_int_equal(ost_checkpoint_parse(&note, &again), 0);
	assert_int_equal(again.size, 42);
	assert_string_equal(again.origin, c.origin);
	assert_memory_equal(again.root.b, c.root.b, 32);
	/* A key of the same name and id with another signature below it. */
	other.vkey.id = a.vkey.id;
	assert_int_equal(ost_note_verify(&note, &other.vkey), -EBADMSG);
}

static void wrong_checkpoints(void **state)
{
	static const char *const wrong[] = {"\n1\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "a\n01\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"a\n-1\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "a\n9007199254740992\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"a\n1\nAQID\n", "a\n1\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n", "a\n1\n",
		"a b\n1\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "a\n1\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nmore\n"};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(wrong); i++) {
		const struct ost_note note = {.text = wrong[i], .text_length = strlen(wrong[i])};
		struct ost_checkpoint c;

		assert_int_equal(ost_checkpoint_parse(&note, &c), -EINVAL);
	}
}

/* ---- lines ---- */

static void hostile_strings(void **state)
{
	static char large[65536];
	static const struct {
		const char *bytes;
		size_t length;
		const char *json;
	} cases[] = {
		{"plain", 5, "\"k\":\"plain\""},
		{"a\"b\\c", 5, "\"k\":\"a\\\"b\\\\c\""},
		{"a\r\nb\tc", 6, "\"k\":\"a\\u000d\\u000ab\\u0009c\""},
		{"a\0b", 3, "\"k\":\"a\xef\xbf\xbd" "b\""},
		{"\xe2\x80\xae" "exe.gpj", 10, "\"k\":\"\\u202eexe.gpj\""},
		{"\xff\xc0\xaf\xed\xa0\x80", 6, "\"k\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xc3\xa9\xf0\x9f\x9a\xaa", 6, "\"k\":\"\xc3\xa9\xf0\x9f\x9a\xaa\""},
		{"\xc2\x85\x7f\xef\xbb\xbf", 6, "\"k\":\"\\u0085\\u007f\\ufeff\""},
		{"\xf0\x9f\x9a", 3, "\"k\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
		{"", 0, "\"k\":\"\""},
	};
	struct ost_jsonw w = {0};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(cases); i++) {
		ost_jsonw_reset(&w);
		ost_journal_string(&w, "k", cases[i].bytes, cases[i].length, 200);
		assert_string_equal(w.text, cases[i].json);
		assert_int_equal(ost_record_members_check(w.text), 0);
	}
	memset(large, '\x01', sizeof(large));
	ost_jsonw_reset(&w);
	ost_journal_string(&w, "k", large, sizeof(large), 60000);
	assert_true(w.length <= 60010);
	assert_int_equal(ost_record_members_check(w.text), 0);
	assert_non_null(strstr(w.text, "\xe2\x80\xa6\""));
	ost_jsonw_free(&w);
}

static void wrong_members(void **state)
{
	static const char *const wrong[] = {"\"a\"", "\"a\":1,", "\"a\":1}{\"b\":2", "\"a\":\n1", "\"seq\":1", "\"prev\":\"\"", "\"a\":1,\"a\":2", "1", "\"a\":\"\xff\"",
		"\"@timestamp\":1"};
	char *large = malloc(OST_JOURNAL_MEMBERS_MAX + 10);

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(wrong); i++)
		assert_int_equal(ost_record_members_check(wrong[i]), -EINVAL);
	assert_int_equal(ost_record_members_check(""), 0);
	memset(large, ' ', OST_JOURNAL_MEMBERS_MAX + 9);
	large[OST_JOURNAL_MEMBERS_MAX + 9] = '\0';
	assert_int_equal(ost_record_members_check(large), -EMSGSIZE);
	free(large);
}

static void envelopes(void **state)
{
	const struct ost_record_clock clock = {.wall_ns = 1800000000123456789, .mono_ns = 42, .synced = true, .error_us = 7};
	const struct ost_record_head head = {.envelope = {.seq = 9007199254740991, .prev = {{0xab}}, .kind = "policy.change"},
		.wall_ns = clock.wall_ns, .boot_id = "b", .clock = &clock};
	struct ost_jsonw w = {0};
	struct ost_envelope e;

	(void)state;
	assert_int_equal(ost_record_render(&w, &head, "\"a\":{\"b\":1}"), 0);
	assert_string_equal(w.text,
		"{\"v\":1,\"seq\":9007199254740991,\"prev\":\"ab00000000000000000000000000000000000000000000000000000000000000\",\"kind\":\"policy.change\","
		"\"@timestamp\":\"2027-01-15T08:00:00.123456Z\",\"boot_id\":\"b\",\"mono_ns\":42,\"clock\":{\"synced\":true,\"error_us\":7},\"a\":{\"b\":1}}\n");
	assert_int_equal(ost_envelope_parse(w.text, w.length - 1, &e), 0);
	assert_int_equal(e.seq, head.envelope.seq);
	assert_string_equal(e.kind, "policy.change");
	assert_true(ost_merkle_same(&e.prev, &head.envelope.prev));
	for (size_t n = 0; n + 2 < w.length; n++)
		assert_int_equal(ost_envelope_parse(w.text, n, &e), n > 0 && n > 175 && w.text[n - 1] == '}' ? 0 : -EINVAL);
	w.text[13] = '0'; /* a leading zero */
	assert_int_equal(ost_envelope_parse(w.text, w.length - 1, &e), -EINVAL);
	ost_jsonw_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_those_of_the_rfc),
		cmocka_unit_test(every_inclusion),
		cmocka_unit_test(every_consistency),
		cmocka_unit_test(golden),
		cmocka_unit_test(wrong_keys),
		cmocka_unit_test(every_bit_of_a_note),
		cmocka_unit_test(several_signatures),
		cmocka_unit_test(wrong_checkpoints),
		cmocka_unit_test(hostile_strings),
		cmocka_unit_test(wrong_members),
		cmocka_unit_test(envelopes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
