/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a MUD file to rules of the model: what its symbols stand for at a site, less what its drops take out. */
#include "array.h"
#include "mud_text.h"
#include "mud_space.h"
#include "services.h"

#define RULES_MAX 65535u

/* What a peer stands for here. */
struct peer {
	enum ost_peer_kind kind;
	struct mud_prefixes prefixes; /* of OST_PEER_NETWORK */
	const uint32_t *roles;	      /* of OST_PEER_ROLE: borrowed, or made */
	uint32_t *made_roles;
	uint32_t role_count;
};

/* A part of what an ACE opens: the same services for these addresses. */
struct piece {
	struct mud_prefixes prefixes;
	struct mud_services services;
};

#define PIECES_MAX (2 * OST_MUD_DROPS_MAX + 2)

struct pieces {
	struct piece items[PIECES_MAX];
	uint32_t count;
};

struct making {
	const struct ost_mud *mud;
	const struct ost_mud_site *site;
	const char *file;
	struct ost_mud_rules rules;
	struct pieces *pieces; /* of the ACE in hand */
};

static void services_make(const struct ost_mud_ace *ace, enum ost_direction direction, struct mud_services *list)
{
	const struct ost_mud_ports *ports = direction == OST_TO ? &ace->remote : &ace->device;
	struct ost_service s = {.protocol = ace->protocol > 0 ? (uint8_t)ace->protocol : 0, .family = ace->family, .hi = UINT16_MAX};

	if (s.protocol == OST_PROTOCOL_ICMP || s.protocol == OST_PROTOCOL_ICMPV6) {
		s.family = s.protocol == OST_PROTOCOL_ICMP ? 4 : 6;
		s.lo = ace->icmp_type >= 0 ? (uint16_t)(ace->icmp_type * 256 + OST_MAX(ace->icmp_code, 0)) : 0;
		s.hi = ace->icmp_type < 0 ? UINT16_MAX : ace->icmp_code >= 0 ? s.lo : (uint16_t)(s.lo + 255);
	}
	list->count = 0;
	for (uint32_t i = 0; i < ports->count; i++)
		list->items[list->count++] = (struct ost_service){s.protocol, s.family, ports->ranges[i].lo, ports->ranges[i].hi};
	if (ports->count == 0)
		list->items[list->count++] = s;
}

static int all_add(struct mud_prefixes *list, const struct ost_prefix *prefixes, uint32_t count)
{
	int r = 0;

	for (uint32_t i = 0; i < count && r == 0; i++)
		r = mud_prefix_add(list, &prefixes[i]);
	return r;
}

static int everything_add(struct mud_prefixes *list)
{
	static const struct ost_prefix all[] = {{{.family = OST_IPV4}, 0}, {{.family = OST_IPV6}, 0}};

	return all_add(list, all, OST_ARRAY_SIZE(all));
}

/* 255.255.255.255, and the last address of each network that has one. */
static int broadcasts_add(const struct ost_mud_site *site, struct mud_prefixes *list)
{
	static const struct ost_prefix limited = {{{255, 255, 255, 255}, OST_IPV4}, 32};
	int r = mud_prefix_add(list, &limited);

	for (uint32_t i = 0; i < site->local_count && r == 0; i++) {
		struct ost_prefix last = site->local[i];

		if (last.ip.family != OST_IPV4 || last.length > 30)
			continue;
		for (unsigned bit = last.length; bit < 32; bit++)
			last.ip.b[bit / 8] |= (uint8_t)(0x80u >> (bit % 8));
		last.length = 32;
		r = mud_prefix_add(list, &last);
	}
	return r;
}

/* local-networks, and what of them is in the ACE's own network. */
static int local_add(const struct ost_mud_site *site, const struct ost_mud_ace *ace, struct mud_prefixes *list)
{
	struct mud_prefixes local = {0}, own = {0};
	int r = all_add(&local, site->local, site->local_count);

	if (r == 0 && !ace->has_prefix) {
		*list = local;
		return 0;
	}
	if (r == 0)
		r = mud_prefix_add(&own, &ace->prefix);
	if (r == 0)
		r = mud_prefixes_both(&local, &own, list);
	free(local.items);
	free(own.items);
	return r;
}

static int addresses_add(const struct ost_mud_site *site, const struct ost_mud_ace *ace, struct mud_prefixes *list)
{
	switch (ace->peer) {
	case OST_MUD_ANY:
		return everything_add(list);
	case OST_MUD_NETWORK:
		return mud_prefix_add(list, &ace->prefix);
	case OST_MUD_LOCAL:
		return local_add(site, ace, list);
	case OST_MUD_BROADCAST:
		return broadcasts_add(site, list);
	default:
		return 0;
	}
}

