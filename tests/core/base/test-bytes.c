/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <malloc.h>
#include <stdlib.h>

/* Every block that g_free gives back is looked at first.  The sanitizers
 * bring their own free, so the watch is left out under them. */
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__) || \
    __has_feature (address_sanitizer) || __has_feature (thread_sanitizer)
#define CAN_WATCH 0
#else
#define CAN_WATCH 1
#endif

static const char mark[] = "NUMBER-123456789018";

#if CAN_WATCH
extern void __libc_free (void *);
static gboolean watching;
static gsize n_freed, n_leaking;

static void
look_at (const guint8 *data, gsize len)
{
        n_freed++;
        n_leaking += memmem (data, len, mark, sizeof mark - 1) != NULL;
}

void
free (void *data)
{
        if (watching && data != NULL)
                look_at (data, malloc_usable_size (data));
        __libc_free (data);
}

static void
watch_begin (void)
{
        n_freed = n_leaking = 0;
        watching = TRUE;
}

static void
watch_end (gsize least)
{
        watching = FALSE;
        g_assert_cmpuint (n_freed, >=, least);
        g_assert_cmpuint (n_leaking, ==, 0);
}

static void
test_watching_sees_a_leak (void)
{
        char *left = g_strdup (mark);
        n_freed = n_leaking = 0;
        watching = TRUE;
        g_free (left);
        watching = FALSE;
        g_assert_cmpuint (n_leaking, ==, 1);
}
#else
static void
watch_begin (void)
{
}

static void
watch_end (gsize least G_GNUC_UNUSED)
{
}

static void
test_watching_sees_a_leak (void)
{
        g_test_skip ("the sanitizer has its own free");
}
#endif

static void
test_secrets_are_wiped (void)
{
        watch_begin ();
        SekiSecret *secret = seki_secret_new_copy (mark, sizeof mark);
        g_assert_cmpmem (seki_secret_get_data (secret), seki_secret_get_size (secret), mark,
                         sizeof mark);
        seki_secret_free (secret);
        secret = seki_secret_new_copy (mark, sizeof mark);
        seki_secret_shrink (secret, 2);
        g_assert_cmpuint (seki_secret_get_size (secret), ==, 2);
        g_assert_cmpmem (seki_secret_get_data (secret) + 2, 5, "\0\0\0\0\0", 5);
        seki_secret_free (secret);
        watch_end (2);
        seki_secret_free (NULL);
}

static void
test_new_secrets_are_zero (void)
{
        g_autoptr (SekiSecret) secret = seki_secret_new (32), empty = seki_secret_new (0);
        static const guint8 zeros[32];
        g_assert_cmpmem (seki_secret_get_data (secret), 32, zeros, 32);
        g_assert_nonnull (seki_secret_get_span (empty).data);
}

static void
test_arenas_are_wiped (void)
{
        watch_begin ();
        SekiArena *arena = seki_arena_new (0);
        guint8 *kept = seki_arena_copy (arena, mark, sizeof mark);
        for (guint i = 0; i < 5000; i++)
                g_assert_nonnull (seki_arena_copy (arena, mark, sizeof mark));
        g_assert_nonnull (seki_arena_copy (arena, mark, sizeof mark));
        memcpy (seki_arena_alloc (arena, 1 << 20), mark, sizeof mark);
        g_assert_cmpmem (kept, sizeof mark, mark, sizeof mark);
        seki_arena_reset (arena);
        g_assert_cmpuint (seki_arena_used (arena), ==, 0);
        seki_arena_copy (arena, mark, sizeof mark);
        seki_arena_free (arena);
        watch_end (3);
        seki_arena_free (NULL);
}

static void
test_arenas_are_wiped_on_reset (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        guint8 *data = seki_arena_copy (arena, mark, sizeof mark);
        seki_arena_reset (arena);
        /* The block is kept, so these bytes are still the arena's. */
        for (gsize i = 0; i < sizeof mark; i++)
                g_assert_cmpuint (data[i], ==, 0);
        guint8 *again = seki_arena_alloc (arena, sizeof mark);
        g_assert_true (again == data);
}

static void
test_arenas_keep_their_limit (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (100);
        g_assert_nonnull (seki_arena_alloc (arena, 90));
        g_assert_cmpuint (seki_arena_used (arena), ==, 96);
        g_assert_null (seki_arena_alloc (arena, 5));
        g_assert_null (seki_arena_alloc (arena, G_MAXSIZE));
        g_assert_null (seki_arena_alloc (arena, G_MAXSIZE - 3));
        g_assert_null (seki_arena_text (arena, seki_span_text ("hello")));
        seki_arena_reset (arena);
        g_assert_nonnull (seki_arena_alloc (arena, 100 - 4));
        g_assert_null (seki_arena_copy (arena, "x", 1));
}

static void
test_arena_memory_is_aligned_and_zero (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        for (guint round = 0; round < 3; round++) {
                for (gsize len = 0; len < 600; len++) {
                        guint8 *data = seki_arena_alloc (arena, len);
                        g_assert_cmpuint ((guintptr) data % 8, ==, 0);
                        for (gsize i = 0; i < len; i++)
                                g_assert_cmpuint (data[i], ==, 0);
                        memset (data, 0xff, len);
                }
                seki_arena_reset (arena);
        }
}

