/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "file.h"
#include "regime_rig.h"

static const char *const shipped[] = {"nis1", "nis2", "nis2-tsp", "gdpr", "cra-vulnerability", "cra-incident"};

static void each_shipped_file_is_sound(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(shipped); i++) {
		struct ost_regime *g = shipped_load(shipped[i]);

		assert_string_equal(g->id, shipped[i]);
		assert_true(g->version >= 1);
		assert_true(g->rule_count >= 1);
		for (uint32_t s = 0; s < g->stage_count; s++)
			assert_true(g->stages[s].field_count > 10);
		ost_regime_free(&g);
		assert_null(g);
		ost_regime_free(&g);
	}
}

/* Stage, anchor, offset: section 2.1 of the law as data. */
static const struct {
	const char *regime, *stage;
	enum ost_anchor anchor;
	const char *of, *offset; /* offset NULL: without undue delay */
} clocks[] = {
	{"nis1", "notification", OST_ANCHOR_AWARE, NULL, NULL},
	{"nis2", "early_warning", OST_ANCHOR_AWARE, NULL, "24 hours"},
	{"nis2", "notification", OST_ANCHOR_AWARE, NULL, "72 hours"},
	{"nis2", "intermediate", OST_ANCHOR_MOMENT, "requested", NULL},
	{"nis2", "final", OST_ANCHOR_SUBMITTED, "notification", "1 month"},
	{"nis2", "progress", OST_ANCHOR_SUBMITTED, "notification", "1 month"},
	{"nis2", "final_after_ongoing", OST_ANCHOR_MOMENT, "handled", "1 month"},
	{"nis2-tsp", "early_warning", OST_ANCHOR_AWARE, NULL, "24 hours"},
	{"nis2-tsp", "notification", OST_ANCHOR_AWARE, NULL, "24 hours"},
	{"nis2-tsp", "final", OST_ANCHOR_SUBMITTED, "notification", "1 month"},
	{"gdpr", "notify_sa", OST_ANCHOR_AWARE, NULL, "72 hours"},
	{"gdpr", "notify_ds", OST_ANCHOR_MOMENT, "high_risk_decision", NULL},
	{"gdpr", "register", OST_ANCHOR_AWARE, NULL, NULL},
	{"cra-vulnerability", "early_warning", OST_ANCHOR_AWARE, NULL, "24 hours"},
	{"cra-vulnerability", "notification", OST_ANCHOR_AWARE, NULL, "72 hours"},
	{"cra-vulnerability", "final", OST_ANCHOR_MOMENT, "measure_available", "14 days"},
	{"cra-incident", "early_warning", OST_ANCHOR_AWARE, NULL, "24 hours"},
	{"cra-incident", "notification", OST_ANCHOR_AWARE, NULL, "72 hours"},
	{"cra-incident", "final", OST_ANCHOR_SUBMITTED, "notification", "1 month"},
};

static void clocks_are_those_of_the_law(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(clocks); i++) {
		struct ost_regime *g = shipped_load(clocks[i].regime);
		const struct ost_regime_clock *c;
		char text[OST_PERIOD_TEXT];
		uint32_t s = 0;

		assert_int_equal(ost_regime_stage_find(g, clocks[i].stage, &s), 0);
		c = &g->stages[s].clock;
		assert_int_equal(c->anchor, clocks[i].anchor);
		assert_int_equal(c->has_offset, clocks[i].offset != NULL);
		if (c->has_offset)
			assert_string_equal(ost_period_text(&c->offset, text), clocks[i].offset);
		if (c->anchor == OST_ANCHOR_SUBMITTED)
			assert_string_equal(g->stages[c->of].id, clocks[i].of);
		if (c->anchor == OST_ANCHOR_MOMENT)
			assert_string_equal(g->moments[c->of].id, clocks[i].of);
		ost_regime_free(&g);
	}
}

