/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

struct SekiSecret {
        gsize len, capacity;
        guint8 data[];
};

/* Blocks come zeroed and are wiped before reuse, so what is not handed out is
 * always zero and alloc need not clear it again. */
typedef struct ArenaBlock ArenaBlock;
struct ArenaBlock {
        ArenaBlock *next;
        gsize used, capacity;
        guint64 data[];
};

struct SekiArena {
        ArenaBlock *blocks;     /* the one in use first */
        gsize limit, used;
        gsize next_capacity;
};

#define BLOCK_FIRST ((gsize) 4096 - sizeof (ArenaBlock))
#define BLOCK_GROWN ((gsize) 256 * 1024)      /* doubling stops here; larger blocks are not kept */

void
seki_wipe (gpointer data, gsize len)
{
        if (len > 0)
                explicit_bzero (data, len);
}

SekiSecret *
seki_secret_new (gsize len)
{
        g_assert (len <= G_MAXSIZE - sizeof (SekiSecret));
        SekiSecret *secret = g_malloc0 (sizeof (SekiSecret) + len);
        secret->len = secret->capacity = len;
        return secret;
}

SekiSecret *
seki_secret_new_copy (gconstpointer data, gsize len)
{
        SekiSecret *secret = seki_secret_new (len);
        if (len > 0)
                memcpy (secret->data, data, len);
        return secret;
}

guint8 *
seki_secret_get_data (SekiSecret *secret)
{
        return secret->data;
}

gsize
seki_secret_get_size (const SekiSecret *secret)
{
        return secret->len;
}

SekiSpan
seki_secret_get_span (const SekiSecret *secret)
{
        return seki_span (secret->data, secret->len);
}

void
seki_secret_shrink (SekiSecret *secret, gsize len)
{
        g_assert (len <= secret->len);
        seki_wipe (secret->data + len, secret->len - len);
        secret->len = len;
}

void
seki_secret_free (SekiSecret *secret)
{
        if (secret == NULL)
                return;
        seki_wipe (secret->data, secret->capacity);
        g_free (secret);
}

SekiArena *
seki_arena_new (gsize limit)
{
        SekiArena *arena = g_new0 (SekiArena, 1);
        arena->limit = limit > 0 ? limit : G_MAXSIZE;
        arena->next_capacity = BLOCK_FIRST;
        return arena;
}

/* Rounded up to what one allocation takes; 0 when the sum would overflow. */
static gsize
arena_rounded (gsize len)
{
        if (len > G_MAXSIZE / 2)
                return 0;
        return MAX ((len + 7) & ~(gsize) 7, 8);
}

static gboolean
arena_add_block (SekiArena *arena, gsize need)
{
        gsize capacity = MAX (need, arena->next_capacity);
        ArenaBlock *block = g_try_malloc0 (sizeof (ArenaBlock) + capacity);
        if (block == NULL)
                return FALSE;
        block->capacity = capacity;
        block->next = arena->blocks;
        arena->blocks = block;
        arena->next_capacity = MIN (arena->next_capacity * 2, BLOCK_GROWN);
        return TRUE;
}

gpointer
seki_arena_alloc (SekiArena *arena, gsize len)
{
        gsize need = arena_rounded (len);
        if (need == 0 || need > arena->limit - arena->used)
                return NULL;
        ArenaBlock *block = arena->blocks;
        if (block == NULL || need > block->capacity - block->used) {
                if (!arena_add_block (arena, need))
                        return NULL;
                block = arena->blocks;
        }
        guint8 *out = (guint8 *) block->data + block->used;
        block->used += need;
        arena->used += need;
        return out;
}

/* In place when data is the last thing allocated, which is how buffers grow. */
static gboolean
arena_resize_last (SekiArena *arena, guint8 *data, gsize old_len, gsize len)
{
        ArenaBlock *block = arena->blocks;
        gsize had = arena_rounded (old_len), need = arena_rounded (len);
        if (need == 0 || data == NULL || block == NULL || had > block->used ||
            data != (guint8 *) block->data + (block->used - had))
                return FALSE;
        if (need > had && (need - had > block->capacity - block->used ||
                           need - had > arena->limit - arena->used))
                return FALSE;
        if (len < old_len)
                seki_wipe (data + len, old_len - len);
        block->used = block->used - had + need;
        arena->used = arena->used - had + need;
        return TRUE;
}

gpointer
seki_arena_resize (SekiArena *arena, gpointer data, gsize old_len, gsize len)
{
        if (arena_resize_last (arena, data, old_len, len))
                return data;
        guint8 *out = seki_arena_alloc (arena, len);
        if (out == NULL || data == NULL)
                return out;
        memcpy (out, data, MIN (old_len, len));
        seki_wipe (data, old_len);
        return out;
}

gpointer
seki_arena_copy (SekiArena *arena, gconstpointer data, gsize len)
{
        guint8 *out = seki_arena_alloc (arena, len);
        if (out != NULL && len > 0)
                memcpy (out, data, len);
        return out;
}

char *
seki_arena_text (SekiArena *arena, SekiSpan text)
{
        if (text.data == NULL || text.len == G_MAXSIZE)
                return NULL;
        char *out = seki_arena_alloc (arena, text.len + 1);
        if (out != NULL)
                memcpy (out, text.data, text.len);
        return out;
}

gsize
seki_arena_used (const SekiArena *arena)
{
        return arena->used;
}

static void
block_free (ArenaBlock *block)
{
        seki_wipe (block->data, block->used);
        g_free (block);
}

void
seki_arena_reset (SekiArena *arena)
{
        ArenaBlock *kept = NULL;
        for (ArenaBlock *block = arena->blocks, *next; block != NULL; block = next) {
                next = block->next;
                if (block->capacity > BLOCK_GROWN ||
                    (kept != NULL && kept->capacity >= block->capacity)) {
                        block_free (block);
                        continue;
                }
                if (kept != NULL)
                        block_free (kept);
                kept = block;
        }
        if (kept != NULL) {
                seki_wipe (kept->data, kept->used);
                kept->used = 0;
                kept->next = NULL;
        }
        arena->blocks = kept;
        arena->used = 0;
        arena->next_capacity = kept != NULL ? MIN (kept->capacity * 2, BLOCK_GROWN) : BLOCK_FIRST;
}

void
seki_arena_free (SekiArena *arena)
{
        if (arena == NULL)
                return;
        for (ArenaBlock *block = arena->blocks, *next; block != NULL; block = next) {
                next = block->next;
                block_free (block);
        }
        g_free (arena);
}

void
seki_hex (const guint8 *data, gsize len, char *out)
{
        static const char digits[] = "0123456789abcdef";
        for (gsize i = 0; i < len; i++) {
                out[2 * i] = digits[data[i] >> 4];
                out[2 * i + 1] = digits[data[i] & 15];
        }
        out[2 * len] = '\0';
}

gboolean
seki_unhex (SekiSpan text, guint8 *out, gsize len)
{
        if (text.data == NULL || text.len % 2 != 0 || text.len / 2 != len)
                return FALSE;
        for (gsize i = 0; i < len; i++) {
                int high = g_ascii_xdigit_value ((char) text.data[2 * i]);
                int low = g_ascii_xdigit_value ((char) text.data[2 * i + 1]);
                if (high < 0 || low < 0)
                        return FALSE;
                out[i] = (guint8) (high << 4 | low);
        }
        return TRUE;
}
