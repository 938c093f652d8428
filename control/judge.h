/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The judge: a question about a flow -> real frames -> the one classifier -> its answer.
 *
 * What: `policy test`, `policy explain` and the check before an apply ask here. The judge owns a
 * private site and classifier, so what it says is what the wire does, and nothing of the gateway
 * changes. How: it takes a private copy of the image's small tables in which
 *   - each device has a port of its own beside the peer's (a question is about the allow-list, not
 * about who is plugged where);
 *   - a device that is known by its certificate only has a made-up MAC;
 *   - rates and counts of `limits:` are off (a question is one packet, not a load).
 *   Rules, roles, VLANs and addresses are those of the image. The device, and the peer when it is a
 * device, are put into the state that their role's authenticate: leads to: identified for mac, else
 * authenticated with the role's assurance. A device without an address of the family gets a
 * placeholder (192.0.2.x and other ranges that no host has) that no rule and no device covers. The
 * frame that would open the flow is built, with checksums, and judged as it would come in: out of
 *   the device's port, or from the network, or between two device ports when the peer is a device.
 * Each question stands alone: the clock moves past every timeout and the flow tables are swept
 * between them. Cost: a few microseconds a question; memory like a small gateway's. Threads: one
 * thread per judge.
 */
#pragma once

#include "common.h"
#include "image.h"
#include "model.h"
#include "reason.h"
#include "state.h"

struct ost_judge;

struct ost_judgement {
	bool allowed;
	enum ost_reason reason; /* NONE when allowed */
	enum ost_reason audit;	/* when allowed by audit alone: what would have refused it; NONE */
	uint32_t rule;		/* index into the image's RULES that allowed it, or UINT32_MAX */
	uint32_t peer_rule;	/* the peer device's, or UINT32_MAX */
	uint32_t peer_device;	/* the peer as a device of the image, or UINT32_MAX */
	uint8_t family;		/* 4 or 6: the family that was judged */
	enum ost_state state;	/* judged as if the device were in this state, */
	enum ost_assurance assurance; /* and had proved this */
	bool assumed; /* its role asks for more than a MAC: authenticated is an assumption */
};

/* image and what it points to stay the caller's and must outlive the judge. -ENOMEM, or what the
 * classifier says. */
int ost_judge_new(const struct ost_image *image, struct ost_judge **ret_judge) OST_MUST_CHECK;
void ost_judge_free(struct ost_judge **judge);

/* What time it is, seconds since 1970 UTC: which schedules are open. 0, as in the beginning: none is. */
void ost_judge_wall_set(struct ost_judge *judge, int64_t wall_s);

/* Asks. device, and question->peer_device when there is one, are places in the image
 * (ost_judge_device()). When the peer is a device and both families are possible, both are asked
 * and one yes is a yes. -EINVAL: no such device, or a question about the device itself; -ENOSPC: no
 * placeholder address is left that the policy does not use itself. */
int ost_judge_ask(struct ost_judge *judge, uint32_t device,
	const struct ost_flow_question *question,
	struct ost_judgement *ret_judgement) OST_MUST_CHECK;

/* Place in the image of a device of the model that it was compiled from: -ENOENT when there is
 * none. */
int64_t ost_judge_device(
	const struct ost_image *image, const struct ost_policy *policy, uint32_t device);

/* Asks about devices of the model that the image was compiled from. -ENOENT: the image has no such
 * device. */
int ost_judge_ask_model(struct ost_judge *judge, const struct ost_policy *policy, uint32_t device,
	const struct ost_flow_question *question,
	struct ost_judgement *ret_judgement) OST_MUST_CHECK;

/* Asks a test of the policy's tests: block, at its own time. ret_pass: the answer is what the author expects; what only audit lets
 * pass is not allowed. */
int ost_judge_test(struct ost_judge *judge, const struct ost_image *image,
	const struct ost_policy *policy, const struct ost_test *test,
	struct ost_judgement *ret_judgement, bool *ret_pass) OST_MUST_CHECK;

/* State and assurance in which a device of this role is judged. True: it is an assumption. */
bool ost_judge_state(const struct ost_image_role *role, enum ost_state *ret_state,
	enum ost_assurance *ret_assurance);