static void a_stage_is_found_as_it_is_typed(void **state)
{
	struct ost_regime *g = shipped_load("nis2");
	uint32_t s = 99;

	(void)state;
	assert_int_equal(ost_regime_stage_find(g, "early-warning", &s), 0);
	assert_int_equal(s, 0);
	assert_int_equal(ost_regime_stage_find(g, "final-after-ongoing", &s), 0);
	assert_int_equal(ost_regime_stage_find(g, "early", &s), -ENOENT);
	assert_int_equal(ost_regime_stage_find(g, "early_warning_", &s), -ENOENT);
	ost_regime_free(&g);
}

#define TOP	"\"id\": \"x\", \"v\": 1, \"title\": \"X\", \"law\": \"L\", \"valid_from\": \"2025-01-17\""
#define FIELD	"{ \"id\": \"facts\", \"title\": \"F\", \"by\": \"person\" }"
#define STAGE	"{ \"id\": \"a\", \"title\": \"A\", \"basis\": \"b\", \"anchor\": \"aware\", \"offset\": \"PT4H\", \"fields\": [" FIELD "] }"
#define WITH(rule) "{ " TOP ", \"stages\": [" STAGE "], \"rules\": [" rule "] }"

/* Another regime is a file and nothing else: DORA, four hours from the classification but a day from awareness at most. */
static const char dora[] =
	"{ \"id\": \"dora\", \"v\": 3, \"title\": \"DORA\", \"law\": \"Regulation (EU) 2022/2554\", \"valid_from\": \"2025-01-17\",\n"
	"  \"moments\": [{ \"id\": \"classified\", \"title\": \"the incident was classified as major\" }],\n"
	"  \"common\": [{ \"id\": \"incident_id\", \"title\": \"2.1\", \"by\": \"machine\" }],\n"
	"  \"stages\": [\n"
	"    { \"id\": \"initial\", \"title\": \"Initial\", \"basis\": \"2025/301 article 5(1)\", \"anchor\": \"classified\", \"offset\": \"PT4H\",\n"
	"      \"at_most\": { \"anchor\": \"aware\", \"offset\": \"PT24H\" }, \"fields\": [] },\n"
	"    { \"id\": \"intermediate\", \"title\": \"I\", \"basis\": \"same\", \"anchor\": \"submitted:initial\", \"offset\": \"PT72H\", \"fields\": [] } ],\n"
	"  \"rules\": [{ \"id\": \"D1\", \"kind\": \"outage\", \"basis\": \"2024/1772\", \"result\": \"propose\", \"outage_s\": 7200 }] }\n";

static void another_regime_is_data_alone(void **state)
{
	struct ost_regime *g = NULL;
	struct ost_diag diag = {0};

	(void)state;
	if (ost_regime_parse("dora.json", dora, strlen(dora), &diag, &g) != 0) {
		findings_print(&diag);
		fail();
	}
	assert_string_equal(g->id, "dora");
	assert_int_equal(g->version, 3);
	assert_true(g->stages[0].has_at_most);
	assert_int_equal(g->stages[0].at_most.anchor, OST_ANCHOR_AWARE);
	assert_int_equal(g->stages[0].at_most.offset.seconds, 86400);
	assert_int_equal(g->stages[1].clock.of, 0);
	assert_int_equal(g->stages[1].field_count, 1);
	assert_int_equal(g->rules[0].threshold[OST_THRESHOLD_OUTAGE_S], 7200);
	ost_regime_free(&g);
}

