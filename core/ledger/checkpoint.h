/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints: C2SP tlog-checkpoint bodies as C2SP signed notes, signature
 * type 0x02 (ECDSA P-256 over SHA-256, ASN.1 DER), with the time as extension
 * line "time MICROSECONDS":
 *
 *     origin
 *     size
 *     base64 (root)
 *     time MICROSECONDS
 *
 *     — origin base64 (key id, signature)
 *
 * The key id of type 0x02 is the first four bytes of SHA-256 over the
 * SubjectPublicKeyInfo alone, without name and type (C2SP signed-note,
 * "Signature types"; so does transparency-dev's note package). */
#pragma once

#include "keyring/keyring.h"
#include "ledger/tree.h"

G_BEGIN_DECLS

#define SEKI_CHECKPOINT_MAX 1024        /* bytes of a note that we sign */
#define SEKI_NOTE_MAX (128 * 1024) /* of one that is read: witnesses may have added signatures */

typedef struct {
        char origin[128];       /* "NODE.sekisho/lane/0", a new one after a restore (D8) */
        guint64 size;
        guint8 root[32];
        gint64 time;
} SekiCheckpoint;

/* "NAME+HEX (KEY ID)+BASE64 (0x02, SubjectPublicKeyInfo)": the verifier key of a
 * signed note, as others' tools take it.  NULL when NSS gives no SHA-256. */
char *seki_checkpoint_vkey (const char *origin, SekiSpan public_key);
gboolean seki_vkey_parse (const char *vkey, char out_origin[128], GByteArray *out_public_key,
                          GError **error);

/* The signed note as text, to be freed. */
char *seki_checkpoint_sign (const SekiCheckpoint *checkpoint, SekiKeyring *keyring, GError **error);
/* The two halves of it, for a signature made elsewhere: the text that is signed,
 * and the note made of it. */
char *seki_checkpoint_text (const SekiCheckpoint *checkpoint, GError **error);
char *seki_checkpoint_note (const SekiCheckpoint *checkpoint, SekiSpan public_key,
                            SekiSpan signature, GError **error);
/* Parses and verifies.  A line of this origin and key that does not verify fails
 * (SEKI_ERROR_CRYPTO), as does a note without one; lines of others are passed
 * over.  Who trusts the key must also know whose origin it signs. */
gboolean seki_checkpoint_verify (SekiSpan note, SekiSpan public_key, SekiCheckpoint *out_checkpoint,
                                 GError **error);

/* C2SP tlog-proof of one leaf: index, path and checkpoint as text, to be freed. */
char *seki_proof_format (guint64 index, const guint8 (*path)[32], gsize n_path, const char *note);
/* out_path is emptied first; an "extra" line is passed over; out_note is to be freed. */
gboolean seki_proof_parse (SekiSpan text, guint64 *out_index, GByteArray *out_path, char **out_note,
                           GError **error);
/* Everything a proof claims: its checkpoint's signature and that leaf stands at
 * its index.  SEKI_ERROR_CRYPTO when it does not hold. */
gboolean seki_proof_verify (SekiSpan text, SekiSpan public_key, const guint8 leaf[32],
                            guint64 *out_index, SekiCheckpoint *out_checkpoint, GError **error);

G_END_DECLS
