/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that are being written: a buffer that grows, in an arena or on the
 * heap, and leaves nothing behind where it grew out of. */
#pragma once

#include "base/bytes.h"

G_BEGIN_DECLS

/* Read the members, write them only through the functions.  After a failure
 * every further write does nothing, so callers check once, at the end. */
typedef struct {
        guint8 *data;           /* from the arena, or the heap if arena is NULL */
        gsize len, capacity;
        SekiArena *arena;
        gboolean failed;        /* no memory, or the arena's limit was met; the span is absent */
} SekiBuffer;

void seki_buffer_init (SekiBuffer *buffer, SekiArena *arena);
/* Wipes, frees if there is no arena; ready to be written to again. */
void seki_buffer_clear (SekiBuffer *buffer);
/* Room for len bytes behind the last, or NULL; they count once the caller adds
 * to buffer->len what it used. */
guint8 *seki_buffer_reserve (SekiBuffer *buffer, gsize len);
void seki_buffer_append (SekiBuffer *buffer, SekiSpan bytes);
/* Takes the bytes behind len back and wipes them. */
void seki_buffer_truncate (SekiBuffer *buffer, gsize len);
SekiSpan seki_buffer_get_span (const SekiBuffer *buffer);       /* lent; absent after a failure */

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SekiBuffer, seki_buffer_clear)

G_END_DECLS
