/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The naive reader of DNS: what a device asked, what it may be answered, and what that gives it. Written from model.h, the text of
 * ostiary-policy(5) and RFC 1035; it knows messages by their fields alone. */
#pragma once

#include "naive_frame.h"

#define NAIVE_ASKED   4096u
#define NAIVE_RECORDS 24u

enum {
	NAIVE_A = 1,
	NAIVE_CNAME = 5,
	NAIVE_TXT = 16,
	NAIVE_AAAA = 28,
	NAIVE_ANY = 255,
};

struct naive_record {
	char owner[NAIVE_NAME];
	uint16_t type, class;
	uint32_t ttl_s;
	struct ost_ip ip;	 /* of an address record */
	char target[NAIVE_NAME]; /* of an alias */
};

struct naive_message {
	uint16_t id;
	bool answer;
	uint8_t opcode, rcode;
	char name[NAIVE_NAME]; /* of the question, in any case */
	uint16_t type, class;
	struct naive_record records[NAIVE_RECORDS];
	uint32_t record_count;
};

/* Whose message: of this device's flow to this name server. */
struct naive_talk {
	uint32_t device;
	struct ost_ip server;
	bool tcp;
	uint16_t port; /* the device's */
};

struct naive_asked {
	struct naive_talk talk;
	uint16_t id, type, class;
	uint8_t opcode;
	char name[NAIVE_NAME]; /* in lower case */
	uint64_t until_ns;
	uint32_t pending;
	uint64_t number; /* in the order in which they were asked */
};

struct naive_dns {
	struct naive_asked asked[NAIVE_ASKED];
	uint64_t number;
};

/* Are messages of this flow, which may pass, read? */
bool naive_dns_is_read(const struct naive_world *w, const struct naive_flow *flow);

void naive_dns_ask(struct naive_dns *dns, const struct naive_world *w, const struct naive_talk *talk, const struct naive_message *m);

/* May the answer pass? Then it has given what it gives. */
bool naive_dns_answer(struct naive_dns *dns, struct naive_world *w, const struct naive_talk *talk, const struct naive_message *m);

/* How many chains of names have led this device to the address. */
uint32_t naive_dns_chains(const struct naive_world *w, uint32_t device, const struct ost_ip *ip);

/* The message on the wire; returns its length. */
uint32_t naive_dns_write(const struct naive_message *m, uint8_t *bytes, uint32_t size);
