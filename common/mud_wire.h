/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the command asks of ostiary-mud, and its answer: one of each, over one stream socket that is its standard input and
 * output. Items of a tag (1 byte), a length (4, most significant first) and so many bytes; OST_MUD_ITEM_END last. Both ends treat
 * the other as hostile: an item twice, an unknown one, a length beyond its bound, bytes behind the end are -EPROTO.
 */
#pragma once

#include "common.h"

#define OST_MUD_BODY_MAX      (1u << 20)  /* bytes of a MUD file that is fetched or verified */
#define OST_MUD_SIGNATURE_MAX (64u << 10) /* of a signature */
#define OST_MUD_PEM_MAX	      (2u << 20)  /* of CA certificates */
#define OST_MUD_WEB_URL_MAX   2048u	  /* of an address that a server names */
#define OST_MUD_TEXT_MAX      1024u
#define OST_MUD_WIRE_MAX      (8u << 20) /* of a whole request or answer */

/* What is known of the signature of a file: a closed list. */
enum ost_mud_verdict {
	OST_MUD_SIGNED,
	OST_MUD_UNSIGNED,
	OST_MUD_BAD_SIGNATURE,	/* not over these bytes, damaged, or of a weak kind */
	OST_MUD_UNKNOWN_CA,	/* no chain to a CA that is trusted */
	OST_MUD_EXPIRED_SIGNER, /* a chain, but not valid at the time */
	OST_MUD_WRONG_USAGE,	/* keyUsage does not have digitalSignature */
	OST_MUD_WRONG_SIGNER,	/* not the one that the device's certificate names */
	OST_MUD_VERDICT_COUNT,
};
const char *ost_mud_verdict_name(enum ost_mud_verdict verdict);

/* Why there is no file. */
enum ost_mud_fault {
	OST_MUD_FAULT_NONE,
	OST_MUD_FAULT_URL,	   /* not one that is fetched */
	OST_MUD_FAULT_ADDRESS,	   /* the name has no address, or one that is not asked */
	OST_MUD_FAULT_UNREACHABLE, /* no connection, or it broke */
	OST_MUD_FAULT_TLS,	   /* the server did not prove its name */
	OST_MUD_FAULT_TIME,	   /* too slow */
	OST_MUD_FAULT_REPLY,	   /* what came is no answer of HTTP, or too much */
	OST_MUD_FAULT_STATUS,	   /* an answer, and not the file */
	OST_MUD_FAULT_REDIRECT,	   /* sent elsewhere, where nobody goes */
	OST_MUD_FAULT_INSIDE,	   /* no memory, no rights */
	OST_MUD_FAULT_COUNT,
};

struct ost_mud_bytes {
	const uint8_t *bytes; /* NULL: there are none */
	size_t length;
};

struct ost_mud_request {
	char url[OST_MUD_WEB_URL_MAX + 1]; /* "": body and signature are given */
	struct ost_mud_bytes body, signature, signer_cas, server_cas, device; /* the CAs in PEM; a device's certificate, PEM or DER */
	int64_t at_s;	    /* validity of the signer's chain is asked at this time; 0: now */
	bool allow_private; /* also servers of private addresses: a lab */
};

struct ost_mud_answer {
	enum ost_mud_fault fault;
	char why[OST_MUD_TEXT_MAX + 1]; /* a phrase on the fault, or on a verdict that is not signed; "" */
	struct ost_mud_bytes body, signature; /* what was fetched */
	char final_url[OST_MUD_WEB_URL_MAX + 1]; /* behind all redirects */
	char server[OST_MUD_TEXT_MAX + 1];	 /* the subject of its certificate */
	enum ost_mud_verdict verdict;
	char signer[OST_MUD_TEXT_MAX + 1]; /* its subject; "": unknown. No proof unless the verdict is signed or expired-signer */
	uint8_t spki_sha256[32];	   /* of its SubjectPublicKeyInfo */
	int64_t not_after_s;
};

/* The bytes of each: *ret_bytes is owned by the caller. -EMSGSIZE: beyond a bound; -ENOMEM. */
int ost_mud_request_write(const struct ost_mud_request *request, uint8_t **ret_bytes, size_t *ret_length) OST_MUST_CHECK;
int ost_mud_answer_write(const struct ost_mud_answer *answer, uint8_t **ret_bytes, size_t *ret_length) OST_MUST_CHECK;

/* Borrows from bytes. -EPROTO. */
int ost_mud_request_read(const uint8_t *bytes, size_t length, struct ost_mud_request *ret_request) OST_MUST_CHECK;
int ost_mud_answer_read(const uint8_t *bytes, size_t length, struct ost_mud_answer *ret_answer) OST_MUST_CHECK;
