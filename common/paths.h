/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where things are. Every path can be moved with --root DIR, for tests and labs. */
#pragma once

#include <limits.h>

#include "common.h"

struct ost_paths {
	char site_file[PATH_MAX];   /* etc/ostiary/ostiary.yaml */
	char policy_dir[PATH_MAX];  /* etc/ostiary/policy.d */
	char state_dir[PATH_MAX];   /* var/lib/ostiary */
	char registry[PATH_MAX];    /* var/lib/ostiary/registry.db */
	char generations[PATH_MAX]; /* var/lib/ostiary/policy: a folder per GENERATION */
	char last_image[PATH_MAX];  /* var/lib/ostiary/policy/current.image: what the data plane loads at its start */
	char denied[PATH_MAX];	    /* var/lib/ostiary/policy/denied: see denied.h */
	char refusal_log[PATH_MAX]; /* var/lib/ostiary/refusals.ndjson */
	char run_dir[PATH_MAX];	    /* run/ostiary */
	char api_socket[PATH_MAX];  /* run/ostiary/api.sock */
	char dataplane_socket[PATH_MAX]; /* run/ostiary/dataplane.sock */
	char eapol_socket[PATH_MAX]; /* run/ostiary/eapol.sock: data plane listens, ostiary-authd connects */
	char observe_socket[PATH_MAX]; /* run/ostiary/observe.sock: data plane listens, ostiary-observed connects */
	char auth_socket[PATH_MAX];  /* run/ostiary/auth.sock: ostiaryd listens, ostiary-authd connects */
	char export_socket[PATH_MAX]; /* run/ostiary/export.sock: ostiaryd listens, ostiary-exportd connects */
	char export_dir[PATH_MAX];   /* var/lib/ostiary-export: ostiary-exportd's own, how far each destination is */
	char pki_dir[PATH_MAX];	    /* etc/ostiary/pki */
	char ca_certificate[PATH_MAX];	    /* etc/ostiary/pki/ca.crt: what devices' certificates are checked against */
	char ca_key[PATH_MAX];	    /* etc/ostiary/pki/ca.key: 0600, for the operator's commands alone */
	char gateway_certificate[PATH_MAX]; /* etc/ostiary/pki/gateway.crt */
	char gateway_key[PATH_MAX];	    /* etc/ostiary/pki/gateway.key: 0400, for ostiary-authd alone */
	char gateway_request[PATH_MAX];	    /* etc/ostiary/pki/gateway.csr: for an enterprise's CA to sign */
	char crl[PATH_MAX];	    /* etc/ostiary/pki/crl.pem */
	char issued[PATH_MAX];	    /* etc/ostiary/pki/issued.ndjson: a line per certificate issued or revoked */
	char radius_clients[PATH_MAX]; /* etc/ostiary/radius-clients: 0600 */
	char mud_ca_dir[PATH_MAX];     /* etc/ostiary/mud/ca: *.pem, the CAs of those who sign MUD files */
	char admission_log[PATH_MAX];  /* var/lib/ostiary/admissions.ndjson */
	char policy_log[PATH_MAX];     /* var/lib/ostiary/policy-events.ndjson */
	char regimes_share[PATH_MAX];  /* usr/share/ostiary/regimes: regime files that came with the program */
	char regimes_dir[PATH_MAX];    /* etc/ostiary/regimes: the site's own */
	char entity_file[PATH_MAX];    /* etc/ostiary/entity.yaml */
	char journal_dir[PATH_MAX];    /* var/lib/ostiary/journal: ostiary-journal(5) */
};

/* root "" or NULL: the real places. -ENAMETOOLONG. */
int ost_paths_init(struct ost_paths *paths, const char *root) OST_MUST_CHECK;
