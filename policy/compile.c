/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compile.h"

#include "compile_lanes.h"
#include "image_build.h"

struct compiler {
	const struct ost_policy *policy;
	struct ost_diag *diag;
	struct ost_image_builder image;
	uint32_t port_names[OST_PORTS_MAX]; /* strings, in the order of the ports */
	uint32_t port_count;
	bool too_many_ports; /* said once */
};

static const struct ost_pos nowhere;

/* The errors below are of two kinds: what is wrong with the policy goes into diag and compiling
 * goes on, to find the next one; what stops the machine is returned. */

static void name_check(struct compiler *c, const char *kind, const char *name, struct ost_pos pos)
{
	if (name == NULL || *name == '\0')
		ost_diag_error(c->diag, pos, "give it one", "a %s has no name", kind);
	else if (strnlen(name, OST_NAME_MAX + 1) > OST_NAME_MAX)
		ost_diag_error(c->diag, pos, "shorten it",
			"the name of a %s is longer than %u bytes", kind, OST_NAME_MAX);
}

/* What a front end may have got wrong. */
static void rule_check(struct compiler *c, const struct ost_role *role, const struct ost_rule *rule)
{
	bool known = true;

	for (uint32_t i = 0; rule->peer == OST_PEER_ROLE && i < rule->peer_role_count; i++)
		known &= rule->peer_roles[i] < c->policy->role_count;
	if (!known)
		ost_diag_error(c->diag, rule->pos, NULL,
			"a rule of role \"%s\" is about a role that does not exist", role->name);
	if (rule->schedule > c->policy->schedule_count)
		ost_diag_error(c->diag, rule->pos, NULL,
			"a rule of role \"%s\" has a schedule that does not exist", role->name);
	if ((rule->flags & OST_RULE_ONE) && rule->only_device >= c->policy->device_count)
		ost_diag_error(c->diag, rule->pos, NULL,
			"a rule of role \"%s\" is about a device that does not exist", role->name);
}

/* Of the rule that is added next. */
static int exception_compile(struct compiler *c, const struct ost_rule *rule)
{
	struct ost_image_exception record = {.rule = ost_image_builder_count(&c->image, OST_SECTION_RULES)};
	int r = ost_image_builder_string(&c->image, rule->reason, &record.reason);

	return r == 0 ? ost_image_builder_add(&c->image, OST_SECTION_EXCEPTIONS, &record) : r;
}

static int rule_compile(struct compiler *c, uint32_t role_index, const struct ost_rule *rule)
{
	const struct ost_role *role = &c->policy->roles[role_index];
	struct ost_image_rule record = {
		.line = rule->pos.line,
		.column = rule->pos.column,
		.role = role_index,
		.direction = (uint8_t)rule->direction,
		.assurance = (uint8_t)ost_rule_assurance(role, rule),
		.infrastructure = rule->infrastructure,
		.flags = rule->flags,
		.only_device = rule->flags & OST_RULE_ONE ? rule->only_device : 0,
		.schedule = rule->schedule,
		.only_tags = rule->only_tags,
	};
	int r = ost_image_builder_string(&c->image, rule->text, &record.text);

	rule_check(c, role, rule);
	if (r == 0)
		r = ost_image_builder_string(&c->image, rule->pos.file, &record.file);
	if (r == 0 && (rule->flags & OST_RULE_EXCEPTION))
		r = exception_compile(c, rule);
	if (r == 0)
		r = ost_image_builder_add(&c->image, OST_SECTION_RULES, &record);
	return r;
}

/* False, with an error at the first rule too many. */
static bool rules_fit(struct compiler *c, const struct ost_role *role)
{
	uint32_t before = ost_image_builder_count(&c->image, OST_SECTION_RULES);

	if (role->rule_count > UINT16_MAX) {
		ost_diag_error(c->diag, role->rules[UINT16_MAX].pos,
			"split the role, or let networks stand for addresses",
			"role \"%s\" has %u rules, a role can have %u", role->name,
			role->rule_count, UINT16_MAX);
		return false;
	}
	if (role->rule_count > OST_RULES_MAX - before) {
		ost_diag_error(c->diag, role->pos, "let devices share roles",
			"with role \"%s\" the policy has more than %u rules", role->name,
			OST_RULES_MAX);
		return false;
	}
	return true;
}

static uint8_t role_flags(const struct ost_role *role)
{
	for (uint32_t i = 0; i < role->rule_count; i++) {
		if (role->rules[i].assurance > role->assurance || ost_rule_conditional(&role->rules[i]))
			return OST_ROLE_CONDITIONS;
	}
	return 0;
}

static struct ost_image_role role_record(const struct ost_role *role)
{
	const struct ost_limits *l = &role->limits;

