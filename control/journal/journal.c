/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue, the thread that writes, and what it tells. */
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "clock.h"
#include "recover.h"
#include "retention.h"

#define VITAL_SHARE 8u /* of the queue is kept for vital records: one in so many */
#define RETRY_MOST  60u /* times retry_ms is the longest pause */

enum order {
	ORDER_NONE,
	ORDER_ROTATE,
	ORDER_PRUNE,
	ORDER_ACCEPT_LOSS,
};

struct list {
	struct ost_pending *first, **last;
	uint32_t count;
};

struct ost_journal {
	struct ost_journal_config config;
	struct ost_journal_io *own_io;
	char path[PATH_MAX], origin[OST_JOURNAL_ORIGIN_MAX + 1];
	int fd; /* eventfd for the loop */
	pthread_t thread;
	pthread_mutex_t lock; /* of all below but commit */
	pthread_cond_t wake;
	bool stop;
	struct list queue, written, done; /* to be written; written without a checkpoint; acknowledged, to be told */
	uint64_t bytes;			  /* of the members of all of them */
	uint32_t held;			  /* records in all of them */
	uint64_t first_ns;		  /* when the first of the queue came */
	uint64_t urgent, vital;		  /* of the queue, those to be committed at once; those that a full disk's reserve is for */
	uint64_t dropped_now, dropped_from_ns, dropped_to_ns; /* since the last journal.overflow */
	enum order order;
	char by[256], reason[2048];
	bool compromised;
	uint64_t number, before_wall_ns;
	uint64_t still; /* 1 + the first record that somebody is still to read; 0: nobody is */
	bool covered_new;
	uint64_t covered_size;
	char covered_note[OST_JOURNAL_NOTE_MAX];
	struct ost_journal_status status;
	/* The thread's own. */
	struct ost_commit commit;
	bool open;
	uint32_t failures; /* in a row */
	uint64_t spare_ns, upkeep_ns; /* when the reserve, and what is too old, are looked after next */
};

const char *ost_journal_mode_name(enum ost_journal_mode mode)
{
	static const char *const names[] = {"starting", "sound", "degraded", "read-only"};

	return names[mode];
}

/* ---- lists ---- */

static void list_init(struct list *l)
{
	l->first = NULL;
	l->last = &l->first;
	l->count = 0;
}

static void list_add(struct list *l, struct ost_pending *p)
{
	p->next = NULL;
	*l->last = p;
	l->last = &p->next;
	l->count++;
}

static struct ost_pending *list_take(struct list *l)
{
	struct ost_pending *p = l->first;

	if (p == NULL)
		return NULL;
	l->first = p->next;
	l->count--;
	if (l->first == NULL)
		l->last = &l->first;
	return p;
}

static void list_free(struct list *l)
{
	for (struct ost_pending *p; (p = list_take(l)) != NULL;)
		ost_pending_free(p);
}

/* ---- what is told (locked) ---- */

