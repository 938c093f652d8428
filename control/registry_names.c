/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the registry: which devices were given which addresses for them. */
#include "registry_db.h"

static void key_bind(sqlite3_stmt *s, int at, const struct ost_registry_name *n)
{
	char ip[OST_IP_TEXT];

	ost_sql_text(s, at, n->device);
	ost_sql_text(s, at + 1, ost_ip_format(&n->ip, ip));
	(void)sqlite3_bind_blob(s, at + 2, n->chain, (int)n->length, SQLITE_TRANSIENT);
}

static void values_bind(sqlite3_stmt *s, int at, const struct ost_registry_name *n)
{
	char mac[OST_MAC_TEXT];

	ost_sql_text(s, at, ost_mac_format(&n->mac, mac));
	ost_sql_u64(s, at + 1, n->vlan);
	ost_sql_text(s, at + 2, n->boot);
	ost_sql_u64(s, at + 3, n->told_boot_ns);
	ost_sql_u64(s, at + 4, n->expires_boot_ns);
	ost_sql_u64(s, at + 5, n->told_wall_ns);
	ost_sql_u64(s, at + 6, n->expires_wall_ns);
}

int ost_registry_name_put(struct ost_registry *registry, const struct ost_registry_name *n, bool room, bool *ret_new)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_NAME_RENEW);
	int r;

	values_bind(s, 1, n);
	key_bind(s, 8, n);
	r = ost_registry_run(registry, s);
	*ret_new = r == 0 && sqlite3_changes(registry->db) == 0;
	if (!*ret_new)
		return r;
	if (!room)
		return -ENOBUFS;
	s = ost_registry_statement(registry, OST_SQL_NAME_ADD);
	key_bind(s, 1, n);
	values_bind(s, 4, n);
	return ost_registry_run(registry, s);
}

int ost_registry_names_expire(struct ost_registry *registry, const char *boot, uint64_t boot_ns, uint64_t wall_ns)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_NAMES_EXPIRE);

	ost_sql_text(s, 1, boot);
	ost_sql_u64(s, 2, boot_ns);
	ost_sql_u64(s, 3, wall_ns);
	return ost_registry_run(registry, s);
}

int ost_registry_names_forget(struct ost_registry *registry, const char *boot, uint64_t before_boot_ns)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_NAMES_FORGET);

	ost_sql_text(s, 1, boot);
	ost_sql_u64(s, 2, before_boot_ns);
	return ost_registry_run(registry, s);
}

int ost_registry_names_count(struct ost_registry *registry, uint64_t *ret_count)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_NAMES_COUNT);
	int r = sqlite3_step(s);

	if (r == SQLITE_ROW)
		*ret_count = ost_sql_column_u64(s, 0);
	(void)sqlite3_reset(s);
	return ost_registry_errno(registry, r);
}

/* False: the row is none of ours. */
static bool row_read(sqlite3_stmt *s, struct ost_registry_name *n)
{
	int length = sqlite3_column_bytes(s, 2);

	*n = (struct ost_registry_name){.device = ost_sql_column_text(s, 0), .vlan = (uint32_t)ost_sql_column_u64(s, 4)};
	if (length <= 0 || length > (int)OST_MSG_CHAIN_MAX || ost_ip_parse(ost_sql_column_text(s, 1), &n->ip) < 0 ||
		ost_mac_parse(ost_sql_column_text(s, 3), &n->mac) < 0)
		return false;
	n->chain = sqlite3_column_blob(s, 2);
	n->length = (uint32_t)length;
	n->boot = ost_sql_column_text(s, 5);
	n->told_boot_ns = ost_sql_column_u64(s, 6);
	n->expires_boot_ns = ost_sql_column_u64(s, 7);
	n->told_wall_ns = ost_sql_column_u64(s, 8);
	n->expires_wall_ns = ost_sql_column_u64(s, 9);
	return true;
}

int ost_registry_names_each(struct ost_registry *registry, const struct ost_registry_name *after, uint32_t limit,
	bool (*fn)(void *user, const struct ost_registry_name *n), void *user)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_NAMES_LIST);
	struct ost_registry_name n;
	bool on = true;
	int r = SQLITE_DONE;

	key_bind(s, 1, after);
	ost_sql_u64(s, 4, limit);
	while (on && (r = sqlite3_step(s)) == SQLITE_ROW)
		on = !row_read(s, &n) || fn(user, &n);
	(void)sqlite3_reset(s);
	return ost_registry_errno(registry, r);
}
