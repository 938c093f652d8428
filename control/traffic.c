/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic.h"

#include <stdio.h>

#include "clock.h"
#include "digest.h"
#include "file.h"
#include "text.h"

#define FILE_MODE  0640u
#define FLOWS_MAX  131072u
#define DEVICE_MAX 256u
#define NAMES_MAX  (8u << 20) /* bytes */
#define NAME_MOST  254u	      /* of one, NUL included */
#define NONE	   UINT32_MAX
#define SAVE_NS	   (60 * OST_NS_PER_S)
#define SAVE_FLOWS 16384u /* so many more, and the wait is as much longer */
#define TIDY_S	   3600u

/* As on disk: little-endian, like the image. No padding. */
struct entry {
	uint8_t ip[16];
	uint32_t device, peer; /* names; peer NONE for an address */
	uint32_t first_s, last_s;
	uint32_t flows;
	uint16_t value;
	uint8_t kind, protocol, direction, family, audit;
	uint8_t reserved;
};

struct name {
	uint32_t at;	   /* of its text */
	uint32_t flows;	   /* entries of which it is the device */
	uint64_t overflow; /* flows of the device that found no room */
};

struct header {
	char magic[8];
	uint64_t since_s, lost, overflow;
	uint32_t flow_count, name_count, text_bytes, reserved;
	uint8_t digest[OST_DIGEST_BYTES]; /* of entries, names and texts */
};

_Static_assert(sizeof(struct entry) == 44 && sizeof(struct name) == 16 && sizeof(struct header) == 80, "no padding");

static const char magic[8] = {'O', 'S', 'T', 'F', 'L', 'O', 'W', '1'};

/* Names, interned. */
struct names {
	struct name *all;
	uint32_t *chain, *buckets;
	char *texts;
	uint32_t count, capacity, bucket_mask, text_bytes, text_capacity;
};

struct ost_traffic {
	char path[PATH_MAX];
	struct ost_hash_key key;
	struct entry *entries;
	uint32_t *chain, *buckets;
	uint32_t count, capacity, bucket_mask;
	struct names names;
	uint64_t since_s, lost, overflow, tidied_s;
	uint64_t saved_ns;
	bool dirty;
};

/* ---- growing ---- */

static bool grow(void **array, size_t bytes)
{
	void *grown = realloc(*array, bytes);

	if (grown != NULL)
		*array = grown;
	return grown != NULL;
}

/* Buckets for so many, all empty. */
static bool buckets_make(uint32_t **buckets, uint32_t *mask, uint32_t capacity)
{
	uint32_t n = 64;

	while (n < capacity)
		n *= 2;
	if (!grow((void **)buckets, n * sizeof(**buckets)))
		return false;
	memset(*buckets, 0xff, n * sizeof(**buckets));
	*mask = n - 1;
	return true;
}

/* ---- names ---- */

static const char *name_text(const struct names *n, uint32_t name)
{
	return n->texts + n->all[name].at;
}

static uint32_t name_bucket(const struct ost_traffic *t, const char *text)
{
	return (uint32_t)ost_hash_bytes(&t->key, text, strlen(text)) & t->names.bucket_mask;
}

static uint32_t name_find(const struct ost_traffic *t, const char *text)
{
	const struct names *n = &t->names;

	if (n->count == 0)
		return NONE;
	for (uint32_t i = n->buckets[name_bucket(t, text)]; i != NONE; i = n->chain[i]) {
		if (strcmp(name_text(n, i), text) == 0)
			return i;
	}
	return NONE;
}

