/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Admissions and lock-outs of the registry. What is read back is checked like any input: a session without a proof is
 * none, and a state that cannot be read holds its device in quarantine. */
#include <stdio.h>

#include "registry_db.h"

#define CLIENTS_FROM 0x10000u /* numbers of RADIUS clients, beside those of ports */

static void blob(sqlite3_stmt *s, int at, const void *bytes, size_t length)
{
	(void)sqlite3_bind_blob(s, at, bytes, (int)length, SQLITE_TRANSIENT);
}

static void proof_bind(sqlite3_stmt *s, const struct ost_session_proof *p)
{
	if (p == NULL)
		return; /* NULLs */
	ost_sql_text(s, 17, p->identity);
	ost_sql_text(s, 18, p->issuer);
	blob(s, 19, p->certificate_sha256, sizeof(p->certificate_sha256));
	blob(s, 20, p->issuer_sha256, sizeof(p->issuer_sha256));
	blob(s, 21, p->serial, p->serial_length);
	ost_sql_u64(s, 22, p->not_after_wall_s);
}

static void order_bind(sqlite3_stmt *s, const struct ost_session_order *o)
{
	if (o == NULL)
		return;
	ost_sql_u64(s, 23, o->uid);
	ost_sql_text(s, 24, o->by);
	ost_sql_text(s, 25, o->why);
}

int ost_registry_admission_put(struct ost_registry *registry, const struct ost_admission_row *row)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_ADMISSION_PUT);
	const struct ost_session *x = &row->session;
	struct ost_mac mac;
	char text[OST_MAC_TEXT];

	memcpy(mac.b, x->place.mac, sizeof(mac.b));
	ost_sql_text(s, 1, row->device);
	ost_sql_text(s, 2, ost_standing_name(x->standing));
	ost_sql_u64(s, 3, x->since_wall_ns);
	ost_sql_u64(s, 4, x->proved_wall_ns);
	ost_sql_u64(s, 5, row->prove_wall_ns);
	ost_sql_text(s, 6, ost_assurance_name((enum ost_assurance)x->assurance));
	ost_sql_text(s, 7, ost_auth_way_name(x->way));
	ost_sql_u64(s, 8, x->placed);
	ost_sql_u64(s, 9, x->place.port);
	ost_sql_text(s, 10, row->port);
	ost_sql_u64(s, 11, x->place.vlan);
	ost_sql_text(s, 12, ost_mac_format(&mac, text));
	ost_sql_u64(s, 13, x->confirmed);
	ost_sql_u64(s, 14, x->failures);
	ost_sql_text(s, 15, ost_auth_reason_name(x->failure));
	ost_sql_u64(s, 16, x->failure_wall_ns);
	proof_bind(s, x->proof);
	order_bind(s, x->order);
	return ost_registry_run(registry, s);
}

int ost_registry_admission_drop(struct ost_registry *registry, const char *device)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_ADMISSION_DROP);

	ost_sql_text(s, 1, device);
	return ost_registry_run(registry, s);
}

static bool blob_read(sqlite3_stmt *s, int at, void *to, size_t length)
{
	const void *bytes = sqlite3_column_blob(s, at);

	if (bytes == NULL || (size_t)sqlite3_column_bytes(s, at) != length)
		return false;
	memcpy(to, bytes, length);
	return true;
}

/* False: there is none, or none that is whole. */
static bool proof_read(sqlite3_stmt *s, struct ost_session_proof *p)
{
	const void *serial = sqlite3_column_blob(s, 20);
	size_t length = (size_t)sqlite3_column_bytes(s, 20);

	*p = (struct ost_session_proof){.not_after_wall_s = ost_sql_column_u64(s, 21)};
	if (sqlite3_column_type(s, 16) != SQLITE_TEXT || length > sizeof(p->serial) ||
		!blob_read(s, 18, p->certificate_sha256, sizeof(p->certificate_sha256)) ||
		!blob_read(s, 19, p->issuer_sha256, sizeof(p->issuer_sha256)))
		return false;
	if (serial != NULL)
		memcpy(p->serial, serial, length);
	p->serial_length = (uint8_t)length;
	(void)snprintf(p->identity, sizeof(p->identity), "%s", ost_sql_column_text(s, 16));
	(void)snprintf(p->issuer, sizeof(p->issuer), "%s", ost_sql_column_text(s, 17));
	return true;
}

static bool order_read(sqlite3_stmt *s, struct ost_session_order *o)
{
	if (sqlite3_column_type(s, 22) != SQLITE_INTEGER)
		return false;
	*o = (struct ost_session_order){.uid = (uint32_t)ost_sql_column_u64(s, 22)};
	(void)snprintf(o->by, sizeof(o->by), "%s", ost_sql_column_text(s, 23));
	(void)snprintf(o->why, sizeof(o->why), "%s", ost_sql_column_text(s, 24));
	return true;
}

static uint8_t word(const char *text, unsigned count, const char *(*name)(unsigned), uint8_t otherwise)
{
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(text, name(i)) == 0)
			return (uint8_t)i;
	}
	return otherwise;
}

static const char *assurance_name(unsigned assurance)
{
	return ost_assurance_name((enum ost_assurance)assurance);
}

