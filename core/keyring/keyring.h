/* SPDX-License-Identifier: Apache-2.0 */
/* The keyring of one node: an NSS token with the master key and the node's
 * private keys, all unextractable, and the key store with the bucket keys
 * (D11).  Files in its folder (mode 0700; on no volume with snapshots, or
 * destroyed keys live on in them):
 *   token/   NSS database, protected by the passphrase
 *   store    the key store: small, no part of data backups
 *   node.pem, ledger.pub, recovery.pem
 *
 * One keyring object in one process holds the folder from unsealing to
 * sealing; a second gets SEKI_ERROR_BUSY.  A wrong passphrase is
 * SEKI_ERROR_CRYPTO with a sentence that says so, and the keyring stays sealed.
 * A store that does not hold is SEKI_ERROR_DAMAGED naming the file, and nothing
 * was changed.
 *
 * A keyring is sealed until its passphrase was given; sealed, every function
 * that needs a key fails with SEKI_ERROR_SEALED.  Functions may be called from
 * any thread unless said otherwise. */
#pragma once

#include "base/clock.h"
#include "keyring/hash.h"
#include "keyring/nss.h"

G_BEGIN_DECLS

typedef struct SekiKeyring SekiKeyring;

/* Makes folder with token, master key, ledger key (ECDSA P-256), TLS key
 * (ECDSA P-256), lookup key, head key and an empty key store.  Refuses a
 * folder that holds a keyring.  recovery_pem: certificate whose public key
 * (RSA, at least 2048 bits) backups are sealed to; its digest goes into the key
 * store, so that it cannot be exchanged.  passphrase: 1 to 255 bytes. */
gboolean seki_keyring_create (const char *folder, SekiSecret *passphrase, const char *recovery_pem,
                              GError **error);

SekiKeyring *seki_keyring_open (const char *folder, GError **error);    /* sealed */
gboolean seki_keyring_unseal (SekiKeyring *keyring, SekiSecret *passphrase, GError **error);
gboolean seki_keyring_is_sealed (const SekiKeyring *keyring);
/* Bytes left out at the end of the key store at unsealing: an addition that a
 * power cut tore and nobody was told of.  0 in quiet times; report others. */
gsize seki_keyring_get_torn (SekiKeyring *keyring);
void seki_keyring_seal (SekiKeyring *keyring);          /* drops and wipes every key in memory */
/* Seals first; NULL-safe.  Sealers are freed before. */
void seki_keyring_free (SekiKeyring *keyring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiKeyring, seki_keyring_free)

/* Named secrets of 32 bytes, wrapped by the master in the key store. */
typedef enum {
        SEKI_KEY_LOOKUP,        /* blind index of codes, numbers, holdings, persons */
        SEKI_KEY_HEAD,          /* MAC of the head */
        SEKI_KEY_SEEN,          /* keyed digests of message ids */
        SEKI_KEY_QUEUE,         /* seals waiting messages */
        SEKI_KEY_COUNT
} SekiKeyName;
/* Copies the secret into out, which the caller wipes. */
gboolean seki_keyring_get_key (SekiKeyring *keyring, SekiKeyName name, guint8 out[32],
                               GError **error);

/* A bucket: at most about 4,096 records that are erased together or re-sealed
 * under the next generation (D11). */
typedef struct {
        guint16 lane;
        guint16 year;           /* calendar year in Japan after which it goes; 0: not yet known */
        guint32 fill;           /* order of filling within lane and year */
        guint32 generation;     /* from 1 */
} SekiBucket;

#define SEKI_BUCKET_LEN 12      /* big-endian, in the order above */
void seki_bucket_write (const SekiBucket *bucket, guint8 out[SEKI_BUCKET_LEN]);
void seki_bucket_read (const guint8 in[SEKI_BUCKET_LEN], SekiBucket *out_bucket);

/* Makes a key for the bucket; durable in the key store when it returns.
 * SEKI_ERROR_CONFLICT when it has one. */
gboolean seki_keyring_add_bucket (SekiKeyring *keyring, const SekiBucket *bucket, GError **error);
gboolean seki_keyring_has_bucket (SekiKeyring *keyring, const SekiBucket *bucket);
/* Destroys the bucket's key: gone from memory, from the store and from the
 * bytes of the file the store lay in, when it returns. */
