/* SPDX-License-Identifier: Apache-2.0 */
/* The vault: how records, their indexes and their trails lie in storage.
 *
 * record    id (16): first half of HMAC (lookup key, 'C' | code)
 *           value: format, bucket (12), kind of number, number sealed, rest sealed.
 *           The rest is a salt of 16 bytes and the record's map without the number.
 *           Offsets are fixed, so a party without the grant is handed a slice.
 * index     kind, keyed hash (16) -> ids, 16 bytes each
 * member    bucket, place BE32 -> ids that entered the bucket with one commit
 * facts     bucket, lane, first leaf -> the trail: which leaves speak of which
 *           record, and the facts they were decided on; sealed under the bucket
 *           key, so it can no longer be read once the bucket is destroyed (D10)
 * A bucket holds at most SEKI_BUCKET_RECORDS records and fills in order of
 * writing, so that one import batch meets one key (D11). */
#pragma once

#include "keyring/keyring.h"
#include "model/record.h"
#include <sekisho/storage.h>

G_BEGIN_DECLS

#define SEKI_ID_LEN 16
#define SEKI_SALT_LEN 16
#define SEKI_BUCKET_RECORDS 4096
#define SEKI_RECORD_FORMAT 1

/* Which blind index; also the first byte of what is hashed. */
typedef enum {
        SEKI_INDEX_CODE = 'C',
        SEKI_INDEX_NUMBER = 'N',
        SEKI_INDEX_HOLDING = 'H',
        SEKI_INDEX_PERSON = 'P',
} SekiIndex;

#define SEKI_INDEX_KEY_LEN (1 + SEKI_ID_LEN)

/* What all threads share: which buckets are filling.  Any thread. */
typedef struct SekiVault SekiVault;

SekiVault *seki_vault_new (SekiKeyring *keyring, const SekiStorageOps *storage,
                           gpointer storage_self, guint16 lane, GError **error);
void seki_vault_free (SekiVault *vault);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiVault, seki_vault_free)
/* Room for n records that go after year: the bucket and the first place in it.
 * n is at most SEKI_BUCKET_RECORDS.  Places of a commit that fails stay empty. */
gboolean seki_vault_reserve (SekiVault *vault, guint16 year, guint n, SekiBucket *out_bucket,
                             guint32 *out_place, GError **error);

/* A commit is going to seal something under the bucket's key.  FALSE while it is
 * retired: then it must be looked at again later. */
gboolean seki_vault_enter (SekiVault *vault, const SekiBucket *bucket);
/* The commit that reserved room or entered ended, either way. */
void seki_vault_settle (SekiVault *vault, const SekiBucket *bucket);
/* No more room is given in the bucket and nobody enters it, until it is released.
 * FALSE when what was given is not settled within timeout microseconds: then it
 * is released already. */
gboolean seki_vault_retire (SekiVault *vault, const SekiBucket *bucket, gint64 timeout);
void seki_vault_release (SekiVault *vault, const SekiBucket *bucket);

/* One thread's hands on the vault. */
typedef struct SekiHands SekiHands;

SekiHands *seki_hands_new (SekiVault *vault, GError **error);
void seki_hands_free (SekiHands *hands);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiHands, seki_hands_free)
SekiHash *seki_hands_get_hash (SekiHands *hands);
SekiSealer *seki_hands_get_sealer (SekiHands *hands);
/* Random bytes, drawn from NSS a block at a time: each call there costs what
 * 200 bytes do.  len is at most SEKI_HANDS_RANDOM. */
#define SEKI_HANDS_RANDOM 4096
gboolean seki_hands_random (SekiHands *hands, gpointer out, gsize len);

/* Blind index of parts joined by NUL. */
void seki_hands_index (SekiHands *hands, SekiIndex index, const SekiSpan *parts, gsize n_parts,
                       guint8 out[SEKI_ID_LEN]);
/* The same for a person: name, kana and birth folded.  FALSE when one is absent. */
gboolean seki_hands_person (SekiHands *hands, const SekiRecord *record, SekiArena *arena,
                            guint8 out[SEKI_ID_LEN]);

/* A record opened from its row; everything lies in the arena. */
typedef struct {
        guint8 id[SEKI_ID_LEN];
        SekiBucket bucket;
        SekiNumberKind kind;            /* of the number, known without opening it */
        guint8 salt[SEKI_SALT_LEN];
        SekiRecord record;              /* number absent until seki_hands_open_number */
        SekiSpan sealed_number;         /* as stored; empty if none */
} SekiHeld;

/* Which bucket a row is sealed under; FALSE when it is no row. */
gboolean seki_row_get_bucket (SekiSpan row, SekiBucket *out_bucket);
gboolean seki_hands_open (SekiHands *hands, const guint8 id[SEKI_ID_LEN], SekiSpan row,
                          SekiArena *arena, SekiHeld *out_held, GError **error);
gboolean seki_hands_open_number (SekiHands *hands, SekiHeld *held, SekiArena *arena,
                                 SekiSpan *out_number, GError **error);

/* Seals a record into a row in the arena.  number: plain digits to be sealed;
 * absent: kept is copied as it is (same bucket), or none if that is empty. */
gboolean seki_hands_seal (SekiHands *hands, const SekiHeld *held, const SekiRecord *record,
                          SekiSpan number, SekiNumberKind kind, SekiSpan kept, SekiArena *arena,
                          SekiSpan *out_row, GError **error);

/* Subject of a leaf: HMAC (salt, id).  Its first half names one life of a record:
 * what is stored again under the same code begins another. */
#define SEKI_LIFE_LEN 16
void seki_hands_subject (SekiHands *hands, const guint8 salt[SEKI_SALT_LEN],
                         const guint8 id[SEKI_ID_LEN], guint8 out[32]);

/* Key of a record's bucket in MEMBER and FACTS spaces. */
#define SEKI_MEMBER_KEY_LEN (SEKI_BUCKET_LEN + 4)
#define SEKI_TRAIL_KEY_LEN (SEKI_BUCKET_LEN + 2 + 8)

G_END_DECLS