static bool place_read(sqlite3_stmt *s, struct ost_session *x)
{
	struct ost_mac mac;

	x->placed = ost_sql_column_u64(s, 7) == 1;
	x->place = (struct ost_place){.port = (uint32_t)ost_sql_column_u64(s, 8), .vlan = (uint32_t)ost_sql_column_u64(s, 10)};
	if (ost_mac_parse(ost_sql_column_text(s, 11), &mac) < 0)
		return false;
	memcpy(x->place.mac, mac.b, sizeof(x->place.mac));
	return !x->placed || (x->place.port < OST_PORTS_MAX && x->place.vlan < 1u << 24);
}

/* A row that makes no sense, or claims a session without a proof, is no session. */
static bool row_read(sqlite3_stmt *s, struct ost_admission_row *row, struct ost_session_proof *proof,
	struct ost_session_order *order)
{
	struct ost_session *x = &row->session;

	*row = (struct ost_admission_row){.device = ost_sql_column_text(s, 0), .prove_wall_ns = ost_sql_column_u64(s, 4), .port = ost_sql_column_text(s, 9)};
	/* Whatever stood there was written for a reason. */
	if (ost_standing_parse(ost_sql_column_text(s, 1), &x->standing) < 0 || !place_read(s, x)) {
		x->standing = OST_STANDING_HELD;
		x->placed = false;
	}
	x->since_wall_ns = ost_sql_column_u64(s, 2);
	x->proved_wall_ns = ost_sql_column_u64(s, 3);
	x->assurance = word(ost_sql_column_text(s, 5), OST_ASSURANCE_COUNT, assurance_name, OST_ASSURANCE_NONE);
	x->way = word(ost_sql_column_text(s, 6), OST_AUTH_WAY_COUNT, ost_auth_way_name, OST_AUTH_WAY_EAPOL);
	x->confirmed = ost_sql_column_u64(s, 12) == 1;
	x->failures = ost_sql_column_u64(s, 13);
	x->failure = word(ost_sql_column_text(s, 14), OST_AUTH_REASON_COUNT, ost_auth_reason_name, OST_AUTH_REASON_NONE);
	x->failure_wall_ns = ost_sql_column_u64(s, 15);
	x->proof = proof_read(s, proof) ? proof : NULL;
	x->order = order_read(s, order) ? order : NULL;
	return x->proof != NULL || (x->standing != OST_STATE_AUTHENTICATED && x->standing != OST_STATE_EXPIRED);
}

int ost_registry_admissions_each(struct ost_registry *registry,
	void (*fn)(void *user, const struct ost_admission_row *row), void *user)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_ADMISSION_LIST);
	struct ost_session_proof proof;
	struct ost_session_order order;
	struct ost_admission_row row;
	int r;

	while ((r = sqlite3_step(s)) == SQLITE_ROW) {
		if (row_read(s, &row, &proof, &order))
			fn(user, &row);
	}
	(void)sqlite3_reset(s);
	return ost_registry_errno(registry, r);
}

int ost_registry_locks_clear(struct ost_registry *registry)
{
	return ost_registry_run(registry, ost_registry_statement(registry, OST_SQL_LOCKS_CLEAR));
}

int ost_registry_lock_put(struct ost_registry *registry, const struct ost_registry_lock *lock)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_LOCK_PUT);
	struct ost_mac mac;
	char text[OST_MAC_TEXT];

	memcpy(mac.b, lock->place.mac, sizeof(mac.b));
	ost_sql_u64(s, 1, lock->place.client != 0 ? CLIENTS_FROM + lock->place.client : lock->place.port);
	ost_sql_u64(s, 2, lock->place.vlan);
	ost_sql_text(s, 3, ost_mac_format(&mac, text));
	ost_sql_u64(s, 4, lock->until_wall_ns);
	ost_sql_u64(s, 5, lock->locks);
	return ost_registry_run(registry, s);
}

int ost_registry_locks_each(struct ost_registry *registry,
	void (*fn)(void *user, const struct ost_registry_lock *lock), void *user)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_LOCK_LIST);
	int r;

	while ((r = sqlite3_step(s)) == SQLITE_ROW) {
		struct ost_registry_lock lock = {.until_wall_ns = ost_sql_column_u64(s, 3), .locks = (uint32_t)ost_sql_column_u64(s, 4)};
		struct ost_mac mac;

		uint64_t port = ost_sql_column_u64(s, 0);

		if ((port >= OST_PORTS_MAX && (port <= CLIENTS_FROM || port > CLIENTS_FROM + UINT16_MAX)) || ost_mac_parse(ost_sql_column_text(s, 2), &mac) < 0)
			continue;
		lock.place.port = port < OST_PORTS_MAX ? (uint32_t)port : OST_PLACE_NO_PORT;
		lock.place.client = port < OST_PORTS_MAX ? 0 : (uint16_t)(port - CLIENTS_FROM);
		lock.place.vlan = (uint32_t)ost_sql_column_u64(s, 1);
		memcpy(lock.place.mac, mac.b, sizeof(mac.b));
		fn(user, &lock);
	}
	(void)sqlite3_reset(s);
	return ost_registry_errno(registry, r);
}
