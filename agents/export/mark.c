/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "file.h"
#include "text.h"

#define HEAD	 "ostiary-export 1\norigin "
#define SEQ	 "\nseq "
#define MARK_MAX 512

static int path_make(const char *folder, const char *name, char path[static PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, "%s/%s.mark", folder, name);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* The whole of it, and nothing else. */
static int parse(const char *text, size_t length, struct ost_mark *m)
{
	const size_t head = sizeof(HEAD) - 1, seq = sizeof(SEQ) - 1;
	const char *at, *end = text + length;

	if (length <= head || memcmp(text, HEAD, head) != 0 || end[-1] != '\n' || memchr(text, '\0', length) != NULL)
		return -EINVAL;
	text += head;
	at = strchr(text, '\n');
	if (at == NULL || at == text || (size_t)(at - text) >= sizeof(m->origin) || !ost_text_is_plain(text, (size_t)(at - text)) ||
		(size_t)(end - at) <= seq || memcmp(at, SEQ, seq) != 0)
		return -EINVAL;
	memset(m, 0, sizeof(*m));
	memcpy(m->origin, text, (size_t)(at - text));
	if (ost_number_parse(at + seq, (size_t)(end - 1 - (at + seq)), &m->seq) < 0 || m->seq >> 53 != 0)
		return -EINVAL;
	return 0;
}

int ost_mark_load(const char *folder, const char *name, struct ost_mark *ret_mark)
{
	OST_AUTO_FREE char *text = NULL;
	char path[PATH_MAX];
	struct ost_mark m;
	size_t length;
	int r = path_make(folder, name, path);

	if (r == 0)
		r = ost_file_read(path, MARK_MAX, &text, &length);
	if (r == -EFBIG)
		r = -EINVAL;
	if (r == 0)
		r = parse(text, length, &m);
	if (r == 0)
		*ret_mark = m;
	return r;
}

int ost_mark_save(const char *folder, const char *name, const struct ost_mark *mark)
{
	char path[PATH_MAX], text[MARK_MAX];
	int r = path_make(folder, name, path);
	int n = snprintf(text, sizeof(text), HEAD "%s" SEQ "%" PRIu64 "\n", mark->origin, mark->seq);

	return r == 0 ? ost_file_write(path, text, (size_t)n, 0600) : r;
}
