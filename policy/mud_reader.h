/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the reader of MUD files: what its files share. Not for others. */
#pragma once

#include "mud.h"
#include "mud_json.h"

/* What the matches of one ACE name, before it is put together. */
struct mud_draft {
	const char *name; /* src-dnsname or dst-dnsname */
	bool network;	  /* the far end's, in ace->prefix */
	bool local;	  /* local-networks */
	unsigned classes; /* how many of the other leaves of ietf-mud:mud */
	enum ost_mud_peer peer_class;
	const char *class_text;
	bool tcp, udp, icmp, ipv4, ipv6; /* containers */
	bool group_mac;			 /* a group's MAC address, but not the broadcast */
};

struct mud_reader {
	struct mud_json json;
	struct ost_diag *diag;
	struct ost_mud *mud;
	const struct mud_node *extensions; /* the leaf-list, NULL: none */
	struct ost_mud_ace *ace; /* in hand */
	struct mud_draft draft;	 /* of it */
	bool no_memory;
};

#define mud_error(r, node, hint, ...)	ost_diag_error((r)->diag, mud_json_pos(&(r)->json, node), hint, __VA_ARGS__)
#define mud_warning(r, node, hint, ...) ost_diag_warning((r)->diag, mud_json_pos(&(r)->json, node), hint, __VA_ARGS__)

/* A member by its local name, with or without the prefix of a module that RFC 8519 or 8520 defines. */
struct mud_field {
	const char *name;
	void (*read)(struct mud_reader *r, const struct mud_node *value);
};

/* Members of an object by a table. What the table does not name goes to other. what names the object in findings. */
void mud_fields(struct mud_reader *r, const struct mud_node *object, const char *what, const struct mud_field *fields, uint32_t count,
	void (*other)(struct mud_reader *r, const struct mud_node *value));

/* Each of these is true when the value is of that kind; else it has been reported, as an error of the file. */
bool mud_is_object(struct mud_reader *r, const struct mud_node *node, const char *what);
bool mud_is_array(struct mud_reader *r, const struct mud_node *node, const char *what);
bool mud_is_empty(struct mud_reader *r, const struct mud_node *node); /* [null]: RFC 7951 section 6.9 */
bool mud_string(struct mud_reader *r, const struct mud_node *node, uint32_t most, const char **ret_text);
bool mud_number(struct mud_reader *r, const struct mud_node *node, uint32_t least, uint32_t most, uint32_t *ret_value);

/* A node that nobody here knows: ignored and told (RFC 8520 section 3.9). */
void mud_unknown(struct mud_reader *r, const struct mud_node *node);
/* The name of a node without the prefix of a known module. */
const char *mud_local_name(const char *key);

/* The fate of an ACE, and a sentence for it. The first refusal stands; a refused drop refuses the file. */
void mud_ace_say(struct mud_reader *r, struct ost_mud_ace *ace, enum ost_mud_fate fate, const char *fmt, ...) OST_PRINTF(4, 5);

/* The steps, in this order. */
void mud_lists_read(struct mud_reader *r, const struct mud_node *lists, const struct mud_node *from, const struct mud_node *to);
void mud_matches_read(struct mud_reader *r, const struct mud_node *matches, const char *type); /* of r->ace */
void mud_pairs_find(struct mud_reader *r);
void mud_sense_make(struct mud_reader *r);
void mud_drops_settle(struct mud_reader *r);

void mud_ports_read(struct mud_reader *r, const struct mud_node *node, struct ost_mud_ports *ret_ports); /* source-port or destination-port of r->ace */
bool mud_ports_equal(const struct ost_mud_ports *a, const struct ost_mud_ports *b);
bool mud_peers_equal(const struct ost_mud_ace *a, const struct ost_mud_ace *b);
bool mud_is_group(const struct ost_prefix *p); /* multicast or 255.255.255.255 */
