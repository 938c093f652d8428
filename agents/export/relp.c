/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "relp.h"

#include "text.h"

void ost_relp_frame_write(struct ost_buffer *out, uint32_t txnr, const char *command, const void *data, size_t length)
{
	ost_buffer_print(out, "%u %s %zu", txnr, command, length);
	if (length > 0) {
		ost_buffer_add(out, " ", 1);
		ost_buffer_add(out, data, length);
	}
	ost_buffer_add(out, "\n", 1);
}

/* Digits, at most nine. Bytes that they took; 0: they may go on; -EPROTO. */
static int number_read(const char *bytes, size_t length, uint32_t *ret)
{
	size_t n = 0;
	uint64_t v;

	while (n < length && bytes[n] >= '0' && bytes[n] <= '9')
		n++;
	if (n > 9 || (n == 0 && length > 0))
		return -EPROTO;
	if (n == length)
		return 0;
	if (ost_number_parse(bytes, n, &v) < 0)
		return -EPROTO;
	*ret = (uint32_t)v;
	return (int)n;
}

static int command_read(const char *bytes, size_t length, char to[static 33])
{
	size_t n = 0;

	while (n < length && ((bytes[n] >= 'a' && bytes[n] <= 'z') || (bytes[n] >= 'A' && bytes[n] <= 'Z')))
		n++;
	if (n > 32 || (n == 0 && length > 0))
		return -EPROTO;
	if (n == length)
		return 0;
	memcpy(to, bytes, n);
	to[n] = '\0';
	return (int)n;
}

int ost_relp_frame_read(const char *bytes, size_t length, struct ost_relp_frame *ret_frame)
{
	struct ost_relp_frame f = {0};
	uint32_t data = 0;
	size_t at;
	int n = number_read(bytes, length, &f.txnr);

	if (n <= 0)
		return n;
	at = (size_t)n;
	if (bytes[at++] != ' ')
		return -EPROTO;
	n = command_read(bytes + at, length - at, f.command);
	if (n <= 0)
		return n;
	at += (size_t)n;
	if (bytes[at++] != ' ')
		return -EPROTO;
	n = number_read(bytes + at, length - at, &data);
	if (n <= 0)
		return n;
	at += (size_t)n;
	if (data > OST_RELP_DATA_MAX)
		return -EPROTO;
	if (data > 0) {
		if (bytes[at++] != ' ')
			return -EPROTO;
		if (length - at < data)
			return 0;
		f.data = bytes + at;
		f.length = data;
		at += data;
	} else if (at < length && bytes[at] == ' ') {
		at++; /* some write the space all the same */
	}
	if (at == length)
		return 0;
	if (bytes[at++] != '\n')
		return -EPROTO;
	*ret_frame = f;
	return (int)at;
}

unsigned ost_relp_code(const struct ost_relp_frame *f)
{
	uint64_t v;

	return f->length >= 3 && ost_number_parse(f->data, 3, &v) == 0 && (f->length == 3 || f->data[3] == ' ') ? (unsigned)v : 0;
}
