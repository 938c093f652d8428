/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registry, the roster and the ledger: what is kept, what is refused, what survives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sqlite3.h>

#include <cmocka.h>

#include "clock.h"
#include "compile.h"
#include "given.h"
#include "ledger.h"
#include "policy_yaml.h"
#include "registry.h"
#include "roster.h"
#include "sightings.h"

struct place {
	char dir[64], path[96];
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/ost-registry-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->path, sizeof(p->path), "%s/registry.db", p->dir);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	struct place *p = *state;
	char path[128];

	for (size_t i = 0; i < OST_ARRAY_SIZE(suffixes); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", p->path, suffixes[i]);
		(void)unlink(path);
	}
	(void)rmdir(p->dir);
	free(p);
	return 0;
}

static struct ost_registry *opened(const struct place *p)
{
	struct ost_registry *r = NULL;
	char why[256];
	int e = ost_registry_open(p->path, why, &r);

	if (e < 0)
		fail_msg("%s", why);
	return r;
}

static void sql(const struct place *p, const char *text)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void *image_of(const char *yaml, uint64_t generation, size_t *ret_length)
{
	const struct ost_policy_source source = {"t.yaml", yaml, strlen(yaml)};
	struct ost_policy *policy = NULL;
	struct ost_diag diag = {0};
	void *bytes = NULL;

	assert_int_equal(ost_policy_parse(&source, 1, &diag, &policy), 0);
	assert_int_equal(ost_policy_compile(policy, generation, &diag, &bytes, ret_length), 0);
	ost_policy_free(&policy);
	ost_diag_free(&diag);
	return bytes;
}

static const char two_devices[] = "ostiary: 1\nroles: { r: { include: [arp] } }\ndevices:\n"
				  "  b: { role: r, mac: \"02:00:00:00:00:0b\" }\n"
				  "  a: { role: r, mac: \"02:00:00:00:00:0a\" }\n";
static const char a_and_c[] = "ostiary: 1\nroles: { r: { include: [arp] } }\ndevices:\n"
			      "  c: { role: r, mac: \"02:00:00:00:00:0c\" }\n"
			      "  a: { role: r, mac: \"02:00:00:00:00:0a\" }\n";

/* ---- the file ---- */

static void file_of_another_version(void **state)
{
	struct place *p = *state;
	struct ost_registry *r = opened(p);
	char why[256];

	ost_registry_free(&r);
	r = opened(p); /* a second time: nothing to migrate */
	ost_registry_free(&r);
	sql(p, "PRAGMA user_version = 99");
	assert_int_equal(ost_registry_open(p->path, why, &r), -EPROTONOSUPPORT);
	assert_non_null(strstr(why, "99"));
	assert_null(r);
}

/* A registry of the first schema, as a released version left it, with what it remembers. */
static void file_of_the_first_schema(void **state)
{
	struct place *p = *state;
	struct ost_registry *r = opened(p);
	uint64_t number = 0;

	assert_int_equal(ost_registry_generation_put(r, &(struct ost_generation){.number = 5, .state = OST_GENERATION_APPLIED}), 0);
	ost_registry_free(&r);
	sql(p, "DROP TABLE admissions; DROP TABLE lock_outs; DROP TABLE names; DROP INDEX addresses_by_ip; "
		"ALTER TABLE generations DROP COLUMN sources_sha256; PRAGMA user_version = 1");
	r = opened(p);
	assert_int_equal(ost_registry_generation_last(r, &number), 0);
	assert_int_equal(number, 5);
	assert_int_equal(ost_registry_begin(r, true), 0);
	assert_int_equal(ost_registry_admission_drop(r, "nobody"), 0);
	assert_int_equal(ost_registry_locks_clear(r), 0);
	assert_int_equal(ost_registry_commit(r), 0);
	ost_registry_free(&r);
}