	return (struct ost_image_role){
		.includes = role->includes,
		.rule_count = role->rule_count,
		.packets_per_s = l->packets_per_s,
		.bytes_per_s = l->bytes_per_s,
		.new_flows_per_s = l->new_flows_per_s,
		.flows = l->flows ? l->flows : OST_LIMIT_FLOWS_DEFAULT,
		.addresses = l->addresses ? l->addresses : OST_LIMIT_ADDRESSES_DEFAULT,
		.authenticate = (uint8_t)role->authenticate,
		.assurance = (uint8_t)role->assurance,
		.tls_max = (uint8_t)role->tls_max,
		.names = l->names ? l->names : OST_LIMIT_NAMES_DEFAULT,
		.flags = role_flags(role),
		.mode = (uint8_t)role->mode,
		.audit = role->mode == OST_MODE_AUDIT ? role->audit : OST_SCHEDULE_ALWAYS,
	};
}

static int role_compile(struct compiler *c, uint32_t index)
{
	const struct ost_role *role = &c->policy->roles[index];
	struct ost_image_role record = role_record(role);
	int r;

	name_check(c, "role", role->name, role->pos);
	if (role->mode == OST_MODE_AUDIT && (role->audit == OST_SCHEDULE_ALWAYS || role->audit > c->policy->schedule_count))
		ost_diag_error(c->diag, role->pos, "say until when", "role \"%s\" is in audit without an end", role->name);
	if (!rules_fit(c, role))
		return 0;
	record.rule_first = ost_image_builder_count(&c->image, OST_SECTION_RULES);
	r = ost_image_builder_string(&c->image, role->name, &record.name);
	for (uint32_t i = 0; r == 0 && i < role->rule_count; i++)
		r = rule_compile(c, index, &role->rules[i]);
	if (r == 0)
		r = ost_role_lanes_compile(&c->image, role, c->diag, &record);
	if (r == -EINVAL)
		return 0;
	if (r == 0)
		r = ost_image_builder_add(&c->image, OST_SECTION_ROLES, &record);
	if (r == -EFBIG)
		ost_diag_error(c->diag, role->pos, "let devices share roles, or use wider prefixes",
			"with role \"%s\" the policy image exceeds %zu MiB", role->name,
			OST_IMAGE_MAX >> 20);
	return r;
}

static int port_compile(struct compiler *c, const struct ost_device *d, uint16_t *ret_port)
{
	struct ost_image_port record = {0};
	int r = ost_image_builder_string(&c->image, d->port, &record.name);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < c->port_count; i++) {
		if (c->port_names[i] == record.name) {
			*ret_port = (uint16_t)i;
			return 0;
		}
	}
	if (c->port_count == OST_PORTS_MAX) {
		if (!c->too_many_ports)
			ost_diag_error(c->diag, d->pos, NULL,
				"with port \"%s\" of device \"%s\" the policy names more than %u "
				"ports",
				d->port, d->name, OST_PORTS_MAX);
		c->too_many_ports = true;
		return 0;
	}
	name_check(c, "port", d->port, d->pos);
	*ret_port = (uint16_t)c->port_count;
	c->port_names[c->port_count++] = record.name;
	return ost_image_builder_add(&c->image, OST_SECTION_PORTS, &record);
}

static int addresses_compile(
	struct compiler *c, const struct ost_device *d, struct ost_image_device *record)
{
	record->address_first = ost_image_builder_count(&c->image, OST_SECTION_ADDRESSES);
	record->address_count = d->address_count;
	for (uint32_t i = 0; i < d->address_count; i++) {
		struct ost_image_address a = {.family = d->addresses[i].family};
		int r;

		memcpy(a.ip, d->addresses[i].b, sizeof(a.ip));
		r = ost_image_builder_add(&c->image, OST_SECTION_ADDRESSES, &a);
		if (r < 0)
			return r;
	}
	return 0;
}

static void device_check(struct compiler *c, const struct ost_device *d)
{
	static const uint8_t zero[6];

	name_check(c, "device", d->name, d->pos);
	if (d->role >= c->policy->role_count)
		ost_diag_error(c->diag, d->pos, NULL,
			"device \"%s\" has a role that does not exist", d->name);
	if (d->vlan > 0xffffff)
		ost_diag_error(c->diag, d->pos, NULL,
			"device \"%s\" has a VLAN that does not exist", d->name);
	if (d->has_mac && (ost_mac_is_group(d->mac.b) || memcmp(d->mac.b, zero, sizeof(zero)) == 0))
		ost_diag_error(c->diag, d->pos, "write the address that is printed on the device",
			"device \"%s\" has a MAC address that no device has", d->name);
}