static bool names_room(struct ost_traffic *t, size_t bytes)
{
	struct names *n = &t->names;
	uint32_t capacity = OST_MAX(256u, n->capacity * 2), texts = OST_MAX(16384u, n->text_capacity * 2);

	if (n->text_bytes + bytes > NAMES_MAX)
		return false;
	if (n->text_bytes + bytes > n->text_capacity) {
		if (!grow((void **)&n->texts, texts))
			return false;
		n->text_capacity = texts;
	}
	if (n->count < n->capacity)
		return true;
	if (!grow((void **)&n->all, capacity * sizeof(*n->all)) || !grow((void **)&n->chain, capacity * sizeof(*n->chain)) ||
		!buckets_make(&n->buckets, &n->bucket_mask, capacity))
		return false;
	n->capacity = capacity;
	for (uint32_t i = 0; i < n->count; i++) {
		uint32_t *at = &n->buckets[name_bucket(t, name_text(n, i))];

		n->chain[i] = *at;
		*at = i;
	}
	return true;
}

/* NONE: there is no room. */
static uint32_t name_get(struct ost_traffic *t, const char *text)
{
	const size_t bytes = strlen(text) + 1;
	struct names *n = &t->names;
	uint32_t i = name_find(t, text), *at;

	if (i != NONE)
		return i;
	if (bytes > NAME_MOST || !names_room(t, bytes))
		return NONE;
	i = n->count++;
	n->all[i] = (struct name){.at = n->text_bytes};
	memcpy(n->texts + n->text_bytes, text, bytes);
	n->text_bytes += (uint32_t)bytes;
	at = &n->buckets[name_bucket(t, text)];
	n->chain[i] = *at;
	*at = i;
	return i;
}

/* ---- entries ---- */

static uint32_t entry_bucket(const struct ost_traffic *t, const struct entry *e)
{
	const uint64_t w[6] = {ost_hash_bytes(&t->key, e->ip, sizeof(e->ip)), e->device, e->peer, e->value,
		(uint64_t)e->kind << 24 | (uint64_t)e->protocol << 16 | (uint64_t)e->direction << 8 | e->family, 0};

	return (uint32_t)ost_hash_6(&t->key, w) & t->bucket_mask;
}