static void row_check(void *user, const struct ost_admission_row *row)
{
	uint32_t *seen = user;
	const struct ost_session *s = &row->session;

	(*seen)++;
	if (strcmp(row->device, "cam") != 0) {
		assert_string_equal(row->device, "odd");
		assert_int_equal(s->standing, OST_STANDING_HELD);
		return;
	}
	assert_int_equal(s->standing, OST_STATE_AUTHENTICATED);
	assert_string_equal(row->port, "dev1");
	assert_true(s->placed && s->confirmed);
	assert_int_equal(s->place.port, 3);
	assert_int_equal(s->place.vlan, 100);
	assert_int_equal(s->place.mac[5], 9);
	assert_int_equal(s->since_wall_ns, 1001);
	assert_int_equal(s->proved_wall_ns, 1002);
	assert_int_equal(row->prove_wall_ns, 1003);
	assert_int_equal(s->assurance, OST_ASSURANCE_TEE);
	assert_int_equal(s->way, OST_AUTH_WAY_RADIUS);
	assert_int_equal(s->failures, 7);
	assert_int_equal(s->failure, OST_AUTH_REASON_WEAK_KEY);
	assert_int_equal(s->failure_wall_ns, 1004);
	assert_string_equal(s->proof->identity, "urn:dev:cam");
	assert_string_equal(s->proof->issuer, "CA");
	assert_int_equal(s->proof->certificate_sha256[31], 0x5c);
	assert_int_equal(s->proof->issuer_sha256[31], 0x15);
	assert_int_equal(s->proof->serial_length, 2);
	assert_int_equal(s->proof->serial[1], 0x77);
	assert_int_equal(s->proof->not_after_wall_s, 1005);
	assert_int_equal(s->order->uid, 12);
	assert_string_equal(s->order->by, "op");
	assert_string_equal(s->order->why, "because");
}

static void admissions(void **state)
{
	struct place *p = *state;
	struct ost_registry *r = opened(p);
	struct ost_session_proof proof = {.identity = "urn:dev:cam", .issuer = "CA", .certificate_sha256 = {[31] = 0x5c},
		.issuer_sha256 = {[31] = 0x15}, .serial = {1, 0x77}, .serial_length = 2, .not_after_wall_s = 1005};
	struct ost_session_order order = {.uid = 12, .by = "op", .why = "because"};
	struct ost_admission_row row = {.device = "cam", .port = "dev1", .prove_wall_ns = 1003,
		.session = {.standing = OST_STATE_AUTHENTICATED, .assurance = OST_ASSURANCE_TEE, .way = OST_AUTH_WAY_RADIUS,
			.failure = OST_AUTH_REASON_WEAK_KEY, .placed = true, .confirmed = true,
			.place = {.port = 3, .vlan = 100, .mac = {2, 0, 0, 0, 0, 9}}, .since_wall_ns = 1001, .proved_wall_ns = 1002,
			.failure_wall_ns = 1004, .failures = 7, .proof = &proof, .order = &order}};
	uint32_t seen = 0;

	assert_int_equal(ost_registry_begin(r, true), 0);
	assert_int_equal(ost_registry_admission_put(r, &row), 0);
	row.device = "odd";
	assert_int_equal(ost_registry_admission_put(r, &row), 0);
	row.device = "bare";
	row.session.proof = NULL;
	assert_int_equal(ost_registry_admission_put(r, &row), 0);
	row.device = "gone";
	assert_int_equal(ost_registry_admission_put(r, &row), 0);
	assert_int_equal(ost_registry_admission_drop(r, "gone"), 0);
	assert_int_equal(ost_registry_commit(r), 0);
	ost_registry_free(&r);
	/* A state that nobody can read is held; a session without a proof is none. */
	sql(p, "UPDATE admissions SET standing = 'promoted' WHERE device = 'odd'");
	r = opened(p);
	assert_int_equal(ost_registry_admissions_each(r, row_check, &seen), 0);
	assert_int_equal(seen, 2);
	ost_registry_free(&r);
}

static void lock_check(void *user, const struct ost_registry_lock *lock)
{
	(*(uint32_t *)user)++;
	assert_int_equal(lock->place.port, 2);
	assert_int_equal(lock->place.vlan, 30);
	assert_int_equal(lock->place.mac[0], 4);
	assert_int_equal(lock->until_wall_ns, 99);
	assert_int_equal(lock->locks, 3);
}

static void lock_behind_client(void *user, const struct ost_registry_lock *lock)
{
	if (lock->place.port != OST_PLACE_NO_PORT)
		return;
	(*(uint32_t *)user)++;
	assert_int_equal(lock->place.client, 7);
	assert_int_equal(lock->place.vlan, 30);
}

static void lock_outs(void **state)
{
	struct place *p = *state;
	struct ost_registry *r = opened(p);
	const struct ost_registry_lock lock = {.place = {.port = 2, .vlan = 30, .mac = {4}}, .until_wall_ns = 99, .locks = 3};
	const struct ost_registry_lock behind = {.place = {.port = OST_PLACE_NO_PORT, .client = 7, .vlan = 30, .mac = {4}}, .until_wall_ns = 99, .locks = 3};
	uint32_t seen = 0;

	assert_int_equal(ost_registry_lock_put(r, &lock), 0);
	assert_int_equal(ost_registry_lock_put(r, &lock), 0);
	sql(p, "INSERT INTO lock_outs VALUES(99, 0, '02:00:00:00:00:01', 1, 1); INSERT INTO lock_outs VALUES(1, 0, 'x', 1, 1)");
	assert_int_equal(ost_registry_locks_each(r, lock_check, &seen), 0);
	assert_int_equal(seen, 1);
	assert_int_equal(ost_registry_lock_put(r, &behind), 0);
	seen = 0;
	assert_int_equal(ost_registry_locks_each(r, lock_behind_client, &seen), 0);
	assert_int_equal(seen, 1);
	assert_int_equal(ost_registry_locks_clear(r), 0);
	seen = 0;
	assert_int_equal(ost_registry_locks_each(r, lock_check, &seen), 0);
	assert_int_equal(seen, 0);
	ost_registry_free(&r);
}

