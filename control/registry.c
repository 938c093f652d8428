/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "registry.h"

#include <stdio.h>

#include "registry_db.h"

#define APPLICATION_ID 0x4f535449 /* "OSTI": PRAGMA application_id tells our files from others */
#define BUSY_MS	       2000

/* migrations[n] brings schema n to n + 1. A released one is never edited: a change is a new entry. */
static const char *const migrations[OST_REGISTRY_SCHEMA] = {
	"CREATE TABLE generations(number INTEGER PRIMARY KEY, state INTEGER NOT NULL, applied_ns INTEGER NOT NULL,"
	" uid INTEGER NOT NULL, by TEXT NOT NULL, message TEXT NOT NULL, crc INTEGER NOT NULL,"
	" devices INTEGER NOT NULL, roles INTEGER NOT NULL, rules INTEGER NOT NULL, tests INTEGER NOT NULL,"
	" image_bytes INTEGER NOT NULL, result TEXT NOT NULL);"
	"CREATE TABLE devices(name TEXT PRIMARY KEY, role TEXT NOT NULL, mac TEXT NOT NULL, vlan INTEGER NOT NULL,"
	" port TEXT NOT NULL, generation INTEGER NOT NULL, in_policy INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'unknown',"
	" seen_port TEXT NOT NULL DEFAULT '', first_seen_ns INTEGER NOT NULL DEFAULT 0,"
	" last_seen_ns INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
	"CREATE TABLE addresses(vlan INTEGER NOT NULL, ip TEXT NOT NULL, device TEXT NOT NULL, source TEXT NOT NULL,"
	" bound_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL, PRIMARY KEY(vlan, ip)) WITHOUT ROWID;"
	"CREATE INDEX addresses_by_device ON addresses(device);"
	"CREATE TABLE unknown_devices(slot INTEGER PRIMARY KEY, mac TEXT NOT NULL, vlan INTEGER NOT NULL, port TEXT NOT NULL,"
	" first_seen_ns INTEGER NOT NULL, last_seen_ns INTEGER NOT NULL, count_pkts INTEGER NOT NULL);",
	"CREATE TABLE admissions(device TEXT PRIMARY KEY, standing TEXT NOT NULL, since_ns INTEGER NOT NULL,"
	" proved_ns INTEGER NOT NULL, prove_ns INTEGER NOT NULL, assurance TEXT NOT NULL, way TEXT NOT NULL, placed INTEGER NOT NULL,"
	" port INTEGER NOT NULL, port_name TEXT NOT NULL, vlan INTEGER NOT NULL, mac TEXT NOT NULL,"
	" confirmed INTEGER NOT NULL, failures INTEGER NOT NULL, failure TEXT NOT NULL, failure_ns INTEGER NOT NULL,"
	" identity TEXT, issuer TEXT, certificate_sha256 BLOB, issuer_sha256 BLOB, serial BLOB, not_after_s INTEGER,"
	" uid INTEGER, by TEXT, why TEXT) WITHOUT ROWID;"
	"CREATE INDEX addresses_by_ip ON addresses(ip);"
	"CREATE TABLE lock_outs(port INTEGER NOT NULL, vlan INTEGER NOT NULL, mac TEXT NOT NULL, until_ns INTEGER NOT NULL,"
	" locks INTEGER NOT NULL, PRIMARY KEY(port, vlan, mac)) WITHOUT ROWID;",
	"ALTER TABLE generations ADD COLUMN sources_sha256 TEXT NOT NULL DEFAULT '';",
	"CREATE TABLE names(device TEXT NOT NULL, ip TEXT NOT NULL, chain BLOB NOT NULL, mac TEXT NOT NULL, vlan INTEGER NOT NULL,"
	" boot TEXT NOT NULL, told_boot_ns INTEGER NOT NULL, expires_boot_ns INTEGER NOT NULL, told_ns INTEGER NOT NULL,"
	" expires_ns INTEGER NOT NULL, PRIMARY KEY(device, ip, chain)) WITHOUT ROWID;",
};

