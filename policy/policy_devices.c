/* SPDX-License-Identifier: GPL-2.0-or-later */
/* devices: of the policy file. What two of them may not share: policy_compare.c. */
#include "policy_reader.h"
#include "text.h"

#define CERTIFICATE_MAX	     255u
#define STATIC_ADDRESSES_MAX 1024u

/* A device as it is read. */
struct draft {
	struct ost_device *device;
	const struct ost_yaml_node *role, *mac, *addresses;
	bool has_certificate;
};

static void role_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_reader *r = context;
	struct draft *draft = target;
	const struct ost_name *name;

	draft->role = value;
	if (!ost_yaml_is_scalar(&r->y, value, "role"))
		return;
	name = policy_resolve(r, &r->role_names, value, "role");
	if (name != NULL)
		draft->device->role = name->index;
}

static void mac_field(void *context, const struct ost_yaml_node *value, void *target)
{
	static const struct ost_mac zero;
	struct policy_reader *r = context;
	struct draft *draft = target;
	struct ost_device *d = draft->device;

	draft->mac = value;
	if (!ost_yaml_is_scalar(&r->y, value, "mac"))
		return;
	if (ost_mac_parse(value->text, &d->mac) < 0)
		ost_yaml_error(&r->y, value, "write six pairs of hex digits: \"00:0e:8c:01:02:03\"",
			"'%.63s' is no MAC address", value->text);
	else if (ost_mac_is_group(d->mac.b) || memcmp(&d->mac, &zero, sizeof(zero)) == 0)
		ost_yaml_error(&r->y, value, "write the device's own address",
			"%s is a group address or zero, and no device has it", value->text);
	else
		d->has_mac = true;
}

static void port_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_reader *r = context;
	struct draft *draft = target;

	if (ost_yaml_is_name(&r->y, value, "port"))
		draft->device->port = ost_yaml_strdup(&r->y, value->text);
}

static bool vid_parse(const char *text, size_t length, uint32_t *ret_vid)
{
	uint64_t v;

	if (ost_number_parse(text, length, &v) < 0 || v < 1 || v > 4094)
		return false;
	*ret_vid = (uint32_t)v;
	return true;
}

static void vlan_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_reader *r = context;
	struct draft *draft = target;
	uint32_t outer, inner = 0;
	const char *dot;

	if (!ost_yaml_is_scalar(&r->y, value, "vlan"))
		return;
	dot = strchr(value->text, '.');
	if (vid_parse(value->text, dot ? (size_t)(dot - value->text) : value->count, &outer) &&
		(dot == NULL || vid_parse(dot + 1, strlen(dot + 1), &inner)))
		draft->device->vlan = outer | inner << 12;
	else
		ost_yaml_error(&r->y, value,
			"write 100, or \"100.200\" for outer and inner, from 1 to 4094; leave it "
			"out "
			"for untagged",
			"vlan cannot be '%.63s'", value->text);
}

static void certificate_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_reader *r = context;
	struct draft *draft = target;

	draft->has_certificate = true;
	if (!ost_yaml_is_scalar(&r->y, value, "certificate"))
		return;
	if (value->count > CERTIFICATE_MAX)
		ost_yaml_error(&r->y, value, "write the name in the device's certificate",
			"certificate is longer than %u bytes", CERTIFICATE_MAX);
	else
		draft->device->certificate = ost_yaml_strdup(&r->y, value->text);
}

static void address_read(
	struct policy_reader *r, const struct ost_yaml_node *item, struct ost_device *d)
{
	struct ost_ip ip;

	if (!ost_yaml_is_scalar(&r->y, item, "address"))
		return;
	if (ost_ip_parse(item->text, &ip) < 0) {
		ost_yaml_error(&r->y, item, "write 10.20.0.9 or \"fd00:20::9\", without a length",
			"'%.63s' is no address", item->text);
		return;
	}
	if (!ost_ip_is_unicast(&ip)) {
		ost_yaml_error(&r->y, item, "write the device's own address",
			"%s is no address that a device can hold", item->text);
		return;
	}
	for (uint32_t i = 0; i < d->address_count; i++)
		if (ost_ip_equal(&d->addresses[i], &ip)) {
			ost_yaml_error(&r->y, item, "remove one of the two",
				"the device names %s twice", item->text);
			return;
		}
	d->addresses[d->address_count++] = ip;
}

static void address_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_reader *r = context;
	struct draft *draft = target;
	struct ost_device *d = draft->device;
	uint32_t n;

	if (!ost_yaml_is_list(&r->y, value, "address"))
		return;
	n = value->kind == OST_YAML_SEQUENCE ? value->count : 1;
	if (n > STATIC_ADDRESSES_MAX) {
		ost_yaml_error(&r->y, value, "name fewer", "the device has more than %u addresses",
			STATIC_ADDRESSES_MAX);
		return;
	}
	draft->addresses = value;
	d->addresses = ost_yaml_alloc(&r->y, n, sizeof(*d->addresses));
	for (const struct ost_yaml_node *item = ost_yaml_item_first(value);
		item != NULL && d->addresses != NULL; item = ost_yaml_item_next(value, item))
		address_read(r, item, d);
}

static void addresses_against_limit(
	struct policy_reader *r, const struct draft *draft, const struct ost_role *role)
{
	uint32_t most =
		role->limits.addresses ? role->limits.addresses : OST_LIMIT_ADDRESSES_DEFAULT;
	char hint[OST_HINT_MAX];

	if (draft->device->address_count <= most)
		return;
	ost_hint(hint, sizeof(hint), "write limits: { addresses: %u } in role %s",
		draft->device->address_count, role->name);
	ost_yaml_error(&r->y, draft->addresses, hint,
		"the device has %u addresses, and its role permits %u at one time",
		draft->device->address_count, most);
}

