/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site's CA: DER, names, a CA and its devices as the verifier of wolfSSL sees them, books,
 * stages. */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "der.h"
#include "file.h"
#include "keys.h"
#include "pki.h"
#include "stage.h"

#define DAY	  86400
#define REVOKED	  (-361) /* CRL_CERT_REVOKED */
#define NO_SIGNER (-188)

static int64_t now_s; /* the verifier looks at the real clock */

/* ---- DER ---- */

static void der_is(struct ost_der *d, const char *hex)
{
	char got[256] = "";

	assert_false(d->failed);
	assert_true(ost_der_length(d) < sizeof(got) / 2);
	for (size_t i = 0; i < ost_der_length(d); i++)
		(void)snprintf(got + 2 * i, 3, "%02x", ost_der_bytes(d)[i]);
	assert_string_equal(got, hex);
	ost_der_free(d);
}

static void test_der_integers(void **state)
{
	static const struct {
		uint64_t value;
		const char *hex;
	} rows[] = {
		{0, "020100"},
		{1, "020101"},
		{127, "02017f"},
		{128, "02020080"},
		{255, "020200ff"},
		{256, "02020100"},
		{0x8000, "0203008000"},
		{UINT64_MAX, "020900ffffffffffffffff"},
	};
	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(rows); i++) {
		struct ost_der d = {0};

		ost_der_integer(&d, rows[i].value);
		der_is(&d, rows[i].hex);
	}
}

static void test_der_lengths(void **state)
{
	static const struct {
		size_t length;
		const char *head;
	} rows[] = {
		{0, "0400"},
		{127, "047f"},
		{128, "048180"},
		{255, "0481ff"},
		{256, "04820100"},
		{65535, "0482ffff"},
		{65536, "0483010000"},
	};
	static const uint8_t bytes[65536];

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(rows); i++) {
		struct ost_der d = {0};
		char got[16] = "";
		size_t head;

		ost_der_put(&d, OST_DER_OCTET_STRING, bytes, rows[i].length);
		head = ost_der_length(&d) - rows[i].length;
		for (size_t j = 0; j < head; j++)
			(void)snprintf(got + 2 * j, 3, "%02x", ost_der_bytes(&d)[j]);
		assert_string_equal(got, rows[i].head);
		ost_der_free(&d);
	}
}

static void test_der_nests_and_grows(void **state)
{
	struct ost_der d = {0};

	(void)state;
	ost_der_true(&d);
	ost_der_text(&d, OST_DER_UTF8, "ab");
	ost_der_wrap(&d, OST_DER_SEQUENCE, 0);
	ost_der_wrap(&d, OST_DER_EXPLICIT(3), 0);
	der_is(&d, "a30930070c02616201"
		   "01ff");
	for (int i = 0; i < 5000; i++)
		ost_der_integer(&d, 1);
	ost_der_wrap(&d, OST_DER_SEQUENCE, 0);
	assert_int_equal(ost_der_length(&d), 15004);
	assert_memory_equal(ost_der_bytes(&d), "\x30\x82\x3a\x98\x02\x01\x01\x02", 8);
	assert_memory_equal(ost_der_bytes(&d) + 15001, "\x02\x01\x01", 3);
	ost_der_free(&d);
}

/* RFC 5280 section 4.1.2.5: UTCTime through 2049. */
static void test_der_times(void **state)
{
	struct ost_der d = {0};

	(void)state;
	ost_der_time(&d, 2524607999); /* 2049-12-31T23:59:59Z */
	der_is(&d, "170d3439313233313233353935395a");
	ost_der_time(&d, 2524608000);
	der_is(&d, "180f32303530303130313030303030305a");
	ost_der_time(&d, -1);
	assert_true(d.failed);
	ost_der_integer(&d, 1);
	assert_true(d.failed); /* it sticks */
	ost_der_free(&d);
}

/* ---- names ---- */

