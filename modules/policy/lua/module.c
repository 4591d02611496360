/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"
#include "slot.h"

typedef struct {
        const SekiHost *host;
        char *floor, *rules;
        Slot *slot;
        pthread_mutex_t lock;   /* of what follows */
        Bundle *prepared;       /* what prepare gave out and swap has not taken */
        Bundle *retired;        /* the one before the running: its texts may still be lent */
        gboolean japanese;
} Policy;

static const SekiOption options[] = {
        { .name = "floor",
          .type = SEKI_OPTION_PATH,
          .fallback = "",
          .help_en = "Folder of the shipped floor pack; empty: none",
          .help_ja = "同梱の最低基準規則のフォルダ（空なら使わない）" },
        { .name = "rules",
          .type = SEKI_OPTION_PATH,
          .fallback = NULL,
          .help_en = "Folder of the institution's rule files (*.lua); its sub-folder site holds "
                     "those of the site",
          .help_ja = "機関の規則ファイル（*.lua）のフォルダ。下位フォルダ site は拠点の規則" },
        { NULL }
};

static gpointer
policy_open (const SekiHost *host, const SekiSetting *settings, GError **error)
{
        const SekiSetting *floor = seki_setting (settings, "floor"),
                          *rules = seki_setting (settings, "rules");
        Policy *policy;

        if (rules == NULL || rules->text == NULL || rules->text[0] == '\0') {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                             SEKI_TEXT ("policy-lua has no folder of rules; set rules = FOLDER in "
                                        "the profile"));
                return NULL;
        }
        policy = g_new0 (Policy, 1);
        policy->host = host;
        policy->floor = g_strdup (floor != NULL ? floor->text : NULL);
        policy->rules = g_strdup (rules->text);
        policy->slot = slot_new ();
        policy->japanese = g_str_has_prefix (g_get_language_names ()[0], "ja");
        pthread_mutex_init (&policy->lock, NULL);
        return policy;
}

static void
policy_close (gpointer self)
{
        Policy *policy = self;

        if (policy == NULL)
                return;
        slot_free (policy->slot);
        bundle_free (policy->prepared);
        bundle_free (policy->retired);
        pthread_mutex_destroy (&policy->lock);
        g_free (policy->floor);
        g_free (policy->rules);
        g_free (policy);
}

/* Makes bundle the running one.  The one before lives until the next time,
 * so what describe lent of it stays readable a while. */
static void
policy_run (Policy *policy, Bundle *bundle)
{
        Bundle *before = slot_swap (policy->slot, bundle);

        bundle_free (policy->retired);
        policy->retired = before;
}

static gboolean
policy_start (gpointer self, GError **error)
{
        Policy *policy = self;
        Bundle *bundle = load_bundle (policy->host->schema, policy->floor, policy->rules, error);

        if (bundle == NULL)
                return FALSE;
        pthread_mutex_lock (&policy->lock);
        policy_run (policy, bundle);
        pthread_mutex_unlock (&policy->lock);
        return TRUE;
}

static void
policy_stop (gpointer self G_GNUC_UNUSED)
{
}

static gboolean
policy_decide (gpointer self, const SekiFacts *rows, gsize n, SekiDecision *out_decisions,
               GError **error)
{
        Policy *policy = self;
        guint ticket;
        const Bundle *bundle = slot_enter (policy->slot, &ticket);

        for (gsize i = 0; bundle != NULL && i < n; i++)
                bundle_decide (bundle, &rows[i], &out_decisions[i]);
        slot_leave (policy->slot, ticket);
        if (bundle != NULL)
                return TRUE;
        memset (out_decisions, 0, n * sizeof *out_decisions);
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MODULE,
                     SEKI_TEXT ("policy-lua runs no rules yet; start it first"));
        return FALSE;
}

