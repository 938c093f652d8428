/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes as they come from a socket, through the header check and the value checks of messages.h. */
#include "messages.h"
#include "msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ost_msg_header header;
	uint8_t *payload;

	if (ost_msg_check(data, size, &header) != 0)
		return 0;
	if (header.length != size - sizeof(header) || header.type == 0 || header.type >= OST_MSG_TYPE_COUNT)
		abort(); /* the check promised these */
	payload = malloc(header.length + 1u); /* its own block: a read past it is seen */
	if (payload == NULL)
		return 0;
	memcpy(payload, data + sizeof(header), header.length);
	/* The same bytes get the same answer, wherever they lie. */
	if (!ost_message_valid(header.type, payload, header.length))
		abort();
	free(payload);
	return 0;
}
