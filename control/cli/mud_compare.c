/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_compare.h"

#include <stdio.h>

#include "difference.h"
#include "mud_approved.h"
#include "mud_scene.h"
#include "policy_yaml.h"

struct comparing {
	const struct ost_mud *muds[2];
	struct ost_mud_bytes_of bytes[2];
	struct ost_mud_scene scene;
	struct ost_policy *policies[2];
	struct ost_difference d;
	struct ost_mud_comparison made;
};

/* ---- policies ---- */

static int approve(const char *bytes, size_t length, char **approved)
{
	char hash[OST_MUD_HASH_TEXT], *more = NULL;
	const struct ost_mud_approval approval = {.sha256 = hash, .url = "", .by = "", .when = ""};
	int r = ost_mud_hash(bytes, length, hash);

	if (r == 0)
		r = ost_mud_approved_put(*approved, *approved != NULL ? strlen(*approved) : 0, &approval, &more);
	if (r < 0)
		return r;
	free(*approved);
	*approved = more;
	return 0;
}

static int approvals_make(const struct comparing *c, char **ret_approved)
{
	char *approved = NULL;
	int r = approve(c->bytes[0].bytes, c->bytes[0].length, &approved);

	if (r == 0)
		r = approve(c->bytes[1].bytes, c->bytes[1].length, &approved);
	for (uint32_t i = 0; i < c->scene.peer_count && r == 0; i++)
		r = approve(c->scene.files[i], strlen(c->scene.files[i]), &approved);
	if (r == 0)
		*ret_approved = approved;
	else
		free(approved);
	return r;
}

/* The same site around each version: all that differs is the file. */
static int policy_make(struct comparing *c, unsigned side, const char *approved)
{
	uint32_t n = c->scene.peer_count;
	struct ost_policy_source *sources = calloc((size_t)n + 3, sizeof(*sources));
	char (*names)[32] = calloc((size_t)n + 1, sizeof(*names));
	struct ost_diag diag = {0};
	int r = sources != NULL && names != NULL ? 0 : -ENOMEM;

	if (r == 0) {
		sources[0] = (struct ost_policy_source){"policy.yaml", c->scene.policy, strlen(c->scene.policy)};
		sources[1] = (struct ost_policy_source){OST_MUD_SCENE_FILE, c->bytes[side].bytes, c->bytes[side].length};
		sources[2] = (struct ost_policy_source){"mud/" OST_MUD_APPROVED_NAME, approved, strlen(approved)};
		for (uint32_t i = 0; i < n; i++) {
			(void)snprintf(names[i], sizeof(names[i]), "mud/peer-%u.json", i);
			sources[i + 3] = (struct ost_policy_source){names[i], c->scene.files[i], strlen(c->scene.files[i])};
		}
		r = ost_policy_parse(sources, n + 3, &diag, &c->policies[side]);
	}
	ost_diag_free(&diag);
	free(sources);
	free(names);
	return r;
}

static int policies_make(struct comparing *c)
{
	char *approved = NULL;
	int r = approvals_make(c, &approved);

	if (r == 0)
		r = policy_make(c, 0, approved);
	if (r == 0)
		r = policy_make(c, 1, approved);
	free(approved);
	return r;
}

/* ---- sentences ---- */

static int sentence_add(struct comparing *c, bool gain, const char *text)
{
	char ***list = gain ? &c->made.gains : &c->made.losses, **grown, *copy;
	uint32_t *count = gain ? &c->made.gain_count : &c->made.loss_count;

	for (uint32_t i = 0; i < *count; i++) {
		if (strcmp((*list)[i], text) == 0)
			return 0;
	}
	if (*count == OST_MUD_SENTENCES_MAX)
		return 0;
	copy = strdup(*count + 1 == OST_MUD_SENTENCES_MAX ? "more than are told here" : text);
	grown = copy != NULL ? reallocarray(*list, (size_t)*count + 1, sizeof(*grown)) : NULL;
	if (grown == NULL) {
		free(copy);
		return -ENOMEM;
	}
	*list = grown;
	grown[(*count)++] = copy;
	return 0;
}

