/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox.h"

#include <sys/resource.h>

#define MEMORY_MAX (64u << 20) /* bytes of address space */

static int limits_set(char why[static OST_CONFINE_WHY])
{
#if defined(__SANITIZE_ADDRESS__)
	static const rlim_t memory = RLIM_INFINITY;
#else
	static const rlim_t memory = MEMORY_MAX;
#endif
	/* No further descriptor: no file can be opened, none be received. One, for poll(2) asks for so many as it looks at. */
	const struct {
		__rlimit_resource_t which;
		rlim_t most;
	} limits[] = {{RLIMIT_NOFILE, 1}, {RLIMIT_NPROC, 0}, {RLIMIT_AS, memory}};

	for (size_t i = 0; i < OST_ARRAY_SIZE(limits); i++) {
		const struct rlimit l = {limits[i].most, limits[i].most};

		if (setrlimit(limits[i].which, &l) < 0)
			return ost_confine_failed("limits cannot be set", why);
	}
	return 0;
}

int ost_sandbox_enter(char why[static OST_CONFINE_WHY])
{
	static const struct ost_confine_calls profile = {0};
	int r = ost_confine_user(OST_OBSERVED_USER, false, why);

	if (r == 0)
		r = limits_set(why);
	return r == 0 ? ost_confine_calls(&profile, why) : r;
}
