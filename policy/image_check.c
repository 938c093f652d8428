/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every record of an image, one by one. Ranges that a role or a device holds must follow each other
 * without gap or overlap: so each record is owned by one, and the check takes time in proportion to
 * the image however an enemy made it. */
#include "image_layout.h"

/* Text of a person or a file: any string of the section. */
static bool string_valid(const struct ost_image *image, uint32_t string_bytes, uint32_t offset)
{
	return offset < string_bytes && (offset == 0 || image->strings[offset - 1] == '\0');
}

/* A name is copied into fields of OST_NAME_MAX + 1 bytes. */
static bool name_valid(const struct ost_image *image, uint32_t string_bytes, uint32_t offset)
{
	size_t n;

	if (!string_valid(image, string_bytes, offset))
		return false;
	n = strnlen(image->strings + offset, OST_NAME_MAX + 1);
	return n > 0 && n <= OST_NAME_MAX;
}

static bool zeros(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

/* [first, first + count) begins where the range before ended, and stays within the section. */
static bool range_valid(uint32_t first, uint32_t count, uint32_t *next, uint32_t total)
{
	if (first != *next || count > total - first)
		return false;
	*next = first + count;
	return true;
}

struct role_ranges {
	uint32_t rule, chunk4, chunk6, peer, host;
};

/* A schedule's number, or none. */
static bool schedule_valid(const struct ost_image *image, uint16_t number)
{
	return number <= image->schedule_count;
}

static const char *role_check(const struct ost_image *image, uint32_t string_bytes,
	const struct ost_image_role *r, struct role_ranges *next)
{
	const unsigned includes = OST_INCLUDE_PORTAL * 2 - 1;

	if (!name_valid(image, string_bytes, r->name))
		return "a role has no proper name";
	if (r->rule_count > UINT16_MAX ||
		!range_valid(r->rule_first, r->rule_count, &next->rule, image->rule_count))
		return "the rules of a role are out of place";
	if (!range_valid(r->chunk4_first, r->chunk4_count, &next->chunk4, image->chunk4_count) ||
		!range_valid(r->chunk6_first, r->chunk6_count, &next->chunk6, image->chunk6_count))
		return "the lanes of a role are out of place";
	if (!range_valid(r->peer_first, r->peer_count, &next->peer, image->peer_count))
		return "the peers of a role are out of place";
	if (!range_valid(r->host_first, r->host_count, &next->host, image->host_count))
		return "the host names of a role are out of place";
	if (r->infra_lanes4 > (uint64_t)r->chunk4_count * OST_LANES4 ||
		r->infra_lanes6 > (uint64_t)r->chunk6_count * OST_LANES6)
		return "a role has more infrastructure lanes than lanes";
	if (r->flows == 0 || r->addresses == 0 || r->names == 0)
		return "a role has a limit of zero flows, addresses or names";
	if (r->mode >= OST_MODE_COUNT || !schedule_valid(image, r->audit) ||
		(r->mode == OST_MODE_AUDIT) != (r->audit != OST_SCHEDULE_ALWAYS))
		return "a role is in audit for no time that is known";
	if ((r->includes & ~includes) != 0 || r->authenticate >= OST_AUTH_COUNT ||
		r->assurance >= OST_ASSURANCE_COUNT || r->tls_max >= OST_TLS_MAX_COUNT || (r->flags & ~OST_ROLE_CONDITIONS) != 0 ||
		!zeros(r->reserved, sizeof(r->reserved)))
		return "a role has a value out of range";
	return NULL;
}

static const char *rule_check(const struct ost_image *image, uint32_t string_bytes, uint32_t i)
{
	const struct ost_image_rule *r = &image->rules[i];
	const struct ost_image_role *role;

	if (r->role >= image->role_count)
		return "a rule belongs to no role";
	role = &image->roles[r->role];
	if (i < role->rule_first || i - role->rule_first >= role->rule_count)
		return "a rule belongs to another role than it says";
	if (!string_valid(image, string_bytes, r->text) ||
		!string_valid(image, string_bytes, r->file))
		return "a rule has no proper text";
	if (r->direction > OST_FROM || r->assurance >= OST_ASSURANCE_COUNT ||
		r->infrastructure > 1 || r->reserved != 0)
		return "a rule has a value out of range";
	if (r->flags >= OST_RULE_EXCEPTION * 2 || !schedule_valid(image, r->schedule))
		return "a rule has a condition that does not exist";
	if ((r->flags & OST_RULE_ONE) ? r->only_device >= image->device_count : r->only_device != 0)
		return "a rule is about a device that does not exist";
	return NULL;
}

/* What lanes and peers have in common: the selector is the rule's, the range does not wrap. */
static bool match_valid(const struct ost_image *image, const struct ost_image_role *role,
	uint16_t selector, uint16_t lo, uint16_t span, uint16_t rule)
{
	if (rule >= role->rule_count || selector >= 2 * OST_LANE_FROM)
		return false;
	if ((selector >> 8) != image->rules[role->rule_first + rule].direction)
		return false;
	return lo + span <= UINT16_MAX;
}

struct lane {
	uint64_t addr_hi, addr_lo, mask_hi, mask_lo;
	uint16_t lo, span, selector, rule;
	bool infrastructure;
};

/* Ones, then zeros. */
static bool mask_valid(uint64_t hi, uint64_t lo)
{
	uint64_t not_hi = ~hi, not_lo = ~lo;

	if ((not_hi & (not_hi + 1)) != 0 || (not_lo & (not_lo + 1)) != 0)
		return false;
	return lo == 0 || not_hi == 0;
}

static bool lane_valid(
	const struct ost_image *image, const struct ost_image_role *role, const struct lane *l)
{
	if (l->selector == OST_LANE_NEVER)
		return l->lo == 1 && l->span == 0 && l->rule == 0 && !l->infrastructure;
	if (!match_valid(image, role, l->selector, l->lo, l->span, l->rule))
		return false;
	if (image->rules[role->rule_first + l->rule].infrastructure != (l->infrastructure ? 1 : 0))
		return false;
	return mask_valid(l->mask_hi, l->mask_lo) && (l->addr_hi & ~l->mask_hi) == 0 &&
	       (l->addr_lo & ~l->mask_lo) == 0;
}

static bool chunk4_valid(
	const struct ost_image *image, const struct ost_image_role *role, uint32_t chunk)
{
	const struct ost_image_chunk4 *c = &image->chunks4[role->chunk4_first + chunk];

	for (uint32_t i = 0; i < OST_LANES4; i++) {
		const struct lane l = {
			.addr_hi = (uint64_t)c->addr[i] << 32,
			.mask_hi = (uint64_t)c->mask[i] << 32,
			.lo = c->lo[i],
			.span = c->span[i],
			.selector = c->selector[i],
			.rule = c->rule[i],
			.infrastructure = chunk * OST_LANES4 + i < role->infra_lanes4,
		};

		if (!lane_valid(image, role, &l))
			return false;
	}
	return true;
}

static bool chunk6_valid(
	const struct ost_image *image, const struct ost_image_role *role, uint32_t chunk)
{
	const struct ost_image_chunk6 *c = &image->chunks6[role->chunk6_first + chunk];

	for (uint32_t i = 0; i < OST_LANES6; i++) {
		const struct lane l = {
			.addr_hi = c->addr_hi[i],
			.addr_lo = c->addr_lo[i],
			.mask_hi = c->mask_hi[i],
			.mask_lo = c->mask_lo[i],
			.lo = c->lo[i],
			.span = c->span[i],
			.selector = c->selector[i],
			.rule = c->rule[i],
			.infrastructure = chunk * OST_LANES6 + i < role->infra_lanes6,
		};

		if (!lane_valid(image, role, &l))
			return false;
	}
	return true;
}

static bool peer_valid(const struct ost_image *image, const struct ost_image_role *role,
	const struct ost_image_peer *p)
{
	return p->by_tag <= 1 && p->role < (p->by_tag ? OST_TAGS_MAX : image->role_count) &&
	       match_valid(image, role, p->selector, p->lo, p->span, p->rule) &&
	       (p->family == 0 || p->family == OST_IPV4 || p->family == OST_IPV6) &&
	       zeros(p->reserved, sizeof(p->reserved));
}

/* As a name of the model is: the classifier compares bytes. */
static bool host_name_valid(const struct ost_image *image, uint32_t string_bytes, uint32_t offset)
{
	const char *name;
	size_t n;

	if (!string_valid(image, string_bytes, offset))
		return false;
	name = image->strings + offset;
	n = strnlen(name, OST_HOST_MAX + 1);
	if (n == 0 || n > OST_HOST_MAX || name[0] == '.' || name[n - 1] == '.')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (name[i] <= ' ' || name[i] > '~' || (name[i] >= 'A' && name[i] <= 'Z') || (name[i] == '.' && name[i + 1] == '.'))
			return false;
	}
	return true;
}

