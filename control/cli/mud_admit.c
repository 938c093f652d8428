/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_admit.h"

#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/types.h>
#include <time.h>

#include "file.h"
#include "mud_index.h"
#include "mud_piece.h"
#include "mud_store.h"
#include "policy_yaml.h"

#define PENDING "pending"

struct admitting {
	const char *dir, *reason;
	const struct ost_mud *mud;
	const struct ost_mud_input *input;
	struct ost_mud_admission *a;
	char approved_path[PATH_MAX];
	char *approved, *old; /* bytes, or NULL */
	size_t approved_length, old_length;
};

/* DIR/mud/A[/B] */
static int path_make(char path[static PATH_MAX], const char *dir, const char *a, const char *b)
{
	int n = snprintf(path, PATH_MAX, "%s/" OST_MUD_FOLDER "/%s%s%s", dir, a, b != NULL ? "/" : "", b != NULL ? b : "");

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int optional_read(const char *path, size_t most, char **ret_bytes, size_t *ret_length)
{
	int r = ost_file_read(path, most, ret_bytes, ret_length);

	return r == -ENOENT || r == -ENOTDIR ? 0 : r;
}

/* The one that the index has for the URL. */
static int old_read(struct admitting *s)
{
	char path[PATH_MAX], *index = NULL, *name = NULL;
	size_t length = 0;
	int r = path_make(path, s->dir, OST_MUD_INDEX_NAME, NULL);

	if (r == 0)
		r = optional_read(path, OST_MUD_INDEX_MAX, &index, &length);
	if (r == 0 && length > 0)
		r = ost_mud_index_find(index, length, s->mud->url, &name);
	if (r == 0 && name != NULL)
		r = path_make(path, s->dir, name, NULL);
	if (r == 0 && name != NULL)
		r = optional_read(path, OST_MUD_FILE_MAX, &s->old, &s->old_length);
	free(index);
	free(name);
	return r == -ENOENT ? 0 : r;
}

static int known_read(struct admitting *s)
{
	int r = path_make(s->approved_path, s->dir, OST_MUD_APPROVED_NAME, NULL);

	if (r == 0)
		r = optional_read(s->approved_path, OST_MUD_APPROVED_MAX, &s->approved, &s->approved_length);
	if (r == 0)
		r = ost_mud_approved_judge(s->approved, s->approved_length, s->input->sha256, s->mud->url, s->input->verdict,
			s->input->spki_sha256, &s->a->entry);
	if (r == 0)
		r = old_read(s);
	if (r == 0)
		return OST_EXIT_OK;
	if (r == -EINVAL)
		return ost_cli_fail("%s/mud: " OST_MUD_APPROVED_NAME " or " OST_MUD_INDEX_NAME " is not sound; mend it, or take it from version control", s->dir);
	return ost_cli_fail("%s/mud: %s", s->dir, strerror(-r));
}

/* ---- what it would change ---- */

static int compare(struct admitting *s)
{
	const struct ost_mud_bytes_of before = {s->old, s->old_length}, after = {s->input->bytes, s->input->length};
	int r;

	s->a->renewed = s->old != NULL && (before.length != after.length || memcmp(before.bytes, after.bytes, after.length) != 0);
	if (!s->a->renewed)
		return OST_EXIT_OK;
	r = ost_mud_compare(s->mud, before, after, &s->a->comparison);
	if (r == -ENOMEM)
		return ost_cli_fail("out of memory");
	s->a->compared = r == 0;
	s->a->incomparable = r < 0;
	return OST_EXIT_OK;
}

/* What was approved before may be an older version that allows more than the one that took its place: whoever serves it does not
 * bring that back by himself. */
static void judge(struct admitting *s)
{
	struct ost_mud_admission *a = s->a;
	bool widens = a->comparison.gain_count > 0 || a->comparison.unsure;

	if (ost_mud_entry_waits(a->entry))
		return;
	if (a->entry == OST_MUD_APPROVED_BEFORE)
		a->entry = widens ? OST_MUD_WAITS_WIDENS : a->entry;
	else if (s->input->fetched && strcmp(s->input->name, s->mud->url) != 0)
		a->entry = OST_MUD_WAITS_OTHER_URL;
	else if (a->incomparable || widens)
		a->entry = OST_MUD_WAITS_WIDENS;
}

/* ---- writing ---- */

/* Of a file without one none stays that was of the version before. */
static int signature_write(const struct admitting *s, const char *path)
{
	char beside[PATH_MAX];
	int n = snprintf(beside, sizeof(beside), "%s.p7s", path);

	if (n < 0 || n >= (int)sizeof(beside))
		return -ENAMETOOLONG;
	if (s->input->signature == NULL)
		return unlink(beside) == 0 || errno == ENOENT ? 0 : -errno;
	return ost_file_write(beside, s->input->signature, s->input->signature_length, 0644);
}

static int pending_write(struct admitting *s)
{
	char folder[PATH_MAX], path[PATH_MAX], name[OST_MUD_FILE_NAME];
	int r = path_make(folder, s->dir, PENDING, NULL);

	(void)ost_mud_file_name(s->mud, name);
	if (r == 0)
		r = path_make(path, s->dir, PENDING, name);
	if (r == 0)
		r = ost_dir_make(folder, 0755);
	if (r == 0)
		r = ost_file_write(path, s->input->bytes, s->input->length, 0644);
	if (r == 0)
		r = signature_write(s, path);
	if (r < 0)
		return ost_cli_fail("%s cannot be written: %s", folder, strerror(-r));
	s->a->name = strdup(name);
	return s->a->name != NULL ? OST_EXIT_OK : ost_cli_fail("out of memory");
}

enum pending {
	PENDING_NONE,
	PENDING_THIS,
	PENDING_ANOTHER,
};

static enum pending pending_find(const struct admitting *s, char path[static PATH_MAX])
{
	char name[OST_MUD_FILE_NAME], *bytes = NULL;
	size_t length = 0;
	bool same;

	if (path_make(path, s->dir, PENDING, ost_mud_file_name(s->mud, name)) < 0 ||
		ost_file_read(path, OST_MUD_FILE_MAX, &bytes, &length) < 0)
		return PENDING_NONE;
	same = length == s->input->length && memcmp(bytes, s->input->bytes, length) == 0;
	free(bytes);
	return same ? PENDING_THIS : PENDING_ANOTHER;
}

/* It was approved: what waited waits no longer. Another version that does stays. */
static void pending_forget(const struct admitting *s)
{
	char path[PATH_MAX], beside[PATH_MAX];

	if (pending_find(s, path) != PENDING_THIS)
		return;
	(void)unlink(path);
	if (snprintf(beside, sizeof(beside), "%.4000s.p7s", path) < (int)sizeof(beside))
		(void)unlink(beside);
}

/* What is approved is what was told: a server may have changed its mind since. */
static bool is_approved(const struct admitting *s)
{
	char path[PATH_MAX];

	if (s->reason == NULL)
		return false;
	s->a->another = s->input->fetched && pending_find(s, path) == PENDING_ANOTHER;
	return !s->a->another;
}

static const char *who(char buf[static 64])
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *p = sudo != NULL && sudo[0] != '\0' ? getpwnam(sudo) : getpwuid(getuid());

	if (p != NULL)
		(void)snprintf(buf, 64, "%s", p->pw_name);
	else
		(void)snprintf(buf, 64, "uid %u", getuid());
	return buf;
}