static bool entry_same(const struct entry *a, const struct entry *b)
{
	return a->device == b->device && a->peer == b->peer && a->value == b->value && a->kind == b->kind && a->protocol == b->protocol &&
		a->direction == b->direction && a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

static bool entries_room(struct ost_traffic *t)
{
	uint32_t capacity = OST_MIN(OST_MAX(256u, t->capacity * 2), FLOWS_MAX);

	if (t->count < t->capacity)
		return true;
	if (capacity == t->capacity || !grow((void **)&t->entries, capacity * sizeof(*t->entries)) ||
		!grow((void **)&t->chain, capacity * sizeof(*t->chain)) || !buckets_make(&t->buckets, &t->bucket_mask, capacity))
		return false;
	t->capacity = capacity;
	for (uint32_t i = 0; i < t->count; i++) {
		uint32_t *at = &t->buckets[entry_bucket(t, &t->entries[i])];

		t->chain[i] = *at;
		*at = i;
	}
	return true;
}

/* A name's address is only the last that it stood for: it makes no other entry. */
static struct entry key_of(const struct entry *e)
{
	struct entry key = *e;

	if (e->kind != OST_TRAFFIC_ADDRESS)
		memset(key.ip, 0, sizeof(key.ip));
	return key;
}

static uint32_t entry_find(const struct ost_traffic *t, const struct entry *key)
{
	if (t->count == 0)
		return NONE;
	for (uint32_t i = t->buckets[entry_bucket(t, key)]; i != NONE; i = t->chain[i]) {
		const struct entry have = key_of(&t->entries[i]);

		if (entry_same(&have, key))
			return i;
	}
	return NONE;
}

static void entry_merge(struct entry *to, const struct entry *e)
{
	to->first_s = OST_MIN(to->first_s, e->first_s);
	to->last_s = OST_MAX(to->last_s, e->last_s);
	to->flows = e->flows > UINT32_MAX - to->flows ? UINT32_MAX : to->flows + e->flows;
	to->audit = e->audit;
	memcpy(to->ip, e->ip, sizeof(to->ip));
}

/* Its names are in the table. */
static bool entry_add(struct ost_traffic *t, const struct entry *e)
{
	const struct entry key = key_of(e);
	struct name *device = &t->names.all[e->device];
	uint32_t i = entry_find(t, &key), *at;

	if (i != NONE) {
		entry_merge(&t->entries[i], e);
		return false;
	}
	if (device->flows >= DEVICE_MAX || !entries_room(t)) {
		device->overflow += e->flows;
		t->overflow += e->flows;
		return false;
	}
	i = t->count++;
	t->entries[i] = *e;
	device->flows++;
	at = &t->buckets[entry_bucket(t, &key)];
	t->chain[i] = *at;
	*at = i;
	return true;
}

bool ost_traffic_add(struct ost_traffic *t, const struct ost_traffic_flow *f, uint64_t wall_s)
{
	struct entry e = {.peer = NONE, .first_s = (uint32_t)OST_MIN(f->first_wall_s, wall_s), .last_s = (uint32_t)OST_MIN(f->last_wall_s, wall_s),
		.flows = (uint32_t)OST_MIN(f->flows, (uint64_t)UINT32_MAX), .value = f->value, .kind = f->kind, .protocol = f->protocol,
		.direction = f->direction, .family = f->ip.family, .audit = f->audit};

	t->dirty = true;
	memcpy(e.ip, f->ip.b, sizeof(e.ip));
	e.device = name_get(t, f->device);
	if (f->kind != OST_TRAFFIC_ADDRESS && e.device != NONE)
		e.peer = name_get(t, f->peer);
	if (e.device == NONE || (e.peer == NONE && f->kind == OST_TRAFFIC_DEVICE)) {
		t->overflow += f->flows;
		return false;
	}
	if (e.peer == NONE) /* no room for the host's name: its address is kept */
		e.kind = OST_TRAFFIC_ADDRESS;
	return entry_add(t, &e);
}

void ost_traffic_lose(struct ost_traffic *t, uint64_t flows)
{
	t->lost += flows;
	t->dirty = t->dirty || flows > 0;
}

/* ---- reading ---- */

static bool in_window(const struct entry *e, uint64_t wall_s)
{
	return e->last_s + (uint64_t)OST_TRAFFIC_WINDOW_S > wall_s;
}

void ost_traffic_each(const struct ost_traffic *t, const char *device, uint64_t wall_s, bool (*fn)(void *user, const struct ost_traffic_flow *f),
	void *user)
{
	const uint32_t only = device != NULL ? name_find(t, device) : NONE;

	for (uint32_t i = 0; i < t->count && (device == NULL || only != NONE); i++) {
		const struct entry *e = &t->entries[i];
		struct ost_traffic_flow f = {.first_wall_s = e->first_s, .last_wall_s = e->last_s, .flows = e->flows, .value = e->value,
			.kind = e->kind, .protocol = e->protocol, .direction = e->direction, .audit = e->audit, .ip.family = e->family};

		if ((device != NULL && e->device != only) || !in_window(e, wall_s))
			continue;
		memcpy(f.ip.b, e->ip, sizeof(f.ip.b));
		f.device = name_text(&t->names, e->device);
		f.peer = e->peer != NONE ? name_text(&t->names, e->peer) : NULL;
		if (!fn(user, &f))
			return;
	}
}

void ost_traffic_counts(const struct ost_traffic *t, struct ost_traffic_counts *ret_counts)
{
	struct ost_traffic_counts n = {.since_wall_s = t->since_s, .lost = t->lost, .overflow = t->overflow, .flows = t->count, .flows_max = FLOWS_MAX};

	for (uint32_t i = 0; i < t->names.count; i++)
		n.overflow_devices += t->names.all[i].overflow > 0;
	*ret_counts = n;
}

/* ---- what is old ---- */

static void content_free(struct ost_traffic *t)
{
	free(t->entries);
	free(t->chain);
	free(t->buckets);
	free(t->names.all);
	free(t->names.chain);
	free(t->names.buckets);
	free(t->names.texts);
}

/* Entry of another table, with its names: into this one. */
static void entry_take(struct ost_traffic *t, const struct ost_traffic *from, const struct entry *e)
{
	struct entry mine = *e;

	mine.device = name_get(t, name_text(&from->names, e->device));
	if (e->peer != NONE)
		mine.peer = name_get(t, name_text(&from->names, e->peer));
	if (mine.device != NONE && (e->peer == NONE || mine.peer != NONE))
		entry_add(t, &mine);
}

/* All anew, without what is out of the window and the names that nobody has any more. What found no room is told for as long as
 * its device has no room. */
static void tidy(struct ost_traffic *t, uint64_t wall_s)
{
	struct ost_traffic fresh = {.key = t->key};

	t->tidied_s = wall_s;
	for (uint32_t i = 0; i < t->count; i++) {
		if (in_window(&t->entries[i], wall_s))
			entry_take(&fresh, t, &t->entries[i]);
	}
	for (uint32_t i = 0; i < t->names.count; i++) {
		uint32_t name = t->names.all[i].overflow > 0 ? name_find(&fresh, name_text(&t->names, i)) : NONE;

		if (name == NONE || fresh.names.all[name].flows < DEVICE_MAX)
			continue;
		fresh.names.all[name].overflow = t->names.all[i].overflow;
		fresh.overflow += t->names.all[i].overflow;
	}
	content_free(t);
	t->entries = fresh.entries;
	t->chain = fresh.chain;
	t->buckets = fresh.buckets;
	t->count = fresh.count;
	t->capacity = fresh.capacity;
	t->bucket_mask = fresh.bucket_mask;
	t->names = fresh.names;
	t->overflow = fresh.overflow;
	t->dirty = true;
}

/* ---- disk ---- */

static bool texts_sound(const char *texts, uint32_t bytes, const struct name *names, uint32_t count)
{
	if (bytes > 0 && texts[bytes - 1] != '\0')
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (names[i].at >= bytes || !ost_text_is_plain(texts + names[i].at, strlen(texts + names[i].at)))
			return false;
	}
	return true;
}

