/* SPDX-License-Identifier: Apache-2.0 */
/* The words a rule file may use, built as a whitelist, never by removal. */
#include "chunk.h"

#include <lauxlib.h>
#include <lualib.h>

#define SURFACE_VERSION "1"
#define CALL_TYPE "sekisho.call"

static const char *const base_names[] = { "type",  "tonumber", "ipairs", "select",
                                          "error", "assert",   NULL };
static const char *const math_names[] = { "floor", "ceil", "abs", "min", "max", "type", "tointeger",
                                          "maxinteger", "mininteger", NULL };
static const char *const text_names[] = { "len", "sub", "byte", "upper", "lower", NULL };
static const char *const access_names[] = { "permit", "forbid", NULL };
static const char *const top_names[] = { "policy",     "access",  "math",     "string",  "type",
                                         "tonumber",   "ipairs",  "select",   "error",   "assert",
                                         "any",        "yes",     "no",       "is",      "one_of",
                                         "not_one_of", "at_most", "at_least", "between", "any_of",
                                         "not_",       "same_as", "seconds",  "minutes", "hours",
                                         "days",       "audit",   "count",    "notify",  NULL };

/* Line on which the file called what runs now. */
static guint
caller_line (lua_State *L)
{
        lua_Debug debug;

        if (lua_getstack (L, 1, &debug) == 0 || lua_getinfo (L, "l", &debug) == 0)
                return 0;
        return debug.currentline > 0 ? (guint) debug.currentline : 0;
}

/* Every term belongs to a parent before anything is done that may raise. */
static Term *
term_add (lua_State *L, GPtrArray *parent, TermKind kind, gsize len)
{
        Chunk *chunk = chunk_of (L);
        gsize cost = sizeof (Term) + 2 * sizeof (GPtrArray) + len;
        Term *term;

        if (cost > chunk->terms_left)
                chunk_breach (
                        L,
                        SEKI_TEXT (
                                "the rules of the file are too large; split it into smaller ones"));
        chunk->terms_left -= cost;
        term = term_new (kind);
        g_ptr_array_add (parent, term);
        return term;
}

static gint
term_compare (gconstpointer a, gconstpointer b)
{
        return strcmp ((*(const Term *const *) a)->key, (*(const Term *const *) b)->key);
}

static void
table_read_named (lua_State *L, Term *table, lua_Integer n, guint depth)
{
        for (lua_pushnil (L); lua_next (L, -2) != 0; lua_pop (L, 1)) {
                int is_integer = lua_isinteger (L, -2);
                lua_Integer place = is_integer ? lua_tointeger (L, -2) : 0;
                if (is_integer && place >= 1 && place <= n)
                        continue;
                if (lua_type (L, -2) != LUA_TSTRING ||
                    strlen (lua_tostring (L, -2)) != lua_rawlen (L, -2)) {
                        table->odd = TRUE;
                        continue;
                }
                surface_read (L, -1, table->named, depth + 1);
                ((Term *) table->named->pdata[table->named->len - 1])->key = g_strdup (
                        lua_tostring (L, -2));
        }
        g_ptr_array_sort (table->named, term_compare);
}

static void
table_read (lua_State *L, int index, GPtrArray *parent, guint depth)
{
        Term *table = term_add (L, parent, TERM_TABLE, 0);
        lua_Integer n;

        lua_pushvalue (L, index);
        n = (lua_Integer) lua_rawlen (L, -1);
        for (lua_Integer i = 1; i <= n; i++) {
                lua_rawgeti (L, -1, i);
                surface_read (L, -1, table->items, depth + 1);
                lua_pop (L, 1);
        }
        table_read_named (L, table, n, depth);
        lua_pop (L, 1);
}

static void
call_read (lua_State *L, int index, GPtrArray *parent, guint depth)
{
        const Term *head = luaL_testudata (L, index, CALL_TYPE);
        Term *call = term_add (L, parent, head != NULL ? TERM_CALL : TERM_OTHER, 0);

        if (head == NULL)
                return;
        call->word = head->word;
        call->line = head->line;
        for (int i = 1; i <= 2; i++) {
                if (lua_getiuservalue (L, index, i) != LUA_TNIL)
                        surface_read (L, -1, call->items, depth + 1);
                lua_pop (L, 1);
        }
}

