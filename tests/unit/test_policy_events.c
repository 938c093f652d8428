/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of exceptions and schedules: which lines are written when generations come, time passes, clocks jump and ostiaryd
 * starts anew; who brought an exception; how much is written at most. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "compile.h"
#include "file.h"
#include "policy_events.h"
#include "policy_told.h"
#include "policy_yaml.h"

#define DAY_S	 1795780800 /* 2026-11-27T12:00Z, a Friday */
#define LINES	 8192u
#define LINE_MAX_BYTES 2048u

#define HEAD \
	"ostiary: 1\nroles:\n  camera:\n    allow:\n      - { to: { network: 10.0.0.1, service: https }, when: noon }\n" \
	"  lamp: {}\n" \
	"schedules:\n  noon: { from: \"12:00\", until: \"13:00\" }\n" \
	"devices:\n  cam: { role: camera, mac: \"02:00:00:00:00:01\", tags: [a, b] }\n  lamp: { role: lamp, mac: \"02:00:00:00:00:02\", tags: a }\n"
#define FIRST_X  "  - { device: cam, to: { network: 10.0.0.2, service: ssh }, until: 2026-11-27T14:00Z, reason: first }\n"
#define TAGGED_X "  - { tag: a, from: { network: 10.0.0.3, service: http }, since: 2026-11-27T13:30Z, until: 2026-11-28T00:00Z, reason: tagged }\n"
#define OLD_X	 "  - { role: lamp, to: { network: 10.0.0.4 }, until: 2026-11-01T00:00Z, reason: old }\n"

struct rig {
	struct ost_paths paths;
	struct ost_policy_events *ev;
	struct ost_policy *policy;
	void *bytes;
	struct ost_image image;
	char (*lines)[LINE_MAX_BYTES];
	uint32_t count;
	uint64_t mono_ns;
};

static void take(void *user, const char *line, size_t length)
{
	struct rig *r = user;

	assert_true(length < LINE_MAX_BYTES && r->count < LINES && line[length - 1] == '\n');
	(void)snprintf(r->lines[r->count++], LINE_MAX_BYTES, "%s", line);
}

static void begin(struct rig *r)
{
	const struct ost_policy_events_config config = {.gateway = "gw", .paths = &r->paths, .write = take, .user = r};

	assert_int_equal(ost_policy_events_new(&config, &r->ev), 0);
}

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -1;
	r->lines = calloc(LINES, sizeof(*r->lines));
	(void)snprintf(r->paths.state_dir, sizeof(r->paths.state_dir), "/tmp/ostiary-policy-events-XXXXXX");
	if (r->lines == NULL || mkdtemp(r->paths.state_dir) == NULL)
		return -1;
	begin(r);
	*state = r;
	return 0;
}

static void image_drop(struct rig *r)
{
	ost_policy_free(&r->policy);
	free(r->bytes);
	r->bytes = NULL;
}

static int teardown(void **state)
{
	struct rig *r = *state;
	char path[PATH_MAX + 16];

	image_drop(r);
	ost_policy_events_free(&r->ev);
	(void)snprintf(path, sizeof(path), "%s/exceptions", r->paths.state_dir);
	(void)unlink(path);
	(void)rmdir(r->paths.state_dir);
	free(r->lines);
	free(r);
	return 0;
}

static struct ost_moment at(struct rig *r, int64_t wall_s)
{
	r->mono_ns += OST_NS_PER_S;
	return (struct ost_moment){r->mono_ns, (uint64_t)wall_s * OST_NS_PER_S};
}

static void compile(struct rig *r, uint64_t generation, const char *text)
{
	const struct ost_policy_source source = {"p.yaml", text, strlen(text)};
	struct ost_diag diag = {0};
	char why[256] = "";
	size_t length;

	image_drop(r);
	if (ost_policy_parse(&source, 1, &diag, &r->policy) < 0 || ost_policy_compile(r->policy, generation, &diag, &r->bytes, &length) < 0 ||
		ost_image_open(r->bytes, length, &r->image, why) < 0)
		fail_msg("%s %s", diag.count > 0 ? diag.findings[0].what : "", why);
	ost_diag_free(&diag);
}

