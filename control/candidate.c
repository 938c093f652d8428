/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "candidate.h"

#include <stdio.h>

#include "judge.h"

static bool site_has(const struct ost_site_file *site, const char *port)
{
	for (uint32_t i = 0; i < site->port_count; i++) {
		if (strcmp(site->ports[i].name, port) == 0)
			return true;
	}
	return false;
}

static void ports_list(const struct ost_site_file *site, char *buf, size_t size)
{
	size_t used = (size_t)snprintf(buf, size, "write one of ostiary.yaml's ports:");

	for (uint32_t i = 0; i < site->port_count && used < size; i++) {
		if (site->ports[i].side == OST_SIDE_DEVICE)
			used += (size_t)snprintf(buf + used, size - used, " %s", site->ports[i].name);
	}
}

/* Each port that a device names must be one of the site's, of the device side. */
static int ports_check(const struct ost_policy *policy, const struct ost_site_file *site, struct ost_diag *diag)
{
	uint32_t before = diag->errors;
	char hint[512];

	ports_list(site, hint, sizeof(hint));
	for (uint32_t i = 0; i < policy->device_count; i++) {
		const struct ost_device *d = &policy->devices[i];

		if (d->port != NULL && !site_has(site, d->port))
			ost_diag_error(diag, d->pos, hint, "device %s: there is no port '%s'", d->name, d->port);
	}
	return diag->errors > before ? -EINVAL : 0;
}

static bool is_stopped(const struct ost_candidate_input *in)
{
	return in->stop != NULL && atomic_load(in->stop);
}

static int test_one(struct ost_judge *judge, const struct ost_candidate *c, const struct ost_test *test,
	struct ost_diag *diag, bool *ret_pass)
{
	struct ost_judgement answer;
	bool pass = false;
	int r = ost_judge_test(judge, &c->image, c->policy, test, &answer, &pass);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		ost_diag_error(diag, test->pos, NULL, "test '%s' cannot be asked: %s", test->text, strerror(-r));
	else if (!pass)
		ost_diag_error(diag, test->pos, "ostiary policy explain tells why", "test '%s' expects %s, and the policy says %s%s%s",
			test->text, test->allow ? "allow" : "deny", answer.allowed ? "allow" : "deny",
			answer.allowed ? "" : ": ", answer.allowed ? "" : ost_reason_name(answer.reason));
	*ret_pass = r == 0 && pass;
	return 0;
}

static int tests_run(const struct ost_candidate_input *in, struct ost_candidate *c, struct ost_diag *diag)
{
	struct ost_judge *judge = NULL;
	int r;

	if (c->policy->test_count == 0)
		return 0;
	r = ost_judge_new(&c->image, &judge);
	for (uint32_t i = 0; i < c->policy->test_count && r == 0; i++) {
		bool pass = false;

		r = is_stopped(in) ? -ECANCELED : test_one(judge, c, &c->policy->tests[i], diag, &pass);
		c->tests++;
		c->tests_failed += pass ? 0 : 1;
	}
	ost_judge_free(&judge);
	if (r < 0)
		return r;
	return c->tests_failed > 0 ? -EBADMSG : 0;
}

static int image_make(const struct ost_candidate_input *in, struct ost_diag *diag, struct ost_candidate *c)
{
	char why[256];
	int r = ost_policy_compile(c->policy, in->generation, diag, &c->bytes, &c->length);

	if (r < 0)
		return r;
	r = ost_image_open(c->bytes, c->length, &c->image, why);
	if (r < 0)
		ost_diag_error(diag, (struct ost_pos){0}, "this is a fault of ostiary; report it with the policy",
			"the compiled image is not sound: %s", why);
	return r;
}

int ost_candidate_make(const struct ost_candidate_input *in, struct ost_diag *diag, struct ost_candidate *candidate)
{
	struct ost_candidate *c = candidate;
	int r;

	*c = (struct ost_candidate){0};
	r = ost_policy_parse(in->sources, in->count, diag, &c->policy);
	if (r == 0 && in->now_s > 0)
		r = ost_policy_times_check(c->policy, in->now_s, diag);
	if (r < 0)
		return r;
	if (in->site == NULL)
		ost_diag_warning(diag, (struct ost_pos){0}, "write /etc/ostiary/ostiary.yaml",
			"the site file cannot be read: whether the ports exist was not checked");
	else
		r = ports_check(c->policy, in->site, diag);
	if (r == 0)
		r = is_stopped(in) ? -ECANCELED : image_make(in, diag, c);
	return r == 0 && !in->untested ? tests_run(in, c, diag) : r;
}

void ost_candidate_free(struct ost_candidate *candidate)
{
	ost_policy_free(&candidate->policy);
	free(candidate->bytes);
	*candidate = (struct ost_candidate){0};
}