static bool host_valid(const struct ost_image *image, uint32_t string_bytes, const struct ost_image_role *role,
	const struct ost_image_host *h)
{
	return host_name_valid(image, string_bytes, h->name) && h->suffix <= 1 &&
	       match_valid(image, role, h->selector, h->lo, h->span, h->rule) &&
	       (h->family == 0 || h->family == OST_IPV4 || h->family == OST_IPV6) &&
	       zeros(h->reserved, sizeof(h->reserved));
}

static const char *allow_list_check(
	const struct ost_image *image, uint32_t string_bytes, const struct ost_image_role *role)
{
	for (uint32_t i = 0; i < role->host_count; i++) {
		if (!host_valid(image, string_bytes, role, &image->hosts[role->host_first + i]))
			return "a role has a host name out of range";
	}
	for (uint32_t i = 0; i < role->chunk4_count; i++) {
		if (!chunk4_valid(image, role, i))
			return "a role has an IPv4 lane that no compiler writes";
	}
	for (uint32_t i = 0; i < role->chunk6_count; i++) {
		if (!chunk6_valid(image, role, i))
			return "a role has an IPv6 lane that no compiler writes";
	}
	for (uint32_t i = 0; i < role->peer_count; i++) {
		if (!peer_valid(image, role, &image->peers[role->peer_first + i]))
			return "a role has a peer out of range";
	}
	return NULL;
}

