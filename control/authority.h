/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiaryd's half of authentication, tied together: what the authenticator claims and the data plane reports goes to
 * admission.h, what that decides goes to both of them, to the registry and to the evidence. Single thread. */
#pragma once

#include "daemon.h"

/* After the registry and the ledger, before the link to the data plane. */
int ost_authority_start(struct ost_daemon *d, char why[static OST_DAEMON_WHY]) OST_MUST_CHECK;
/* Sessions that a former process kept. The policy in force must be there, or none. */
int ost_authority_restore(struct ost_daemon *d) OST_MUST_CHECK;
void ost_authority_stop(struct ost_daemon *d);

/* The roster has a new image in force. */
void ost_authority_policy(struct ost_daemon *d);

/* From the link's handlers. */
void ost_authority_link_up(struct ost_daemon *d);
void ost_authority_link_down(struct ost_daemon *d);
bool ost_authority_ack(struct ost_daemon *d, uint32_t sequence, int result);
void ost_authority_began(struct ost_daemon *d, uint64_t wall_ns);
void ost_authority_port(struct ost_daemon *d, const struct ost_msg_port_link *m);
void ost_authority_enforced(struct ost_daemon *d, const struct ost_msg_device_stats *m);
void ost_authority_refused(struct ost_daemon *d, const struct ost_refusal *r);

/* Of the authenticator's revocation list. ret_hours: that are left of it, or that it is past its date. */
enum ost_crl_life ost_authority_crl(const struct ost_daemon *d, uint64_t *ret_hours);

/* Once a second. */
void ost_authority_tick(struct ost_daemon *d);

/* An order of the operator. -EPERM: not in this state; -EIO: it is in force, but could not be written; -ENOENT. */
int ost_authority_order(struct ost_daemon *d, const char *device, enum ost_event order, uint32_t uid, const char *reason,
	char why[static 256]) OST_MUST_CHECK;
/* What was done to a retired device's keys and certificates, for the evidence. -EPERM: it is not retired. */
int ost_authority_destroyed(struct ost_daemon *d, const char *device, uint32_t uid, const char *what) OST_MUST_CHECK;
/* Keys, certificates or the CRL have changed on disk. */
void ost_authority_reload(struct ost_daemon *d);
