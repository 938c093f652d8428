/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A MUD file that an operator names, by path or URL: had, and its signature judged, before it is read. */
#pragma once

#include "cli.h"
#include "mud_agent.h"
#include "mud_approved.h"
#include "options.h"

/* What the operator says. All borrowed; NULL or zero where nothing is said. */
struct ost_mud_source {
	const char *where; /* a path, or an https URL */
	const char *signature; /* a file */
	const char *device;    /* a device's certificate */
	const char *web_ca;    /* a file, in the place of the system's CAs of web servers */
	const char *at;	       /* the time as of which a signer is believed */
	struct ost_cli_list cas; /* files, besides those of etc/ostiary/mud/ca */
	bool allow_private;
};

#define OST_MUD_PHRASE (OST_MUD_TEXT_MAX + 128)

struct ost_mud_input {
	const char *name; /* for findings: the path or URL; borrowed */
	char *bytes; /* owned */
	size_t length;
	bool fetched;
	char sha256[OST_MUD_HASH_TEXT];
	char phrase[OST_MUD_PHRASE]; /* what is known of its signature */
	enum ost_mud_verdict verdict; /* signed or unsigned */
	char signer[OST_MUD_TEXT_MAX + 1], spki_sha256[OST_MUD_HASH_TEXT]; /* "": unsigned */
	bool expired; /* signed, but believed as of at alone */
	char at[24];  /* "": now */
	char final_url[OST_MUD_WEB_URL_MAX + 1], server[OST_MUD_TEXT_MAX + 1]; /* "": not fetched */
	char *signature; /* owned; NULL: none */
	size_t signature_length;
};

/* Returns OST_EXIT_OK, or tells what is wrong and returns the exit code: OST_EXIT_NO when its signature is wrong. */
int ost_mud_input_open(const struct ost_cli *cli, const struct ost_mud_source *source, struct ost_mud_input *ret_input);
void ost_mud_input_close(struct ost_mud_input *input);
