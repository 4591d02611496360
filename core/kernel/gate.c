/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/gate.h"

#include "base/cbor.h"
#include "model/record.h"

static const char *const callers[] = { "node", "office", "person", "timer", "reply", NULL };
static const char *const roles[] = { "transfer", "account", "issuer", "none", NULL };
static const char *const asks[] = { "message", "put",  "give",   "send",
                                    "erase",   "hold", "report", NULL };
static const char *const marks[] = { "production", "test", NULL };
static const char *const kinds[] = { "none", "individual", "corporate", NULL };
static const char *const holdings[] = { "unknown", "no", "yes", NULL };

#define PLAIN SEKI_FACT_LOG_PLAIN

static const SekiFactSpec core_facts[SEKI_FACT_CORE_COUNT + 1] = {
        { "action", SEKI_FACT_TEXT, 0, 63, NULL, NULL, PLAIN, "action of the message",
          "電文の操作" },
        { "caller", SEKI_FACT_ENUM, 0, 0, NULL, callers, PLAIN, "how the caller reached the node",
          "呼出元の種別" },
        { "caller_role", SEKI_FACT_ENUM, 0, 0, NULL, roles, PLAIN,
          "role of the calling institution", "呼出元の役割" },
        { "peer_role", SEKI_FACT_ENUM, 0, 0, NULL, roles, PLAIN, "role of the party data goes to",
          "提供先の役割" },
        { "effect", SEKI_FACT_ENUM, 0, 0, NULL, asks, PLAIN, "what would happen", "行為" },
        { "purpose", SEKI_FACT_TEXT, 0, 16, NULL, NULL, PLAIN, "purpose code", "目的コード" },
        { "basis", SEKI_FACT_TEXT, 0, 256, NULL, NULL, PLAIN, "legal basis", "法的根拠" },
        { "country", SEKI_FACT_TEXT, 0, 2, NULL, NULL, PLAIN, "country of the party",
          "相手方の国" },
        { "mark", SEKI_FACT_ENUM, 0, 0, NULL, marks, PLAIN, "production or test",
          "本番・試験の別" },
        { "batch_size", SEKI_FACT_INT, 0, 1000000, "records", NULL, PLAIN, "records in the message",
          "電文の件数" },
        { "hour", SEKI_FACT_INT, 0, 23, "hours", NULL, PLAIN, "hour of the day in Japan",
          "時（日本時間）" },
        { "weekday", SEKI_FACT_INT, 1, 7, "days", NULL, PLAIN, "day of the week, Monday 1",
          "曜日（月曜が1）" },
        { "with_number", SEKI_FACT_BOOL, 0, 1, NULL, NULL, PLAIN, "the number goes along",
          "番号を含む" },
        { "number_kind", SEKI_FACT_ENUM, 0, 0, NULL, kinds, PLAIN, "kind of number", "番号の種別" },
        { "known", SEKI_FACT_BOOL, 0, 1, NULL, NULL, PLAIN, "a record is stored", "記録あり" },
        { "holding", SEKI_FACT_ENUM, 0, 0, NULL, holdings, PLAIN, "has a balance", "残高の有無" },
        { "closed", SEKI_FACT_BOOL, 0, 1, NULL, NULL, PLAIN, "the account is closed",
          "口座閉鎖済み" },
        { NULL },
};

const SekiFactSpec *
seki_gate_core_facts (void)
{
        return core_facts;
}

const char *
seki_caller_name (SekiCallerSet kind)
{
        for (guint i = 0; callers[i] != NULL; i++)
                if (kind == 1u << i)
                        return callers[i];
        return "none";
}

const char *
seki_role_name (SekiRoleSet set)
{
        for (guint i = 0; i < 3; i++)
                if (set & 1u << i)
                        return roles[i];
        return "none";
}

void
seki_docket_init (SekiDocket *docket, const SekiContext *context, SekiRegistry *registry,
                  SekiHash *hash, SekiArena *arena)
{
        *docket = (SekiDocket){
                .context = context, .registry = registry, .hash = hash, .arena = arena
        };
}

typedef struct {
        SekiFacts row;
        SekiFact value[SEKI_FACTS_MAX];
} FactRow;

static void
row_set (FactRow *row, guint field, SekiFact fact)
{
        row->row.present[field / 64] |= G_GUINT64_CONSTANT (1) << (field % 64);
        row->value[field] = fact;
}

static void
row_set_text (FactRow *row, guint field, SekiSpan text)
{
        if (text.data != NULL)
                row_set (row, field, (SekiFact){ .text = text });
}

static void
row_set_name (FactRow *row, guint field, const char *name)
{
        row_set_text (row, field, seki_span_text (name));
}

static void
row_set_number (FactRow *row, guint field, gint64 number)
{
        row_set (row, field, (SekiFact){ .number = number });
}

static void
row_set_time (FactRow *row, gint64 now)
{
        gint64 hours = now / (G_USEC_PER_SEC * (gint64) 3600) + 9;

        row_set_number (row, SEKI_FACT_HOUR, hours % 24);
        row_set_number (row, SEKI_FACT_WEEKDAY,
                        (hours / 24 + 3) % 7 + 1); /* 1970-01-01 was a Thursday */
}

