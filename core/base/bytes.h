/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that wipe themselves, and arenas of them. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

/* Overwrites memory so that the compiler can not leave it out. */
void seki_wipe (gpointer data, gsize len);

/* A secret: key, passphrase, number.  Never logged, printed or turned into a
 * string; wiped when freed. */
typedef struct SekiSecret SekiSecret;

SekiSecret *seki_secret_new (gsize len);                        /* zeroed */
SekiSecret *seki_secret_new_copy (gconstpointer data, gsize len);
guint8 *seki_secret_get_data (SekiSecret *secret);              /* lent */
gsize seki_secret_get_size (const SekiSecret *secret);
SekiSpan seki_secret_get_span (const SekiSecret *secret);       /* lent */
void seki_secret_shrink (SekiSecret *secret, gsize len);        /* wipes the rest */
void seki_secret_free (SekiSecret *secret);                     /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiSecret, seki_secret_free)

/* An arena: memory of one message, wiped and reused as a whole.  Not for
 * sharing between threads.  Allocation sized by input is bounded by limit:
 * beyond it alloc returns NULL. */
typedef struct SekiArena SekiArena;

SekiArena *seki_arena_new (gsize limit);                        /* bytes, 0: no limit */
/* Zeroed, 8-byte aligned; NULL at the limit, as for all that follow. */
gpointer seki_arena_alloc (SekiArena *arena, gsize len);
gpointer seki_arena_copy (SekiArena *arena, gconstpointer data, gsize len);
/* Longer or shorter, in place where that is possible (the last allocation);
 * what is given up is wiped.  data NULL allocates. */
gpointer seki_arena_resize (SekiArena *arena, gpointer data, gsize old_len, gsize len);
char *seki_arena_text (SekiArena *arena, SekiSpan text);        /* NUL-terminated; NULL if absent */
gsize seki_arena_used (const SekiArena *arena);                 /* bytes, alignment included */
void seki_arena_reset (SekiArena *arena);       /* wipes; keeps one block, of at most 256 KiB */
void seki_arena_free (SekiArena *arena);                        /* wipes; NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiArena, seki_arena_free)

/* Big-endian integers, as keys and formats use them. */
static inline void
seki_put_be16 (guint8 *out, guint16 v)
{
        out[0] = (guint8) (v >> 8);
        out[1] = (guint8) v;
}

static inline void
seki_put_be32 (guint8 *out, guint32 v)
{
        seki_put_be16 (out, (guint16) (v >> 16));
        seki_put_be16 (out + 2, (guint16) v);
}

static inline void
seki_put_be64 (guint8 *out, guint64 v)
{
        seki_put_be32 (out, (guint32) (v >> 32));
        seki_put_be32 (out + 4, (guint32) v);
}

static inline guint16
seki_get_be16 (const guint8 *in)
{
        return (guint16) (in[0] << 8 | in[1]);
}

static inline guint32
seki_get_be32 (const guint8 *in)
{
        return (guint32) seki_get_be16 (in) << 16 | seki_get_be16 (in + 2);
}

static inline guint64
seki_get_be64 (const guint8 *in)
{
        return (guint64) seki_get_be32 (in) << 32 | seki_get_be32 (in + 4);
}

/* Lower-case hexadecimal, NUL-terminated; out has 2 * len + 1 bytes. */
void seki_hex (const guint8 *data, gsize len, char *out);
/* FALSE unless text is exactly 2 * len hexadecimal digits. */
gboolean seki_unhex (SekiSpan text, guint8 *out, gsize len);

G_END_DECLS