static void tell(struct ost_journal *j)
{
	const uint64_t one = 1;

	while (write(j->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

/* Without a cookie nobody waits for it. */
static void settle(struct ost_journal *j, struct ost_pending *p, bool acknowledged)
{
	if (acknowledged)
		j->status.acknowledged++;
	if (p->cookie != 0) {
		list_add(&j->done, p);
		return;
	}
	j->held--;
	j->bytes -= strlen(p->members);
	ost_pending_free(p);
}

static void status_take(struct ost_journal *j)
{
	const struct ost_commit *c = &j->commit;
	struct ost_journal_status *s = &j->status;

	if (!j->open)
		return;
	s->size = c->covered;
	s->minimum = c->minimum;
	s->segment = c->segment;
	s->commits = c->commits;
	s->io_errors = c->io_errors;
	s->recoveries = c->recoveries;
	s->clock_steps = c->clock_steps;
	s->spare = false;
	memcpy(s->origin, c->origin, sizeof(s->origin));
	if (c->signer.vkey.name[0] != '\0')
		ost_vkey_format(&c->signer.vkey, s->vkey);
	if (c->read_only) {
		s->mode = OST_JOURNAL_READ_ONLY;
		(void)snprintf(s->trouble, sizeof(s->trouble), "%s", c->why);
	} else if (j->failures > 0) {
		s->mode = OST_JOURNAL_DEGRADED;
	} else if (c->spare) {
		s->mode = OST_JOURNAL_DEGRADED;
		s->spare = true;
		(void)snprintf(s->trouble, sizeof(s->trouble),
			"the disk is full: only decisions and ends of incidents are written, into the room of a reserve; make room on it");
	} else {
		s->mode = OST_JOURNAL_SOUND;
		s->trouble[0] = '\0';
	}
	if (c->covered != j->covered_size && c->note_length > 0) {
		j->covered_size = c->covered;
		j->covered_new = true;
		memcpy(j->covered_note, c->note, c->note_length + 1);
	}
}

static void failed(struct ost_journal *j, int r)
{
	j->failures++;
	j->status.mode = OST_JOURNAL_DEGRADED;
	(void)snprintf(j->status.trouble, sizeof(j->status.trouble), "the disk does not take the journal: %s", strerror(-r));
}

/* ---- the thread ---- */

static bool overflow_is_due(const struct ost_journal *j)
{
	return j->dropped_now > 0 && j->held <= j->config.queue / 2;
}

/* What was dropped is told once there is room again. */
static struct ost_pending *overflow_take(struct ost_journal *j)
{
	struct ost_pending *p = NULL;
	char members[320], from[OST_TIME_TEXT], to[OST_TIME_TEXT];

	if (!overflow_is_due(j) || (j->open && j->commit.own != NULL))
		return NULL;
	ost_clock_format(j->dropped_from_ns, from);
	ost_clock_format(j->dropped_to_ns, to);
	(void)snprintf(members, sizeof(members),
		"\"message\":\"the queue was full: records were dropped\",\"ostiary\":{\"journal\":{\"overflow\":{\"dropped\":%" PRIu64
		",\"from\":\"%s\",\"to\":\"%s\"}}}",
		j->dropped_now, from, to);
	if (ost_pending_new("journal.overflow", members, 0, &p) < 0)
		return NULL;
	j->dropped_now = 0;
	return p;
}

/* A group that is written waits for its checkpoint; one that is not goes back to where it came from. */
static void group_end(struct ost_journal *j, struct ost_pending **group, uint32_t count, bool written, int r, uint64_t began_ns)
{
	struct list back;

	list_init(&back);
	for (uint32_t i = 0; i < count; i++)
		list_add(r == 0 || written ? &j->written : &back, group[i]);
	if (back.count > 0) {
		*back.last = j->queue.first;
		if (j->queue.first == NULL)
			j->queue.last = back.last;
		j->queue.first = back.first;
		j->queue.count += back.count;
		j->first_ns = began_ns;
	}
	if (r < 0) {
		failed(j, r);
		return;
	}
	j->failures = 0;
	if (j->written.count > 0) {
		j->status.commit_ns = ost_clock_mono_ns() - began_ns;
		j->status.commit_most_ns = OST_MAX(j->status.commit_most_ns, j->status.commit_ns);
		j->status.covered_wall_ns = ost_clock_wall_ns();
	}
	for (struct ost_pending *p; (p = list_take(&j->written)) != NULL;)
		settle(j, p, true);
}

static void counted(struct ost_journal *j, const struct ost_pending *p, bool in)
{
	j->urgent += p->at_once ? in ? 1 : UINT64_MAX : 0;
	j->vital += p->vital ? in ? 1 : UINT64_MAX : 0;
}

/* The first that may be written: on a full disk only what is vital. */
static struct ost_pending *queue_take(struct ost_journal *j)
{
	struct ost_pending **at = &j->queue.first, *p;

	while (*at != NULL && j->commit.spare && !j->stop && !(*at)->vital)
		at = &(*at)->next;
	p = *at;
	if (p == NULL)
		return NULL;
	*at = p->next;
	if (j->queue.last == &p->next)
		j->queue.last = at;
	j->queue.count--;
	counted(j, p, false);
	return p;
}

static void refuse_all(struct ost_journal *j)
{
	for (struct ost_pending *p; (p = list_take(&j->queue)) != NULL;) {
		j->status.refused++;
		p->seq = OST_JOURNAL_SEQ_MAX; /* told as refused */
		settle(j, p, false);
	}
	j->urgent = j->vital = 0;
}

/* Takes a group out of the queue and commits it with the lock open. */
static void commit(struct ost_journal *j)
{
	struct ost_pending *group[OST_JOURNAL_BATCH];
	struct ost_pending *overflow = overflow_take(j);
	uint64_t began_ns = ost_clock_mono_ns();
	bool written = false;
	uint32_t count = 0;
	int r;

	if (j->commit.read_only) {
		refuse_all(j);
		return;
	}
	while (count < j->config.batch && (group[count] = queue_take(j)) != NULL)
		count++;
	j->first_ns = began_ns;
	(void)pthread_mutex_unlock(&j->lock);
	if (overflow != NULL)
		ost_commit_own(&j->commit, overflow);
	r = ost_commit_group(&j->commit, group, count, &written);
	(void)pthread_mutex_lock(&j->lock);
	for (uint32_t i = 0; i < count && r < 0 && !written; i++)
		counted(j, group[i], true);
	group_end(j, group, count, written, r, began_ns);
}

static int prune(struct ost_journal *j)
{
	char before[OST_TIME_TEXT];
	struct ost_retention age = {.before = before, .held = UINT64_MAX};
	uint64_t seq = j->number;
	int r = 0;

	ost_clock_format(j->before_wall_ns, before);
	if (j->before_wall_ns != 0)
		r = ost_retention_seq(j->commit.io, &age, &seq);
	return r < 0 ? r : ost_commit_prune(&j->commit, seq, j->by);
}

/* What is too old or too much, now and then. */
static void upkeep(struct ost_journal *j)
{
	const uint64_t age_ns = j->config.retain_days * (uint64_t)86400 * OST_NS_PER_S, now_ns = ost_clock_wall_ns();
	char before[OST_TIME_TEXT];
	struct ost_retention too_much = {.before = age_ns != 0 && ost_clock_is_set(now_ns) ? before : NULL,
		.held = j->still != 0 ? j->still - 1 : UINT64_MAX,
		.bytes_most = j->config.retain_bytes};
	uint64_t seq = 0;
	int r;

	ost_clock_format(now_ns - OST_MIN(now_ns, age_ns), before);
	j->upkeep_ns = ost_clock_mono_ns() + j->config.upkeep_ms * OST_NS_PER_MS;
	(void)pthread_mutex_unlock(&j->lock);
	r = ost_retention_seq(j->commit.io, &too_much, &seq);
	if (r == 0 && seq > j->commit.minimum)
		r = ost_commit_prune(&j->commit, seq, "retention");
	(void)pthread_mutex_lock(&j->lock);
	if (r < 0 && r != -EROFS)
		failed(j, r);
}

/* A full disk: is there room again? */
static void spare_try(struct ost_journal *j)
{
	j->spare_ns = ost_clock_mono_ns() + j->config.retry_ms * OST_NS_PER_MS;
	(void)pthread_mutex_unlock(&j->lock);
	ost_commit_reserve(&j->commit);
	(void)pthread_mutex_lock(&j->lock);
}

static void order_run(struct ost_journal *j)
{
	enum order order = j->order;
	int r = 0;

	(void)pthread_mutex_unlock(&j->lock);
	if (order == ORDER_ROTATE)
		r = ost_commit_rotate_key(&j->commit, j->by, j->reason, j->compromised, j->number);
	else if (order == ORDER_PRUNE)
		r = prune(j);
	else if (order == ORDER_ACCEPT_LOSS)
		r = ost_recover_accept_loss(&j->commit, j->by, j->reason);
	(void)pthread_mutex_lock(&j->lock);
	j->order = ORDER_NONE;
	j->status.order_result = r;
	j->status.orders_done++;
	if (r < 0 && r != -EROFS && r != -EINVAL)
		failed(j, r);
}

static void start(struct ost_journal *j)
{
	const struct ost_commit_config config = {.io = j->config.io, .origin = j->origin, .segment_bytes = j->config.segment_bytes,
		.reserve_bytes = j->config.reserve_bytes};
	int r;

	(void)pthread_mutex_unlock(&j->lock);
	r = j->config.io == NULL ? ost_journal_io_new(j->path, &j->own_io) : 0;
	if (r == -ENOENT && mkdir(j->path, 0750) == 0 && chmod(j->path, 0750) == 0)
		r = ost_journal_io_new(j->path, &j->own_io);
	if (r == 0) {
		struct ost_commit_config c = config;

		c.io = j->config.io != NULL ? j->config.io : j->own_io;
		r = ost_recover(&c, &j->commit);
		if (r == 0)
			ost_commit_reserve(&j->commit);
		if (r < 0)
			ost_journal_io_free(&j->own_io);
	}
	(void)pthread_mutex_lock(&j->lock);
	j->open = r == 0;
	if (r < 0)
		failed(j, r);
	else
		j->failures = ost_commit_waits(&j->commit) ? 1 : 0;
}

static bool group_is_due(const struct ost_journal *j, uint64_t now)
{
	if (j->commit.spare && !j->stop)
		return j->vital > 0;
	return j->queue.count >= j->config.batch || j->urgent > 0 || j->stop ||
	       (j->queue.count > 0 && now - j->first_ns >= j->config.batch_ms * OST_NS_PER_MS);
}

static void sleep_until(struct ost_journal *j, uint64_t mono_ns)
{
	const struct timespec t = {.tv_sec = (time_t)(mono_ns / OST_NS_PER_S), .tv_nsec = (long)(mono_ns % OST_NS_PER_S)};

	(void)pthread_cond_timedwait(&j->wake, &j->lock, &t);
}

/* A disk that failed is tried again after a pause that grows; at the end once more. */
static bool retry_is_due(struct ost_journal *j, uint64_t *next_ns, uint64_t now)
{
	if (now >= *next_ns || j->stop) {
		uint64_t pause = OST_MIN(1ull << OST_MIN(j->failures, 10u), (uint64_t)RETRY_MOST) * j->config.retry_ms;

		*next_ns = now + pause * OST_NS_PER_MS;
		return true;
	}
	return false;
}

/* Nothing to do but what the clock brings. */
static void idle(struct ost_journal *j)
{
	uint64_t until_ns = j->upkeep_ns;

	if (j->commit.spare)
		until_ns = OST_MIN(until_ns, j->spare_ns);
	else if (j->queue.count > 0)
		until_ns = OST_MIN(until_ns, j->first_ns + j->config.batch_ms * OST_NS_PER_MS);
	sleep_until(j, until_ns);
}

static bool upkeep_is_due(const struct ost_journal *j, uint64_t now)
{
	return now >= j->upkeep_ns && (j->config.retain_days != 0 || j->config.retain_bytes != 0) && !j->commit.read_only && !j->stop;
}

/* One step, or a wait; false: it is over. */
static bool step(struct ost_journal *j, uint64_t *next_ns)
{
	uint64_t now = ost_clock_mono_ns();
	bool stop = j->stop;

	if (!j->open || j->failures > 0) {
		if (!retry_is_due(j, next_ns, now)) {
			sleep_until(j, *next_ns);
			return true;
		}
		if (!j->open)
			start(j);
		if (j->open && (j->failures > 0 || stop))
			commit(j);
	} else if (group_is_due(j, now) || ost_commit_waits(&j->commit) || overflow_is_due(j)) {
		commit(j);
	} else if (j->order != ORDER_NONE) {
		order_run(j);
	} else if (j->commit.spare && now >= j->spare_ns) {
		spare_try(j);
	} else if (upkeep_is_due(j, now)) {
		upkeep(j);
	} else {
		idle(j);
		return true;
	}
	status_take(j);
	tell(j);
	return !stop || (j->queue.count > 0 && j->failures == 0 && j->open);
}

static void *thread_run(void *journal)
{
	struct ost_journal *j = journal;
	uint64_t next_ns = 0;

	(void)pthread_mutex_lock(&j->lock);
	while (step(j, &next_ns))
		;
	(void)pthread_mutex_unlock(&j->lock);
	return NULL;
}

/* ---- what others call ---- */

static void defaults(struct ost_journal_config *c)
{
	if (c->batch == 0 || c->batch > OST_JOURNAL_BATCH)
		c->batch = OST_JOURNAL_BATCH;
	if (c->batch_ms == 0)
		c->batch_ms = OST_JOURNAL_BATCH_MS;
	if (c->queue == 0)
		c->queue = OST_JOURNAL_QUEUE;
	if (c->queue_bytes == 0)
		c->queue_bytes = OST_JOURNAL_QUEUE_BYTES;
	if (c->segment_bytes == 0)
		c->segment_bytes = OST_JOURNAL_SEGMENT_BYTES;
	if (c->retry_ms == 0)
		c->retry_ms = OST_JOURNAL_RETRY_MS;
	if (c->upkeep_ms == 0)
		c->upkeep_ms = OST_JOURNAL_UPKEEP_MS;
}

static int thread_start(struct ost_journal *j)
{
	pthread_condattr_t attr;
	sigset_t all, before;
	int r;

	(void)pthread_mutex_init(&j->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&j->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	/* Signals are the event loop's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&j->thread, NULL, thread_run, j);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

int ost_journal_open(const struct ost_journal_config *config, struct ost_journal **ret_journal)
{
	struct ost_journal *j;
	int r;

	if (config->origin == NULL || !ost_note_name_is_valid(config->origin, strlen(config->origin)) ||
		(config->io == NULL && (config->path == NULL || strlen(config->path) >= sizeof(j->path))))
		return -EINVAL;
	j = calloc(1, sizeof(*j));
	if (j == NULL)
		return -ENOMEM;
	j->config = *config;
	defaults(&j->config);
	if (config->path != NULL)
		(void)snprintf(j->path, sizeof(j->path), "%s", config->path);
	(void)snprintf(j->origin, sizeof(j->origin), "%s", config->origin);
	memcpy(j->status.origin, j->origin, sizeof(j->status.origin));
	j->upkeep_ns = ost_clock_mono_ns() + j->config.upkeep_ms * OST_NS_PER_MS;
	list_init(&j->queue);
	list_init(&j->written);
	list_init(&j->done);
	j->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = j->fd < 0 ? -errno : thread_start(j);
	if (r < 0) {
		ost_cleanup_close(&j->fd);
		free(j);
		return r;
	}
	*ret_journal = j;
	return 0;
}

void ost_journal_close(struct ost_journal **journal)
{
	struct ost_journal *j = *journal;

	if (j == NULL)
		return;
	(void)pthread_mutex_lock(&j->lock);
	j->stop = true;
	(void)pthread_cond_signal(&j->wake);
	(void)pthread_mutex_unlock(&j->lock);
	(void)pthread_join(j->thread, NULL);
	/* What the disk did not take is told as not taken. */
	for (struct ost_pending *p; (p = list_take(&j->written)) != NULL || (p = list_take(&j->queue)) != NULL;) {
		p->seq = OST_JOURNAL_SEQ_MAX;
		settle(j, p, false);
	}
	ost_journal_drain(j);
	if (j->open)
		ost_commit_free(&j->commit);
	ost_journal_io_free(&j->own_io);
	list_free(&j->done);
	(void)close(j->fd);
	(void)pthread_cond_destroy(&j->wake);
	(void)pthread_mutex_destroy(&j->lock);
	free(j);
	*journal = NULL;
}

/* Room in the queue, which holds all that is not told yet. (locked) */
static int room(struct ost_journal *j, const struct ost_journal_record *record, size_t bytes)
{
	uint32_t most = record->vital ? j->config.queue : j->config.queue - j->config.queue / VITAL_SHARE;
	uint64_t most_bytes = record->vital ? j->config.queue_bytes : j->config.queue_bytes - j->config.queue_bytes / VITAL_SHARE;

	if (j->status.mode == OST_JOURNAL_READ_ONLY) {
		j->status.refused++;
		return -EROFS;
	}
	if (j->held < most && j->bytes + bytes <= most_bytes)
		return 0;
	j->dropped_to_ns = ost_clock_wall_ns();
	if (j->dropped_now++ == 0)
		j->dropped_from_ns = j->dropped_to_ns;
	j->status.dropped++;
	return -ENOBUFS;
}

int ost_journal_append(struct ost_journal *journal, const struct ost_journal_record *record)
{
	struct ost_journal *j = journal;
	struct ost_pending *p = NULL;
	int r = ost_record_kind_is_valid(record->kind) ? ost_record_members_check(record->members) : -EINVAL;

	if (r == 0)
		r = ost_pending_new(record->kind, record->members, record->wall_ns != 0 ? record->wall_ns : ost_clock_wall_ns(), &p);
	if (r < 0)
		return r;
	p->cookie = record->cookie;
	p->at_once = record->at_once;
	p->vital = record->vital;
	(void)pthread_mutex_lock(&j->lock);
	r = room(j, record, strlen(p->members));
	if (r == 0) {
		if (j->queue.count == 0)
			j->first_ns = ost_clock_mono_ns();
		j->held++;
		j->bytes += strlen(p->members);
		counted(j, p, true);
		list_add(&j->queue, p);
		if (j->queue.count == 1 || p->at_once || p->vital || j->queue.count >= j->config.batch)
			(void)pthread_cond_signal(&j->wake);
	}
	(void)pthread_mutex_unlock(&j->lock);
	if (r < 0)
		ost_pending_free(p);
	return r;
}

int ost_journal_fd(const struct ost_journal *journal)
{
	return journal->fd;
}

/* Callbacks run with the lock open: they may append. */
void ost_journal_drain(struct ost_journal *journal)
{
	struct ost_journal *j = journal;
	char note[OST_JOURNAL_NOTE_MAX];
	uint64_t ends, size = 0;
	struct list done;
	bool covered, read_only;

	if (read(j->fd, &ends, sizeof(ends)) < 0)
		ends = 0; /* nothing came */
	list_init(&done);
	(void)pthread_mutex_lock(&j->lock);
	for (struct ost_pending *p; (p = list_take(&j->done)) != NULL;) {
		j->held--;
		j->bytes -= strlen(p->members);
		list_add(&done, p);
	}
	covered = j->covered_new;
	read_only = j->status.mode == OST_JOURNAL_READ_ONLY;
	if (covered) {
		size = j->covered_size;
		memcpy(note, j->covered_note, sizeof(note));
		j->covered_new = false;
	}
	if (j->dropped_now > 0)
		(void)pthread_cond_signal(&j->wake); /* there is room again: what was dropped can be told */
	(void)pthread_mutex_unlock(&j->lock);
	for (struct ost_pending *p; (p = list_take(&done)) != NULL; ost_pending_free(p)) {
		const struct ost_journal_ack ack = {.cookie = p->cookie, .seq = p->seq,
			.result = p->seq != OST_JOURNAL_SEQ_MAX ? 0 : read_only ? -EROFS : -ECANCELED};

		if (j->config.acknowledged != NULL)
			j->config.acknowledged(j->config.user, &ack);
	}
	if (covered && j->config.covered != NULL)
		j->config.covered(j->config.user, size, note);
}

void ost_journal_status(struct ost_journal *journal, struct ost_journal_status *ret_status)
{
	(void)pthread_mutex_lock(&journal->lock);
	*ret_status = journal->status;
	ret_status->waiting = journal->held - journal->done.count;
	(void)pthread_mutex_unlock(&journal->lock);
}

/* ---- orders ---- */

struct given {
	enum order order;
	const char *by, *reason;
	bool compromised;
	uint64_t number, before_wall_ns;
};

static int order_give(struct ost_journal *j, const struct given *g)
{
	bool read_only;
	int r = 0;

	(void)pthread_mutex_lock(&j->lock);
	read_only = j->status.mode == OST_JOURNAL_READ_ONLY;
	if (j->order != ORDER_NONE)
		r = -EBUSY;
	else if (g->order == ORDER_ACCEPT_LOSS && !read_only)
		r = -EINVAL;
	else if (g->order != ORDER_ACCEPT_LOSS && read_only)
		r = -EROFS;
	if (r == 0) {
		j->order = g->order;
		j->status.orders++;
		(void)snprintf(j->by, sizeof(j->by), "%s", g->by);
		(void)snprintf(j->reason, sizeof(j->reason), "%s", g->reason);
		j->compromised = g->compromised;
		j->number = g->number;
		j->before_wall_ns = g->before_wall_ns;
		(void)pthread_cond_signal(&j->wake);
	}
	(void)pthread_mutex_unlock(&j->lock);
	return r;
}

int ost_journal_rotate_key(struct ost_journal *journal, const char *by, const char *reason, bool compromised, uint64_t trusted_size)
{
	return order_give(journal, &(struct given){ORDER_ROTATE, by, reason, compromised, trusted_size, 0});
}

int ost_journal_prune(struct ost_journal *journal, uint64_t before_seq, uint64_t before_wall_ns, const char *by)
{
	return order_give(journal, &(struct given){ORDER_PRUNE, by, "", false, before_seq, before_wall_ns});
}

int ost_journal_accept_loss(struct ost_journal *journal, const char *by, const char *reason)
{
	return order_give(journal, &(struct given){ORDER_ACCEPT_LOSS, by, reason, false, 0, 0});
}

void ost_journal_retain(struct ost_journal *journal, uint32_t days, uint64_t bytes)
{
	(void)pthread_mutex_lock(&journal->lock);
	journal->config.retain_days = days;
	journal->config.retain_bytes = bytes;
	(void)pthread_mutex_unlock(&journal->lock);
}

void ost_journal_hold(struct ost_journal *journal, uint64_t seq)
{
	(void)pthread_mutex_lock(&journal->lock);
	journal->still = seq == UINT64_MAX ? 0 : seq + 1;
	(void)pthread_mutex_unlock(&journal->lock);
}
