/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests: of the policy file. */
#include "array.h"
#include "policy_reader.h"

#define TESTS_MAX 1000000u

/* One item: a device, and what it must and must not be allowed. */
struct draft {
	const struct ost_yaml_node *device, *allow, *deny;
	uint32_t device_index;
	int64_t at_s;
};

OST_YAML_KEEP(struct draft, device)
OST_YAML_KEEP(struct draft, allow)
OST_YAML_KEEP(struct draft, deny)

static void at_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct draft *draft = target;

	(void)policy_time_read(context, value, "at", &draft->at_s);
}

static int64_t device_by_name(const void *context, const char *name)
{
	const struct policy_reader *r = context;
	const struct ost_name *found = ost_names_find(&r->device_names, name);

	return found != NULL ? (int64_t)found->index : -ENOENT;
}

static struct ost_test *test_new(struct policy_reader *r)
{
	struct ost_policy *p = r->policy;
	struct ost_test *tests = ost_array_room(p->tests, p->test_count, &r->test_capacity, sizeof(*tests));

	if (tests == NULL) {
		r->y.no_memory = true;
		return NULL;
	}
	p->tests = tests;
	p->tests[p->test_count] = (struct ost_test){0};
	return &p->tests[p->test_count++];
}

static void flow_read(
	struct policy_reader *r, const struct ost_yaml_node *item, const struct draft *draft, bool allow)
{
	struct ost_flow_question flow;
	struct ost_test *test;
	char why[256];
	int error;

	if (!ost_yaml_is_scalar(&r->y, item, allow ? "allow" : "deny"))
		return;
	error = policy_question_parse(device_by_name, r, item->text, &flow, why);
	if (error < 0) {
		r->y.no_memory |= error == -ENOMEM;
		policy_why_error(r, item, why);
		return;
	}
	if (flow.has_peer_device && flow.peer_device == draft->device_index) {
		ost_yaml_error(&r->y, item, "name another device",
			"the device is asked about a flow to itself");
		return;
	}
	if (r->policy->test_count >= TESTS_MAX) {
		if (r->policy->test_count == TESTS_MAX)
			ost_yaml_error(&r->y, item, "write fewer", "there are more than %u tests",
				TESTS_MAX);
		free(flow.peer_host.name);
		return;
	}
	test = test_new(r);
	if (test == NULL) {
		free(flow.peer_host.name);
		return;
	}
	test->pos = policy_pos(r, item);
	test->text = ost_yaml_strdup(&r->y, item->text);
	test->device = draft->device_index;
	test->at_s = draft->at_s;
	test->allow = allow;
	test->flow = flow;
}

static void flows_read(
	struct policy_reader *r, const struct ost_yaml_node *list, const struct draft *draft, bool allow)
{
	if (list == NULL || !ost_yaml_is_list(&r->y, list, allow ? "allow" : "deny"))
		return;
	for (const struct ost_yaml_node *item = ost_yaml_item_first(list);
		item != NULL && !r->y.no_memory; item = ost_yaml_item_next(list, item))
		flow_read(r, item, draft, allow);
}

static void test_read(struct policy_reader *r, const struct ost_yaml_node *item)
{
	static const struct ost_yaml_field fields[] = {
		{"device", device_field},
		{"allow", allow_field},
		{"deny", deny_field},
		{"at", at_field},
	};
	struct draft draft = {.device_index = UINT32_MAX};
	const struct ost_name *device = NULL;

	if (!ost_yaml_is_mapping(&r->y, item, "a test"))
		return;
	ost_yaml_fields(&r->y, item, "a test", fields, OST_ARRAY_SIZE(fields), r, &draft);
	if (draft.device == NULL)
		ost_yaml_error(
			&r->y, item, "write device: and the name of one", "a test has no device");
	else if (ost_yaml_is_scalar(&r->y, draft.device, "device"))
		device = policy_resolve(r, &r->device_names, draft.device, "device");
	if (draft.allow == NULL && draft.deny == NULL)
		ost_yaml_error(&r->y, item,
			"write allow: [\"tcp 10.0.0.5:443\"] or deny:", "a test asks nothing");
	if (device != NULL)
		draft.device_index = device->index;
	flows_read(r, draft.allow, &draft, true);
	flows_read(r, draft.deny, &draft, false);
}

static void tests_section(struct policy_reader *r, const struct ost_yaml_node *section)
{
	if (section->kind != OST_YAML_SEQUENCE) {
		if (section->kind != OST_YAML_BROKEN)
			ost_yaml_error(&r->y, section,
				"write - { device: NAME, allow: [...], deny: [...] }",
				"tests must be a list");
		return;
	}
	for (const struct ost_yaml_node *item = section->first; item != NULL && !r->y.no_memory;
		item = item->next)
		test_read(r, item);
}

void policy_tests_read(struct policy_reader *r)
{
	policy_sections(r, OST_TOP_TESTS, tests_section);
}
