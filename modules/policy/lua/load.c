/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include "chunk.h"
#include "folder.h"

static guint16
schema_find (const SekiSchema *schema, const char *name)
{
        for (guint16 i = 0; i < schema->n_fields; i++)
                if (strcmp (schema->fields[i]->name, name) == 0)
                        return i;
        return NO_FIELD;
}

gboolean
load_keys (const SekiSchema *schema, guint16 *out_action, guint16 *out_caller, GError **error)
{
        gboolean sound = schema != NULL && schema->n_fields <= SEKI_FACTS_MAX;

        *out_action = sound ? schema_find (schema, "action") : NO_FIELD;
        *out_caller = sound ? schema_find (schema, "caller") : NO_FIELD;
        if (*out_action != NO_FIELD && field_is_text (schema->fields[*out_action]) &&
            *out_caller != NO_FIELD && schema->fields[*out_caller]->type == SEKI_FACT_ENUM)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                     SEKI_TEXT ("the node declares no fields 'action' and 'caller' that rules "
                                "could be for; "
                                "load a policy module of the same release as the node"));
        return FALSE;
}

/* One rule per id: the second is the finding. */
static void
rule_keep (Check *check, Rule *rule, GHashTable *ids, GPtrArray *rules)
{
        const Rule *first = g_hash_table_lookup (ids, rule->id);

        if (first == NULL) {
                g_hash_table_insert (ids, rule->id, rule);
                g_ptr_array_add (rules, rule);
                return;
        }
        check->rule = rule->id;
        check_say (check, "SK007", rule->line, rule->id, NULL,
                   SEKI_TEXT ("the id '%s' is taken by %s:%u; give this rule another one"),
                   rule->id, first->file, first->line);
        check->rule = NULL;
        rule_free (rule);
}

static void
source_check (Check *check, guint16 action, guint16 caller, GHashTable *ids, GPtrArray *rules)
{
        const Source *source = check->source;
        g_autoptr (Chunk) chunk = NULL;

        if (source->bytes[0] == LUA_SIGNATURE[0]) {
                check_say (check, "SK034", 1, NULL, NULL,
                           SEKI_TEXT ("the file is compiled Lua; put the source here"));
                return;
        }
        chunk = chunk_run (source->bytes, source->len);
        for (guint i = 0; i < chunk->statements->len; i++) {
                Rule *rule = rule_new (check, chunk->statements->pdata[i], action, caller);
                if (rule != NULL)
                        rule_keep (check, rule, ids, rules);
        }
        if (chunk->fault.sentence != NULL)
                check_say (check, chunk->fault.code, chunk->fault.line, NULL, NULL, "%s",
                           chunk->fault.sentence);
        else if (!chunk->opened)
                check_say (check, "SK036", 1, NULL, NULL,
                           SEKI_TEXT ("the first statement must be: policy \"1\""));
        else if (chunk->statements->len == 0)
                check_warn (check, "SK038", 1, NULL,
                            SEKI_TEXT ("the file holds no rule; take it out"));
}

GPtrArray *
load_rules (const SekiSchema *schema, const GPtrArray *sources, Findings *findings, GError **error)
{
        g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
        GPtrArray *rules;
        guint16 action, caller;

        if (!load_keys (schema, &action, &caller, error))
                return NULL;
        rules = g_ptr_array_new_with_free_func (rule_free);
        for (guint i = 0; i < sources->len; i++) {
                Check check = { schema, findings, sources->pdata[i], NULL, 0 };
                source_check (&check, action, caller, ids, rules);
        }
        findings_sort (findings);
        return rules;
}

Bundle *
load_bundle (const SekiSchema *schema, const char *floor, const char *rules, GError **error)
{
        g_autoptr (Findings) findings = findings_new ();
        g_autoptr (GPtrArray) sources = sources_new ();
        g_autoptr (GPtrArray) list = NULL;
        Check check = { schema, findings, NULL, NULL, 0 };
        guint8 digest[BUNDLE_DIGEST];
        guint16 action, caller;

        if (!load_keys (schema, &action, &caller, error))
                return NULL;
        if (floor != NULL && floor[0] != '\0')
                folder_read (&check, floor, LAYER_FLOOR, sources);
        folder_read (&check, rules, LAYER_INSTITUTION, sources);
        list = load_rules (schema, sources, findings, error);
        if (list == NULL)
                return NULL;
        if (findings->n_errors > 0) {
                findings_fail (findings, error);
                return NULL;
        }
        folder_digest (sources, digest);
        return bundle_new (schema, action, caller, g_steal_pointer (&list), digest, error);
}
