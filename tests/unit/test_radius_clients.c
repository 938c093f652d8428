/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may ask, and with which secret: the file, its modes, and its mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/stat.h>

#include "file.h"
#include "radius_clients.h"

static char path[] = "/tmp/ost-radius-clients.XXXXXX";

static int folder_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd >= 0 ? close(fd) : -1;
}

static int folder_down(void **state)
{
	(void)state;
	return unlink(path);
}

static int load(const char *text, unsigned mode, gid_t group, char why[static OST_TRUST_WHY],
	struct ost_radius_clients **ret)
{
	assert_int_equal(ost_file_write(path, text, strlen(text), 0600), 0);
	assert_int_equal(chmod(path, mode), 0);
	why[0] = '\0';
	return ost_radius_clients_load(path, group, why, ret);
}

static const char *secret_for(const struct ost_radius_clients *c, const char *address)
{
	static char text[OST_RADIUS_SECRET_MAX + 1];
	const struct ost_radius_client *client;
	struct ost_ip ip;

	assert_int_equal(ost_ip_parse(address, &ip), 0);
	client = ost_radius_clients_find(c, &ip);
	if (client == NULL)
		return "";
	memcpy(text, client->secret, client->secret_length);
	text[client->secret_length] = '\0';
	return text;
}

static void test_longest_prefix_wins(void **state)
{
	struct ost_radius_clients *c = NULL;
	char why[OST_TRUST_WHY];

	(void)state;
	assert_int_equal(load("# switches\n\n10.0.0.0/8 "
			      "of-the-whole-network\n10.1.2.3\tof-one-switch-only\r\n"
			      " 10.1.0.0/16   of-the-first-site!  \n2001:db8::/32 "
			      "of-the-ipv6-network\n2001:db8::7 of-an-ipv6-switch#1",
				 0600, getegid(), why, &c),
		0);
	assert_int_equal(ost_radius_clients_count(c), 5);
	assert_string_equal(secret_for(c, "10.1.2.3"), "of-one-switch-only");
	assert_string_equal(secret_for(c, "10.1.2.4"), "of-the-first-site!");
	assert_string_equal(secret_for(c, "10.2.0.1"), "of-the-whole-network");
	assert_string_equal(secret_for(c, "2001:db8::7"), "of-an-ipv6-switch#1");
	assert_string_equal(secret_for(c, "2001:db8::8"), "of-the-ipv6-network");
	assert_string_equal(secret_for(c, "11.0.0.1"), "");
	assert_string_equal(secret_for(c, "2001:db9::1"), "");
	assert_string_equal(secret_for(c, "::ffff:10.1.2.3"), ""); /* another address */
	ost_radius_clients_free(&c);
}

static void test_modes(void **state)
{
	static const char text[] = "10.0.0.1 sixteen-bytes-or-more\n";
	struct ost_radius_clients *c = NULL;
	char why[OST_TRUST_WHY];

	(void)state;
	assert_int_equal(load(text, 0604, getegid(), why, &c), -EPERM);
	assert_non_null(strstr(why, path));
	assert_non_null(strstr(why, "0604"));
	assert_int_equal(load(text, 0602, getegid(), why, &c), -EPERM);
	assert_int_equal(load(text, 0640, getegid() + 1, why, &c), -EPERM);
	assert_null(c);
	assert_int_equal(load(text, 0640, getegid(), why, &c), 0);
	ost_radius_clients_free(&c);
	assert_int_equal(load(text, 0400, getegid() + 1, why, &c), 0);
	ost_radius_clients_free(&c);
	assert_int_equal(ost_radius_clients_load("/nowhere/radius-clients", 0, why, &c), -ENOENT);
	assert_non_null(strstr(why, "/nowhere/radius-clients"));
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *place, *what;
	} wrong[] = {
		{"", "", "names no client"},
		{"# nobody\n", "", "names no client"},
		{"10.0.0.1\n", ":1: ", "no secret"},
		{"# first\n10.0.0.1 fifteen-bytes-..\n10.0.0.2 short\n", ":3: ", "shorter than 16"},
		{"10.0.0.1 fifteen-bytes--\n", ":1: ", "shorter than 16"},
		{"10.0.0.1 testing123\n", ":1: ", "shorter than 16"},
		{"10.0.0.1 sixteen-bytes-or-more # mine\n", ":1: ", "behind the secret"},
		{"10.0.0.256 sixteen-bytes-or-more\n", ":1: ", "'10.0.0.256' is no address"},
		{"switch-1 sixteen-bytes-or-more\n", ":1: ", "is no address"},
		{"10.0.0.1/8 sixteen-bytes-or-more\n", ":1: ", "write 10.0.0.0/8"},
		{"10.0.0.0/33 sixteen-bytes-or-more\n", ":1: ", "is no address"},
		{"10.0.0.1 sixteen-bytes-\x01or-more\n", ":1: ", "cannot be printed"},
		{"10.0.0.1 sixteen-bytes-\xc3\xa4or-more\n", ":1: ", "cannot be printed"},
		{"10.0.0.1 sixteen-bytes-or-more\n10.0.0.1/32 another-sixteen-bytes\n",
			":2: ", "has a secret already"},
	};
	char why[OST_TRUST_WHY];

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(wrong); i++) {
		struct ost_radius_clients *c = NULL;

		assert_int_equal(load(wrong[i].text, 0600, getegid(), why, &c), -EINVAL);
		assert_null(c);
		assert_non_null(strstr(why, path));
		assert_non_null(strstr(why, wrong[i].place));
		assert_non_null(strstr(why, wrong[i].what));
		assert_null(strstr(why, "sixteen-bytes")); /* no secret in a message */
	}
}

static void test_bounds(void **state)
{
	size_t size = (OST_RADIUS_CLIENTS_MAX + 1) * 48, n = 0;
	OST_AUTO_FREE char *text = malloc(size);
	struct ost_radius_clients *c = NULL;
	char why[OST_TRUST_WHY], line[OST_RADIUS_SECRET_MAX + 32];

	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i < OST_RADIUS_CLIENTS_MAX; i++)
		n += (size_t)snprintf(
			text + n, size - n, "10.0.%u.%u sixteen-bytes-or-more\n", i >> 8, i & 255);
	assert_int_equal(load(text, 0600, getegid(), why, &c), 0);
	assert_int_equal(ost_radius_clients_count(c), OST_RADIUS_CLIENTS_MAX);
	ost_radius_clients_free(&c);
	(void)snprintf(text + n, size - n, "11.0.0.0/8 sixteen-bytes-or-more\n");
	assert_int_equal(load(text, 0600, getegid(), why, &c), -EINVAL);
	assert_non_null(strstr(why, ":1025: "));
	memcpy(line, "10.0.0.1 ", 9);
	memset(line + 9, 'x', OST_RADIUS_SECRET_MAX + 1);
	line[9 + OST_RADIUS_SECRET_MAX + 1] = '\0';
	assert_int_equal(load(line, 0600, getegid(), why, &c), -EINVAL);
	line[9 + OST_RADIUS_SECRET_MAX] = '\0';
	assert_int_equal(load(line, 0600, getegid(), why, &c), 0);
	ost_radius_clients_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longest_prefix_wins),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, folder_up, folder_down);
}