static void test_names(void **state)
{
	static const char *const dns_good[] = {
		"gw", "gw.example.com", "a-b.c1", "1.example", "GW.Example.com", "4gw"};
	static const char *const dns_bad[] = {"", ".", "gw.", ".gw", "a..b", "-a.b", "a-.b",
		"*.example.com", "10.0.0.1", "1", "a_b", "a b", "gw\n", "::1",
		"gw,DNS:evil.example"};
	static const char *const urn_good[] = {"urn:dev:ser:4711", "urn:dev:mac:0024befffe804ff1",
		"urn:dev:ow:10e2073a01080063", "urn:dev:os:32473-12-34_a", "urn:dev:x1:a:b",
		"urn:dev:ser:cam-01.b"};
	static const char *const urn_bad[] = {"", "urn:dev:", "urn:dev:ser",
		"urn:dev:ser:", "urn:dev::x", "urn:uuid:1", "URN:dev:ser:1", "urn:dev:ser:a b",
		"urn:dev:ser:a/b", "urn:dev:ser:a\n", "urn:dev:Ser:1", "urn:dev:1ser:1",
		"urn:dev:ser:\xc3\xa4", "urn:dev:ser:-a", "http://x"};
	static const char *const id_good[] = {"cam-01", "a", "1.b_c", "urn:dev:ser:1"};
	static const char *const id_bad[] = {"", "-a", ".a", "a/b", "../a", "a b", "a:b", "urn:x",
		"\xc3\xa4", "a\n",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	char longer[300];

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(dns_good); i++)
		assert_true(ost_pki_dns_valid(dns_good[i]));
	for (size_t i = 0; i < OST_ARRAY_SIZE(dns_bad); i++)
		if (ost_pki_dns_valid(dns_bad[i]))
			fail_msg("'%s' passes as a DNS name", dns_bad[i]);
	for (size_t i = 0; i < OST_ARRAY_SIZE(urn_good); i++)
		assert_true(ost_pki_urn_valid(urn_good[i]));
	for (size_t i = 0; i < OST_ARRAY_SIZE(urn_bad); i++)
		if (ost_pki_urn_valid(urn_bad[i]))
			fail_msg("'%s' passes as a URN", urn_bad[i]);
	for (size_t i = 0; i < OST_ARRAY_SIZE(id_good); i++)
		assert_true(ost_pki_id_valid(id_good[i]));
	for (size_t i = 0; i < OST_ARRAY_SIZE(id_bad); i++)
		if (ost_pki_id_valid(id_bad[i]))
			fail_msg("'%s' passes as an ID", id_bad[i]);
	(void)snprintf(longer, sizeof(longer), "urn:dev:ser:%0243d", 1);
	assert_true(ost_pki_urn_valid(longer));
	(void)snprintf(longer, sizeof(longer), "urn:dev:ser:%0244d", 1);
	assert_false(ost_pki_urn_valid(longer));
	(void)snprintf(longer, sizeof(longer), "a%063d.b", 1);
	assert_false(ost_pki_dns_valid(longer));
}

static void test_reasons(void **state)
{
	enum ost_pki_reason r = OST_PKI_SUPERSEDED;

	(void)state;
	assert_int_equal(ost_pki_reason_parse("key-compromise", &r), 0);
	assert_int_equal(r, OST_PKI_KEY_COMPROMISE);
	assert_int_equal(ost_pki_reason_parse("keyCompromise", &r), -EINVAL);
	assert_int_equal(r, OST_PKI_KEY_COMPROMISE);
	assert_null(ost_pki_reason_name((enum ost_pki_reason)2));
	assert_null(
		ost_pki_reason_name((enum ost_pki_reason)6)); /* certificateHold is not for good */
}

/* ---- a site ---- */

struct site {
	char root[64];
	char out[128];
	struct ost_paths paths;
	struct ost_pki pki;
};

static int site_setup(void **state)
{
	static const struct ost_pki_site wanted = {.name = "gw.example.com"};
	struct site *s = calloc(1, sizeof(*s));
	struct ost_pki_made made;

	(void)snprintf(s->root, sizeof(s->root), "/tmp/ost-pki-%d-XXXXXX", (int)getpid());
	if (mkdtemp(s->root) == NULL || ost_paths_init(&s->paths, s->root) < 0)
		return -1;
	(void)snprintf(s->out, sizeof(s->out), "%s/out", s->root);
	if (ost_pki_open(&s->pki, &s->paths, now_s) < 0 ||
		ost_pki_init(&s->pki, &wanted, &made) < 0)
		return -1;
	*state = s;
	return 0;
}

