/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a gateway trusts: lists of what several CAs revoked, in one file. */
#include <wolfssl/options.h>

#include <wolfssl/ssl.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

#include "agent.h"
#include "clock.h"
#include "file.h"
#include "pki.h"
#include "trust.h"

#define REVOKED (-361) /* CRL_CERT_REVOKED */

struct site {
	struct ost_paths paths;
	struct ost_pki_enrolled good, revoked;
	char before[256]; /* its list from when nothing was revoked */
};

static char dir[] = "/tmp/ost-trust.XXXXXX";
static struct site sites[2];

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *at)
{
	(void)s;
	(void)type;
	(void)at;
	return remove(path);
}

static void copy(const char *from, const char *to)
{
	OST_AUTO_FREE char *bytes = NULL;
	size_t length = 0;

	assert_int_equal(ost_file_read(from, 1 << 16, &bytes, &length), 0);
	assert_int_equal(ost_file_write(to, bytes, length, 0600), 0);
}

static void site_make(struct site *s, const char *name)
{
	const struct ost_pki_site site = {.name = name, .organization = name};
	struct ost_pki_device device = {.id = "cam-01", .urn = "urn:dev:ser:1", .days = 30};
	struct ost_pki_revoked revoked;
	struct ost_pki_made made;
	struct ost_pki pki;
	char root[128], out[160];

	(void)snprintf(root, sizeof(root), "%s/%s", dir, name);
	(void)snprintf(out, sizeof(out), "%s/out", root);
	(void)snprintf(s->before, sizeof(s->before), "%s/before.crl", root);
	device.out_dir = out;
	assert_int_equal(mkdir(root, 0700), 0);
	assert_int_equal(ost_paths_init(&s->paths, root), 0);
	assert_int_equal(ost_pki_open(&pki, &s->paths, (int64_t)(ost_clock_wall_ns() / OST_NS_PER_S)), 0);
	assert_int_equal(ost_pki_init(&pki, &site, &made), 0);
	copy(s->paths.crl, s->before);
	assert_int_equal(ost_pki_enroll(&pki, &device, &s->good), 0);
	device.id = "cam-02";
	device.urn = "urn:dev:ser:2";
	assert_int_equal(ost_pki_enroll(&pki, &device, &s->revoked), 0);
	assert_int_equal(ost_pki_revoke(&pki, "cam-02", OST_PKI_KEY_COMPROMISE, &revoked), 0);
	ost_pki_close(&pki);
}

static int setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL || ost_trust_library_init() < 0)
		return -1;
	site_make(&sites[0], "one.example");
	site_make(&sites[1], "two.example");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ost_trust_library_free();
	return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void join(const char *a, const char *b, const char *to)
{
	OST_AUTO_FREE char *first = NULL, *second = NULL;
	char both[1 << 14];
	size_t n;

	assert_int_equal(ost_file_read(a, sizeof(both) / 4, &first, &n), 0);
	assert_int_equal(ost_file_read(b, sizeof(both) / 4, &second, &n), 0);
	n = (size_t)snprintf(both, sizeof(both), "a comment\n%sanother\n%s", first, second);
	assert_int_equal(ost_file_write(to, both, n, 0600), 0);
}

static int load(const char *crl_a, const char *crl_b, char why[static OST_TRUST_WHY], struct ost_trust **ret)
{
	const struct ost_paths *p = &sites[0].paths;
	char ca[160], crl[160];
	const struct ost_trust_files files = {.ca = ca, .crl = crl, .certificate = p->gateway_certificate, .key = p->gateway_key};

	(void)snprintf(ca, sizeof(ca), "%s/ca", dir);
	(void)snprintf(crl, sizeof(crl), "%s/crl", dir);
	join(p->ca_certificate, sites[1].paths.ca_certificate, ca);
	join(crl_a, crl_b, crl);
	return ost_trust_load(&files, why, ret);
}

