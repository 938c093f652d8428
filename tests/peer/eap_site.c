/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <wolfssl/options.h>

#include <wolfssl/ssl.h>

#include "eap_site.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

#include "clock.h"
#include "file.h"
#include "pki.h"

struct work {
	char dir[64];
	struct ost_paths ours, others;
	struct ost_pki_enrolled good, revoked, wrong;
};

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *at)
{
	(void)s;
	(void)type;
	(void)at;
	return remove(path);
}

static int enroll(struct ost_pki *pki, const char *dir, const char *id, const char *urn,
	struct ost_pki_enrolled *ret)
{
	const struct ost_pki_device device = {.id = id, .urn = urn, .out_dir = dir, .days = 30};

	return ost_pki_enroll(pki, &device, ret);
}

static int site_make(struct work *w, const char *name, struct ost_paths *paths, bool ours)
{
	const struct ost_pki_site site = {.name = "gateway.example"};
	struct ost_pki_made made;
	struct ost_pki pki;
	char root[128], out[160];
	int r;

	(void)snprintf(root, sizeof(root), "%s/%s", w->dir, name);
	(void)snprintf(out, sizeof(out), "%s/out", root);
	if (mkdir(root, 0700) < 0 || ost_paths_init(paths, root) < 0)
		return -EIO;
	r = ost_pki_open(&pki, paths, (int64_t)(ost_clock_wall_ns() / OST_NS_PER_S));
	if (r == 0)
		r = ost_pki_init(&pki, &site, &made);
	if (r == 0)
		r = enroll(&pki, out, "cam-01", EAP_SITE_IDENTITY, ours ? &w->good : &w->wrong);
	if (r == 0 && ours) {
		struct ost_pki_revoked revoked;

		r = enroll(&pki, out, "cam-02", "urn:dev:ser:4712", &w->revoked);
		if (r == 0)
			r = ost_pki_revoke(&pki, "cam-02", OST_PKI_KEY_COMPROMISE, &revoked);
	}
	if (r < 0)
		(void)fprintf(stderr, "no site for the test: %s\n", pki.why);
	ost_pki_close(&pki);
	return r;
}

static void *context_make(const char *ca, const struct ost_pki_enrolled *device, bool tls13)
{
	WOLFSSL_CTX *c =
		wolfSSL_CTX_new(tls13 ? wolfTLSv1_3_client_method() : wolfTLSv1_2_client_method());

	if (c == NULL || wolfSSL_CTX_load_verify_locations(c, ca, NULL) != WOLFSSL_SUCCESS)
		return NULL;
	wolfSSL_CTX_set_verify(c, WOLFSSL_VERIFY_PEER, NULL);
	if (device != NULL && (wolfSSL_CTX_use_certificate_chain_file(
				       c, device->certificate_file) != WOLFSSL_SUCCESS ||
				      wolfSSL_CTX_use_PrivateKey_file(c, device->key_file,
					      WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS))
		return NULL;
	return c;
}

static int contexts_make(struct eap_site *s, const struct work *w)
{
	const struct ost_pki_enrolled *devices[EAP_CERTIFICATE_COUNT] = {
		[EAP_CERTIFICATE_GOOD] = &w->good,
		[EAP_CERTIFICATE_REVOKED] = &w->revoked,
		[EAP_CERTIFICATE_WRONG_CA] = &w->wrong};

	for (int v = 0; v < 2; v++) {
		for (int i = 0; i < EAP_CERTIFICATE_COUNT; i++) {
			s->contexts[i][v] =
				context_make(w->ours.ca_certificate, devices[i], v == 1);
			if (s->contexts[i][v] == NULL)
				return -EIO;
		}
		s->suspicious[v] = context_make(w->others.ca_certificate, &w->good, v == 1);
		if (s->suspicious[v] == NULL)
			return -EIO;
	}
	return 0;
}

/* The gateway shows a chain: then its flight is longer than a fragment. */
static int chain_make(const struct ost_paths *paths)
{
	OST_AUTO_FREE char *gateway = NULL, *ca = NULL;
	char both[8192];
	size_t length, ca_length;
	int n;

	if (ost_file_read(paths->gateway_certificate, sizeof(both) / 2, &gateway, &length) < 0 ||
		ost_file_read(paths->ca_certificate, sizeof(both) / 4, &ca, &ca_length) < 0)
		return -EIO;
	n = snprintf(both, sizeof(both), "%s%s%s", gateway, ca, ca);
	return ost_file_write(paths->gateway_certificate, both, (size_t)n, 0600);
}

static int fill(struct eap_site *s, struct work *w)
{
	char why[OST_TRUST_WHY] = "";
	struct ost_trust_files files;
	int r = site_make(w, "ours", &w->ours, true);

	if (r == 0)
		r = chain_make(&w->ours);
	if (r == 0)
		r = site_make(w, "others", &w->others, false);
	if (r < 0)
		return r;
	files = (struct ost_trust_files){.ca = w->ours.ca_certificate,
		.crl = w->ours.crl,
		.certificate = w->ours.gateway_certificate,
		.key = w->ours.gateway_key};
	r = ost_trust_load(&files, why, &s->trust);
	if (r < 0)
		(void)fprintf(stderr, "%s\n", why);
	return r == 0 ? contexts_make(s, w) : r;
}

int eap_site_new(struct eap_site **ret_site)
{
	struct eap_site *s = calloc(1, sizeof(*s));
	struct work *w = calloc(1, sizeof(*w));
	int r = -ENOMEM;

	if (s != NULL && w != NULL) {
		(void)snprintf(w->dir, sizeof(w->dir), "/tmp/ost-eap-site.XXXXXX");
		r = mkdtemp(w->dir) != NULL ? fill(s, w) : -errno;
		(void)nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
	free(w);
	if (r < 0)
		eap_site_free(&s);
	else
		*ret_site = s;
	return r;
}

void eap_site_free(struct eap_site **site)
{
	struct eap_site *s = *site;

	*site = NULL;
	if (s == NULL)
		return;
	for (int v = 0; v < 2; v++) {
		for (int i = 0; i < EAP_CERTIFICATE_COUNT; i++)
			wolfSSL_CTX_free(s->contexts[i][v]);
		wolfSSL_CTX_free(s->suspicious[v]);
	}
	ost_trust_release(&s->trust);
	free(s);
}
