/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/outbox.h"

#include "base/bytes.h"

struct SekiOutboxChunk {
        SekiOutboxChunk *next;
        gsize begin, end;
        guint8 data[SEKI_OUTBOX_CHUNK];
};

static SekiOutboxChunk *
outbox_grow (SekiOutbox *outbox)
{
        SekiOutboxChunk *chunk = g_try_malloc (sizeof *chunk);
        if (chunk == NULL)
                return NULL;
        chunk->next = NULL;
        chunk->begin = chunk->end = 0;
        if (outbox->last != NULL)
                outbox->last->next = chunk;
        else
                outbox->first = chunk;
        outbox->last = chunk;
        return chunk;
}

gsize
seki_outbox_put (SekiOutbox *outbox, SekiSpan bytes, gsize limit)
{
        gsize room = limit > outbox->len ? limit - outbox->len : 0;
        gsize wanted = MIN (bytes.len, room), taken = 0;
        while (taken < wanted) {
                SekiOutboxChunk *chunk = outbox->last;
                if (chunk == NULL || chunk->end == sizeof chunk->data)
                        chunk = outbox_grow (outbox);
                if (chunk == NULL)
                        break;
                gsize n = MIN (wanted - taken, sizeof chunk->data - chunk->end);
                memcpy (chunk->data + chunk->end, bytes.data + taken, n);
                chunk->end += n;
                taken += n;
        }
        outbox->len += taken;
        return taken;
}

SekiSpan
seki_outbox_peek (const SekiOutbox *outbox)
{
        const SekiOutboxChunk *chunk = outbox->first;
        return chunk != NULL ? seki_span (chunk->data + chunk->begin, chunk->end - chunk->begin)
                             : SEKI_SPAN_NONE;
}

gboolean
seki_outbox_drop (SekiOutbox *outbox, gsize n)
{
        SekiOutboxChunk *chunk = outbox->first;
        chunk->begin += n;
        outbox->len -= n;
        if (chunk->begin < chunk->end)
                return FALSE;
        outbox->first = chunk->next;
        if (outbox->first == NULL)
                outbox->last = NULL;
        seki_wipe (chunk->data, chunk->end);
        g_free (chunk);
        return TRUE;
}

void
seki_outbox_clear (SekiOutbox *outbox)
{
        while (outbox->first != NULL)
                seki_outbox_drop (outbox, outbox->first->end - outbox->first->begin);
}