static const struct ost_mud_class *class_find(const struct ost_mud_site *site, const char *uri)
{
	for (uint32_t i = 0; i < site->class_count; i++) {
		if (strcmp(site->classes[i].uri, uri) == 0)
			return &site->classes[i];
	}
	return NULL;
}

static int class_peer(const struct ost_mud_class *class, struct peer *peer)
{
	peer->kind = class->role_count > 0 ? OST_PEER_ROLE : OST_PEER_NETWORK;
	peer->roles = class->roles;
	peer->role_count = class->role_count;
	return all_add(&peer->prefixes, class->prefixes, class->prefix_count);
}

static void class_missing(struct making *m, unsigned bit, const char *uri)
{
	m->rules.unmet |= bit;
	if (bit == 0 && m->rules.unmet_class == NULL)
		m->rules.unmet_class = uri;
}

/* RFC 8520 section 4: who is in a class is local data. */
static int controller_peer(struct making *m, const char *uri, struct peer *peer)
{
	const struct ost_mud_class *class = class_find(m->site, uri);

	peer->kind = OST_PEER_NETWORK;
	if (class != NULL)
		return class_peer(class, peer);
	if (strcmp(uri, OST_MUD_DNS) == 0 && m->site->resolver_count > 0)
		return all_add(&peer->prefixes, m->site->resolvers, m->site->resolver_count);
	if (strcmp(uri, OST_MUD_NTP) == 0 && m->site->ntp_count > 0)
		return all_add(&peer->prefixes, m->site->ntp, m->site->ntp_count);
	class_missing(m,
		strcmp(uri, OST_MUD_DNS) == 0	      ? OST_MUD_WANTS_DNS :
		strcmp(uri, OST_MUD_NTP) == 0	      ? OST_MUD_WANTS_NTP :
		strcmp(uri, OST_MUD_GATEWAY) == 0     ? OST_MUD_WANTS_GATEWAY :
							0,
		uri);
	return 0;
}

static bool role_is_of(const struct ost_role *role, const struct ost_mud_ace *ace)
{
	char *authority;
	bool same;

	if (role->mud_url == NULL || ace->peer_text == NULL)
		return false;
	if (ace->peer == OST_MUD_MODEL)
		return strcmp(role->mud_url, ace->peer_text) == 0;
	authority = ost_mud_url_authority(role->mud_url);
	same = authority != NULL && strcmp(authority, ace->peer_text) == 0;
	free(authority);
	return same;
}

/* Devices of a manufacturer or a model. One that a MAC address alone speaks for is in no class: RFC 8520 section 16. */
static int devices_peer(struct making *m, const struct ost_mud_ace *ace, struct peer *peer)
{
	const struct ost_policy *policy = m->site->policy;
	uint32_t *roles = calloc(policy->role_count + 1, sizeof(*roles));

	if (roles == NULL)
		return -ENOMEM;
	peer->kind = OST_PEER_ROLE;
	peer->made_roles = roles;
	peer->roles = roles;
	for (uint32_t i = 0; i < policy->role_count; i++) {
		if (!role_is_of(&policy->roles[i], ace))
			continue;
		if (policy->roles[i].authenticate == OST_AUTH_MAC)
			m->rules.weak_peers++;
		else
			roles[peer->role_count++] = i;
	}
	return 0;
}

static int peer_make(struct making *m, const struct ost_mud_ace *ace, struct peer *peer)
{
	switch (ace->peer) {
	case OST_MUD_NAME:
		peer->kind = OST_PEER_NAME;
		return 0;
	case OST_MUD_CONTROLLER:
		return controller_peer(m, ace->peer_text, peer);
	case OST_MUD_MY_CONTROLLER:
		peer->kind = OST_PEER_NETWORK;
		if (m->site->my_controller != NULL)
			return class_peer(m->site->my_controller, peer);
		class_missing(m, OST_MUD_WANTS_MY_CONTROLLER, NULL);
		return 0;
	case OST_MUD_MANUFACTURER:
	case OST_MUD_MODEL:
		return devices_peer(m, ace, peer);
	default:
		peer->kind = OST_PEER_NETWORK;
		if (m->site->local_count == 0 && (ace->peer == OST_MUD_LOCAL || ace->peer == OST_MUD_BROADCAST))
			class_missing(m, OST_MUD_WANTS_LOCAL, NULL);
		return addresses_add(m->site, ace, &peer->prefixes);
	}
}

static void pieces_close(struct pieces *p)
{
	for (uint32_t i = 0; i < p->count; i++)
		free(p->items[i].prefixes.items);
	p->count = 0;
}

/* Divides a piece in what a drop's addresses hold and what not. Drops are at most OST_MUD_DROPS_MAX, and each divides no more
 * than one part of the address space: there is always room. */
