/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "given.h"

#include <stdio.h>

#include "clock.h"
#include "confirm.h"

#define AT_ONCE	      4096u
#define BYTES_AT_ONCE (256u << 10) /* half of what the data plane keeps of them until they are bound */
#define EXPIRE_NS     (60 * OST_NS_PER_S)

struct told {
	char device[OST_MSG_NAME];
	uint8_t *chain;
	struct ost_registry_name name; /* but for device, chain and boot */
};

struct ost_given {
	struct ost_registry *registry;
	char boot[OST_CONFIRM_BOOT];
	struct told *waiting;
	uint32_t count;
	uint64_t rows, rows_written; /* in the registry; in the batch under way; at most */
	uint64_t expired_ns; /* when those that ended were last forgotten */
	bool expiring;
	/* giving back: */
	bool active;
	uint64_t started_boot_ns;
	struct told after; /* the last that was looked at */
	uint8_t after_chain[OST_MSG_CHAIN_MAX];
	struct ost_link *link;
	const struct ost_roster *roster;
	uint32_t looked, bytes;
	bool stopped;
	struct ost_given_counts counts;
};

int ost_given_new(struct ost_registry *registry, struct ost_given **ret_given)
{
	struct ost_given *g = calloc(1, sizeof(*g));
	struct ost_confirm_now now;
	int r;

	if (g == NULL)
		return -ENOMEM;
	ost_confirm_now(&now);
	memcpy(g->boot, now.boot, sizeof(g->boot));
	if (g->boot[0] == '\0') /* then nothing on disk is of this one */
		(void)snprintf(g->boot, sizeof(g->boot), "unknown-%llu", (unsigned long long)now.wall_ns);
	g->registry = registry;
	g->expired_ns = ost_clock_mono_ns();
	g->after.chain = g->after_chain;
	g->waiting = malloc(OST_GIVEN_WAITING_MAX * sizeof(*g->waiting));
	r = g->waiting != NULL ? ost_registry_names_count(registry, &g->rows) : -ENOMEM;
	if (r < 0) {
		ost_given_free(&g);
		return r;
	}
	*ret_given = g;
	return 0;
}

static void waiting_clear(struct ost_given *g)
{
	for (uint32_t i = 0; i < g->count; i++)
		free(g->waiting[i].chain);
	g->count = 0;
}

void ost_given_free(struct ost_given **given)
{
	if (*given == NULL)
		return;
	waiting_clear(*given);
	free((*given)->waiting);
	free(*given);
	*given = NULL;
}

const struct ost_given_counts *ost_given_counts(const struct ost_given *g)
{
	return &g->counts;
}

/* ---- told ---- */

void ost_given_told(struct ost_given *g, const char *device, const struct ost_msg_given *m)
{
	const uint64_t boot_ns = ost_clock_boot_ns(), wall_ns = ost_clock_wall_ns();
	struct told *t = &g->waiting[g->count];
	uint8_t *chain;

	if (m->expires_boot_ns <= boot_ns)
		return;
	chain = g->count < OST_GIVEN_WAITING_MAX ? malloc(m->length) : NULL;
	if (chain == NULL) {
		g->counts.lost++;
		return;
	}
	memcpy(chain, m->chain, m->length);
	*t = (struct told){.chain = chain, .name = {.length = m->length, .vlan = m->vlan, .ip.family = m->family, .told_boot_ns = boot_ns,
		.expires_boot_ns = m->expires_boot_ns, .told_wall_ns = wall_ns}};
	t->name.expires_wall_ns = wall_ns + (m->expires_boot_ns - boot_ns);
	(void)snprintf(t->device, sizeof(t->device), "%s", device);
	memcpy(t->name.mac.b, m->mac, sizeof(t->name.mac.b));
	memcpy(t->name.ip.b, m->ip, m->family == OST_IPV4 ? 4 : 16);
	g->count++;
}

static struct ost_registry_name whole(const struct ost_given *g, const struct told *t)
{
	struct ost_registry_name n = t->name;

	n.device = t->device;
	n.chain = t->chain;
	n.boot = g->boot;
	return n;
}

static bool expires_due(const struct ost_given *g)
{
	return g->rows > 0 && ost_clock_mono_ns() - g->expired_ns >= EXPIRE_NS;
}

static bool part_due(void *user)
{
	const struct ost_given *g = user;

	return g->count > 0 || expires_due(g);
}

