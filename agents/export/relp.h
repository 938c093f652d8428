/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of RELP (Reliable Event Logging Protocol, version 0), distrusted: TXNR SP COMMAND SP DATALEN [SP DATA] LF. Pure. Debian's librelp blocks
 * and brings a TLS library of its own; a client needs three commands. */
#pragma once

#include "buffer.h"

#define OST_RELP_DATA_MAX 65536u /* bytes that a server may say at once */
#define OST_RELP_TXNR_MAX 999999999u

struct ost_relp_frame {
	uint32_t txnr;
	char command[33];
	const char *data; /* in the bytes that were read */
	size_t length;
};

void ost_relp_frame_write(struct ost_buffer *out, uint32_t txnr, const char *command, const void *data, size_t length);
/* Bytes that the frame took; 0: it is not whole; -EPROTO: it is none. */
int ost_relp_frame_read(const char *bytes, size_t length, struct ost_relp_frame *ret_frame) OST_MUST_CHECK;
/* The code that a response begins with: 200 is fine. 0: none. */
unsigned ost_relp_code(const struct ost_relp_frame *frame);