static void file_of_another_program(void **state)
{
	struct place *p = *state;
	struct ost_registry *r = NULL;
	char why[256];

	sql(p, "CREATE TABLE recipes(name TEXT)");
	assert_int_equal(ost_registry_open(p->path, why, &r), -EUCLEAN);
	assert_non_null(strstr(why, "another program"));
}

static void file_damaged(void **state)
{
	struct place *p = *state;
	struct ost_registry *r = NULL;
	FILE *f = fopen(p->path, "w");
	char why[256];

	assert_non_null(f);
	for (int i = 0; i < 5000; i++)
		(void)fputs("this is no database ", f);
	(void)fclose(f);
	assert_int_equal(ost_registry_open(p->path, why, &r), -EUCLEAN);
}

/* ---- generations ---- */

static void gather(void *user, const struct ost_generation *g)
{
	char *text = user;

	(void)snprintf(text + strlen(text), 64 - strlen(text), "%u:%s ", (unsigned)g->number,
		ost_generation_state_name(g->state));
}

static void generations(void **state)
{
	struct ost_registry *r = opened(*state);
	struct ost_generation g = {.number = 7, .state = OST_GENERATION_PENDING, .by = "ann", .message = "it's \"new\"",
		.crc = UINT32_MAX, .devices = 3}, back;
	uint64_t last = 1;
	char list[64] = "";

	assert_int_equal(ost_registry_generation_last(r, &last), 0);
	assert_int_equal(last, 0);
	assert_int_equal(ost_registry_generation_get(r, 7, &back), -ENOENT);
	assert_int_equal(ost_registry_generation_put(r, &g), 0);
	g.state = OST_GENERATION_APPLIED;
	assert_int_equal(ost_registry_generation_put(r, &g), 0);
	g.number = 8;
	g.state = OST_GENERATION_REFUSED;
	assert_int_equal(ost_registry_generation_put(r, &g), 0);
	ost_registry_free(&r);
	r = opened(*state);
	assert_int_equal(ost_registry_generation_get(r, 7, &back), 0);
	assert_int_equal(back.crc, UINT32_MAX);
	assert_string_equal(back.message, "it's \"new\"");
	assert_int_equal(ost_registry_generation_last(r, &last), 0);
	assert_int_equal(last, 8);
	assert_int_equal(ost_registry_generations_each(r, 10, gather, list), 0);
	assert_string_equal(list, "8:refused 7:applied ");
	ost_registry_free(&r);
}

/* ---- addresses ---- */

static void address_gather(void *user, const struct ost_registry_address *a)
{
	char *text = user, ip[OST_IP_TEXT];

	(void)snprintf(text + strlen(text), 256 - strlen(text), "%s=%s@%u ", a->device, ost_ip_format(&a->ip, ip), a->vlan);
}

static struct ost_registry_address address_of(const char *device, const char *ip, uint32_t vlan, uint64_t bound)
{
	struct ost_registry_address a = {.device = device, .vlan = vlan, .bound_wall_ns = bound};

	assert_int_equal(ost_ip_parse(ip, &a.ip), 0);
	return a;
}