static void
row_fill (FactRow *row, const SekiContext *context, const SekiQuestion *question)
{
        const SekiParty *to = question->to != NULL ? question->to : context->caller;

        memset (&row->row, 0, sizeof row->row);
        row->row.value = row->value;
        row_set_text (row, SEKI_FACT_ACTION, context->action);
        row_set_name (row, SEKI_FACT_CALLER, seki_caller_name (context->caller->kind));
        row_set_name (row, SEKI_FACT_CALLER_ROLE, seki_role_name (context->caller->roles));
        row_set_name (row, SEKI_FACT_PEER_ROLE, seki_role_name (to->roles));
        row_set_name (row, SEKI_FACT_EFFECT, asks[question->ask]);
        row_set_text (row, SEKI_FACT_PURPOSE, context->purpose);
        row_set_text (row, SEKI_FACT_BASIS, context->basis);
        row_set_name (row, SEKI_FACT_COUNTRY, to->country);
        row_set_name (row, SEKI_FACT_MARK, marks[context->test ? 1 : 0]);
        row_set_number (row, SEKI_FACT_BATCH_SIZE, (gint64) context->batch_size);
        row_set_time (row, context->now);
        row_set_number (row, SEKI_FACT_WITH_NUMBER, question->with_number);
        row_set_name (row, SEKI_FACT_NUMBER_KIND, kinds[MIN (question->number, 2)]);
        row_set_number (row, SEKI_FACT_KNOWN, question->known);
        row_set_name (row, SEKI_FACT_HOLDING, holdings[MIN (question->holding, 2)]);
        row_set_number (row, SEKI_FACT_CLOSED, question->closed);
}

/* The facts as a map from field number to value, for explain and replay. */
static SekiSpan
row_encode (const FactRow *row, SekiArena *arena)
{
        SekiCborWriter writer;
        guint n = 0;

        for (guint i = 0; i < SEKI_FACT_CORE_COUNT; i++)
                n += seki_facts_has (&row->row, i);
        seki_cbor_writer_init (&writer, arena);
        seki_cbor_write_map (&writer, n);
        for (guint i = 0; i < SEKI_FACT_CORE_COUNT; i++) {
                if (!seki_facts_has (&row->row, i))
                        continue;
                seki_cbor_write_uint (&writer, i);
                if (core_facts[i].type == SEKI_FACT_TEXT || core_facts[i].type == SEKI_FACT_ENUM)
                        seki_cbor_write_text (&writer, row->value[i].text);
                else
                        seki_cbor_write_int (&writer, row->value[i].number);
        }
        return writer.failed ? SEKI_SPAN_NONE : seki_cbor_writer_get_span (&writer);
}

static gboolean
docket_grow (SekiDocket *docket)
{
        gsize capacity = docket->capacity == 0 ? 8 : docket->capacity * 2;
        SekiRuling *rulings = seki_arena_alloc (docket->arena, capacity * sizeof *rulings);

        if (rulings == NULL)
                return FALSE;
        if (docket->n_rulings > 0)
                memcpy (rulings, docket->rulings, docket->n_rulings * sizeof *rulings);
        docket->rulings = rulings;
        docket->capacity = capacity;
        return TRUE;
}

/* Copies what the ledger will say of the decision: a later swap must not change it. */
static void
ruling_ask (SekiDocket *docket, SekiRuling *ruling, const SekiFacts *facts)
{
        SekiPlugin *plugin = seki_registry_get (docket->registry, SEKI_KIND_POLICY, 0);
        const SekiPolicyOps *policy = plugin != NULL ? plugin->module->policy : NULL;

        ruling->n_rules = 0;
        if (policy == NULL || !policy->decide (plugin->self, facts, 1, &ruling->decision, NULL)) {
                ruling->decision = (SekiDecision){ .verdict = SEKI_DENY,
                                                   .ground = SEKI_GROUND_ERROR,
                                                   .missing = 0xffff };
                return;
        }
        for (guint i = 0; i < MIN (ruling->decision.n_rules, SEKI_DECISION_RULES); i++) {
                SekiRuleInfo info;
                char *id;

                if (!policy->describe (plugin->self, ruling->decision.rules[i], &info))
                        continue;
                id = seki_arena_text (docket->arena, seki_span_text (info.id));
                if (id != NULL)
                        ruling->rules[ruling->n_rules++] = seki_span_text (id);
        }
}

/* The bundle may be swapped between the decision and its description: then they
 * are asked of the new one. */
static void
ruling_decide (SekiDocket *docket, SekiRuling *ruling, const SekiFacts *facts)
{
        SekiPlugin *plugin = seki_registry_get (docket->registry, SEKI_KIND_POLICY, 0);
        guint8 after[SEKI_HASH_LEN];

        if (plugin == NULL) {
                ruling_ask (docket, ruling, facts);
                return;
        }
        plugin->module->policy->digest (plugin->self, after);
        do {
                memcpy (ruling->policy, after, sizeof after);
                ruling_ask (docket, ruling, facts);
                plugin->module->policy->digest (plugin->self, after);
        } while (memcmp (ruling->policy, after, sizeof after) != 0);
}

gsize
seki_docket_rule (SekiDocket *docket, const SekiQuestion *question)
{
        SekiRuling *ruling;
        FactRow row;

        for (gsize i = docket->n_rulings; i-- > 0;)
                if (memcmp (&docket->rulings[i].question, question, sizeof *question) == 0)
                        return i;
        if (docket->n_rulings == docket->capacity && !docket_grow (docket))
                return G_MAXSIZE;
        ruling = &docket->rulings[docket->n_rulings];
        memset (ruling, 0, sizeof *ruling);
        ruling->question = *question;
        row_fill (&row, docket->context, question);
        ruling->encoded = row_encode (&row, docket->arena);
        if (ruling->encoded.data == NULL)
                return G_MAXSIZE;
        seki_hash_begin (docket->hash);
        seki_hash_add (docket->hash, docket->context->salt, sizeof docket->context->salt);
        seki_hash_add (docket->hash, ruling->encoded.data, ruling->encoded.len);
        seki_hash_end (docket->hash, ruling->digest);
        ruling_decide (docket, ruling, &row.row);
        return docket->n_rulings++;
}
