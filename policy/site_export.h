/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site file's export: where the journal goes. docs/ostiary-export.5 describes it to people:
 *
 *   export:
 *     soc:   { type: https, url: "https://elastic.example:9200/ostiary/_bulk", ca: /etc/ssl/certs/ca-certificates.crt, secret: /etc/ostiary/export/elastic }
 *     siem:  { type: syslog, server: "siem.example:6514", ca: /etc/ostiary/export/siem-ca.pem }
 *     relay: { type: relp, server: "relay.example:2514", ca: /etc/ostiary/export/siem-ca.pem, format: ecs }
 *     lake:  { type: file, path: /var/log/ostiary/journal.ndjson, format: ocsf }
 *     bus:   { type: redis, server: "redis.example:6379", ca: /etc/ostiary/export/ca.pem, stream: ostiary }
 */
#pragma once

#include "diag.h"

enum ost_export_type {
	OST_EXPORT_FILE,
	OST_EXPORT_SYSLOG,
	OST_EXPORT_RELP,
	OST_EXPORT_HTTPS,
	OST_EXPORT_REDIS,
	OST_EXPORT_TYPE_COUNT,
};

#define OST_EXPORT_PATH	  512 /* bytes of a path, with its NUL, as the next ones */
#define OST_EXPORT_TARGET 1024
#define OST_EXPORT_STREAM 128
#define OST_EXPORT_GROUP  64

/* Texts that are not of the type are "". */
struct ost_site_export {
	struct ost_pos pos;
	char name[OST_NAME_MAX + 1];
	enum ost_export_type type;
	char format[8]; /* "ecs", "cef", "ocsf" */
	char path[OST_EXPORT_PATH];
	char host[OST_HOST_MAX + 1]; /* a name or an address, without brackets */
	uint16_t port;
	char target[OST_EXPORT_TARGET]; /* of the url: path and query, beginning with '/' */
	bool tls;
	char server_name[OST_HOST_MAX + 1]; /* that its certificate must be for: the host unless it is written */
	char ca[OST_EXPORT_PATH], certificate[OST_EXPORT_PATH], private_key[OST_EXPORT_PATH], secret[OST_EXPORT_PATH];
	char pseudonyms[OST_EXPORT_PATH];
	char stream[OST_EXPORT_STREAM];
	char assignee[OST_EXPORT_GROUP];
	uint32_t keep;	      /* entries of the stream; 0: all */
	uint32_t heartbeat_s; /* between checkpoints */
	uint32_t retry_s;     /* the longest time between two attempts */
	uint32_t resend;      /* lines that are sent again when nobody knows whether they arrived */
};

const char *ost_export_type_name(enum ost_export_type type);