static void device_check(
	struct policy_reader *r, const struct ost_yaml_node *key, const struct draft *draft)
{
	const struct ost_role *role = &r->policy->roles[draft->device->role];
	char hint[OST_HINT_MAX];

	if (draft->role == NULL)
		ost_yaml_error(&r->y, key,
			"write role: and the name of one below roles:", "device %s has no role",
			key->text);
	if (draft->mac == NULL && !draft->has_certificate)
		ost_yaml_error(&r->y, key, "write mac: or certificate:",
			"device %s has neither a MAC nor a certificate, so nothing tells it apart",
			key->text);
	if (r->policy->role_count == 0 || draft->role == NULL)
		return;
	if (role->authenticate == OST_AUTH_MAC && draft->mac == NULL && draft->has_certificate) {
		ost_hint(hint, sizeof(hint), "write mac:, or authenticate: eap-tls in role %s",
			role->name);
		ost_yaml_error(&r->y, key, hint,
			"device %s has no MAC, and its role tells devices by their MAC", key->text);
	}
	/* Who must prove himself is known by what he proves. */
	if (role->authenticate == OST_AUTH_EAP_TLS && !draft->has_certificate) {
		ost_hint(hint, sizeof(hint), "write certificate: and the name in it, or authenticate: mac in role %s", role->name);
		ost_yaml_error(&r->y, key, hint, "device %s names no certificate, and its role asks for eap-tls", key->text);
	}
	/* Before it has proved itself by TLS its frames are told by their MAC alone. */
	if (role->authenticate == OST_AUTH_TLS && (draft->mac == NULL || !draft->has_certificate)) {
		ost_hint(hint, sizeof(hint), "write both, mac: and certificate:, or authenticate: eap-tls in role %s", role->name);
		ost_yaml_error(&r->y, key, hint, "device %s has no %s, and its role has it prove itself over IP", key->text,
			draft->mac == NULL ? "MAC" : "certificate");
	}
	addresses_against_limit(r, draft, role);
}

static void name_check(struct policy_reader *r, const struct ost_yaml_node *key)
{
	struct ost_ip ip;

	if (ost_yaml_is_name(&r->y, key, "the device") && ost_ip_parse(key->text, &ip) == 0)
		ost_yaml_error(&r->y, key, "choose a name that is no address",
			"a device cannot be named '%s'", key->text);
}

static void tags_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct draft *draft = target;

	draft->device->tags = policy_tags_read(context, value, "tags");
}

/* What findings call it; cut when it is too long for a name. A hundred thousand times, and hardly ever shown. */
static void what_make(char what[static OST_NAME_MAX + 16], const struct ost_yaml_node *key)
{
	static const char lead[] = "device ";
	size_t n = OST_MIN((size_t)key->count, (size_t)OST_NAME_MAX + 15 - (sizeof(lead) - 1));

	memcpy(what, lead, sizeof(lead) - 1);
	memcpy(what + sizeof(lead) - 1, key->text, n);
	what[sizeof(lead) - 1 + n] = '\0';
}

static void device_read(struct policy_reader *r, const struct ost_yaml_node *key)
{
	static const struct ost_yaml_field fields[] = {
		{"role", role_field},
		{"mac", mac_field},
		{"port", port_field},
		{"vlan", vlan_field},
		{"address", address_field},
		{"certificate", certificate_field},
		{"tags", tags_field},
	};
	uint32_t index = r->policy->device_count++;
	struct draft draft = {.device = &r->policy->devices[index]};
	uint32_t errors = r->y.diag->errors;
	char what[OST_NAME_MAX + 16];

	name_check(r, key);
	draft.device->name = ost_yaml_strdup(&r->y, key->text);
	draft.device->pos = policy_pos(r, key);
	r->device_pos[index] = ost_yaml_pos(&r->y, key);
	ost_names_add(&r->device_names, key->text, r->device_pos[index], index);
	what_make(what, key);
	if (!ost_yaml_is_mapping(&r->y, key->next, what))
		return;
	ost_yaml_fields(&r->y, key->next, what, fields, OST_ARRAY_SIZE(fields), r, &draft);
	if (r->y.diag->errors == errors && !r->y.no_memory)
		device_check(r, key, &draft);
}

static void devices_section(struct policy_reader *r, const struct ost_yaml_node *section)
{
	OST_YAML_EACH(section, key)
	{
		if (r->policy->device_count == OST_DEVICES_MAX) {
			ost_yaml_error(&r->y, key, "use several gateways",
				"there are more than %u devices", OST_DEVICES_MAX);
			return;
		}
		device_read(r, key);
	}
}

/* What a role wants to know about its devices, for the checks. */
static void devices_count(struct policy_reader *r)
{
	for (uint32_t i = 0; i < r->policy->device_count && r->policy->role_count > 0; i++) {
		struct role_facts *facts = &r->roles[r->policy->devices[i].role];

		if (facts->devices++ == 0)
			facts->first_device = i;
	}
}

void policy_devices_read(struct policy_reader *r)
{
	uint32_t n = policy_section_pairs(r, OST_TOP_DEVICES);

	ost_names_reserve(&r->y, &r->device_names, n);
	r->policy->devices = ost_yaml_alloc(&r->y, n, sizeof(*r->policy->devices));
	r->device_pos = ost_yaml_alloc(&r->y, n, sizeof(*r->device_pos));
	policy_sections(r, OST_TOP_DEVICES, devices_section);
	ost_names_seal(&r->y, &r->device_names, "device");
	if (!r->y.no_memory) {
		devices_count(r);
		policy_devices_compare(r);
	}
}