static void apply(struct rig *r, uint64_t generation, const char *text, int64_t wall_s)
{
	struct ost_generation g = {.number = generation, .state = OST_GENERATION_APPLIED, .uid = 7};

	(void)snprintf(g.by, sizeof(g.by), "anna");
	compile(r, generation, text);
	assert_int_equal(ost_policy_events_policy(r->ev, &r->image, &g, at(r, wall_s)), 0);
}

static void tick(struct rig *r, int64_t wall_s)
{
	ost_policy_events_tick(r->ev, &r->image, at(r, wall_s));
}

/* ostiaryd ends, and starts with the same image. */
static void restart(struct rig *r, int64_t wall_s)
{
	struct ost_generation g = {.number = r->image.generation, .state = OST_GENERATION_APPLIED};

	assert_int_equal(ost_policy_events_keep(r->ev), 0);
	ost_policy_events_free(&r->ev);
	begin(r);
	assert_int_equal(ost_policy_events_policy(r->ev, &r->image, &g, at(r, wall_s)), 0);
}

/* The next line tells this event, and has these words. */
static void told(struct rig *r, uint32_t *next, const char *event, const char *words)
{
	char text[64];

	if (*next >= r->count)
		fail_msg("no line: %s %s", event, words);
	(void)snprintf(text, sizeof(text), "\"event\":\"%s\"", event);
	if (strstr(r->lines[*next], text) == NULL || strstr(r->lines[*next], words) == NULL)
		fail_msg("not '%s' '%s': %s", event, words, r->lines[*next]);
	(*next)++;
}

static void no_more(struct rig *r, uint32_t next)
{
	if (next != r->count)
		fail_msg("one line more: %s", r->lines[next]);
}

/* Lines about exceptions of one moment come in the order of their keys, which nobody chose. */
static void told_both(struct rig *r, uint32_t *next, const char *event, const char *one, const char *other)
{
	bool swapped = *next < r->count && strstr(r->lines[*next], other) != NULL;

	told(r, next, event, swapped ? other : one);
	told(r, next, event, swapped ? one : other);
}

static void a_life(void **state)
{
	struct rig *r = *state;
	uint32_t n = 0;

	apply(r, 1, HEAD "exceptions:\n" FIRST_X TAGGED_X, DAY_S + 30);
	told(r, &n, "generation", "\"exceptions_in_force\":1,\"exceptions_to_come\":1,\"exceptions_over\":0");
	assert_non_null(strstr(r->lines[0], "\"generation\":1,\"former\":0,\"state\":\"applied\",\"by\":\"anna\",\"uid\":7"));
	told_both(r, &n, "exception-held", "\"state\":\"in-force\",\"device\":\"cam\",\"role\":null,\"tags\":[],\"rule\":\"to network 10.0.0.2, service ssh\",\"since\":null,",
		"\"state\":\"to-come\",\"device\":null,\"role\":null,\"tags\":[\"a\"]");
	told(r, &n, "schedule-opened", "\"schedule\":\"noon\"");
	told(r, &n, "exception-began", "\"reason\":\"first\"");
	no_more(r, n);
	tick(r, DAY_S + 31);
	tick(r, DAY_S + 3599);
	no_more(r, n);
	tick(r, DAY_S + 3600);
	told(r, &n, "schedule-closed", "\"schedule\":\"noon\"");
	tick(r, DAY_S + 5400);
	told(r, &n, "exception-began", "\"reason\":\"tagged\"");
	tick(r, DAY_S + 7200);
	told(r, &n, "exception-expired", "\"until\":\"2026-11-27T14:00:00.000000Z\",\"reason\":\"first\"");
	tick(r, DAY_S + 86400 / 2);
	told(r, &n, "exception-expired", "\"reason\":\"tagged\"");
	tick(r, DAY_S + 86400);
	told(r, &n, "schedule-opened", "noon");
	no_more(r, n);
}