static gboolean
policy_describe (gpointer self, guint16 number, SekiRuleInfo *out_info)
{
        Policy *policy = self;
        guint ticket;
        const Bundle *bundle = slot_enter (policy->slot, &ticket);
        gboolean found = bundle != NULL && number < bundle->n_rules;

        if (found) {
                const Rule *rule = bundle->rules->pdata[number];
                out_info->id = rule->id;
                out_info->title = policy->japanese ? rule->title.ja : rule->title.en;
                out_info->clauses = (const char *const *) rule->clauses;
        }
        slot_leave (policy->slot, ticket);
        return found;
}

static void
policy_digest (gpointer self, guint8 *out_digest)
{
        Policy *policy = self;
        guint ticket;
        const Bundle *bundle = slot_enter (policy->slot, &ticket);

        if (bundle != NULL)
                memcpy (out_digest, bundle->digest, BUNDLE_DIGEST);
        else
                memset (out_digest, 0, BUNDLE_DIGEST);
        slot_leave (policy->slot, ticket);
}

/* One prepared bundle at a time: a new one drops an earlier one nobody took. */
static gpointer
policy_prepare (gpointer self, const char *folder, GError **error)
{
        Policy *policy = self;
        Bundle *bundle = load_bundle (policy->host->schema, policy->floor,
                                      folder != NULL ? folder : policy->rules, error);

        if (bundle == NULL)
                return NULL;
        pthread_mutex_lock (&policy->lock);
        bundle_free (policy->prepared);
        policy->prepared = bundle;
        pthread_mutex_unlock (&policy->lock);
        return bundle;
}

static gboolean
policy_swap (gpointer self, gpointer bundle, GError **error)
{
        Policy *policy = self;
        gboolean known;

        pthread_mutex_lock (&policy->lock);
        known = bundle != NULL && bundle == policy->prepared;
        if (known) {
                policy_run (policy, policy->prepared);
                policy->prepared = NULL;
        }
        pthread_mutex_unlock (&policy->lock);
        if (!known)
                g_set_error (
                        error, SEKI_ERROR, SEKI_ERROR_INVALID,
                        SEKI_TEXT ("this bundle was not the last one prepared; prepare it again"));
        return known;
}

static gboolean
policy_tool (gpointer self, const char *const *argv, SekiReport *out_report, GError **error)
{
        Policy *policy = self;

        if (argv != NULL && g_strcmp0 (argv[0], "lint") == 0)
                return lint_run (policy->host->schema, argv, out_report, error);
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MISSING,
                     SEKI_TEXT ("policy-lua has no tool '%s'; it has: lint"),
                     argv != NULL && argv[0] != NULL ? argv[0] : "");
        return FALSE;
}

static const char *const provides[] = { "policy", "access-rules", "lint", NULL };
static const char *const nothing[] = { NULL };
static const char *const clauses[] = { "4.3(1)", "4.4(4)", "4.8(1)ア", NULL };
static const SekiFactSpec facts[] = { { NULL } };
static const SekiEventSpec events[] = { { NULL } };
static const SekiReason reasons[] = { { NULL } };

static const SekiPolicyOps ops = {
        .size = sizeof (SekiPolicyOps),
        .decide = policy_decide,
        .describe = policy_describe,
        .digest = policy_digest,
        .prepare = policy_prepare,
        .swap = policy_swap,
        .tool = policy_tool,
};

SEKI_MODULE_DEFINE (
        .kind = SEKI_KIND_POLICY,
        .threads = SEKI_THREADS_ANY,
        .name = "policy-lua",
        .version = "0.1.0",
        .summary = "Access rules written in Lua as data, compiled to C: default deny, forbid wins",
        .provides = provides,
        .needs = nothing,
        .wants = nothing,
        .options = options,
        .clauses = clauses,
        .facts = facts,
        .events = events,
        .reasons = reasons,
        .open = policy_open,
        .start = policy_start,
        .stop = policy_stop,
        .close = policy_close,
        .policy = &ops);
