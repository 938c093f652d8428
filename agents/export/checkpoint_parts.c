/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "checkpoint_parts.h"

#include "text.h"

#define DASH "\xe2\x80\x94 " /* an em dash begins a line of a signature (C2SP signed-note) */

/* The line at *at, and *at behind it. */
static bool line_take(const char **at, const char *end, char *to, size_t size)
{
	const char *lf = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;
	size_t n = lf != NULL ? (size_t)(lf - *at) : 0;

	if (lf == NULL || n >= size || !ost_text_is_plain(*at, n))
		return false;
	memcpy(to, *at, n);
	to[n] = '\0';
	*at = lf + 1;
	return true;
}

int ost_checkpoint_parts(const struct ost_msg_export_checkpoint *c, struct ost_checkpoint_parts *ret_parts)
{
	const char *at = c->note, *end = c->note + OST_MIN(c->length, OST_EXPORT_NOTE);
	struct ost_checkpoint_parts p = {0};
	char line[1024];

	if (!line_take(&at, end, p.origin, sizeof(p.origin)) || !line_take(&at, end, line, sizeof(line)) || !line_take(&at, end, p.root, sizeof(p.root)))
		return -EINVAL;
	while (line_take(&at, end, line, sizeof(line)) && p.sig_count < OST_CHECKPOINT_SIGS) {
		const char *sig = strrchr(line, ' ');

		if (strncmp(line, DASH, sizeof(DASH) - 1) != 0 || sig == NULL || strlen(sig + 1) >= sizeof(p.sigs[0]))
			continue;
		memcpy(p.sigs[p.sig_count++], sig + 1, strlen(sig + 1) + 1);
	}
	*ret_parts = p;
	return p.sig_count > 0 ? 0 : -EINVAL;
}