static void generations(void **state)
{
	struct rig *r = *state;
	uint32_t n = 0;

	apply(r, 5, HEAD "exceptions:\n" FIRST_X OLD_X, DAY_S - 60);
	told(r, &n, "generation", "\"exceptions_in_force\":1,\"exceptions_to_come\":0,\"exceptions_over\":1");
	told_both(r, &n, "exception-held", "\"reason\":\"first\"", "\"state\":\"over\",\"device\":null,\"role\":\"lamp\"");
	told(r, &n, "exception-began", "\"brought_by_generation\":5");
	no_more(r, n); /* what is over when it comes never expires */
	apply(r, 6, HEAD "exceptions:\n" FIRST_X TAGGED_X, DAY_S - 30);
	told(r, &n, "generation", "\"generation\":6,\"former\":5");
	told_both(r, &n, "exception-held", "\"reason\":\"first\",\"file\":\"p.yaml\",\"line\":13,\"column\":5,\"brought_by_generation\":5",
		"\"brought_by_generation\":6");
	no_more(r, n);
	apply(r, 7, HEAD, DAY_S - 20);
	told(r, &n, "generation", "\"generation\":7");
	told(r, &n, "exception-ended", "\"reason\":\"first\"");
	no_more(r, n);
	/* gone and come again: another author */
	apply(r, 8, HEAD "exceptions:\n" FIRST_X, DAY_S - 10);
	told(r, &n, "generation", "\"generation\":8");
	told(r, &n, "exception-held", "\"brought_by_generation\":8");
	told(r, &n, "exception-began", "\"brought_by_generation\":8");
	tick(r, DAY_S);
	told(r, &n, "schedule-opened", "noon");
	/* a schedule of that name that is closed now, and one that is no more */
	apply(r, 9, "ostiary: 1\nroles: { camera: {} }\ndevices: { cam: { role: camera, mac: \"02:00:00:00:00:01\" } }\n", DAY_S + 1);
	told(r, &n, "generation", "\"generation\":9");
	told(r, &n, "exception-ended", "first");
	told(r, &n, "schedule-closed", "noon");
	no_more(r, n);
}

static void restarts(void **state)
{
	struct rig *r = *state;
	uint32_t n;

	apply(r, 3, HEAD "exceptions:\n" FIRST_X TAGGED_X, DAY_S + 30);
	n = r->count;
	restart(r, DAY_S + 60);
	no_more(r, n);
	assert_int_equal(ost_policy_events_exceptions(r->ev)->count, 2);
	assert_int_equal(ost_policy_events_exceptions(r->ev)->items[0].generation, 3);
	/* while it was away the schedule closed, one exception expired and one began */
	restart(r, DAY_S + 7300);
	told(r, &n, "schedule-closed", "noon");
	assert_true(r->count == n + 2);
	n = r->count;
	restart(r, DAY_S + 7310);
	no_more(r, n);
	apply(r, 4, HEAD "exceptions:\n" FIRST_X, DAY_S + 7320);
	told(r, &n, "generation", "\"former\":3");
	told(r, &n, "exception-ended", "tagged");
	told(r, &n, "exception-held", "\"brought_by_generation\":3");
	no_more(r, n);
}

static void clocks(void **state)
{
	struct rig *r = *state;
	uint32_t n;

	apply(r, 1, HEAD "exceptions:\n" FIRST_X, DAY_S - 60);
	n = r->count;
	tick(r, 1000); /* a clock that was never set: nothing is open */
	told(r, &n, "exception-ended", "first");
	tick(r, DAY_S + 7200 + 1);
	told(r, &n, "exception-expired", "first");
	tick(r, DAY_S - 60);
	told(r, &n, "exception-began", "first");
	tick(r, DAY_S - 59);
	no_more(r, n);
}

