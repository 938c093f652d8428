/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converters of journal lines: what their callers may rely on. What comes out is judged by tests/scenario/test_export_formats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <jansson.h>

#include "format.h"

#define ENVELOPE "{\"v\":1,\"seq\":7,\"prev\":\"00000000000000000000000000000000000000000000000000000000000000aa\",\"kind\":\"%s\"," \
		 "\"@timestamp\":\"2026-11-22T10:11:12.123456Z\",\"boot_id\":\"b\",\"mono_ns\":5,\"clock\":{\"synced\":true,\"error_us\":9}%s}"
#define WALL 1795342272123456789ull

static const char incident[] =
	",\"message\":\"Scan: cam-01 02:00:00:00:00:2a 10.0.0.42\\u0000\",\"event\":{\"id\":\"0190a6e2-0000-7000-8000-000000000001-1\",\"kind\":\"alert\","
	"\"category\":[\"intrusion_detection\",\"network\"],\"type\":[\"denied\",\"start\"],\"start\":\"2026-11-22T10:11:11Z\",\"end\":\"2026-11-22T10:11:12Z\","
	"\"created\":\"2026-11-22T10:11:12Z\",\"severity\":4,\"code\":\"scan\"},\"rule\":{\"id\":\"scan\",\"name\":\"Scan\",\"description\":\"many\"},\"labels\":{\"rsit\":\"a:b\"},"
	"\"threat\":{\"technique\":{\"id\":[\"T1046\"],\"subtechnique\":{\"id\":[\"T1557.002\"]}}},\"device\":{\"id\":\"cam-01\"},\"source\":{\"mac\":\"02-00-00-00-00-2A\","
	"\"ip\":\"10.0.0.42\"},\"destination\":{\"ip\":\"203.0.113.9\",\"port\":443,\"domain\":\"a.example\"},\"network\":{\"type\":\"ipv4\",\"iana_number\":\"6\",\"transport\":\"tcp\"},"
	"\"x\":{\"y\":1},\"ostiary\":{\"incident\":{\"id\":\"0190a6e2-0000-7000-8000-000000000001\",\"state\":\"open\",\"who\":\"cam-01\",\"count\":5,\"related\":[\"z\"],\"none\":null},"
	"\"threat\":{\"type\":[\"manipulation\"],\"objective\":[\"integrity\"],\"attack_ics\":[\"T0846\"],\"attack_version\":\"enterprise-17.0 ics-18.1\"},"
	"\"risk\":{\"product\":6,\"impact\":3},\"response\":{\"action\":\"refused\",\"next_step\":\"look\"},\"context\":{\"refusal\":\"x\"},\"evidence\":[{\"sha256\":\"aa\"}],"
	"\"assess\":{\"malicious\":\"yes\"}}";
static const char decision[] = ",\"ostiary\":{\"decision\":{\"incident\":\"0190a6e2-0000-7000-8000-000000000001\",\"by\":\"eve\",\"reason\":\"so\"}}";

static const char *line_of(const char *kind, const char *members)
{
	static char text[OST_FORMAT_LINE_MAX + 1024];

	(void)snprintf(text, sizeof(text), ENVELOPE, kind, members);
	return text;
}

static struct ost_pseudonyms *key(void)
{
	static const char file[] = "# a comment\nkey 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\nfields mac ip device user\n";
	struct ost_pseudonyms *p = NULL;
	char why[OST_FORMAT_WHY];

	assert_int_equal(ost_pseudonyms_parse(file, sizeof(file) - 1, &p, why), 0);
	return p;
}

/* ---- what a caller is told ---- */

static void about_a_line(void **state)
{
	const struct ost_format_config config = {0};
	struct ost_format_text out = {0};
	struct ost_format_about about;
	char why[OST_FORMAT_WHY];
	const char *line = line_of("incident.open", incident);

	(void)state;
	for (unsigned f = 0; f < OST_FORMAT_STIX; f++) {
		ost_format_text_reset(&out);
		assert_int_equal(ost_format_convert((enum ost_format)f, &config, line, strlen(line), &out, &about, why), 0);
		assert_string_equal(about.id, "0190a6e2-0000-7000-8000-000000000001-1");
		assert_non_null(strstr(out.bytes, about.id));
		assert_string_equal(about.kind, "incident.open");
		assert_int_equal(about.seq, 7);
		assert_int_equal(about.severity, 4);
		assert_int_equal(about.time_ns, WALL / 1000 * 1000);
		assert_int_equal(out.bytes[out.length - 1], '\n');
	}
	line = line_of("journal.io_error", "");
	ost_format_text_reset(&out);
	assert_int_equal(ost_format_convert(OST_FORMAT_ECS, &config, line, strlen(line), &out, &about, why), 0);
	assert_int_equal(about.severity, 4);
	assert_memory_equal(about.id, "r7-", 3);
	assert_int_equal(strlen(about.id), 3 + 16);
	ost_format_text_free(&out);
}