static void addresses(void **state)
{
	struct ost_registry *r = opened(*state);
	struct ost_registry_address rows[] = {address_of("b", "10.0.0.1", 0, 100), address_of("a", "fd00::1", 0, 200),
		address_of("a", "10.0.0.1", 5, 300)};
	char text[256] = "";

	assert_int_equal(ost_registry_begin(r, true), 0);
	for (size_t i = 0; i < OST_ARRAY_SIZE(rows); i++)
		assert_int_equal(ost_registry_address_bind(r, &rows[i]), 0);
	assert_int_equal(ost_registry_commit(r), 0);
	assert_int_equal(ost_registry_addresses_each(r, NULL, address_gather, text), 0);
	assert_string_equal(text, "a=10.0.0.1@5 a=fd00::1@0 b=10.0.0.1@0 ");
	rows[0].device = "c"; /* the address has a new owner */
	assert_int_equal(ost_registry_address_bind(r, &rows[0]), 0);
	text[0] = '\0';
	assert_int_equal(ost_registry_addresses_each(r, "c", address_gather, text), 0);
	assert_string_equal(text, "c=10.0.0.1@0 ");
	assert_int_equal(ost_registry_address_lapse(r, &rows[1].ip, 0), 0);
	assert_int_equal(ost_registry_addresses_forget(r, 300), 0);
	text[0] = '\0';
	assert_int_equal(ost_registry_addresses_each(r, NULL, address_gather, text), 0);
	assert_string_equal(text, "a=10.0.0.1@5 ");
	assert_int_equal(ost_registry_begin(r, true), 0);
	assert_int_equal(ost_registry_addresses_forget(r, UINT64_MAX), 0);
	ost_registry_rollback(r);
	text[0] = '\0';
	assert_int_equal(ost_registry_addresses_each(r, NULL, address_gather, text), 0);
	assert_string_equal(text, "a=10.0.0.1@5 ");
	ost_registry_free(&r);
}

/* ---- sightings ---- */

static bool newest_macs(void *user, const struct ost_registry_unknown *u)
{
	char *text = user;

	(void)snprintf(text + strlen(text), 64 - strlen(text), "%02x*%u ", u->mac.b[5], (unsigned)u->count_pkts);
	return true;
}

static void sightings_evict_the_longest_unseen(void **state)
{
	const struct ost_hash_key key = {{1, 2, 3, 4}};
	struct ost_sightings *s = NULL;
	char text[64] = "";

	(void)state;
	assert_int_equal(ost_sightings_new(3, &key, &s), 0);
	for (uint8_t i = 1; i <= 3; i++)
		ost_sightings_add(s, &(struct ost_mac){{2, 0, 0, 0, 0, i}}, 0, "dev1", i, i, 1);
	ost_sightings_add(s, &(struct ost_mac){{2, 0, 0, 0, 0, 1}}, 0, "dev1", 9, 9, 5);
	ost_sightings_add(s, &(struct ost_mac){{2, 0, 0, 0, 0, 4}}, 0, "dev1", 10, 10, 1); /* 2 gives way */
	ost_sightings_each(s, newest_macs, text);
	assert_string_equal(text, "04*1 01*6 03*1 ");
	assert_int_equal(ost_sightings_count(s), 3);
	assert_int_equal(ost_sightings_evicted(s), 1);
	/* The same MAC on another port or VLAN is another sighting. */
	ost_sightings_add(s, &(struct ost_mac){{2, 0, 0, 0, 0, 4}}, 7, "dev1", 11, 11, 1);
	ost_sightings_add(s, &(struct ost_mac){{2, 0, 0, 0, 0, 4}}, 0, "dev2", 12, 12, 1);
	assert_int_equal(ost_sightings_evicted(s), 3);
	for (uint32_t i = 0; i < 100000; i++)
		ost_sightings_add(s, &(struct ost_mac){{2, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 1}}, 0, "x", 1, 1, 1);
	assert_int_equal(ost_sightings_count(s), 3);
	ost_sightings_free(&s);
}

/* ---- roster ---- */

static struct ost_msg_device_stats stats_of(uint64_t generation, uint32_t device, uint64_t out, uint64_t refused)
{
	struct ost_msg_device_stats m = {.generation = generation, .device = device, .state = OST_STATE_IDENTIFIED,
		.port = 1, .out_pkts = out, .last_seen_wall_ns = 1000 + out};

	m.refused_pkts[OST_REASON_NOT_ALLOWED] = refused;
	return m;
}

