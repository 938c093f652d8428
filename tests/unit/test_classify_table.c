/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tagged table and the room that a flow table makes: filled to the brim with random keys, nothing is lost. And what
 * counts up (a scan's addresses, its ports, a flood's senders) finds room in the table of refusal records under every key. */
#include "classify_rig.h"

#include "classifier.h"
#include "refuse.h"

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

struct keyed {
	struct ost_table t;
	uint64_t *keys; /* by place; its own hash */
};

static void keyed_make(struct keyed *k, uint32_t max, uint32_t fill)
{
	k->t = (struct ost_table){.max = max, .bucket_count = ost_table_buckets_for(max, fill)};
	k->t.buckets = aligned_alloc(64, k->t.bucket_count * sizeof(*k->t.buckets));
	memset(k->t.buckets, 0, k->t.bucket_count * sizeof(*k->t.buckets));
	k->keys = calloc(ost_table_places(&k->t), sizeof(*k->keys));
	assert_non_null(k->keys);
}

static void keyed_free(struct keyed *k)
{
	free(k->t.buckets);
	free(k->keys);
}

static uint32_t find(const struct keyed *k, uint64_t hash)
{
	struct ost_table_walk w;

	for (uint32_t i = ost_table_walk_first(&k->t, hash, &w); i != OST_TABLE_NONE; i = ost_table_walk_next(&k->t, hash, &w)) {
		if (k->keys[i] == hash)
			return i;
	}
	return OST_TABLE_NONE;
}

/* Each bucket's count of what had to go elsewhere, and the number of all, are those of the entries. */
static void assert_sound(const struct keyed *k)
{
	uint32_t *elsewhere = calloc(k->t.bucket_count, sizeof(*elsewhere)), used = 0;

	for (uint32_t i = 0; i < ost_table_places(&k->t); i++) {
		uint16_t tag = k->t.buckets[i / OST_TABLE_WAYS].tags[i % OST_TABLE_WAYS];
		uint32_t first = ost_table_first(&k->t, k->keys[i]);

		if (tag == 0)
			continue;
		used++;
		assert_int_equal(tag, ost_table_tag(k->keys[i]));
		assert_true(i / OST_TABLE_WAYS == first || i / OST_TABLE_WAYS == ost_table_second(&k->t, k->keys[i]));
		elsewhere[first] += i / OST_TABLE_WAYS != first;
	}
	assert_int_equal(used, k->t.used);
	for (uint32_t b = 0; b < k->t.bucket_count; b++)
		assert_int_equal(elsewhere[b], k->t.buckets[b].elsewhere);
	free(elsewhere);
}

static void a_shared_table_fills_to_its_maximum(void **state)
{
	uint64_t x = 1234567, seed = x;
	struct keyed k;

	(void)state;
	keyed_make(&k, 100000, OST_TABLE_FILL_SHARED);
	for (uint32_t i = 0; i < 100000; i++) {
		uint64_t hash = next(&x);
		uint32_t place = ost_table_insert(&k.t, hash);

		assert_int_not_equal(place, OST_TABLE_NONE);
		assert_int_equal(k.keys[place], 0); /* nobody's */
		k.keys[place] = hash;
	}
	assert_int_equal(ost_table_insert(&k.t, next(&x)), OST_TABLE_NONE);
	assert_sound(&k);
	x = seed;
	for (uint32_t i = 0; i < 100000; i++)
		assert_int_not_equal(find(&k, next(&x)), OST_TABLE_NONE);
	x = seed;
	for (uint32_t i = 0; i < 100000; i++) {
		uint64_t hash = next(&x);
		uint32_t place = find(&k, hash);

		ost_table_remove(&k.t, hash, place);
		k.keys[place] = 0;
		assert_int_equal(find(&k, hash), OST_TABLE_NONE);
		if (i % 10000 == 0)
			assert_sound(&k);
	}
	assert_int_equal(k.t.used, 0);
	keyed_free(&k);
}

