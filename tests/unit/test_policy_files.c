/* SPDX-License-Identifier: GPL-2.0-or-later */
/* include: of policy files: from disk and from memory, never out of the policy's folder, each file once. */
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy_expect.h"

#define TOP "ostiary: 1\n"

static char root[] = "/tmp/ostiary-policy-files-XXXXXX";

static int root_make(void **state)
{
	(void)state;
	return mkdtemp(root) != NULL && chdir(root) == 0 && mkdir("p", 0755) == 0 && mkdir("p/sub", 0755) == 0 ? 0 : -1;
}

static int root_remove(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", root);
	return chdir("/") == 0 && strncmp(root, "/tmp/ostiary-policy-files-", 26) == 0 ? system(command) : -1;
}

static void file_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fputs(text, f) >= 0, 1);
	assert_int_equal(fclose(f), 0);
}

/* Loads a path; the words of a finding at this place, or NULL for a sound policy. */
static struct ost_policy *load(const char *path, const char *file, uint32_t line, uint32_t column, const char *words)
{
	struct ost_policy_names names;
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};
	int r = ost_policy_load(&path, 1, &diag, &names, &p);

	if (r != (words != NULL ? -EINVAL : 0) || diag.errors != (words != NULL) ||
		(words != NULL && !findings_have(&diag, file, line, column, words))) {
		findings_print(&diag);
		fail_msg("%s: not '%s' at %s:%u:%u, or not alone", path, words ? words : "sound", file ? file : "", line, column);
	}
	ost_diag_free(&diag);
	ost_policy_names_free(&names);
	return p;
}

static void expect_error(const char *include, uint32_t column, const char *words)
{
	char text[PATH_MAX * 2];

	(void)snprintf(text, sizeof(text), TOP "include: %s\n", include);
	file_write("p/a.yaml", text);
	(void)load("p/a.yaml", "p/a.yaml", 2, column, words);
}

static void from_disk(void **state)
{
	struct ost_policy *p;

	(void)state;
	file_write("p/a.yaml", TOP "include: [sub/n.yaml, ./sub/../r.yaml]\nroles: { a: { extends: r, allow: [ { to: { network: n } } ] } }\n");
	file_write("p/r.yaml", TOP "include: sub//n.yaml\nroles: { r: { allow: [ { from: { network: n } } ] } }\n");
	file_write("p/sub/n.yaml", TOP "include: ../sub/m.yaml\nnetworks: { n: [10.0.0.0/8] }\n");
	file_write("p/sub/m.yaml", TOP "networks: { m: [10.0.0.0/8] }\n");
	p = load("p/a.yaml", NULL, 0, 0, NULL);
	assert_int_equal(p->file_count, 4);
	assert_string_equal(p->files[0], "p/a.yaml");
	assert_string_equal(p->files[1], "p/sub/n.yaml");
	assert_string_equal(p->files[2], "p/r.yaml");
	assert_string_equal(p->files[3], "p/sub/m.yaml");
	assert_string_equal(p->roles[0].rules[0].pos.file, "p/r.yaml");
	assert_int_equal(p->roles[0].rules[0].pos.line, 3);
	ost_policy_free(&p);
	p = load("p", NULL, 0, 0, NULL); /* r.yaml is read as a file of the folder, and once */
	assert_int_equal(p->file_count, 4);
	ost_policy_free(&p);
	assert_int_equal(chdir("p"), 0);
	p = load("a.yaml", NULL, 0, 0, NULL);
	assert_string_equal(p->files[1], "sub/n.yaml");
	ost_policy_free(&p);
	assert_int_equal(chdir(".."), 0);
}

/* What was read from disk is the same policy when it comes as bytes, in that order. */
static void from_memory(void **state)
{
	static const char a[] = TOP "include: [sub/n.yaml]\nroles: { a: { allow: [ { to: { network: m } } ] } }\n",
			  n[] = TOP "include: ../m.yaml\n", m[] = TOP "networks: { m: 10.0.0.0/8 }\n";
	const struct ost_policy_source sources[] = {{"x/a.yaml", a, sizeof(a) - 1}, {"x/sub/n.yaml", n, sizeof(n) - 1}, {"x/m.yaml", m, sizeof(m) - 1}};
	struct ost_policy *p = NULL;
	struct ost_diag diag = {0};

	(void)state;
	assert_int_equal(ost_policy_parse(sources, 3, &diag, &p), 0);
	ost_policy_free(&p);
	assert_int_equal(ost_policy_parse(sources, 2, &diag, &p), -EINVAL);
	assert_int_equal(diag.errors, 1); /* that m is not there is no second one */
	assert_true(findings_have(&diag, "x/sub/n.yaml", 2, 10, "has no file x/m.yaml"));
	ost_diag_free(&diag);
	assert_int_equal(ost_policy_parse(&sources[1], 2, &diag, &p), -EINVAL);
	assert_true(findings_have(&diag, "x/sub/n.yaml", 2, 10, "leads out of the folder"));
	ost_diag_free(&diag);
}

