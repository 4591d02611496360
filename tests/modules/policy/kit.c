/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/policy/kit.h"

#include <glib/gstdio.h>

static const char *const callers[] = { "node", "office", "person", "timer", "reply", NULL };
static const char *const roles[] = { "transfer", "account", "issuer", "none", NULL };
static const char *const effects[] = { "message", "put",  "give",   "send",
                                       "erase",   "hold", "report", NULL };
static const char *const marks[] = { "production", "test", NULL };
static const char *const kinds[] = { "none", "individual", "corporate", NULL };
static const char *const holdings[] = { "unknown", "no", "yes", NULL };

static const SekiFactSpec specs[] = {
        { "action", SEKI_FACT_TEXT, 0, 63, NULL, NULL, SEKI_FACT_LOG_PLAIN, "action", "操作" },
        { "caller", SEKI_FACT_ENUM, 0, 0, NULL, callers, SEKI_FACT_LOG_PLAIN, "caller", "呼出元" },
        { "caller_role", SEKI_FACT_ENUM, 0, 0, NULL, roles, SEKI_FACT_LOG_PLAIN, "role", "役割" },
        { "peer_role", SEKI_FACT_ENUM, 0, 0, NULL, roles, SEKI_FACT_LOG_PLAIN, "peer role",
          "提供先" },
        { "effect", SEKI_FACT_ENUM, 0, 0, NULL, effects, SEKI_FACT_LOG_PLAIN, "effect", "行為" },
        { "purpose", SEKI_FACT_TEXT, 0, 16, NULL, NULL, SEKI_FACT_LOG_PLAIN, "purpose", "目的" },
        { "basis", SEKI_FACT_TEXT, 0, 64, NULL, NULL, SEKI_FACT_LOG_PLAIN, "basis", "根拠" },
        { "country", SEKI_FACT_TEXT, 0, 2, NULL, NULL, SEKI_FACT_LOG_PLAIN, "country", "国" },
        { "mark", SEKI_FACT_ENUM, 0, 0, NULL, marks, SEKI_FACT_LOG_PLAIN, "mark", "本番・試験" },
        { "batch_size", SEKI_FACT_INT, 0, 1000000, "records", NULL, SEKI_FACT_LOG_PLAIN, "size",
          "件数" },
        { "hour", SEKI_FACT_INT, 0, 23, "hours", NULL, SEKI_FACT_LOG_PLAIN, "hour", "時" },
        { "weekday", SEKI_FACT_INT, 1, 7, "days", NULL, SEKI_FACT_LOG_PLAIN, "weekday", "曜日" },
        { "with_number", SEKI_FACT_BOOL, 0, 1, NULL, NULL, SEKI_FACT_LOG_PLAIN, "number",
          "番号あり" },
        { "number_kind", SEKI_FACT_ENUM, 0, 0, NULL, kinds, SEKI_FACT_LOG_PLAIN, "kind", "種別" },
        { "known", SEKI_FACT_BOOL, 0, 1, NULL, NULL, SEKI_FACT_LOG_PLAIN, "known", "記録あり" },
        { "holding", SEKI_FACT_ENUM, 0, 0, NULL, holdings, SEKI_FACT_LOG_PLAIN, "holding", "残高" },
        { "closed", SEKI_FACT_BOOL, 0, 1, NULL, NULL, SEKI_FACT_LOG_PLAIN, "closed", "閉鎖" },
        { "age", SEKI_FACT_INT, 0, 100000000, "seconds", NULL, SEKI_FACT_LOG_PLAIN, "age", "経過" },
        { "seen", SEKI_FACT_TIME, 0, 0, NULL, NULL, SEKI_FACT_LOG_PLAIN, "seen", "時刻" },
};

const SekiSchema *
kit_schema (void)
{
        static const SekiFactSpec *fields[G_N_ELEMENTS (specs)];
        static const SekiSchema schema = { fields, G_N_ELEMENTS (specs) };

        for (guint i = 0; i < G_N_ELEMENTS (specs); i++)
                fields[i] = &specs[i];
        return &schema;
}

Kit *
kit_new (const char *object, const char *floor, const char *rules)
{
        g_autoptr (GError) error = NULL;
        Kit *kit = g_new0 (Kit, 1);

        kit->module = fake_module_load (object);
        kit->ops = kit->module->policy;
        kit->fake = fake_host_new (kit_schema ());
        kit->folder = g_dir_make_tmp ("sekisho-policy-XXXXXX", NULL);
        if (strcmp (kit->module->name, "policy-lua") == 0)
                kit->settings = fake_settings_new (kit->module->options, "floor",
                                                   floor != NULL ? floor : "", "rules",
                                                   rules != NULL ? rules : kit->folder, NULL);
        else
                kit->settings = fake_settings_new (kit->module->options, NULL);
        kit->self = kit->module->open (&kit->fake->host, kit->settings, &error);
        g_assert_no_error (error);
        return kit;
}

