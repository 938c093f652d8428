/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "denied.h"

#include <stdio.h>

static int line_read(const char *line, size_t length, void (*fn)(void *user, const char *device, enum ost_state state), void *user)
{
	const char *space = memchr(line, ' ', length);
	char word[32], device[OST_NAME_MAX + 1];
	size_t word_bytes = space != NULL ? (size_t)(space - line) : 0, device_bytes = length - word_bytes - 1;
	enum ost_state state;

	if (space == NULL || word_bytes >= sizeof(word) || device_bytes == 0 || device_bytes >= sizeof(device) ||
		memchr(line, '\0', length) != NULL)
		return -EINVAL;
	(void)snprintf(word, sizeof(word), "%.*s", (int)word_bytes, line);
	(void)snprintf(device, sizeof(device), "%.*s", (int)device_bytes, space + 1);
	/* It takes away, and gives nothing. */
	if (ost_state_parse(word, &state) < 0 || ost_state_rights(state) & OST_RIGHT_NEW_FLOWS)
		return -EINVAL;
	fn(user, device, state);
	return 0;
}

int ost_denied_each(const char *bytes, size_t length, void (*fn)(void *user, const char *device, enum ost_state state), void *user)
{
	size_t at = 0;

	while (at < length) {
		const char *line = bytes + at, *end = memchr(line, '\n', length - at);
		size_t line_bytes;

		if (end == NULL)
			return -EINVAL;
		line_bytes = (size_t)(end - line);
		at += line_bytes + 1;
		if (line_bytes == 3 && memcmp(line, "end", 3) == 0)
			return at == length ? 0 : -EINVAL;
		if (line_read(line, line_bytes, fn, user) < 0)
			return -EINVAL;
	}
	return -EINVAL;
}