static void never_out_of_the_folder(void **state)
{
	char lengthy[PATH_MAX + 64];

	(void)state;
	file_write("outside.yaml", TOP);
	file_write("p/inside.txt", TOP);
	(void)unlink("p/link.yaml");
	assert_int_equal(symlink("../outside.yaml", "p/link.yaml"), 0);
	assert_int_equal(mkfifo("p/pipe.yaml", 0600), 0);
	assert_int_equal(mkdir("p/folder.yaml", 0700), 0);
	expect_error("../outside.yaml", 10, "leads out of the folder");
	expect_error("sub/../../outside.yaml", 10, "leads out of the folder");
	expect_error("sub/../../p/r.yaml", 10, "leads out of the folder");
	expect_error("/etc/passwd", 10, "is not relative");
	expect_error("/etc/x.yaml", 10, "is not relative");
	expect_error("~/x.yaml", 10, "is not relative");
	expect_error("inside.txt", 10, "ends in .yaml");
	expect_error(".yaml", 10, "ends in .yaml");
	expect_error("sub", 10, "ends in .yaml");
	expect_error("\"\"", 10, "is empty");
	expect_error("$(id).yaml", 10, "No such file");
	expect_error("link.yaml", 10, "a link out of the folder");
	expect_error("[sub/m.yaml, missing.yaml]", 23, "No such file");
	expect_error("{ a: b }", 10, "must be a list");
	expect_error("[[a.yaml]]", 11, "must be a single value");
	expect_error("[]", 10, "empty list");
	memset(lengthy, 'a', sizeof(lengthy));
	memcpy(lengthy + sizeof(lengthy) - 6, ".yaml", 6);
	expect_error(lengthy, 10, "more than 4096 bytes");
	memcpy(lengthy + 4080, ".yaml", 6);
	expect_error(lengthy, 10, "File name too long");
	file_write("p/a.yaml", TOP "include: pipe.yaml\n");
	(void)load("p/a.yaml", "p/pipe.yaml", 0, 0, "not a regular file");
	file_write("p/a.yaml", TOP "include: folder.yaml\n");
	(void)load("p/a.yaml", "p/folder.yaml", 0, 0, "cannot read it");
	file_write("p/a.yaml", TOP "include: bad.yaml\nroles: { r: { extends: of-bad } }\n");
	file_write("p/bad.yaml", TOP "roles: [\n");
	(void)load("p/a.yaml", "p/bad.yaml", 3, 1, "not YAML");
	(void)unlink("p/pipe.yaml");
	(void)rmdir("p/folder.yaml");
	(void)unlink("p/link.yaml");
	(void)rmdir("p/folder.yaml");
	(void)unlink("p/bad.yaml");
}

/* The files of a folder are held to the same: a link out of it is none of them. */
static void no_link_out_of_a_folder(void **state)
{
	struct ost_policy *p;

	(void)state;
	assert_int_equal(mkdir("q", 0700), 0);
	file_write("outside.yaml", TOP);
	file_write("q/a.yaml", TOP);
	assert_int_equal(symlink("../outside.yaml", "q/link.yaml"), 0);
	(void)load("q", "q/link.yaml", 0, 0, "a link out of the folder");
	(void)unlink("q/link.yaml");
	file_write("q/..data", TOP "networks: { n: 10.0.0.0/8 }\n");
	assert_int_equal(symlink("..data", "q/link.yaml"), 0); /* within it: as container platforms do */
	p = load("q", NULL, 0, 0, NULL);
	assert_int_equal(p->file_count, 2);
	ost_policy_free(&p);
	(void)unlink("q/link.yaml");
	(void)unlink("q/..data");
	(void)unlink("q/a.yaml");
	(void)rmdir("q");
}

static void circles(void **state)
{
	(void)state;
	expect_error("a.yaml", 10, "includes itself");
	expect_error("./sub/../a.yaml", 10, "includes itself");
	file_write("p/b.yaml", TOP "include: sub/c.yaml\n");
	file_write("p/sub/c.yaml", TOP "include: [m.yaml, ../a.yaml]\n");
	file_write("p/a.yaml", TOP "include: [b.yaml, sub/m.yaml, sub/c.yaml]\n");
	(void)load("p/a.yaml", "p/sub/c.yaml", 2, 19, "p/a.yaml includes itself");
}

