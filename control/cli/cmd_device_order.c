/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary device approve | quarantine | release | retire NAME: what an operator orders of a device. (revoke has a file of its
 * own: it has a CRL to make.) */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "client.h"
#include "options.h"
#include "policy_input.h"
#include "say_pki.h"

struct destroyed {
	uint32_t keys;	       /* files with a key of the device */
	uint32_t certificates; /* revoked now */
	bool no_authority;     /* the CA is the enterprise's, or there is none */
	uint64_t crl;	       /* number of the new CRL, 0 none */
	const char *why;       /* what could not be done, NULL: nothing */
};

static void enforced_say(const json_t *json)
{
	if (!ost_json_true(json, "enforced"))
		(void)printf("the data plane is not connected: it enforces this as soon as it is back\n");
}

static int order(const struct ost_cli *cli, const char *device, const char *word, const char *why)
{
	json_t *json = NULL;
	unsigned status;
	int r = ost_client_order(cli, device, word, "why", why, false, &status, &json);

	if (r != OST_EXIT_OK)
		return r;
	if (cli->json) {
		char *text = json_dumps(json, 0);

		ost_cli_json_tell(text != NULL ? text : "{}");
		free(text);
	} else {
		(void)printf("%s is %s\n", device, ost_json_text(json, "state"));
		enforced_say(json);
	}
	json_decref(json);
	return OST_EXIT_OK;
}

/* ---- retire ---- */

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
static void keys_destroy(const struct ost_cli *cli, const char *device, struct destroyed *d)
{
	char folder[PATH_MAX + 16];

	if (!ost_pki_id_valid(device))
		return;
	(void)snprintf(folder, sizeof(folder), "%s/devices", cli->paths.pki_dir);
	d->keys += key_destroy(cli->paths.pki_dir, device);
	d->keys += key_destroy(folder, device);
}

static void certificates_revoke(const struct ost_cli *cli, const char *device, struct destroyed *d, char why[static OST_PKI_WHY])
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
		r = ost_pki_revoke(&pki, device, OST_PKI_CESSATION_OF_OPERATION, &done);
		if (r < 0 && r != -ENOENT) {
			(void)snprintf(why, OST_PKI_WHY, "%s", pki.why);
			d->why = why;
		}
	}
	ost_pki_close(&pki);
	d->certificates = done.count;
	d->crl = done.crl.number;
}

/* For the evidence, and for people. */
static void destroyed_text(const struct destroyed *d, char *buf, size_t size)
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

static int retired_say(const struct ost_cli *cli, const char *device, const struct destroyed *d, const char *text, bool noted)
{
	if (cli->json) {
		struct ost_jsonw w = {0};

		ost_jsonw_object(&w, NULL);
		ost_jsonw_string(&w, "device", device);
		ost_jsonw_string(&w, "state", "retired");
		ost_jsonw_u64(&w, "certificates_revoked", d->certificates);
		ost_jsonw_u64(&w, "keys_destroyed", d->keys);
		ost_jsonw_u64(&w, "crl", d->crl);
		ost_jsonw_bool(&w, "noted", noted);
		ost_jsonw_end(&w, '}');
		return ost_cli_json_print(&w);
	}
	(void)printf("%s is retired, for ever\n%s\n", device, text);
	if (noted)
		(void)printf("noted in %s\n", cli->paths.admission_log);
	return OST_EXIT_OK;
}

/* First nothing passes any more; then its certificates, then its keys; then all of it is evidence. */
static int retire(const struct ost_cli *cli, const char *device, const char *reason)
{
	struct destroyed d = {0};
	char text[256], why[OST_PKI_WHY] = "";
	json_t *json = NULL;
	unsigned status;
	bool noted;
	int r = ost_client_order(cli, device, "retire", "why", reason, false, &status, &json);

	if (r != OST_EXIT_OK)
		return r;
	json_decref(json);
	json = NULL;
	certificates_revoke(cli, device, &d, why);
	keys_destroy(cli, device, &d);
	destroyed_text(&d, text, sizeof(text));
	noted = ost_client_order(cli, device, "retire", "destroyed", text, false, &status, &json) == OST_EXIT_OK;
	json_decref(json);
	(void)ost_client_reload(cli);
	r = retired_say(cli, device, &d, text, noted);
	if (d.why != NULL)
		return ost_cli_fail("%s is retired, but its certificates are not revoked: %s", device, d.why);
	return noted ? r : OST_EXIT_INPUT;
}

static int command(const struct ost_cli *cli, int argc, char **argv, const char *word)
{
	struct ost_cli c = *cli;
	const char *reason = "";
	const struct ost_cli_option options[] = {
		{.name = "reason", .value = &reason},
		{.name = "json", .flag = &c.json},
	};
	char name[32];
	int first;

	(void)snprintf(name, sizeof(name), "device %s", word);
	first = ost_cli_options(name, options, OST_ARRAY_SIZE(options), argc, argv);
	if (first < 0)
		return OST_EXIT_INPUT;
	if (first + 1 != argc || argv[first][0] == '\0')
		return ost_cli_fail("device %s: name one device", word);
	return strcmp(word, "retire") == 0 ? retire(&c, argv[first], reason) : order(&c, argv[first], word, reason);
}

int ost_cmd_device_approve(const struct ost_cli *cli, int argc, char **argv)
{
	return command(cli, argc, argv, "approve");
}

int ost_cmd_device_quarantine(const struct ost_cli *cli, int argc, char **argv)
{
	return command(cli, argc, argv, "quarantine");
}

int ost_cmd_device_release(const struct ost_cli *cli, int argc, char **argv)
{
	return command(cli, argc, argv, "release");
}

int ost_cmd_device_retire(const struct ost_cli *cli, int argc, char **argv)
{
	return command(cli, argc, argv, "retire");
}
