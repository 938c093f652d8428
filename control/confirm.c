/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confirm.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>

#include "clock.h"
#include "file.h"
#include "jsonw.h"

#define FILE_MODE  0640u
#define RECORD_MAX 4096u

void ost_confirm_now(struct ost_confirm_now *ret_now)
{
	struct timespec t;
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	*ret_now = (struct ost_confirm_now){.wall_ns = ost_clock_wall_ns()};
	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	ret_now->boot_ns = (uint64_t)t.tv_sec * OST_NS_PER_S + (uint64_t)t.tv_nsec;
	if (f == NULL)
		return; /* no boot has this name: the wall clock decides */
	if (fgets(ret_now->boot, sizeof(ret_now->boot), f) != NULL)
		ret_now->boot[strcspn(ret_now->boot, "\n")] = '\0';
	(void)fclose(f);
}

void ost_confirm_begin(struct ost_confirm *c, const struct ost_confirm_now *now)
{
	c->since_wall_ns = now->wall_ns;
	c->until_wall_ns = now->wall_ns + c->asked_s * OST_NS_PER_S;
	c->until_boot_ns = now->boot_ns + c->asked_s * OST_NS_PER_S;
	memcpy(c->boot, now->boot, sizeof(c->boot));
}

static uint64_t rest_of(uint64_t until_ns, uint64_t now_ns)
{
	return until_ns > now_ns ? until_ns - now_ns : 0;
}

uint64_t ost_confirm_rest_ns(const struct ost_confirm *c, const struct ost_confirm_now *now)
{
	uint64_t rest = OST_MIN(rest_of(c->until_wall_ns, now->wall_ns), c->asked_s * OST_NS_PER_S);

	if (c->boot[0] != '\0' && strcmp(c->boot, now->boot) == 0)
		return OST_MIN(rest, rest_of(c->until_boot_ns, now->boot_ns));
	return now->wall_ns < c->since_wall_ns ? 0 : rest;
}

static bool number_take(const json_t *root, const char *key, uint64_t most, uint64_t *ret_number)
{
	const json_t *n = json_object_get(root, key);

	if (!json_is_integer(n) || json_integer_value(n) < 0 || (uint64_t)json_integer_value(n) > most)
		return false;
	*ret_number = (uint64_t)json_integer_value(n);
	return true;
}

static bool record_read(const json_t *root, struct ost_confirm *c)
{
	const json_t *boot = json_object_get(root, "boot"), *taken = json_object_get(root, "taken");
	uint64_t asked;

	if (!number_take(root, "generation", INT64_MAX, &c->generation) || c->generation == 0 ||
		!number_take(root, "former", INT64_MAX, &c->former) || c->former == 0 || c->former >= c->generation ||
		!number_take(root, "asked_s", OST_CONFIRM_MOST_S, &asked) || asked < OST_CONFIRM_LEAST_S ||
		!number_take(root, "since_wall_ns", INT64_MAX, &c->since_wall_ns) ||
		!number_take(root, "until_wall_ns", INT64_MAX, &c->until_wall_ns) ||
		!number_take(root, "until_boot_ns", INT64_MAX, &c->until_boot_ns))
		return false;
	if (!json_is_boolean(taken) || !json_is_string(boot) || json_string_length(boot) >= sizeof(c->boot))
		return false;
	c->asked_s = (uint32_t)asked;
	c->taken = json_is_true(taken);
	memcpy(c->boot, json_string_value(boot), json_string_length(boot) + 1);
	return true;
}

int ost_confirm_parse(const char *text, size_t length, struct ost_confirm *ret_confirm)
{
	json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
	struct ost_confirm c = {0};
	bool sound = record_read(root, &c);

	json_decref(root);
	if (!sound)
		return -EINVAL;
	*ret_confirm = c;
	return 0;
}

static int record_path(const struct ost_paths *paths, char buf[static PATH_MAX])
{
	int n = snprintf(buf, PATH_MAX, "%s/unconfirmed.json", paths->generations);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

int ost_confirm_write(const struct ost_paths *paths, const struct ost_confirm *c)
{
	struct ost_jsonw w = {0};
	char path[PATH_MAX];
	int r = record_path(paths, path);

	ost_jsonw_object(&w, NULL);
	ost_jsonw_u64(&w, "generation", c->generation);
	ost_jsonw_u64(&w, "former", c->former);
	ost_jsonw_u64(&w, "asked_s", c->asked_s);
	ost_jsonw_bool(&w, "taken", c->taken);
	ost_jsonw_u64(&w, "since_wall_ns", c->since_wall_ns);
	ost_jsonw_u64(&w, "until_wall_ns", c->until_wall_ns);
	ost_jsonw_u64(&w, "until_boot_ns", c->until_boot_ns);
	ost_jsonw_string(&w, "boot", c->boot);
	ost_jsonw_end(&w, '}');
	ost_jsonw_newline(&w);
	if (r == 0)
		r = w.failed ? -ENOMEM : ost_file_write(path, w.text, w.length, FILE_MODE);
	ost_jsonw_free(&w);
	return r;
}

int ost_confirm_read(const struct ost_paths *paths, struct ost_confirm *ret_confirm)
{
	OST_AUTO_FREE char *text = NULL;
	char path[PATH_MAX];
	size_t length;
	int r = record_path(paths, path);

	if (r == 0)
		r = ost_file_read_own(path, RECORD_MAX, &text, &length);
	return r == 0 ? ost_confirm_parse(text, length, ret_confirm) : r;
}

int ost_confirm_remove(const struct ost_paths *paths)
{
	OST_AUTO_CLOSE int fd = -1;
	char path[PATH_MAX];
	int r = record_path(paths, path);

	if (r < 0)
		return r;
	if (unlink(path) < 0)
		return errno == ENOENT ? 0 : -errno;
	fd = open(paths->generations, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}
