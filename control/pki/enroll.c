/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device's certificate. */
#include <wolfssl/options.h>

#include "file.h"
#include "issued.h"
#include "request.h"
#include "tbs.h"

#include <stdio.h>

static int device_check(struct ost_pki *pki, const struct ost_pki_device *d)
{
	if (!ost_pki_id_valid(d->id))
		return ost_pki_fail(pki, -EINVAL,
			"'%.80s' is no name of a device: letters, digits, '.', '_' and '-', at "
			"most %u",
			d->id, OST_NAME_MAX);
	if (!ost_pki_urn_valid(d->urn))
		return ost_pki_fail(pki, -EINVAL,
			"'%.80s' is no name for a certificate; write a urn:dev: such as "
			"urn:dev:ser:4711 (RFC 9039)",
			d->urn);
	if (d->days < 1 || d->days > OST_PKI_DAYS_MAX)
		return ost_pki_fail(pki, -EINVAL, "--days takes 1 to %u", OST_PKI_DAYS_MAX);
	return ost_pki_clock_check(pki);
}

/* Two devices with one name in their certificates would be one to the gateway. */
static int urn_free(
	struct ost_pki *pki, const struct ost_issued *issued, const struct ost_pki_device *d)
{
	for (uint32_t i = 0; i < issued->count; i++) {
		const struct ost_issued_row *row = &issued->rows[i];

		if (row->urn == NULL || row->revoked || row->not_after_s <= pki->now_s ||
			strcmp(row->urn, d->urn) != 0 || strcmp(row->id, d->id) == 0)
			continue;
		return ost_pki_fail(pki, -EEXIST,
			"%s is the name of device %s already; 'ostiary device revoke %s' first, or "
			"write another --name",
			d->urn, row->id, row->id);
	}
	return 0;
}

static int path_make(struct ost_pki *pki, char path[static PATH_MAX], const char *folder,
	const char *name, const char *suffix)
{
	int n = snprintf(path, PATH_MAX, "%s/%s%s", folder, name, suffix);

	return n > 0 && n < PATH_MAX
		       ? 0
		       : ost_pki_fail(pki, -ENAMETOOLONG, "%.80s...: is too long", folder);
}

static int paths_make(
	struct ost_pki *pki, const struct ost_pki_device *d, struct ost_pki_enrolled *e)
{
	int r = path_make(pki, e->certificate_file, d->out_dir, d->id, ".crt");

	if (r == 0)
		r = path_make(pki, e->ca_file, d->out_dir, "ca", ".crt");
	if (r == 0 && d->csr == NULL)
		r = path_make(pki, e->key_file, d->out_dir, d->id, ".key");
	if (r == 0 && strcmp(d->id, "ca") == 0)
		r = ost_pki_fail(pki, -EINVAL,
			"a device named 'ca' would get the CA's file name; write its urn:dev: as "
			"ID");
	return r;
}

static int absent(struct ost_pki *pki, const char *path)
{
	if (*path == '\0' || (access(path, F_OK) < 0 && errno == ENOENT))
		return 0;
	return ost_pki_fail(pki, -EEXIST,
		"%s: exists already, and nothing is overwritten; move it away or write --out DIR",
		path);
}

/* ca.crt may stand there from the device before. */
static int ca_stage(struct ost_pki *pki, struct ost_stage *stage, const char *path)
{
	OST_AUTO_FREE char *ours = NULL;
	OST_AUTO_FREE char *theirs = NULL;
	size_t n = 0, m = 0;
	int r = ost_file_read(pki->paths->ca_certificate, OST_PKI_FILE_MAX, &ours, &n);

	if (r < 0)
		return ost_pki_fail(
			pki, r, "%s: cannot be read: %s", pki->paths->ca_certificate, strerror(-r));
	if (ost_file_read(path, OST_PKI_FILE_MAX, &theirs, &m) == 0 && n == m &&
		memcmp(ours, theirs, n) == 0)
		return 0;
	r = absent(pki, path);
	if (r < 0)
		return r;
	return ost_pki_stage(pki, stage, path,
		&(struct ost_stage_file){
			.bytes = ours, .length = n, .mode = 0644, .uid = (uid_t)-1});
}

