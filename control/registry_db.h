/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the registry: shared by registry.c (file, schema, generations), registry_devices.c,
 * registry_names.c and registry_admissions.c only. */
#pragma once

#include <sqlite3.h>

#include "registry.h"

enum ost_registry_statement {
	OST_SQL_GENERATION_PUT,
	OST_SQL_GENERATION_GET,
	OST_SQL_GENERATION_LAST,
	OST_SQL_GENERATION_LIST,
	OST_SQL_GENERATION_FORGET,
	OST_SQL_DEVICES_GONE,
	OST_SQL_DEVICE_PUT,
	OST_SQL_DEVICE_SEEN,
	OST_SQL_DEVICE_LIST,
	OST_SQL_ADDRESS_BIND,
	OST_SQL_ADDRESS_LAPSE,
	OST_SQL_ADDRESS_FORGET,
	OST_SQL_ADDRESS_ALL,
	OST_SQL_ADDRESS_OF,
	OST_SQL_ADDRESS_HOLDERS,
	OST_SQL_NAME_RENEW,
	OST_SQL_NAME_ADD,
	OST_SQL_NAMES_EXPIRE,
	OST_SQL_NAMES_FORGET,
	OST_SQL_NAMES_GONE,
	OST_SQL_NAMES_COUNT,
	OST_SQL_NAMES_LIST,
	OST_SQL_UNKNOWN_PUT,
	OST_SQL_UNKNOWN_LIST,
	OST_SQL_ADMISSION_PUT,
	OST_SQL_ADMISSION_DROP,
	OST_SQL_ADMISSION_LIST,
	OST_SQL_LOCKS_CLEAR,
	OST_SQL_LOCK_PUT,
	OST_SQL_LOCK_LIST,
	OST_SQL_COUNT,
};

struct ost_registry {
	sqlite3 *db;
	sqlite3_stmt *statements[OST_SQL_COUNT];
	bool unsynced; /* PRAGMA synchronous is NORMAL just now */
};

/* SQLite's result as an errno, keeping full and read-only disks apart. */
int ost_registry_errno(const struct ost_registry *registry, int sqlite_result);

/* The prepared statement, reset. Its parameters are bound by the caller, in order, by the helpers below; a
 * failing bind shows when the statement is stepped. */
sqlite3_stmt *ost_registry_statement(struct ost_registry *registry, enum ost_registry_statement s);

/* Steps a statement that returns no row, and resets it. */
int ost_registry_run(struct ost_registry *registry, sqlite3_stmt *s) OST_MUST_CHECK;

static inline void ost_sql_text(sqlite3_stmt *s, int at, const char *text)
{
	(void)sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
}

/* SQLite's integers are signed: times and counts stay far below 2^63. */
static inline void ost_sql_u64(sqlite3_stmt *s, int at, uint64_t value)
{
	(void)sqlite3_bind_int64(s, at, (sqlite3_int64)OST_MIN(value, (uint64_t)INT64_MAX));
}

static inline uint64_t ost_sql_column_u64(sqlite3_stmt *s, int at)
{
	sqlite3_int64 v = sqlite3_column_int64(s, at);

	return v > 0 ? (uint64_t)v : 0;
}

static inline const char *ost_sql_column_text(sqlite3_stmt *s, int at)
{
	const unsigned char *t = sqlite3_column_text(s, at);

	return t != NULL ? (const char *)t : "";
}
