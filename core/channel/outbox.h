/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that wait to be written, in chunks of one TLS record: nothing is moved
 * when a part has left, every chunk is wiped and given back when it has. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

#define SEKI_OUTBOX_CHUNK 16384u

typedef struct SekiOutboxChunk SekiOutboxChunk;
typedef struct {
        SekiOutboxChunk *first, *last;
        gsize len;
} SekiOutbox;

/* Takes as much as fits below limit and there is memory for. */
gsize seki_outbox_put (SekiOutbox *outbox, SekiSpan bytes, gsize limit);
/* The oldest bytes; the same ones until they are dropped (what NSS asks of a
 * writer that tries again). */
SekiSpan seki_outbox_peek (const SekiOutbox *outbox);
/* TRUE when that ended a chunk. */
gboolean seki_outbox_drop (SekiOutbox *outbox, gsize n);
void seki_outbox_clear (SekiOutbox *outbox);

G_END_DECLS
