/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rule_hits.h"

#include <stdio.h>

#include "clock.h"
#include "digest.h"
#include "file.h"
#include "hash.h"

#define FILE_MODE   0640u
#define GONE_MAX    65536u
#define SAVE_NS	    (60 * OST_NS_PER_S)
#define SAVE_RULES  100000u /* so many more, and the wait is as much longer */
#define KEY_VERSION 1u	    /* of the hash below: another one, and nothing is found again */

/* As on disk: little-endian, like the image. */
struct entry {
	uint64_t key[2];
	uint64_t flows;
	uint64_t since_wall_s, last_wall_s;
	uint64_t seen; /* what this data plane told of it last, for this generation */
};

struct header {
	char magic[8];
	uint32_t key_version, pid;
	uint64_t generation;
	uint64_t count;
	uint8_t digest[OST_DIGEST_BYTES]; /* of the entries */
};

_Static_assert(sizeof(struct entry) == 48 && sizeof(struct header) == 64, "no padding");

static const char magic[8] = {'O', 'S', 'T', 'H', 'I', 'T', 'S', '1'};

struct ost_rule_hits {
	char path[PATH_MAX];
	struct entry *entries; /* by rule of the image in force, then those that are gone */
	uint32_t rules, count;
	uint64_t generation;
	uint32_t pid;
	bool dirty;
	uint64_t saved_ns;
};

/* ---- keys ---- */

static uint64_t text_hash(uint64_t seed, const char *role, const char *text)
{
	const struct ost_hash_key key = {{0x9e3779b97f4a7c15 ^ seed, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb + seed, 0xd6e8feb86659fd93}};

	return ost_hash_2(&key, ost_hash_bytes(&key, role, strlen(role)), ost_hash_bytes(&key, text, strlen(text)));
}

static void key_of(const struct ost_image *image, uint32_t rule, uint64_t ret_key[static 2])
{
	const char *role = ost_image_role_name(image, image->rules[rule].role);
	const char *text = ost_image_string(image, image->rules[rule].text);

	ret_key[0] = text_hash(0, role, text);
	ret_key[1] = text_hash(0x5851f42d4c957f2d, role, text);
}

static int key_compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->key[0] != y->key[0])
		return x->key[0] < y->key[0] ? -1 : 1;
	return (x->key[1] > y->key[1]) - (x->key[1] < y->key[1]);
}

/* Latest used, or else latest come, first. */
static int recent_compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	uint64_t s = OST_MAX(x->last_wall_s, x->since_wall_s), t = OST_MAX(y->last_wall_s, y->since_wall_s);

	return (s < t) - (s > t);
}

/* ---- disk ---- */

static bool file_take(struct ost_rule_hits *h, const char *bytes, size_t length)
{
	uint8_t digest[OST_DIGEST_BYTES];
	struct header head;
	size_t rest;

	if (length < sizeof(head))
		return false;
	memcpy(&head, bytes, sizeof(head));
	rest = length - sizeof(head);
	if (memcmp(head.magic, magic, sizeof(magic)) != 0 || head.key_version != KEY_VERSION || head.count > OST_RULES_MAX + GONE_MAX ||
		rest != head.count * sizeof(struct entry) || ost_digest_bytes(bytes + sizeof(head), rest, digest) < 0 ||
		memcmp(digest, head.digest, sizeof(digest)) != 0)
		return false;
	h->entries = malloc(rest + 1);
	if (h->entries == NULL)
		return false;
	memcpy(h->entries, bytes + sizeof(head), rest);
	h->count = (uint32_t)head.count;
	h->generation = head.generation;
	h->pid = head.pid;
	return true;
}

int ost_rule_hits_new(const struct ost_paths *paths, struct ost_rule_hits **ret_hits, bool *ret_lost)
{
	struct ost_rule_hits *h = calloc(1, sizeof(*h));
	OST_AUTO_FREE char *bytes = NULL;
	size_t length;
	int r;

	if (h == NULL)
		return -ENOMEM;
	if (snprintf(h->path, sizeof(h->path), "%s/rule-hits", paths->state_dir) >= (int)sizeof(h->path)) {
		free(h);
		return -ENAMETOOLONG;
	}
	r = ost_file_read_own(h->path, sizeof(struct header) + sizeof(struct entry) * ((size_t)OST_RULES_MAX + GONE_MAX), &bytes, &length);
	*ret_lost = r == 0 ? !file_take(h, bytes, length) : r != -ENOENT;
	*ret_hits = h;
	return 0;
}

void ost_rule_hits_free(struct ost_rule_hits **hits)
{
	if (*hits == NULL)
		return;
	free((*hits)->entries);
	free(*hits);
	*hits = NULL;
}

