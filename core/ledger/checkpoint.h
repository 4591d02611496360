/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints: C2SP tlog-checkpoint bodies as C2SP signed notes, signature
 * type 0x02 (ECDSA P-256 over SHA-256, ASN.1 DER), with the time as extension
 * line "time MICROSECONDS". */
#pragma once

#include "keyring/keyring.h"

G_BEGIN_DECLS

#define SEKI_CHECKPOINT_MAX 1024

typedef struct {
        char origin[128];       /* "NODE.sekisho/lane/0", a new one after a restore (D8) */
        guint64 size;
        guint8 root[32];
        gint64 time;
} SekiCheckpoint;

/* "NAME+KEYHASH+BASE64": the verifier key of a signed note. */
char *seki_checkpoint_vkey (const char *origin, SekiSpan public_key);
gboolean seki_vkey_parse (const char *vkey, char out_origin[128], GByteArray *out_public_key, GError **error);

/* The signed note as text, to be freed. */
char *seki_checkpoint_sign (const SekiCheckpoint *checkpoint, SekiKeyring *keyring, GError **error);
/* Parses and verifies; a note without a good signature of this key fails. */
gboolean seki_checkpoint_verify (SekiSpan note, SekiSpan public_key, SekiCheckpoint *out_checkpoint, GError **error);

/* C2SP tlog-proof of one leaf: index, path and checkpoint as text, to be freed. */
char *seki_proof_format (guint64 index, const guint8 (*path)[32], gsize n_path, const char *note);
gboolean seki_proof_parse (SekiSpan text, guint64 *out_index, GByteArray *out_path, char **out_note, GError **error);

G_END_DECLS
