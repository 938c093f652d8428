/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device_paper.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "say_pki.h"

/* Zeroed and removed; a disk that keeps old blocks keeps them. */
static bool key_destroy(const char *folder, const char *device)
{
	static const char zeros[4096];
	OST_AUTO_CLOSE int fd = -1;
	char path[PATH_MAX + 96];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s.key", folder, device);
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	for (off_t left = st.st_size; left > 0; left -= (off_t)sizeof(zeros)) {
		if (write(fd, zeros, (size_t)OST_MIN(left, (off_t)sizeof(zeros))) < 0)
			break;
	}
	(void)fsync(fd);
	return unlink(path) == 0;
}

/* A key that enroll wrote (--out) into the site's folder belongs to the device, and is of no more use to anybody. */
void ost_paper_keys_destroy(const struct ost_cli *cli, const char *device, struct ost_paper *d)
{
	char folder[PATH_MAX + 16];

	if (!ost_pki_id_valid(device))
		return;
	(void)snprintf(folder, sizeof(folder), "%s/devices", cli->paths.pki_dir);
	d->keys += key_destroy(cli->paths.pki_dir, device);
	d->keys += key_destroy(folder, device);
}

void ost_paper_revoke(const struct ost_cli *cli, const char *device, enum ost_pki_reason reason, struct ost_paper *d)
{
	struct ost_pki_revoked done = {0};
	struct ost_pki pki;
	int r;

	if (access(cli->paths.ca_key, F_OK) < 0) {
		d->no_authority = true;
		return;
	}
	r = ost_say_pki_open(cli, &pki);
	if (r == OST_EXIT_OK) {
		r = ost_pki_revoke(&pki, device, reason, &done);
		if (r < 0 && r != -ENOENT)
			(void)snprintf(d->why, sizeof(d->why), "%s", pki.why);
	}
	ost_pki_close(&pki);
	d->certificates = done.count;
	d->crl = done.crl.number;
}

void ost_paper_text(const struct ost_paper *d, char *buf, size_t size)
{
	int n = snprintf(buf, size, "%u %s revoked", d->certificates, d->certificates == 1 ? "certificate" : "certificates");

	if (d->crl != 0)
		n += snprintf(buf + n, size - (size_t)n, " (CRL number %llu)", (unsigned long long)d->crl);
	else if (d->no_authority)
		n += snprintf(buf + n, size - (size_t)n, " (this gateway has no CA of its own)");
	if (d->keys > 0)
		(void)snprintf(buf + n, size - (size_t)n, "; %u key %s destroyed", d->keys, d->keys == 1 ? "file" : "files");
	else
		(void)snprintf(buf + n, size - (size_t)n, "; no key of it was held here");
}

