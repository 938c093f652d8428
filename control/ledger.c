/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger.h"

#include <stdio.h>

#include "clock.h"

#define BINDINGS_MAX 65536u	 /* changes gathered at one time */
#define DEVICES_AT_ONCE 4096u	 /* rows of one transaction: the loop must not stand still for long */
#define POLICY_AT_ONCE 2048u	 /* likewise; these are longer */
#define SEEN_EVERY_NS (60 * OST_NS_PER_S) /* how often a mere last sight is written */

struct binding {
	char device[OST_MSG_NAME];
	struct ost_ip ip;
	uint32_t vlan;
	uint64_t wall_ns, expires_wall_ns;
	uint8_t source;
	bool bound;
};

struct ost_ledger {
	struct ost_registry *registry;
	struct ost_roster *roster;
	struct ost_sightings *sightings;
	const struct ost_gauges *gauges;
	struct binding *bindings;
	uint32_t binding_count;
	bool generation_due;
	bool policy_due;
	uint32_t policy_at; /* so many of the image's devices are written, by name */
	struct ost_generation generation;
	uint32_t device_at; /* where the walk over the devices goes on */
	uint64_t seen_ns;   /* when last sights were last written */
	struct ost_ledger_part part, beside; /* NULLs: none */
	bool unsynced;		     /* it was committed, but the disk may not have it yet */
	struct ost_ledger_counts counts;
};

int ost_ledger_new(struct ost_registry *registry, struct ost_roster *roster, struct ost_sightings *sightings,
	const struct ost_gauges *gauges, struct ost_ledger **ret_ledger)
{
	struct ost_ledger *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return -ENOMEM;
	l->registry = registry;
	l->roster = roster;
	l->sightings = sightings;
	l->gauges = gauges;
	l->bindings = malloc(BINDINGS_MAX * sizeof(*l->bindings));
	if (l->bindings == NULL) {
		free(l);
		return -ENOMEM;
	}
	*ret_ledger = l;
	return 0;
}

void ost_ledger_free(struct ost_ledger **ledger)
{
	if (*ledger == NULL)
		return;
	free((*ledger)->bindings);
	free(*ledger);
	*ledger = NULL;
}

void ost_ledger_binding(struct ost_ledger *l, const char *device, const struct ost_msg_binding *m, uint64_t wall_ns)
{
	struct binding *b;

	if (l->binding_count == BINDINGS_MAX) {
		l->counts.lost_bindings++;
		return;
	}
	b = &l->bindings[l->binding_count++];
	*b = (struct binding){.ip.family = m->family, .vlan = m->vlan, .wall_ns = wall_ns,
		.expires_wall_ns = m->expires_wall_ns, .source = m->source, .bound = m->bound != 0};
	memcpy(b->ip.b, m->ip, sizeof(b->ip.b));
	(void)snprintf(b->device, sizeof(b->device), "%s", device);
}

void ost_ledger_generation(struct ost_ledger *l, const struct ost_generation *g)
{
	l->generation = *g;
	l->generation_due = true;
}

void ost_ledger_policy(struct ost_ledger *l)
{
	l->policy_due = true;
	l->policy_at = 0;
	l->device_at = 0;
}

void ost_ledger_part(struct ost_ledger *l, const struct ost_ledger_part *part)
{
	l->part = *part;
}

void ost_ledger_part_beside(struct ost_ledger *l, const struct ost_ledger_part *part)
{
	l->beside = *part;
}

static bool part_due(const struct ost_ledger_part *part)
{
	return part->due != NULL && part->due(part->user);
}

static int bindings_write(struct ost_ledger *l)
{
	int r = 0;

	for (uint32_t i = 0; i < l->binding_count && r == 0; i++) {
		const struct binding *b = &l->bindings[i];
		const struct ost_registry_address a = {.device = b->device, .ip = b->ip, .vlan = b->vlan,
			.source = b->source, .bound_wall_ns = b->wall_ns, .expires_wall_ns = b->expires_wall_ns};

		r = b->bound ? ost_registry_address_bind(l->registry, &a) :
			       ost_registry_address_lapse(l->registry, &b->ip, b->vlan);
	}
	return r;
}

static int unknown_write(void *user, const struct ost_registry_unknown *u)
{
	struct ost_ledger *l = user;

	return ost_registry_unknown_put(l->registry, u);
}

static int device_write(struct ost_ledger *l, uint32_t i)
{
	const struct ost_live *live = ost_roster_live(l->roster, i);
	const struct ost_registry_device d = {
		.name = ost_image_device_name(ost_roster_image(l->roster), i),
		.port = ost_gauges_port_name(l->gauges, live->port),
		.state = live->state,
		.first_seen_wall_ns = live->first_seen_wall_ns,
		.last_seen_wall_ns = live->last_seen_wall_ns,
	};

	return ost_registry_device_seen(l->registry, &d);
}

/* Devices whose state, port or first sight changed; once a minute those merely seen. */
static bool device_due(const struct ost_live *live, bool seen_too)
{
	return live->changed || (seen_too && live->seen);
}

/* Writes at most DEVICES_AT_ONCE from device_at on; *ret_end is where the next walk begins. */
static int devices_write(struct ost_ledger *l, bool seen_too, uint32_t most, uint32_t *ret_end)
{
	const struct ost_image *image = ost_roster_image(l->roster);
	uint32_t n = image != NULL ? image->device_count : 0, i = l->device_at < n ? l->device_at : 0;
	int r = 0;

	for (uint32_t written = 0; i < n && written < most && r == 0; i++) {
		if (!device_due(ost_roster_live(l->roster, i), seen_too))
			continue;
		r = device_write(l, i);
		written++;
	}
	*ret_end = i;
	return r;
}

