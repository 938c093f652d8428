/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal_disk.h"

#include <stdio.h>

/* Descriptors are indexes of files: the journal has at most one of each file open for writing. */

static struct disk *disk_of(struct ost_journal_io *io)
{
	return (struct disk *)io;
}

static void *copy_of(const void *bytes, size_t length)
{
	void *p = malloc(length + 1);

	if (p == NULL)
		abort();
	if (length > 0)
		memcpy(p, bytes, length);
	return p;
}

static int find(const struct disk_name *names, unsigned count, const char *name)
{
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(names[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

static void set(struct disk_name *names, unsigned *count, const struct disk_name *to)
{
	int i = find(names, *count, to->name);

	if (to->file < 0) {
		if (i >= 0)
			names[i] = names[--*count];
		return;
	}
	if (i < 0) {
		if (*count == DISK_FILES)
			abort();
		i = (int)(*count)++;
	}
	names[i] = *to;
}

static void folder_of(const char *name, char folder[static 64])
{
	const char *slash = strrchr(name, '/');

	(void)snprintf(folder, 64, "%.*s", slash != NULL ? (int)(slash - name) : 0, name);
}

/* Before each call that changes something: the crash, and the failure. */
static int call(struct disk *d)
{
	if (d->changed != NULL)
		d->changed(d->user, d);
	d->calls++;
	if (d->fail_at != 0 && d->calls >= d->fail_at && d->calls <= d->fail_at + d->fail_calls)
		return d->fail_with;
	return 0;
}

static void moved(struct disk *d, const char *folder, const struct disk_name *names, unsigned count)
{
	struct disk_move *m = &d->moves[d->move_count++];

	if (d->move_count == DISK_OPS)
		abort();
	(void)snprintf(m->folder, sizeof(m->folder), "%s", folder);
	m->count = count;
	for (unsigned i = 0; i < count; i++) {
		m->set[i] = names[i];
		set(d->now, &d->now_count, &names[i]);
	}
}

static int disk_open(struct ost_journal_io *io, const char *name, enum ost_journal_open how, int *ret_fd)
{
	struct disk *d = disk_of(io);
	int i = find(d->now, d->now_count, name);
	struct disk_name entry = {.file = -1};
	char folder[64];
	int r;

	if (how == OST_JOURNAL_OPEN_READ || how == OST_JOURNAL_OPEN_APPEND) {
		if (i < 0)
			return -ENOENT;
		*ret_fd = d->now[i].file;
		return 0;
	}
	r = call(d);
	if (r < 0)
		return r;
	if (i >= 0)
		return -EEXIST;
	if (d->file_count == DISK_FILES)
		abort();
	d->files[d->file_count] = calloc(1, sizeof(*d->files[0]));
	entry.file = (int)d->file_count++;
	(void)snprintf(entry.name, sizeof(entry.name), "%s", name);
	folder_of(name, folder);
	moved(d, folder, &entry, 1);
	*ret_fd = entry.file;
	return 0;
}

static void disk_close(struct ost_journal_io *io, int fd)
{
	(void)io;
	(void)fd;
}

static int disk_size(struct ost_journal_io *io, int fd, uint64_t *ret_bytes)
{
	*ret_bytes = disk_of(io)->files[fd]->now_length;
	return 0;
}

static int disk_read(struct ost_journal_io *io, int fd, void *buf, size_t n, uint64_t offset, size_t *ret_n)
{
	const struct disk_file *f = disk_of(io)->files[fd];

	*ret_n = offset >= f->now_length ? 0 : OST_MIN(n, f->now_length - (size_t)offset);
	if (*ret_n > 0)
		memcpy(buf, f->now + offset, *ret_n);
	return 0;
}

static void changes_drop(struct disk_file *f)
{
	for (unsigned i = 0; i < f->change_count; i++)
		free(f->changes[i].bytes);
	f->change_count = 0;
}

static void append(char **bytes, size_t *length, const void *more, size_t n)
{
	*bytes = realloc(*bytes, *length + n + 1);
	if (*bytes == NULL)
		abort();
	memcpy(*bytes + *length, more, n);
	*length += n;
}

static void resize(char **bytes, size_t *length, size_t to)
{
	*bytes = realloc(*bytes, to + 1);
	if (*bytes == NULL)
		abort();
	if (to > *length)
		memset(*bytes + *length, 0, to - *length);
	*length = to;
}

static struct disk_change *change(struct disk_file *f)
{
	if (f->change_count == DISK_OPS) { /* the log, which is hardly ever synced: the oldest reach the disk by themselves */
		struct disk_change *c = &f->changes[0];

		if (!c->lost && c->bytes != NULL) {
			resize(&f->durable, &f->durable_length, OST_MAX(f->durable_length, (size_t)c->at));
			memcpy((resize(&f->durable, &f->durable_length, OST_MAX(f->durable_length, (size_t)c->at + c->length)), f->durable) + c->at,
				c->bytes, c->length);
		}
		free(c->bytes);
		memmove(c, c + 1, (DISK_OPS - 1) * sizeof(*c));
		f->change_count--;
	}
	return &f->changes[f->change_count++];
}

static int disk_write(struct ost_journal_io *io, int fd, const void *buf, size_t n)
{
	struct disk *d = disk_of(io);
	struct disk_file *f = d->files[fd];
	int r = call(d);

	if (r < 0)
		n /= 2; /* a part is there */
	*change(f) = (struct disk_change){.bytes = copy_of(buf, n), .length = n, .at = f->now_length};
	append(&f->now, &f->now_length, buf, n);
	return r;
}

static int disk_sync(struct ost_journal_io *io, int fd)
{
	struct disk *d = disk_of(io);
	struct disk_file *f = d->files[fd];
	int r = call(d);

	if (r < 0) {
		for (unsigned i = 0; i < f->change_count; i++)
			f->changes[i].lost = true;
		return r;
	}
	for (unsigned i = 0; i < f->change_count; i++) {
		if (f->changes[i].lost)
			return 0; /* the kernel says that all is well */
	}
	free(f->durable);
	f->durable = copy_of(f->now, f->now_length);
	f->durable_length = f->now_length;
	changes_drop(f);
	return 0;
}

static int disk_truncate(struct ost_journal_io *io, int fd, uint64_t size)
{
	struct disk *d = disk_of(io);
	struct disk_file *f = d->files[fd];
	int r = call(d);

	if (r < 0 || size == f->now_length)
		return r;
	*change(f) = (struct disk_change){.at = size};
	resize(&f->now, &f->now_length, (size_t)size);
	return 0;
}

/* A folder: all that is in it. */
static int folder_rename(struct disk *d, const char *from, const char *to)
{
	struct disk_name *names = copy_of(d->now, sizeof(d->now));
	unsigned count = d->now_count, found = 0;
	size_t n = strlen(from);

	for (unsigned i = 0; i < count; i++) {
		struct disk_name pair[2] = {names[i], names[i]};

		if (strncmp(names[i].name, from, n) != 0 || names[i].name[n] != '/')
			continue;
		pair[0].file = -1;
		(void)snprintf(pair[1].name, sizeof(pair[1].name), "%.40s%.50s", to, names[i].name + n);
		moved(d, "", pair, 2);
		found++;
	}
	free(names);
	return found > 0 ? 0 : -ENOENT;
}

static int disk_rename(struct ost_journal_io *io, const char *from, const char *to)
{
	struct disk *d = disk_of(io);
	struct disk_name names[2] = {{.file = -1}, {.file = -1}};
	char folder[64];
	int i, r = call(d);

	if (r < 0)
		return r;
	i = find(d->now, d->now_count, from);
	if (i < 0)
		return folder_rename(d, from, to);
	names[1].file = d->now[i].file;
	(void)snprintf(names[0].name, sizeof(names[0].name), "%s", from);
	(void)snprintf(names[1].name, sizeof(names[1].name), "%s", to);
	folder_of(to, folder);
	moved(d, folder, names, 2);
	return 0;
}

static int disk_unlink(struct ost_journal_io *io, const char *name)
{
	struct disk *d = disk_of(io);
	struct disk_name entry = {.file = -1};
	char folder[64];
	int r;

	if (find(d->now, d->now_count, name) < 0)
		return -ENOENT;
	r = call(d);
	if (r < 0)
		return r;
	(void)snprintf(entry.name, sizeof(entry.name), "%s", name);
	folder_of(name, folder);
	moved(d, folder, &entry, 1);
	return 0;
}

/* Folders are there: nothing of ours depends on when they come. */
static int disk_mkdir(struct ost_journal_io *io, const char *name)
{
	(void)name;
	return call(disk_of(io));
}

static int disk_sync_dir(struct ost_journal_io *io, const char *name)
{
	struct disk *d = disk_of(io);
	unsigned kept = 0;
	int r = call(d);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < d->move_count; i++) {
		struct disk_move *m = &d->moves[i];

		if (strcmp(m->folder, name) == 0) {
			for (unsigned k = 0; k < m->count; k++)
				set(d->durable, &d->durable_count, &m->set[k]);
		} else {
			d->moves[kept++] = *m;
		}
	}
	d->move_count = kept;
	return 0;
}

static int disk_list(struct ost_journal_io *io, const char *name, void (*entry)(void *user, const char *name), void *user)
{
	const struct disk *d = disk_of(io);
	unsigned count = d->now_count;
	struct disk_name *names = copy_of(d->now, sizeof(d->now)); /* entry may rename */

	for (unsigned i = 0; i < count; i++) {
		const char *slash = strrchr(names[i].name, '/');
		char folder[64];

		folder_of(names[i].name, folder);
		if (strcmp(folder, name) == 0)
			entry(user, slash != NULL ? slash + 1 : names[i].name);
	}
	free(names);
	return 0;
}

static const struct ost_journal_io_ops ops = {
	.open = disk_open,
	.close = disk_close,
	.size = disk_size,
	.read = disk_read,
	.write = disk_write,
	.sync = disk_sync,
	.truncate = disk_truncate,
	.rename = disk_rename,
	.unlink = disk_unlink,
	.mkdir = disk_mkdir,
	.sync_dir = disk_sync_dir,
	.list = disk_list,
};

struct disk *disk_new(void)
{
	struct disk *d = calloc(1, sizeof(*d));

	if (d == NULL)
		abort();
	d->io.ops = &ops;
	d->fail_with = -EIO;
	return d;
}

void disk_free(struct disk *disk)
{
	for (unsigned i = 0; i < disk->file_count; i++) {
		changes_drop(disk->files[i]);
		free(disk->files[i]->now);
		free(disk->files[i]->durable);
		free(disk->files[i]);
	}
	free(disk);
}

/* ---- a crash ---- */

struct chance {
	unsigned style;
	uint32_t (*pick)(void *user, uint32_t n);
	void *user;
};

static bool comes(const struct chance *c)
{
	return c->style == 1 || (c->style > 1 && c->pick(c->user, 2) == 0);
}

/* Bytes that were on their way: whole, cut at a byte, or in sectors, of which some hold zeros. */
static void bytes_come(const struct chance *c, const struct disk_change *w, char **bytes, size_t *length)
{
	size_t n = w->length, at = (size_t)w->at;
	unsigned how = c->style == 1 ? 0 : c->pick(c->user, 4);

	if (how == 1)
		n = c->pick(c->user, (uint32_t)n + 1);
	if (how == 2)
		n = OST_MIN(n, (at + 511) / 512 * 512 - at + 512 * c->pick(c->user, 4));
	if (*length < at + n)
		resize(bytes, length, at + n);
	for (size_t i = 0; i < n;) {
		size_t part = OST_MIN(n - i, 512 - (at + i) % 512);

		if (how != 3 || c->pick(c->user, 2) == 0)
			memcpy(*bytes + at + i, w->bytes + i, part);
		i += part;
	}
}

static struct disk_file *file_crash(const struct chance *c, const struct disk_file *f)
{
	struct disk_file *to = calloc(1, sizeof(*to));

	if (to == NULL)
		abort();
	to->now = copy_of(f->durable, f->durable_length);
	to->now_length = f->durable_length;
	for (unsigned i = 0; i < f->change_count; i++) {
		const struct disk_change *w = &f->changes[i];

		if (w->lost || !comes(c))
			continue;
		if (w->bytes == NULL)
			resize(&to->now, &to->now_length, (size_t)w->at);
		else
			bytes_come(c, w, &to->now, &to->now_length);
	}
	to->durable = copy_of(to->now, to->now_length);
	to->durable_length = to->now_length;
	return to;
}

struct disk *disk_crash(const struct disk *disk, unsigned style, uint32_t (*pick)(void *user, uint32_t n), void *user)
{
	const struct chance chance = {style, pick, user};
	struct disk *d = disk_new();

	d->file_count = disk->file_count;
	for (unsigned i = 0; i < disk->file_count; i++)
		d->files[i] = file_crash(&chance, disk->files[i]);
	memcpy(d->durable, disk->durable, sizeof(d->durable));
	d->durable_count = disk->durable_count;
	for (unsigned i = 0; i < disk->move_count; i++) {
		if (!comes(&chance))
			continue;
		for (unsigned k = 0; k < disk->moves[i].count; k++)
			set(d->durable, &d->durable_count, &disk->moves[i].set[k]);
	}
	memcpy(d->now, d->durable, sizeof(d->now));
	d->now_count = d->durable_count;
	return d;
}

/* ---- for tests ---- */

char *disk_bytes(struct disk *disk, const char *name, size_t *ret_length)
{
	int i = find(disk->now, disk->now_count, name);

	if (i < 0)
		return NULL;
	*ret_length = disk->files[disk->now[i].file]->now_length;
	return disk->files[disk->now[i].file]->now;
}

void disk_put(struct disk *disk, const char *name, const void *bytes, size_t length)
{
	int i = find(disk->now, disk->now_count, name);
	struct disk_file *f;

	if (i < 0) {
		struct disk_name entry = {.file = (int)disk->file_count};

		disk->files[disk->file_count++] = calloc(1, sizeof(*f));
		(void)snprintf(entry.name, sizeof(entry.name), "%s", name);
		set(disk->now, &disk->now_count, &entry);
		set(disk->durable, &disk->durable_count, &entry);
		i = find(disk->now, disk->now_count, name);
	}
	f = disk->files[disk->now[i].file];
	changes_drop(f);
	free(f->now);
	free(f->durable);
	f->now = copy_of(bytes, length);
	f->durable = copy_of(bytes, length);
	f->now_length = f->durable_length = length;
}

void disk_remove(struct disk *disk, const char *name)
{
	struct disk_name entry = {.file = -1};

	(void)snprintf(entry.name, sizeof(entry.name), "%s", name);
	set(disk->now, &disk->now_count, &entry);
	set(disk->durable, &disk->durable_count, &entry);
}

unsigned disk_count(const struct disk *disk, const char *prefix)
{
	unsigned n = 0;

	for (unsigned i = 0; i < disk->now_count; i++)
		n += strncmp(disk->now[i].name, prefix, strlen(prefix)) == 0;
	return n;
}