static int key_stage(
	struct ost_pki *pki, struct ost_stage *stage, const char *path, struct ost_key *key)
{
	char pem[OST_KEY_PEM_MAX];
	struct ost_stage_file f = {.bytes = pem, .mode = 0600, .uid = (uid_t)-1};
	int r = ost_key_pem(pki, key, pem, &f.length);

	if (r == 0)
		r = ost_pki_stage(pki, stage, path, &f);
	explicit_bzero(pem, sizeof(pem));
	return r;
}

/* The public key: of the request, or of a key made here, whose file is staged. */
static int public_key(struct ost_pki *pki, const struct ost_pki_device *d, const char *key_file,
	struct ost_stage *stage, uint8_t spki[static OST_REQUEST_SPKI_MAX], size_t *ret_length)
{
	struct ost_key key;
	int r;

	if (d->csr != NULL)
		return ost_request_read(pki, d->csr, spki, ret_length);
	r = ost_key_make(pki, &key);
	if (r == 0) {
		memcpy(spki, key.spki, key.spki_length);
		*ret_length = key.spki_length;
		r = key_stage(pki, stage, key_file, &key);
	}
	ost_key_free(&key);
	return r;
}

static int record(struct ost_pki *pki, struct ost_issued *issued, const struct ost_pki_device *d,
	const struct ost_cert *c)
{
	struct ost_jsonw line = {0};
	int r;

	ost_issued_certificate_line(&line, pki, true, d->id, d->urn, &c->told);
	r = ost_issued_append(pki, issued, &line);
	ost_jsonw_free(&line);
	return r;
}

static int make(struct ost_pki *pki, struct ost_ca *ca, struct ost_issued *issued,
	const struct ost_pki_device *d, struct ost_pki_enrolled *e)
{
	uint8_t spki[OST_REQUEST_SPKI_MAX];
	struct ost_tbs t = {
		.kind = OST_TBS_DEVICE, .common_name = d->id, .alt_name = d->urn, .spki = spki};
	struct ost_stage stage = {0};
	struct ost_cert c = {0};
	int r = public_key(pki, d, e->key_file, &stage, spki, &t.spki_length);

	if (r == 0)
		r = ost_pki_issue(pki, &ca->certificate, &ca->key, &t, d->days, &c);
	if (r == 0)
		r = ost_pki_stage_certificates(pki, &stage, e->certificate_file, &c, 1, false);
	if (r == 0)
		r = ca_stage(pki, &stage, e->ca_file);
	if (r == 0)
		r = record(pki, issued, d, &c);
	if (r == 0)
		r = ost_pki_commit(pki, &stage);
	ost_stage_free(&stage);
	e->certificate = c.told;
	e->shortened = c.not_after_s < pki->now_s + (int64_t)d->days * OST_PKI_DAY_S;
	ost_cert_free(&c);
	return r;
}

static int enroll(struct ost_pki *pki, const struct ost_pki_device *d, struct ost_pki_enrolled *e)
{
	OST_AUTO_CLOSE int lock = -1;
	struct ost_issued issued = {0};
	struct ost_ca ca = {0};
	int r = ost_pki_lock(pki, &lock);

	if (r == 0)
		r = ost_ca_open(pki, &ca);
	if (r == 0)
		r = ost_issued_read(pki, &issued);
	if (r == 0)
		r = urn_free(pki, &issued, d);
	if (r == 0 && (r = ost_dir_make(d->out_dir, 0700)) < 0)
		r = ost_pki_fail(pki, r, "%s: cannot be made: %s", d->out_dir, strerror(-r));
	if (r == 0)
		r = make(pki, &ca, &issued, d, e);
	ost_issued_free(&issued);
	ost_ca_close(&ca);
	return r;
}

int ost_pki_enroll(
	struct ost_pki *pki, const struct ost_pki_device *d, struct ost_pki_enrolled *ret_enrolled)
{
	OST_AUTO_FREE struct ost_pki_enrolled *e = calloc(1, sizeof(*e));
	int r = e != NULL ? device_check(pki, d) : ost_pki_fail(pki, -ENOMEM, "out of memory");

	if (r == 0)
		r = paths_make(pki, d, e);
	if (r == 0)
		r = absent(pki, e->key_file);
	if (r == 0)
		r = absent(pki, e->certificate_file);
	if (r == 0)
		r = enroll(pki, d, e);
	if (r == 0)
		*ret_enrolled = *e;
	return r;
}