static void
text_read (lua_State *L, int index, GPtrArray *parent)
{
        gsize len;
        const char *text = lua_tolstring (L, index, &len);
        Term *term = term_add (L, parent, TERM_TEXT, len);

        term->text = g_malloc (len + 1);
        memcpy (term->text, text, len + 1);
        term->len = len;
}

void
surface_read (lua_State *L, int index, GPtrArray *parent, guint depth)
{
        index = lua_absindex (L, index);
        luaL_checkstack (L, 6, NULL);
        if (depth > CHUNK_DEPTH_MAX)
                chunk_breach (L,
                              SEKI_TEXT ("a value is nested too deeply; write the rule flatter"));
        switch (lua_type (L, index)) {
        case LUA_TBOOLEAN:
                term_add (L, parent, TERM_BOOL, 0)->number = lua_toboolean (L, index);
                break;
        case LUA_TNUMBER:
                term_add (L, parent, lua_isinteger (L, index) ? TERM_INT : TERM_REAL, 0)->number =
                        lua_isinteger (L, index) ? lua_tointeger (L, index) : 0;
                break;
        case LUA_TSTRING:
                text_read (L, index, parent);
                break;
        case LUA_TTABLE:
                table_read (L, index, parent, depth);
                break;
        case LUA_TUSERDATA:
                call_read (L, index, parent, depth);
                break;
        default:
                term_add (L, parent,
                          lua_type (L, index) == LUA_TFUNCTION ? TERM_FUNCTION : TERM_OTHER, 0);
        }
}

/* is "x", one_of { ... }, days (3): a value the file can only hand on. */
static int
word_call (lua_State *L)
{
        Term *head;

        if (lua_gettop (L) > 2)
                return luaL_error (
                        L, SEKI_TEXT ("'%s' takes one value, 'between' two; put lists in braces"),
                        word_names[lua_tointeger (L, lua_upvalueindex (1))]);
        lua_settop (L, 2);
        head = lua_newuserdatauv (L, sizeof *head, 2);
        memset (head, 0, sizeof *head);
        head->word = (Word) lua_tointeger (L, lua_upvalueindex (1));
        head->line = caller_line (L);
        luaL_setmetatable (L, CALL_TYPE);
        for (int i = 1; i <= 2; i++) {
                lua_pushvalue (L, i);
                lua_setiuservalue (L, -2, i);
        }
        return 1;
}

static int
access_call (lua_State *L)
{
        Chunk *chunk = chunk_of (L);
        const char *name = lua_tostring (L, lua_upvalueindex (1));
        Term *statement;

        if (!chunk->opened)
                return luaL_error (L, SEKI_TEXT ("the first statement must be: policy \"%s\""),
                                   SURFACE_VERSION);
        if (lua_gettop (L) != 1 || lua_type (L, 1) != LUA_TTABLE)
                return luaL_error (L, SEKI_TEXT ("write access.%s { ... } with one table"), name);
        statement = term_add (L, chunk->statements, TERM_CALL, 0);
        statement->key = g_strdup (name);
        statement->line = caller_line (L);
        surface_read (L, 1, statement->items, 0);
        chunk->n_complete = chunk->statements->len;
        return 0;
}

static int
policy_call (lua_State *L)
{
        Chunk *chunk = chunk_of (L);

        if (lua_gettop (L) != 1 || lua_type (L, 1) != LUA_TSTRING ||
            strcmp (lua_tostring (L, 1), SURFACE_VERSION) != 0)
                return luaL_error (L,
                                   SEKI_TEXT ("this version reads policy \"%s\" only; write that"),
                                   SURFACE_VERSION);
        if (chunk->opened)
                return luaL_error (L, SEKI_TEXT ("policy \"%s\" stands twice; leave one"),
                                   SURFACE_VERSION);
        chunk->opened = TRUE;
        return 0;
}

