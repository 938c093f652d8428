/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames through the classifier with small policies, from both sides, with a clock that moves, policies that are
 * swapped and states that change.
 *
 * Input: a byte of mode (enum mode), then operations. A byte says which, and its low bits the port:
 *   00wppppp, 10wppppp  raw frame (1: oversize): time step of 250 ms, two bytes of length (little endian), bytes
 *   01wppppp            made frame: time step, then seven bytes for fuzz_frame_make()
 *   11eeeeee            event (enum event), then a byte of argument
 * w is the worker when there are two. Besides the sanitizers this checks what must hold whatever comes in: every
 * frame is accounted for, a verdict is a sound one, whoever is not in the policy in force, is on another port
 * than its own, or has no right, gets no frame through, bounds are kept, and at the end every flow goes.
 * With OSTIARY_SHOW set it prints each verdict. */
#include "clock.h"
#include "cursor.h"
#include "frames.h"
#include "packet_checks.h"
#include "packet_events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAMES_MAX 256u
#define STEP_NS	   (OST_NS_PER_S / 4)

/* A burst as it comes together. */
struct pending {
	struct ost_frame frames[OST_BURST];
	uint32_t count, worker;
};

static void pending_judge(struct gateway *g, struct gateway *twin, struct pending *p)
{
	if (p->count == 0)
		return;
	if (twin->site != NULL)
		fuzz_judge_explained(g, twin, p->worker, &p->frames[0]);
	else
		fuzz_judge(g, p->worker, p->frames, p->count);
	for (uint32_t i = 0; i < p->count; i++)
		free((void *)(uintptr_t)p->frames[i].bytes);
	p->count = 0;
}

/* One frame of the input in a block of its own, so that a read past its end is seen. */
static bool frame_read(struct ost_cursor *c, uint8_t op, struct ost_frame *ret_frame, uint8_t *ret_step)
{
	uint8_t made[FUZZ_FRAME_MAX], step = ost_cursor_u8(c);
	const uint8_t *from = made;
	uint32_t length;
	uint8_t *bytes;

	if (op & 0x40) {
		length = fuzz_frame_make(c, made);
	} else {
		length = ost_cursor_u8(c);
		length |= (uint32_t)ost_cursor_u8(c) << 8;
		length = (uint32_t)OST_MIN((size_t)OST_MIN(length, 2048u), ost_cursor_left(c));
		from = ost_cursor_take(c, length);
	}
	if (c->failed)
		return false;
	bytes = malloc(length > 0 ? length : 1);
	if (bytes == NULL)
		return false;
	if (length > 0)
		memcpy(bytes, from, length);
	*ret_frame = (struct ost_frame){.bytes = bytes, .length = length, .port = (uint8_t)((op & 0x1f) % PORTS),
		.oversize = (op & 0xc0) == 0x80};
	*ret_step = step;
	return true;
}

static void time_pass(struct gateway *g, uint8_t step)
{
	g->now_ns += step * STEP_NS;
	for (uint32_t w = 0; w < g->worker_count; w++)
		(void)ost_classifier_sweep(g->workers[w], 8, g->now_ns);
}

static void run(struct gateway *g, struct gateway *twin, struct ost_cursor *c)
{
	struct pending p = {.count = 0};
	const uint32_t burst = twin->site != NULL ? 1 : OST_BURST;
	struct ost_frame frame;
	uint8_t step;

	for (uint32_t total = 0; total < FRAMES_MAX && ost_cursor_left(c) > 0; total++) {
		uint8_t op = ost_cursor_u8(c);
		uint32_t worker = g->worker_count > 1 ? op >> 5 & 1 : 0;

		if ((op & 0xc0) == 0xc0) {
			uint8_t arg = ost_cursor_u8(c);

			pending_judge(g, twin, &p);
			fuzz_event(g, op & 0x3f, arg);
			if (twin->site != NULL)
				fuzz_event(twin, op & 0x3f, arg);
			continue;
		}
		if (!frame_read(c, op, &frame, &step))
			break;
		if (worker != p.worker)
			pending_judge(g, twin, &p);
		p.worker = worker;
		p.frames[p.count++] = frame;
		if (p.count < burst && step == 0)
			continue;
		pending_judge(g, twin, &p);
		time_pass(g, step);
		if (twin->site != NULL)
			time_pass(twin, step);
	}
	pending_judge(g, twin, &p);
}

/* Two days later nothing is left of any flow. */
static void end_check(struct gateway *g)
{
	uint64_t flows, max;

	fuzz_accounts_check(g);
	fuzz_refusals_drain(g);
	(void)ost_site_binding_events(g->site, fuzz_binding_check, NULL);
	if (ost_site_image(g->site) == NULL)
		return;
	g->now_ns += 2 * 86400 * OST_NS_PER_S;
	/* The rest of a pass, one for flows, one for the other names of those between devices. */
	fuzz_sweep_all(g);
	fuzz_sweep_all(g);
	fuzz_sweep_all(g);
	for (uint32_t w = 0; w < g->worker_count; w++) {
		ost_classifier_flows(g->workers[w], &flows, &max);
		if (flows != 0)
			fuzz_die("a flow outlived its time");
	}
	fuzz_devices_check(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ost_cursor c = ost_cursor_of(data, size);
	const uint8_t mode = ost_cursor_u8(&c);
	struct gateway g, twin = {0};

	if (fuzz_images[0].header == NULL) {
		fuzz_images_make();
		fuzz_show = getenv("OSTIARY_SHOW") != NULL;
	}
	fuzz_gateway_make(&g, mode);
	if (mode & MODE_TWIN)
		fuzz_gateway_make(&twin, mode);
	run(&g, &twin, &c);
	end_check(&g);
	fuzz_gateway_free(&g);
	if (twin.site != NULL)
		fuzz_gateway_free(&twin);
	return 0;
}