static int entry_remove(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static int site_teardown(void **state)
{
	struct site *s = *state;

	ost_pki_close(&s->pki);
	(void)nftw(s->root, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(s);
	return 0;
}

static struct ost_pki_device device(const struct site *s, const char *id, const char *urn)
{
	return (struct ost_pki_device){.id = id, .urn = urn, .out_dir = s->out, .days = 365};
}

static struct ost_pki_enrolled enrolled(struct site *s, const char *id, const char *urn)
{
	struct ost_pki_device d = device(s, id, urn);
	struct ost_pki_enrolled e;

	if (ost_pki_enroll(&s->pki, &d, &e) < 0)
		fail_msg("%s", s->pki.why);
	return e;
}

static void refused(struct site *s, int got, int wanted, const char *says)
{
	if (got != wanted || strstr(s->pki.why, says) == NULL)
		fail_msg("%d, not %d; '%s' does not say '%s'", got, wanted, s->pki.why, says);
}

/* As ostiary-authd does: a context with the CA and the CRL, every certificate of a chain checked.
 */
static int verdict(struct site *s, const char *certificate)
{
	WOLFSSL_CTX *ctx = wolfSSL_CTX_new(wolfTLS_server_method());
	WOLFSSL_CERT_MANAGER *manager;
	int r;

	assert_non_null(ctx);
	assert_int_equal(wolfSSL_CTX_load_verify_locations(ctx, s->paths.ca_certificate, NULL),
		WOLFSSL_SUCCESS);
	assert_int_equal(wolfSSL_CTX_EnableCRL(ctx, WOLFSSL_CRL_CHECKALL), WOLFSSL_SUCCESS);
	assert_int_equal(wolfSSL_CTX_LoadCRL(ctx, s->paths.pki_dir, WOLFSSL_FILETYPE_PEM, 0),
		WOLFSSL_SUCCESS);
	manager = wolfSSL_CTX_GetCertManager(ctx);
	r = wolfSSL_CertManagerVerify(manager, certificate, WOLFSSL_FILETYPE_PEM);
	wolfSSL_CTX_free(ctx);
	return r;
}

/* Trap: plain builds of wolfSSL refuse a URN as subjectAltName with -161. Devices have nothing
 * else. */
static void test_wolfssl_takes_urn_names(void **state)
{
	struct site *s = *state;
	struct ost_pki_enrolled e = enrolled(s, "cam-01", "urn:dev:mac:0024befffe804ff1");

	assert_int_equal(verdict(s, e.certificate_file), WOLFSSL_SUCCESS);
	assert_int_equal(verdict(s, s->paths.gateway_certificate), WOLFSSL_SUCCESS);
	assert_int_equal(strlen(e.certificate.serial), 2 * OST_PKI_SERIAL);
	assert_int_equal(e.certificate.not_after_s, now_s + 365 * DAY);
}

static void test_other_ca_is_refused(void **state)
{
	struct site *s = *state, *other;
	struct ost_pki_enrolled e;
	void *second = NULL;

	assert_int_equal(site_setup(&second), 0);
	other = second;
	e = enrolled(other, "cam-01", "urn:dev:ser:1"); /* same names, another key */
	assert_int_equal(verdict(other, e.certificate_file), WOLFSSL_SUCCESS);
	assert_int_equal(verdict(s, e.certificate_file), NO_SIGNER);
	(void)site_teardown(&second);
}

static void test_revoked_is_refused(void **state)
{
	struct site *s = *state;
	struct ost_pki_enrolled a = enrolled(s, "cam-01", "urn:dev:ser:1"),
				b = enrolled(s, "cam-02", "urn:dev:ser:2");
	struct ost_pki_revoked done;

	assert_int_equal(ost_pki_revoke(&s->pki, "cam-01", OST_PKI_KEY_COMPROMISE, &done), 0);
	assert_int_equal(done.count, 1);
	assert_int_equal(done.already, 0);
	assert_int_equal(done.crl.number, 2);
	assert_int_equal(done.crl.entries, 1);
	assert_int_equal(done.crl.next_update_s, now_s + 180 * DAY);
	assert_int_equal(verdict(s, a.certificate_file), REVOKED);
	assert_int_equal(verdict(s, b.certificate_file), WOLFSSL_SUCCESS);
	assert_int_equal(ost_pki_revoke(&s->pki, "cam-01", OST_PKI_SUPERSEDED, &done),
		0); /* again: a CRL anew */
	assert_int_equal(done.count, 0);
	assert_int_equal(done.already, 1);
	assert_int_equal(done.crl.number, 3);
	assert_int_equal(
		ost_pki_revoke(&s->pki, b.certificate.serial, OST_PKI_UNSPECIFIED, &done), 0);
	assert_int_equal(done.crl.entries, 2);
	assert_int_equal(verdict(s, b.certificate_file), REVOKED);
	b = enrolled(s, "cam-03", "urn:dev:ser:3");
	assert_int_equal(ost_pki_revoke(&s->pki, "urn:dev:ser:3", OST_PKI_UNSPECIFIED, &done), 0);
	assert_int_equal(verdict(s, b.certificate_file), REVOKED);
}

static void test_revoke_takes_all_of_a_device(void **state)
{
	struct site *s = *state;
	struct ost_pki_enrolled a = enrolled(s, "cam-01", "urn:dev:ser:1"), b;
	struct ost_pki_revoked done;

	(void)snprintf(s->out, sizeof(s->out), "%s/out2", s->root);
	b = enrolled(s, "cam-01", "urn:dev:ser:1"); /* renewed: the same name may have several */
	assert_int_equal(
		ost_pki_revoke(&s->pki, "cam-01", OST_PKI_CESSATION_OF_OPERATION, &done), 0);
	assert_int_equal(done.count, 2);
	assert_int_equal(verdict(s, a.certificate_file), REVOKED);
	assert_int_equal(verdict(s, b.certificate_file), REVOKED);
	(void)snprintf(s->out, sizeof(s->out), "%s/out3", s->root);
	a = enrolled(s, "cam-01", "urn:dev:ser:1"); /* and after it is found again, a new one */
	assert_int_equal(verdict(s, a.certificate_file), WOLFSSL_SUCCESS);
}

static void test_revoke_refuses(void **state)
{
	struct site *s = *state;
	struct ost_pki_revoked done = {.count = 77};

	(void)enrolled(s, "cam-01", "urn:dev:ser:1");
	refused(s, ost_pki_revoke(&s->pki, "cam-02", OST_PKI_UNSPECIFIED, &done), -ENOENT,
		"cam-02");
	refused(s, ost_pki_revoke(&s->pki, "", OST_PKI_UNSPECIFIED, &done), -ENOENT,
		"issued.ndjson");
	refused(s, ost_pki_revoke(&s->pki, "gw.example.com", OST_PKI_UNSPECIFIED, &done), -ENOENT,
		"gw.example.com");
	refused(s, ost_pki_revoke(&s->pki, "cam-01", (enum ost_pki_reason)6, &done), -EINVAL,
		"reason");
	s->pki.now_s = now_s + 366 * DAY; /* it has expired */
	refused(s, ost_pki_revoke(&s->pki, "cam-01", OST_PKI_UNSPECIFIED, &done), -ENOENT,
		"still valid");
	assert_int_equal(done.count, 77);
}

/* An entry is of no use once its certificate has expired; the numbers go on. */
static void test_crl_forgets_the_expired(void **state)
{
	struct site *s = *state;
	struct ost_pki_revoked done;
	struct ost_pki_crl crl;

	(void)enrolled(s, "cam-01", "urn:dev:ser:1");
	assert_int_equal(ost_pki_revoke(&s->pki, "cam-01", OST_PKI_UNSPECIFIED, &done), 0);
	s->pki.now_s = now_s + 365 * DAY;
	assert_int_equal(ost_pki_crl_renew(&s->pki, &crl), 0);
	assert_int_equal(crl.entries, 1);
	s->pki.now_s++;
	assert_int_equal(ost_pki_crl_renew(&s->pki, &crl), 0);
	assert_int_equal(crl.entries, 0);
	assert_int_equal(crl.number, 4);
}

static void test_two_devices_never_share_a_name(void **state)
{
	struct site *s = *state;
	struct ost_pki_device d = device(s, "cam-02", "urn:dev:ser:1");
	struct ost_pki_revoked done;
	struct ost_pki_enrolled e;

	(void)enrolled(s, "cam-01", "urn:dev:ser:1");
	refused(s, ost_pki_enroll(&s->pki, &d, &e), -EEXIST, "cam-01");
	assert_int_equal(access(s->out, F_OK), 0);
	assert_int_equal(ost_pki_revoke(&s->pki, "cam-01", OST_PKI_SUPERSEDED, &done), 0);
	(void)enrolled(s, "cam-02", "urn:dev:ser:1");
}

static void test_enroll_refuses(void **state)
{
	struct site *s = *state;
	struct ost_pki_device d = device(s, "cam-01", "urn:dev:ser:1");
	struct ost_pki_enrolled e;

	d.days = 0;
	refused(s, ost_pki_enroll(&s->pki, &d, &e), -EINVAL, "--days");
	d.days = OST_PKI_DAYS_MAX + 1;
	refused(s, ost_pki_enroll(&s->pki, &d, &e), -EINVAL, "--days");
	d = device(s, "../cam", "urn:dev:ser:1");
	refused(s, ost_pki_enroll(&s->pki, &d, &e), -EINVAL, "../cam");
	d = device(s, "ca", "urn:dev:ser:1");
	refused(s, ost_pki_enroll(&s->pki, &d, &e), -EINVAL, "'ca'");
	d = device(s, "cam-01", "urn:uuid:1");
	refused(s, ost_pki_enroll(&s->pki, &d, &e), -EINVAL, "urn:uuid:1");
	d = device(s, "cam-01", "urn:dev:ser:1");
	d.csr = "/nowhere/x.csr";
	refused(s, ost_pki_enroll(&s->pki, &d, &e), -ENOENT, "/nowhere/x.csr");
	(void)enrolled(s, "cam-01", "urn:dev:ser:1");
	d.csr = NULL;
	refused(s, ost_pki_enroll(&s->pki, &d, &e), -EEXIST, "cam-01.key");
}

/* A certificate never outlives its CA. */
static void test_ends_with_the_ca(void **state)
{
	struct site *s = *state;
	struct ost_pki_enrolled e;
	struct ost_pki_device d;

	s->pki.now_s = now_s + (int64_t)(OST_PKI_CA_DAYS - 10) * DAY;
	e = enrolled(s, "cam-01", "urn:dev:ser:1");
	assert_true(e.shortened);
	assert_int_equal(e.certificate.not_after_s, now_s + (int64_t)OST_PKI_CA_DAYS * DAY);
	s->pki.now_s = now_s + (int64_t)OST_PKI_CA_DAYS * DAY;
	d = device(s, "cam-02", "urn:dev:ser:2");
	refused(s, ost_pki_enroll(&s->pki, &d, &e), -EINVAL, "has expired");
}

static void test_clock_not_set(void **state)
{
	struct site *s = *state;
	struct ost_pki_device d = device(s, "cam-01", "urn:dev:ser:1");
	const struct ost_pki_site wanted = {.name = "gw.example.com"};
	struct ost_pki_enrolled e;
	struct ost_pki_made made;
	struct ost_pki_crl crl;

	s->pki.now_s = 3600;
	refused(s, ost_pki_init(&s->pki, &wanted, &made), -EINVAL, "clock");
	refused(s, ost_pki_enroll(&s->pki, &d, &e), -EINVAL, "clock");
	refused(s, ost_pki_crl_renew(&s->pki, &crl), -EINVAL, "clock");
}

static void test_init_refuses(void **state)
{
	struct site *s = *state;
	struct ost_pki_site wanted = {.name = "gw.example.com"};
	struct ost_pki_made made;
	struct ost_pki_crl crl;

	refused(s, ost_pki_init(&s->pki, &wanted, &made), -EEXIST, "ca.key");
	wanted.name = "*.example.com";
	refused(s, ost_pki_init(&s->pki, &wanted, &made), -EINVAL, "*.example.com");
	wanted = (struct ost_pki_site){.name = "gw", .organization = ""};
	refused(s, ost_pki_init(&s->pki, &wanted, &made), -EINVAL, "--organization");
	wanted.organization = "a\nb";
	refused(s, ost_pki_init(&s->pki, &wanted, &made), -EINVAL, "--organization");
	assert_int_equal(unlink(s->paths.ca_key), 0);
	refused(s, ost_pki_crl_renew(&s->pki, &crl), -ENOKEY, "ca.key");
	assert_int_equal(unlink(s->paths.ca_certificate), 0);
	refused(s, ost_pki_crl_renew(&s->pki, &crl), -ENOKEY, "ostiary init");
}

/* ---- books ---- */

static void append(const char *path, const char *text)
{
	FILE *f = fopen(path, "a");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* A power failure in the middle of a line: nobody was told of it. */
static void test_torn_last_line_gives_way(void **state)
{
	struct site *s = *state;
	struct ost_pki_revoked done;
	char *text = NULL;
	size_t length;

	for (int i = 0; i < 100; i++) /* longer than what comes in its place */
		append(s->paths.issued, "{\"event\":\"issued\",\"kind\":\"dev");
	(void)enrolled(s, "cam-01", "urn:dev:ser:1");
	assert_int_equal(ost_pki_revoke(&s->pki, "cam-01", OST_PKI_UNSPECIFIED, &done), 0);
	assert_int_equal(ost_file_read(s->paths.issued, 1u << 20, &text, &length), 0);
	assert_null(strstr(text, "\"dev{"));
	assert_null(strstr(text, "\"kind\":\"dev\n"));
	assert_int_equal(text[length - 1], '\n');
	free(text);
}

static void test_damaged_line_is_named(void **state)
{
	static const char *const lines[] = {
		"no JSON\n",
		"\n",
		"[]\n",
		"{}\n",
		"{\"event\":\"other\"}\n",
		"{\"event\":\"crl\",\"number\":-1}\n",
		"{\"event\":\"revoked\",\"serial\":\"0g\",\"id\":\"x\",\"reason\":\"superseded\","
		"\"time\":\"2026-11-22T00:00:00Z\"}\n",
		"{\"event\":\"revoked\",\"serial\":\"01\",\"id\":\"x\",\"reason\":\"mood\","
		"\"time\":\"2026-11-22T00:00:00Z\"}\n",
		"{\"event\":\"revoked\",\"serial\":\"01\",\"id\":\"x\",\"reason\":\"superseded\","
		"\"time\":\"then\"}\n",
		"{\"event\":\"issued\",\"kind\":\"device\",\"serial\":\"01\",\"id\":\"x\"}\n",
		"{\"event\":\"issued\",\"kind\":\"device\",\"serial\":"
		"\"000102030405060708090a0b0c0d0e0f1011121314\",\"id\":\"x\","
		"\"not_after\":\"2030-11-22T00:00:00Z\"}\n",
		"{\"event\":\"issued\",\"event\":\"crl\",\"number\":4}\n",
	};
	struct site *s = *state;
	char *text = NULL;
	size_t length;

	assert_int_equal(ost_file_read(s->paths.issued, 1u << 20, &text, &length), 0);
	for (size_t i = 0; i < OST_ARRAY_SIZE(lines); i++) {
		struct ost_pki_crl crl;

		assert_int_equal(ost_file_write(s->paths.issued, text, length, 0644), 0);
		append(s->paths.issued, lines[i]);
		refused(s, ost_pki_crl_renew(&s->pki, &crl), -EINVAL, "issued.ndjson:3:");
	}
	free(text);
}

/* Its issue was lost with a backup: the revocation stands all the same. */
static void test_revocation_without_issue_stays(void **state)
{
	struct site *s = *state;
	struct ost_pki_crl crl;

	append(s->paths.issued, "{\"event\":\"revoked\",\"serial\":\"00ff\",\"id\":\"x\","
				"\"reason\":\"superseded\",\"time\":\"2026-11-22T00:00:00Z\"}\n");
	assert_int_equal(ost_pki_crl_renew(&s->pki, &crl), 0);
	assert_int_equal(crl.entries, 1);
	assert_int_equal(verdict(s, s->paths.gateway_certificate), WOLFSSL_SUCCESS); /* it loads */
}

static void test_many_revoked(void **state)
{
	struct site *s = *state;
	struct ost_pki_enrolled e = enrolled(s, "cam-01", "urn:dev:ser:1");
	struct ost_pki_revoked done;
	FILE *f = fopen(s->paths.issued, "a");

	assert_non_null(f);
	for (unsigned i = 0; i < 20000; i++)
		(void)fprintf(f,
			"{\"event\":\"revoked\",\"serial\":\"40%030x\",\"id\":\"x\",\"reason\":"
			"\"superseded\",\"time\":\"2026-11-22T00:00:00Z\"}\n",
			i);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(verdict(s, e.certificate_file), WOLFSSL_SUCCESS);
	assert_int_equal(ost_pki_revoke(&s->pki, "cam-01", OST_PKI_UNSPECIFIED, &done), 0);
	assert_int_equal(done.crl.entries, 20001);
	assert_int_equal(verdict(s, e.certificate_file), REVOKED);
}

static void test_key_of_another_ca(void **state)
{
	struct site *s = *state;
	struct ost_pki_crl crl;

	assert_int_equal(unlink(s->paths.ca_key), 0);
	assert_int_equal(rename(s->paths.gateway_key, s->paths.ca_key), 0);
	refused(s, ost_pki_crl_renew(&s->pki, &crl), -EINVAL, "is not the key of");
	assert_int_equal(
		ost_file_write(s->paths.ca_key, "-----BEGIN EC PRIVATE KEY-----\nAAAA\n", 36, 0600),
		0);
	refused(s, ost_pki_crl_renew(&s->pki, &crl), -EINVAL, "ca.key");
}

/* The gateway's private key, and beside it the public key of the CA. */
static void test_key_that_lies(void **state)
{
	byte secret[32], x[32], y[32], der[256];
	word32 n = sizeof(secret), x_length = sizeof(x), y_length = sizeof(y);
	struct ost_key ca = {0}, gateway = {0}, liar = {0};
	struct site *s = *state;
	struct ost_pki_crl crl;
	char pem[512];
	int length;

	assert_int_equal(ost_key_read(&s->pki, s->paths.ca_key, &ca), 0);
	assert_int_equal(ost_key_read(&s->pki, s->paths.gateway_key, &gateway), 0);
	assert_int_equal(wc_ecc_export_private_only(&gateway.ecc, secret, &n), 0);
	assert_int_equal(wc_ecc_export_public_raw(&ca.ecc, x, &x_length, y, &y_length), 0);
	assert_int_equal(wc_ecc_init(&liar.ecc), 0);
	assert_int_equal(wc_ecc_import_unsigned(&liar.ecc, x, y, secret, ECC_SECP256R1), 0);
	length = wc_EccKeyToDer(&liar.ecc, der, sizeof(der));
	assert_true(length > 0);
	length = wc_DerToPem(der, (word32)length, (byte *)pem, sizeof(pem), ECC_PRIVATEKEY_TYPE);
	assert_true(length > 0);
	assert_int_equal(ost_file_write(s->paths.ca_key, pem, (size_t)length, 0600), 0);
	refused(s, ost_pki_crl_renew(&s->pki, &crl), -EINVAL, "ca.key");
	(void)wc_ecc_free(&liar.ecc);
	ost_key_free(&gateway);
	ost_key_free(&ca);
}

static void test_gateway_renewed(void **state)
{
	struct site *s = *state;
	struct ost_pki_certificate renewed;

	s->pki.now_s = now_s + 700 * DAY;
	assert_int_equal(ost_pki_gateway_renew(&s->pki, &renewed), 0);
	assert_int_equal(renewed.not_after_s, now_s + 1430 * DAY);
	assert_int_equal(unlink(s->paths.gateway_key), 0);
	refused(s, ost_pki_gateway_renew(&s->pki, &renewed), -ENOENT, "gateway.key");
}

/* ---- stages ---- */

static uint32_t files_in(const char *folder)
{
	char command[160];
	uint32_t n = 0;

	for (int i = 0; i < 3; i++) {
		(void)snprintf(command, sizeof(command), "%s/%c", folder, 'a' + i);
		n += access(command, F_OK) == 0;
		(void)snprintf(
			command, sizeof(command), "%s/.%c.%d.tmp", folder, 'a' + i, (int)getpid());
		n += access(command, F_OK) == 0;
	}
	return n;
}

static void test_stage_is_all_or_nothing(void **state)
{
	struct site *s = *state;
	const struct ost_stage_file file = {
		.bytes = "new", .length = 3, .mode = 0640, .uid = (uid_t)-1};
	struct ost_stage stage = {0};
	const char *at = NULL;
	char path[128];
	struct stat st;

	for (int i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/%c", s->root, 'a' + i);
		assert_int_equal(ost_stage_add(&stage, path, &file), 0);
	}
	assert_int_equal(files_in(s->root), 3); /* temporary ones */
	append(path, "old");			/* somebody was faster, with the last one */
	assert_int_equal(ost_stage_commit(&stage, &at), -EEXIST);
	assert_string_equal(at, path);
	ost_stage_free(&stage);
	assert_int_equal(files_in(s->root), 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(unlink(path), 0);

	assert_int_equal(ost_stage_add(&stage, path, &file), 0);
	assert_int_equal(ost_stage_commit(&stage, &at), 0);
	ost_stage_free(&stage);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(files_in(s->root), 1);
}

static void test_stage_refuses(void **state)
{
	struct site *s = *state;
	const struct ost_stage_file file = {
		.bytes = "x", .length = 1, .mode = 0600, .uid = (uid_t)-1};
	struct ost_stage stage = {0};
	char path[128];

	assert_int_equal(ost_stage_add(&stage, "/nowhere/at/all", &file), -ENOENT);
	assert_int_equal(stage.count, 0);
	for (unsigned i = 0; i < OST_STAGE_MAX; i++) {
		(void)snprintf(path, sizeof(path), "%s/%u", s->root, i);
		assert_int_equal(ost_stage_add(&stage, path, &file), 0);
	}
	assert_int_equal(ost_stage_add(&stage, "/tmp/one-more", &file), -ENOBUFS);
	ost_stage_free(&stage);
	assert_int_equal(access(path, F_OK), -1);
}

#define SITE(test) cmocka_unit_test_setup_teardown(test, site_setup, site_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_der_integers),
		cmocka_unit_test(test_der_lengths),
		cmocka_unit_test(test_der_nests_and_grows),
		cmocka_unit_test(test_der_times),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_reasons),
		SITE(test_wolfssl_takes_urn_names),
		SITE(test_other_ca_is_refused),
		SITE(test_revoked_is_refused),
		SITE(test_revoke_takes_all_of_a_device),
		SITE(test_revoke_refuses),
		SITE(test_crl_forgets_the_expired),
		SITE(test_two_devices_never_share_a_name),
		SITE(test_enroll_refuses),
		SITE(test_ends_with_the_ca),
		SITE(test_clock_not_set),
		SITE(test_init_refuses),
		SITE(test_torn_last_line_gives_way),
		SITE(test_damaged_line_is_named),
		SITE(test_revocation_without_issue_stays),
		SITE(test_many_revoked),
		SITE(test_key_of_another_ca),
		SITE(test_key_that_lies),
		SITE(test_gateway_renewed),
		SITE(test_stage_is_all_or_nothing),
		SITE(test_stage_refuses),
	};

	now_s = (int64_t)time(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