static int change_tell(struct comparing *c, const struct ost_change *change)
{
	char service[OST_PLAN_WORDS], peer[OST_PLAN_WORDS], text[2 * OST_PLAN_WORDS + 64];
	const char *own = c->policies[1]->roles[c->policies[1]->devices[c->d.pairs[c->d.classes[change->device_class].first].after].role].name;
	bool to = change->direction == OST_TO;

	if (change->peer == OST_CHANGE_DEVICES) /* who opens is the first of the two */
		to = strcmp(own, OST_MUD_SCENE_ROLE) == 0;
	(void)snprintf(text, sizeof(text), "%s %s %s%s", ost_plan_service(change, service), to ? "to" : "from",
		ost_mud_scene_peer(&c->scene, c->policies[1], &c->d, change, peer), change->kind == OST_CHANGE_CONDITION ? ", under other conditions" : "");
	return sentence_add(c, change->kind != OST_CHANGE_LOSS, text); /* other conditions may be looser */
}

/* What the gateway checks by itself: no flow of an allow-list. */
static int includes_tell(struct comparing *c)
{
	static const struct {
		unsigned bit;
		const char *text;
	} words[] = {{OST_INCLUDE_ARP, "include arp"}, {OST_INCLUDE_ND, "include nd"}, {OST_INCLUDE_DHCP, "include dhcp"},
		{OST_INCLUDE_DHCPV6, "include dhcpv6"}, {OST_INCLUDE_IGMP, "include igmp"}};
	int64_t role = ost_policy_role_find(c->policies[1], OST_MUD_SCENE_ROLE);
	unsigned before = c->policies[0]->roles[role].includes, after = c->policies[1]->roles[role].includes;
	int r = 0;

	for (size_t i = 0; i < OST_ARRAY_SIZE(words) && r == 0; i++) {
		if ((before ^ after) & words[i].bit)
			r = sentence_add(c, (after & words[i].bit) != 0, words[i].text);
	}
	return r;
}

/* ---- all ---- */

static int at_scene(struct comparing *c, bool within)
{
	int r = ost_mud_scene_make(c->muds[0], c->muds[1], within, &c->scene);

	if (r == 0)
		r = policies_make(c);
	if (r == 0)
		r = ost_difference_make(c->policies[0], c->policies[1], &c->d);
	for (uint32_t i = 0; i < c->d.change_count && r == 0; i++)
		r = change_tell(c, &c->d.changes[i]);
	if (r == 0)
		r = includes_tell(c);
	ost_difference_free(&c->d);
	ost_policy_free(&c->policies[0]);
	ost_policy_free(&c->policies[1]);
	ost_mud_scene_close(&c->scene);
	return r;
}

/* A drop of somebody takes more away where he is somebody else as well, which nobody is at the scene. */
static bool drops_somebody(const struct ost_mud *mud)
{
	for (uint32_t i = 0; i < mud->ace_count; i++) {
		if (mud->aces[i].drop && mud->aces[i].peer != OST_MUD_ANY)
			return true;
	}
	return false;
}

static int both_compare(struct comparing *c)
{
	int r = at_scene(c, false);

	c->made.unsure = drops_somebody(c->muds[0]);
	if (r == 0 && (ost_mud_asks_within(c->muds[0]) || ost_mud_asks_within(c->muds[1])))
		r = at_scene(c, true);
	return r;
}

int ost_mud_compare(const struct ost_mud *mud, struct ost_mud_bytes_of before, struct ost_mud_bytes_of after,
	struct ost_mud_comparison *ret_comparison)
{
	struct comparing c = {.muds = {NULL, mud}, .bytes = {before, after}};
	struct ost_mud *old = NULL;
	struct ost_diag diag = {0};
	int r = ost_mud_read(OST_MUD_SCENE_FILE, before.bytes, before.length, &diag, &old);

	if (r == 0) {
		c.muds[0] = old;
		r = both_compare(&c);
	}
	ost_mud_free(&old);
	ost_diag_free(&diag);
	if (r == 0)
		*ret_comparison = c.made;
	else
		ost_mud_comparison_free(&c.made);
	return r == 0 || r == -ENOMEM ? r : -EINVAL;
}

void ost_mud_comparison_free(struct ost_mud_comparison *comparison)
{
	for (uint32_t i = 0; i < comparison->gain_count; i++)
		free(comparison->gains[i]);
	for (uint32_t i = 0; i < comparison->loss_count; i++)
		free(comparison->losses[i]);
	free(comparison->gains);
	free(comparison->losses);
	*comparison = (struct ost_mud_comparison){0};
}