static int part_write(void *user, struct ost_registry *registry)
{
	struct ost_given *g = user;
	int r = 0;

	g->expiring = expires_due(g);
	if (g->expiring)
		r = ost_registry_names_expire(registry, g->boot, ost_clock_boot_ns(), ost_clock_wall_ns());
	g->rows_written = g->rows;
	if (r == 0 && g->expiring)
		r = ost_registry_names_count(registry, &g->rows_written);
	for (uint32_t i = 0; r == 0 && i < g->count; i++) {
		const struct ost_registry_name n = whole(g, &g->waiting[i]);
		bool fresh = false;

		r = ost_registry_name_put(registry, &n, g->rows_written < OST_GIVEN_MAX, &fresh);
		if (r == -ENOBUFS) {
			g->counts.lost++;
			r = 0;
		} else {
			g->rows_written += r == 0 && fresh;
		}
	}
	return r;
}

static void part_written(void *user, bool synced)
{
	struct ost_given *g = user;

	(void)synced;
	if (g->expiring)
		g->expired_ns = ost_clock_mono_ns();
	if (g->expiring || g->count > 0)
		g->rows = g->rows_written;
	g->expiring = false;
	waiting_clear(g);
}

struct ost_ledger_part ost_given_part(struct ost_given *g)
{
	return (struct ost_ledger_part){.due = part_due, .write = part_write, .written = part_written, .user = g};
}

/* ---- given back ---- */

void ost_given_begin(struct ost_given *g, uint64_t started_boot_ns)
{
	g->active = true;
	g->started_boot_ns = started_boot_ns;
	g->after.device[0] = '\0';
	g->after.name = (struct ost_registry_name){.ip.family = OST_IPV4};
	g->counts.sent = 0;
}

/* When it ends, in this boot's time; 0: it has. */
static uint64_t end_of(const struct ost_given *g, const struct ost_registry_name *n, uint64_t boot_ns, uint64_t wall_ns)
{
	if (strcmp(n->boot, g->boot) == 0)
		return n->told_boot_ns < g->started_boot_ns && n->expires_boot_ns > boot_ns ? n->expires_boot_ns : 0;
	if (wall_ns < n->told_wall_ns || n->expires_wall_ns <= wall_ns)
		return 0;
	return boot_ns + (n->expires_wall_ns - wall_ns);
}

static bool send_one(void *user, const struct ost_registry_name *n)
{
	struct ost_given *g = user;
	const struct ost_image *image = ost_roster_image(g->roster);
	int64_t device = ost_roster_find(g->roster, n->device);
	struct ost_msg_given m = {.generation = image->generation, .device = (uint32_t)device, .vlan = n->vlan, .family = n->ip.family,
		.length = (uint16_t)n->length};

	m.expires_boot_ns = end_of(g, n, ost_clock_boot_ns(), ost_clock_wall_ns());
	memcpy(m.mac, n->mac.b, sizeof(m.mac));
	memcpy(m.ip, n->ip.b, sizeof(m.ip));
	memcpy(m.chain, n->chain, n->length);
	/* A device that is elsewhere now gets nothing; the data plane says so of one that proves where it is. */
	if (device >= 0 && m.expires_boot_ns != 0 && ost_message_valid(OST_MSG_GIVEN, &m, ost_msg_given_bytes(&m)) &&
		(!image->devices[device].has_mac ||
			(memcmp(image->devices[device].mac, m.mac, sizeof(m.mac)) == 0 && image->devices[device].vlan == m.vlan))) {
		if (ost_link_given(g->link, &m) < 0) {
			g->stopped = true;
			return false;
		}
		g->counts.sent++;
		g->bytes += (uint32_t)ost_msg_given_bytes(&m);
	}
	(void)snprintf(g->after.device, sizeof(g->after.device), "%s", n->device);
	memcpy(g->after_chain, n->chain, n->length);
	g->after.name.ip = n->ip;
	g->after.name.length = n->length;
	g->looked++;
	g->stopped = g->bytes >= BYTES_AT_ONCE;
	return !g->stopped;
}

bool ost_given_send(struct ost_given *g, struct ost_link *link, const struct ost_roster *roster)
{
	const struct ost_registry_name after = whole(g, &g->after);

	if (!g->active || ost_roster_image(roster) == NULL || !ost_link_is_up(link))
		return g->active;
	g->link = link;
	g->roster = roster;
	g->looked = g->bytes = 0;
	g->stopped = false;
	if (ost_registry_names_each(g->registry, &after, AT_ONCE, send_one, g) == 0)
		g->active = g->stopped || g->looked == AT_ONCE;
	return g->active;
}

int ost_given_forget(struct ost_given *g)
{
	int r = ost_registry_names_forget(g->registry, g->boot, g->started_boot_ns);

	return r == 0 ? ost_registry_names_count(g->registry, &g->rows) : r;
}
