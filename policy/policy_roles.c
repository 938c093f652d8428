/* SPDX-License-Identifier: GPL-2.0-or-later */
/* roles: of the policy file: what each says itself. Allow-lists: policy_rules.c; what it has of others: policy_extends.c. */
#include "policy_reader.h"

#define ROLES_MAX 65535u

static struct role_own *own_of(struct policy_reader *r, const struct ost_role *role)
{
	return &r->roles[role - r->policy->roles].own;
}

static void authenticate_field(void *context, const struct ost_yaml_node *value, void *target)
{
	const char *words[OST_AUTH_COUNT];
	struct policy_reader *r = context;
	struct role_own *own = own_of(r, target);
	uint32_t index;

	for (uint32_t i = 0; i < OST_AUTH_COUNT; i++)
		words[i] = ost_authenticate_name(i);
	if (!ost_yaml_word(&r->y, value, "authenticate", words, OST_AUTH_COUNT, &index))
		return;
	own->authenticate = index;
	own->authenticate_set = true;
	own->authenticate_pos = ost_yaml_pos(&r->y, value);
}

bool policy_assurance_read(struct policy_reader *r, const struct ost_yaml_node *value,
	enum ost_assurance *ret_assurance)
{
	const char *words[OST_ASSURANCE_COUNT];
	uint32_t index;

	for (uint32_t i = 0; i < OST_ASSURANCE_COUNT; i++)
		words[i] = ost_assurance_name(i);
	if (!ost_yaml_word(&r->y, value, "assurance", words, OST_ASSURANCE_COUNT, &index))
		return false;
	*ret_assurance = index;
	return true;
}

static void assurance_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct role_own *own = own_of(context, target);

	own->assurance_set = policy_assurance_read(context, value, &own->assurance);
}

static void tls_max_field(void *context, const struct ost_yaml_node *value, void *target)
{
	const char *words[OST_TLS_MAX_COUNT];
	struct policy_reader *r = context;
	struct role_own *own = own_of(r, target);
	uint32_t index;

	for (uint32_t i = 0; i < OST_TLS_MAX_COUNT; i++)
		words[i] = ost_tls_max_name(i);
	if (!ost_yaml_word(&r->y, value, "tls-max", words, OST_TLS_MAX_COUNT, &index))
		return;
	own->tls_max = index;
	own->tls_max_set = true;
}

static void mode_field(void *context, const struct ost_yaml_node *value, void *target)
{
	static const char *const words[] = {"enforce", "audit", "learn"};
	struct policy_reader *r = context;
	struct role_own *own = own_of(r, target);
	uint32_t index;

	if (!ost_yaml_word(&r->y, value, "mode", words, OST_ARRAY_SIZE(words), &index))
		return;
	if (index == 2) {
		ost_yaml_error(&r->y, value, "write audit, which passes and records, or enforce", "mode 'learn' is not there yet");
		return;
	}
	own->mode = index == 0 ? OST_MODE_ENFORCE : OST_MODE_AUDIT;
	own->mode_set = true;
	own->mode_pos = ost_yaml_pos(&r->y, value);
}

static void audit_until_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_reader *r = context;
	struct role_own *own = own_of(r, target);

	own->audit_until = value;
	own->audit_pos = ost_yaml_pos(&r->y, value);
	(void)policy_time_read(r, value, "audit-until", &own->audit_until_s);
}

static void include_field(void *context, const struct ost_yaml_node *value, void *target)
{
	policy_includes_read(context, value, own_of(context, target));
}

static void allow_field(void *context, const struct ost_yaml_node *value, void *target)
{
	policy_rules_read(context, value, target);
}

static void limits_field(void *context, const struct ost_yaml_node *value, void *target)
{
	policy_limits_read(context, value, &own_of(context, target)->limits);
}

static void extends_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_reader *r = context;
	struct ost_role *role = target;

	policy_extends_read(r, value, &r->roles[role - r->policy->roles]);
}

static void mud_field(void *context, const struct ost_yaml_node *value, void *target)
{
	struct policy_reader *r = context;

	if (!ost_yaml_is_scalar(&r->y, value, "mud"))
		return;
	own_of(r, target)->mud = value;
}

static void my_controller_field(void *context, const struct ost_yaml_node *value, void *target)
{
	policy_controller_read(context, value, "my-controller", &own_of(context, target)->my_controller);
}

static void role_read(
	struct policy_reader *r, const struct ost_yaml_node *key, struct ost_role *role)
{
	static const struct ost_yaml_field fields[] = {
		{"extends", extends_field},
		{"authenticate", authenticate_field},
		{"assurance", assurance_field},
		{"tls-max", tls_max_field},
		{"mode", mode_field},
		{"audit-until", audit_until_field},
		{"include", include_field},
		{"allow", allow_field},
		{"limits", limits_field},
		{"mud", mud_field},
		{"my-controller", my_controller_field},
	};
	char what[OST_NAME_MAX + 16];

	own_of(r, role)->source = r->source;
	ost_hint(what, sizeof(what), "role %s", key->text);
	ost_yaml_fields(&r->y, key->next, what, fields, OST_ARRAY_SIZE(fields), r, role);
}

/* The names first: an allow-list may speak of a role that stands further down. */
static void roles_define_section(struct policy_reader *r, const struct ost_yaml_node *section)
{
	OST_YAML_EACH(section, key)
	{
		uint32_t index = r->policy->role_count;
		struct ost_role *role = &r->policy->roles[index];

		if (index == ROLES_MAX) {
			ost_yaml_error(&r->y, key, "use fewer roles",
				"there are more than %u roles", ROLES_MAX);
			return;
		}
		(void)ost_yaml_is_name(&r->y, key, "the role");
		role->name = ost_yaml_strdup(&r->y, key->text);
		role->pos = policy_pos(r, key);
		r->roles[index].pos = ost_yaml_pos(&r->y, key);
		r->roles[index].authenticate_pos = r->roles[index].pos;
		r->policy->role_count++;
		ost_names_add(&r->role_names, key->text, r->roles[index].pos, index);
	}
}

void policy_roles_define(struct policy_reader *r)
{
	uint32_t n = policy_section_pairs(r, OST_TOP_ROLES);

	ost_names_reserve(&r->y, &r->role_names, n);
	r->policy->roles = ost_yaml_alloc(&r->y, n, sizeof(*r->policy->roles));
	r->roles = ost_yaml_alloc(&r->y, n, sizeof(*r->roles));
	policy_sections(r, OST_TOP_ROLES, roles_define_section);
	ost_names_seal(&r->y, &r->role_names, "role");
}

/* The same walk in the same order as above: the n-th key is the n-th role. */
static void roles_read_section(struct policy_reader *r, const struct ost_yaml_node *section)
{
	OST_YAML_EACH(section, key)
	{
		if (r->role_next == r->policy->role_count)
			return;
		role_read(r, key, &r->policy->roles[r->role_next++]);
	}
}

void policy_roles_read(struct policy_reader *r)
{
	policy_sections(r, OST_TOP_ROLES, roles_read_section);
	if (!r->y.no_memory)
		policy_roles_make(r);
}
