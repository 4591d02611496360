/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and HMAC over NSSLOWHASH: a quarter of the cost of a PKCS#11 digest
 * at 64 bytes (measured).  A SekiHash belongs to one thread at a time. */
#pragma once

#include "base/bytes.h"

G_BEGIN_DECLS

#define SEKI_HASH_LEN 32

typedef struct SekiHash SekiHash;

SekiHash *seki_hash_new (void);                 /* needs seki_nss_init first; NULL if NSS refuses */
void seki_hash_free (SekiHash *hash);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiHash, seki_hash_free)

void seki_hash_begin (SekiHash *hash);
void seki_hash_add (SekiHash *hash, gconstpointer data, gsize len);
void seki_hash_end (SekiHash *hash, guint8 out[SEKI_HASH_LEN]);
void seki_hash_sum (SekiHash *hash, SekiSpan data, guint8 out[SEKI_HASH_LEN]);

/* HMAC-SHA-256 (RFC 2104; checked against RFC 4231) over the parts in turn.
 * key is at most 64 bytes. */
void seki_hash_mac (SekiHash *hash, SekiSpan key, const SekiSpan *parts, gsize n_parts,
                    guint8 out[SEKI_HASH_LEN]);

G_END_DECLS