void
kit_start (Kit *kit)
{
        g_autoptr (GError) error = NULL;

        kit->module->start (kit->self, &error);
        g_assert_no_error (error);
}

static void
folder_remove (const char *path)
{
        GDir *dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
        const char *name;

        while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
                g_autofree char *child = g_build_filename (path, name, NULL);
                folder_remove (child);
        }
        if (dir != NULL)
                g_dir_close (dir);
        g_remove (path);
}

void
kit_free (Kit *kit)
{
        if (kit == NULL)
                return;
        kit->module->stop (kit->self);
        kit->module->close (kit->self);
        fake_settings_free (kit->settings);
        fake_host_free (kit->fake);
        folder_remove (kit->folder);
        g_free (kit->folder);
        g_free (kit);
}

void
kit_write_bytes (Kit *kit, const char *name, const char *bytes, gssize len)
{
        g_autofree char *path = g_build_filename (kit->folder, name, NULL);
        g_autofree char *parent = g_path_get_dirname (path);

        g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
        g_assert_true (g_file_set_contents (path, bytes, len, NULL));
}

void
kit_write (Kit *kit, const char *name, const char *text)
{
        kit_write_bytes (kit, name, text, -1);
}

char *
kit_load (Kit *kit, const char *text)
{
        g_autoptr (GError) error = NULL;
        gpointer bundle;

        folder_remove (kit->folder);
        kit_write (kit, "rules.lua", text);
        bundle = kit->ops->prepare (kit->self, kit->folder, &error);
        if (bundle == NULL) {
                g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG);
                return g_strdup (error->message);
        }
        g_assert_no_error (error);
        g_assert_true (kit->ops->swap (kit->self, bundle, NULL));
        return NULL;
}

char *
kit_lint (Kit *kit, gboolean json, gint *out_status)
{
        const char *argv[] = { "lint", kit->folder, json ? "--json" : NULL, NULL };
        SekiReport report = { NULL, -1 };
        g_autoptr (GError) error = NULL;

        kit->ops->tool (kit->self, argv, &report, &error);
        g_assert_no_error (error);
        *out_status = report.status;
        return report.text;
}

static void
row_set (Row *row, const char *name, const char *value)
{
        guint i = 0;

        while (i < G_N_ELEMENTS (specs) && strcmp (specs[i].name, name) != 0)
                i++;
        g_assert_cmpuint (i, <, G_N_ELEMENTS (specs));
        row->facts.present[i / 64] |= G_GUINT64_CONSTANT (1) << (i % 64);
        if (specs[i].type == SEKI_FACT_ENUM || specs[i].type == SEKI_FACT_TEXT)
                row->value[i].text = seki_span_text (value);
        else if (specs[i].type == SEKI_FACT_BOOL && !g_ascii_isdigit (value[0]))
                row->value[i].number = strcmp (value, "yes") == 0;
        else
                row->value[i].number = g_ascii_strtoll (value, NULL, 10);
}

void
row_parse (Row *row, const char *text)
{
        char *rest, *pair;

        memset (row, 0, sizeof *row);
        row->text = rest = g_strdup (text);
        row->facts.value = row->value;
        while ((pair = strsep (&rest, " ")) != NULL) {
                char *sign = strchr (pair, '=');
                if (sign == NULL)
                        continue;
                *sign = '\0';
                row_set (row, pair, sign + 1);
        }
}

void
row_clear (Row *row)
{
        g_clear_pointer (&row->text, g_free);
}

SekiDecision
kit_decide (Kit *kit, const char *text)
{
        g_autoptr (GError) error = NULL;
        SekiDecision decision;
        Row row;

        memset (&decision, 0xff, sizeof decision);
        row_parse (&row, text);
        kit->ops->decide (kit->self, &row.facts, 1, &decision, &error);
        g_assert_no_error (error);
        row_clear (&row);
        return decision;
}

char *
kit_say (Kit *kit, const char *text)
{
        static const char *const grounds[] = { "default", "permit", "error", "forbid" };
        SekiDecision decision = kit_decide (kit, text);
        GString *out = g_string_new (grounds[decision.ground]);

        g_assert_cmpuint (decision.verdict, ==,
                          decision.ground == SEKI_GROUND_PERMIT ? SEKI_PERMIT : SEKI_DENY);
        g_assert_cmpint (decision.missing != 0xffff, ==, decision.ground == SEKI_GROUND_ERROR);
        if (decision.missing != 0xffff)
                g_string_append_printf (out, " %s", specs[decision.missing].name);
        for (guint i = 0; i < MIN (decision.n_rules, SEKI_DECISION_RULES); i++) {
                SekiRuleInfo info;
                g_assert_true (kit->ops->describe (kit->self, decision.rules[i], &info));
                g_string_append_printf (out, " %s", info.id);
        }
        return g_string_free (out, FALSE);
}
