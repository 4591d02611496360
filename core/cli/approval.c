/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho approval: two persons' signatures over one statement. */
#include "base/text.h"
#include "cli/client.h"
#include "cli/compose.h"
#include "cli/files.h"
#include "cli/nouns.h"
#include "cli/print.h"
#include "cli/view.h"
#include "daemon/consent.h"
#include "daemon/lists.h"

#define SIGNATURE_MAX ((gsize) 64 * 1024)
#define SIGNATURES_MAX 2
#define PEM_MAX ((gsize) 256 * 1024)

/* The profile's trust and consent, where no node runs. */
typedef struct {
        SekiJournal *silence;
        SekiLists *lists;
        SekiConsent *consent;
} Offline;

static void
offline_clear (Offline *offline)
{
        seki_consent_free (offline->consent);
        seki_lists_free (offline->lists);
        seki_journal_free (offline->silence);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Offline, offline_clear)

static gboolean
offline_init (Offline *offline, SekiProfile *profile, GError **error)
{
        offline->silence = seki_journal_new (seki_profile_get_id (profile), -1);
        offline->lists = seki_lists_new (profile, seki_clock_system (), offline->silence, error);
        if (offline->lists == NULL)
                return FALSE;
        offline->consent = seki_consent_new (profile, seki_lists_get_trust (offline->lists),
                                             seki_clock_system ());
        return TRUE;
}

gboolean
seki_approval_run_propose (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        g_autoptr (SekiConsent) consent =
                profile != NULL ? seki_consent_new (profile, NULL, seki_clock_system ()) : NULL;
        g_autofree char *text = consent != NULL ? seki_consent_statement (consent) : NULL;

        if (profile == NULL)
                return FALSE;
        if (text == NULL) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("The statement can not be written: the node's id is too long."));
                return FALSE;
        }
        if (!seki_file_write_new (in->arguments[0], seki_span_text (text), error))
                return FALSE;
        if (in->option[SEKI_CLI_JSON] != NULL)
                seki_print ("{\"digest\":\"%s\"}\n", seki_profile_get_digest (profile));
        else
                seki_print (_("The statement stands in “%s”. Each person reads it and signs: "
                              "sekisho approval sign %s --person ID --person-key FILE\n"),
                               in->arguments[0], in->arguments[0]);
        return TRUE;
}

static const SekiPerson *
person_find (SekiProfile *profile, const char *id, GError **error)
{
        const SekiPerson *persons;
        gsize n;

        persons = seki_profile_get_persons (profile, &n);
        for (gsize i = 0; i < n; i++)
                if (strcmp (persons[i].id, id) == 0)
                        return &persons[i];
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MISSING,
                     _("The profile names no person “%s”."), id);
        return NULL;
}

static gboolean
statement_sign (const SekiInvocation *in, const SekiPerson *person, GByteArray *out_cms,
                GError **error)
{
        gsize len;
        g_autofree char *text = seki_file_read (in->arguments[0], SEKI_STATEMENT_MAX, &len, error);
        g_autofree char *pem =
                text != NULL ? seki_file_read (person->certificate, PEM_MAX, NULL, error) : NULL;
        g_autoptr (SekiSecret) key =
                pem != NULL
                        ? seki_file_read_secret (in->option[SEKI_CLI_PERSON_KEY], PEM_MAX, error)
                        : NULL;
        SekiStatement statement;

        return key != NULL && seki_statement_read (seki_span (text, len), &statement, error) &&
               seki_cms_sign (seki_span (text, len), pem, key, out_cms, error);
}

gboolean
seki_approval_run_sign (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = NULL;
        g_autoptr (GByteArray) cms = g_byte_array_new ();
        g_autofree char *usual =
                g_strdup_printf ("%s.%s.p7s", in->arguments[0], in->option[SEKI_CLI_PERSON]);
        const char *output =
                in->option[SEKI_CLI_OUTPUT] != NULL ? in->option[SEKI_CLI_OUTPUT] : usual;
        const SekiPerson *person;

        if (in->option[SEKI_CLI_PERSON] == NULL || in->option[SEKI_CLI_PERSON_KEY] == NULL)
                return seki_usage_fail (
                        error,
                        _("Say who signs and with which key: --person ID --person-key FILE"));
        profile = seki_client_profile (in, error);
        person = profile != NULL ? person_find (profile, in->option[SEKI_CLI_PERSON], error) : NULL;
        if (person == NULL || !statement_sign (in, person, cms, error) ||
            !seki_file_write_new (output, seki_span (cms->data, cms->len), error))
                return FALSE;
        seki_print (_("The signature stands in “%s”.\n"), output);
        return TRUE;
}

/* What is handed in. */
typedef struct {
        char *statement;
        gsize statement_len;
        char *signature[SIGNATURES_MAX];
        SekiSpan span[SIGNATURES_MAX];
        gsize n;
        gboolean alone;
} Papers;

