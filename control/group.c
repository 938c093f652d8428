/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group.h"

#include <stdio.h>

static int tag_add(const struct ost_image *image, const char *name, size_t length, uint64_t *tags)
{
	for (uint32_t i = 0; image != NULL && i < image->tag_count; i++) {
		const char *known = ost_image_string(image, image->tags[i].name);

		if (strlen(known) == length && memcmp(known, name, length) == 0) {
			*tags |= 1ull << i;
			return 0;
		}
	}
	return -ENOENT;
}

static int tags_read(const struct ost_image *image, const char *text, uint64_t *tags, char why[static 256])
{
	for (const char *at = text; *at != '\0';) {
		size_t n = strcspn(at, ",");

		if (tag_add(image, at, n, tags) < 0) {
			(void)snprintf(why, 256, "no device of the policy in force has the tag '%.*s'", (int)OST_MIN(n, 80u), at);
			return -ENOENT;
		}
		at += n + (at[n] == ',');
	}
	return 0;
}

static int role_find(const struct ost_image *image, const char *name, int64_t *ret_role, char why[static 256])
{
	for (uint32_t i = 0; image != NULL && i < image->role_count; i++) {
		if (strcmp(ost_image_role_name(image, i), name) == 0) {
			*ret_role = i;
			return 0;
		}
	}
	(void)snprintf(why, 256, "the policy in force has no role '%.80s'", name);
	return -ENOENT;
}

static int state_find(const char *name, int *ret_state, char why[static 256])
{
	for (int s = 0; s < OST_STATE_COUNT; s++) {
		if (strcmp(ost_state_name((enum ost_state)s), name) == 0) {
			*ret_state = s;
			return 0;
		}
	}
	(void)snprintf(why, 256, "there is no state '%.80s'", name);
	return -ENOENT;
}

static bool is_given(const char *text)
{
	return text != NULL && *text != '\0';
}

int ost_group_make(const struct ost_daemon *d, const char *tag, const char *role, const char *state, struct ost_group *ret_group,
	char why[static 256])
{
	const struct ost_image *image = ost_roster_image(d->roster);
	struct ost_group g = OST_GROUP_ALL;
	int r = is_given(tag) ? tags_read(image, tag, &g.tags, why) : 0;

	if (r == 0 && is_given(role))
		r = role_find(image, role, &g.role, why);
	if (r == 0 && is_given(state))
		r = state_find(state, &g.state, why);
	if (r == 0)
		*ret_group = g;
	return r;
}

enum ost_state ost_group_state(const struct ost_daemon *d, uint32_t device)
{
	const struct ost_session *s = ost_admission_session(d->admission, device);

	return s != NULL ? ost_standing_state(s->standing) : (enum ost_state)ost_roster_live(d->roster, device)->state;
}

bool ost_group_has(const struct ost_daemon *d, const struct ost_group *group, uint32_t device)
{
	const struct ost_image_device *x = &ost_roster_image(d->roster)->devices[device];

	return (group->tags == 0 || (x->tags & group->tags) != 0) && (group->role < 0 || x->role == group->role) &&
	       (group->state < 0 || (int)ost_group_state(d, device) == group->state);
}
