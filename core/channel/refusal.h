/* SPDX-License-Identifier: Apache-2.0 */
/* Why a handshake was refused, and why a channel ended: stable ids, for the
 * ledger and for counting (D21). */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

/* What is wrong with the certificate. */
#define SEKI_REFUSAL_NO_CERTIFICATE "no-certificate"
#define SEKI_REFUSAL_BAD_CERTIFICATE "bad-certificate"  /* not readable, or breaks its own rules */
#define SEKI_REFUSAL_EXPIRED "expired"
#define SEKI_REFUSAL_NOT_YET_VALID "not-yet-valid"
#define SEKI_REFUSAL_UNKNOWN_AUTHORITY "unknown-authority"
#define SEKI_REFUSAL_BAD_SIGNATURE "bad-signature"
#define SEKI_REFUSAL_WEAK "weak-algorithm"              /* key too short, SHA-1 */
#define SEKI_REFUSAL_WRONG_USAGE "wrong-usage"
#define SEKI_REFUSAL_REVOKED "revoked"
#define SEKI_REFUSAL_CRL_STALE "crl-stale"
#define SEKI_REFUSAL_CRL_MISSING "crl-missing"
/* Whose it is. */
#define SEKI_REFUSAL_UNKNOWN_NAME "unknown-name"
#define SEKI_REFUSAL_WRONG_ADDRESS "wrong-address"
#define SEKI_REFUSAL_WRONG_PARTY "wrong-party" /* a party, but not the one that was called */
/* What the other side offered or did. */
#define SEKI_REFUSAL_VERSION "protocol-version"
#define SEKI_REFUSAL_NO_ALPN "no-alpn"
#define SEKI_REFUSAL_NO_CIPHER "no-common-cipher"
#define SEKI_REFUSAL_HANDSHAKE "handshake-failed"
#define SEKI_REFUSAL_TIMEOUT "handshake-timeout"
#define SEKI_REFUSAL_WENT_AWAY "went-away"              /* in the middle of the handshake */
#define SEKI_REFUSAL_TOO_MANY "too-many"
#define SEKI_REFUSAL_OWNER "not-wanted"                 /* whoever owns the channels refused it */
#define SEKI_REFUSAL_BY_PEER "refused-by-peer"          /* it refused us */

/* Ends that are no refusals. */
#define SEKI_END_CLOSED "closed-by-peer"
#define SEKI_END_CUT "cut-off"                          /* without a goodbye */
#define SEKI_END_UNREACHABLE "unreachable"
#define SEKI_END_IDLE "idle"
#define SEKI_END_SLOW "slow-reader"
#define SEKI_END_STOPPED "stopped"                      /* the endpoint was freed */

/* From and to error numbers of NSS and NSPR; what NSS says to the peer in its
 * alert hangs on the number. */
const char *seki_refusal_of_nss (gint32 code);
gint32 seki_refusal_to_nss (const char *reason);

G_END_DECLS