static int device_compile(struct compiler *c, const struct ost_device *d)
{
	struct ost_image_device record = {
		.role = d->role,
		.vlan = d->vlan,
		.port = OST_PORT_ANY,
		.has_mac = d->has_mac,
		.tags = d->tags,
	};
	int r = ost_image_builder_string(&c->image, d->name, &record.name);

	device_check(c, d);
	if (d->has_mac)
		memcpy(record.mac, d->mac.b, sizeof(record.mac));
	if (r == 0)
		r = ost_image_builder_string(&c->image, d->certificate, &record.certificate);
	if (r == 0 && d->port != NULL)
		r = port_compile(c, d, &record.port);
	if (r == 0)
		r = addresses_compile(c, d, &record);
	if (r == 0)
		r = ost_image_builder_add(&c->image, OST_SECTION_DEVICES, &record);
	if (r == -EFBIG)
		ost_diag_error(c->diag, d->pos, NULL,
			"with device \"%s\" the policy image exceeds %zu MiB", d->name,
			OST_IMAGE_MAX >> 20);
	return r;
}

/* A device as the wire tells it: VLAN above MAC, and its place in the policy. */
struct key {
	uint64_t wire[2];
	uint32_t device;
};

static int key_compare(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	for (unsigned i = 0; i < 2; i++) {
		if (x->wire[i] != y->wire[i])
			return x->wire[i] < y->wire[i] ? -1 : 1;
	}
	return x->device < y->device ? -1 : x->device > y->device;
}

static void twins_report(struct compiler *c, const struct key *keys, uint32_t count)
{
	char mac[OST_MAC_TEXT];

	for (uint32_t i = 1; i < count; i++) {
		const struct ost_device *d = &c->policy->devices[keys[i].device];
		const struct ost_device *first = &c->policy->devices[keys[i - 1].device];

		if (keys[i].wire[0] != keys[i - 1].wire[0] ||
			keys[i].wire[1] != keys[i - 1].wire[1])
			continue;
		ost_diag_error(c->diag, d->pos, "give each its own MAC address, or its own VLAN",
			"devices \"%s\" and \"%s\" have one MAC address, %s, in one VLAN",
			first->name, d->name, ost_mac_format(&d->mac, mac));
	}
}

/* No two devices with one MAC in one VLAN: the wire could not tell them apart. */
static int twins_check(struct compiler *c)
{
	const struct ost_policy *p = c->policy;
	OST_AUTO_FREE struct key *keys = calloc((size_t)p->device_count + 1, sizeof(*keys));
	uint32_t count = 0;

	if (keys == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->device_count; i++) {
		if (!p->devices[i].has_mac)
			continue;
		keys[count].wire[0] = p->devices[i].vlan;
		memcpy(&keys[count].wire[1], p->devices[i].mac.b, sizeof(p->devices[i].mac.b));
		keys[count++].device = i;
	}
	qsort(keys, count, sizeof(*keys), key_compare);
	twins_report(c, keys, count);
	return 0;
}

static int devices_compile(struct compiler *c)
{
	const struct ost_policy *p = c->policy;
	int r = twins_check(c);

	for (uint32_t i = 0; r == 0 && i < p->device_count; i++)
		r = device_compile(c, &p->devices[i]);
	return r;
}

static int windows_compile(struct compiler *c, const struct ost_schedule *s)
{
	for (uint32_t i = 0; i < s->window_count; i++) {
		const struct ost_window *w = &s->windows[i];
		const struct ost_image_window record = {
			.since_s = w->since_s,
			.until_s = w->until_s,
			.from_min = w->from_min,
			.until_min = w->until_min,
			.kind = (uint8_t)w->kind,
			.days = w->days,
			.local = w->local,
		};
		int r = ost_image_builder_add(&c->image, OST_SECTION_WINDOWS, &record);

		if (r < 0)
			return r;
	}
	return 0;
}

static int schedules_compile(struct compiler *c)
{
	const struct ost_policy *p = c->policy;
	int r = 0;

	if (p->schedule_count > OST_SCHEDULES_MAX) {
		ost_diag_error(c->diag, p->schedules[OST_SCHEDULES_MAX].pos,
			"remove exceptions that have run out, or let several end at one time",
			"the policy has more than %u schedules, exceptions and audits", OST_SCHEDULES_MAX);
		return -EINVAL;
	}
	for (uint32_t i = 0; r == 0 && i < p->schedule_count; i++) {
		const struct ost_schedule *s = &p->schedules[i];
		struct ost_image_schedule record = {
			.window_first = ost_image_builder_count(&c->image, OST_SECTION_WINDOWS),
			.window_count = s->window_count,
		};

		r = ost_image_builder_string(&c->image, s->name, &record.name);
		if (r == 0)
			r = windows_compile(c, s);
		if (r == 0)
			r = ost_image_builder_add(&c->image, OST_SECTION_SCHEDULES, &record);
	}
	return r;
}

static struct ost_image_prefix prefix_record(const struct ost_prefix *prefix)
{
	struct ost_image_prefix record = {.family = prefix->ip.family, .length = prefix->length};

