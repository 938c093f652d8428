/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A site to compare two versions of a MUD file at. What their symbols stand for (local networks, controllers, the devices of a
 * manufacturer) are addresses and devices that neither version means by anything else: so what one version allows and the other one
 * does not, at whatever site, shows here as well.
 */
#pragma once

#include "mud.h"
#include "plan_words.h"

#define OST_MUD_SCENE_ROLE "device"
#define OST_MUD_SCENE_FILE "mud/file.json"

struct ost_mud_scene {
	char *policy; /* YAML: a device with the file, and one of each class of devices that the file names, which lets everybody in */
	char **files; /* MUD files of those, mud/peer-0.json and so on */
	char **peers; /* likewise, in words: "devices of manufacturer maker.example" */
	uint32_t peer_count;
	char **symbols; /* in words: "local-networks" */
	uint32_t symbol_count;
	struct ost_ip first4, first6; /* where their addresses begin */
};

/* within: the local networks hold what ACEs ask for within them (local-networks and an address), too. 0; -ERANGE: the files name more than
 * there is room for; -ENOMEM. */
int ost_mud_scene_make(const struct ost_mud *before, const struct ost_mud *after, bool within, struct ost_mud_scene *ret_scene) OST_MUST_CHECK;
void ost_mud_scene_close(struct ost_mud_scene *scene);

/* Whether some ACE asks for addresses within the local networks. */
bool ost_mud_asks_within(const struct ost_mud *mud);

/* Who is at the far end of a change. Returns buf. */
const char *ost_mud_scene_peer(
	const struct ost_mud_scene *scene, const struct ost_policy *policy, const struct ost_difference *d, const struct ost_change *c,
	char buf[static OST_PLAN_WORDS]);
