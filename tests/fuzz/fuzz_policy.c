/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a policy file: a policy or findings, never anything else. What parses must compile
 * or say why not, and its image must open. What can be laid out is laid out once and for all. The first byte cuts the rest in two sources, so that
 * merging is seen. */
#include "compile.h"
#include "format.h"
#include "policy_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool sound)
{
	if (!sound)
		abort();
}

static void compile(const struct ost_policy *policy, struct ost_diag *diag)
{
	char why[256];
	struct ost_image image;
	size_t length;
	void *bytes;
	uint32_t errors = diag->errors;

	if (ost_policy_compile(policy, 1, diag, &bytes, &length) < 0) {
		check(diag->errors > errors);
		return;
	}
	check(ost_image_open(bytes, length, &image, why) == 0);
	check(image.device_count == policy->device_count && image.role_count == policy->role_count);
	free(bytes);
}

static void format(const char *text, size_t length)
{
	char *once = NULL, *twice = NULL;
	struct ost_diag diag = {0};
	size_t n, m;

	if (ost_policy_format("1.yaml", text, length, &diag, &once, &n) == 0) {
		check(ost_policy_format("1.yaml", once, n, &diag, &twice, &m) == 0);
		check(n == m && memcmp(once, twice, n) == 0);
	}
	for (uint32_t i = 0; i < diag.count; i++)
		check(diag.findings[i].pos.line > 0); /* else it is a fault of the formatter */
	free(once);
	free(twice);
	ost_diag_free(&diag);
}

static void sources_parse(const struct ost_policy_source *sources, uint32_t count)
{
	struct ost_policy *policy = NULL;
	struct ost_diag diag = {0};
	char line[512];
	int r = ost_policy_parse(sources, count, &diag, &policy);

	check((r == 0) == (policy != NULL) && (r == 0) == (diag.errors == 0));
	if (r == 0) {
		if (ost_policy_times_check(policy, 1795348800, &diag) == 0)
			compile(policy, &diag);
	}
	ost_diag_sort(&diag);
	for (uint32_t i = 0; i < diag.count; i++) {
		check(diag.findings[i].pos.file != NULL);
		(void)ost_finding_format(&diag.findings[i], line, sizeof(line));
	}
	ost_policy_free(&policy);
	ost_diag_free(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	size_t cut;

	if (size < 1)
		return 0;
	format(text, size - 1);
	cut = data[0] == '#' ? 0 : (size - 1) * data[0] / 256;
	sources_parse((const struct ost_policy_source[]){{"1.yaml", text + cut, size - 1 - cut},
			      {"2.yaml", text, cut}},
		cut > 0 ? 2 : 1);
	return 0;
}