/* 1024 files, each of which includes the next one. */
static void many_files(void **state)
{
	char path[64], text[64];
	struct ost_policy *p;

	(void)state;
	assert_int_equal(mkdir("many", 0755), 0);
	for (unsigned i = 0; i < 1025; i++) {
		(void)snprintf(path, sizeof(path), "many/%u.yaml", i);
		(void)snprintf(text, sizeof(text), i < 1023 ? TOP "include: %u.yaml\n" : TOP, i + 1);
		file_write(path, text);
	}
	p = load("many/0.yaml", NULL, 0, 0, NULL);
	assert_int_equal(p->file_count, 1024);
	ost_policy_free(&p);
	file_write("many/1023.yaml", TOP "include: 1024.yaml\n");
	(void)load("many/0.yaml", "many/0.yaml", 0, 0, "more than 1024 policy files");
}

static bool names_more(const char *path, uint32_t files)
{
	struct ost_policy_names names;
	struct ost_policy_sources sources;
	struct ost_diag diag = {0};
	bool more;

	assert_int_equal(ost_policy_sources_read(&path, 1, &diag, &names, &sources), 0);
	assert_int_equal(sources.count, files);
	assert_string_equal(sources.sources[0].name, names.names[files > 1 ? 1 : 0]);
	more = sources.more;
	ost_policy_sources_free(&sources);
	ost_diag_free(&diag);
	ost_policy_names_free(&names);
	return more;
}

/* However include: is spelled: when reading finds a second file, who does not read has said that there may be one. */
static void without_reading(void **state)
{
	static const char *const texts[] = {
		TOP "include: n.yaml\n",
		"include: n.yaml\n" TOP,
		TOP "include:\n- n.yaml\n",
		TOP "\"include\": n.yaml\n",
		TOP "'include': n.yaml\n",
		TOP "\"\\x69nclude\": n.yaml\n",
		TOP "\"inclu\\\n  de\": n.yaml\n",
		TOP "? include\n: n.yaml\n",
		TOP "include : n.yaml\n",
		"  ostiary: 1\n  include: n.yaml\n",
		"# text\n\n  ostiary: 1\n  include: n.yaml\n",
		"{ostiary: 1, include: n.yaml}\n",
		"  {ostiary: 1,\n  include: n.yaml}\n",
		"---\n" TOP "include: n.yaml\n",
		"--- {ostiary: 1, include: n.yaml}\n",
		"\xef\xbb\xbf" TOP "include: n.yaml\n",
		"ostiary: 1\r\ninclude: n.yaml\r\n",
	};
	uint32_t found = 0;

	(void)state;
	file_write("p/n.yaml", TOP);
	for (size_t i = 0; i < OST_ARRAY_SIZE(texts); i++) {
		const char *path = "p/a.yaml";
		struct ost_policy_names names;
		struct ost_policy *p = NULL;
		struct ost_diag diag = {0};

		file_write(path, texts[i]);
		if (ost_policy_load(&path, 1, &diag, &names, &p) == 0)
			found += p->file_count == 2;
		if (!names_more(path, 1))
			fail_msg("'%s' is said to name no other file", texts[i]);
		ost_policy_free(&p);
		ost_diag_free(&diag);
		ost_policy_names_free(&names);
	}
	assert_true(found >= 10);
	/* the usual policy is not read twice, whatever its roles include */
	file_write("p/a.yaml", "# SPDX\n\n" TOP "roles:\n  r:\n    include: [arp]\n  s: { include: [arp], extends: r }\ntests:\n- { device: d, allow: [] }\n"
			       "\n# caf\xc3\xa9\n");
	assert_false(names_more("p/a.yaml", 1));
	file_write("p/a.yaml", TOP "roles: { r: { mud: mud/x.json } }\n");
	assert_true(names_more("p/a.yaml", 1));
	file_write("p/a.yaml", TOP "# \xff\n");
	assert_true(names_more("p/a.yaml", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_disk),
		cmocka_unit_test(from_memory),
		cmocka_unit_test(never_out_of_the_folder), cmocka_unit_test(no_link_out_of_a_folder),
		cmocka_unit_test(circles),
		cmocka_unit_test(many_files),
		cmocka_unit_test(without_reading),
	};

	return cmocka_run_group_tests(tests, root_make, root_remove);
}