static int approval_write(struct admitting *s)
{
	const struct ost_mud_input *in = s->input;
	char by[64], when[OST_TIME_MINUTES], *bytes = NULL;
	const struct ost_mud_approval approval = {
		.sha256 = in->sha256,
		.url = s->mud->url,
		.signer = in->verdict == OST_MUD_SIGNED ? in->signer : NULL,
		.spki_sha256 = in->verdict == OST_MUD_SIGNED ? in->spki_sha256 : NULL,
		.override = in->expired ? "expired-signer" : in->verdict == OST_MUD_UNSIGNED ? "unsigned" : NULL,
		.at = in->expired ? in->at : NULL,
		.by = who(by),
		.when = ost_time_format(time(NULL), when),
		.reason = s->reason,
	};
	int r = ost_mud_approved_put(s->approved, s->approved_length, &approval, &bytes);

	if (r == 0)
		r = ost_file_write(s->approved_path, bytes, strlen(bytes), 0644);
	free(bytes);
	return r < 0 ? ost_cli_fail("%s cannot be written: %s", s->approved_path, strerror(-r)) : OST_EXIT_OK;
}

/* The approval first: a file without one makes the policy fail, one without its file does nothing. */
static int enter(struct admitting *s)
{
	char path[PATH_MAX];
	int rc = s->a->entry == OST_MUD_APPROVED_BEFORE ? OST_EXIT_OK : approval_write(s);

	if (rc == OST_EXIT_OK)
		rc = ost_mud_store_put(s->dir, s->mud, s->input, &s->a->name);
	if (rc == OST_EXIT_OK && (path_make(path, s->dir, s->a->name, NULL) < 0 || signature_write(s, path) < 0))
		rc = ost_cli_fail("%s/mud: the signature cannot be written", s->dir);
	if (rc == OST_EXIT_OK && s->input->fetched && strcmp(s->input->name, s->mud->url) == 0)
		rc = ost_mud_store_fetched(s->dir, s->mud->url);
	if (rc == OST_EXIT_OK)
		pending_forget(s);
	return rc;
}

/* One at a time: a renewal by cron(8) may meet a person. */
static int folder_lock(const char *dir, int *ret_fd)
{
	char folder[PATH_MAX];
	int r = path_make(folder, dir, ".", NULL), fd = -1;

	if (r == 0)
		r = ost_dir_make(folder, 0755);
	if (r == 0) {
		fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = fd >= 0 ? 0 : -errno;
	}
	while (r == 0 && flock(fd, LOCK_EX) < 0)
		r = errno == EINTR ? 0 : -errno;
	if (r == 0) {
		*ret_fd = fd;
		return OST_EXIT_OK;
	}
	if (fd >= 0)
		(void)close(fd);
	return ost_cli_fail("%s/mud cannot be used: %s", dir, strerror(-r));
}

int ost_mud_admit(const char *dir, const struct ost_mud *mud, const struct ost_mud_input *input, const char *reason,
	struct ost_mud_admission *ret_admission)
{
	struct ost_mud_admission a = {0};
	struct admitting s = {.dir = dir, .reason = reason, .mud = mud, .input = input, .a = &a};
	int lock = -1, rc = folder_lock(dir, &lock);

	if (rc == OST_EXIT_OK)
		rc = known_read(&s);
	if (rc == OST_EXIT_OK)
		rc = compare(&s);
	if (rc == OST_EXIT_OK) {
		judge(&s);
		a.waits = ost_mud_entry_waits(a.entry) && !is_approved(&s);
		rc = a.waits ? pending_write(&s) : enter(&s);
	}
	free(s.approved);
	free(s.old);
	if (lock >= 0)
		(void)close(lock);
	if (rc == OST_EXIT_OK)
		*ret_admission = a;
	else
		ost_mud_admission_free(&a);
	return rc;
}

void ost_mud_admission_free(struct ost_mud_admission *admission)
{
	free(admission->name);
	ost_mud_comparison_free(&admission->comparison);
	*admission = (struct ost_mud_admission){0};
}