gboolean seki_keyring_destroy_bucket (SekiKeyring *keyring, const SekiBucket *bucket,
                                      GError **error);
/* Several at once: the file is rewritten once.  Ids that are not there are
 * passed over; either all go or, on error, none are known to be gone. */
gboolean seki_keyring_destroy_buckets (SekiKeyring *keyring, const SekiBucket *buckets,
                                       gsize n_buckets, GError **error);
/* Calls each bucket in order. */
void seki_keyring_each_bucket (SekiKeyring *keyring,
                               void (*each) (const SekiBucket *bucket, gpointer user),
                               gpointer user);

/* Seals and opens under bucket keys with AES-256-GCM, random 96-bit nonces from
 * one random block, contexts kept in a bounded cache.  One per thread; free it
 * before its keyring.  When a key is destroyed or the keyring sealed, by any
 * thread, the contexts in every sealer go before that call returns. */
typedef struct SekiSealer SekiSealer;

#define SEKI_SEAL_NONCE 12
#define SEKI_SEAL_TAG 16
#define SEKI_SEAL_EXTRA (SEKI_SEAL_NONCE + SEKI_SEAL_TAG)

SekiSealer *seki_sealer_new (SekiKeyring *keyring, guint cache_contexts, GError **error);
void seki_sealer_free (SekiSealer *sealer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiSealer, seki_sealer_free)
/* out has plain.len + SEKI_SEAL_EXTRA bytes: nonce, ciphertext, tag. */
gboolean seki_sealer_seal (SekiSealer *sealer, const SekiBucket *bucket, SekiSpan aad,
                           SekiSpan plain, guint8 *out, GError **error);
/* out has sealed.len - SEKI_SEAL_EXTRA bytes.  SEKI_ERROR_CRYPTO when the seal
 * does not hold, SEKI_ERROR_MISSING when the bucket's key is destroyed. */
gboolean seki_sealer_open (SekiSealer *sealer, const SekiBucket *bucket, SekiSpan aad,
                           SekiSpan sealed, guint8 *out, GError **error);
/* The same under a key derived from a named secret instead of a bucket. */
gboolean seki_sealer_seal_named (SekiSealer *sealer, SekiKeyName name, SekiSpan aad, SekiSpan plain,
                                 guint8 *out, GError **error);
gboolean seki_sealer_open_named (SekiSealer *sealer, SekiKeyName name, SekiSpan aad,
                                 SekiSpan sealed, guint8 *out, GError **error);

/* Signs with the ledger key (ECDSA P-256 over SHA-256); out is ASN.1 DER. */
gboolean seki_keyring_sign (SekiKeyring *keyring, SekiSpan data, GByteArray *out_signature,
                            GError **error);
/* SubjectPublicKeyInfo in DER of the ledger key; lent, also while sealed. */
SekiSpan seki_keyring_get_ledger_key (SekiKeyring *keyring);
/* Verifies such a signature with a public key alone; needs no keyring. */
gboolean seki_verify (SekiSpan public_key, SekiSpan data, SekiSpan signature);

/* Certificate request (PKCS#10, PEM) for the node's TLS key.  next TRUE makes a
 * new key beside the old one, or takes the one made before; install then
 * switches to it and deletes the old one. */
char *seki_keyring_request (SekiKeyring *keyring, const char *subject, const char *dns_name,
                            gboolean next, GError **error);
/* Installs a certificate (PEM chain, leaf first) whose key is in the token.
 * What the channel needs of it stands in node.h. */
gboolean seki_keyring_install (SekiKeyring *keyring, const char *pem, GError **error);

/* Seals the key store to the recovery certificate (CMS enveloped data, DER)
 * and numbers the copy, from 1; a number is spent even if the file then cannot
 * be written, and no file is overwritten.  restore opens it with the recovery
 * private key (PKCS#8 PEM, in memory that wipes) into a new folder with a new
 * token: bucket keys and named secrets come back; the ledger and TLS keys are
 * new, since the old ones could not leave their token. */
gboolean seki_keyring_backup (SekiKeyring *keyring, const char *path, guint64 *out_number,
                              GError **error);
gboolean seki_keyring_restore (const char *folder, const char *backup_path,
                               SekiSecret *recovery_key_pem, SekiSecret *passphrase,
                               GError **error);

G_END_DECLS