/* Each has this finding at the '@'. */
static const struct {
	const char *text, *words;
} refused[] = {
	{"", "no sound JSON"},
	{"@[]", "one JSON object"},
	{"{ \"id\": \"x\" ", "no sound JSON"},
	{"@{ }", "the regime has no id"},
	{"{ " TOP ", @\"stage\": [] }", "did you mean 'stages'"},
	{"@{ " TOP " }", "stages are missing"},
	{"{ " TOP ", \"stages\": @[] }", "empty list"},
	{"{ " TOP ", \"stages\": [" STAGE "], \"moments\": [@{ \"id\": \"aware\", \"title\": \"t\" }] }", "stands there twice"},
	{"{ \"id\": @\"a b\", \"v\": 1, \"title\": \"X\", \"law\": \"L\", \"valid_from\": \"2025-01-17\", \"stages\": [" STAGE "] }", "cannot have the id"},
	{"{ \"id\": \"x\", \"v\": @0, \"title\": \"X\", \"law\": \"L\", \"valid_from\": \"2025-01-17\", \"stages\": [" STAGE "] }", "v cannot be '0'"},
	{"{ \"id\": \"x\", \"v\": 1, \"title\": \"X\", \"law\": \"L\", \"valid_from\": @\"17.1.2025\", \"stages\": [" STAGE "] }", "valid_from cannot be"},
	{"{ " TOP ", \"stages\": [@{ \"id\": \"a\", \"title\": \"A\", \"basis\": \"b\", \"anchor\": \"aware\", \"fields\": [] }] }", "an anchor and an offset"},
	{"{ " TOP ", \"stages\": [{ \"id\": \"a\", \"title\": \"A\", \"basis\": \"b\", \"anchor\": @\"awre\", \"offset\": \"PT4H\" }] }", "did you mean 'aware'"},
	{"{ " TOP ", \"stages\": [{ \"id\": \"a\", \"title\": \"A\", \"basis\": \"b\", \"anchor\": \"aware\", \"offset\": @\"4h\" }] }", "ISO 8601"},
	{"{ " TOP ", \"stages\": [{ \"id\": \"a\", \"title\": \"A\", \"basis\": \"b\", \"anchor\": @\"submitted:a\", \"offset\": \"P1M\" }] }", "a stage that comes later"},
	{"{ " TOP ", \"stages\": [{ \"id\": \"a\", \"title\": \"A\", \"basis\": \"b\", \"anchor\": @\"submitted:b\", \"offset\": \"P1M\" }] }", "'b' is not there"},
	{"{ " TOP ", \"stages\": [@{ \"id\": \"a\", \"title\": \"A\", \"anchor\": \"aware\", \"offset\": null }] }", "basis is missing"},
	{"{ " TOP ", \"stages\": [" STAGE ", { \"id\": @\"a\", \"title\": \"A\", \"basis\": \"b\", \"anchor\": \"aware\", \"offset\": null }] }", "stands there twice"},
	{"{ " TOP ", \"stages\": [{ \"id\": \"a\", \"title\": \"A\", \"basis\": \"b\", \"anchor\": \"aware\", \"offset\": null, \"when\": @\"ongoing\" }] }", "the moment 'ongoing'"},
	{"{ " TOP ", \"stages\": [{ \"id\": \"a\", \"title\": \"A\", \"basis\": \"b\", \"anchor\": \"aware\", \"offset\": null,\n"
	 "  \"fields\": [{ \"id\": @\"first_sen\", \"title\": \"t\", \"by\": \"machine\" }] }] }", "did you mean 'first_seen'"},
	{"{ " TOP ", \"stages\": [{ \"id\": \"a\", \"title\": \"A\", \"basis\": \"b\", \"anchor\": \"aware\", \"offset\": null,\n"
	 "  \"fields\": [{ \"id\": \"f\", \"title\": \"t\", \"by\": @\"persn\" }] }] }", "did you mean 'person'"},
	{"{ " TOP ", \"stages\": [{ \"id\": \"a\", \"title\": \"A\", \"basis\": \"b\", \"anchor\": \"aware\", \"offset\": null,\n"
	 "  \"fields\": [" FIELD ", { \"id\": @\"facts\", \"title\": \"t\", \"by\": \"person\" }] }] }", "has the field 'facts' already"},
	{"{ " TOP ", \"stages\": [{ \"id\": \"a\", \"title\": \"A\", \"basis\": \"b\", \"anchor\": \"aware\", \"offset\": null,\n"
	 "  \"fields\": [{ \"id\": \"f\", \"title\": \"t\", \"by\": \"person\", \"suggest\": @\"caus\" }] }] }", "did you mean 'cause'"},
	{WITH("{ \"id\": \"R\", \"kind\": @\"outge\", \"basis\": \"b\", \"result\": \"propose\" }"), "did you mean 'outage'"},
	{WITH("@{ \"id\": \"R\", \"kind\": \"outage\", \"basis\": \"b\", \"result\": \"propose\" }"), "needs outage_s"},
	{WITH("{ \"id\": \"R\", \"kind\": \"safety\", \"basis\": \"b\", \"result\": \"review\", \"outage_s\": @5 }"), "no use for outage_s"},
	{WITH("{ \"id\": \"R\", \"kind\": \"safety\", \"basis\": \"b\", \"result\": @\"not_proposed\" }"), "cannot have the result"},
	{WITH("@{ \"id\": \"R\", \"kind\": \"safety\", \"result\": \"review\" }"), "basis is missing"},
	{WITH("{ \"id\": \"R\", \"kind\": \"maintenance\", \"basis\": \"b\", \"result\": \"not_proposed\", \"suppresses\": [@\"N2\"] }"), "'N2' is not there"},
	{WITH("@{ \"id\": \"R\", \"kind\": \"recurring\", \"basis\": \"b\", \"result\": \"propose\", \"times\": 2, \"loss_eur\": 1 }"), "within what time"},
	{WITH("{ \"id\": \"R\", \"kind\": \"loss\", \"basis\": \"b\", \"result\": \"propose\", \"loss_eur\": 1, \"turnover_percent\": @101 }"), "1 to 100"},
};