static void refusals_append_nothing(void **state)
{
	const struct ost_format_config config = {0};
	struct ost_format_text out = {0};
	char why[OST_FORMAT_WHY] = "";
	const char *line = line_of("incident.open", incident);
	enum ost_format format;
	size_t before;

	(void)state;
	assert_int_equal(ost_format_convert(OST_FORMAT_ECS, &config, line, strlen(line), &out, NULL, why), 0);
	before = out.length;
	for (size_t cut = 0; cut < strlen(line); cut += 7) {
		assert_int_equal(ost_format_convert(OST_FORMAT_OCSF, &config, line, cut, &out, NULL, why), -EINVAL);
		assert_int_equal(out.length, before);
		assert_true(why[0] != '\0');
	}
	assert_int_equal(ost_format_convert(OST_FORMAT_STIX, &config, line, strlen(line), &out, NULL, why), -ENOTSUP);
	assert_int_equal(ost_format_by_name("xml", &format), -ENOENT);
	assert_int_equal(ost_format_by_name("cef", &format), 0);
	assert_int_equal(format, OST_FORMAT_CEF);
	ost_format_text_free(&out);
}

/* The longest line that a journal has, and one byte more; all of it a text that becomes longer. */
static void longest_line(void **state)
{
	static char members[OST_FORMAT_LINE_MAX];
	struct ost_pseudonyms *p = key();
	const struct ost_format_config config = {.pseudonyms = p};
	struct ost_format_text out = {0};
	char why[OST_FORMAT_WHY];
	const char *line;
	size_t n;

	(void)state;
	n = (size_t)snprintf(members, sizeof(members), ",\"device\":{\"id\":\"a\"},\"rule\":{\"id\":\"x\"},\"message\":\"");
	while (strlen(line_of("incident.open", "")) + n + 2 < OST_FORMAT_LINE_MAX - 2)
		n += (size_t)snprintf(members + n, sizeof(members) - n, "%s", "a ");
	(void)snprintf(members + n, sizeof(members) - n, "\"");
	line = line_of("incident.open", members);
	while (strlen(line) < OST_FORMAT_LINE_MAX - 1)
		(void)snprintf(members + strlen(members), sizeof(members) - strlen(members), " "), line = line_of("incident.open", members);
	assert_int_equal(strlen(line), OST_FORMAT_LINE_MAX - 1);
	for (unsigned f = 0; f < OST_FORMAT_STIX; f++) {
		ost_format_text_reset(&out);
		assert_int_equal(ost_format_convert((enum ost_format)f, &config, line, strlen(line), &out, NULL, why), 0);
		assert_true(out.length < OST_FORMAT_OUT_MAX);
	}
	(void)snprintf(members + strlen(members), sizeof(members) - strlen(members), " ");
	line = line_of("incident.open", members);
	assert_int_equal(ost_format_convert(OST_FORMAT_ECS, &config, line, strlen(line), &out, NULL, why), -EINVAL);
	ost_format_text_free(&out);
	ost_pseudonyms_free(&p);
}

/* ---- heartbeats ---- */

#define ROOT "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define NOTE "gw-1/ostiary/journal\n1234\n" ROOT "\n\n\xe2\x80\x94 gw-1/ostiary/journal AAAA\n"

static void heartbeats(void **state)
{
	static const char *const bad[] = {"", "x", "gw\n12\n" ROOT "\n", "gw\n12\n" ROOT "\n\n", "\n12\n" ROOT "\n\n\xe2\x80\x94 gw A\n", "gw\n-1\n" ROOT "\n\n\xe2\x80\x94 gw A\n",
		"gw\n9007199254740992\n" ROOT "\n\n\xe2\x80\x94 gw A\n", "gw\n12\nAAAA\n\n\xe2\x80\x94 gw A\n", "gw\n12\n" ROOT "\nx\n\xe2\x80\x94 gw A\n",
		"g\x1bw\n12\n" ROOT "\n\n\xe2\x80\x94 gw A\n"};
	static const char *const wanted[] = {"\"root\":\"" ROOT "\"", "journal.checkpoint", "\"size\":1234"};
	const struct ost_format_config config = {.gateway = "gw-1"};
	struct ost_format_text out = {0};

	(void)state;
	for (unsigned f = 0; f < OST_FORMAT_STIX; f++) {
		ost_format_text_reset(&out);
		assert_int_equal(ost_format_heartbeat((enum ost_format)f, &config, NOTE, strlen(NOTE), WALL, &out), 0);
		assert_non_null(strstr(out.bytes, wanted[f]));
		assert_non_null(strstr(out.bytes, "checkpoint-1234-1795342272123"));
		assert_ptr_equal(strchr(out.bytes, '\n'), out.bytes + out.length - 1);
		for (size_t i = 0; i < OST_ARRAY_SIZE(bad); i++)
			assert_int_equal(ost_format_heartbeat((enum ost_format)f, &config, bad[i], strlen(bad[i]), WALL, &out), -EINVAL);
	}
	assert_int_equal(ost_format_heartbeat(OST_FORMAT_STIX, &config, NOTE, strlen(NOTE), WALL, &out), -ENOTSUP);
	assert_int_equal(ost_format_heartbeat(OST_FORMAT_ECS, &config, NOTE "\0", sizeof(NOTE), WALL, &out), -EINVAL);
	ost_format_text_free(&out);
}