/* Two buckets and hashes of one bucket: full is told, and what is in stays found. */
static void keys_aimed_at_one_bucket(void **state)
{
	uint64_t x = 99, hashes[200];
	uint32_t n = 0;
	struct keyed k;

	(void)state;
	keyed_make(&k, 1000, OST_TABLE_FILL_SHARED);
	while (n < 200) {
		uint64_t hash = next(&x);
		uint32_t place;

		if (ost_table_first(&k.t, hash) != 3 || ost_table_second(&k.t, hash) != 5)
			continue;
		place = ost_table_insert(&k.t, hash);
		assert_true((place == OST_TABLE_NONE) == (n >= 2 * OST_TABLE_WAYS));
		if (place != OST_TABLE_NONE)
			k.keys[place] = hash;
		hashes[n++] = hash;
	}
	assert_sound(&k);
	for (uint32_t i = 0; i < n; i++)
		assert_true((find(&k, hashes[i]) != OST_TABLE_NONE) == (i < 2 * OST_TABLE_WAYS));
	keyed_free(&k);
}

static void random_comings_and_goings(void **state)
{
	enum { KEYS = 4000, MAX = 2000 };
	static uint64_t hashes[KEYS];
	static bool in[KEYS];
	uint64_t x = 424242;
	uint32_t count = 0;
	struct keyed k;

	(void)state;
	keyed_make(&k, MAX, OST_TABLE_FILL_FLOWS);
	for (uint32_t i = 0; i < KEYS; i++)
		hashes[i] = next(&x);
	for (uint32_t step = 0; step < 400000; step++) {
		uint32_t i = (uint32_t)(next(&x) % KEYS), place = find(&k, hashes[i]);

		assert_true((place != OST_TABLE_NONE) == in[i]);
		if (in[i] && next(&x) % 4 == 0) {
			uint32_t to = ost_table_move(&k.t, hashes[i], place);

			if (to != OST_TABLE_NONE) {
				k.keys[to] = hashes[i];
				k.keys[place] = 0;
			}
		} else if (in[i]) {
			ost_table_remove(&k.t, hashes[i], place);
			k.keys[place] = 0;
			in[i] = false;
			count--;
		} else {
			place = ost_table_insert(&k.t, hashes[i]);
			assert_true(count < MAX || place == OST_TABLE_NONE);
			if (place != OST_TABLE_NONE) {
				k.keys[place] = hashes[i];
				in[i] = true;
				count++;
			}
		}
	}
	assert_int_equal(k.t.used, count);
	assert_sound(&k);
	keyed_free(&k);
}

/* ---- the flow tables: 85 percent full ---- */

static void flow_key(uint32_t i, bool v4, uint64_t key[6])
{
	memset(key, 0, 48);
	key[0] = 0x0100000a | (uint64_t)i << 32;
	key[v4 ? 1 : 4] = i * 77777ull;
	key[v4 ? 2 : 5] = 17u << 16;
}

static void flows_fill(bool v4, uint32_t max)
{
	struct rig_options o = {.flows_max = max};
	uint32_t lost = 0;

	rig_new(&rig, NULL, &o);
	for (uint32_t i = 0; i < max; i++) {
		uint64_t key[6];
		uint32_t place;

		flow_key(i, v4, key);
		place = ost_flow_place(rig.c, ost_flow_hash(rig.site, key, v4), v4);
		if (place == OST_TABLE_NONE) {
			lost++;
			continue;
		}
		memcpy(v4 ? rig.c->flows4[place].key : rig.c->flows6[place].key, key, v4 ? 24 : 48);
		*(v4 ? &rig.c->flows4[place].meta.rule : &rig.c->flows6[place].meta.rule) = i & 0xffffff;
	}
	assert_int_equal(lost, 0);
	for (uint32_t i = 0; i < max; i++) {
		uint64_t key[6];
		uint32_t place;

		flow_key(i, v4, key);
		place = ost_flow_find(rig.c, key, ost_flow_hash(rig.site, key, v4), v4);
		assert_int_not_equal(place, OST_TABLE_NONE);
		assert_int_equal(ost_flow_rule(v4 ? &rig.c->flows4[place].meta : &rig.c->flows6[place].meta), i);
	}
	uint64_t key[6];

	flow_key(max, v4, key);
	assert_int_equal(ost_flow_place(rig.c, ost_flow_hash(rig.site, key, v4), v4), OST_TABLE_NONE);
	rig_free(&rig);
}

