/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/head.h"

#include "base/text.h"
#include "ledger/slots.h"

#include <unistd.h>

#define BODY_LEN (2 + 2 + 8 + 8 + 32 + 8)
#define MAC_LEN 32

struct SekiHead {
        int fd;
        guint16 lane;
        guint64 sequence; /* of the last write that succeeded */
        guint8 key[32];
        SekiHash *hash;
};

static SekiHash *
head_hash (GError **error)
{
        SekiHash *hash = seki_hash_new ();

        if (hash == NULL)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO, "%s",
                             _("NSS gives no SHA-256. Check the installation of libfreebl3."));
        return hash;
}

static void
slot_mac (SekiHash *hash, const guint8 key[32], const guint8 *body, guint8 out[MAC_LEN])
{
        SekiSpan part = seki_span (body, BODY_LEN);

        seki_hash_mac (hash, seki_span (key, 32), &part, 1, out);
}

static void
slot_pack (SekiHash *hash, const guint8 key[32], const SekiHeadState *state,
           guint8 out[SEKI_SLOT_LEN])
{
        memset (out, 0, SEKI_SLOT_LEN);
        seki_put_be16 (out, SEKI_HEAD_FORMAT);
        seki_put_be16 (out + 2, state->lane);
        seki_put_be64 (out + 4, state->sequence);
        seki_put_be64 (out + 12, state->count);
        memcpy (out + 20, state->root, 32);
        seki_put_be64 (out + 52, (guint64) state->time);
        slot_mac (hash, key, out, out + BODY_LEN);
}

static void
slot_unpack (const guint8 *in, SekiHeadState *out_state)
{
        out_state->lane = seki_get_be16 (in + 2);
        out_state->sequence = seki_get_be64 (in + 4);
        out_state->count = seki_get_be64 (in + 12);
        memcpy (out_state->root, in + 20, 32);
        out_state->time = (gint64) seki_get_be64 (in + 52);
}

/* Whether these are the very bytes that a write of this lane left in this place. */
static gboolean
slot_holds (SekiHash *hash, const guint8 key[32], guint16 lane, guint which, const SekiSlot *slot,
            SekiHeadState *out_state)
{
        guint8 expected[SEKI_SLOT_LEN];

        if (slot->finding != SEKI_SLOT_WRITTEN)
                return FALSE;
        slot_unpack (slot->data, out_state);
        slot_pack (hash, key, out_state, expected);
        return memcmp (expected, slot->data, SEKI_SLOT_LEN) == 0 && out_state->lane == lane &&
               out_state->sequence > 0 && out_state->sequence % 2 == which;
}

static SekiHeadFinding
slots_judge (const SekiSlot slots[2], const gboolean holds[2], const SekiHeadState states[2],
             SekiHeadState *out_state)
{
        if (!holds[0] && !holds[1]) {
                if (slots[0].finding == SEKI_SLOT_BLANK && slots[1].finding == SEKI_SLOT_WRITTEN)
                        return SEKI_HEAD_ONE_BAD; /* the very first write was torn */
                gboolean blank = slots[0].finding == slots[1].finding &&
                                 (slots[0].finding == SEKI_SLOT_ABSENT ||
                                  slots[0].finding == SEKI_SLOT_BLANK);
                return blank ? SEKI_HEAD_ABSENT : SEKI_HEAD_BOTH_BAD;
        }
        guint newer = holds[1] && (!holds[0] || states[1].sequence > states[0].sequence) ? 1 : 0;
        *out_state = states[newer];
        if (holds[0] && holds[1])
                /* A slot that was put back from an earlier day is not one write apart. */
                return states[newer].sequence - states[1 - newer].sequence == 1 ? SEKI_HEAD_SOUND
                                                                                : SEKI_HEAD_ONE_BAD;
        /* Only before the second write may a slot be blank: later it was blanked. */
        return slots[1 - newer].finding == SEKI_SLOT_BLANK && out_state->sequence == 1
                       ? SEKI_HEAD_SOUND
                       : SEKI_HEAD_ONE_BAD;
}

gboolean
seki_head_inspect (const char *path, guint16 lane, const guint8 key[32],
                   SekiHeadFinding *out_finding, SekiHeadState *out_state, GError **error)
{
        g_autoptr (SekiHash) hash = head_hash (error);
        SekiSlot slots[2];
        SekiHeadState states[2];
        gboolean holds[2];

        memset (out_state, 0, sizeof *out_state);
        if (hash == NULL || !seki_slots_read (path, slots, error))
                return FALSE;
        for (guint i = 0; i < 2; i++)
                holds[i] = slot_holds (hash, key, lane, i, &slots[i], &states[i]);
        *out_finding = slots_judge (slots, holds, states, out_state);
        return TRUE;
}

SekiHead *
seki_head_open (const char *path, guint16 lane, const guint8 key[32], GError **error)
{
        SekiHeadFinding finding;
        SekiHeadState state;

        if (!seki_head_inspect (path, lane, key, &finding, &state, error))
                return NULL;
        if (finding == SEKI_HEAD_BOTH_BAD) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                             _("Neither copy of the ledger's end in %s holds under this node's key "
                               "for lane %u. Keep the file, and restore from a backup."),
                             path, lane);
                return NULL;
        }
        g_autoptr (SekiHead) head = g_new0 (SekiHead, 1);
        head->lane = lane;
        head->sequence = state.sequence;
        memcpy (head->key, key, sizeof head->key);
        head->fd = seki_slots_open (path, error);
        if (head->fd < 0 || (head->hash = head_hash (error)) == NULL)
                return NULL;
        return g_steal_pointer (&head);
}

gboolean
seki_head_write (SekiHead *head, guint64 count, const guint8 root[32], gint64 time, GError **error)
{
        SekiHeadState state = {
                .sequence = head->sequence + 1, .lane = head->lane, .count = count, .time = time
        };
        guint8 slot[SEKI_SLOT_LEN];

        memcpy (state.root, root, sizeof state.root);
        slot_pack (head->hash, head->key, &state, slot);
        if (!seki_slots_write (head->fd, (guint) (state.sequence % 2), slot, error))
                return FALSE;
        head->sequence = state.sequence;
        return TRUE;
}

void
seki_head_close (SekiHead *head)
{
        if (head == NULL)
                return;
        if (head->fd >= 0)
                close (head->fd);
        seki_hash_free (head->hash);
        seki_wipe (head->key, sizeof head->key);
        g_free (head);
}
