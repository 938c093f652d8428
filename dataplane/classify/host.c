/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about names: does one of them want a name that the device was given this address for?
 *
 * A view keeps the keyed hashes of its rules' names, sorted within each role. Of each name of a chain the hashes of its ends,
 * from the last label on, are looked up there; what is found is compared byte by byte. */
#include "decide.h"
#include "inside.h"

/* ---- the view's keys ---- */

static uint64_t text_hash(const struct ost_hash_key *k, const char *name)
{
	uint64_t hash = OST_NAME_HASH_END;
	size_t end = strlen(name), label = end;

	while (end > 0) {
		while (label > 0 && name[label - 1] != '.')
			label--;
		hash = ost_name_hash_label(k, hash, name + label, end - label);
		if (label == 0)
			break;
		end = --label;
	}
	return hash;
}

static int key_compare(const void *a, const void *b)
{
	const struct ost_host_key *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->host < y->host ? -1 : x->host > y->host;
}

int ost_host_keys_make(const struct ost_site *site, struct ost_view *v)
{
	const struct ost_image *image = v->image;

	if (image->host_count == 0)
		return 0;
	v->host_keys = ost_site_alloc(site, image->host_count * sizeof(*v->host_keys));
	v->domain_keys = ost_site_alloc(site, (size_t)(image->domain_count + 1) * sizeof(*v->domain_keys));
	if (v->host_keys == NULL || v->domain_keys == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < image->host_count; i++)
		v->host_keys[i] = (struct ost_host_key){text_hash(&site->hash, ost_image_string(image, image->hosts[i].name)), i};
	for (uint32_t i = 0; i < image->role_count; i++)
		qsort(v->host_keys + image->roles[i].host_first, image->roles[i].host_count, sizeof(*v->host_keys), key_compare);
	for (uint32_t i = 0; i < image->domain_count; i++)
		v->domain_keys[i] = (struct ost_host_key){text_hash(&site->hash, ost_image_string(image, image->domains[i].name)), i};
	qsort(v->domain_keys, image->domain_count, sizeof(*v->domain_keys), key_compare);
	return 0;
}

/* ---- matching ---- */

static bool service_fits(const struct ost_image_host *h, const struct ost_question *q)
{
	uint16_t exact = (uint16_t)(q->protocol | q->direction << 8), any = (uint16_t)(q->direction << 8);

	return (h->selector == exact || h->selector == any) && (h->family == 0 || h->family == q->family) &&
		(uint16_t)(q->value - h->lo) <= h->span;
}

static bool holds(const struct ost_image *image, const struct ost_image_role *role, uint32_t rule, const struct ost_question *q)
{
	return image->rules[rule].assurance <= q->assurance &&
		(!(role->flags & OST_ROLE_CONDITIONS) || ost_rule_holds(&image->rules[rule], q));
}

bool ost_host_is_text(const uint8_t *wire, const char *text)
{
	for (; *wire != 0; wire += 1 + *wire) {
		const size_t size = *wire;

		if (strnlen(text, size) < size || memchr(text, '.', size) != NULL || memcmp(wire + 1, text, size) != 0)
			return false;
		text += size;
		if (*text == '.')
			text++;
		else if (*text != 0)
			return false;
	}
	return *text == 0;
}