/* Names that are no text at all stop nothing. */
static void odd_names(void **state)
{
	const struct ost_format_config config = {.gateway = "gw\xff\xe2\x80", .origin = "\xc0\xaf", .assignee_group = "\xed\xa0\x80"};
	struct ost_format_text out = {0};
	struct ost_stix *stix;
	char why[OST_FORMAT_WHY];
	const char *line = line_of("incident.open", incident);
	static const char note[] = "gw\n12\n" ROOT "\n\n\xe2\x80\x94 \xff\xfe A\n";

	(void)state;
	for (unsigned f = 0; f < OST_FORMAT_STIX; f++) {
		assert_int_equal(ost_format_convert((enum ost_format)f, &config, line, strlen(line), &out, NULL, why), 0);
		assert_int_equal(ost_format_heartbeat((enum ost_format)f, &config, note, strlen(note), WALL, &out), 0);
	}
	assert_int_equal(ost_stix_new(&config, &stix), 0);
	assert_int_equal(ost_stix_add(stix, line, strlen(line), why), 0);
	assert_int_equal(ost_stix_bundle(stix, &out), 0);
	ost_stix_free(&stix);
	for (const char *at = out.bytes; *at != '\0'; at++)
		assert_true((unsigned char)*at != 0xff && (unsigned char)*at != 0xc0);
	ost_format_text_free(&out);
}

/* ---- no memory ---- */

static unsigned left; /* allocations until one fails; 0: none does */
static bool failed;

static void *allocate(size_t size)
{
	if (left > 0 && --left == 0) {
		failed = true;
		return NULL;
	}
	return malloc(size);
}

static int made(unsigned format, const struct ost_format_config *config, struct ost_format_text *out)
{
	char why[OST_FORMAT_WHY];
	struct ost_stix *stix = NULL;
	const char *line;
	int r;

	if (format < OST_FORMAT_STIX) {
		line = line_of("incident.open", incident);
		return ost_format_convert((enum ost_format)format, config, line, strlen(line), out, NULL, why);
	}
	r = ost_stix_new(config, &stix);
	line = line_of("incident.open", incident);
	if (r == 0)
		r = ost_stix_add(stix, line, strlen(line), why);
	line = line_of("decision", decision);
	((char *)(uintptr_t)line)[13] = '8'; /* seq */
	if (r == 0)
		r = ost_stix_add(stix, line, strlen(line), why);
	if (r == 0)
		r = ost_stix_bundle(stix, out);
	ost_stix_free(&stix);
	return r;
}

/* Whichever allocation of the JSON library fails: nothing comes out, or all of it. */
static void without_memory(void **state)
{
	struct ost_pseudonyms *p = key();

	(void)state;
	for (unsigned n = 0; n < 2 * OST_FORMAT_COUNT; n++) {
		const struct ost_format_config config = {.pseudonyms = n % 2 != 0 ? p : NULL, .origin = "gw-1/ostiary/journal"};
		struct ost_format_text whole = {0}, out = {0};
		unsigned failures = 0;

		assert_int_equal(made(n / 2, &config, &whole), 0);
		json_set_alloc_funcs(allocate, free);
		failed = true;
		for (unsigned k = 1; failed; k++) {
			int r;

			failed = false;
			left = k;
			ost_format_text_reset(&out);
			r = made(n / 2, &config, &out);
			left = 0;
			failures += failed;
			if (r == 0 && strcmp(out.bytes, whole.bytes) != 0)
				print_error("format %u: allocation %u failed, and something else came out\n", n / 2, k);
			assert_true(r == 0 ? strcmp(out.bytes, whole.bytes) == 0 : out.length == 0);
			assert_true(r == 0 || failed);
		}
		json_set_alloc_funcs(malloc, free);
		assert_true(failures > 100);
		ost_format_text_free(&whole);
		ost_format_text_free(&out);
	}
	ost_pseudonyms_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(about_a_line),
		cmocka_unit_test(refusals_append_nothing),
		cmocka_unit_test(longest_line),
		cmocka_unit_test(heartbeats),
		cmocka_unit_test(odd_names),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