static void roster_carries_names_over(void **state)
{
	struct ost_roster *r = NULL;
	struct ost_msg_device_stats m;
	size_t length;
	char why[256];
	const char *role = NULL;
	void *bytes;
	uint32_t a;

	(void)state;
	assert_int_equal(ost_roster_new(&r), 0);
	assert_null(ost_roster_image(r));
	assert_int_equal(ost_roster_find(r, "a"), -ENOENT);
	m = stats_of(1, 0, 1, 1);
	assert_int_equal(ost_roster_stats(r, &m), -ESTALE);
	bytes = image_of(two_devices, 1, &length);
	assert_int_equal(ost_roster_image_set(r, bytes, length, why), 0);
	a = (uint32_t)ost_roster_find(r, "a");
	assert_string_equal(ost_roster_name(r, 1, a, &role), "a");
	assert_string_equal(role, "r");
	m = stats_of(1, a, 5, 2);
	assert_int_equal(ost_roster_stats(r, &m), 0);
	m = stats_of(1, 2, 5, 2); /* no such place */
	assert_int_equal(ost_roster_stats(r, &m), -ESTALE);
	assert_null(ost_roster_name(r, 1, 2, &role));
	assert_null(ost_roster_name(r, 1, OST_DEVICE_NONE, &role));

	bytes = image_of(a_and_c, 2, &length);
	assert_int_equal(ost_roster_image_set(r, bytes, length, why), 0);
	assert_int_equal(ost_roster_live(r, (uint32_t)ost_roster_find(r, "a"))->out_pkts, 5);
	assert_int_equal(ost_roster_live(r, (uint32_t)ost_roster_find(r, "a"))->refused_total_pkts, 2);
	assert_int_equal(ost_roster_live(r, (uint32_t)ost_roster_find(r, "c"))->out_pkts, 0);
	/* A late message of the generation before still finds its name; b is gone. */
	m = stats_of(1, a, 6, 3);
	assert_int_equal(ost_roster_stats(r, &m), 0);
	assert_int_equal(ost_roster_live(r, (uint32_t)ost_roster_find(r, "a"))->out_pkts, 6);
	m = stats_of(1, 1 - a, 6, 3);
	assert_int_equal(ost_roster_stats(r, &m), -ESTALE);
	assert_string_equal(ost_roster_name(r, 1, 1 - a, &role), "b");
	ost_roster_counters_reset(r);
	assert_int_equal(ost_roster_live(r, (uint32_t)ost_roster_find(r, "a"))->refused_total_pkts, 0);
	assert_int_equal(ost_roster_live(r, (uint32_t)ost_roster_find(r, "a"))->last_seen_wall_ns, 1006);

	bytes = image_of(two_devices, 3, &length);
	((char *)bytes)[length / 2] ^= 1;
	assert_int_equal(ost_roster_image_set(r, bytes, length, why), -EINVAL);
	free(bytes);
	assert_int_equal(ost_roster_image(r)->generation, 2);
	ost_roster_free(&r);
}

static const char two_rules[] = "ostiary: 1\nnetworks: { plant: 10.20.0.0/24 }\n"
	"roles: { r: { allow: [ { to: { network: plant, service: tcp/80 } }, { to: { network: plant, service: tcp/81 } } ] } }\n"
	"devices: { a: { role: r, mac: \"02:00:00:00:00:0a\" } }\n";

static void roster_counts_rules_of_its_generation(void **state)
{
	static struct ost_msg_rule_stats m = {.generation = 1, .count = 2, .rules = {{5, 0, 0}, {7, 1, 0}}};
	struct ost_roster *r = NULL;
	char why[256];
	size_t length;
	void *bytes = image_of(two_rules, 1, &length);

	(void)state;
	assert_int_equal(ost_roster_new(&r), 0);
	assert_int_equal(ost_roster_rule_stats(r, &m), -ESTALE);
	assert_int_equal(ost_roster_image_set(r, bytes, length, why), 0);
	assert_int_equal(ost_roster_rules_used(r), 0);
	assert_int_equal(ost_roster_rule_stats(r, &m), 0);
	assert_int_equal(ost_roster_rule_flows(r, 1), 7);
	assert_int_equal(ost_roster_rules_used(r), 2);
	/* Sent again after the same image was swapped in anew. */
	m.rules[0].flows_opened = 0;
	assert_int_equal(ost_roster_rule_stats(r, &m), 0);
	assert_int_equal(ost_roster_rules_used(r), 1);
	m.rules[0].rule = 2;
	assert_int_equal(ost_roster_rule_stats(r, &m), -ESTALE);
	m.rules[0].rule = 0;
	m.generation = 2;
	assert_int_equal(ost_roster_rule_stats(r, &m), -ESTALE);
	bytes = image_of(two_rules, 2, &length);
	assert_int_equal(ost_roster_image_set(r, bytes, length, why), 0);
	assert_int_equal(ost_roster_rule_flows(r, 1), 0);
	assert_int_equal(ost_roster_rules_used(r), 0);
	assert_int_equal(ost_roster_rule_stats(r, &m), 0);
	ost_roster_counters_reset(r);
	assert_int_equal(ost_roster_rules_used(r), 0);
	ost_roster_free(&r);
}

/* ---- ledger ---- */

static void device_gather(void *user, const struct ost_registry_device *d)
{
	char *text = user;

	(void)snprintf(text + strlen(text), 128 - strlen(text), "%s:%s:%s:%u ", d->name, ost_state_name(d->state), d->port,
		(unsigned)d->last_seen_wall_ns);
}

