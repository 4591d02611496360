/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the keyring share of its inside.
 *
 * Locks, in the order they are taken: sealers_lock, a sealer's own, state,
 * the store's two.  Whoever needs a key holds state for reading; unsealing and
 * sealing hold it for writing. */
#pragma once

#include <pthread.h>

#include "keyring/store.h"
#include "keyring/token.h"

G_BEGIN_DECLS

#define SEKI_FILE_CERTIFICATE "node.pem"
#define SEKI_FILE_LEDGER_KEY "ledger.pub"
#define SEKI_FILE_RECOVERY "recovery.pem"
#define SEKI_PEM_MAX ((gsize) 256 * 1024)

struct SekiKeyring {
        char *path;
        SekiFolder folder;
        SekiSecret *ledger_public;      /* SubjectPublicKeyInfo */
        pthread_rwlock_t state;
        gboolean open;                  /* read and written atomically; written under state */
        SekiToken *token;
        PK11SymKey *master;
        SekiStore *store;
        SECKEYPrivateKey *ledger_key;   /* session copies */
        SECKEYPrivateKey *tls_key;
        char *tls_label;                /* which of the token's keys that is */
        guint tls_generation;
        pthread_mutex_t sealers_lock;
        GPtrArray *sealers;             /* SekiSealer, lent */
};

/* Takes state for reading if the keyring is open; SEKI_ERROR_SEALED if not. */
gboolean seki_keyring_enter (SekiKeyring *keyring, GError **error);
void seki_keyring_leave (SekiKeyring *keyring);
gboolean seki_keyring_refuse_sealed (SekiKeyring *keyring, GError **error);    /* always FALSE */

/* The secret behind an id of the store; needs no lock held. */
gboolean seki_keyring_get_secret (SekiKeyring *keyring, const SekiStoreId *id,
                                  guint8 out[SEKI_AEAD_KEY], GError **error);
SekiStoreId seki_store_id_named (SekiKeyName name);
SekiStoreId seki_store_id_bucket (const SekiBucket *bucket);
SekiStoreId seki_store_id_backup (guint64 number);

/* Makes every sealer forget those ids; ids NULL: everything. */
void seki_sealers_purge (SekiKeyring *keyring, const SekiStoreId *ids, gsize n_ids);

/* A folder with token and store, for create and restore. */
gboolean seki_keyring_make (const char *path, SekiSecret *passphrase, const char *recovery_pem,
                            const SekiStoreSecret *secrets, gsize n_secrets, GError **error);

/* Finds which key the node's certificate stands on and loads it. */
gboolean seki_keyring_load_tls (SekiKeyring *keyring, GError **error);

G_END_DECLS
