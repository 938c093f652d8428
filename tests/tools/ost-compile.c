/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ost-compile GENERATION OUT POLICY...: policy files to an image file, for scenarios without ostiaryd. */
#include <stdio.h>

#include "compile.h"
#include "file.h"
#include "policy_yaml.h"

static int findings_print(const struct ost_diag *diag)
{
	char line[1024];

	for (uint32_t i = 0; i < diag->count; i++) {
		(void)ost_finding_format(&diag->findings[i], line, sizeof(line));
		(void)fprintf(stderr, "%s\n", line);
	}
	return diag->errors > 0 ? 2 : 0;
}

int main(int argc, char **argv)
{
	struct ost_policy_names names = {0};
	struct ost_diag diag = {0};
	struct ost_policy *policy = NULL;
	void *bytes = NULL;
	size_t length = 0;
	int r, code;

	if (argc < 4) {
		(void)fputs("usage: ost-compile GENERATION OUT POLICY...\n", stderr);
		return 2;
	}
	r = ost_policy_load((const char *const *)(argv + 3), (uint32_t)(argc - 3), &diag, &names, &policy);
	if (r == 0)
		r = ost_policy_compile(policy, strtoull(argv[1], NULL, 10), &diag, &bytes, &length);
	if (r == 0)
		r = ost_file_write(argv[2], bytes, length, 0640);
	code = findings_print(&diag);
	if (r < 0 && code == 0)
		(void)fprintf(stderr, "ost-compile: %s: %s\n", argv[2], strerror(-r));
	free(bytes);
	ost_policy_free(&policy);
	ost_diag_free(&diag);
	ost_policy_names_free(&names);
	return r < 0 ? 2 : 0;
}
