/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site's identity, made once. */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/asn_public.h>

#include "crl.h"
#include "file.h"
#include "tbs.h"
#include "text.h"

#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

#define COMMON_NAME_MAX 64 /* RFC 5280 appendix A: ub-common-name, ub-organization-name */
#define AUTH_USER	"ostiary-auth"

/* What is made, in memory, before anything is on disk. */
struct making {
	struct ost_ca ca;		       /* our own */
	struct ost_cert anchors[OST_CERT_MAX]; /* the enterprise's */
	uint32_t anchor_count;
	struct ost_key gateway_key;
	struct ost_cert gateway;
	char common_name[COMMON_NAME_MAX + 1];
};

static int site_check(struct ost_pki *pki, const struct ost_pki_site *site)
{
	const char *o = site->organization;

	if (!ost_pki_dns_valid(site->name))
		return ost_pki_fail(pki, -EINVAL,
			"'%.80s' is no DNS name; write --name gateway.example.com, as devices will "
			"check it",
			site->name);
	if (o != NULL &&
		(*o == '\0' || strlen(o) > COMMON_NAME_MAX || !ost_text_is_plain(o, strlen(o)) ||
			mbstowcs(NULL, o, 0) == (size_t)-1))
		return ost_pki_fail(pki, -EINVAL, "--organization takes 1 to %d bytes of text",
			COMMON_NAME_MAX);
	return ost_pki_clock_check(pki);
}

static int nothing_there(struct ost_pki *pki)
{
	const struct ost_paths *p = pki->paths;
	const char *const files[] = {p->ca_key, p->ca_certificate, p->gateway_key,
		p->gateway_certificate, p->gateway_request, p->crl, p->issued};
	struct stat st;

	for (size_t i = 0; i < OST_ARRAY_SIZE(files); i++) {
		if (lstat(files[i], &st) < 0 && errno == ENOENT)
			continue;
		return ost_pki_fail(pki, -EEXIST,
			"%s: exists already, and nothing is overwritten; a new identity needs this "
			"file out of "
			"the way, and every device enrolled again",
			files[i]);
	}
	return 0;
}

static int own_ca_make(struct ost_pki *pki, const struct ost_pki_site *site, struct making *m)
{
	char name[COMMON_NAME_MAX + 1];
	struct ost_tbs t = {
		.kind = OST_TBS_CA, .organization = site->organization, .common_name = name};
	int r = ost_key_make(pki, &m->ca.key);

	if (snprintf(name, sizeof(name), "Ostiary CA %s", site->name) > COMMON_NAME_MAX)
		(void)snprintf(name, sizeof(name), "Ostiary CA");
	t.spki = m->ca.key.spki;
	t.spki_length = m->ca.key.spki_length;
	if (r == 0)
		r = ost_pki_issue(pki, NULL, &m->ca.key, &t, OST_PKI_CA_DAYS, &m->ca.certificate);
	return r;
}

static int anchors_read(struct ost_pki *pki, const char *file, struct making *m)
{
	int r = ost_cert_read(pki, file, m->anchors, &m->anchor_count);

	for (uint32_t i = 0; i < m->anchor_count && r == 0; i++) {
		const struct ost_cert *c = &m->anchors[i];
		const char *what = !c->is_ca			  ? "is no CA"
				   : !c->strong			  ? "has a weak key"
				   : c->not_after_s <= pki->now_s ? "has expired"
				   : c->not_before_s > pki->now_s ? "is not valid yet"
								  : NULL;
		if (what != NULL)
			r = ost_pki_fail(pki, -EINVAL,
				"%s: certificate %u %s; give the certificates of CAs only: what "
				"one of them signed is let in",
				file, i + 1, what);
	}
	return r;
}

static struct ost_tbs gateway_body(const struct ost_pki_site *site, struct making *m)
{
	bool fits = strlen(site->name) <= COMMON_NAME_MAX;

	(void)snprintf(m->common_name, sizeof(m->common_name), "%.64s",
		fits ? site->name : "Ostiary gateway");
	return (struct ost_tbs){
		.kind = OST_TBS_GATEWAY,
		.organization = site->organization,
		.common_name = m->common_name,
		.alt_name = site->name,
		.spki = m->gateway_key.spki,
		.spki_length = m->gateway_key.spki_length,
	};
}

static int key_stage(struct ost_pki *pki, struct ost_stage *stage, const char *path,
	struct ost_key *key, unsigned mode, const struct passwd *owner)
{
	char pem[OST_KEY_PEM_MAX];
	struct ost_stage_file f = {.bytes = pem, .mode = mode, .uid = (uid_t)-1, .gid = (gid_t)-1};
	int r = ost_key_pem(pki, key, pem, &f.length);

	if (owner != NULL) {
		f.uid = owner->pw_uid;
		f.gid = owner->pw_gid;
	}
	if (r == 0)
		r = ost_pki_stage(pki, stage, path, &f);
	explicit_bzero(pem, sizeof(pem));
	return r;
}

static int gateway_key_stage(
	struct ost_pki *pki, struct ost_stage *stage, struct making *m, struct ost_pki_made *made)
{
	const struct passwd *owner = getpwnam(AUTH_USER);

	made->key_given = owner != NULL && geteuid() == 0;
	made->key_not_given = owner != NULL && !made->key_given;
	return key_stage(pki, stage, pki->paths->gateway_key, &m->gateway_key, 0400,
		made->key_given ? owner : NULL);
}

