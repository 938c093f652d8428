/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "refusal_log.h"

#include <stdio.h>

#include "clock.h"
#include "jsonw.h"

#define NONE	      UINT32_MAX
#define QUIET_NS      (300 * OST_NS_PER_S)
#define REPEAT_NS     (60 * OST_NS_PER_S)
#define SENDERS	      256u /* shares of the lines, by hash: as many as a uint8_t tells apart */
#define KINDS_DEFAULT 16384u
#define LINES_DEFAULT 1000u

/* What makes two refusals the same kind. No padding: compared and hashed as bytes. */
struct kind_key {
	char device[OST_MSG_NAME];
	uint8_t peer[16];
	uint8_t mac[6];
	uint16_t dst_port;
	uint16_t ethertype;
	uint8_t family, protocol, reason, port;
	uint8_t audit;
	uint8_t reserved;
	uint32_t vlan;
	uint32_t reserved2;
};

_Static_assert(sizeof(struct kind_key) == 104, "no padding");

struct entry {
	struct kind_key key;
	struct ost_refusal_kind kind;
	uint64_t touched_ns; /* monotonic */
	uint64_t written_ns; /* time of the last line of this episode, when told */
	uint64_t next_count; /* the power of ten to be told next */
	uint64_t accounted;  /* packets that a line or an overflow has told */
	uint32_t chain, newer, older;
	uint32_t hash;
	uint8_t sender; /* whose share of the lines it takes */
	bool told;	/* this episode has a line */
};

struct ost_refusal_log {
	struct ost_refusal_log_config config;
	struct entry *entries;
	uint32_t *buckets;
	uint32_t bucket_mask, count, newest, oldest;
	uint32_t budget;	   /* lines left in this second */
	uint32_t spent[SENDERS];   /* lines of each sender in this second */
	uint64_t second_ns;	   /* when this second began */
	uint64_t over_lines, over_packets; /* since the last overflow line */
	struct ost_refusal_log_counts counts;
	struct ost_jsonw line;
};

int ost_refusal_log_new(const struct ost_refusal_log_config *config, struct ost_refusal_log **ret_log)
{
	struct ost_refusal_log *log = calloc(1, sizeof(*log));
	uint32_t buckets = 16;

	if (log == NULL)
		return -ENOMEM;
	log->config = *config;
	if (log->config.kinds_max == 0)
		log->config.kinds_max = KINDS_DEFAULT;
	if (log->config.lines_per_s == 0)
		log->config.lines_per_s = LINES_DEFAULT;
	while (buckets < log->config.kinds_max)
		buckets *= 2;
	log->bucket_mask = buckets - 1;
	log->newest = log->oldest = NONE;
	log->budget = log->config.lines_per_s;
	log->entries = calloc(log->config.kinds_max, sizeof(*log->entries));
	log->buckets = malloc(buckets * sizeof(*log->buckets));
	if (log->entries == NULL || log->buckets == NULL) {
		ost_refusal_log_free(&log);
		return -ENOMEM;
	}
	memset(log->buckets, 0xff, buckets * sizeof(*log->buckets));
	*ret_log = log;
	return 0;
}

/* ---- lines ---- */

static void line_begin(struct ost_refusal_log *log, uint64_t wall_ns, const char *event)
{
	ost_jsonw_reset(&log->line);
	ost_jsonw_object(&log->line, NULL);
	ost_jsonw_time(&log->line, "time", wall_ns);
	ost_jsonw_string(&log->line, "gateway", log->config.gateway);
	ost_jsonw_string(&log->line, "event", event);
}

static void line_end(struct ost_refusal_log *log)
{
	ost_jsonw_end(&log->line, '}');
	ost_jsonw_newline(&log->line);
	if (!log->line.failed)
		log->config.write(log->config.user, log->line.text, log->line.length);
}

/* Takes a line out of the budget of all and of the sender. */
static bool line_allowed(struct ost_refusal_log *log, const struct entry *e)
{
	uint32_t *spent = &log->spent[e->sender];

	if (log->budget == 0 || *spent >= OST_MAX(log->config.lines_per_s / 4, 1u))
		return false;
	log->budget--;
	(*spent)++;
	return true;
}

