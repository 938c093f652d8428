/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Validate, swap one pointer, wait until no worker can hold the old, free it. When most devices are others than before, the
 * same twice: out with the old ones, in with the new ones. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

#include "dataplane.h"
#include "file.h"
#include "log.h"

void ost_swap_close(struct ost_policy_in_force **policy)
{
	struct ost_policy_in_force *p = *policy;

	if (p == NULL)
		return;
	(void)munmap((void *)(uintptr_t)p->bytes, p->length);
	free(p);
	*policy = NULL;
}

static bool port_known(const struct ost_dataplane *dp, const char *name)
{
	for (uint32_t i = 0; i < dp->file->port_count; i++) {
		if (strcmp(dp->file->ports[i].name, name) == 0)
			return true;
	}
	return false;
}

/* An AF_PACKET port hands out every tag as 802.1Q: a device behind two tags would be sent away with others. */
static void double_tags_warn(const struct ost_dataplane *dp, const struct ost_image *image)
{
	uint32_t devices = 0;
	bool affected = false;

	for (uint32_t i = 0; i < dp->file->port_count; i++)
		affected |= dp->file->ports[i].driver == OST_DRIVER_AF_PACKET;
	for (uint32_t i = 0; i < image->device_count && affected; i++)
		devices += image->devices[i].vlan >> 12 != 0;
	if (devices > 0)
		ost_log_warning("generation %" PRIu64 ": %u devices stand behind two VLAN tags, and af_packet ports turn 802.1ad tags "
				"into 802.1Q; use another driver for their ports",
			image->generation, devices);
}

/* Devices whose port is not one of this gateway cannot be reached: counted, and told port by port. */
static uint32_t devices_reachable(const struct ost_dataplane *dp, const struct ost_image *image)
{
	uint32_t reachable = 0;

	for (uint32_t i = 0; i < image->port_count; i++) {
		const char *name = ost_image_string(image, image->ports[i].name);

		if (!port_known(dp, name))
			ost_log_warning("generation %" PRIu64 " names port %s, which ostiary.yaml does not have: "
					"its devices are unreachable",
				image->generation, name);
	}
	for (uint32_t i = 0; i < image->device_count; i++) {
		uint16_t port = image->devices[i].port;

		if (port == OST_PORT_ANY || port_known(dp, ost_image_string(image, image->ports[port].name)))
			reachable++;
	}
	return reachable;
}

static int image_open(int fd, struct ost_policy_in_force **ret_policy, char why[static OST_MSG_TEXT])
{
	struct ost_policy_in_force *p = calloc(1, sizeof(*p));
	char text[256] = "";
	int r;

	if (p == NULL)
		return -ENOMEM;
	r = ost_memfd_map(fd, OST_IMAGE_MAX, &p->bytes, &p->length);
	if (r < 0) {
		free(p);
		(void)snprintf(why, OST_MSG_TEXT, "%s",
			r == -EPERM ? "the image is not a sealed memfd: it could change under us" :
				      "the image cannot be mapped");
		return r;
	}
	r = ost_image_open(p->bytes, p->length, &p->image, text);
	if (r < 0) {
		ost_swap_close(&p);
		(void)snprintf(why, OST_MSG_TEXT, "%.150s; apply the policy again", text);
		return r;
	}
	*ret_policy = p;
	return 0;
}

int ost_swap_open(const struct ost_dataplane *dp, int fd, uint64_t generation, uint64_t length, struct ost_policy_in_force **ret_policy,
	char why[static OST_MSG_TEXT])
{
	struct ost_policy_in_force *next = NULL;
	int r = image_open(fd, &next, why);

	if (r < 0)
		return r;
	if ((generation != 0 && next->image.generation != generation) || (length != 0 && next->length != length)) {
		(void)snprintf(why, OST_MSG_TEXT, "the message says generation %" PRIu64 " of %" PRIu64 " bytes, the image %" PRIu64
			" of %zu", generation, length, next->image.generation, next->length);
		r = -EINVAL;
	} else if (next->image.device_count > dp->file->devices) {
		(void)snprintf(why, OST_MSG_TEXT, "%u devices, but tables: devices: in ostiary.yaml has room for %u; raise it",
			next->image.device_count, dp->file->devices);
		r = -ENOSPC;
	}
	if (r < 0)
		ost_swap_close(&next);
	else
		*ret_policy = next;
	return r;
}

