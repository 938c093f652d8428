/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence_disk.h"

#include <event2/event.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "file.h"

#define FILE_MODE 0640u
#define DIR_MODE  0750u

struct list {
	struct ost_evidence_job *first, **end;
};

struct ost_evidence_disk {
	const char *folder;
	void (*done)(void *user, struct ost_evidence_job *job);
	void *user;
	int done_fd; /* eventfd: something is done */
	struct event *readable;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t come;
	struct list waiting, finished;
	bool stop;
};

static void list_init(struct list *l)
{
	l->first = NULL;
	l->end = &l->first;
}

static void list_add(struct list *l, struct ost_evidence_job *job)
{
	job->next = NULL;
	*l->end = job;
	l->end = &job->next;
}

static struct ost_evidence_job *list_take(struct list *l)
{
	struct ost_evidence_job *job = l->first;

	if (job == NULL)
		return NULL;
	l->first = job->next;
	if (l->first == NULL)
		l->end = &l->first;
	return job;
}

static int job_do(const struct ost_evidence_disk *d, struct ost_evidence_job *job)
{
	char path[PATH_MAX];
	int r;

	if (snprintf(path, sizeof(path), "%s/%s", d->folder, job->name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (job->bytes == NULL)
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	r = ost_dir_make(d->folder, DIR_MODE);
	if (r == 0)
		r = ost_file_write(path, job->bytes, job->length, FILE_MODE);
	return r < 0 ? r : ost_digest_bytes(job->bytes, job->length, job->sha256);
}

/* The next job; NULL: it is over, and everything is done. */
static struct ost_evidence_job *job_wait(struct ost_evidence_disk *d)
{
	struct ost_evidence_job *job;

	(void)pthread_mutex_lock(&d->lock);
	while ((job = list_take(&d->waiting)) == NULL && !d->stop)
		(void)pthread_cond_wait(&d->come, &d->lock);
	(void)pthread_mutex_unlock(&d->lock);
	return job;
}

static void *thread_run(void *disk)
{
	struct ost_evidence_disk *d = disk;
	struct ost_evidence_job *job;
	const uint64_t one = 1;

	while ((job = job_wait(d)) != NULL) {
		job->result = job_do(d, job);
		(void)pthread_mutex_lock(&d->lock);
		list_add(&d->finished, job);
		(void)pthread_mutex_unlock(&d->lock);
		while (write(d->done_fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
	}
	return NULL;
}

static void tell(struct ost_evidence_disk *d)
{
	for (;;) {
		struct ost_evidence_job *job;

		(void)pthread_mutex_lock(&d->lock);
		job = list_take(&d->finished);
		(void)pthread_mutex_unlock(&d->lock);
		if (job == NULL)
			return;
		d->done(d->user, job);
	}
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	uint64_t jobs;

	(void)what;
	if (read((int)fd, &jobs, sizeof(jobs)) < 0)
		return; /* told before */
	tell(user);
}

int ost_evidence_disk_new(struct event_base *base, const char *folder, void (*done)(void *user, struct ost_evidence_job *job), void *user,
	struct ost_evidence_disk **ret_disk)
{
	struct ost_evidence_disk *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return -ENOMEM;
	d->folder = folder;
	d->done = done;
	d->user = user;
	list_init(&d->waiting);
	list_init(&d->finished);
	(void)pthread_mutex_init(&d->lock, NULL);
	(void)pthread_cond_init(&d->come, NULL);
	d->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d->done_fd >= 0)
		d->readable = event_new(base, d->done_fd, EV_READ | EV_PERSIST, on_readable, d);
	if (d->readable == NULL || event_add(d->readable, NULL) < 0) {
		ost_evidence_disk_free(&d);
		return -ENOMEM;
	}
	*ret_disk = d;
	return 0;
}

void ost_evidence_disk_free(struct ost_evidence_disk **disk)
{
	struct ost_evidence_disk *d = *disk;

	if (d == NULL)
		return;
	if (d->running) {
		(void)pthread_mutex_lock(&d->lock);
		d->stop = true;
		(void)pthread_cond_signal(&d->come);
		(void)pthread_mutex_unlock(&d->lock);
		(void)pthread_join(d->thread, NULL);
		tell(d);
	}
	if (d->readable != NULL)
		event_free(d->readable);
	ost_cleanup_close(&d->done_fd);
	(void)pthread_cond_destroy(&d->come);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
	*disk = NULL;
}

/* The thread begins with the first job: most gateways never need it. Signals are the event loop's. */
static int thread_start(struct ost_evidence_disk *d)
{
	sigset_t all, before;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&d->thread, NULL, thread_run, d);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	d->running = r == 0;
	return -r;
}

int ost_evidence_disk_put(struct ost_evidence_disk *d, struct ost_evidence_job *job)
{
	int r = d->running ? 0 : thread_start(d);

	if (r < 0)
		return r;
	(void)pthread_mutex_lock(&d->lock);
	list_add(&d->waiting, job);
	(void)pthread_cond_signal(&d->come);
	(void)pthread_mutex_unlock(&d->lock);
	return 0;
}

void ost_evidence_job_free(struct ost_evidence_job *job)
{
	if (job != NULL)
		free(job->bytes);
	free(job);
}
