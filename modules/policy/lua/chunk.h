/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one rule file in a Lua state of its own and keeps what it said.
 *
 * The state lives for one file.  Its world is a whitelist that can be read but
 * not written; what it may use is bounded (research: lua-policy 2.2):
 * instructions, CPU time (parsing included), memory, size of one block,
 * depth and volume of what it hands over.  A breach ends the file, never the
 * process. */
#pragma once

#include "finding.h"
#include "term.h"

#include <lua.h>

G_BEGIN_DECLS

#define CHUNK_STEPS_MAX 200000          /* instructions of one file */
#define CHUNK_STEPS_PER_LOOK 20         /* instructions between two looks at the clock */
#define CHUNK_CPU_US_MAX 30000          /* parsing and running, CPU time of the thread */
#define CHUNK_HEAP_MAX (4u << 20)       /* bytes of one state */
#define CHUNK_BLOCK_MAX (64u << 10)     /* bytes of one block while the file runs */
#define CHUNK_TERMS_MAX (4u << 20)      /* bytes of all terms of one file */
#define CHUNK_DEPTH_MAX 16

/* Why a file came to its end early; sentence NULL: it did not. */
typedef struct {
        const char *code;
        guint line;
        char *sentence;
} Fault;

typedef struct {
        GPtrArray *statements;  /* Term: key "permit" or "forbid", line, items[0] the table */
        guint n_complete;       /* statements wholly read */
        gboolean opened;        /* policy "1" was there */
        gsize used;             /* bytes of the state */
        gsize block_max;
        gsize terms_left;       /* bytes */
        gint64 deadline;        /* microseconds of thread CPU time */
        guint steps;
        const char *breach;     /* sentence of the limit that was broken; NULL */
        SekiSpan rest;          /* of the source, still to be parsed */
        lua_State *state;
        Fault fault;
} Chunk;

/* Statements made before a fault are in the chunk all the same. */
Chunk *chunk_run (const char *bytes, gsize len);
void chunk_free (Chunk *chunk);

Chunk *chunk_of (lua_State *L);
/* Ends the file for good; does not return. */
int chunk_breach (lua_State *L, const char *sentence);

/* surface.c: leaves the environment of a rule file on the stack. */
void surface_push (lua_State *L);
/* surface.c: the value at index as a term added to parent, or raises. */
void surface_read (lua_State *L, int index, GPtrArray *parent, guint depth);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Chunk, chunk_free)

G_END_DECLS