static void many(void **state)
{
	struct rig *r = *state;
	char *text = calloc(1, 1u << 20);
	size_t used;
	uint32_t lines;

	assert_non_null(text);
	used = (size_t)sprintf(text, "%sexceptions:\n", HEAD);
	for (unsigned i = 0; i < 3000; i++)
		used += (size_t)sprintf(text + used,
			"  - { device: cam, to: { network: 10.1.%u.%u }, until: 2026-11-27T14:00Z, reason: many }\n", i / 250, i % 250 + 1);
	apply(r, 1, text, DAY_S);
	assert_int_equal(r->count, 1 + OST_POLICY_EVENTS_SECOND);
	assert_int_equal(ost_policy_events_counts(r->ev)->suppressed_lines, 6001 - OST_POLICY_EVENTS_SECOND);
	tick(r, DAY_S + 1);
	lines = r->count;
	told(r, &(uint32_t){lines - 1}, "overflow", "\"lines\":5001");
	tick(r, DAY_S + 2);
	assert_int_equal(r->count, lines);
	restart(r, DAY_S + 3);
	assert_int_equal(r->count, lines);
	assert_int_equal(ost_policy_events_exceptions(r->ev)->count, 3000);
	assert_int_equal(ost_policy_events_exceptions(r->ev)->items[2999].generation, 1);
	free(text);
}

static void a_file_that_is_none(void **state)
{
	static const char *const texts[] = {"", "\n", "ostiary-told 1 3", "ostiary-told 1 3 x\n", "ostiary-told 1 -3 5\n", "ostiary-told 2 3 5\n",
		"ostiary-told 1 3 99999999999999999999999\n", "ostiary-told 1 3 5\nzz", "ostiary-told 1 3 5\n00112233445566778899aabbccddeeff",
		"ostiary-told 1 3 5\n00112233445566778899aabbccddeeff 7", "ostiary-told 1 3 5\n00112233445566778899aabbccddeefg 7\n",
		"ostiary-told 1 3 5\n00112233445566778899AABBCCDDEEFF 7\n", "ostiary-told 1 3 18446744073709551615\n"};
	static const char sound[] = "ostiary-told 1 3 5\n00112233445566778899aabbccddeeff 7\n";
	struct rig *r = *state;
	struct ost_policy_told t;
	char path[PATH_MAX + 16];
	uint32_t n = 0;

	(void)snprintf(path, sizeof(path), "%s/exceptions", r->paths.state_dir);
	for (size_t i = 0; i < OST_ARRAY_SIZE(texts); i++) {
		assert_int_equal(ost_file_write(path, texts[i], strlen(texts[i]), 0600), 0);
		assert_int_equal(ost_policy_told_read(path, &t), -EINVAL);
		assert_int_equal(t.generation, 0);
	}
	assert_int_equal(ost_file_write(path, sound, sizeof(sound) - 1, 0600), 0);
	assert_int_equal(ost_policy_told_read(path, &t), 0);
	assert_int_equal(t.brought_count, 1);
	ost_policy_told_free(&t);
	/* nothing was told then */
	assert_int_equal(ost_file_write(path, "x", 1, 0600), 0);
	ost_policy_events_free(&r->ev);
	begin(r);
	apply(r, 3, HEAD, DAY_S - 60);
	told(r, &n, "generation", "\"former\":0");
	no_more(r, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_life, setup, teardown),
		cmocka_unit_test_setup_teardown(generations, setup, teardown),
		cmocka_unit_test_setup_teardown(restarts, setup, teardown),
		cmocka_unit_test_setup_teardown(clocks, setup, teardown),
		cmocka_unit_test_setup_teardown(many, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_is_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