#define GENERATION_COLUMNS                                                                         \
	"number, state, applied_ns, uid, by, message, crc, devices, roles, rules, tests, image_bytes, result, sources_sha256"

/* In the order that registry_names.c binds and reads. */
#define NAME_COLUMNS "device, ip, chain, mac, vlan, boot, told_boot_ns, expires_boot_ns, told_ns, expires_ns"

/* In the order that registry_admissions.c binds and reads. */
#define ADMISSION_COLUMNS                                                                          \
	"device, standing, since_ns, proved_ns, prove_ns, assurance, way, placed, port, port_name, vlan, mac, confirmed, failures,"   \
	" failure, failure_ns, identity, issuer, certificate_sha256, issuer_sha256, serial, not_after_s, uid, by, why"

static const char *const statements[OST_SQL_COUNT] = {
	[OST_SQL_GENERATION_PUT] = "INSERT OR REPLACE INTO generations(" GENERATION_COLUMNS
				   ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[OST_SQL_GENERATION_GET] = "SELECT " GENERATION_COLUMNS " FROM generations WHERE number = ?",
	[OST_SQL_GENERATION_LAST] = "SELECT max(number) FROM generations",
	[OST_SQL_GENERATION_LIST] = "SELECT " GENERATION_COLUMNS " FROM generations ORDER BY number DESC LIMIT ?",
	[OST_SQL_GENERATION_FORGET] = "DELETE FROM generations WHERE number <= ? AND number NOT IN (?, ?)",
	[OST_SQL_DEVICES_GONE] = "UPDATE devices SET in_policy = 0 WHERE in_policy AND generation <> ?",
	[OST_SQL_DEVICE_PUT] = "INSERT INTO devices(name, role, mac, vlan, port, generation, in_policy)"
			       " VALUES(?,?,?,?,?,?,1) ON CONFLICT(name) DO UPDATE SET role = excluded.role,"
			       " mac = excluded.mac, vlan = excluded.vlan, port = excluded.port,"
			       " generation = excluded.generation, in_policy = 1",
	[OST_SQL_DEVICE_SEEN] = "UPDATE devices SET state = ?2, seen_port = ?3, first_seen_ns = ?4,"
				" last_seen_ns = ?5 WHERE name = ?1",
	[OST_SQL_DEVICE_LIST] = "SELECT name, state, seen_port, first_seen_ns, last_seen_ns FROM devices"
				" WHERE last_seen_ns > 0",
	[OST_SQL_ADDRESS_BIND] = "INSERT OR REPLACE INTO addresses(vlan, ip, device, source, bound_ns, expires_ns)"
				 " VALUES(?,?,?,?,?,?)",
	[OST_SQL_ADDRESS_LAPSE] = "DELETE FROM addresses WHERE vlan = ? AND ip = ?",
	[OST_SQL_ADDRESS_FORGET] = "DELETE FROM addresses WHERE bound_ns < ?",
	[OST_SQL_ADDRESS_ALL] = "SELECT vlan, ip, device, source, bound_ns, expires_ns FROM addresses"
				" ORDER BY device, ip",
	[OST_SQL_ADDRESS_OF] = "SELECT vlan, ip, device, source, bound_ns, expires_ns FROM addresses"
			       " WHERE device = ? ORDER BY ip",
	[OST_SQL_ADDRESS_HOLDERS] = "SELECT vlan, ip, device, source, bound_ns, expires_ns FROM addresses"
				    " WHERE ip = ?",
	[OST_SQL_NAME_RENEW] = "UPDATE names SET mac = ?, vlan = ?, boot = ?, told_boot_ns = ?, expires_boot_ns = ?, told_ns = ?,"
			       " expires_ns = ? WHERE device = ? AND ip = ? AND chain = ?",
	[OST_SQL_NAME_ADD] = "INSERT INTO names(" NAME_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?)",
	[OST_SQL_NAMES_EXPIRE] = "DELETE FROM names WHERE iif(boot = ?, expires_boot_ns <= ?, expires_ns <= ?)",
	[OST_SQL_NAMES_FORGET] = "DELETE FROM names WHERE boot <> ? OR told_boot_ns < ?",
	[OST_SQL_NAMES_GONE] = "DELETE FROM names WHERE device NOT IN (SELECT name FROM devices WHERE in_policy)",
	[OST_SQL_NAMES_COUNT] = "SELECT count(*) FROM names",
	[OST_SQL_NAMES_LIST] = "SELECT " NAME_COLUMNS " FROM names WHERE (device, ip, chain) > (?, ?, ?)"
			       " ORDER BY device, ip, chain LIMIT ?",
	[OST_SQL_UNKNOWN_PUT] = "INSERT OR REPLACE INTO unknown_devices(slot, mac, vlan, port, first_seen_ns,"
				" last_seen_ns, count_pkts) VALUES(?,?,?,?,?,?,?)",
	[OST_SQL_UNKNOWN_LIST] = "SELECT slot, mac, vlan, port, first_seen_ns, last_seen_ns, count_pkts"
				 " FROM unknown_devices ORDER BY last_seen_ns",
	[OST_SQL_ADMISSION_PUT] = "INSERT OR REPLACE INTO admissions(" ADMISSION_COLUMNS
				  ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[OST_SQL_ADMISSION_DROP] = "DELETE FROM admissions WHERE device = ?",
	[OST_SQL_ADMISSION_LIST] = "SELECT " ADMISSION_COLUMNS " FROM admissions",
	[OST_SQL_LOCKS_CLEAR] = "DELETE FROM lock_outs",
	[OST_SQL_LOCK_PUT] = "INSERT OR REPLACE INTO lock_outs(port, vlan, mac, until_ns, locks) VALUES(?,?,?,?,?)",
	[OST_SQL_LOCK_LIST] = "SELECT port, vlan, mac, until_ns, locks FROM lock_outs",
};