static int piece_divide(struct pieces *p, uint32_t index, const struct mud_prefixes *dropped, const struct mud_services *services)
{
	struct piece *piece = &p->items[index], *inner;
	struct mud_prefixes both = {0};
	int r = mud_prefixes_both(&piece->prefixes, dropped, &both);

	if (r == 0 && both.count > 0 && p->count == PIECES_MAX)
		r = -EFBIG;
	if (r < 0 || both.count == 0) {
		free(both.items);
		return r;
	}
	inner = &p->items[p->count++];
	*inner = (struct piece){both, piece->services};
	mud_services_less(&inner->services, services);
	return mud_prefixes_less(&piece->prefixes, dropped);
}

static int addresses_drop(struct making *m, struct pieces *p, const struct ost_mud_ace *drop, const struct mud_services *services)
{
	struct mud_prefixes dropped = {0};
	uint32_t count = p->count;
	int r = addresses_add(m->site, drop, &dropped);

	for (uint32_t i = 0; i < count && r == 0; i++)
		r = piece_divide(p, i, &dropped, services);
	free(dropped.items);
	return r;
}

static bool drop_covers(const struct ost_mud_ace *drop, const struct ost_mud_ace *ace)
{
	return drop->peer == OST_MUD_ANY || (drop->peer == ace->peer && drop->peer_text != NULL && ace->peer_text != NULL &&
						    strcmp(drop->peer_text, ace->peer_text) == 0) ||
	       (drop->peer == OST_MUD_MY_CONTROLLER && ace->peer == OST_MUD_MY_CONTROLLER);
}

static int pieces_make(
	struct making *m, const struct ost_mud_ace *ace, const uint16_t *drops, uint32_t drop_count, struct peer *peer, struct pieces *p)
{
	int r = 0;

	p->items[0].prefixes = peer->prefixes;
	peer->prefixes = (struct mud_prefixes){0};
	p->count = 1;
	services_make(ace, ace->direction, &p->items[0].services);
	for (uint32_t i = 0; i < drop_count && r == 0; i++) {
		const struct ost_mud_ace *drop = &m->mud->aces[drops[i]];
		struct mud_services services;

		services_make(drop, ace->direction, &services);
		if (drop_covers(drop, ace)) {
			for (uint32_t k = 0; k < p->count; k++)
				mud_services_less(&p->items[k].services, &services);
		} else if (peer->kind == OST_PEER_NETWORK) {
			r = addresses_drop(m, p, drop, &services);
		} else {
			p->items[0].services.count = 0; /* a class that devices of a role are in: narrower is sure */
		}
	}
	return r;
}

static struct ost_rule *rule_new(struct making *m)
{
	struct ost_rule *rules;

	if (m->rules.count == RULES_MAX)
		return NULL;
	rules = ost_array_room(m->rules.rules, m->rules.count, &m->rules.capacity, sizeof(*rules));
	if (rules == NULL)
		return NULL;
	m->rules.rules = rules;
	rules[m->rules.count] = (struct ost_rule){0};
	return &rules[m->rules.count++];
}

static void *copy_of(const void *items, size_t count, size_t size)
{
	void *copy = calloc(count + 1, size);

	if (copy != NULL && count > 0)
		memcpy(copy, items, count * size);
	return copy;
}

/* RFC 8520 section 16: what is about other devices is for those whose identity is proved. The classes that the RFC defines, and
 * the local router, are infrastructure. */
bool ost_mud_ace_elevated(const struct ost_mud_ace *ace)
{
	switch (ace->peer) {
	case OST_MUD_CONTROLLER:
		return strcmp(ace->peer_text, OST_MUD_DNS) != 0 && strcmp(ace->peer_text, OST_MUD_NTP) != 0 &&
		       strcmp(ace->peer_text, OST_MUD_GATEWAY) != 0;
	case OST_MUD_MY_CONTROLLER:
	case OST_MUD_MANUFACTURER:
	case OST_MUD_MODEL:
		return true;
	default:
		return false;
	}
}

static int host_set(struct ost_rule *rule, const char *name)
{
	rule->hosts = calloc(1, sizeof(*rule->hosts));
	if (rule->hosts == NULL)
		return -ENOMEM;
	rule->hosts[0].name = strdup(name);
	rule->host_count = 1;
	return rule->hosts[0].name != NULL ? 0 : -ENOMEM;
}

