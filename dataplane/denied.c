/* SPDX-License-Identifier: GPL-2.0-or-later */
/* At the start: who is let in by his MAC, and is not, by order. Whatever hinders reading that, nobody is let in by his MAC until ostiaryd
 * has told who is; it tells what it sees to be wrong. */
#include "denied.h"

#include "dataplane.h"
#include "file.h"
#include "log.h"

static void state_take(const struct ost_dataplane *dp, uint32_t device, enum ost_state state)
{
	/* One that cannot be reached has no right to take. */
	if (ost_site_device_state_set(dp->site, device, state, OST_ASSURANCE_NONE) < 0)
		ost_log_debug("device %u is denied, and cannot be reached", device);
}

static void deny(void *user, const char *device, enum ost_state state)
{
	const struct ost_dataplane *dp = user;
	int64_t i = ost_image_device_find(&dp->policy->image, device);

	if (i >= 0)
		state_take(dp, (uint32_t)i, state);
}

static void deny_all(const struct ost_dataplane *dp)
{
	for (uint32_t i = 0; i < dp->policy->image.device_count; i++)
		state_take(dp, i, OST_STATE_UNKNOWN);
}

void ost_denied_apply(struct ost_dataplane *dp)
{
	OST_AUTO_FREE char *bytes = NULL;
	size_t length = 0;
	int r;

	if (dp->policy == NULL)
		return;
	r = ost_file_read_own(dp->paths.denied, OST_DENIED_MAX, &bytes, &length);
	if (r == -ENOENT)
		return; /* nobody was ever denied */
	if (r == 0)
		r = ost_denied_each(bytes, length, deny, dp);
	if (r == 0)
		return;
	deny_all(dp);
	ost_log_error("%s: the list of denied devices cannot be used: %s; who is known by his MAC is refused until ostiaryd has told of him",
		dp->paths.denied, r == -EPERM ? "others may have written it" : r == -EINVAL ? "it is damaged" : strerror(-r));
}