static void ledger_batches(void **state)
{
	const struct ost_hash_key key = {{1, 2, 3, 4}};
	struct ost_registry *r = opened(*state);
	struct ost_gauges gauges = {.ports_known = 2};
	struct ost_sightings *s = NULL;
	struct ost_roster *roster = NULL;
	struct ost_ledger *l = NULL;
	struct ost_msg_binding binding = {.family = OST_IPV4, .ip = {10, 0, 0, 9}, .bound = 1, .source = OST_BINDING_DHCP};
	struct ost_msg_device_stats m;
	char text[128] = "", why[256];
	size_t length;
	void *bytes;

	(void)snprintf(gauges.ports[1].name, OST_MSG_NAME, "dev1");
	assert_int_equal(ost_sightings_new(4, &key, &s), 0);
	assert_int_equal(ost_roster_new(&roster), 0);
	assert_int_equal(ost_ledger_new(r, roster, s, &gauges, &l), 0);
	bytes = image_of(two_devices, 1, &length);
	assert_int_equal(ost_roster_image_set(roster, bytes, length, why), 0);
	ost_ledger_policy(l);
	ost_ledger_binding(l, "a", &binding, 50);
	ost_sightings_add(s, &(struct ost_mac){{2, 0, 0, 0, 0, 1}}, 0, "dev1", 1, 2, 3);
	m = stats_of(1, (uint32_t)ost_roster_find(roster, "a"), 7, 0);
	assert_int_equal(ost_roster_stats(roster, &m), 0);
	ost_ledger_flush(l, 100 * OST_NS_PER_S, false);
	assert_int_equal(ost_ledger_counts(l)->transactions, 1);
	assert_int_equal(ost_registry_devices_each(r, device_gather, text), 0);
	assert_string_equal(text, "a:identified:dev1:1007 ");
	/* Nothing new: no transaction. A mere last sight: not before a minute. */
	ost_ledger_flush(l, 101 * OST_NS_PER_S, false);
	m = stats_of(1, (uint32_t)ost_roster_find(roster, "a"), 8, 0);
	assert_int_equal(ost_roster_stats(roster, &m), 0);
	ost_ledger_flush(l, 102 * OST_NS_PER_S, false);
	assert_int_equal(ost_ledger_counts(l)->transactions, 1);
	ost_ledger_flush(l, 161 * OST_NS_PER_S, false);
	assert_int_equal(ost_ledger_counts(l)->transactions, 2);

	/* The registry cannot be written: what is gathered waits. */
	sql(*state, "ALTER TABLE addresses RENAME TO elsewhere");
	binding.ip[3] = 10;
	ost_ledger_binding(l, "b", &binding, 60);
	ost_ledger_flush(l, 162 * OST_NS_PER_S, false);
	assert_int_equal(ost_ledger_counts(l)->failures, 1);
	assert_true(ost_ledger_counts(l)->trouble < 0);
	sql(*state, "ALTER TABLE elsewhere RENAME TO addresses");
	ost_ledger_flush(l, 163 * OST_NS_PER_S, false);
	assert_int_equal(ost_ledger_counts(l)->trouble, 0);
	text[0] = '\0';
	assert_int_equal(ost_registry_addresses_each(r, NULL, address_gather, text), 0);
	assert_string_equal(text, "a=10.0.0.9@0 b=10.0.0.10@0 ");
	/* While it cannot be written, a flood is bounded and counted. */
	for (uint32_t i = 0; i < 70000; i++)
		ost_ledger_binding(l, "b", &binding, 60);
	assert_int_equal(ost_ledger_counts(l)->lost_bindings, 70000 - 65536);
	ost_ledger_free(&l);
	ost_roster_free(&roster);
	ost_sightings_free(&s);
	ost_registry_free(&r);
}

/* ---- names ---- */

static bool name_gather(void *user, const struct ost_registry_name *n)
{
	char *text = user, ip[OST_IP_TEXT];

	(void)snprintf(text + strlen(text), 256 - strlen(text), "%s=%s/%u:%u@%s ", n->device, ost_ip_format(&n->ip, ip), n->length,
		(unsigned)n->expires_boot_ns, n->boot);
	return strstr(text, "stop") == NULL;
}

static const char *names_of(struct ost_registry *r, const struct ost_registry_name *after, uint32_t limit)
{
	static char text[256];

	text[0] = '\0';
	assert_int_equal(ost_registry_names_each(r, after, limit, name_gather, text), 0);
	return text;
}

