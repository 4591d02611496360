/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs of the ledger on the wire (D8): asked for by peers and the own systems,
 * answered from the tiles.  They hold hashes and nothing else, so that asking
 * leaves no leaf.
 *
 * ledger.consistency   { "new": uint, "old": uint [, "checkpoint": text] }
 *                      -> { "path": [ bytes, ... ], "checkpoint": text }
 * ledger.inclusion     { "size": uint, "index": uint [, "checkpoint": text] }  -> the same
 *                      { "size": uint, "index": [ uint, ... ] ... }
 *                      -> { "path": [ [ bytes, ... ], ... ], "checkpoint": text }
 *
 * 400: no such request; 403: the caller's ledger contradicts what it showed;
 * 410: the ledger is not that large. */
#pragma once

#include "kernel/exchange.h"

G_BEGIN_DECLS

#define SEKI_PROOF_MANY 128 /* inclusions in one request */
#define SEKI_PROOF_PATH 130 /* hashes of one path at most */
#define SEKI_PROOF_GONE 410

typedef enum {
        SEKI_PROOF_NONE, /* another action */
        SEKI_PROOF_CONSISTENCY,
        SEKI_PROOF_INCLUSION,
} SekiProofKind;

typedef struct {
        SekiProofKind kind;
        guint64 old, size; /* size: the new one, or the one included in */
        guint64 indexes[SEKI_PROOF_MANY];
        gsize n_indexes;
        gboolean many; /* indexes came as an array */
        SekiSpan checkpoint;
} SekiProofRequest;

SekiProofKind seki_proof_kind (SekiSpan action);
void seki_proof_request_write (const SekiProofRequest *request, SekiCborWriter *writer);

/* Answers an authenticated caller; any thread.  Writes the answer's body and
 * returns its status. */
guint seki_proofs_answer (const SekiKernel *kernel, const SekiParty *caller, SekiSpan action,
                          SekiSpan body, SekiCborWriter *out);

/* Hashes of all paths behind one another. */
typedef struct {
        GByteArray *hashes;          /* to be unref'd */
        gsize lens[SEKI_PROOF_MANY]; /* of each path, in hashes */
        gsize n;
        SekiSpan checkpoint;
} SekiProofAnswer;

/* many: whether paths are expected in an array of their own. */
gboolean seki_proof_answer_read (SekiSpan body, gboolean many, SekiProofAnswer *out_answer,
                                 GError **error);
void seki_proof_answer_clear (SekiProofAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SekiProofAnswer, seki_proof_answer_clear)

G_END_DECLS
