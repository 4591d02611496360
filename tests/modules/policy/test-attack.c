/* SPDX-License-Identifier: Apache-2.0 */
/* Rule files that mean harm: each is refused in bounded time and memory, and
 * the module decides as before. */
#include "modules/policy/kit.h"

#include <time.h>

static const char *object;

#define CPU_MS_MAX 50

typedef struct {
        const char *name, *rules;
} Attack;

/* The scripts of research/lua-policy 2.1, and others of the same kinds. */
static const Attack attacks[] = {
        { "endless while", "while true do end" },
        { "endless for", "for i = 1, math.maxinteger do end" },
        { "endless repeat", "repeat local x = 1 until false" },
        { "endless goto", "::a:: goto a" },
        { "huge table", "local t = {} for i = 1, 1e9 do t[i] = i end" },
        { "huge map", "local t = {} for i = 1, 1e9 do t['k' .. i] = i end" },
        { "linked closures",
          "local f = function () end while true do local g = f f = function () return g end end" },
        { "endless recursion", "local function f () return f () + 1 end f ()" },
        { "endless tail calls", "local function f () return f () end f ()" },
        { "deep recursion of words", "local p = yes while true do p = not_ (p) end" },
        { "pcall around a loop", "while true do pcall (function () while true do end end) end" },
        { "xpcall around a loop", "xpcall (function () while true do end end, function () end)" },
        { "coroutine per loop",
          "while true do coroutine.wrap (function () while true do end end) () end" },
        { "exponential pattern",
          "string.find (('a'):rep (30), ('a?'):rep (30) .. ('a'):rep (30))" },
        { "pattern through a method", "('x'):find ('.-.-.-.-b')" },
        { "gmatch", "for w in ('x'):gmatch ('a-b') do end" },
        { "table.move", "table.move ({}, 1, 2e9, 2)" },
        { "string.rep", "local s = string.rep ('x', 2 ^ 30)" },
        { "rep as a method", "local s = ('x'):rep (1000000000)" },
        { "doubling", "local s = 'x' while true do s = s .. s end" },
        { "string just under the cap", "local s = 'x' while s:len () < 32000 do s = s .. s end "
                                       "while true do local t = s:upper () end" },
        { "comparing long strings", "local s = 'x' while s:len () < 32000 do s = s .. s end local "
                                    "t = s .. 'a' s = s .. 'b' while true do local b = s < t end" },
        { "byte into many values", "local s = 'x' while s:len () < 60000 do s = s .. 'xxxxxxxx' "
                                   "end while true do local t = { s:byte (1, -1) } end" },
        { "string table flood", "local i = 0 while true do i = i + 1 local s = 'k' .. i end" },
        { "finalizer", "setmetatable ({}, { __gc = function () while true do end end })" },
        { "error object with tostring",
          "error (setmetatable ({}, { __tostring = function () while true do end end }))" },
        { "error with a table", "error ({})" },
        { "error with nothing", "error ()" },
        { "error with a word", "error (yes)" },
        { "error with a long text",
          "local s = 'x' while s:len () < 32000 do s = s .. s end error (s)" },
        { "text metatable", "getmetatable ('').__index = function () end" },
        { "through _G", "_G.string.find = nil" },
        { "writing into string", "string.len = nil" },
        { "writing into math", "math.floor = function () end" },
        { "writing into access", "access.permit = function () end" },
        { "writing a global", "leak = 1" },
        { "writing through _ENV", "_ENV.leak = 1" },
        { "loading code", "load ('return 1') ()" },
        { "loading a file", "dofile ('/etc/passwd')" },
        { "reading a file", "io.open ('/etc/passwd')" },
        { "running a command", "os.execute ('true')" },
        { "requiring", "require 'os'" },
        { "debug", "debug.getregistry ()" },
        { "collecting", "collectgarbage ()" },
        { "next", "next ({})" },
        { "pairs", "for k in pairs ({}) do end" },
        { "raw access", "rawset (_ENV, 'x', 1)" },
        { "addresses", "tostring (policy)" },
        { "dump", "string.dump (function () end)" },
        { "format", "string.format ('%s', 1)" },
        { "random", "math.random ()" },
        { "close loop", "local x <close> = 1" },
        { "self-containing table", "local t = {} t[1] = t access.permit (t)" },
        { "self-containing map", "local t = {} t.id = t access.permit (t)" },
        { "table bomb",
          "local t = { 1 } for i = 1, 15 do t = { t, t, t, t, t, t, t, t } end access.permit (t)" },
        { "text bomb", "local s = 'x' while s:len () < 32000 do s = s .. s end local t = {} for i "
                       "= 1, 4000 do t[i] = s end access.permit { id = t }" },
        { "word bomb", "local p = yes for i = 1, 40 do p = any_of { p, p } end access.permit { id "
                       "= 'A-1', when = { known = p } }" },
        { "long list of numbers", "local t = {} for i = 1, 4000 do t[i] = 8000 - 2 * i end "
                                  "access.permit { id = 'A-1', title = 't', clause = '6',\n"
                                  "on = { action = any }, when = { batch_size = any_of { one_of "
                                  "(t), one_of (t), is (-1) } } }" },
        { "indexing a word", "local x = yes.kind" },
        { "calling a word", "yes ()" },
        { "select overflow", "select (-1)" },
        { "tonumber base", "tonumber ('z', 99)" },
        { "division by zero", "local x = 1 // 0" },
        { "string arithmetic", "local x = '10' + 1 access.permit (x)" },
        { "integer loop overflow",
          "for i = math.maxinteger - 1, math.maxinteger do policy () end" },
};