	for (unsigned bit = 0; bit < prefix->length; bit++)
		record.ip[bit / 8] |= prefix->ip.b[bit / 8] & (uint8_t)(0x80 >> bit % 8);
	return record;
}

static int resolvers_compile(struct compiler *c)
{
	const struct ost_policy *p = c->policy;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < p->resolver_count; i++) {
		const struct ost_image_prefix record = prefix_record(&p->resolvers[i]);

		r = ost_image_builder_add(&c->image, OST_SECTION_RESOLVERS, &record);
	}
	return r;
}

/* What holds others comes before them. */
static int prefix_order(const void *a, const void *b)
{
	const struct ost_image_prefix *x = a, *y = b;
	int order = x->family != y->family ? (x->family < y->family ? -1 : 1) : memcmp(x->ip, y->ip, sizeof(x->ip));

	return order != 0 ? order : x->length < y->length ? -1 : x->length > y->length;
}

static bool record_holds(const struct ost_image_prefix *x, const struct ost_image_prefix *y)
{
	struct ost_prefix wide = {.ip.family = x->family, .length = x->length};
	struct ost_ip ip = {.family = y->family};

	memcpy(wide.ip.b, x->ip, sizeof(x->ip));
	memcpy(ip.b, y->ip, sizeof(y->ip));
	return ost_prefix_contains(&wide, &ip);
}

/* In order, without those that lie within another. */
static int inside_compile(struct compiler *c)
{
	const struct ost_policy *p = c->policy;
	OST_AUTO_FREE struct ost_image_prefix *records = calloc((size_t)p->inside_count + 1, sizeof(*records));
	const struct ost_image_prefix *last = NULL;
	int r = records != NULL ? 0 : -ENOMEM;

	for (uint32_t i = 0; r == 0 && i < p->inside_count; i++)
		records[i] = prefix_record(&p->inside[i]);
	if (r == 0)
		qsort(records, p->inside_count, sizeof(*records), prefix_order);
	for (uint32_t i = 0; r == 0 && i < p->inside_count; i++) {
		if (last != NULL && record_holds(last, &records[i]))
			continue;
		last = &records[i];
		r = ost_image_builder_add(&c->image, OST_SECTION_INSIDE, last);
	}
	return r;
}

static int domains_compile(struct compiler *c)
{
	const struct ost_policy *p = c->policy;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < p->private_domain_count; i++) {
		struct ost_image_domain record = {0};

		r = ost_image_builder_string(&c->image, p->private_domains[i], &record.name);
		if (r == 0)
			r = ost_image_builder_add(&c->image, OST_SECTION_DOMAINS, &record);
	}
	return r;
}

static int tags_compile(struct compiler *c)
{
	const struct ost_policy *p = c->policy;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < p->tag_count; i++) {
		struct ost_image_tag record = {0};

		r = ost_image_builder_string(&c->image, p->tags[i], &record.name);
		if (r == 0)
			r = ost_image_builder_add(&c->image, OST_SECTION_TAGS, &record);
	}
	return r;
}

static int policy_compile(struct compiler *c)
{
	const struct ost_policy *p = c->policy;
	int r = schedules_compile(c);

	if (r == 0)
		r = resolvers_compile(c);
	if (r == 0)
		r = inside_compile(c);
	if (r == 0)
		r = domains_compile(c);
	if (r == 0)
		r = tags_compile(c);
	if (p->device_count > OST_DEVICES_MAX) {
		ost_diag_error(c->diag, p->devices[OST_DEVICES_MAX].pos,
			"put a second gateway beside this one",
			"the policy has %u devices, a gateway can have %u", p->device_count,
			OST_DEVICES_MAX);
		return -EINVAL;
	}
	for (uint32_t i = 0; r == 0 && i < p->role_count; i++)
		r = role_compile(c, i);
	return r == 0 ? devices_compile(c) : r;
}

int ost_policy_compile(const struct ost_policy *policy, uint64_t generation, struct ost_diag *diag,
	void **ret_bytes, size_t *ret_length)
{
	struct compiler c = {.policy = policy, .diag = diag};
	uint32_t errors_before = diag->errors;
	int r = ost_image_builder_init(&c.image);

	if (r == 0)
		r = policy_compile(&c);
	if (r == 0 && diag->errors != errors_before)
		r = -EINVAL;
	if (r == 0)
		r = ost_image_builder_finish(&c.image, generation, ret_bytes, ret_length);
	if (r == -EFBIG && diag->errors == errors_before)
		ost_diag_error(diag, nowhere, NULL, "the policy image exceeds %zu MiB",
			OST_IMAGE_MAX >> 20);
	ost_image_builder_free(&c.image);
	return r == -EFBIG ? -EINVAL : r;
}