static void devices_written(struct ost_ledger *l, bool seen_too, uint32_t end, uint64_t now_ns)
{
	const struct ost_image *image = ost_roster_image(l->roster);
	uint32_t n = image != NULL ? image->device_count : 0;

	for (uint32_t i = l->device_at < n ? l->device_at : 0; i < end; i++) {
		struct ost_live *live = ost_roster_live(l->roster, i);

		if (device_due(live, seen_too))
			live->changed = live->seen = false;
	}
	l->device_at = end;
	if (end < n)
		return;
	l->device_at = 0;
	if (seen_too)
		l->seen_ns = now_ns;
}

static bool anything_due(struct ost_ledger *l, bool seen_too)
{
	const struct ost_image *image = ost_roster_image(l->roster);

	if (l->unsynced || part_due(&l->part) || part_due(&l->beside))
		return true;
	if (l->binding_count > 0 || l->generation_due || l->policy_due || ost_sightings_any_changed(l->sightings))
		return true;
	for (uint32_t i = 0; image != NULL && i < image->device_count; i++) {
		if (device_due(ost_roster_live(l->roster, i), seen_too))
			return true;
	}
	return false;
}

/* Writes the next devices of the image, in the order in which their rows lie; behind the last, those that are no more.
 * *ret_end is where it goes on. */
static int policy_write(struct ost_ledger *l, uint32_t most, uint32_t *ret_end)
{
	const struct ost_image *image = ost_roster_image(l->roster);
	uint32_t left = image->device_count - l->policy_at, n = OST_MIN(left, most);
	int r = ost_registry_devices_put(l->registry, image, ost_roster_sorted(l->roster) + l->policy_at, n);

	*ret_end = l->policy_at + n;
	return r == 0 && n == left ? ost_registry_devices_gone(l->registry, image->generation) : r;
}

/* How far a transaction came; true of it once it is committed. */
struct progress {
	uint32_t policy_end, device_end;
	bool policy_whole; /* only then what is seen of devices can be written: to their rows */
};

static int gathered_write(struct ost_ledger *l, bool seen_too, bool all, struct progress *p)
{
	int r = 0;

	if (l->generation_due)
		r = ost_registry_generation_put(l->registry, &l->generation);
	if (r == 0 && l->policy_due) {
		r = policy_write(l, all ? UINT32_MAX : POLICY_AT_ONCE, &p->policy_end);
		p->policy_whole = p->policy_end == ost_roster_image(l->roster)->device_count;
	}
	if (r == 0)
		r = bindings_write(l);
	if (r == 0)
		r = ost_sightings_changed(l->sightings, unknown_write, l);
	if (r == 0 && l->part.write != NULL)
		r = l->part.write(l->part.user, l->registry);
	if (r == 0 && part_due(&l->beside))
		r = l->beside.write(l->beside.user, l->registry);
	if (r == 0 && l->unsynced)
		r = ost_registry_touch(l->registry);
	if (r == 0 && p->policy_whole)
		r = devices_write(l, seen_too, all ? UINT32_MAX : DEVICES_AT_ONCE, &p->device_end);
	return r;
}

static int transaction(struct ost_ledger *l, bool seen_too, bool all, struct progress *p)
{
	int r = ost_registry_begin(l->registry, true);

	if (r < 0)
		return r;
	r = gathered_write(l, seen_too, all, p);
	if (r == 0)
		return ost_registry_commit(l->registry);
	ost_registry_rollback(l->registry);
	return r;
}

static int part_transaction(struct ost_ledger *l)
{
	int r = ost_registry_begin(l->registry, false);

	if (r < 0)
		return r;
	r = l->part.write(l->part.user, l->registry);
	if (r == 0)
		return ost_registry_commit(l->registry);
	ost_registry_rollback(l->registry);
	return r;
}

void ost_ledger_part_keep(struct ost_ledger *l)
{
	int r;

	if (l->part.write == NULL || !part_due(&l->part))
		return;
	r = part_transaction(l);
	l->counts.trouble = r;
	if (r < 0) {
		l->counts.failures++;
		return;
	}
	l->counts.transactions++;
	l->unsynced = true;
	l->part.written(l->part.user, false);
}

void ost_ledger_flush(struct ost_ledger *l, uint64_t now_ns, bool force)
{
	bool seen_too = force || now_ns - l->seen_ns >= SEEN_EVERY_NS;
	struct progress p;
	int r;

	if (force)
		l->device_at = 0;
	if (ost_roster_image(l->roster) == NULL)
		l->policy_due = false;
	if (!anything_due(l, seen_too))
		return;
	p = (struct progress){.policy_end = l->policy_at, .policy_whole = !l->policy_due};
	r = transaction(l, seen_too, force, &p);
	l->counts.trouble = r;
	if (r < 0) {
		l->counts.failures++;
		return;
	}
	l->counts.transactions++;
	l->binding_count = 0;
	l->generation_due = false;
	l->policy_at = p.policy_end;
	l->policy_due = !p.policy_whole;
	l->unsynced = false;
	if (l->part.written != NULL)
		l->part.written(l->part.user, true);
	if (l->beside.written != NULL)
		l->beside.written(l->beside.user, true);
	ost_sightings_written(l->sightings);
	if (p.policy_whole)
		devices_written(l, seen_too, p.device_end, now_ns);
}

bool ost_ledger_has_more(const struct ost_ledger *l)
{
	return l->policy_due && l->counts.trouble == 0;
}

const struct ost_ledger_counts *ost_ledger_counts(const struct ost_ledger *l)
{
	return &l->counts;
}