static const char *device_check(const struct ost_image *image, uint32_t string_bytes,
	const struct ost_image_device *d, uint32_t *next_address)
{
	if (!name_valid(image, string_bytes, d->name))
		return "a device has no proper name";
	if (!string_valid(image, string_bytes, d->certificate))
		return "a device has no proper certificate name";
	if (d->role >= image->role_count)
		return "a device has a role that does not exist";
	if (d->port != OST_PORT_ANY && d->port >= image->port_count)
		return "a device has a port that does not exist";
	if (d->vlan > 0xffffff)
		return "a device has a VLAN that does not exist";
	if (d->has_mac > 1 || zeros(d->mac, sizeof(d->mac)) != (d->has_mac == 0) ||
		ost_mac_is_group(d->mac))
		return "a device has a MAC address that no device has";
	if (!range_valid(d->address_first, d->address_count, next_address, image->address_count))
		return "the addresses of a device are out of place";
	if (!zeros(d->reserved, sizeof(d->reserved)))
		return "a device has a value out of range";
	return NULL;
}

static bool address_valid(const struct ost_image_address *a)
{
	if (a->family == OST_IPV4)
		return zeros(a->ip + 4, sizeof(a->ip) - 4) &&
		       zeros(a->reserved, sizeof(a->reserved));
	return a->family == OST_IPV6 && zeros(a->reserved, sizeof(a->reserved));
}

