/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tags: of devices. A tag is there when a device has it; rules may speak of it before. */
#include "nearest.h"
#include "policy_reader.h"

static const struct ost_yaml_node *tags_of(const struct ost_yaml_node *device)
{
	if (device->kind != OST_YAML_MAPPING)
		return NULL;
	OST_YAML_EACH(device, key)
	{
		if (strcmp(key->text, "tags") == 0)
			return key->next;
	}
	return NULL;
}

static int tag_find(const struct policy_reader *r, const char *text)
{
	for (uint32_t i = 0; i < r->policy->tag_count; i++)
		if (strcmp(r->policy->tags[i], text) == 0)
			return (int)i;
	return -ENOENT;
}

static void tag_define(struct policy_reader *r, const struct ost_yaml_node *item)
{
	struct ost_policy *p = r->policy;

	if (item->kind != OST_YAML_SCALAR || tag_find(r, item->text) >= 0 || p->tag_count > OST_TAGS_MAX ||
		!ost_yaml_is_name(&r->y, item, "the tag"))
		return;
	if (p->tag_count == OST_TAGS_MAX) {
		if (!r->too_many_tags)
			ost_yaml_error(&r->y, item, "use fewer tags, or roles", "with tag '%s' there are more than %u tags", item->text,
				OST_TAGS_MAX);
		r->too_many_tags = true;
		return;
	}
	p->tags[p->tag_count] = ost_yaml_strdup(&r->y, item->text);
	p->tag_count += p->tags[p->tag_count] != NULL;
}

static void tags_section(struct policy_reader *r, const struct ost_yaml_node *section)
{
	OST_YAML_EACH(section, key)
	{
		const struct ost_yaml_node *list = tags_of(key->next);

		if (list == NULL || (list->kind != OST_YAML_SCALAR && list->kind != OST_YAML_SEQUENCE))
			continue;
		for (const struct ost_yaml_node *item = ost_yaml_item_first(list); item != NULL && !r->y.no_memory;
			item = ost_yaml_item_next(list, item))
			tag_define(r, item);
	}
}

void policy_tags_define(struct policy_reader *r)
{
	r->policy->tags = ost_yaml_alloc(&r->y, OST_TAGS_MAX, sizeof(*r->policy->tags));
	if (r->policy->tags != NULL)
		policy_sections(r, OST_TOP_DEVICES, tags_section);
}

static void tag_unknown(struct policy_reader *r, const struct ost_yaml_node *item)
{
	struct ost_nearest near = ost_nearest_of(item->text, &r->y.nearest_budget);
	char hint[OST_HINT_MAX];

	if (r->incomplete || r->too_many_tags)
		return;
	for (uint32_t i = 0; i < r->policy->tag_count; i++)
		ost_nearest_offer(&near, r->policy->tags[i]);
	if (near.best != NULL)
		ost_hint(hint, sizeof(hint), "did you mean '%s'?", near.best);
	else
		ost_hint(hint, sizeof(hint), "give it to a device: tags: [%.63s]", item->text);
	ost_yaml_error(&r->y, item, hint, "no device has the tag '%.63s'", item->text);
}

uint64_t policy_tags_read(struct policy_reader *r, const struct ost_yaml_node *list, const char *what)
{
	bool device = strcmp(what, "tags") == 0;
	uint64_t bits = 0;

	if (!ost_yaml_is_list(&r->y, list, what))
		return 0;
	for (const struct ost_yaml_node *item = ost_yaml_item_first(list); item != NULL; item = ost_yaml_item_next(list, item)) {
		int tag;

		if (!ost_yaml_is_scalar(&r->y, item, what))
			continue;
		tag = tag_find(r, item->text);
		if (tag < 0 && !device)
			tag_unknown(r, item);
		if (tag < 0)
			continue; /* of a device: no name, or one too many, and said */
		if (bits >> tag & 1)
			ost_yaml_error(&r->y, item, "remove one of the two", "the list names tag %s twice", item->text);
		bits |= 1ull << tag;
	}
	return bits;
}