uint32_t ost_host_key_find(const struct ost_host_key *keys, uint32_t low, uint32_t high, uint64_t hash)
{
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (keys[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The rule that wants this end of a name. whole: it is the name itself. q NULL: whatever else it asks for. */
static uint32_t end_match(const struct ost_view *v, const struct ost_image_role *role, uint64_t hash, const uint8_t *wire, bool whole,
	const struct ost_question *q)
{
	const struct ost_image *image = v->image;

	const uint32_t end = role->host_first + role->host_count;

	for (uint32_t i = ost_host_key_find(v->host_keys, role->host_first, end, hash); i < end && v->host_keys[i].hash == hash; i++) {
		const struct ost_image_host *h = &image->hosts[v->host_keys[i].host];
		uint32_t rule = role->rule_first + h->rule;

		if (h->suffix != whole && (q == NULL || service_fits(h, q)) && ost_host_is_text(wire, ost_image_string(image, h->name)) &&
			(q == NULL || holds(image, role, rule, q)))
			return rule;
	}
	return OST_RULE_NONE;
}

/* Behind the name. */
static const uint8_t *name_match(const struct ost_view *v, const struct ost_image_role *role, const uint8_t *name,
	const struct ost_question *q, uint32_t *ret_rule)
{
	const uint8_t *labels[OST_DNS_NAME_MAX / 2 + 1];
	uint64_t hash = OST_NAME_HASH_END;
	uint32_t n = 0;

	for (; *name != 0; name += 1 + *name)
		labels[n++] = name;
	for (uint32_t i = n; i > 0 && *ret_rule == OST_RULE_NONE; i--) {
		hash = ost_name_hash_label(&v->site->hash, hash, labels[i - 1] + 1, *labels[i - 1]);
		*ret_rule = end_match(v, role, hash, labels[i - 1], i == 1, q);
	}
	return name + 1;
}

/* from: the first name that counts. */
static uint32_t chain_match(const struct ost_view *v, const struct ost_image_role *role, const struct ost_chain *chain, uint32_t from,
	const struct ost_question *q)
{
	uint32_t rule = OST_RULE_NONE;

	for (const uint8_t *name = chain->wire + from; name < chain->wire + chain->length && rule == OST_RULE_NONE;)
		name = name_match(v, role, name, q, &rule);
	return rule;
}

bool ost_host_wants(const struct ost_view *v, const struct ost_image_role *role, const struct ost_chain *chain, const uint64_t ip[2])
{
	return role->host_count > 0 &&
		chain_match(v, role, chain, ost_inside(v, ip) ? ost_inside_from(v, chain) : 0, NULL) != OST_RULE_NONE;
}

static void remote_of(const struct ost_question *q, uint64_t ip[2])
{
	if (q->family == OST_IPV4) {
		ost_binding_key4(ost_be32(q->remote4), ip);
		return;
	}
	ip[0] = __builtin_bswap64(q->remote6[0]);
	ip[1] = __builtin_bswap64(q->remote6[1]);
}

/* By what the device was told of this address. anything: also by names that may not have it. */
static uint32_t told_match(const struct ost_view *v, const struct ost_image_role *role, const uint64_t ip[2], bool anything,
	const struct ost_question *q)
{
	const struct ost_table *t = &v->site->names->table;
	const uint64_t hash = ost_name_hash(v->site, ip, q->slot);
	uint32_t rule = OST_RULE_NONE;
	struct ost_table_walk w;
	struct ost_chain chain;

	for (uint32_t i = ost_table_walk_first(t, hash, &w); i != OST_TABLE_NONE && rule == OST_RULE_NONE;
		i = ost_table_walk_next(t, hash, &w)) {
		if (ost_name_read(v->site, i, ip, q->slot, q->tick, q->established, &chain))
			rule = chain_match(v, role, &chain, !anything && ost_inside(v, ip) ? ost_inside_from(v, &chain) : 0, q);
	}
	return rule;
}

uint32_t ost_allow_host(const struct ost_view *v, const struct ost_image_role *role, const struct ost_question *q)
{
	uint64_t ip[2];

	if (q->infrastructure_only)
		return OST_RULE_NONE;
	remote_of(q, ip);
	return told_match(v, role, ip, false, q);
}

bool ost_allow_host_related(const struct ost_view *v, const struct ost_image_role *role, uint32_t slot, const struct ost_question *q)
{
	uint16_t bit = (uint16_t)(q->direction << 8);
	struct ost_question any = *q;
	bool related = false;

	/* Any service, whatever its conditions, also when the answer's time has passed: it is ARP that asks. */
	any.view = v;
	any.slot = slot;
	any.assurance = OST_ASSURANCE_COUNT;
	any.in_principle = any.established = true;
	for (uint32_t i = 0; i < role->host_count && !related; i++) {
		const struct ost_image_host *h = &v->image->hosts[role->host_first + i];

		if ((h->selector & OST_LANE_FROM) != bit)
			continue;
		any.protocol = (uint8_t)h->selector;
		any.value = h->lo;
		related = ost_allow_host(v, role, &any) != OST_RULE_NONE;
	}
	return related;
}

enum ost_reason ost_host_why(const struct ost_view *v, const struct ost_image_role *role, const struct ost_question *q)
{
	uint64_t ip[2];

	for (uint32_t i = 0; i < role->host_count; i++) {
		const struct ost_image_host *h = &v->image->hosts[role->host_first + i];

		if (!service_fits(h, q) || !holds(v->image, role, role->rule_first + h->rule, q))
			continue;
		remote_of(q, ip);
		if (ost_inside(v, ip) && told_match(v, role, ip, true, q) != OST_RULE_NONE)
			return OST_REASON_DNS_REBIND;
		return ost_name_was_unbound(v->site, q->slot, ip, q->tick) ? OST_REASON_NAME_LIMIT : OST_REASON_NAME_UNRESOLVED;
	}
	return OST_REASON_NONE;
}

/* ---- for people ---- */

/* The first name of a chain as text. False: it is none that a rule could have. */
static bool name_text(const struct ost_chain *chain, char ret_name[static OST_HOST_TEXT])
{
	const uint8_t *wire = chain->wire, *end = wire + chain->length;
	size_t n = 0;

	while (wire < end && *wire != 0) {
		const size_t size = *wire;

		if (wire + 1 + size >= end || n + size + 1 > OST_HOST_TEXT - 1)
			return false;
		if (n > 0)
			ret_name[n++] = '.';
		for (size_t i = 1; i <= size; i++) {
			if (!((wire[i] >= 'a' && wire[i] <= 'z') || (wire[i] >= '0' && wire[i] <= '9') || wire[i] == '-' || wire[i] == '_'))
				return false;
			ret_name[n++] = (char)wire[i];
		}
		wire += 1 + size;
	}
	ret_name[n] = '\0';
	return n > 0;
}

bool ost_site_name_of(const struct ost_site *site, uint32_t image_device, const struct ost_ip *ip, uint64_t now_ns,
	char ret_name[static OST_HOST_TEXT])
{
	const struct ost_table *t = &site->names->table;
	const uint32_t slot = ost_site_slot(site, image_device);
	struct ost_table_walk w;
	struct ost_chain chain;
	uint64_t key[2], hash;

	if (slot == OST_DEVICE_NONE)
		return false;
	if (ip->family == OST_IPV4)
		ost_binding_key4(ost_load32(ip->b), key);
	else
		memcpy(key, ip->b, 16);
	hash = ost_name_hash(site, key, slot);
	for (uint32_t i = ost_table_walk_first(t, hash, &w); i != OST_TABLE_NONE; i = ost_table_walk_next(t, hash, &w)) {
		if (ost_name_read(site, i, key, slot, (uint32_t)(now_ns >> OST_TICK_SHIFT), true, &chain) && name_text(&chain, ret_name))
			return true;
	}
	return false;
}
