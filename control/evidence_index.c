/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence_index.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "clock.h"
#include "incident.h"

#define KEPT_NS (OST_EVIDENCE_DAYS * 86400ull * OST_NS_PER_S)

void ost_evidence_index_free(struct ost_evidence_index *x)
{
	free(x->files);
	*x = (struct ost_evidence_index){0};
}

void ost_evidence_name(const uint8_t incident[static 16], uint32_t number, char *buf, size_t size)
{
	char id[OST_INCIDENT_ID_TEXT];

	(void)snprintf(buf, size, "%s-%u.pcapng", ost_incident_id_text(incident, id), number);
}

int ost_evidence_name_parse(const char *name, uint8_t ret_incident[static 16], uint32_t *ret_number)
{
	char id[OST_INCIDENT_ID_TEXT], again[64];
	const size_t n = sizeof(id) - 1;
	uint8_t incident[16];
	uint32_t number;

	if (strnlen(name, n + 3) < n + 3 || name[n] != '-')
		return -EINVAL;
	memcpy(id, name, n);
	id[n] = '\0';
	if (ost_incident_id_parse(id, incident) < 0)
		return -EINVAL;
	number = (uint32_t)(name[n + 1] - '0');
	if (number < 1 || number > 9)
		return -EINVAL;
	ost_evidence_name(incident, number, again, sizeof(again));
	if (strcmp(again, name) != 0)
		return -EINVAL;
	memcpy(ret_incident, incident, sizeof(incident));
	*ret_number = number;
	return 0;
}

static int by_age(const void *a, const void *b)
{
	const struct ost_evidence_file *x = a, *y = b;

	return (x->wall_ns > y->wall_ns) - (x->wall_ns < y->wall_ns);
}

int ost_evidence_index_scan(struct ost_evidence_index *x, const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *e;
	int r = 0;

	if (dir == NULL)
		return -errno;
	while (r == 0 && (e = readdir(dir)) != NULL) {
		struct ost_evidence_file f = {0};
		struct stat st;

		if (ost_evidence_name_parse(e->d_name, f.incident, &f.number) < 0 ||
			fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		f.bytes = (uint32_t)OST_MIN((uint64_t)st.st_size, (uint64_t)UINT32_MAX);
		f.wall_ns = (uint64_t)st.st_mtim.tv_sec * OST_NS_PER_S + (uint64_t)st.st_mtim.tv_nsec;
		r = ost_evidence_index_add(x, &f);
	}
	(void)closedir(dir);
	if (x->count > 0)
		qsort(x->files, x->count, sizeof(*x->files), by_age);
	return r;
}

int ost_evidence_index_add(struct ost_evidence_index *x, const struct ost_evidence_file *file)
{
	if (x->count == x->capacity) {
		uint32_t capacity = OST_MAX(64u, x->capacity * 2);
		struct ost_evidence_file *grown = realloc(x->files, capacity * sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		x->files = grown;
		x->capacity = capacity;
	}
	x->files[x->count++] = *file;
	x->bytes += file->bytes;
	return 0;
}

void ost_evidence_index_remove(struct ost_evidence_index *x, uint32_t place)
{
	if (place >= x->count)
		return;
	x->bytes -= x->files[place].bytes;
	x->count--;
	memmove(x->files + place, x->files + place + 1, (x->count - place) * sizeof(*x->files));
}

struct ost_evidence_file *ost_evidence_index_find(const struct ost_evidence_index *x, const uint8_t incident[static 16], uint32_t number)
{
	for (uint32_t i = 0; i < x->count; i++) {
		if (x->files[i].number == number && memcmp(x->files[i].incident, incident, 16) == 0)
			return &x->files[i];
	}
	return NULL;
}

uint32_t ost_evidence_index_last(const struct ost_evidence_index *x, const uint8_t incident[static 16])
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < x->count; i++) {
		if (memcmp(x->files[i].incident, incident, 16) == 0)
			last = OST_MAX(last, x->files[i].number);
	}
	return last;
}

bool ost_evidence_index_must_go(const struct ost_evidence_index *x, uint64_t more_bytes, uint64_t now_wall_ns)
{
	if (x->count == 0)
		return false;
	return x->count + (more_bytes > 0) > OST_EVIDENCE_FILES || x->bytes + more_bytes > OST_EVIDENCE_BYTES ||
		(now_wall_ns > KEPT_NS && x->files[0].wall_ns < now_wall_ns - KEPT_NS);
}