static bool entry_sound(const struct entry *e, uint32_t names)
{
	return e->device < names && (e->peer == NONE || e->peer < names) && e->kind < OST_TRAFFIC_PEER_COUNT &&
		(e->kind == OST_TRAFFIC_ADDRESS) == (e->peer == NONE) && e->direction <= 1 && e->audit <= 1 && e->flows > 0 &&
		(e->family == OST_IPV4 || e->family == OST_IPV6) && e->first_s <= e->last_s;
}

/* The parts behind a header that says how long they are. */
static bool parts_take(struct ost_traffic *t, const struct header *h, const char *bytes)
{
	struct ost_traffic from = {.names.count = h->name_count};
	struct name *names = malloc(h->name_count * sizeof(*names) + 1);
	struct entry e;
	bool sound;

	if (names == NULL)
		return false;
	memcpy(names, bytes + h->flow_count * sizeof(e), h->name_count * sizeof(*names));
	from.names.all = names;
	from.names.texts = (char *)(uintptr_t)bytes + h->flow_count * sizeof(e) + h->name_count * sizeof(*names);
	sound = texts_sound(from.names.texts, h->text_bytes, names, h->name_count);
	for (uint32_t i = 0; i < h->flow_count && sound; i++) {
		memcpy(&e, bytes + i * sizeof(e), sizeof(e));
		sound = entry_sound(&e, h->name_count);
		if (sound)
			entry_take(t, &from, &e);
	}
	for (uint32_t i = 0; i < h->name_count && sound; i++) {
		uint32_t name = name_find(t, name_text(&from.names, i));

		if (name != NONE)
			t->names.all[name].overflow = names[i].overflow;
	}
	free(names);
	return sound;
}