const char *ost_generation_state_name(unsigned state)
{
	static const char *const names[OST_GENERATION_STATE_COUNT] = {
		"pending", "applied", "refused", "unconfirmed", "rolled-back"};

	return state < OST_GENERATION_STATE_COUNT ? names[state] : "invalid";
}

const char *ost_registry_error(const struct ost_registry *registry)
{
	return sqlite3_errmsg(registry->db);
}

int ost_registry_errno(const struct ost_registry *registry, int sqlite_result)
{
	int os = registry->db != NULL ? sqlite3_system_errno(registry->db) : 0;

	switch (sqlite_result & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return -EUCLEAN;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		return os == ENOSPC || os == EROFS || os == EACCES || os == EDQUOT ? -os : -EIO;
	default:
		return -EIO;
	}
}

static int exec(struct ost_registry *r, const char *sql)
{
	return ost_registry_errno(r, sqlite3_exec(r->db, sql, NULL, NULL, NULL));
}

/* In WAL mode NORMAL differs from FULL by the sync of each commit alone; the log is synced as a whole. */
int ost_registry_begin(struct ost_registry *registry, bool synced)
{
	int r = 0;

	if (registry->unsynced == synced)
		r = exec(registry, synced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
	if (r < 0)
		return r;
	registry->unsynced = !synced;
	return exec(registry, "BEGIN IMMEDIATE");
}

int ost_registry_commit(struct ost_registry *registry)
{
	int r = exec(registry, "COMMIT");

	if (r < 0)
		ost_registry_rollback(registry);
	return r;
}

void ost_registry_rollback(struct ost_registry *registry)
{
	/* SQLite rolls back by itself after a full disk: then there is nothing left to do. */
	if (sqlite3_get_autocommit(registry->db) == 0)
		(void)exec(registry, "ROLLBACK");
}

/* Writes the file's header again, as it is. */
int ost_registry_touch(struct ost_registry *registry)
{
	char sql[48];

	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", OST_REGISTRY_SCHEMA);
	return exec(registry, sql);
}

sqlite3_stmt *ost_registry_statement(struct ost_registry *registry, enum ost_registry_statement s)
{
	(void)sqlite3_reset(registry->statements[s]);
	(void)sqlite3_clear_bindings(registry->statements[s]);
	return registry->statements[s];
}

int ost_registry_run(struct ost_registry *registry, sqlite3_stmt *s)
{
	int r = sqlite3_step(s);
	int e = ost_registry_errno(registry, r);

	(void)sqlite3_reset(s);
	return e;
}

static int pragma_get(struct ost_registry *r, const char *sql, int *ret_value)
{
	sqlite3_stmt *s = NULL;
	int e = ost_registry_errno(r, sqlite3_prepare_v2(r->db, sql, -1, &s, NULL));

	if (e == 0)
		e = ost_registry_errno(r, sqlite3_step(s));
	if (e == 0)
		*ret_value = sqlite3_column_int(s, 0);
	(void)sqlite3_finalize(s);
	return e;
}

static int migrate_one(struct ost_registry *r, int version)
{
	char sql[128];
	int e = ost_registry_begin(r, true);

	if (e < 0)
		return e;
	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d; PRAGMA application_id = %d", version + 1,
		APPLICATION_ID);
	e = exec(r, migrations[version]);
	if (e == 0)
		e = exec(r, sql);
	if (e == 0)
		return ost_registry_commit(r);
	ost_registry_rollback(r);
	return e;
}

