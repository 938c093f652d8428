/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_scene.h"

#include <stdio.h>

#define PEERS_MAX   256u
#define SYMBOLS_MAX 1000u
#define URI_MAX	    255u

enum {
	SYMBOL_LOCAL,
	SYMBOL_DNS,
	SYMBOL_NTP,
	SYMBOL_MINE,
	SYMBOL_CLASSES, /* from here on */
};

static const char CLASS[] = "controller ", MAKER[] = "devices of manufacturer ", MODEL[] = "devices of model ";

struct making {
	const struct ost_mud *muds[2];
	bool within;
	struct ost_mud_scene s;
};

/* ---- addresses that are free ---- */

static bool is_taken(const struct making *m, const struct ost_prefix *place)
{
	for (unsigned i = 0; i < 2; i++) {
		for (uint32_t k = 0; k < m->muds[i]->ace_count; k++) {
			const struct ost_mud_ace *ace = &m->muds[i]->aces[k];

			if (ace->has_prefix && ace->prefix.length > 0 &&
				(ost_prefix_contains(place, &ace->prefix.ip) || ost_prefix_contains(&ace->prefix, &place->ip)))
				return true;
		}
	}
	return false;
}

/* A /16 that no ACE names, unless it names every address. */
static int place4_find(struct making *m)
{
	static const struct {
		uint8_t a, b, count;
	} pools[] = {{198, 18, 2}, {100, 64, 64}, {172, 16, 16}, {192, 168, 1}, {10, 0, 255}};

	for (size_t i = 0; i < OST_ARRAY_SIZE(pools); i++) {
		for (unsigned n = 0; n < pools[i].count; n++) {
			const struct ost_prefix p = {{{pools[i].a, (uint8_t)(pools[i].b + n)}, OST_IPV4}, 16};

			m->s.first4 = p.ip;
			if (!is_taken(m, &p))
				return 0;
		}
	}
	return -ERANGE;
}

/* A /48 likewise. */
static int place6_find(struct making *m)
{
	static const uint8_t pools[][4] = {{0x20, 0x01, 0x0d, 0xb8}, {0xfd, 'm', 'u', 'd'}, {0x3f, 0xff}};

	for (size_t i = 0; i < OST_ARRAY_SIZE(pools); i++) {
		for (unsigned n = 0; n < 256; n++) {
			struct ost_prefix p = {{.family = OST_IPV6}, 48};

			memcpy(p.ip.b, pools[i], sizeof(pools[i]));
			p.ip.b[5] = (uint8_t)n;
			m->s.first6 = p.ip;
			if (!is_taken(m, &p))
				return 0;
		}
	}
	return -ERANGE;
}

/* A symbol's network; there are addresses between it and the next one's. */
static struct ost_prefix place_of(const struct ost_mud_scene *s, uint32_t symbol, uint8_t family)
{
	struct ost_prefix p = {family == OST_IPV4 ? s->first4 : s->first6, family == OST_IPV4 ? 30 : 64};
	uint32_t at = family == OST_IPV4 ? 8 * symbol : 2 * symbol;
	unsigned low = family == OST_IPV4 ? 3 : 7;

	p.ip.b[low - 1] = (uint8_t)(at >> 8);
	p.ip.b[low] = (uint8_t)at;
	return p;
}

/* ---- symbols ---- */