static void what_is_wrong_is_told_at_its_place(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(refused); i++) {
		struct ost_regime *g = NULL;
		struct ost_diag diag = {0};
		uint32_t line, column;
		char text[2048];

		place_cut(refused[i].text, text, sizeof(text), &line, &column);
		assert_int_equal(ost_regime_parse("x.json", text, strlen(text), &diag, &g), -EINVAL);
		assert_null(g);
		if (strchr(refused[i].text, '@') != NULL ? !findings_have(&diag, "x.json", line, column, refused[i].words)
							 : diag.count == 0 || strstr(diag.findings[0].what, refused[i].words) == NULL) {
			findings_print(&diag);
			fail_msg("no finding '%s' at %u:%u of %s", refused[i].words, line, column, text);
		}
		ost_diag_free(&diag);
	}
}

/* Whatever byte of a sound file is lost, nothing worse happens than a finding. */
static void no_cut_breaks_the_reader(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(dora) - 1; n++) {
		struct ost_regime *g = NULL;
		struct ost_diag diag = {0};
		char copy[sizeof(dora)];

		memcpy(copy, dora, sizeof(dora));
		memmove(copy + n, copy + n + 1, sizeof(dora) - n - 1);
		if (ost_regime_parse("x.json", copy, strlen(copy), &diag, &g) != 0)
			assert_true(diag.errors > 0);
		ost_regime_free(&g);
		ost_diag_free(&diag);
	}
}