static bool name_put(struct ost_registry *r, const char *device, uint8_t ip, const char *boot, uint64_t told, uint64_t expires, bool room)
{
	const struct ost_registry_name n = {.device = device, .ip = {.family = OST_IPV4, .b = {10, 0, 0, ip}}, .chain = (const uint8_t *)"\1a",
		.length = 3, .vlan = 7, .mac = {{2, 0, 0, 0, 0, ip}}, .boot = boot, .told_boot_ns = told, .expires_boot_ns = expires,
		.told_wall_ns = told + 1000, .expires_wall_ns = expires + 1000};
	bool fresh = false;
	int e = ost_registry_name_put(r, &n, room, &fresh);

	assert_int_equal(e, fresh && !room ? -ENOBUFS : 0);
	return fresh;
}

static void names(void **state)
{
	const struct ost_registry_name first = {.device = "", .ip.family = OST_IPV4};
	struct ost_registry_name after = {.device = "a", .ip = {.family = OST_IPV4, .b = {10, 0, 0, 1}}, .chain = (const uint8_t *)"\1a", .length = 3};
	struct ost_registry *r = opened(*state);
	uint64_t count = 9;

	assert_true(name_put(r, "a", 1, "now", 10, 100, true));
	assert_false(name_put(r, "a", 1, "now", 20, 120, false)); /* renewed */
	assert_true(name_put(r, "a", 2, "now", 10, 50, true));
	assert_true(name_put(r, "b", 1, "then", 10, 100, true));
	assert_true(name_put(r, "b", 9, "now", 10, 100, false)); /* no room */
	assert_int_equal(ost_registry_names_count(r, &count), 0);
	assert_int_equal(count, 3);
	assert_string_equal(names_of(r, &first, 10), "a=10.0.0.1/3:120@now a=10.0.0.2/3:50@now b=10.0.0.1/3:100@then ");
	assert_string_equal(names_of(r, &first, 1), "a=10.0.0.1/3:120@now ");
	assert_string_equal(names_of(r, &after, 1), "a=10.0.0.2/3:50@now ");
	/* In this boot its own clock counts, of another one the wall clock. */
	assert_int_equal(ost_registry_names_expire(r, "now", 50, 1099), 0);
	assert_string_equal(names_of(r, &first, 10), "a=10.0.0.1/3:120@now b=10.0.0.1/3:100@then ");
	assert_int_equal(ost_registry_names_expire(r, "now", 50, 1100), 0);
	assert_string_equal(names_of(r, &first, 10), "a=10.0.0.1/3:120@now ");
	assert_true(name_put(r, "b", 1, "then", 30, 100, true));
	assert_int_equal(ost_registry_names_forget(r, "now", 20), 0);
	assert_string_equal(names_of(r, &first, 10), "a=10.0.0.1/3:120@now ");
	assert_int_equal(ost_registry_names_forget(r, "now", 21), 0);
	assert_string_equal(names_of(r, &first, 10), "");
	ost_registry_free(&r);
}

/* A device that a policy leaves out comes back with nothing. */
static void names_go_with_their_device(void **state)
{
	const struct ost_registry_name first = {.device = "", .ip.family = OST_IPV4};
	struct ost_registry *r = opened(*state);
	struct ost_image image;
	uint32_t places[] = {0, 1};
	char why[256];
	size_t length;
	void *bytes = image_of(two_devices, 1, &length);

	assert_int_equal(ost_image_open(bytes, length, &image, why), 0);
	assert_int_equal(ost_registry_devices_put(r, &image, places, 2), 0);
	(void)name_put(r, "a", 1, "now", 10, 100, true);
	(void)name_put(r, "gone", 1, "now", 10, 100, true);
	assert_int_equal(ost_registry_devices_gone(r, 1), 0);
	assert_string_equal(names_of(r, &first, 10), "a=10.0.0.1/3:100@now ");
	free(bytes);
	ost_registry_free(&r);
}

static struct ost_msg_given given(uint8_t ip, uint64_t left_s)
{
	return (struct ost_msg_given){.generation = 1, .expires_boot_ns = ost_clock_boot_ns() + left_s * OST_NS_PER_S, .mac = {2, 0, 0, 0, 0, 1},
		.family = OST_IPV4, .ip = {10, 0, 0, ip}, .length = 3, .chain = {1, 'a', 0}};
}

