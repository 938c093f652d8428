/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "syslog.h"

#include <inttypes.h>

#include "checkpoint_parts.h"
#include "clock.h"

#define FACILITY  13u	  /* log audit */
#define PEN	  "32473" /* the number for documentation (RFC 5612): the project has none of its own */
#define HOST_MAX  255u
#define MSGID_MAX 32u
#define NOTICE	  5u

/* Severities of ours, 1 to 5, as syslog's (section 6.2.1). */
static unsigned severity(unsigned of)
{
	static const uint8_t as[] = {6, 6, 5, 4, 3, 2};

	return of < OST_ARRAY_SIZE(as) ? as[of] : 6;
}

/* PRINTUSASCII; "-" when there is nothing. */
static void word_add(struct ost_buffer *out, const char *text, size_t most)
{
	size_t n = 0;

	for (; text[n] > ' ' && text[n] <= '~' && n < most; n++)
		;
	ost_buffer_add(out, n > 0 ? text : "-", n > 0 ? n : 1);
}

static void param_add(struct ost_buffer *out, const char *name, const char *value)
{
	ost_buffer_print(out, " %s=\"", name);
	for (const char *c = value; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\' || *c == ']') /* section 6.3.3 */
			ost_buffer_add(out, "\\", 1);
		ost_buffer_add(out, c, 1);
	}
	ost_buffer_add(out, "\"", 1);
}

static void checkpoint_add(struct ost_buffer *out, const struct ost_msg_export_checkpoint *c)
{
	struct ost_checkpoint_parts p;

	if (ost_checkpoint_parts(c, &p) < 0)
		return;
	ost_buffer_text(out, "[ostiarycp@" PEN);
	param_add(out, "origin", p.origin);
	ost_buffer_print(out, " size=\"%" PRIu64 "\"", c->size);
	param_add(out, "root", p.root);
	for (uint32_t i = 0; i < p.sig_count; i++)
		param_add(out, "sig", p.sigs[i]); /* more than one while keys change */
	ost_buffer_add(out, "]", 1);
}

void ost_syslog_message(struct ost_buffer *out, const char *host, const struct ost_format_about *about, const char *text, size_t length,
	const struct ost_msg_export_checkpoint *checkpoint)
{
	char time[OST_TIME_TEXT];
	size_t before;

	ost_clock_format(about != NULL ? about->time_ns : ost_clock_wall_ns(), time);
	ost_buffer_print(out, "<%u>1 %s ", FACILITY * 8 + (about != NULL ? severity(about->severity) : NOTICE), time);
	word_add(out, host, HOST_MAX);
	ost_buffer_text(out, " ostiary - ");
	word_add(out, about != NULL ? about->kind : "heartbeat", MSGID_MAX);
	ost_buffer_add(out, " ", 1);
	before = out->length;
	if (about != NULL) {
		ost_buffer_text(out, "[ostiary@" PEN);
		param_add(out, "id", about->id);
		ost_buffer_print(out, " seq=\"%" PRIu64 "\"]", about->seq);
	}
	if (checkpoint != NULL)
		checkpoint_add(out, checkpoint);
	if (out->length == before)
		ost_buffer_add(out, "-", 1);
	ost_buffer_add(out, " ", 1);
	ost_buffer_add(out, text, length);
}