static int text_stage(struct ost_pki *pki, struct ost_stage *stage, const char *path,
	const char *text, size_t length)
{
	return ost_pki_stage(pki, stage, path,
		&(struct ost_stage_file){
			.bytes = text, .length = length, .mode = 0644, .uid = (uid_t)-1});
}

/* The first lines of issued.ndjson, and the empty CRL. */
static int books_stage(struct ost_pki *pki, struct ost_stage *stage,
	const struct ost_pki_site *site, struct making *m)
{
	OST_AUTO_FREE char *pem = NULL;
	struct ost_issued nothing = {0};
	struct ost_pki_crl crl = {0};
	struct ost_jsonw lines = {0};
	size_t length = 0;
	int r = ost_crl_make(pki, &m->ca, &nothing, &crl, &pem, &length);

	if (r == 0)
		r = text_stage(pki, stage, pki->paths->crl, pem, length);
	ost_issued_certificate_line(&lines, pki, false, site->name, NULL, &m->gateway.told);
	ost_issued_crl_line(&lines, pki, &crl);
	if (r == 0 && lines.failed)
		r = ost_pki_fail(pki, -ENOMEM, "out of memory");
	if (r == 0)
		r = text_stage(pki, stage, pki->paths->issued, lines.text, lines.length);
	ost_jsonw_free(&lines);
	return r;
}

static int own_stage(struct ost_pki *pki, struct ost_stage *stage, const struct ost_pki_site *site,
	struct making *m)
{
	struct ost_tbs t = gateway_body(site, m);
	int r = ost_pki_issue(
		pki, &m->ca.certificate, &m->ca.key, &t, OST_PKI_GATEWAY_DAYS, &m->gateway);

	if (r == 0)
		r = key_stage(pki, stage, pki->paths->ca_key, &m->ca.key, 0600, NULL);
	if (r == 0)
		r = ost_pki_stage_certificates(
			pki, stage, pki->paths->gateway_certificate, &m->gateway, 1, false);
	if (r == 0)
		r = books_stage(pki, stage, site, m);
	if (r == 0)
		r = ost_pki_stage_certificates(
			pki, stage, pki->paths->ca_certificate, &m->ca.certificate, 1, false);
	return r;
}

static int enterprise_stage(struct ost_pki *pki, struct ost_stage *stage,
	const struct ost_pki_site *site, struct making *m)
{
	OST_AUTO_FREE uint8_t *der = NULL;
	OST_AUTO_FREE char *pem = NULL;
	struct ost_tbs t = gateway_body(site, m);
	struct ost_der body = {0};
	size_t length = 0;
	int r;

	ost_tbs_request(&body, &t);
	r = ost_pki_sign(pki, &body, &m->gateway_key, &der, &length);
	ost_der_free(&body);
	if (r == 0)
		r = ost_pki_pem(pki, der, length, CERTREQ_TYPE, &pem, &length);
	if (r == 0)
		r = text_stage(pki, stage, pki->paths->gateway_request, pem, length);
	if (r == 0)
		r = ost_pki_stage_certificates(
			pki, stage, pki->paths->ca_certificate, m->anchors, m->anchor_count, false);
	return r;
}

static int all_make(struct ost_pki *pki, const struct ost_pki_site *site, struct making *m,
	struct ost_pki_made *made)
{
	bool own = site->ca_certificate == NULL;
	struct ost_stage stage = {0};
	int r = own ? own_ca_make(pki, site, m) : anchors_read(pki, site->ca_certificate, m);

	if (r == 0)
		r = ost_key_make(pki, &m->gateway_key);
	if (r == 0)
		r = gateway_key_stage(pki, &stage, m, made);
	if (r == 0)
		r = own ? own_stage(pki, &stage, site, m) : enterprise_stage(pki, &stage, site, m);
	if (r == 0)
		r = ost_pki_commit(pki, &stage);
	ost_stage_free(&stage);
	made->enterprise = !own;
	made->ca = own ? m->ca.certificate.told : m->anchors[0].told;
	made->ca_count = own ? 1 : m->anchor_count;
	made->gateway = m->gateway.told;
	return r;
}

/* The folder is for everybody to look into; ret_made tells whether it was not there. */
static int folder_make(struct ost_pki *pki, bool *ret_made)
{
	const char *path = pki->paths->pki_dir;
	bool made = access(path, F_OK) < 0 && errno == ENOENT;
	int r = ost_dir_make(path, 0755);

	if (r < 0)
		return ost_pki_fail(pki, r, "%s: cannot be made: %s", path, strerror(-r));
	*ret_made = made;
	return 0;
}

int ost_pki_init(
	struct ost_pki *pki, const struct ost_pki_site *site, struct ost_pki_made *ret_made)
{
	OST_AUTO_FREE struct making *m = calloc(1, sizeof(*m));
	OST_AUTO_CLOSE int lock = -1;
	struct ost_pki_made made = {0};
	bool folder_made = false;
	int r = m != NULL ? site_check(pki, site) : ost_pki_fail(pki, -ENOMEM, "out of memory");

	if (r == 0)
		r = folder_make(pki, &folder_made);
	if (r == 0)
		r = ost_pki_lock(pki, &lock);
	if (r == 0)
		r = nothing_there(pki);
	if (r == 0)
		r = all_make(pki, site, m, &made);
	if (r < 0 && folder_made)
		(void)rmdir(pki->paths->pki_dir);
	if (r == 0)
		*ret_made = made;
	if (m != NULL) {
		ost_ca_close(&m->ca);
		ost_cert_free_all(m->anchors, m->anchor_count);
		ost_cert_free(&m->gateway);
		ost_key_free(&m->gateway_key);
	}
	return r;
}
