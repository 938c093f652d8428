/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who logs in, read from what two ends say to each other: one conversation of one protocol, fed with its bytes as they come. Pure, bounded:
 * what does not fit, or is not the protocol, ends it. Bytes are as hostile as they come; they are read with common/cursor.h or one by
 * one. */
#pragma once

#include "common.h"
#include "messages.h"

#define OST_TALK_LINE 512u /* bytes of a line, or of an MQTT CONNECT, that are looked at */
#define OST_TALK_NAME 128u
#define OST_TALK_TAIL 12u  /* the end of what a telnet server said, without spaces */

enum ost_talk_result {
	OST_TALK_MORE,	/* nothing yet */
	OST_TALK_OVER,	/* and nothing will come */
	OST_TALK_FOUND, /* a password: the credential is filled, and nothing further is looked for */
};

/* Borrowed until the talk is fed again or wiped. */
struct ost_credential {
	const uint8_t *user, *secret;
	size_t user_bytes, secret_bytes;
};

struct ost_talk {
	uint8_t protocol; /* enum ost_observed_protocol */
	uint8_t state;	  /* each protocol's own */
	bool skip;	  /* the rest of this line is too long to be looked at */
	bool after_cr;
	uint8_t command[2]; /* telnet: where in a command each side is */
	uint16_t line_bytes, user_bytes, tail_bytes;
	uint8_t line[OST_TALK_LINE];
	uint8_t user[OST_TALK_NAME];
	uint8_t tail[OST_TALK_TAIL];
};

void ost_talk_begin(struct ost_talk *t, enum ost_observed_protocol protocol);

/* reply: from who was asked. */
enum ost_talk_result ost_talk_feed(struct ost_talk *t, bool reply, const uint8_t *bytes, size_t length, struct ost_credential *ret);

/* Which protocol a service is; false: none of them. */
bool ost_talk_protocol(uint16_t service, enum ost_observed_protocol *ret_protocol);

/* One protocol each. */
enum ost_talk_result ost_talk_telnet(struct ost_talk *t, bool reply, const uint8_t *bytes, size_t length, struct ost_credential *ret);
enum ost_talk_result ost_talk_ftp(struct ost_talk *t, bool reply, const uint8_t *bytes, size_t length, struct ost_credential *ret);
enum ost_talk_result ost_talk_http(struct ost_talk *t, bool reply, const uint8_t *bytes, size_t length, struct ost_credential *ret);
enum ost_talk_result ost_talk_mqtt(struct ost_talk *t, bool reply, const uint8_t *bytes, size_t length, struct ost_credential *ret);

/* A name and a password that are known to everybody: as devices are sold, and as those who attack them try first. */
bool ost_default_credential(const struct ost_credential *c);