static int migrate(struct ost_registry *r, char why[static 256])
{
	int version = 0, id = 0, tables = 0, e;

	e = pragma_get(r, "PRAGMA user_version", &version);
	if (e == 0)
		e = pragma_get(r, "PRAGMA application_id", &id);
	if (e == 0)
		e = pragma_get(r, "SELECT count(*) FROM sqlite_schema", &tables);
	if (e < 0)
		return e;
	if (id != APPLICATION_ID && (id != 0 || version != 0 || tables != 0)) {
		(void)snprintf(why, 256, "it is a database of another program; move it away");
		return -EUCLEAN;
	}
	if (version < 0 || version > OST_REGISTRY_SCHEMA) {
		(void)snprintf(why, 256, "its schema %d is newer than this program's %d; run the newer ostiaryd",
			version, OST_REGISTRY_SCHEMA);
		return -EPROTONOSUPPORT;
	}
	for (; version < OST_REGISTRY_SCHEMA && e == 0; version++)
		e = migrate_one(r, version);
	return e;
}

static int prepare_all(struct ost_registry *r)
{
	for (int i = 0; i < OST_SQL_COUNT; i++) {
		int s = sqlite3_prepare_v3(r->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
			&r->statements[i], NULL);

		if (s != SQLITE_OK)
			return ost_registry_errno(r, s);
	}
	return 0;
}

