/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow.h"

static enum ost_tcp_verdict on_reset(struct ost_flow *f, const struct ost_packet *p, unsigned from)
{
	uint8_t state = ost_flow_state(*f->tail1);
	uint32_t expected = f->counts->ack[!from];
	bool opened_in = ost_flow_flags(f->meta) & OST_FLOW_OPENED_IN;

	/* The answer to a SYN acknowledges it (RFC 9293 section 3.10.7.3); its sequence number means nothing. */
	if (state == OST_FLOW_TCP_OPENING && from != opened_in) {
		if (!(p->tcp_flags & OST_TCP_ACK) || p->tcp_ack != f->counts->ack[from])
			return OST_TCP_FORGED;
	} else if (p->tcp_seq - expected >= OST_TCP_RST_WINDOW) {
		return OST_TCP_FORGED;
	}
	ost_flow_state_set(f->tail1, OST_FLOW_TCP_RESET);
	return OST_TCP_PASS;
}

static uint8_t on_fin(uint8_t state, unsigned from)
{
	switch (state) {
	case OST_FLOW_TCP_FIN_OUT:
		return from == 1 ? OST_FLOW_TCP_CLOSING : state;
	case OST_FLOW_TCP_FIN_IN:
		return from == 0 ? OST_FLOW_TCP_CLOSING : state;
	case OST_FLOW_TCP_OPENING:
	case OST_FLOW_TCP_ESTABLISHED:
		return from == 0 ? OST_FLOW_TCP_FIN_OUT : OST_FLOW_TCP_FIN_IN;
	default:
		return state;
	}
}

enum ost_tcp_verdict ost_flow_tcp(struct ost_flow *f, const struct ost_packet *p, unsigned from)
{
	uint8_t state = ost_flow_state(*f->tail1);
	bool opened_in = ost_flow_flags(f->meta) & OST_FLOW_OPENED_IN;
	bool syn = (p->tcp_flags & (OST_TCP_SYN | OST_TCP_ACK)) == OST_TCP_SYN;

	if (syn && ost_flow_reopens(state, from == opened_in))
		return OST_TCP_REOPEN;
	/* Only the opener may repeat its SYN: a SYN from the other side is an attempt to open (no simultaneous open). */
	if (syn && from != opened_in)
		return OST_TCP_FORGED;
	/* It may have begun anew with another number: that one is answered. */
	if (syn && state == OST_FLOW_TCP_OPENING)
		f->counts->ack[!from] = p->tcp_seq + 1;
	if (p->tcp_flags & OST_TCP_RST)
		return state == OST_FLOW_TCP_RESET ? OST_TCP_PASS : on_reset(f, p, from);
	if (state == OST_FLOW_TCP_RESET)
		return p->payload_bytes > 0 ? OST_TCP_LATE : OST_TCP_PASS;
	if (p->tcp_flags & OST_TCP_ACK)
		f->counts->ack[from] = p->tcp_ack;
	if (state == OST_FLOW_TCP_OPENING && from != opened_in && (p->tcp_flags & OST_TCP_ACK)) {
		state = OST_FLOW_TCP_ESTABLISHED;
		/* From now on the opener expects what follows the SYN+ACK. */
		if (p->tcp_flags & OST_TCP_SYN)
			f->counts->ack[!from] = p->tcp_seq + 1;
	}
	if (p->tcp_flags & OST_TCP_FIN)
		state = on_fin(state, from);
	ost_flow_state_set(f->tail1, state);
	return OST_TCP_PASS;
}
