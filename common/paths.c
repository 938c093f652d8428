/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "paths.h"

#include <stdio.h>

int ost_paths_init(struct ost_paths *paths, const char *root)
{
	const struct {
		char *to;
		const char *path;
	} rows[] = {
		{paths->site_file, "/etc/ostiary/ostiary.yaml"},
		{paths->policy_dir, "/etc/ostiary/policy.d"},
		{paths->state_dir, "/var/lib/ostiary"},
		{paths->registry, "/var/lib/ostiary/registry.db"},
		{paths->generations, "/var/lib/ostiary/policy"},
		{paths->last_image, "/var/lib/ostiary/policy/current.image"},
		{paths->denied, "/var/lib/ostiary/policy/denied"},
		{paths->refusal_log, "/var/lib/ostiary/refusals.ndjson"},
		{paths->run_dir, "/run/ostiary"},
		{paths->api_socket, "/run/ostiary/api.sock"},
		{paths->dataplane_socket, "/run/ostiary/dataplane.sock"},
		{paths->eapol_socket, "/run/ostiary/eapol.sock"},
		{paths->observe_socket, "/run/ostiary/observe.sock"},
		{paths->auth_socket, "/run/ostiary/auth.sock"},
		{paths->export_socket, "/run/ostiary/export.sock"},
		{paths->export_dir, "/var/lib/ostiary-export"},
		{paths->pki_dir, "/etc/ostiary/pki"},
		{paths->ca_certificate, "/etc/ostiary/pki/ca.crt"},
		{paths->ca_key, "/etc/ostiary/pki/ca.key"},
		{paths->gateway_certificate, "/etc/ostiary/pki/gateway.crt"},
		{paths->gateway_key, "/etc/ostiary/pki/gateway.key"},
		{paths->gateway_request, "/etc/ostiary/pki/gateway.csr"},
		{paths->crl, "/etc/ostiary/pki/crl.pem"},
		{paths->issued, "/etc/ostiary/pki/issued.ndjson"},
		{paths->radius_clients, "/etc/ostiary/radius-clients"},
		{paths->mud_ca_dir, "/etc/ostiary/mud/ca"},
		{paths->admission_log, "/var/lib/ostiary/admissions.ndjson"},
		{paths->policy_log, "/var/lib/ostiary/policy-events.ndjson"},
		{paths->regimes_share, "/usr/share/ostiary/regimes"},
		{paths->regimes_dir, "/etc/ostiary/regimes"},
		{paths->entity_file, "/etc/ostiary/entity.yaml"},
		{paths->journal_dir, "/var/lib/ostiary/journal"},
	};

	for (size_t i = 0; i < OST_ARRAY_SIZE(rows); i++) {
		int n = snprintf(rows[i].to, PATH_MAX, "%s%s", root != NULL ? root : "", rows[i].path);

		if (n < 0 || n >= PATH_MAX)
			return -ENAMETOOLONG;
	}
	return 0;
}
