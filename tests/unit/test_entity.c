/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "file.h"
#include "finding_place.h"
#include "regime.h"

static const char whole[] =
	"ostiary: 1\n"
	"name: Stadtwerke Musterstadt GmbH\n"
	"registration: HRB 4711\n"
	"sector: energy, district heating\n"
	"member-states: [DE, AT]\n"
	"contact: \"NOC, +49 30 1234567, noc@example.com\"\n"
	"dpo: \"J. Doe, dpo@example.com\"\n"
	"csirt: CERT-Bund\n"
	"authority: BSI\n"
	"product: Ostiary 0.1\n"
	"tlp: amber+strict\n"
	"zone: Europe/Berlin\n"
	"listed: no\n"
	"turnover-eur: 12000000\n"
	"significance: { outage-minutes: 45, bytes-out: 1000000, data-subjects: 100 }\n"
	"regimes: [nis2, gdpr, dora-of-ours]\n"
	"services:\n"
	"  heating:\n"
	"    title: District heating\n"
	"    tags: [heating, pumps]\n"
	"    users: 1200\n"
	"    eur-per-hour: 500\n"
	"    fixed-eur: 100\n"
	"    criticality: essential\n"
	"    safety: yes\n"
	"    trade-secret: no\n"
	"    personal-data: none\n"
	"  billing: { tags: [billing], users: 800, eur-per-hour: 40, criticality: ordinary, personal-data: \"names, addresses\",\n"
	"    special-category: no, encrypted: yes, data-subjects: 800 }\n"
	"maintenance:\n"
	"  - { name: pumps, from: 2026-12-01T20:00Z, until: 2026-12-01T23:00+01:00, by: jane, services: [heating] }\n";

static int parse(const char *text, struct ost_diag *diag, struct ost_entity **ret_entity)
{
	*diag = (struct ost_diag){0};
	return ost_entity_parse("entity.yaml", text, strlen(text), diag, ret_entity);
}

static struct ost_entity *sound(void)
{
	struct ost_entity *e = NULL;
	struct ost_diag diag;

	if (parse(whole, &diag, &e) != 0) {
		findings_print(&diag);
		fail();
	}
	assert_int_equal(diag.count, 0);
	return e;
}

static void every_key(void **state)
{
	struct ost_entity *e = sound();

	(void)state;
	assert_string_equal(e->name, "Stadtwerke Musterstadt GmbH");
	assert_string_equal(e->registration, "HRB 4711");
	assert_string_equal(e->sector, "energy, district heating");
	assert_string_equal(e->member_states, "DE, AT");
	assert_string_equal(e->csirt, "CERT-Bund");
	assert_string_equal(e->tlp, "amber+strict");
	assert_string_equal(e->zone, "Europe/Berlin");
	assert_true(e->listed.known && e->listed.value == 0);
	assert_int_equal(e->own_outage_ms.value, 45 * 60000);
	assert_int_equal(e->regime_count, 3);
	assert_string_equal(e->regimes[2], "dora-of-ours");
	assert_int_equal(e->service_count, 2);
	assert_string_equal(e->services[0].title, "District heating");
	assert_int_equal(e->services[0].tag_count, 2);
	assert_string_equal(e->services[0].data_categories, "");
	assert_string_equal(e->services[1].data_categories, "names, addresses");
	assert_false(e->services[1].safety.known);
	assert_int_equal(e->window_count, 1);
	assert_true(e->windows[0].until_ns - e->windows[0].from_ns == 2 * 3600 * OST_NS_PER_S);
	ost_entity_free(&e);
	ost_entity_free(&e);
}

static void facts_of_services(void **state)
{
	static const char *const tags[] = {"floor-2", "pumps", "billing"};
	struct ost_entity *e = sound();
	struct ost_facts f = {0};
	uint32_t services[4];

	(void)state;
	assert_int_equal(ost_entity_services_of(e, tags, 1, services, 4), 0);
	assert_int_equal(ost_entity_services_of(e, tags, 2, services, 4), 1);
	assert_int_equal(ost_entity_services_of(e, tags, 3, services, 1), 1);
	assert_int_equal(ost_entity_services_of(e, tags, 3, services, 4), 2);
	ost_fact_set(&f, OST_FACT_USERS_AFFECTED, 7, OST_ORIGIN_MEASURED);
	ost_entity_facts(e, services, 2, &f);
	assert_int_equal(f.of[OST_FACT_USERS_AFFECTED].value, 7); /* what was known stays */
	assert_int_equal(f.of[OST_FACT_USERS_ALL].value, 2000);
	assert_int_equal(f.of[OST_FACT_EUR_PER_HOUR].value, 540);
	assert_int_equal(f.of[OST_FACT_FIXED_EUR].value, 100);
	assert_int_equal(f.of[OST_FACT_EUR_PER_HOUR].origin, OST_ORIGIN_CONFIGURED);
	assert_true(f.of[OST_FACT_ESSENTIAL].value);
	assert_true(f.of[OST_FACT_SAFETY].value); /* one says yes */
	assert_false(f.of[OST_FACT_TRADE_SECRET].known); /* one says no, the other nothing */
	assert_true(f.of[OST_FACT_PERSONAL_DATA].value);
	assert_false(f.of[OST_FACT_ENCRYPTED].known);
	assert_false(f.of[OST_FACT_SUBJECTS].known);
	assert_int_equal(f.of[OST_FACT_TURNOVER_EUR].value, 12000000);
	assert_int_equal(f.of[OST_FACT_OWN_OUTAGE_MS].value, 45 * 60000);
	assert_false(f.of[OST_FACT_SUCCEEDED].known); /* that is measured, never configured */
	ost_entity_free(&e);
}