static int load_pair(const char *certificate, const char *key, char why[static OST_TRUST_WHY])
{
	const struct ost_trust_files files = {.ca = sites[0].paths.ca_certificate, .crl = NULL, .certificate = certificate, .key = key};
	struct ost_trust *trust = NULL;
	int r = ost_trust_load(&files, why, &trust);

	ost_trust_release(&trust);
	return r;
}

static void the_gateways_key_is_the_certificates(void **state)
{
	const struct ost_paths *a = &sites[0].paths, *b = &sites[1].paths;
	char why[OST_TRUST_WHY] = "";

	(void)state;
	assert_int_equal(load_pair(a->gateway_certificate, a->gateway_key, why), 0);
	assert_int_equal(load_pair(a->gateway_certificate, b->gateway_key, why), -EINVAL);
	assert_non_null(strstr(why, b->gateway_key));
	assert_non_null(strstr(why, "is not the private key of the gateway's certificate"));
	assert_int_equal(load_pair(a->gateway_certificate, a->ca_certificate, why), -EINVAL);
	assert_non_null(strstr(why, "is no private key"));
}

static void the_agents_key_is_the_certificates(void **state)
{
	const struct site *s = &sites[0];
	struct ost_agent_options o = {.gateway = "10.0.0.1:8443", .name = "one.example", .ca = s->paths.ca_certificate,
		.certificate = s->good.certificate_file, .key = s->good.key_file};
	struct ost_agent *agent = NULL;
	char why[OST_AGENT_TEXT] = "";

	(void)state;
	assert_int_equal(ost_agent_new(&o, why, &agent), 0);
	ost_agent_free(&agent);
	o.key = s->revoked.key_file;
	assert_int_equal(ost_agent_new(&o, why, &agent), -EINVAL);
	assert_non_null(strstr(why, "is not the private key of"));
}

static int verify(const struct ost_trust *trust, const struct ost_pki_enrolled *device)
{
	OST_AUTO_FREE char *pem = NULL;
	size_t n = 0;

	assert_int_equal(ost_file_read(device->certificate_file, 1 << 14, &pem, &n), 0);
	return wolfSSL_CertManagerVerifyBuffer(
		wolfSSL_CTX_GetCertManager(ost_trust_context(trust)), (unsigned char *)pem, (long)n, WOLFSSL_FILETYPE_PEM);
}

static void every_list_of_a_file_counts(void **state)
{
	char why[OST_TRUST_WHY] = "";
	struct ost_trust *trust = NULL;

	(void)state;
	for (int first = 0; first < 2; first++) {
		assert_int_equal(load(sites[first].paths.crl, sites[!first].paths.crl, why, &trust), 0);
		for (int i = 0; i < 2; i++) {
			assert_int_equal(verify(trust, &sites[i].good), WOLFSSL_SUCCESS);
			assert_int_equal(verify(trust, &sites[i].revoked), REVOKED);
		}
		assert_int_not_equal(ost_trust_crl_next_update_s(trust), 0);
		ost_trust_release(&trust);
	}
}

/* Of an old one and a new one only one would be looked at. */
static void two_lists_of_one_ca_are_refused(void **state)
{
	const char *const lists[] = {sites[0].before, sites[0].paths.crl};
	char why[OST_TRUST_WHY] = "";
	struct ost_trust *trust = NULL;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(load(lists[i], lists[!i], why, &trust), -EINVAL);
		assert_non_null(strstr(why, "leave only the newest"));
	}
}

static void a_file_without_a_whole_list_is_refused(void **state)
{
	char why[OST_TRUST_WHY] = "";
	struct ost_trust *trust = NULL;

	(void)state;
	assert_int_equal(load(sites[0].paths.ca_certificate, sites[1].paths.ca_certificate, why, &trust), -EINVAL);
	assert_non_null(strstr(why, "holds no revocation list"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_list_of_a_file_counts),
		cmocka_unit_test(two_lists_of_one_ca_are_refused),
		cmocka_unit_test(the_gateways_key_is_the_certificates),
		cmocka_unit_test(the_agents_key_is_the_certificates),
		cmocka_unit_test(a_file_without_a_whole_list_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