static void put(const char *folder, const char *name, const char *text, unsigned mode)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(ost_file_write(path, text, strlen(text), mode), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static const char *const shipped_names[] = {"nis1.json", "nis2.json", "nis2-tsp.json", "gdpr.json", "cra-vulnerability.json", "cra-incident.json"};

static void copy_shipped(const char *id, const char *folder)
{
	char path[128], name[64], *text = NULL;
	size_t length;

	(void)snprintf(path, sizeof(path), "config/regimes/%s.json", id);
	(void)snprintf(name, sizeof(name), "%s.json", id);
	assert_int_equal(ost_file_read(path, OST_REGIME_FILE_MAX, &text, &length), 0);
	put(folder, name, text, 0644);
	free(text);
}

static void gone(const char *folder, const char *const *names, uint32_t count)
{
	char path[256];

	for (uint32_t i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(folder), 0);
}

#define DAY(year) ((year - 1970ull) * 31557600ull * OST_NS_PER_S)

static void a_sites_files_stand_beside_the_shipped_ones(void **state)
{
	static const char *const names[] = {"dora.json", "later.json", "same.json", "broken.json", "open.json", "notes.txt", ".hidden.json"};
	char folder[] = "/tmp/ostiary-regimes-XXXXXX";
	char own[] = "/tmp/ostiary-regimes-XXXXXX"; /* the shipped ones: who checked them out may have another umask */
	const char *const folders[] = {own, "/nonexistent/regimes", folder};
	struct ost_regime_set *set = NULL;
	struct ost_diag diag = {0};

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_non_null(mkdtemp(own));
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(shipped); i++)
		copy_shipped(shipped[i], own);
	put(folder, "dora.json", dora, 0644);
	put(folder, "notes.txt", "x", 0644);
	put(folder, ".hidden.json", "x", 0644);
	assert_int_equal(ost_regime_set_load(folders, 3, &diag, &set), 0);
	assert_int_equal(diag.errors, 0);
	assert_int_equal(set->count, OST_ARRAY_SIZE(shipped) + 1);
	assert_non_null(ost_regime_set_find(set, "dora", DAY(2027)));
	assert_null(ost_regime_set_find(set, "dora", DAY(2024))); /* it was not valid then */
	assert_null(ost_regime_set_find(set, "dorb", DAY(2027)));
	ost_regime_set_free(&set);
	ost_regime_set_free(&set);

	put(folder, "later.json", "{ \"id\": \"dora\", \"v\": 2, \"title\": \"D\", \"law\": \"L\", \"valid_from\": \"2027-06-01\", \"stages\": [" STAGE "] }", 0644);
	put(folder, "same.json", "{ \"id\": \"nis2\", \"v\": 1, \"title\": \"D\", \"law\": \"L\", \"valid_from\": \"2027-06-01\", \"stages\": [" STAGE "] }", 0644);
	put(folder, "broken.json", "{", 0644);
	put(folder, "open.json", dora, 0666);
	assert_int_equal(ost_regime_set_load(folders, 3, &diag, &set), 0);
	assert_int_equal(diag.errors, 3); /* twice the same, broken, for anybody to write */
	assert_int_equal(set->count, OST_ARRAY_SIZE(shipped) + 2);
	assert_int_equal(ost_regime_set_find(set, "dora", DAY(2027))->version, 3);
	assert_int_equal(ost_regime_set_find(set, "dora", DAY(2028))->version, 2); /* the later law, whatever its number */
	assert_int_equal(ost_regime_set_find(set, "nis2", DAY(2028))->stage_count, 6);
	ost_diag_free(&diag);
	ost_regime_set_free(&set);
	gone(folder, names, OST_ARRAY_SIZE(names));
	gone(own, shipped_names, OST_ARRAY_SIZE(shipped_names));
}

/* What people copy from the manual is read. */
static void the_manuals_example(void **state)
{
	struct ost_regime *g = NULL;
	struct ost_diag diag = {0};
	char *page = NULL, *block, *last;
	size_t length;

	(void)state;
	assert_int_equal(ost_file_read("docs/ostiary-regimes.5.md", 1 << 20, &page, &length), 0);
	block = strstr(page, "```json\n");
	assert_non_null(block);
	block += strlen("```json\n");
	last = strstr(block, "```");
	assert_non_null(last);
	*last = '\0';
	if (ost_regime_parse("docs/ostiary-regimes.5.md", block, strlen(block), &diag, &g) != 0) {
		findings_print(&diag);
		fail();
	}
	ost_regime_free(&g);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_shipped_file_is_sound),
		cmocka_unit_test(clocks_are_those_of_the_law),
		cmocka_unit_test(a_stage_is_found_as_it_is_typed),
		cmocka_unit_test(another_regime_is_data_alone),
		cmocka_unit_test(what_is_wrong_is_told_at_its_place),
		cmocka_unit_test(no_cut_breaks_the_reader),
		cmocka_unit_test(a_sites_files_stand_beside_the_shipped_ones),
		cmocka_unit_test(the_manuals_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