static void what_is_told_of_names_is_written(void **state)
{
	const struct ost_registry_name first = {.device = "", .ip.family = OST_IPV4};
	struct ost_registry *r = opened(*state);
	struct ost_msg_given m = given(1, 0);
	struct ost_given *g = NULL;
	struct ost_ledger_part part;
	uint64_t count;

	assert_int_equal(ost_given_new(r, &g), 0);
	part = ost_given_part(g);
	assert_false(part.due(part.user));
	ost_given_told(g, "a", &m); /* it has ended */
	assert_false(part.due(part.user));
	for (uint32_t i = 0; i < OST_GIVEN_WAITING_MAX + 5; i++) {
		m = given((uint8_t)(i % 3), 100);
		ost_given_told(g, "a", &m);
	}
	assert_int_equal(ost_given_counts(g)->lost, 5);
	assert_true(part.due(part.user));
	/* What could not be committed is written again. */
	assert_int_equal(ost_registry_begin(r, false), 0);
	assert_int_equal(part.write(part.user, r), 0);
	ost_registry_rollback(r);
	assert_true(part.due(part.user));
	assert_string_equal(names_of(r, &first, 1), "");
	assert_int_equal(ost_registry_begin(r, false), 0);
	assert_int_equal(part.write(part.user, r), 0);
	assert_int_equal(ost_registry_commit(r), 0);
	part.written(part.user, true);
	assert_false(part.due(part.user));
	assert_int_equal(ost_registry_names_count(r, &count), 0);
	assert_int_equal(count, 3);
	/* Those that a data plane that starts later does not tell again. */
	ost_given_begin(g, ost_clock_boot_ns());
	assert_int_equal(ost_given_forget(g), 0);
	assert_string_equal(names_of(r, &first, 1), "");
	ost_given_free(&g);
	ost_registry_free(&r);
}

static void device_count(void *user, const struct ost_registry_device *d)
{
	(void)d;
	++*(uint32_t *)user;
}

static char *many_devices(uint32_t n)
{
	char *text = NULL;
	size_t length;
	FILE *f = open_memstream(&text, &length);

	assert_non_null(f);
	fprintf(f, "ostiary: 1\nroles: { r: { include: [arp] } }\ndevices:\n");
	for (uint32_t i = 0; i < n; i++)
		fprintf(f, "  d%u: { role: r, mac: \"02:00:00:00:%02x:%02x\" }\n", i, i >> 8, i & 0xff);
	fclose(f);
	return text;
}

/* A large policy comes piece by piece; what is seen of devices waits until they all have their rows. */
static void ledger_writes_a_large_policy_in_pieces(void **state)
{
	const struct ost_hash_key key = {{1, 2, 3, 4}};
	struct ost_registry *r = opened(*state);
	struct ost_gauges gauges = {0};
	struct ost_sightings *s = NULL;
	struct ost_roster *roster = NULL;
	struct ost_ledger *l = NULL;
	char why[256], *text = many_devices(5000);
	uint32_t pieces = 0, rows = 0;
	size_t length;
	void *bytes = image_of(text, 1, &length);

	free(text);
	assert_int_equal(ost_sightings_new(4, &key, &s), 0);
	assert_int_equal(ost_roster_new(&roster), 0);
	assert_int_equal(ost_ledger_new(r, roster, s, &gauges, &l), 0);
	assert_int_equal(ost_roster_image_set(roster, bytes, length, why), 0);
	for (uint32_t i = 0; i < 5000; i++) {
		struct ost_msg_device_stats m = stats_of(1, i, 7, 0);

		assert_int_equal(ost_roster_stats(roster, &m), 0);
	}
	ost_ledger_policy(l);
	do {
		assert_int_equal(ost_registry_devices_each(r, device_count, &rows), 0);
		assert_int_equal(rows, 0);
		ost_ledger_flush(l, 100 * OST_NS_PER_S, false);
		pieces++;
	} while (ost_ledger_has_more(l));
	assert_in_range(pieces, 2, 100);
	ost_ledger_flush(l, 101 * OST_NS_PER_S, true);
	assert_int_equal(ost_registry_devices_each(r, device_count, &rows), 0);
	assert_int_equal(rows, 5000);
	ost_ledger_free(&l);
	ost_roster_free(&roster);
	ost_sightings_free(&s);
	ost_registry_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(file_of_another_version, setup, teardown),
		cmocka_unit_test_setup_teardown(file_of_the_first_schema, setup, teardown),
		cmocka_unit_test_setup_teardown(admissions, setup, teardown),
		cmocka_unit_test_setup_teardown(lock_outs, setup, teardown),
		cmocka_unit_test_setup_teardown(file_of_another_program, setup, teardown),
		cmocka_unit_test_setup_teardown(file_damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(generations, setup, teardown),
		cmocka_unit_test_setup_teardown(addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(names, setup, teardown),
		cmocka_unit_test_setup_teardown(names_go_with_their_device, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_told_of_names_is_written, setup, teardown),
		cmocka_unit_test(sightings_evict_the_longest_unseen),
		cmocka_unit_test(roster_carries_names_over),
		cmocka_unit_test(roster_counts_rules_of_its_generation),
		cmocka_unit_test_setup_teardown(ledger_batches, setup, teardown),
		cmocka_unit_test_setup_teardown(ledger_writes_a_large_policy_in_pieces, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