static void tell(struct ost_refusal_log *log, struct entry *e, const char *phase, uint64_t now_ns)
{
	if (!line_allowed(log, e)) {
		log->over_lines++;
		log->over_packets += e->kind.last.count_pkts - e->accounted;
		log->counts.suppressed_lines++;
		e->accounted = e->kind.last.count_pkts;
		return;
	}
	line_begin(log, e->kind.last.last_wall_ns, "refused");
	ost_jsonw_string(&log->line, "phase", !e->told && e->kind.open ? "first" : phase);
	ost_refusal_kind_json(&log->line, &e->kind);
	line_end(log);
	e->written_ns = now_ns;
	e->told = true;
	e->accounted = e->kind.last.count_pkts;
}

static void overflow_tell(struct ost_refusal_log *log)
{
	if (log->over_lines == 0)
		return;
	line_begin(log, ost_clock_wall_ns(), "overflow");
	ost_jsonw_string(&log->line, "meaning",
		"more kinds of refusals than the log takes: these lines were not written, their packets are in the counters");
	ost_jsonw_u64(&log->line, "lines", log->over_lines);
	ost_jsonw_u64(&log->line, "packets", log->over_packets);
	line_end(log);
	log->over_lines = 0;
	log->over_packets = 0;
}

/* ---- the table ---- */

static void order_remove(struct ost_refusal_log *log, uint32_t i)
{
	struct entry *e = &log->entries[i];

	if (e->newer != NONE)
		log->entries[e->newer].older = e->older;
	else
		log->newest = e->older;
	if (e->older != NONE)
		log->entries[e->older].newer = e->newer;
	else
		log->oldest = e->newer;
}

static void order_newest(struct ost_refusal_log *log, uint32_t i)
{
	struct entry *e = &log->entries[i];

	e->newer = NONE;
	e->older = log->newest;
	if (log->newest != NONE)
		log->entries[log->newest].newer = i;
	else
		log->oldest = i;
	log->newest = i;
}

static struct kind_key key_of(const struct ost_refusal *r, const struct ost_refusal_names *names)
{
	struct kind_key k = {.dst_port = r->dst_port, .ethertype = r->ethertype, .family = r->family,
		.protocol = r->protocol, .reason = r->reason, .port = r->port, .audit = r->audit, .vlan = r->vlan};

	memcpy(k.peer, names->side == OST_SIDE_DEVICE ? r->dst_ip : r->src_ip, sizeof(k.peer));
	if (names->device != NULL)
		(void)snprintf(k.device, sizeof(k.device), "%s", names->device);
	else
		memcpy(k.mac, r->src_mac, sizeof(k.mac));
	return k;
}

/* Whose share of the lines: a device's, or that of all nameless senders of a port, for MACs cost nothing. */
static uint8_t key_sender(const struct ost_refusal_log *log, const struct kind_key *k)
{
	uint64_t sender[9] = {0};

	memcpy(sender, k->device, OST_MSG_NAME);
	sender[8] = k->device[0] == '\0' ? k->port : 0;
	return (uint8_t)ost_hash_bytes(&log->config.key, sender, sizeof(sender));
}

static void kind_close(struct ost_refusal_log *log, struct entry *e, uint64_t now_ns)
{
	if (!e->kind.open)
		return;
	e->kind.open = false;
	/* What one line has told in full needs no second. */
	if (!e->told || e->kind.last.count_pkts > 1)
		tell(log, e, "closed", now_ns);
}

static uint32_t slot_take(struct ost_refusal_log *log, uint64_t now_ns)
{
	uint32_t i = log->oldest, *at;
	struct entry *e;

	if (log->count < log->config.kinds_max)
		return log->count++;
	e = &log->entries[i];
	if (e->kind.open) {
		log->counts.evicted++;
		kind_close(log, e, now_ns);
	}
	at = &log->buckets[e->hash & log->bucket_mask];
	while (*at != i)
		at = &log->entries[*at].chain;
	*at = e->chain;
	order_remove(log, i);
	return i;
}

static uint32_t entry_find(const struct ost_refusal_log *log, const struct kind_key *k, uint32_t hash)
{
	for (uint32_t i = log->buckets[hash & log->bucket_mask]; i != NONE; i = log->entries[i].chain) {
		if (log->entries[i].hash == hash && memcmp(&log->entries[i].key, k, sizeof(*k)) == 0)
			return i;
	}
	return NONE;
}

