/* SPDX-License-Identifier: Apache-2.0 */
/* The NSS token of one keyring: its own database, opened beside the others of
 * the process, logged in for as long as it is open.
 *
 * Every private key and the master are made in it with CKA_EXTRACTABLE false
 * and CKA_SENSITIVE true.  A call on a token object reads SQLite and decrypts
 * each attribute again (0.7-1.2 ms a signature), so what signs is a session
 * copy inside the same token (0.36 ms): PKCS#11 keeps it unextractable, it
 * lives in memory only, and it dies when the token is closed. */
#pragma once

#include <keyhi.h>
#include <pk11pub.h>

#include "keyring/keyfile.h"
#include "keyring/keyring.h"

G_BEGIN_DECLS

#define SEKI_TOKEN_FOLDER "token"
#define SEKI_TOKEN_LEDGER "ledger"
#define SEKI_TOKEN_TLS "tls"
#define SEKI_TOKEN_NEXT "tls-next"

typedef PK11SlotInfo SekiToken;

/* A new database under folder, protected by the passphrase. */
SekiToken *seki_token_create (SekiFolder folder, SekiSecret *passphrase, GError **error);
/* SEKI_ERROR_CRYPTO with a sentence of its own when the passphrase is wrong. */
SekiToken *seki_token_open (SekiFolder folder, SekiSecret *passphrase, GError **error);
/* logs out; NULL-safe; every key must be freed before */
void seki_token_close (SekiToken *token);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiToken, seki_token_close)

/* The master key, freed with PK11_FreeSymKey. */
PK11SymKey *seki_token_make_master (SekiToken *token, GError **error);
PK11SymKey *seki_token_find_master (SekiToken *token, GError **error);

/* Key pairs, ECDSA P-256, by label; freed with SECKEY_DestroyPrivateKey. */
SECKEYPrivateKey *seki_token_make_key (SekiToken *token, const char *label, GError **error);
/* A session copy; SEKI_ERROR_MISSING when there is none of that label. */
SECKEYPrivateKey *seki_token_find_key (SekiToken *token, const char *label, GError **error);
/* The label of the key pair with that public key, freed with g_free; NULL if
 * the token has none. */
char *seki_token_find_label (SekiToken *token, SECKEYPublicKey *public_key);
/* Deletes what is called label and gives next its name. */
gboolean seki_token_rename_key (SekiToken *token, const char *next, const char *label,
                                GError **error);

G_END_DECLS
