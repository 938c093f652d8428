/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remember.h"

#include "array.h"

#define AT_ONCE 4096u /* below the data plane's queue; the rest a second later */

struct address {
	char *device;
	struct ost_ip ip;
	uint32_t vlan;
	uint8_t source;
	uint64_t expires_wall_ns;
};

struct ost_remember {
	struct address *addresses;
	uint32_t count, capacity;
	uint32_t next; /* the first that is not sent yet */
	uint64_t before_wall_ns, now_wall_ns; /* of the take under way */
	int error;
};

int ost_remember_new(struct ost_remember **ret_remember)
{
	struct ost_remember *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -ENOMEM;
	*ret_remember = r;
	return 0;
}

static void clear(struct ost_remember *r)
{
	for (uint32_t i = 0; i < r->count; i++)
		free(r->addresses[i].device);
	r->count = r->next = 0;
}

void ost_remember_free(struct ost_remember **remember)
{
	if (*remember == NULL)
		return;
	clear(*remember);
	free((*remember)->addresses);
	free(*remember);
	*remember = NULL;
}

static bool room(struct ost_remember *r)
{
	struct address *a;

	if (r->count >= OST_DEVICES_MAX)
		return false;
	a = ost_array_room(r->addresses, r->count, &r->capacity, sizeof(*a));
	if (a == NULL)
		return false;
	r->addresses = a;
	return true;
}

static void take_one(void *user, const struct ost_registry_address *from)
{
	struct ost_remember *r = user;
	struct address *a;

	/* What the policy states needs no memory; what was bound later the data plane knows itself. */
	if (from->source == OST_BINDING_STATIC || from->bound_wall_ns >= r->before_wall_ns ||
		(from->expires_wall_ns != 0 && from->expires_wall_ns <= r->now_wall_ns))
		return;
	if (!room(r)) {
		r->error = -ENOMEM;
		return;
	}
	a = &r->addresses[r->count];
	*a = (struct address){strdup(from->device), from->ip, from->vlan, from->source, from->expires_wall_ns};
	if (a->device == NULL)
		r->error = -ENOMEM;
	else
		r->count++;
}

int ost_remember_take(struct ost_remember *r, struct ost_registry *registry, uint64_t before_wall_ns, uint64_t now_wall_ns)
{
	int error;

	clear(r);
	r->before_wall_ns = before_wall_ns;
	r->now_wall_ns = now_wall_ns;
	r->error = 0;
	error = ost_registry_addresses_each(registry, NULL, take_one, r);
	return error < 0 ? error : r->error;
}

uint32_t ost_remember_send(struct ost_remember *r, struct ost_link *link, const struct ost_roster *roster)
{
	const struct ost_image *image = ost_roster_image(roster);

	if (image == NULL || !ost_link_is_up(link))
		return r->count - r->next;
	for (uint32_t sent = 0; r->next < r->count && sent < AT_ONCE; r->next++, sent++) {
		const struct address *a = &r->addresses[r->next];
		int64_t device = ost_roster_find(roster, a->device);
		struct ost_msg_binding m = {.generation = image->generation, .expires_wall_ns = a->expires_wall_ns,
			.device = (uint32_t)device, .vlan = a->vlan, .family = a->ip.family, .source = a->source, .bound = 1};

		/* A device that moved to another VLAN has no use for its address there. */
		if (device < 0 || image->devices[device].vlan != a->vlan)
			continue;
		memcpy(m.ip, a->ip.b, sizeof(m.ip));
		if (ost_link_binding(link, &m) < 0)
			break;
	}
	if (r->next == r->count)
		clear(r);
	return r->count - r->next;
}

void ost_remember_drop(struct ost_remember *r, const struct ost_msg_binding *m)
{
	for (uint32_t i = r->next; i < r->count; i++) {
		struct address *a = &r->addresses[i];

		/* An end in the past is never sent on: the data plane leaves it out. */
		if (a->vlan == m->vlan && a->ip.family == m->family && memcmp(a->ip.b, m->ip, sizeof(m->ip)) == 0)
			a->expires_wall_ns = 1;
	}
}