static int open_steps(struct ost_registry *r, const char *path, char why[static 256])
{
	int e = ost_registry_errno(r, sqlite3_open_v2(path, &r->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL));

	if (e < 0)
		return e;
	(void)sqlite3_busy_timeout(r->db, BUSY_MS);
	/* Text from disk is data, never SQL with powers. */
	(void)sqlite3_db_config(r->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(r->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	e = exec(r, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216");
	if (e == 0)
		e = migrate(r, why);
	return e == 0 ? prepare_all(r) : e;
}

int ost_registry_open(const char *path, char why[static 256], struct ost_registry **ret_registry)
{
	struct ost_registry *r = calloc(1, sizeof(*r));
	int e;

	if (r == NULL)
		return -ENOMEM;
	why[0] = '\0';
	e = open_steps(r, path, why);
	if (e < 0) {
		if (why[0] == '\0')
			(void)snprintf(why, 256, "%s", r->db != NULL ? sqlite3_errmsg(r->db) : strerror(-e));
		ost_registry_free(&r);
		return e;
	}
	*ret_registry = r;
	return 0;
}

void ost_registry_free(struct ost_registry **registry)
{
	struct ost_registry *r = *registry;

	if (r == NULL)
		return;
	for (int i = 0; i < OST_SQL_COUNT; i++)
		(void)sqlite3_finalize(r->statements[i]);
	(void)sqlite3_close(r->db);
	free(r);
	*registry = NULL;
}

int ost_registry_generation_put(struct ost_registry *registry, const struct ost_generation *g)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_GENERATION_PUT);
	const uint64_t numbers[] = {g->crc, g->devices, g->roles, g->rules, g->tests, g->image_bytes};

	ost_sql_u64(s, 1, g->number);
	ost_sql_u64(s, 2, g->state);
	ost_sql_u64(s, 3, g->applied_wall_ns);
	ost_sql_u64(s, 4, g->uid);
	ost_sql_text(s, 5, g->by);
	ost_sql_text(s, 6, g->message);
	for (int i = 0; i < 6; i++)
		ost_sql_u64(s, 7 + i, numbers[i]);
	ost_sql_text(s, 13, g->result);
	ost_sql_text(s, 14, g->sources_sha256);
	return ost_registry_run(registry, s);
}

static void generation_read(sqlite3_stmt *s, struct ost_generation *g)
{
	*g = (struct ost_generation){
		.number = ost_sql_column_u64(s, 0),
		.state = (uint8_t)ost_sql_column_u64(s, 1),
		.applied_wall_ns = ost_sql_column_u64(s, 2),
		.uid = (uint32_t)ost_sql_column_u64(s, 3),
		.crc = (uint32_t)ost_sql_column_u64(s, 6),
		.devices = (uint32_t)ost_sql_column_u64(s, 7),
		.roles = (uint32_t)ost_sql_column_u64(s, 8),
		.rules = (uint32_t)ost_sql_column_u64(s, 9),
		.tests = (uint32_t)ost_sql_column_u64(s, 10),
		.image_bytes = ost_sql_column_u64(s, 11),
	};
	(void)snprintf(g->by, sizeof(g->by), "%s", ost_sql_column_text(s, 4));
	(void)snprintf(g->message, sizeof(g->message), "%s", ost_sql_column_text(s, 5));
	(void)snprintf(g->result, sizeof(g->result), "%s", ost_sql_column_text(s, 12));
	(void)snprintf(g->sources_sha256, sizeof(g->sources_sha256), "%s", ost_sql_column_text(s, 13));
}

int ost_registry_generations_forget(struct ost_registry *registry, uint64_t up_to, uint64_t spare, uint64_t spare_too)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_GENERATION_FORGET);

	ost_sql_u64(s, 1, up_to);
	ost_sql_u64(s, 2, spare);
	ost_sql_u64(s, 3, spare_too);
	return ost_registry_run(registry, s);
}

int ost_registry_generation_get(struct ost_registry *registry, uint64_t number, struct ost_generation *ret_generation)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_GENERATION_GET);
	int r;

	ost_sql_u64(s, 1, number);
	r = sqlite3_step(s);
	if (r == SQLITE_ROW)
		generation_read(s, ret_generation);
	(void)sqlite3_reset(s);
	return r == SQLITE_DONE ? -ENOENT : ost_registry_errno(registry, r);
}

int ost_registry_generation_last(struct ost_registry *registry, uint64_t *ret_number)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_GENERATION_LAST);
	int r = sqlite3_step(s);

	if (r == SQLITE_ROW)
		*ret_number = ost_sql_column_u64(s, 0);
	(void)sqlite3_reset(s);
	return ost_registry_errno(registry, r);
}

int ost_registry_generations_each(struct ost_registry *registry, uint32_t limit,
	void (*fn)(void *user, const struct ost_generation *g), void *user)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_GENERATION_LIST);
	struct ost_generation g;
	int r;

	ost_sql_u64(s, 1, limit);
	while ((r = sqlite3_step(s)) == SQLITE_ROW) {
		generation_read(s, &g);
		fn(user, &g);
	}
	(void)sqlite3_reset(s);
	return ost_registry_errno(registry, r);
}