static int write_all(const struct ost_rule_hits *h)
{
	const size_t rest = h->count * sizeof(struct entry);
	struct header head = {.key_version = KEY_VERSION, .pid = h->pid, .generation = h->generation, .count = h->count};
	OST_AUTO_FREE char *bytes = malloc(sizeof(head) + rest);
	int r;

	if (bytes == NULL)
		return -ENOMEM;
	memcpy(head.magic, magic, sizeof(magic));
	r = ost_digest_bytes(h->count > 0 ? (const void *)h->entries : "", rest, head.digest);
	memcpy(bytes, &head, sizeof(head));
	if (rest > 0)
		memcpy(bytes + sizeof(head), h->entries, rest);
	return r == 0 ? ost_file_write(h->path, bytes, sizeof(head) + rest, FILE_MODE) : r;
}

int ost_rule_hits_save(struct ost_rule_hits *h, uint64_t mono_ns, bool force)
{
	if (!h->dirty || (!force && mono_ns - h->saved_ns < SAVE_NS * (1 + h->count / SAVE_RULES)))
		return 0;
	h->saved_ns = mono_ns; /* a disk that takes nothing is asked again as seldom */
	h->dirty = false;
	return write_all(h);
}

/* ---- counting ---- */

/* Entries of before that no rule of the image has are moved behind those of the rules. */
static void gone_keep(struct ost_rule_hits *h, struct entry *fresh, const struct entry *before, uint32_t count, const bool *taken)
{
	uint32_t n = 0;
	struct entry *gone = fresh + h->rules;

	for (uint32_t i = 0; i < count; i++) {
		if (taken[i] || (i > 0 && key_compare(&before[i], &before[i - 1]) == 0))
			continue;
		gone[n] = before[i];
		gone[n++].seen = 0;
	}
	if (n > GONE_MAX)
		qsort(gone, n, sizeof(*gone), recent_compare);
	h->count = h->rules + OST_MIN(n, GONE_MAX);
}

static void rules_fill(struct entry *fresh, const struct ost_image *image, const struct entry *before, uint32_t count, bool *taken,
	bool same, uint64_t wall_s)
{
	for (uint32_t i = 0; i < image->rule_count; i++) {
		struct entry e = {.since_wall_s = wall_s};
		const struct entry *known;

		key_of(image, i, e.key);
		known = count > 0 ? bsearch(&e, before, count, sizeof(e), key_compare) : NULL;
		if (known != NULL) {
			e = *known;
			taken[known - before] = true;
			e.seen = same ? e.seen : 0;
		}
		fresh[i] = e;
	}
}

int ost_rule_hits_policy(struct ost_rule_hits *h, const struct ost_image *image, uint64_t wall_s)
{
	struct entry *fresh = calloc((size_t)image->rule_count + h->count + 1, sizeof(*fresh)), *before = h->entries;
	bool *taken = calloc((size_t)h->count + 1, sizeof(*taken));
	const uint32_t count = h->count;

	if (fresh == NULL || taken == NULL) {
		free(fresh);
		free(taken);
		h->rules = 0;
		h->generation = 0;
		return -ENOMEM;
	}
	if (count > 0)
		qsort(before, count, sizeof(*before), key_compare);
	rules_fill(fresh, image, before, count, taken, h->generation == image->generation, wall_s);
	h->rules = image->rule_count;
	gone_keep(h, fresh, before, count, taken);
	free(before);
	free(taken);
	h->entries = fresh;
	h->generation = image->generation;
	h->dirty = true;
	return 0;
}

void ost_rule_hits_dataplane(struct ost_rule_hits *h, uint32_t pid)
{
	if (pid == h->pid)
		return;
	for (uint32_t i = 0; i < h->rules; i++)
		h->entries[i].seen = 0;
	h->pid = pid;
	h->dirty = h->dirty || h->rules > 0;
}

void ost_rule_hits_count(struct ost_rule_hits *h, const struct ost_msg_rule_stats *m, uint64_t wall_s)
{
	if (m->generation != h->generation)
		return;
	for (uint32_t i = 0; i < m->count; i++) {
		const struct ost_rule_count *c = &m->rules[i];
		struct entry *e = c->rule < h->rules ? &h->entries[c->rule] : NULL;

		if (e == NULL || c->flows_opened == e->seen)
			continue;
		/* Less than before: it was counted anew without our knowing. */
		e->flows += c->flows_opened > e->seen ? c->flows_opened - e->seen : c->flows_opened;
		e->seen = c->flows_opened;
		e->last_wall_s = wall_s;
		h->dirty = true;
	}
}

struct ost_rule_hit ost_rule_hits_get(const struct ost_rule_hits *h, uint32_t rule)
{
	const struct entry *e = rule < h->rules ? &h->entries[rule] : NULL;

	if (e == NULL)
		return (struct ost_rule_hit){0};
	return (struct ost_rule_hit){.flows = e->flows, .since_wall_s = e->since_wall_s, .last_wall_s = e->last_wall_s};
}