static int view_swap(struct ost_dataplane *dp, const struct ost_image *image)
{
	struct ost_view *old = NULL;
	int r = ost_site_policy_set(dp->site, image, ost_tsc_now_ns(&dp->clock), &old);

	if (r < 0)
		return r;
	ost_crew_quiesce(dp);
	ost_view_free(&old);
	return 0;
}

/* There are not slots enough for the devices that leave beside those that come. First the policy in force without
 * those that leave, a policy like any other, until nothing of them is left; then the next one. */
static int view_swap_in_two(struct ost_dataplane *dp, const struct ost_image *next)
{
	struct ost_view *old = NULL;
	int r = ost_site_policy_without(dp->site, next, &old);

	if (r < 0)
		return r == -ENOENT ? -ENOSPC : r;
	ost_crew_quiesce(dp);
	ost_view_free(&old);
	r = ost_crew_clear_departed(dp);
	if (r == 0)
		r = view_swap(dp, next);
	if (r < 0 && view_swap(dp, &dp->policy->image) < 0)
		ost_log_error("generation %" PRIu64 ": devices that generation %" PRIu64 " does not have cannot be brought back; "
			      "apply a policy again",
			dp->policy->image.generation, next->generation);
	return r;
}

static int put_in_force(struct ost_dataplane *dp, struct ost_policy_in_force *next, char why[static OST_MSG_TEXT])
{
	struct ost_policy_in_force *before = dp->policy;
	int r;

	r = view_swap(dp, &next->image);
	if (r == -ENOSPC)
		r = view_swap_in_two(dp, &next->image);
	if (r < 0) {
		if (r == -ENOSPC || r == -ETIMEDOUT)
			(void)snprintf(why, OST_MSG_TEXT,
				"no room for %u devices beside those of former policies; apply it again, or raise tables: "
				"devices: in ostiary.yaml",
				next->image.device_count);
		else
			(void)snprintf(why, OST_MSG_TEXT, "the policy cannot be put in force: %s", strerror(-r));
		return r;
	}
	dp->policy = next;
	ost_swap_close(&before);
	return 0;
}

int ost_swap_image(struct ost_dataplane *dp, int fd, uint64_t generation, uint64_t length, char why[static OST_MSG_TEXT])
{
	struct ost_policy_in_force *next = NULL;
	int r = ost_swap_open(dp, fd, generation, length, &next, why);

	if (r < 0)
		return r;
	r = put_in_force(dp, next, why);
	if (r < 0) {
		ost_swap_close(&next);
		return r;
	}
	next->devices_reachable = devices_reachable(dp, &next->image);
	double_tags_warn(dp, &next->image);
	ost_log_debug("generation %" PRIu64 " is in force: %u devices, %u reachable, %u rules", next->image.generation,
		next->image.device_count, next->devices_reachable, next->image.rule_count);
	return 0;
}

/* The file is copied into a sealed memfd: it may be replaced while we read it in place. */
static int last_image_fd(const char *path, int *ret_fd)
{
	OST_AUTO_FREE char *bytes = NULL;
	size_t length = 0;
	int r = ost_file_read_own(path, OST_IMAGE_MAX, &bytes, &length);

	return r < 0 ? r : ost_memfd_sealed("ostiary-last-image", bytes, length, ret_fd);
}

void ost_swap_last_image(struct ost_dataplane *dp)
{
	const char *path = dp->paths.last_image;
	OST_AUTO_CLOSE int fd = -1;
	char why[OST_MSG_TEXT] = "";
	int r = last_image_fd(path, &fd);

	if (r == -ENOENT) {
		ost_log_info("no policy yet: everything is refused until one is applied (ostiary policy apply FILE)");
		return;
	}
	if (r == -EPERM)
		(void)snprintf(why, sizeof(why), "others may have written it: it must be root's or its folder's owner's, and nobody else's to "
			"write (chmod go-w)");
	else if (r < 0)
		(void)snprintf(why, sizeof(why), "%s", strerror(-r));
	else
		r = ost_swap_image(dp, fd, 0, 0, why);
	if (r < 0)
		ost_log_error("%s: the last policy image cannot be used: %s; everything is refused until a policy is applied "
			      "(ostiary policy apply FILE)",
			path, why);
	else
		ost_log_info("generation %" PRIu64 " is in force again: %u devices", dp->policy->image.generation,
			dp->policy->image.device_count);
}

void ost_swap_free(struct ost_dataplane *dp)
{
	ost_swap_close(&dp->policy);
}
