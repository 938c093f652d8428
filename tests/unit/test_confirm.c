/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of a generation on trial: how much time is left whatever the clocks do, and what is no record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "api_policy.h"
#include "clock.h"
#include "confirm.h"
#include "generations.h"

#define S OST_NS_PER_S
#define WALL (1800000000 * S)
#define BOOT (5000 * S)

static struct ost_confirm begun(void)
{
	struct ost_confirm c = {.generation = 13, .former = 12, .asked_s = 90};
	const struct ost_confirm_now now = {WALL, BOOT, "a"};

	ost_confirm_begin(&c, &now);
	return c;
}

static uint64_t rest_s(int64_t wall_s, int64_t boot_s, const char *boot)
{
	const struct ost_confirm c = begun();
	struct ost_confirm_now now = {WALL + (uint64_t)(wall_s * (int64_t)S), BOOT + (uint64_t)(boot_s * (int64_t)S), ""};

	(void)snprintf(now.boot, sizeof(now.boot), "%s", boot);
	return ost_confirm_rest_ns(&c, &now) / S;
}

static void clocks_that_go(void **state)
{
	(void)state;
	assert_int_equal(rest_s(0, 0, "a"), 90);
	assert_int_equal(rest_s(30, 30, "a"), 60);
	assert_int_equal(rest_s(90, 90, "a"), 0);
	assert_int_equal(rest_s(1000, 1000, "a"), 0);
}

static void clocks_that_jump(void **state)
{
	(void)state;
	assert_int_equal(rest_s(-100000, 30, "a"), 60); /* the wall clock went back */
	assert_int_equal(rest_s(-100000, 90, "a"), 0);
	assert_int_equal(rest_s(80, 30, "a"), 10); /* forward */
	assert_int_equal(rest_s(100000, 1, "a"), 0);
	assert_int_equal(rest_s(30, -4000, "a"), 60); /* a container's time began anew */
	assert_int_equal(rest_s(-100, -4000, "a"), 90); /* never more than was asked for */
}

static void another_boot(void **state)
{
	(void)state;
	assert_int_equal(rest_s(30, -4990, "b"), 60); /* the time of that boot says nothing */
	assert_int_equal(rest_s(30, 80, "b"), 60);
	assert_int_equal(rest_s(91, -4990, "b"), 0);
	assert_int_equal(rest_s(-1, -4990, "b"), 0); /* a clock that was not set yet */
	assert_int_equal(rest_s(30, 30, ""), 60);
}

static int parsed(const char *text)
{
	struct ost_confirm c;

	return ost_confirm_parse(text, strlen(text), &c);
}

#define GOOD                                                                                       \
	"\"generation\":13,\"former\":12,\"asked_s\":90,\"taken\":true,\"since_wall_ns\":1,\"until_wall_ns\":2,\"until_boot_ns\":3"

static void records(void **state)
{
	static const char *const wrong[] = {"", "{}", "[]", "null", "{" GOOD "}", "{" GOOD ",\"boot\":1}",
		"{" GOOD ",\"boot\":\"a\",\"boot\":\"b\"}", "{" GOOD ",\"boot\":\"0123456789012345678901234567890123456789\"}",
		"{\"generation\":12,\"former\":12,\"asked_s\":90,\"taken\":true,\"since_wall_ns\":1,\"until_wall_ns\":2,\"until_boot_ns\":3,"
		"\"boot\":\"\"}",
		"{\"generation\":13,\"former\":12,\"asked_s\":0,\"taken\":true,\"since_wall_ns\":1,\"until_wall_ns\":2,\"until_boot_ns\":3,"
		"\"boot\":\"\"}",
		"{\"generation\":13,\"former\":12,\"asked_s\":86401,\"taken\":true,\"since_wall_ns\":1,\"until_wall_ns\":2,\"until_boot_ns\":3,"
		"\"boot\":\"\"}",
		"{\"generation\":13,\"former\":12,\"asked_s\":90,\"taken\":1,\"since_wall_ns\":1,\"until_wall_ns\":2,\"until_boot_ns\":3,"
		"\"boot\":\"\"}",
		"{\"generation\":13,\"former\":-1,\"asked_s\":90,\"taken\":true,\"since_wall_ns\":1,\"until_wall_ns\":2,\"until_boot_ns\":3,"
		"\"boot\":\"\"}"};

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(wrong); i++)
		assert_int_equal(parsed(wrong[i]), -EINVAL);
	assert_int_equal(parsed("{" GOOD ",\"boot\":\"x\"}"), 0);
}

static void on_disk(void **state)
{
	char root[] = "/tmp/ost-test-confirm-XXXXXX", path[64];
	const struct ost_confirm c = begun();
	struct ost_confirm again = {0};
	struct ost_paths paths;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(ost_paths_init(&paths, root), 0);
	(void)snprintf(paths.generations, sizeof(paths.generations), "%s", root);
	assert_int_equal(ost_confirm_read(&paths, &again), -ENOENT);
	assert_int_equal(ost_confirm_write(&paths, &c), 0);
	assert_int_equal(ost_confirm_read(&paths, &again), 0);
	assert_memory_equal(&c, &again, sizeof(c));
	assert_int_equal(ost_confirm_remove(&paths), 0);
	assert_int_equal(ost_confirm_remove(&paths), 0);
	assert_int_equal(ost_confirm_read(&paths, &again), -ENOENT);
	for (unsigned i = 1; i <= 12; i++) {
		(void)snprintf(path, sizeof(path), "%s/%u", root, i);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	ost_generations_prune(&paths, 3, 2, 5);
	for (unsigned i = 1; i <= 12; i++)
		assert_int_equal(ost_generations_there(&paths, i), i >= 10 || i == 2 || i == 5);
	ost_generations_prune(&paths, 0, 0, 0);
	assert_int_equal(rmdir(root), 0);
}

static int choice(const char *body, struct ost_api_choice *c)
{
	char why[256] = "";
	int r = ost_api_choice_read(body, strlen(body), c, why);

	assert_true((r == 0) == (why[0] == '\0'));
	return r;
}

static void bodies(void **state)
{
	static const char *const wrong[] = {"[]", "null", "{", "1", "{\"generation\":0}", "{\"generation\":-1}", "{\"generation\":\"1\"}",
		"{\"generation\":1.5}", "{\"generation\":99999999999999999999}", "{\"confirm\":0}", "{\"confirm\":86401}", "{\"confirm\":true}",
		"{\"message\":1}", "{\"message\":\"a\\nb\"}", "{\"message\":\"\\u0000\"}", "{\"generation\":1,\"generation\":2}", "{} {}"};
	struct ost_api_choice c;

	(void)state;
	for (size_t i = 0; i < OST_ARRAY_SIZE(wrong); i++)
		assert_int_equal(choice(wrong[i], &c), -EINVAL);
	assert_int_equal(choice("", &c), 0);
	assert_int_equal(c.generation, 0);
	assert_int_equal(choice("{\"generation\":12,\"confirm\":90,\"message\":\"why\"}", &c), 0);
	assert_int_equal(c.generation, 12);
	assert_int_equal(c.confirm_s, 90);
	assert_string_equal(c.message, "why");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_that_go),
		cmocka_unit_test(clocks_that_jump),
		cmocka_unit_test(another_boot),
		cmocka_unit_test(records),
		cmocka_unit_test(on_disk),
		cmocka_unit_test(bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
