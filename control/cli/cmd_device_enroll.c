/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary device enroll ID: a device's certificate. Its name comes from the policy, when that has
 * one. */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "options.h"
#include "policy_input.h"
#include "say_pki.h"
#include "text.h"

#define DEFAULT_URN "urn:dev:ser:"

/* What the policy files say of the device. */
struct known {
	bool policy; /* there are policy files */
	bool device; /* the device is in them */
	bool agrees; /* with that name in its certificate */
	char urn[OST_PKI_URN_MAX + 1];
};

static int is_policy(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 5, ".yaml") == 0;
}

/* A site may have its CA before it has a policy. */
static bool policy_there(const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_policy, NULL);

	for (int i = 0; i < n; i++)
		free(entries[i]);
	if (n >= 0)
		free(entries);
	return n > 0 ||
	       (n < 0 && errno != ENOENT); /* what cannot be read is told when it is opened */
}

static int policy_look(const struct ost_cli *cli, const struct ost_policy *p, const char *id,
	const char *name, struct known *k)
{
	int64_t at = ost_policy_device_find(p, id);
	const char *written = at >= 0 ? p->devices[at].certificate : NULL;

	k->device = at >= 0;
	if (name != NULL)
		(void)snprintf(k->urn, sizeof(k->urn), "%s", name);
	else if (written != NULL)
		(void)snprintf(k->urn, sizeof(k->urn), "%s", written);
	k->agrees = written != NULL && strcmp(written, k->urn) == 0;
	if (written != NULL && name == NULL && !ost_pki_urn_valid(written))
		return ost_cli_fail("%s: device %s has certificate '%s', and only a urn:dev: can "
				    "be issued here; change it, or write --name",
			cli->paths.policy_dir, id, written);
	for (uint32_t i = 0; i < p->device_count; i++) {
		const struct ost_device *d = &p->devices[i];

		if (d->certificate == NULL || strcmp(d->certificate, k->urn) != 0 || i == at)
			continue;
		if (strcmp(id, k->urn) == 0) /* named by its URN: that is this device */
			k->device = k->agrees = true;
		else
			return ost_cli_fail("%s: %s is the name of device %s; a certificate with "
					    "it would be let in as that one",
				cli->paths.policy_dir, k->urn, d->name);
	}
	return OST_EXIT_OK;
}

/* The name in the certificate: --name, the policy's, the ID itself, or one made of it. */
static int name_find(const struct ost_cli *cli, const char *id, const char *name, struct known *k)
{
	const char *const folder = cli->paths.policy_dir;
	struct ost_cli_policy p;
	int r;

	if (name != NULL && strlen(name) > OST_PKI_URN_MAX)
		return ost_cli_fail(
			"device enroll: --name takes at most %u bytes", OST_PKI_URN_MAX);
	(void)snprintf(k->urn, sizeof(k->urn), "%s%.200s",
		strncmp(id, "urn:", 4) == 0 ? "" : DEFAULT_URN, id);
	if (name != NULL)
		(void)snprintf(k->urn, sizeof(k->urn), "%s", name);
	k->policy = policy_there(folder);
	if (!k->policy)
		return OST_EXIT_OK;
	r = ost_cli_policy_open(cli, &folder, 1, &p);
	if (r == OST_EXIT_OK)
		r = policy_look(cli, p.policy, id, name, k);
	ost_cli_policy_free(&p);
	return r;
}

static void say(
	const struct ost_pki_device *d, const struct known *k, const struct ost_pki_enrolled *e)
{
	char day[OST_SAY_DAY];

	(void)printf("%s is %s until %s%s\n\n", d->id, d->urn,
		ost_say_day(e->certificate.not_after_s, day),
		e->shortened ? ", when the CA ends" : "");
	if (e->key_file[0] != '\0')
		(void)printf("  %s   secret: to the device, then remove it here\n", e->key_file);
	(void)printf(
		"  %s   its certificate, number %s\n", e->certificate_file, e->certificate.serial);
	(void)printf("  %s   by which it knows the network\n", e->ca_file);
	if (!k->agrees)
		(void)printf("\nnext: write  certificate: \"%s\"  under device %s in the policy\n",
			d->urn, d->id);
	else
		(void)printf("\nnext: bring these files to the device\n");
}

static int json(
	const struct ost_pki_device *d, const struct known *k, const struct ost_pki_enrolled *e)
{
	struct ost_jsonw w = {0};

	ost_jsonw_object(&w, NULL);
	ost_jsonw_string(&w, "id", d->id);
	ost_jsonw_string(&w, "urn", d->urn);
	ost_jsonw_bool(&w, "in_policy", k->agrees);
	ost_say_certificate(&w, "certificate", &e->certificate);
	ost_jsonw_object(&w, "files");
	ost_jsonw_string(&w, "key", e->key_file[0] != '\0' ? e->key_file : NULL);
	ost_jsonw_string(&w, "certificate", e->certificate_file);
	ost_jsonw_string(&w, "ca_certificate", e->ca_file);
	ost_jsonw_end(&w, '}');
	ost_jsonw_end(&w, '}');
	return ost_cli_json_print(&w);
}

static int enroll(const struct ost_cli *cli, struct ost_pki_device *d, const char *name)
{
	struct ost_pki_enrolled e = {0};
	struct known k = {0};
	struct ost_pki pki;
	int r;

	if (!ost_pki_id_valid(d->id))
		return ost_cli_fail("device enroll: '%.80s' is no name of a device: letters, "
				    "digits, '.', '_' and '-', at most %u",
			d->id, OST_NAME_MAX);
	r = name_find(cli, d->id, name, &k);
	if (r != OST_EXIT_OK)
		return r;
	d->urn = k.urn;
	r = ost_say_pki_open(cli, &pki);
	if (r == OST_EXIT_OK && ost_pki_enroll(&pki, d, &e) < 0)
		r = ost_cli_fail("%s", pki.why);
	ost_pki_close(&pki);
	if (r != OST_EXIT_OK)
		return r;
	if (cli->json)
		return json(d, &k, &e);
	say(d, &k, &e);
	return OST_EXIT_OK;
}

int ost_cmd_device_enroll(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	struct ost_pki_device d = {.out_dir = ".", .days = OST_PKI_DEVICE_DAYS};
	const char *days = NULL, *name = NULL;
	const struct ost_cli_option options[] = {
		{.name = "csr", .value = &d.csr},
		{.name = "days", .value = &days},
		{.name = "name", .value = &name},
		{.name = "out", .value = &d.out_dir},
		{.name = "json", .flag = &c.json},
	};
	uint64_t n = OST_PKI_DEVICE_DAYS;
	int first = ost_cli_options("device enroll", options, OST_ARRAY_SIZE(options), argc, argv);

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first + 1 != argc)
		return ost_cli_fail("device enroll: name one device, as the policy names it");
	if (days != NULL &&
		(ost_number_parse(days, strlen(days), &n) < 0 || n < 1 || n > OST_PKI_DAYS_MAX))
		return ost_cli_fail("device enroll: --days takes 1 to %u", OST_PKI_DAYS_MAX);
	d.id = argv[first];
	d.days = (uint32_t)n;
	(void)umask(077);
	return enroll(&c, &d, name);
}
