/* SPDX-License-Identifier: Apache-2.0 */
/* The head (D7): per lane the count, root and time of the last committed
 * batch, with a MAC, in a file outside the store.  Two alternating slots of
 * one preallocated block each, overwritten in place with O_DSYNC: one system
 * call and half the CPU of an append (measured).
 *
 * A slot: format BE16, lane BE16, sequence BE64, count BE64, root, time BE64,
 * HMAC-SHA-256 over all before it; zeros to 512 bytes.  Write n goes to slot
 * n mod 2, the first is number 1. */
#pragma once

#include "ledger/tree.h"

G_BEGIN_DECLS

#define SEKI_HEAD_FORMAT 1

typedef struct {
        guint64 sequence;       /* grows by one with every write; chooses the slot */
        guint16 lane;
        guint64 count;
        guint8 root[32];
        gint64 time;
} SekiHeadState;

typedef struct SekiHead SekiHead;

/* What the two slots hold. */
typedef enum {
        SEKI_HEAD_ABSENT,       /* no file, or one never written: a node that never committed */
        SEKI_HEAD_SOUND,        /* both slots hold, one write apart, or only the very first write */
        SEKI_HEAD_ONE_BAD,      /* one slot is torn, damaged, blanked or older than it may be; the
                                 * other is out_state, which may therefore be one write behind:
                                 * zeroed, when the very first write was torn */
        SEKI_HEAD_BOTH_BAD,
} SekiHeadFinding;

/* Reads without writing anything.  key is SEKI_KEY_HEAD, 32 bytes.  out_state is
 * zeroed when the finding is ABSENT or BOTH_BAD. */
gboolean seki_head_inspect (const char *path, guint16 lane, const guint8 key[32],
                            SekiHeadFinding *out_finding, SekiHeadState *out_state, GError **error);
/* Opens for writing, making the file (durably) when absent; continues after
 * state.  SEKI_ERROR_DAMAGED when both slots are bad. */
SekiHead *seki_head_open (const char *path, guint16 lane, const guint8 key[32], GError **error);
/* Durable when it returns TRUE.  After FALSE the slot written before still
 * holds, and the same write may be tried again.  One thread at a time. */
gboolean seki_head_write (SekiHead *head, guint64 count, const guint8 root[32], gint64 time,
                          GError **error);
void seki_head_close (SekiHead *head);                  /* wipes the key; NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiHead, seki_head_close)

G_END_DECLS