#define SERVICES "services: { a: { tags: [t] } }\n"

static const struct {
	const char *text, *words;
} refused[] = {
	{"", "empty"},
	{"@name: X\n", "does not say 'ostiary: 1'"},
	{"ostiary: 1\n@nme: X\n", "did you mean 'name'"},
	{"ostiary: 1\nmember-states: [@germany]\n", "two letters"},
	{"ostiary: 1\nlisted: @maybe\n", "listed cannot be 'maybe'"},
	{"ostiary: 1\nzone: @../../etc/passwd\n", "no time zone"},
	{"ostiary: 1\nzone: @/etc/localtime\n", "no time zone"},
	{"ostiary: 1\nturnover-eur: @1.5\n", "turnover-eur cannot be"},
	{"ostiary: 1\ntlp: @yellow\n", "tlp cannot be"},
	{"ostiary: 1\nregimes: [nis2, @nis2]\n", "stands there already"},
	{"ostiary: 1\nservices:\n  @a: { users: 5 }\n", "does not say whose it is"},
	{"ostiary: 1\nservices:\n  a: { tags: [t], @user: 5 }\n", "did you mean 'users'"},
	{"ostiary: 1\nservices:\n  a: { tags: [t], criticality: @high }\n", "criticality cannot be"},
	{"ostiary: 1\nmaintenance: [@{ name: w }]\n", "needs name, from, until and by"},
	{"ostiary: 1\nmaintenance: [{ name: w, from: 2026-12-01T20:00Z, until: @2026-12-01T20:00Z, by: j }]\n", "ends before it begins"},
	{"ostiary: 1\nmaintenance: [{ name: w, from: @tomorrow, until: 2026-12-01T20:00Z, by: j }]\n", "from cannot be"},
	{"ostiary: 1\n" SERVICES "maintenance: [{ name: w, from: 2026-12-01T20:00Z, until: 2026-12-01T21:00Z, by: j, services: @[b] }]\n",
		"no service 'b'"},
};

static void what_is_wrong_is_told_at_its_place(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < OST_ARRAY_SIZE(refused); i++) {
		struct ost_entity *e = NULL;
		struct ost_diag diag;
		uint32_t line, column;
		char text[1024];

		place_cut(refused[i].text, text, sizeof(text), &line, &column);
		assert_int_equal(parse(text, &diag, &e), -EINVAL);
		assert_null(e);
		if (!findings_have(&diag, "entity.yaml", line, column, refused[i].words)) {
			findings_print(&diag);
			fail_msg("no finding '%s' at %u:%u of %s", refused[i].words, line, column, text);
		}
		ost_diag_free(&diag);
	}
}

/* maintenance: may stand above services: */
static void keys_come_in_any_order(void **state)
{
	struct ost_entity *e = NULL;
	struct ost_diag diag;

	(void)state;
	assert_int_equal(parse("maintenance: [{ services: a, name: w, from: 2026-12-01T20:00Z, until: 2026-12-01T21:00Z, by: j }]\n" SERVICES
			       "ostiary: 1\n",
				 &diag, &e),
		0);
	ost_entity_free(&e);
}

/* What people copy from the manual is read. */
static void the_manuals_example(void **state)
{
	struct ost_entity *e = NULL;
	struct ost_diag diag = {0};
	char *page = NULL, *block, *last;
	size_t length;

	(void)state;
	assert_int_equal(ost_file_read("docs/ostiary-regimes.5.md", 1 << 20, &page, &length), 0);
	block = strstr(page, "```yaml\n");
	assert_non_null(block);
	block += strlen("```yaml\n");
	last = strstr(block, "```");
	assert_non_null(last);
	*last = '\0';
	if (ost_entity_parse("docs/ostiary-regimes.5.md", block, strlen(block), &diag, &e) != 0) {
		findings_print(&diag);
		fail();
	}
	ost_entity_free(&e);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key),
		cmocka_unit_test(facts_of_services),
		cmocka_unit_test(what_is_wrong_is_told_at_its_place),
		cmocka_unit_test(keys_come_in_any_order),
		cmocka_unit_test(the_manuals_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
