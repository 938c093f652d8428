/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Syslog messages (RFC 5424), for syslog over TLS and RELP. Pure. */
#pragma once

#include "buffer.h"
#include "carrier.h"

/* Appends one message. checkpoint NULL: none goes along; about NULL: it is a heartbeat. */
void ost_syslog_message(struct ost_buffer *out, const char *host, const struct ost_format_about *about, const char *text, size_t length,
	const struct ost_msg_export_checkpoint *checkpoint);
