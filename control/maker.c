/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "maker.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>

#include "digest.h"
#include "generations.h"

struct ost_maker {
	int ended_fd; /* eventfd: the thread says that it is at its end */
	struct event *ended;
	void (*done)(void *user);
	void *user;
	pthread_t thread;
	bool running;
	atomic_bool stop;
	struct ost_making *making;
};

/* The site file is read anew each time: ports may have been added since. */
static struct ost_site_file *site_load(const struct ost_paths *paths)
{
	struct ost_site_file *site = NULL;
	struct ost_diag diag = {0};

	if (ost_site_file_load(paths->site_file, &diag, &site) < 0)
		site = NULL;
	ost_diag_free(&diag);
	return site;
}

static void generation_fill(struct ost_generation *g, const struct ost_candidate *c)
{
	g->crc = c->image.header->crc;
	g->devices = c->image.device_count;
	g->roles = c->image.role_count;
	g->rules = c->image.rule_count;
	g->tests = c->tests;
	g->image_bytes = c->length;
}

/* The digest is reckoned while the disk takes the image. */
static int store(struct ost_making *m, struct ost_generation_draft *draft)
{
	int r = ost_generations_draft_image(draft, m->candidate.bytes, m->candidate.length);

	generation_fill(&m->generation, &m->candidate);
	if (r == 0)
		r = ost_digest_sources(m->sources, m->count, m->generation.sources_sha256);
	return r == 0 ? ost_generations_store(m->paths, &m->generation, m->sources, m->count, draft) : r;
}

static void make(struct ost_making *m, const atomic_bool *stop)
{
	struct ost_site_file *site = site_load(m->paths);
	const struct ost_candidate_input in = {.sources = m->sources, .count = m->count, .site = site,
		.generation = m->generation.number, .now_s = time(NULL), .untested = m->rehearsal, .stop = stop};
	struct ost_generation_draft draft = {.count = 0};
	int begun = m->rehearsal ? 0 : ost_generations_begin(m->paths, m->generation.number, m->sources, m->count, &draft);

	m->stored = -ECANCELED;
	m->keep = site != NULL ? site->generations : OST_GENERATIONS_KEPT;
	m->made = ost_candidate_make(&in, &m->diag, &m->candidate);
	ost_site_file_free(&site);
	if (m->made == 0 && !atomic_load(stop))
		m->stored = m->rehearsal || begun < 0 ? begun : store(m, &draft);
	ost_generations_abandon(&draft); /* what was stored is none any more */
}

static void *thread_run(void *maker)
{
	struct ost_maker *m = maker;
	const uint64_t one = 1;

	make(m->making, &m->stop);
	while (write(m->ended_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	return NULL;
}

/* Behind it everything that the thread wrote is seen here. */
static void thread_join(struct ost_maker *m)
{
	uint64_t ends;

	(void)pthread_join(m->thread, NULL);
	if (read(m->ended_fd, &ends, sizeof(ends)) < 0)
		ends = 0; /* the event took it */
	m->running = false;
}

static void on_ended(evutil_socket_t fd, short what, void *user)
{
	struct ost_maker *m = user;

	(void)fd;
	(void)what;
	if (!m->running)
		return;
	thread_join(m);
	m->done(m->user);
}

int ost_maker_new(struct event_base *base, void (*done)(void *user), void *user, struct ost_maker **ret_maker)
{
	struct ost_maker *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return -ENOMEM;
	m->done = done;
	m->user = user;
	m->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->ended_fd >= 0)
		m->ended = event_new(base, m->ended_fd, EV_READ | EV_PERSIST, on_ended, m);
	if (m->ended == NULL || event_add(m->ended, NULL) < 0) {
		ost_maker_free(&m);
		return -ENOMEM;
	}
	*ret_maker = m;
	return 0;
}

void ost_maker_free(struct ost_maker **maker)
{
	struct ost_maker *m = *maker;

	if (m == NULL)
		return;
	ost_maker_stop(m);
	if (m->ended != NULL)
		event_free(m->ended);
	ost_cleanup_close(&m->ended_fd);
	free(m);
	*maker = NULL;
}

int ost_maker_start(struct ost_maker *m, struct ost_making *making)
{
	sigset_t all, before;
	int r;

	if (m->running)
		return -EBUSY;
	m->making = making;
	atomic_store(&m->stop, false);
	/* Signals are the event loop's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&m->thread, NULL, thread_run, m);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	m->running = r == 0;
	return -r;
}

void ost_maker_stop(struct ost_maker *m)
{
	if (!m->running)
		return;
	atomic_store(&m->stop, true);
	thread_join(m);
}
