/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name in a certificate, where two programs might read it differently. */
#include <wolfssl/options.h>

#include <wolfssl/openssl/ssl.h>
#include <wolfssl/ssl.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "trust.h"
#include "x509.h"

/* DN serialNumber "urn:dev:ser:4711", a NUL, "evil". */
static const char with_nul[] =
	"3082012c3081d3a003020102020105300a06082a8648ce3d0403023020311e301c06035504050c1575726e3a6465763a"
	"7365723a34373131006576696c301e170d3236313132323035323432385a170d3236313132353035323432385a302031"
	"1e301c06035504050c1575726e3a6465763a7365723a34373131006576696c3059301306072a8648ce3d020106082a86"
	"48ce3d03010703420004c20faaadc6ed0054ae3114c7dc99d00b27e2398915b811b5e024625453fd4e25799965b2315e"
	"11406c1a7e4e4eac68cd0daee52a9be5ef96b5e9388fc97d56cc300a06082a8648ce3d04030203480030450220177c1f"
	"24972fc3afadd99b9b9cab545f8cb287a6bda11ef64c3d5b2c81726f0e022100f763562bd8d5f908104d231b1d8e2a36"
	"df8a6ec9dcb0fd8bd3aa8d4754f09a37";

/* Alternative names: URI "urn:a", DNS "x", URI "urn:b", URI "urn:c"; DN serialNumber "urn:dev:ser:9". */
static const char three_names[] =
	"308201383081dfa003020102020105300a06082a8648ce3d040302300d310b300906035504030c024341301e170d3236"
	"313132323035323432385a170d3236313132353035323432385a3018311630140603550405130d75726e3a6465763a73"
	"65723a393059301306072a8648ce3d020106082a8648ce3d03010703420004c20faaadc6ed0054ae3114c7dc99d00b27"
	"e2398915b811b5e024625453fd4e25799965b2315e11406c1a7e4e4eac68cd0daee52a9be5ef96b5e9388fc97d56cca3"
	"25302330210603551d11041a3018860575726e3a61820178860575726e3a62860575726e3a63300a06082a8648ce3d04"
	"03020348003045022100cbf8425896cc50fd1fa21039ea51baf705a2981def40ff9fd15dfab657a4e40502201fb573b6"
	"26a90380826faaec73efb9bae2705cb5eeed64bfd9b5b4519e67427c";

/* DN serialNumber of 300 times "a". */
static const char too_long[] =
	"30820239308201dfa003020102020105300a06082a8648ce3d040302300d310b300906035504030c024341301e170d32"
	"36313132323035323432385a170d3236313132353035323432385a3082013d318201393082013506035504051382012c"
	"616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
	"616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
	"616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
	"616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
	"616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
	"616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
	"6161616161616161616161613059301306072a8648ce3d020106082a8648ce3d03010703420004c20faaadc6ed0054ae"
	"3114c7dc99d00b27e2398915b811b5e024625453fd4e25799965b2315e11406c1a7e4e4eac68cd0daee52a9be5ef96b5"
	"e9388fc97d56cc300a06082a8648ce3d0403020348003045022100c7454e530b866512b140ad2dcd900b4b16eb02d5a5"
	"860d78045fefe4e5f82ee1022003f901399d2433b812737a09b43e5af13e88b4817f76cf1a006b2d59b6af48d2";

static int describe(const char *hex, struct ost_auth_proof *ret_proof)
{
	struct ost_auth_proof proof = {0};
	const unsigned char *at;
	unsigned char der[1024];
	unsigned byte;
	size_t n = 0;
	WOLFSSL_X509 *x;
	int r;

	for (; *hex != '\0'; hex += 2) {
		assert_true(n < sizeof(der));
		assert_int_equal(sscanf(hex, "%2x", &byte), 1);
		der[n++] = (unsigned char)byte;
	}
	at = der;
	x = wolfSSL_d2i_X509(NULL, &at, (int)n);
	assert_non_null(x);
	r = ost_x509_describe(x, &proof);
	wolfSSL_X509_free(x);
	*ret_proof = proof;
	return r;
}

static void the_first_uri_counts(void **state)
{
	struct ost_auth_proof p;

	(void)state;
	assert_int_equal(describe(three_names, &p), 0);
	assert_string_equal(p.identity, "urn:a");
	assert_string_equal(p.issuer, "CA");
}

/* Cut at the NUL it would be another device's name; cut where its room ends, too. */
static void a_name_is_whole_or_none(void **state)
{
	struct ost_auth_proof p;

	(void)state;
	assert_int_equal(describe(with_nul, &p), -EINVAL);
	assert_string_equal(p.identity, "");
	assert_int_equal(describe(too_long, &p), -EINVAL);
	assert_string_equal(p.identity, "");
}

static int setup(void **state)
{
	(void)state;
	return ost_trust_library_init();
}

static int teardown(void **state)
{
	(void)state;
	ost_trust_library_free();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_uri_counts),
		cmocka_unit_test(a_name_is_whole_or_none),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