static int rule_fill(struct making *m, struct ost_rule *rule, const struct ost_mud_ace *ace, const struct peer *peer, const struct piece *piece)
{
	char text[OST_MUD_TEXT_MAX];

	rule->pos = (struct ost_pos){m->file, ace->pos.line, ace->pos.column};
	rule->direction = ace->direction;
	rule->peer = peer->kind;
	rule->assurance = ost_mud_ace_elevated(ace) ? OST_ASSURANCE_SOFTWARE : OST_ASSURANCE_IDENTIFIED;
	m->rules.elevated += ost_mud_ace_elevated(ace);
	rule->text = strdup(mud_rule_text(ace, text, sizeof(text)));
	rule->services = copy_of(piece->services.items, piece->services.count, sizeof(*rule->services));
	rule->service_count = piece->services.count;
	if (rule->text == NULL || rule->services == NULL)
		return -ENOMEM;
	if (peer->kind == OST_PEER_NAME)
		return host_set(rule, ace->peer_text);
	if (peer->kind == OST_PEER_ROLE) {
		rule->peer_roles = copy_of(peer->roles, peer->role_count, sizeof(*peer->roles));
		rule->peer_role_count = peer->role_count;
		return rule->peer_roles != NULL ? 0 : -ENOMEM;
	}
	rule->prefixes = copy_of(piece->prefixes.items, piece->prefixes.count, sizeof(*rule->prefixes));
	rule->prefix_count = piece->prefixes.count;
	return rule->prefixes != NULL ? 0 : -ENOMEM;
}

static int rule_add(struct making *m, const struct ost_mud_ace *ace, const struct peer *peer, const struct piece *piece)
{
	struct ost_rule *rule;

	if (piece->services.count == 0 || (peer->kind == OST_PEER_NETWORK && piece->prefixes.count == 0) ||
		(peer->kind == OST_PEER_ROLE && peer->role_count == 0))
		return 0;
	rule = rule_new(m);
	if (rule == NULL)
		return m->rules.count == RULES_MAX ? -EFBIG : -ENOMEM;
	return rule_fill(m, rule, ace, peer, piece);
}

/* All addresses of both families are said in one word. */
static void any_find(struct peer *peer, const struct pieces *p)
{
	const struct mud_prefixes *all = &p->items[0].prefixes;

	if (peer->kind == OST_PEER_NETWORK && p->count == 1 && all->count == 2 && all->items[0].length == 0 && all->items[1].length == 0)
		peer->kind = OST_PEER_ANY;
}

static int ace_rules(struct making *m, const struct ost_mud_ace *ace, const uint16_t *drops, uint32_t drop_count)
{
	struct pieces *pieces = m->pieces;
	struct peer peer = {0};
	uint32_t before = m->rules.count;
	int r = peer_make(m, ace, &peer);

	if (r == 0)
		r = pieces_make(m, ace, drops, drop_count, &peer, pieces);
	if (r == 0)
		any_find(&peer, pieces);
	for (uint32_t i = 0; i < pieces->count && r == 0; i++)
		r = rule_add(m, ace, &peer, &pieces->items[i]);
	if (r == 0 && m->rules.count == before)
		m->rules.idle++;
	pieces_close(pieces);
	free(peer.prefixes.items);
	free(peer.made_roles);
	return r;
}

/* RFC 8520 section 4: UDP, behind all ACEs. */
static int default_rules(struct making *m, bool allowed, uint16_t port, const char *class, const char *name)
{
	const struct ost_mud_ace ace = {.pos = m->mud->url_pos, .acl = NULL, .name = name, .protocol = OST_PROTOCOL_UDP,
		.icmp_type = -1, .icmp_code = -1, .ethertype = -1, .mate = -1, .peer = OST_MUD_CONTROLLER,
		.peer_text = (char *)(uintptr_t)class, .remote = {1, {{port, port}}}, .opens = true, .direction = OST_TO};
	uint32_t idle = m->rules.idle;
	int r = allowed ? ace_rules(m, &ace, m->mud->default_drops, m->mud->default_drop_count) : 0;

	m->rules.idle = idle;
	return r;
}

int ost_mud_rules_make(const struct ost_mud *mud, const struct ost_mud_site *site, const char *file, struct ost_mud_rules *ret_rules)
{
	struct making m = {.mud = mud, .site = site, .file = file, .pieces = calloc(1, sizeof(*m.pieces))};
	int r = m.pieces != NULL ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < mud->ace_count && r == 0; i++) {
		const struct ost_mud_ace *ace = &mud->aces[i];

		if (ace->fate == OST_MUD_REFUSED || ace->drop)
			continue;
		m.rules.includes |= ace->includes;
		if (ace->opens)
			r = ace_rules(&m, ace, ace->drops, ace->drop_count);
	}
	if (r == 0)
		r = default_rules(&m, mud->default_dns, 53, OST_MUD_DNS, "DNS");
	if (r == 0)
		r = default_rules(&m, mud->default_ntp, 123, OST_MUD_NTP, "NTP");
	free(m.pieces);
	if (r < 0) {
		ost_mud_rules_close(&m.rules);
		return r;
	}
	*ret_rules = m.rules;
	return 0;
}

void ost_mud_rules_close(struct ost_mud_rules *rules)
{
	for (uint32_t i = 0; i < rules->count; i++)
		ost_rule_close(&rules->rules[i]);
	free(rules->rules);
	*rules = (struct ost_mud_rules){0};
}