static void flow_tables_fill_to_their_maximum(void **state)
{
	(void)state;
	flows_fill(true, 100000);
	flows_fill(false, 100000);
	flows_fill(true, 5000);
	flows_fill(false, 500);
}

enum in_a_row { ADDRESSES4, ADDRESSES6, PORTS, SENDERS, FOREIGN_SENDERS, WORDS6, IN_A_ROW_COUNT = WORDS6 + 6 };

#define KINDS	    2048u
#define RECORDS	    4096u
#define UNPLACED_MAX 70u /* 17 on average when each bucket is as likely as any other, the deviation is 5 */

/* The i-th kind: what differs counts up. */
static uint64_t refusal_in_a_row(const struct ost_hash_key *k, enum in_a_row what, uint32_t i)
{
	uint8_t mac[12] = {2, 0, 0, 0, 0x0e, 1, 2, 0, 0, 0, 0x0d, 1};
	struct ost_packet p = {.bytes = mac, .length = 60, .kind = OST_KIND_FLOW4, .protocol = 6, .value = 443, .ethertype = 0x0800,
		.key = {0x4200420a0100010aull, 0x4711}};
	uint8_t *changes = what == ADDRESSES4 ? (uint8_t *)p.key + 6 : what == ADDRESSES6 ? (uint8_t *)p.key + 30 : mac + 10;

	if (what >= WORDS6) { /* a word of an IPv6 flow key */
		uint64_t w[6] = {1, 2, 3, 4, 5, 6};

		w[what - WORDS6] += (uint64_t)i << 16;
		return ost_hash_6(k, w);
	}
	if (what == ADDRESSES6)
		p.kind = OST_KIND_FLOW6;
	if (what == FOREIGN_SENDERS)
		p.kind = OST_KIND_REFUSED;
	if (what == PORTS) {
		p.value = (uint16_t)i;
	} else {
		changes[0] = (uint8_t)(i >> 8);
		changes[1] = (uint8_t)i;
	}
	return ost_refusal_hash(k, &p, ost_packet_source(k, &p));
}

static uint32_t refusals_unplaced(const struct ost_hash_key *k, enum in_a_row what)
{
	static struct ost_refusal records[RECORDS + 1];
	static _Alignas(64) uint64_t hashes[RECORDS];
	struct ost_refusal_table t = {.hashes = hashes, .records = records, .capacity = RECORDS};
	uint32_t unplaced = 0;

	memset(hashes, 0, sizeof(hashes));
	for (uint32_t i = 0; i < KINDS; i++) {
		uint64_t hash = refusal_in_a_row(k, what, i);
		bool fresh;

		unplaced += ost_refusal_take(&t, hash, ost_refusal_key(hash, OST_REASON_NOT_ALLOWED), &fresh) == RECORDS;
	}
	return unplaced;
}

static void what_counts_up_spreads_under_every_key(void **state)
{
	uint64_t x = 0x0571a47;

	(void)state;
	for (unsigned key = 0; key < 1000; key++) {
		struct ost_hash_key k = {{next(&x), next(&x), next(&x), next(&x)}};

		for (enum in_a_row what = 0; what < IN_A_ROW_COUNT; what++) {
			uint32_t unplaced = refusals_unplaced(&k, what);

			if (unplaced > UNPLACED_MAX)
				fail_msg("key %u, row %u: %u of %u kinds have no place", key, (unsigned)what, unplaced, KINDS);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_counts_up_spreads_under_every_key),
		cmocka_unit_test(a_shared_table_fills_to_its_maximum), cmocka_unit_test(keys_aimed_at_one_bucket),
		cmocka_unit_test(random_comings_and_goings), cmocka_unit_test(flow_tables_fill_to_their_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