static double
cpu_ms (void)
{
        struct timespec now;

        clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
        return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* The best of three, since a busy machine charges its interrupts to us. */
static double
refusal_ms (Kit *kit, const char *name, const char *rules)
{
        double best = G_MAXDOUBLE;

        for (guint i = 0; i < 3 && best > CPU_MS_MAX / 2.0; i++) {
                double start = cpu_ms ();
                g_autofree char *why = kit_load (kit, rules);
                best = MIN (best, cpu_ms () - start);
                if (why == NULL)
                        g_error ("%s: was taken", name);
                g_assert_cmpuint (strlen (why), <, 2000);
                g_assert_true (g_utf8_validate (why, -1, NULL));
        }
        return best;
}

static void
test_attack (gconstpointer data)
{
        const Attack *attack = data;
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);
        g_autofree char *rules = g_strconcat (KIT_HEAD, attack->rules, NULL);
        g_autofree char *why = kit_load (kit,
                                         KIT_HEAD "access.permit { id = \"A-1\", title = \"t\", "
                                                  "clause = \"6\", on = { action = any } }");
        double ms;

        g_assert_cmpstr (why, ==, NULL);
        ms = refusal_ms (kit, attack->name, rules);
        g_test_message ("%.1f ms", ms);
        g_assert_cmpfloat (ms, <, CPU_MS_MAX);
        assert_says (kit, "action=a.b caller=node", "permit A-1");
}

/* Parsing runs no hook, so it has to be under the clock by itself. */
static void
test_tangled (gconstpointer data)
{
        guint kind = GPOINTER_TO_UINT (data);
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);
        GString *text = g_string_new (KIT_HEAD);
        double ms;

        if (kind == 0) {
                for (guint i = 0; text->len < 250000; i++)
                        g_string_append_printf (text, "::l%u::\n", i);
                g_string_append (text, "x()");
        } else if (kind == 1) {
                for (guint f = 0; f < 150 && text->len < 125000; f++) {
                        g_string_append (text, "local function f() local a0");
                        for (guint i = 1; i < 190; i++)
                                g_string_append_printf (text, ",a%u", i);
                        g_string_append_c (text, '\n');
                }
                while (text->len < 250000)
                        g_string_append (text, "x()");
        } else if (kind == 2) {
                g_string_append (text, "local x = ");
                for (guint i = 0; i < 240000; i++)
                        g_string_append_c (text, '(');
        } else if (kind == 3) {
                g_string_append (text, "local x = ");
                for (guint i = 0; i < 120000; i++)
                        g_string_append (text, "{{");
        } else if (kind == 4) {
                g_string_append (text, "local x = \"");
                for (guint i = 0; i < 240000; i++)
                        g_string_append_c (text, 'x');
        } else if (kind == 5) {
                g_string_append (text, "local x = 1");
                for (guint i = 0; i < 80000; i++)
                        g_string_append (text, "^1");
        } else {
                for (guint i = 0; text->len < 250000; i++)
                        g_string_append_printf (text, "goto m%u\n", i);
        }
        ms = refusal_ms (kit, "tangled", text->str);
        g_test_message ("%.1f ms", ms);
        g_assert_cmpfloat (ms, <, CPU_MS_MAX);
        g_string_free (text, TRUE);
}

