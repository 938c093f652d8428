/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Personal data beside the chain: what a record commits to, and what can be erased. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/random.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/hmac.h>

#include "journal.h"

#define SALT_BYTES 32

struct ost_vault {
	sqlite3 *db;
};

static int error_of(int sqlite)
{
	switch (sqlite & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	default:
		return -EIO;
	}
}

/* secure_delete overwrites what is deleted with zeros; without a write-ahead log nothing of it stays in another file. */
static const char set_up[] = "PRAGMA journal_mode=DELETE; PRAGMA secure_delete=ON; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;"
			     "CREATE TABLE IF NOT EXISTS kept (commitment TEXT PRIMARY KEY, salt BLOB NOT NULL, value BLOB NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;"
			     "CREATE INDEX IF NOT EXISTS kept_expires ON kept (expires);";

int ost_vault_open(const char *file, struct ost_vault **ret_vault)
{
	struct ost_vault *v = calloc(1, sizeof(*v));
	int fd, r;

	if (v == NULL)
		return -ENOMEM;
	/* Made here, so that it is nobody else's to read from its first moment. */
	fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		r = -errno;
		free(v);
		return r;
	}
	(void)close(fd);
	r = sqlite3_open_v2(file, &v->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
	if (r == SQLITE_OK)
		r = sqlite3_exec(v->db, set_up, NULL, NULL, NULL);
	if (r != SQLITE_OK) {
		ost_vault_close(&v);
		return error_of(r);
	}
	*ret_vault = v;
	return 0;
}

void ost_vault_close(struct ost_vault **vault)
{
	if (*vault == NULL)
		return;
	(void)sqlite3_close((*vault)->db);
	free(*vault);
	*vault = NULL;
}

static int commitment_make(const uint8_t salt[static SALT_BYTES], const void *value, size_t length, char text[static OST_VAULT_COMMITMENT])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t mac[WC_SHA256_DIGEST_SIZE];
	Hmac hmac;
	int r = wc_HmacInit(&hmac, NULL, INVALID_DEVID);

	if (r == 0)
		r = wc_HmacSetKey(&hmac, WC_SHA256, salt, SALT_BYTES);
	if (r == 0)
		r = wc_HmacUpdate(&hmac, value, (word32)length);
	if (r == 0)
		r = wc_HmacFinal(&hmac, mac);
	wc_HmacFree(&hmac);
	for (unsigned i = 0; i < sizeof(mac) && r == 0; i++) {
		text[2 * i] = digits[mac[i] >> 4];
		text[2 * i + 1] = digits[mac[i] & 15];
	}
	text[2 * sizeof(mac)] = '\0';
	return r == 0 ? 0 : -EIO;
}

static int prepare(struct ost_vault *v, const char *sql, sqlite3_stmt **ret)
{
	return error_of(sqlite3_prepare_v2(v->db, sql, -1, ret, NULL));
}

int ost_vault_put(struct ost_vault *vault, const void *value, size_t length, int64_t expires_wall_s,
	char ret_commitment[static OST_VAULT_COMMITMENT])
{
	char commitment[OST_VAULT_COMMITMENT];
	uint8_t salt[SALT_BYTES];
	sqlite3_stmt *s;
	int r;

	if (length > OST_VAULT_VALUE_MAX)
		return -EMSGSIZE;
	if (getrandom(salt, sizeof(salt), 0) != (ssize_t)sizeof(salt))
		return -EIO;
	r = commitment_make(salt, value, length, commitment);
	if (r == 0)
		r = prepare(vault, "INSERT INTO kept VALUES (?, ?, ?, ?)", &s);
	if (r == 0) {
		(void)sqlite3_bind_text(s, 1, commitment, -1, SQLITE_STATIC);
		(void)sqlite3_bind_blob(s, 2, salt, sizeof(salt), SQLITE_STATIC);
		(void)sqlite3_bind_blob(s, 3, length > 0 ? value : "", (int)length, SQLITE_STATIC);
		(void)sqlite3_bind_int64(s, 4, expires_wall_s);
		r = error_of(sqlite3_step(s));
		(void)sqlite3_finalize(s);
	}
	explicit_bzero(salt, sizeof(salt));
	if (r == 0)
		memcpy(ret_commitment, commitment, sizeof(commitment));
	return r;
}

static int row_read(sqlite3_stmt *s, const char *commitment, char **ret_value, size_t *ret_length)
{
	size_t length = (size_t)sqlite3_column_bytes(s, 1);
	char again[OST_VAULT_COMMITMENT], *value;
	int r;

	if (sqlite3_column_bytes(s, 0) != SALT_BYTES)
		return -EBADMSG;
	value = malloc(length + 1);
	if (value == NULL)
		return -ENOMEM;
	if (length > 0)
		memcpy(value, sqlite3_column_blob(s, 1), length);
	value[length] = '\0';
	r = commitment_make(sqlite3_column_blob(s, 0), value, length, again);
	if (r == 0 && strcmp(again, commitment) != 0)
		r = -EBADMSG;
	if (r < 0) {
		explicit_bzero(value, length);
		free(value);
		return r;
	}
	*ret_value = value;
	*ret_length = length;
	return 0;
}

int ost_vault_get(struct ost_vault *vault, const char *commitment, char **ret_value, size_t *ret_length)
{
	sqlite3_stmt *s;
	int step, r = prepare(vault, "SELECT salt, value FROM kept WHERE commitment = ?", &s);

	if (r < 0)
		return r;
	(void)sqlite3_bind_text(s, 1, commitment, -1, SQLITE_STATIC);
	step = sqlite3_step(s);
	r = step == SQLITE_ROW ? row_read(s, commitment, ret_value, ret_length) : step == SQLITE_DONE ? -ENOENT : error_of(step);
	(void)sqlite3_finalize(s);
	return r;
}

int ost_vault_erase(struct ost_vault *vault, const char *commitment)
{
	sqlite3_stmt *s;
	int r = prepare(vault, "DELETE FROM kept WHERE commitment = ?", &s);

	if (r < 0)
		return r;
	(void)sqlite3_bind_text(s, 1, commitment, -1, SQLITE_STATIC);
	r = error_of(sqlite3_step(s));
	(void)sqlite3_finalize(s);
	return r == 0 && sqlite3_changes(vault->db) == 0 ? -ENOENT : r;
}

int ost_vault_expire(struct ost_vault *vault, int64_t now_wall_s)
{
	sqlite3_stmt *s;
	int r = prepare(vault, "DELETE FROM kept WHERE expires > 0 AND expires <= ?", &s);

	if (r < 0)
		return r;
	(void)sqlite3_bind_int64(s, 1, now_wall_s);
	r = error_of(sqlite3_step(s));
	(void)sqlite3_finalize(s);
	return r == 0 ? sqlite3_changes(vault->db) : r;
}