static int word_add(char ***list, uint32_t *count, const char *kind, const char *text)
{
	char **grown = reallocarray(*list, (size_t)*count + 1, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	*list = grown;
	if (asprintf(&grown[*count], "%s%s", kind, text) < 0)
		return -ENOMEM;
	(*count)++;
	return 0;
}

static bool word_is_there(char *const *list, uint32_t count, const char *kind, const char *text)
{
	size_t n = strlen(kind);

	for (uint32_t i = 0; i < count; i++) {
		if (strncmp(list[i], kind, n) == 0 && strcmp(list[i] + n, text) == 0)
			return true;
	}
	return false;
}

/* One that no policy can name is nobody, anywhere. */
static bool class_is_nameable(const char *uri)
{
	const char *c = uri;

	while (*c > ' ' && *c <= '~')
		c++;
	return *c == '\0' && strlen(uri) <= URI_MAX && strchr(uri, ':') != NULL && strcmp(uri, OST_MUD_DNS) != 0 && strcmp(uri, OST_MUD_NTP) != 0;
}

static int ace_collect(struct making *m, const struct ost_mud_ace *ace)
{
	const char *kind = ace->peer == OST_MUD_MODEL ? MODEL : MAKER;
	struct ost_mud_scene *s = &m->s;

	if (!ace->opens || ace->peer_text == NULL)
		return 0;
	if (ace->peer == OST_MUD_CONTROLLER && class_is_nameable(ace->peer_text) &&
		!word_is_there(s->symbols, s->symbol_count, CLASS, ace->peer_text))
		return s->symbol_count == SYMBOLS_MAX ? -ERANGE : word_add(&s->symbols, &s->symbol_count, CLASS, ace->peer_text);
	if ((ace->peer == OST_MUD_MANUFACTURER || ace->peer == OST_MUD_MODEL) && !word_is_there(s->peers, s->peer_count, kind, ace->peer_text))
		return s->peer_count == PEERS_MAX ? -ERANGE : word_add(&s->peers, &s->peer_count, kind, ace->peer_text);
	return 0;
}

static int symbols_collect(struct making *m)
{
	static const char *const fixed[] = {
		[SYMBOL_LOCAL] = "local-networks", [SYMBOL_DNS] = "the resolvers", [SYMBOL_NTP] = "the time servers", [SYMBOL_MINE] = "my-controller"};
	int r = 0;

	for (size_t i = 0; i < OST_ARRAY_SIZE(fixed) && r == 0; i++)
		r = word_add(&m->s.symbols, &m->s.symbol_count, fixed[i], "");
	for (unsigned i = 0; i < 2; i++) {
		for (uint32_t k = 0; k < m->muds[i]->ace_count && r == 0; k++)
			r = ace_collect(m, &m->muds[i]->aces[k]);
	}
	return r;
}

/* ---- devices of others ---- */

/* A device of the manufacturer, and of no model that the files name. */
static int maker_file(const struct ost_mud_scene *s, const char *authority, char **ret_file)
{
	char url[OST_MUD_URL_MAX + 1];
	unsigned n = 0;

	do {
		if (snprintf(url, sizeof(url), "https://%s/peer-%u", authority, n++) >= (int)sizeof(url))
			return -ERANGE;
	} while (word_is_there(s->peers, s->peer_count, MODEL, url));
	return asprintf(ret_file, "{\"ietf-mud:mud\": {\"mud-version\": 1, \"mud-url\": \"%s\", \"last-update\": \"1970-01-01T00:00:00Z\", \"is-supported\": true}}", url) < 0
		       ? -ENOMEM
		       : 0;
}

static int files_make(struct ost_mud_scene *s)
{
	int r = 0;

	s->files = calloc((size_t)s->peer_count + 1, sizeof(*s->files));
	if (s->files == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->peer_count && r == 0; i++) {
		if (strncmp(s->peers[i], MAKER, sizeof(MAKER) - 1) == 0)
			r = maker_file(s, s->peers[i] + sizeof(MAKER) - 1, &s->files[i]);
		else if (asprintf(&s->files[i], "{\"ietf-mud:mud\": {\"mud-version\": 1, \"mud-url\": \"%s\", \"last-update\": \"1970-01-01T00:00:00Z\", \"is-supported\": true}}",
				 s->peers[i] + sizeof(MODEL) - 1) < 0)
			r = -ENOMEM;
	}
	return r;
}

/* ---- the policy ---- */

static void network_print(const struct ost_mud_scene *s, uint32_t symbol, FILE *f)
{
	const struct ost_prefix four = place_of(s, symbol, OST_IPV4), six = place_of(s, symbol, OST_IPV6);
	char text[OST_PREFIX_TEXT];

	(void)fprintf(f, "\"%s\", ", ost_prefix_format(&four, text));
	(void)fprintf(f, "\"%s\"", ost_prefix_format(&six, text));
}

static void hosts_print(const struct ost_mud_scene *s, uint32_t symbol, FILE *f)
{
	const struct ost_prefix four = place_of(s, symbol, OST_IPV4), six = place_of(s, symbol, OST_IPV6);
	char text[OST_IP_TEXT];

	(void)fprintf(f, "[\"%s\", ", ost_ip_format(&four.ip, text));
	(void)fprintf(f, "\"%s\"]", ost_ip_format(&six.ip, text));
}

bool ost_mud_asks_within(const struct ost_mud *mud)
{
	for (uint32_t i = 0; i < mud->ace_count; i++) {
		if (mud->aces[i].peer == OST_MUD_LOCAL && mud->aces[i].has_prefix)
			return true;
	}
	return false;
}

static void within_print(const struct making *m, FILE *f)
{
	char text[OST_PREFIX_TEXT];

	for (unsigned i = 0; i < 2; i++) {
		for (uint32_t k = 0; k < m->muds[i]->ace_count; k++) {
			const struct ost_mud_ace *ace = &m->muds[i]->aces[k];

			if (ace->peer == OST_MUD_LOCAL && ace->has_prefix)
				(void)fprintf(f, ", \"%s\"", ost_prefix_format(&ace->prefix, text));
		}
	}
}

static void infrastructure_print(const struct making *m, FILE *f)
{
	(void)fprintf(f, "ostiary: 1\ninfrastructure:\n  encrypted-dns: allow\n  resolvers: ");
	hosts_print(&m->s, SYMBOL_DNS, f);
	(void)fprintf(f, "\n  ntp: ");
	hosts_print(&m->s, SYMBOL_NTP, f);
	(void)fprintf(f, "\n  local-networks: [");
	network_print(&m->s, SYMBOL_LOCAL, f);
	if (m->within)
		within_print(m, f);
	(void)fprintf(f, "]\n");
}

/* URIs are visible ASCII. */
static void controllers_print(const struct ost_mud_scene *s, FILE *f)
{
	if (s->symbol_count > SYMBOL_CLASSES)
		(void)fprintf(f, "controllers:\n");
	for (uint32_t i = SYMBOL_CLASSES; i < s->symbol_count; i++) {
		(void)fprintf(f, "  \"");
		for (const char *c = s->symbols[i] + sizeof(CLASS) - 1; *c != '\0'; c++)
			(void)fprintf(f, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
		(void)fprintf(f, "\": { network: ");
		hosts_print(s, i, f);
		(void)fprintf(f, " }\n");
	}
}

static void roles_print(const struct making *m, FILE *f)
{
	bool names = ((m->muds[0]->wants | m->muds[1]->wants) & OST_MUD_WANTS_NAMES) != 0;

	(void)fprintf(f, "roles:\n  " OST_MUD_SCENE_ROLE ":\n    authenticate: eap-tls\n    mud: " OST_MUD_SCENE_FILE "\n    my-controller: { network: ");
	hosts_print(&m->s, SYMBOL_MINE, f);
	(void)fprintf(f, " }\n%s", names ? "    include: dns\n" : "");
	for (uint32_t i = 0; i < m->s.peer_count; i++)
		(void)fprintf(f,
			"  peer-%u:\n    authenticate: eap-tls\n    mud: mud/peer-%u.json\n    allow: [ { to: { network: any } }, { from: { network: any } } ]\n",
			i, i);
	(void)fprintf(f, "devices:\n  device-1: { role: " OST_MUD_SCENE_ROLE ", certificate: \"urn:dev:device\" }\n");
	for (uint32_t i = 0; i < m->s.peer_count; i++)
		(void)fprintf(f, "  peer-%u-1: { role: peer-%u, certificate: \"urn:dev:peer-%u\" }\n", i, i, i);
}

static int policy_make(struct making *m)
{
	size_t length;
	FILE *f = open_memstream(&m->s.policy, &length);

	if (f == NULL)
		return -ENOMEM;
	infrastructure_print(m, f);
	controllers_print(&m->s, f);
	roles_print(m, f);
	return fclose(f) == 0 ? 0 : -ENOMEM;
}

int ost_mud_scene_make(const struct ost_mud *before, const struct ost_mud *after, bool within, struct ost_mud_scene *ret_scene)
{
	struct making m = {.muds = {before, after}, .within = within};
	int r = place4_find(&m);

	if (r == 0)
		r = place6_find(&m);
	if (r == 0)
		r = symbols_collect(&m);
	if (r == 0)
		r = files_make(&m.s);
	if (r == 0)
		r = policy_make(&m);
	if (r == 0)
		*ret_scene = m.s;
	else
		ost_mud_scene_close(&m.s);
	return r;
}

static void words_free(char **list, uint32_t count)
{
	for (uint32_t i = 0; list != NULL && i < count; i++)
		free(list[i]);
	free(list);
}

void ost_mud_scene_close(struct ost_mud_scene *s)
{
	words_free(s->files, s->peer_count);
	words_free(s->peers, s->peer_count);
	words_free(s->symbols, s->symbol_count);
	free(s->policy);
	*s = (struct ost_mud_scene){0};
}

/* ---- words ---- */

static const char *symbol_of(const struct ost_mud_scene *s, const struct ost_change *c)
{
	for (uint32_t i = 0; i < s->symbol_count; i++) {
		const struct ost_prefix place = place_of(s, i, c->family);

		if (ost_prefix_contains(&place, &c->first) && ost_prefix_contains(&place, &c->last))
			return s->symbols[i];
	}
	return NULL;
}

/* Roles stand in the order in which the policy has them: the peers behind the device's. */
static uint32_t role_of(const struct ost_policy *policy, const struct ost_difference *d, uint32_t class)
{
	return policy->devices[d->pairs[d->classes[class].first].after].role;
}

static const char *device_words(const struct ost_mud_scene *s, const struct ost_policy *policy, const struct ost_difference *d, const struct ost_change *c)
{
	uint32_t role = role_of(policy, d, c->peer_class);

	if (strcmp(policy->roles[role].name, OST_MUD_SCENE_ROLE) == 0)
		role = role_of(policy, d, c->device_class);
	for (uint32_t i = 0; i < s->peer_count; i++) {
		char name[24];

		(void)snprintf(name, sizeof(name), "peer-%u", i);
		if (strcmp(policy->roles[role].name, name) == 0)
			return s->peers[i];
	}
	return "other devices";
}

const char *ost_mud_scene_peer(const struct ost_mud_scene *scene, const struct ost_policy *policy, const struct ost_difference *d,
	const struct ost_change *c, char buf[static OST_PLAN_WORDS])
{
	const struct ost_rule *rule = c->kind == OST_CHANGE_LOSS ? c->before : c->after;
	const char *symbol;

	if (c->peer == OST_CHANGE_DEVICES)
		return device_words(scene, policy, d, c);
	symbol = c->peer == OST_CHANGE_ADDRESSES ? symbol_of(scene, c) : NULL;
	if (symbol != NULL)
		return symbol;
	(void)ost_plan_peer(c, buf);
	if (c->peer == OST_CHANGE_ADDRESSES && rule != NULL && rule->peer == OST_PEER_ANY && strncmp(buf, "any", 3) != 0)
		(void)snprintf(buf, OST_PLAN_WORDS, "any other IPv%u address", c->family);
	return buf;
}
