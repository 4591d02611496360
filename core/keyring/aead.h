/* SPDX-License-Identifier: Apache-2.0 */
/* AES-256-GCM with contexts that are made once per key and direction: a warm
 * one costs a seventh of a new one at 256 bytes (measured).  One thread at a
 * time; no more than about 2^32 seals under one key, since nonces are random. */
#pragma once

#include <pk11pub.h>

#include "keyring/keyring.h"

G_BEGIN_DECLS

#define SEKI_AEAD_KEY 32

typedef struct {
        PK11SymKey *key;
        PK11Context *seal, *open;       /* made when first used */
} SekiAead;

void seki_aead_init_take (SekiAead *aead, PK11SymKey *key);
/* From raw bytes; the key becomes a session object of the internal slot. */
gboolean seki_aead_init (SekiAead *aead, const guint8 key[SEKI_AEAD_KEY], GError **error);
void seki_aead_clear (SekiAead *aead);          /* NSS wipes the key; zeroed structs are fine */

/* out has nonce (given there by the caller), ciphertext, tag: plain.len +
 * SEKI_SEAL_EXTRA bytes. */
gboolean seki_aead_seal (SekiAead *aead, SekiSpan aad, SekiSpan plain, guint8 *out, GError **error);
/* out has sealed.len - SEKI_SEAL_EXTRA bytes, wiped when the seal does not hold. */
gboolean seki_aead_open (SekiAead *aead, SekiSpan aad, SekiSpan sealed, guint8 *out,
                         GError **error);

G_END_DECLS
