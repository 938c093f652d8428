/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 802.1X frames: the one thing that somebody who is nobody yet may say. They never cross the gateway: what comes
 * from the device side goes to the authenticator, however it is addressed. */
#include "control.h"
#include "limit.h"

#define FRAMES_PER_S 3000u /* of a port: a full authentication takes a dozen; the authenticator takes far more */

/* A device that may not even ask, at the place where it belongs. */
static bool shut_out(const struct ost_control *k)
{
	const struct ost_site *site = k->c->site;
	uint8_t state;

	if (k->slot == OST_SLOT_NONE || ost_slot_port(site, k->c->view, k->slot) != k->p->port)
		return false;
	state = atomic_load_explicit(&site->standings[k->slot].state, memory_order_relaxed);
	return state == OST_STATE_LOCKED_OUT || state == OST_STATE_RETIRED;
}

void ost_control_eapol(struct ost_control *k)
{
	struct ost_classifier *c = k->c;

	if (k->p->flags & OST_PACKET_TO_DEVICE) {
		ost_control_refuse(k, OST_REASON_EAPOL);
		return;
	}
	if (!atomic_load_explicit(&c->site->authenticator, memory_order_relaxed)) {
		ost_control_refuse(k, OST_REASON_EAPOL);
		return;
	}
	k->slot = ost_control_device(c, k->p->bytes + 6, k->p->vlan);
	if (shut_out(k)) {
		ost_control_refuse(k, OST_REASON_STATE);
	} else if (!ost_limit_take(&c->eapol_ns[k->p->port], FRAMES_PER_S, 1, OST_LIMIT_BURST_UNITS, c->now_ns, false)) {
		ost_control_refuse(k, OST_REASON_EAPOL);
	} else {
		ost_control_forward(k, k->p->port);
		k->v->action = OST_AUTHENTICATE;
	}
}