/* Many findings cost no more than a file may. */
static void
test_many_findings (void)
{
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);
        GString *text = g_string_new (KIT_HEAD);
        double ms;

        for (guint i = 0; text->len < 200000; i++)
                g_string_append_printf (
                        text, "access.permit{id=\"A-%u\",titl=1,on={x=1},when={a=1,b=2,c=is(3)}}\n",
                        i);
        ms = refusal_ms (kit, "findings", text->str);
        g_test_message ("%.1f ms", ms);
        g_string_free (text, TRUE);
}

/* Random damage to a good file: it loads or it is refused, nothing else. */
static void
test_damage (void)
{
        static const char good[] = KIT_HEAD
                "local listed = { \"P01\", \"P02\" }\n"
                "access.forbid { id = \"A-1\", title = { ja = \"国外\", en = \"abroad\" }, clause "
                "= { \"4.8(1)イ\" },\n"
                "  on = { action = one_of { \"a.b\", \"c.d\" }, caller = any }, oblige = { audit "
                "\"full\" },\n"
                "  when = { country = not_one_of { \"JP\" }, hour = any_of { between (8, 19), is "
                "(3) },\n"
                "    purpose = one_of (listed), age = at_most (days (3)), basis = not_ (same_as "
                "\"purpose\") },\n"
                "  because = \"why\" }\n";
        static const char bits[] = "{}()[]=,\"'.:-~<>#0aZ\n\\\x1b";
        g_autoptr (Kit) kit = kit_new (object, NULL, NULL);
        g_autoptr (GRand) random = g_rand_new_with_seed (4490);
        guint taken = 0;

        for (guint i = 0; i < 3000; i++) {
                g_autofree char *text = g_strdup (good);
                g_autoptr (GError) error = NULL;
                gpointer bundle;
                for (gint n = g_rand_int_range (random, 1, 4); n > 0; n--)
                        text[g_rand_int_range (random, 0, sizeof good - 1)] =
                                bits[g_rand_int_range (random, 0, sizeof bits - 1)];
                kit_write (kit, "rules.lua", text);
                bundle = kit->ops->prepare (kit->self, NULL, &error);
                g_assert_true ((bundle != NULL) == (error == NULL));
                taken += bundle != NULL;
        }
        g_assert_cmpuint (taken, <, 1500);
}

int
main (int argc, char **argv)
{
        static const char *const tangles[] = { "labels", "nested functions", "parentheses",
                                               "braces", "open text",        "powers",
                                               "gotos" };

        g_test_init (&argc, &argv, NULL);
        object = argv[1];
        for (guint i = 0; i < G_N_ELEMENTS (attacks); i++) {
                g_autofree char *path = g_strdup_printf ("/policy-lua/attack/%s", attacks[i].name);
                g_test_add_data_func (path, &attacks[i], test_attack);
        }
        for (guint i = 0; i < G_N_ELEMENTS (tangles); i++) {
                g_autofree char *path = g_strdup_printf ("/policy-lua/attack/tangled %s",
                                                         tangles[i]);
                g_test_add_data_func (path, GUINT_TO_POINTER (i), test_tangled);
        }
        g_test_add_func ("/policy-lua/attack/thousands of mistakes in one file",
                         test_many_findings);
        g_test_add_func ("/policy-lua/attack/damaged files load or are refused", test_damage);
        return g_test_run ();
}