static bool file_take(struct ost_traffic *t, const char *bytes, size_t length)
{
	uint8_t digest[OST_DIGEST_BYTES];
	struct header h;
	size_t rest;

	if (length < sizeof(h))
		return false;
	memcpy(&h, bytes, sizeof(h));
	rest = length - sizeof(h);
	if (memcmp(h.magic, magic, sizeof(magic)) != 0 || h.flow_count > FLOWS_MAX || h.name_count > NAMES_MAX / 2 || h.text_bytes > NAMES_MAX ||
		rest != h.flow_count * sizeof(struct entry) + h.name_count * sizeof(struct name) + h.text_bytes ||
		ost_digest_bytes(bytes + sizeof(h), rest, digest) < 0 || memcmp(digest, h.digest, sizeof(digest)) != 0)
		return false;
	t->since_s = h.since_s;
	t->lost = h.lost;
	if (!parts_take(t, &h, bytes + sizeof(h)))
		return false;
	t->overflow = h.overflow;
	return true;
}

static void content_forget(struct ost_traffic *t, uint64_t wall_s)
{
	content_free(t);
	t->entries = NULL;
	t->chain = t->buckets = NULL;
	t->count = t->capacity = t->bucket_mask = 0;
	t->names = (struct names){0};
	t->since_s = wall_s;
	t->lost = t->overflow = 0;
}

int ost_traffic_new(const struct ost_paths *paths, const struct ost_hash_key *key, uint64_t wall_s, struct ost_traffic **ret_traffic,
	bool *ret_lost)
{
	struct ost_traffic *t = calloc(1, sizeof(*t));
	OST_AUTO_FREE char *bytes = NULL;
	size_t length;
	int r;

	if (t == NULL)
		return -ENOMEM;
	if (snprintf(t->path, sizeof(t->path), "%s/traffic", paths->state_dir) >= (int)sizeof(t->path)) {
		free(t);
		return -ENAMETOOLONG;
	}
	t->key = *key;
	t->since_s = t->tidied_s = wall_s;
	r = ost_file_read_own(t->path, sizeof(struct header) + FLOWS_MAX * sizeof(struct entry) + NAMES_MAX / 2 * sizeof(struct name) + NAMES_MAX,
		&bytes, &length);
	*ret_lost = r == 0 ? !file_take(t, bytes, length) : r != -ENOENT;
	if (*ret_lost)
		content_forget(t, wall_s);
	*ret_traffic = t;
	return 0;
}

void ost_traffic_free(struct ost_traffic **traffic)
{
	if (*traffic == NULL)
		return;
	content_free(*traffic);
	free(*traffic);
	*traffic = NULL;
}

static int write_all(const struct ost_traffic *t)
{
	struct header h = {.since_s = t->since_s, .lost = t->lost, .overflow = t->overflow, .flow_count = t->count,
		.name_count = t->names.count, .text_bytes = t->names.text_bytes};
	const size_t flows = t->count * sizeof(struct entry), names = t->names.count * sizeof(struct name);
	const size_t rest = flows + names + t->names.text_bytes;
	OST_AUTO_FREE char *bytes = malloc(sizeof(h) + rest);
	int r;

	if (bytes == NULL)
		return -ENOMEM;
	memcpy(h.magic, magic, sizeof(magic));
	if (flows > 0)
		memcpy(bytes + sizeof(h), t->entries, flows);
	if (names > 0)
		memcpy(bytes + sizeof(h) + flows, t->names.all, names);
	if (t->names.text_bytes > 0)
		memcpy(bytes + sizeof(h) + flows + names, t->names.texts, t->names.text_bytes);
	r = ost_digest_bytes(bytes + sizeof(h), rest, h.digest);
	memcpy(bytes, &h, sizeof(h));
	return r == 0 ? ost_file_write(t->path, bytes, sizeof(h) + rest, FILE_MODE) : r;
}

int ost_traffic_save(struct ost_traffic *t, uint64_t mono_ns, uint64_t wall_s, bool force)
{
	if (wall_s - t->tidied_s >= TIDY_S) /* a clock that was set back tidies as well */
		tidy(t, wall_s);
	if (!t->dirty || (!force && mono_ns - t->saved_ns < SAVE_NS * (1 + t->count / SAVE_FLOWS)))
		return 0;
	t->saved_ns = mono_ns; /* a disk that takes nothing is asked again as seldom */
	t->dirty = false;
	return write_all(t);
}
