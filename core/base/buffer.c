/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#define FIRST_CAPACITY 256

void
seki_buffer_init (SekiBuffer *buffer, SekiArena *arena)
{
        *buffer = (SekiBuffer){ .arena = arena };
}

void
seki_buffer_clear (SekiBuffer *buffer)
{
        seki_wipe (buffer->data, buffer->len);
        if (buffer->arena == NULL)
                g_free (buffer->data);
        seki_buffer_init (buffer, buffer->arena);
}

static guint8 *
buffer_resize (SekiBuffer *buffer, gsize capacity)
{
        if (buffer->arena != NULL)
                return seki_arena_resize (buffer->arena, buffer->data, buffer->capacity, capacity);
        guint8 *data = g_try_malloc (capacity);
        if (data == NULL)
                return NULL;
        if (buffer->len > 0)
                memcpy (data, buffer->data, buffer->len);
        seki_wipe (buffer->data, buffer->len);
        g_free (buffer->data);
        return data;
}

static guint8 *
buffer_grow (SekiBuffer *buffer, gsize len)
{
        gsize need, capacity = MAX (buffer->capacity * 2, FIRST_CAPACITY);
        if (buffer->failed || !g_size_checked_add (&need, buffer->len, len) ||
            need > G_MAXSIZE / 4) {
                buffer->failed = TRUE;
                return NULL;
        }
        capacity = MAX (capacity, need);
        guint8 *data = buffer_resize (buffer, capacity);
        if (data == NULL) {
                buffer->failed = TRUE;
                return NULL;
        }
        buffer->data = data;
        buffer->capacity = capacity;
        return data + buffer->len;
}

guint8 *
seki_buffer_reserve (SekiBuffer *buffer, gsize len)
{
        if (G_LIKELY (!buffer->failed && len <= buffer->capacity - buffer->len &&
                      buffer->data != NULL))
                return buffer->data + buffer->len;
        return buffer_grow (buffer, len);
}

void
seki_buffer_append (SekiBuffer *buffer, SekiSpan bytes)
{
        guint8 *out = seki_buffer_reserve (buffer, bytes.len);
        if (out == NULL || bytes.len == 0)
                return;
        memcpy (out, bytes.data, bytes.len);
        buffer->len += bytes.len;
}

void
seki_buffer_truncate (SekiBuffer *buffer, gsize len)
{
        g_assert (len <= buffer->len);
        if (len < buffer->len)
                seki_wipe (buffer->data + len, buffer->len - len);
        buffer->len = len;
}

SekiSpan
seki_buffer_get_span (const SekiBuffer *buffer)
{
        return buffer->failed ? SEKI_SPAN_NONE : seki_span (buffer->data, buffer->len);
}