/* Roles twice: a lane is judged by rules, and rules by roles. */
static const char *roles_check(
	const struct ost_image *image, uint32_t string_bytes, uint32_t *ret_record)
{
	struct role_ranges next = {0};
	const char *wrong = NULL;

	for (uint32_t i = 0; wrong == NULL && i < image->role_count; i++) {
		*ret_record = i;
		wrong = role_check(image, string_bytes, &image->roles[i], &next);
	}
	if (wrong == NULL &&
		(next.rule != image->rule_count || next.chunk4 != image->chunk4_count ||
			next.chunk6 != image->chunk6_count || next.peer != image->peer_count ||
			next.host != image->host_count))
		wrong = "there are rules, lanes, peers or names of no role";
	for (uint32_t i = 0; wrong == NULL && i < image->rule_count; i++) {
		*ret_record = i;
		wrong = rule_check(image, string_bytes, i);
	}
	for (uint32_t i = 0; wrong == NULL && i < image->role_count; i++) {
		*ret_record = i;
		wrong = allow_list_check(image, string_bytes, &image->roles[i]);
	}
	return wrong;
}

static const char *devices_check(
	const struct ost_image *image, uint32_t string_bytes, uint32_t *ret_record)
{
	const char *wrong = NULL;
	uint32_t next = 0;

	for (uint32_t i = 0; wrong == NULL && i < image->device_count; i++) {
		*ret_record = i;
		wrong = device_check(image, string_bytes, &image->devices[i], &next);
	}
	if (wrong == NULL && next != image->address_count)
		wrong = "there are addresses of no device";
	for (uint32_t i = 0; wrong == NULL && i < image->address_count; i++) {
		*ret_record = i;
		wrong = address_valid(&image->addresses[i]) ? NULL : "an address is of no family";
	}
	return wrong;
}

static bool window_valid(const struct ost_image_window *w)
{
	if (w->local > 1 || w->reserved != 0)
		return false;
	if (w->kind == OST_WINDOW_ABSOLUTE)
		return w->since_s < w->until_s && w->days == 0 && w->from_min == 0 && w->until_min == 0;
	return w->kind == OST_WINDOW_WEEKLY && w->days != 0 && w->days < 128 && w->from_min < 1440 && w->until_min <= 1440 &&
	       w->since_s == 0 && w->until_s == 0;
}

static const char *schedules_check(const struct ost_image *image, uint32_t string_bytes, uint32_t *ret_record)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < image->schedule_count; i++) {
		const struct ost_image_schedule *s = &image->schedules[i];

		*ret_record = i;
		if (!string_valid(image, string_bytes, s->name) || s->reserved != 0)
			return "a schedule has no proper name";
		if (!range_valid(s->window_first, s->window_count, &next, image->window_count))
			return "the windows of a schedule are out of place";
	}
	if (next != image->window_count)
		return "there are windows of no schedule";
	for (uint32_t i = 0; i < image->window_count; i++) {
		*ret_record = i;
		if (!window_valid(&image->windows[i]))
			return "a window has a value out of range";
	}
	return NULL;
}

static const char *prefix_check(const struct ost_image_prefix *p)
{
	unsigned bits = p->family == OST_IPV4 ? 32 : 128;

	if ((p->family != OST_IPV4 && p->family != OST_IPV6) || p->length > bits || !zeros(p->reserved, sizeof(p->reserved)))
		return "a resolver, or a prefix inside, is of no family";
	for (unsigned b = p->length; b < 128; b++) {
		if (p->ip[b / 8] >> (7 - b % 8) & 1)
			return "a resolver, or a prefix inside, has bits behind its length";
	}
	return NULL;
}