/* Upvalues: the table of names, its name for messages, its list for the nearest. */
static int
reader_call (lua_State *L)
{
        const char *name = lua_type (L, 2) == LUA_TSTRING ? lua_tostring (L, 2) : "?";
        const char *const *names = lua_touserdata (L, lua_upvalueindex (3));
        const char *nearest;

        lua_pushvalue (L, 2);
        if (lua_rawget (L, lua_upvalueindex (1)) != LUA_TNIL)
                return 1;
        nearest = nearest_name (name, names);
        if (nearest != NULL)
                return luaL_error (L, SEKI_TEXT ("%s has no '%s'; did you mean '%s'?"),
                                   lua_tostring (L, lua_upvalueindex (2)), name, nearest);
        return luaL_error (
                L, SEKI_TEXT ("%s has no '%s'; rules can use only the words of the rule language"),
                lua_tostring (L, lua_upvalueindex (2)), name);
}

static int
writer_call (lua_State *L)
{
        return luaL_error (L, SEKI_TEXT ("'%s' can not be assigned; write 'local' in front of it"),
                           lua_type (L, 2) == LUA_TSTRING ? lua_tostring (L, 2) : "?");
}

/* Replaces the table on the stack by an empty one through which it can be read. */
static void
push_view (lua_State *L, const char *name, const char *const *names)
{
        lua_newtable (L);
        lua_createtable (L, 0, 3);
        lua_rotate (L, -3, -1);
        lua_pushstring (L, name);
        lua_pushlightuserdata (L, (gpointer) names);
        lua_pushcclosure (L, reader_call, 3);
        lua_setfield (L, -2, "__index");
        lua_pushcfunction (L, writer_call);
        lua_setfield (L, -2, "__newindex");
        lua_pushboolean (L, 0);
        lua_setfield (L, -2, "__metatable");
        lua_setmetatable (L, -2);
}

/* Copies names of the library table on the stack into a new table below it, drops the library. */
static void
push_picked (lua_State *L, const char *const *names)
{
        lua_newtable (L);
        for (; *names != NULL; names++) {
                lua_getfield (L, -2, *names);
                lua_setfield (L, -2, *names);
        }
        lua_remove (L, -2);
}

/* Texts answer to the picked functions and to nothing else, and can not be changed. */
static void
lock_texts (lua_State *L, int string_view)
{
        lua_pushliteral (L, "");
        lua_createtable (L, 0, 2);
        lua_pushvalue (L, string_view);
        lua_setfield (L, -2, "__index");
        lua_pushboolean (L, 0);
        lua_setfield (L, -2, "__metatable");
        lua_setmetatable (L, -2);
        lua_pop (L, 1);
}

static void
add_words (lua_State *L)
{
        luaL_newmetatable (L, CALL_TYPE);
        lua_pushboolean (L, 0);
        lua_setfield (L, -2, "__metatable");
        lua_pop (L, 1);
        for (int word = 0; word < WORD_N; word++) {
                lua_pushinteger (L, word);
                lua_pushcclosure (L, word_call, 1);
                if (word <= WORD_NO)
                        lua_call (L, 0, 1);
                lua_setfield (L, -2, word_names[word]);
        }
        lua_pushcfunction (L, policy_call);
        lua_setfield (L, -2, "policy");
}

static void
add_access (lua_State *L)
{
        lua_newtable (L);
        for (const char *const *name = access_names; *name != NULL; name++) {
                lua_pushstring (L, *name);
                lua_pushcclosure (L, access_call, 1);
                lua_setfield (L, -2, *name);
        }
        push_view (L, "access", access_names);
        lua_setfield (L, -2, "access");
}

void
surface_push (lua_State *L)
{
        lua_pushcfunction (L, luaopen_base);
        lua_call (L, 0, 1);
        push_picked (L, base_names);
        lua_pushcfunction (L, luaopen_math);
        lua_call (L, 0, 1);
        push_picked (L, math_names);
        push_view (L, "math", math_names);
        lua_setfield (L, -2, "math");
        lua_pushcfunction (L, luaopen_string);
        lua_call (L, 0, 1);
        push_picked (L, text_names);
        push_view (L, "string", text_names);
        lock_texts (L, lua_gettop (L));
        lua_setfield (L, -2, "string");
        add_access (L);
        add_words (L);
        push_view (L, SEKI_TEXT ("the rule language"), top_names);
        /* What base wrote there is not to be found again by anybody. */
        lua_newtable (L);
        lua_rawseti (L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}