static void
papers_clear (Papers *papers)
{
        g_free (papers->statement);
        for (gsize i = 0; i < papers->n; i++)
                g_free (papers->signature[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Papers, papers_clear)

static gboolean
papers_read (const SekiInvocation *in, Papers *papers, GError **error)
{
        papers->alone = in->option[SEKI_CLI_ALONE] != NULL;
        if (in->n_arguments > SIGNATURES_MAX + 1)
                return seki_usage_fail (error, _("A statement takes at most two signatures."));
        papers->statement = seki_file_read (in->arguments[0], SEKI_STATEMENT_MAX,
                                            &papers->statement_len, error);
        if (papers->statement == NULL)
                return FALSE;
        for (guint i = 1; i < in->n_arguments; i++) {
                gsize len;

                papers->signature[papers->n] =
                        seki_file_read (in->arguments[i], SIGNATURE_MAX, &len, error);
                if (papers->signature[papers->n] == NULL)
                        return FALSE;
                papers->span[papers->n] = seki_span (papers->signature[papers->n], len);
                papers->n++;
        }
        return TRUE;
}

/* The same members as the node's answer has. */
static GVariant *
approval_compose (const SekiApproval *approval)
{
        const char *persons[3] = { approval->n_persons > 0 ? approval->persons[0] : NULL,
                                   approval->n_persons > 1 ? approval->persons[1] : NULL, NULL };
        GVariantDict dict;

        g_variant_dict_init (&dict, NULL);
        g_variant_dict_insert (&dict, "digest", "s", approval->digest);
        g_variant_dict_insert (&dict, "action", "s", approval->statement.action);
        g_variant_dict_insert (&dict, "subject", "s", approval->statement.subject);
        g_variant_dict_insert (&dict, "expires", "x", approval->statement.expires);
        g_variant_dict_insert (&dict, "persons", "^as", persons);
        g_variant_dict_insert (&dict, "holds", "b", approval->holds_from == 0);
        if (approval->announced != 0)
                g_variant_dict_insert (&dict, "announced", "x", approval->announced);
        if (approval->holds_from != 0 && approval->holds_from != G_MAXINT64)
                g_variant_dict_insert (&dict, "holds_from", "x", approval->holds_from);
        return g_variant_dict_end (&dict);
}

static gboolean
approval_show (SekiInvocation *in, SekiSpan answer, GError **error)
{
        static const SekiColumn columns[] = {
                { "action", N_("action") },
                { "subject", N_("subject") },
                { "persons", N_("signed by") },
                { "holds", N_("holds"), SEKI_SHOW_YES },
                { "announced", N_("announced"), SEKI_SHOW_TIME },
                { "holds_from", N_("holds from"), SEKI_SHOW_TIME },
                { "expires", N_("expires"), SEKI_SHOW_TIME },
                { NULL }
        };
        SekiSpan approval = seki_view_get (answer, "approval");
        gboolean shown;

        in->status = seki_view_get_bool (approval, "holds") ? SEKI_EXIT_DONE : SEKI_EXIT_FINDING;
        if (!seki_show_answer (in, answer, &shown, error))
                return FALSE;
        if (!shown)
                seki_show_fields (approval, columns);
        return TRUE;
}

static gboolean
approval_show_own (SekiInvocation *in, const SekiApproval *approval, GError **error)
{
        g_auto (SekiBuffer) answer;
        GVariantDict dict;

        g_variant_dict_init (&dict, NULL);
        g_variant_dict_insert_value (&dict, "approval", approval_compose (approval));
        seki_cbor_writer_init (&answer, NULL);
        seki_compose (g_variant_dict_end (&dict), &answer);
        return approval_show (in, seki_cbor_writer_get_span (&answer), error);
}

static SekiSecret *
papers_send (const Papers *papers, SekiProfile *profile, GError **error)
{
        g_auto (SekiBuffer) signatures;

        seki_cbor_writer_init (&signatures, NULL);
        seki_cbor_write_array (&signatures, papers->n);
        for (gsize i = 0; i < papers->n; i++)
                seki_cbor_write_bytes (&signatures, papers->span[i]);
        const SekiArgument arguments[] = {
                SEKI_ARGUMENT_BYTES ("statement",
                                     seki_span (papers->statement, papers->statement_len)),
                { .key = "signatures",
                  .type = SEKI_CBOR_ARRAY,
                  .span = seki_cbor_writer_get_span (&signatures) },
                SEKI_ARGUMENT_BOOL ("alone", papers->alone),
                { NULL },
        };
        return seki_client_call (seki_profile_get_control (profile), "approve", arguments, error);
}

/* Before the node runs approvals are laid where it will look for them. */
static gboolean
papers_lay (SekiInvocation *in, const Papers *papers, SekiProfile *profile, GError **error)
{
        g_auto (Offline) offline = { 0 };
        SekiApproval approval;

        return offline_init (&offline, profile, error) &&
               seki_approval_add (seki_consent_get_approvals (offline.consent),
                                  seki_span (papers->statement, papers->statement_len),
                                  papers->span, papers->n, papers->alone, &approval, error) &&
               approval_show_own (in, &approval, error);
}

gboolean
seki_approval_run_submit (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        g_auto (Papers) papers = { 0 };
        g_autoptr (SekiSecret) answer = NULL;
        g_autoptr (GError) own = NULL;

        if (profile == NULL || !papers_read (in, &papers, error))
                return FALSE;
        answer = papers_send (&papers, profile, &own);
        if (answer != NULL)
                return approval_show (in, seki_secret_get_span (answer), error);
        if (g_error_matches (own, SEKI_ERROR, SEKI_ERROR_PEER))
                return papers_lay (in, &papers, profile, error);
        g_propagate_error (error, g_steal_pointer (&own));
        return FALSE;
}

gboolean
seki_approval_run_list (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        g_auto (Offline) offline = { 0 };
        g_autoptr (GError) own = NULL;
        SekiApproval approval;

        if (profile == NULL || !offline_init (&offline, profile, error))
                return FALSE;
        if (seki_consent_check (offline.consent, &approval, &own) ||
            g_error_matches (own, SEKI_ERROR, SEKI_ERROR_BUSY))
                return approval_show_own (in, &approval, error);
        in->status = SEKI_EXIT_FINDING;
        if (in->option[SEKI_CLI_JSON] != NULL)
                seki_print ("{}\n");
        else
                seki_print ("%s\n", own->message);
        return TRUE;
}