static const char *resolvers_check(const struct ost_image *image, uint32_t *ret_record)
{
	const char *wrong = NULL;

	for (uint32_t i = 0; wrong == NULL && i < image->resolver_count; i++) {
		*ret_record = i;
		wrong = prefix_check(&image->resolvers[i]);
	}
	return wrong;
}

/* The next one begins behind the last one's end: the classifier halves the list. */
static bool follows(const struct ost_image_prefix *last, const struct ost_image_prefix *next)
{
	const unsigned whole = last->length / 8, rest = last->length % 8;

	if (last->family != next->family)
		return last->family < next->family;
	if (memcmp(last->ip, next->ip, sizeof(last->ip)) >= 0)
		return false;
	return memcmp(last->ip, next->ip, whole) != 0 || (rest != 0 && ((last->ip[whole] ^ next->ip[whole]) & (uint8_t)(0xff00u >> rest)) != 0);
}

static const char *inside_check(const struct ost_image *image, uint32_t *ret_record)
{
	const char *wrong = NULL;

	for (uint32_t i = 0; wrong == NULL && i < image->inside_count; i++) {
		*ret_record = i;
		wrong = prefix_check(&image->inside[i]);
		if (wrong == NULL && i > 0 && !follows(&image->inside[i - 1], &image->inside[i]))
			wrong = "the prefixes inside are out of order";
	}
	return wrong;
}

static const char *domains_check(const struct ost_image *image, uint32_t string_bytes, uint32_t *ret_record)
{
	for (uint32_t i = 0; i < image->domain_count; i++) {
		*ret_record = i;
		if (!host_name_valid(image, string_bytes, image->domains[i].name))
			return "a private domain has no proper name";
	}
	return NULL;
}

static const char *tags_check(const struct ost_image *image, uint32_t string_bytes, uint32_t *ret_record)
{
	for (uint32_t i = 0; i < image->tag_count; i++) {
		*ret_record = i;
		if (!name_valid(image, string_bytes, image->tags[i].name))
			return "a tag has no proper name";
	}
	return NULL;
}

/* One for each rule that is an exception, in their order. The rules are known to be sound. */
static const char *exceptions_check(const struct ost_image *image, uint32_t string_bytes, uint32_t *ret_record)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < image->rule_count; i++) {
		if (!(image->rules[i].flags & OST_RULE_EXCEPTION))
			continue;
		*ret_record = next;
		if (next == image->exception_count || image->exceptions[next].rule != i)
			return "an exception is of no rule, or a rule's is missing";
		if (!string_valid(image, string_bytes, image->exceptions[next].reason))
			return "an exception has no proper reason";
		next++;
	}
	return next != image->exception_count ? "an exception is of no rule, or a rule's is missing" : NULL;
}

const char *ost_image_records_check(
	const struct ost_image *image, uint32_t string_bytes, uint32_t *ret_record)
{
	const char *wrong;

	*ret_record = 0;
	if (image->strings[0] != '\0' || image->strings[string_bytes - 1] != '\0')
		return "the strings do not begin with the empty one, or do not end";
	for (uint32_t i = 0; i < image->port_count; i++) {
		*ret_record = i;
		if (!name_valid(image, string_bytes, image->ports[i].name))
			return "a port has no proper name";
	}
	wrong = schedules_check(image, string_bytes, ret_record);
	if (wrong == NULL)
		wrong = resolvers_check(image, ret_record);
	if (wrong == NULL)
		wrong = inside_check(image, ret_record);
	if (wrong == NULL)
		wrong = domains_check(image, string_bytes, ret_record);
	if (wrong == NULL)
		wrong = tags_check(image, string_bytes, ret_record);
	if (wrong == NULL)
		wrong = roles_check(image, string_bytes, ret_record);
	if (wrong == NULL)
		wrong = exceptions_check(image, string_bytes, ret_record);
	if (wrong != NULL)
		return wrong;
	return devices_check(image, string_bytes, ret_record);
}
