/* SPDX-License-Identifier: Apache-2.0 */
/* The file "store" of a keyring: 32-byte secrets, each sealed by the store key,
 * which the master wraps in the header.  Every rewriting takes a new store key.
 *
 * Format 1, big-endian, everything in cells of 128 bytes, so that no cell
 * crosses a sector:
 *   header  0 "SEKISTOR"  8 u32 format  12 u32 rewrites  16 store id (16)
 *           32 store key wrapped with AES-KW, RFC 3394 (40)  72 zeros
 *   entry   0 u8 kind  1 zeros  4 u32 position  8 name (12)  20 zeros
 *           24 nonce (12)  36 secret sealed with AES-256-GCM (32)  68 tag (16)  84 zeros
 * The associated data of an entry are header[0..31] and entry[0..23], so an
 * entry holds only at its place in this very file.
 *
 * Adding appends one cell and is durable when it returns.  What follows the
 * last whole cell, and a last cell of zeros, were never acknowledged: they are
 * left out and counted as torn.  Anything else that does not hold is damage.
 * (A file cut back by whole cells looks like an older one; only what is kept
 * elsewhere, ledger and records, can tell.)
 *
 * Destroying writes the survivors to a new file and overwrites the old one
 * before its name goes: store.new, link store.old, rename, wipe store.old.
 * Opening finishes a destruction that was cut short. */
#pragma once

#include "keyring/aead.h"
#include "keyring/keyfile.h"

G_BEGIN_DECLS

#define SEKI_STORE_FILE "store"
#define SEKI_STORE_CELL 128
#define SEKI_STORE_NAME_LEN 12

typedef enum {
        SEKI_STORE_NAMED = 1,           /* name: u32 SekiKeyName, zeros */
        SEKI_STORE_BUCKET = 2,          /* name: the bucket */
        SEKI_STORE_RECOVERY = 3,        /* secret: SHA-256 of the recovery certificate */
        SEKI_STORE_BACKUP = 4,          /* name: u64 number of a copy; secret: its SHA-256 */
} SekiStoreKind;

typedef struct {
        guint8 kind;
        guint8 name[SEKI_STORE_NAME_LEN];
} SekiStoreId;                          /* 13 bytes without padding: compared with memcmp */

G_STATIC_ASSERT (sizeof (SekiStoreId) == 13);

typedef struct SekiStore SekiStore;

/* One secret to begin a store with. */
typedef struct {
        SekiStoreId id;
        guint8 secret[SEKI_AEAD_KEY];
} SekiStoreSecret;

/* Writes a new store; refuses when there is one. */
gboolean seki_store_create (SekiFolder folder, PK11SymKey *master, const SekiStoreSecret *secrets,
                            gsize n_secrets, GError **error);
/* Whether there is a store of a known format; needs no key. */
gboolean seki_store_probe (SekiFolder folder, GError **error);
/* Opens every entry once.  folder and master are lent for the store's life. */
SekiStore *seki_store_open (SekiFolder folder, PK11SymKey *master, GError **error);
void seki_store_close (SekiStore *store);       /* NULL-safe */
/* bytes left out at the end when it was opened */
gsize seki_store_get_torn (const SekiStore *store);

/* Any thread. */
gboolean seki_store_add (SekiStore *store, const SekiStoreSecret *secret, GError **error);
gboolean seki_store_has (SekiStore *store, const SekiStoreId *id);
gboolean seki_store_get (SekiStore *store, const SekiStoreId *id, guint8 out[SEKI_AEAD_KEY],
                         GError **error);
/* All or, on error, none; ids that are not there are passed over.  An error
 * after the new file took effect (the old one could not be wiped) is
 * SEKI_ERROR_STORAGE; unsealing again tries again. */
gboolean seki_store_destroy (SekiStore *store, const SekiStoreId *ids, gsize n_ids, GError **error);
/* Copies of the ids of one kind, in order; freed with g_array_unref. */
GArray *seki_store_list (SekiStore *store, SekiStoreKind kind);

G_END_DECLS