static struct entry *entry_get(struct ost_refusal_log *log, const struct kind_key *k, uint64_t now_ns)
{
	uint32_t hash = (uint32_t)ost_hash_bytes(&log->config.key, k, sizeof(*k));
	uint32_t i = entry_find(log, k, hash);

	if (i != NONE) {
		order_remove(log, i);
	} else {
		i = slot_take(log, now_ns);
		log->entries[i] = (struct entry){.key = *k, .hash = hash, .sender = key_sender(log, k),
			.chain = log->buckets[hash & log->bucket_mask]};
		log->buckets[hash & log->bucket_mask] = i;
	}
	order_newest(log, i);
	return &log->entries[i];
}

/* Adds to the episode, or begins a new one. */
static void entry_count(struct entry *e, const struct ost_refusal *r, const struct ost_refusal_names *names)
{
	struct ost_refusal sum = *r;

	if (e->kind.open) {
		sum.count_pkts += e->kind.last.count_pkts;
		sum.count_bytes += e->kind.last.count_bytes;
		sum.first_wall_ns = OST_MIN(sum.first_wall_ns, e->kind.last.first_wall_ns);
		sum.last_wall_ns = OST_MAX(sum.last_wall_ns, e->kind.last.last_wall_ns);
	} else {
		e->told = false;
		e->accounted = 0;
		e->next_count = 10;
	}
	e->kind.open = true;
	e->kind.side = names->side;
	e->kind.last = sum;
	(void)snprintf(e->kind.device, sizeof(e->kind.device), "%s", names->device != NULL ? names->device : "");
	(void)snprintf(e->kind.role, sizeof(e->kind.role), "%s", names->role != NULL ? names->role : "");
	(void)snprintf(e->kind.port, sizeof(e->kind.port), "%s", names->port);
}

void ost_refusal_log_add(struct ost_refusal_log *log, const struct ost_refusal *r,
	const struct ost_refusal_names *names, uint64_t now_ns)
{
	struct kind_key k = key_of(r, names);
	struct entry *e = entry_get(log, &k, now_ns);
	bool due;

	log->counts.packets += r->count_pkts;
	entry_count(e, r, names);
	e->touched_ns = now_ns;
	due = !e->told || now_ns - e->written_ns >= REPEAT_NS;
	while (e->next_count <= e->kind.last.count_pkts) {
		due = true;
		e->next_count = e->next_count > UINT64_MAX / 10 ? UINT64_MAX : e->next_count * 10;
		if (e->next_count == UINT64_MAX)
			break;
	}
	if (due)
		tell(log, e, "more", now_ns);
}

void ost_refusal_log_tick(struct ost_refusal_log *log, uint64_t now_ns)
{
	if (now_ns - log->second_ns >= OST_NS_PER_S) {
		overflow_tell(log);
		log->second_ns = now_ns;
		log->budget = log->config.lines_per_s;
		memset(log->spent, 0, sizeof(log->spent));
	}
	for (uint32_t i = log->oldest; i != NONE; i = log->entries[i].newer) {
		struct entry *e = &log->entries[i];

		if (now_ns - e->touched_ns < QUIET_NS)
			return;
		kind_close(log, e, now_ns);
	}
}

void ost_refusal_log_free(struct ost_refusal_log **log)
{
	struct ost_refusal_log *l = *log;

	if (l == NULL)
		return;
	l->budget = l->config.lines_per_s;
	memset(l->spent, 0, sizeof(l->spent));
	for (uint32_t i = l->oldest; l->entries != NULL && i != NONE; i = l->entries[i].newer)
		kind_close(l, &l->entries[i], l->second_ns);
	if (l->config.write != NULL)
		overflow_tell(l);
	ost_jsonw_free(&l->line);
	free(l->entries);
	free(l->buckets);
	free(l);
	*log = NULL;
}

void ost_refusal_log_each(const struct ost_refusal_log *log,
	bool (*fn)(void *user, const struct ost_refusal_kind *kind), void *user)
{
	for (uint32_t i = log->newest; i != NONE; i = log->entries[i].older) {
		if (!fn(user, &log->entries[i].kind))
			return;
	}
}

void ost_refusal_log_counts(const struct ost_refusal_log *log, struct ost_refusal_log_counts *ret_counts)
{
	*ret_counts = log->counts;
	ret_counts->kinds = log->count;
	ret_counts->kinds_max = log->config.kinds_max;
}