static void
test_arenas_resize (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (1000);
        char *data = seki_arena_copy (arena, mark, sizeof mark);
        g_assert_true (seki_arena_resize (arena, data, sizeof mark, 100) == data);
        g_assert_true (seki_arena_resize (arena, data, 100, 6) == data);
        for (gsize i = 6; i < 100; i++)
                g_assert_cmpint (data[i], ==, 0);
        g_assert_cmpuint (seki_arena_used (arena), ==, 8);
        seki_arena_alloc (arena, 8);
        char *moved = seki_arena_resize (arena, data, 6, 40);
        g_assert_true (moved != data);
        g_assert_cmpmem (moved, 6, mark, 6);
        g_assert_cmpint (data[0], ==, 0);
        g_assert_null (seki_arena_resize (arena, moved, 40, 2000));
        g_assert_cmpmem (moved, 6, mark, 6);
        g_assert_nonnull (seki_arena_resize (arena, NULL, 0, 3));
}

static void
test_arena_texts (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        g_assert_cmpstr (seki_arena_text (arena, seki_span ("abcdef", 3)), ==, "abc");
        g_assert_cmpstr (seki_arena_text (arena, SEKI_SPAN_LITERAL ("")), ==, "");
        g_assert_null (seki_arena_text (arena, SEKI_SPAN_NONE));
        g_assert_nonnull (seki_arena_copy (arena, NULL, 0));
}

static void
test_buffers_grow_and_leave_nothing (void)
{
        watch_begin ();
        SekiBuffer buffer;
        seki_buffer_init (&buffer, NULL);
        for (guint i = 0; i < 200; i++)
                seki_buffer_append (&buffer, seki_span (mark, sizeof mark));
        g_assert_cmpuint (buffer.len, ==, 200 * sizeof mark);
        seki_buffer_truncate (&buffer, sizeof mark);
        g_assert_cmpint (memcmp (buffer.data, mark, sizeof mark), ==, 0);
        g_assert_cmpuint (buffer.data[sizeof mark], ==, 0);
        seki_buffer_clear (&buffer);
        watch_end (4);
        g_assert_null (seki_buffer_get_span (&buffer).data);
}

static void
test_buffers_fail_for_good (void)
{
        g_autoptr (SekiArena) arena = seki_arena_new (600);
        SekiBuffer buffer;
        seki_buffer_init (&buffer, arena);
        seki_buffer_append (&buffer, seki_span (mark, sizeof mark));
        g_assert_null (seki_buffer_reserve (&buffer, 600));
        g_assert_null (seki_buffer_reserve (&buffer, 1));
        g_assert_null (seki_buffer_get_span (&buffer).data);
        seki_buffer_clear (&buffer);
        g_assert_nonnull (seki_buffer_reserve (&buffer, 0));
}

static void
test_integers_are_big_endian (void)
{
        guint8 out[8];
        seki_put_be64 (out, G_GUINT64_CONSTANT (0x0102030405060708));
        g_assert_cmpmem (out, 8, "\1\2\3\4\5\6\7\10", 8);
        g_assert_cmphex (seki_get_be64 (out), ==, G_GUINT64_CONSTANT (0x0102030405060708));
        memset (out, 0xff, 8);
        g_assert_cmphex (seki_get_be32 (out), ==, 0xffffffff);
        g_assert_cmphex (seki_get_be64 (out), ==, G_MAXUINT64);
        g_assert_cmphex (seki_get_be16 (out), ==, 0xffff);
}

static void
test_hexadecimal (void)
{
        const guint8 data[] = { 0x00, 0xab, 0x7f };
        guint8 back[3];
        char text[7];
        seki_hex (data, 3, text);
        g_assert_cmpstr (text, ==, "00ab7f");
        g_assert_true (seki_unhex (seki_span_text ("00AB7f"), back, 3));
        g_assert_cmpmem (back, 3, data, 3);
        g_assert_false (seki_unhex (seki_span_text ("00ab7"), back, 3));
        g_assert_false (seki_unhex (seki_span_text ("00ab7f0"), back, 3));
        g_assert_false (seki_unhex (seki_span_text ("00ab7f00"), back, 3));
        g_assert_false (seki_unhex (seki_span_text ("00ab7g"), back, 3));
        g_assert_false (seki_unhex (seki_span_text ("+0ab7f"), back, 3));
        g_assert_false (seki_unhex (SEKI_SPAN_NONE, back, 3));
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/bytes/the watch on freed memory sees what is left",
                         test_watching_sees_a_leak);
        g_test_add_func ("/bytes/secrets are wiped before they are freed", test_secrets_are_wiped);
        g_test_add_func ("/bytes/new secrets are zero", test_new_secrets_are_zero);
        g_test_add_func ("/bytes/arenas are wiped before they are freed", test_arenas_are_wiped);
        g_test_add_func ("/bytes/arenas are wiped when they are reset",
                         test_arenas_are_wiped_on_reset);
        g_test_add_func ("/bytes/arenas keep their limit", test_arenas_keep_their_limit);
        g_test_add_func ("/bytes/arena memory is aligned and zero",
                         test_arena_memory_is_aligned_and_zero);
        g_test_add_func ("/bytes/arena memory grows and shrinks", test_arenas_resize);
        g_test_add_func ("/bytes/arena texts end with a NUL", test_arena_texts);
        g_test_add_func ("/bytes/buffers grow and leave nothing behind",
                         test_buffers_grow_and_leave_nothing);
        g_test_add_func ("/bytes/buffers stay failed", test_buffers_fail_for_good);
        g_test_add_func ("/bytes/integers are big-endian", test_integers_are_big_endian);
        g_test_add_func ("/bytes/hexadecimal is read strictly", test_hexadecimal);
        return g_test_run ();
}
