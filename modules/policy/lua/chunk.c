/* SPDX-License-Identifier: Apache-2.0 */
#include "chunk.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <time.h>

#define PIECE 256u

Chunk *
chunk_of (lua_State *L)
{
        return *(Chunk **) lua_getextraspace (L);
}

static gint64
thread_cpu_us (void)
{
        struct timespec now;

        clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
        return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

int
chunk_breach (lua_State *L, const char *sentence)
{
        Chunk *chunk = chunk_of (L);

        if (chunk->breach == NULL)
                chunk->breach = sentence;
        lua_pushlightuserdata (L, chunk);
        return lua_error (L);
}

static void
chunk_look (lua_State *L, lua_Debug *debug G_GNUC_UNUSED)
{
        Chunk *chunk = chunk_of (L);

        /* From now on every instruction ends here: nothing can swallow it. */
        if (chunk->breach == NULL && (chunk->steps += CHUNK_STEPS_PER_LOOK) > CHUNK_STEPS_MAX)
                chunk->breach = SEKI_TEXT ("the file runs too long; write rules, not programs");
        if (chunk->breach == NULL && thread_cpu_us () > chunk->deadline)
                chunk->breach = SEKI_TEXT (
                        "the file takes too much time; split it into smaller ones");
        if (chunk->breach == NULL)
                return;
        lua_sethook (L, chunk_look, LUA_MASKCOUNT, 1);
        chunk_breach (L, chunk->breach);
}

/* A refusal is final: without that, each string made over a full string table
 * would cost a full collection. */
static gpointer
chunk_refuse (Chunk *chunk)
{
        chunk->breach = SEKI_TEXT ("the file needs too much memory; use shorter texts and lists, "
                                   "or split the file");
        if (chunk->state != NULL)
                lua_sethook (chunk->state, chunk_look, LUA_MASKCOUNT, 1);
        return NULL;
}

static gpointer
chunk_alloc (gpointer user, gpointer block, gsize old_size, gsize new_size)
{
        Chunk *chunk = user;
        gsize old = block != NULL ? old_size : 0;
        gpointer moved;

        if (new_size == 0) {
                free (block);
                chunk->used -= old;
                return NULL;
        }
        if (new_size > old &&
            (new_size > chunk->block_max || chunk->used - old + new_size > CHUNK_HEAP_MAX))
                return chunk_refuse (chunk);
        moved = realloc (block, new_size);
        if (moved != NULL)
                chunk->used = chunk->used - old + new_size;
        return moved;
}

/* The source in small pieces, so that parsing too is under the clock. */
static const char *
chunk_read (lua_State *L, gpointer user, gsize *out_len)
{
        Chunk *chunk = user;
        const char *piece = (const char *) chunk->rest.data;

        if (thread_cpu_us () > chunk->deadline)
                chunk_breach (L, SEKI_TEXT ("the file is too tangled to be read in time; "
                                            "split it into smaller ones"));
        *out_len = MIN (chunk->rest.len, PIECE);
        chunk->rest.data += *out_len;
        chunk->rest.len -= *out_len;
        return *out_len > 0 ? piece : NULL;
}

/* Everything that may raise runs inside this protected call. */
static int
chunk_protected (lua_State *L)
{
        Chunk *chunk = lua_touserdata (L, 1);

        surface_push (L);
        if (lua_load (L, chunk_read, chunk, "=rules", "t") != LUA_OK)
                return lua_error (L);
        lua_pushvalue (L, -2);
        if (lua_setupvalue (L, -2, 1) == NULL)
                lua_pop (L, 1);
        chunk->block_max = CHUNK_BLOCK_MAX;
        lua_sethook (L, chunk_look, LUA_MASKCOUNT, CHUNK_STEPS_PER_LOOK);
        lua_call (L, 0, 0);
        return 0;
}

/* "rules:12: text" -> 12 and text. */
static guint
message_split (const char *message, const char **out_text)
{
        char *end = NULL;
        guint64 line = 0;

        *out_text = message;
        if (!g_str_has_prefix (message, "rules:"))
                return 0;
        line = g_ascii_strtoull (message + strlen ("rules:"), &end, 10);
        if (end[0] == ':' && end[1] == ' ')
                *out_text = end + 2;
        return (guint) MIN (line, G_MAXUINT);
}

/* The line that has full-width signs outside of what Lua accepts them in. */
static gboolean
line_is_wide (const char *bytes, guint line)
{
        const char *start = bytes;
        g_autofree char *copy = NULL;

        for (; line > 1 && start != NULL; line--) {
                start = strchr (start, '\n');
                start = start != NULL ? start + 1 : NULL;
        }
        if (start == NULL)
                return FALSE;
        copy = g_strndup (start, strcspn (start, "\n"));
        return text_is_wide (copy);
}

static void
fault_set (Fault *fault, const char *code, guint line, char *sentence)
{
        fault->code = code;
        fault->line = line;
        fault->sentence = sentence;
}

/* Reads the error value without converting it: only text is looked at. */
static void
chunk_explain (Chunk *chunk, lua_State *L, int status, const char *bytes)
{
        const char *text = NULL;
        guint line = 0;

        if (lua_type (L, -1) == LUA_TSTRING)
                line = message_split (lua_tostring (L, -1), &text);
        if (chunk->breach != NULL || status == LUA_ERRMEM)
                fault_set (&chunk->fault, "SK032", line,
                           g_strdup (chunk->breach != NULL
                                             ? chunk->breach
                                             : SEKI_TEXT ("there is no memory left to read the "
                                                          "file; try again")));
        else if (text == NULL)
                fault_set (&chunk->fault, "SK031", 0,
                           g_strdup (SEKI_TEXT ("the file raised something that is not a sentence; "
                                                "call error with a text")));
        else if (chunk->block_max != CHUNK_BLOCK_MAX)
                fault_set (&chunk->fault, "SK030", line,
                           g_strdup_printf (
                                   line_is_wide (bytes, line)
                                           ? SEKI_TEXT ("%.300s; the line has full-width signs, "
                                                        "write them half-width")
                                           : SEKI_TEXT ("%.300s; this is not Lua, mend the line"),
                                   text));
        else
                fault_set (&chunk->fault, "SK031", line, g_strdup_printf ("%.400s", text));
}

static void
chunk_open (Chunk *chunk, const char *bytes)
{
        lua_State *L = lua_newstate (chunk_alloc, chunk);
        int status;

        if (L == NULL) {
                fault_set (&chunk->fault, "SK032", 0,
                           g_strdup (SEKI_TEXT (
                                   "there is no memory left to read the file; try again")));
                return;
        }
        chunk->state = L;
        *(Chunk **) lua_getextraspace (L) = chunk;
        lua_pushcfunction (L, chunk_protected);
        lua_pushlightuserdata (L, chunk);
        status = lua_pcall (L, 1, 0, 0);
        if (status != LUA_OK)
                chunk_explain (chunk, L, status, bytes);
        lua_sethook (L, NULL, 0, 0);
        chunk->state = NULL;
        lua_close (L);
}

Chunk *
chunk_run (const char *bytes, gsize len)
{
        Chunk *chunk = g_new0 (Chunk, 1);
        gsize mark = g_str_has_prefix (bytes, "\xef\xbb\xbf") ? 3 : 0;

        chunk->statements = g_ptr_array_new_with_free_func (term_free);
        chunk->block_max = CHUNK_HEAP_MAX;
        chunk->terms_left = CHUNK_TERMS_MAX;
        chunk->deadline = thread_cpu_us () + CHUNK_CPU_US_MAX;
        chunk->rest = seki_span (bytes + mark, len - mark);
        chunk_open (chunk, bytes);
        g_ptr_array_set_size (chunk->statements, (gint) chunk->n_complete);
        return chunk;
}

void
chunk_free (Chunk *chunk)
{
        if (chunk == NULL)
                return;
        g_ptr_array_unref (chunk->statements);
        g_free (chunk->fault.sentence);
        g_free (chunk);
}
