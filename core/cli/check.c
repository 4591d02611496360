/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho check: everything that can be known before the node runs. */
#include "base/text.h"
#include "cli/client.h"
#include "cli/compose.h"
#include "cli/modules.h"
#include "cli/nouns.h"
#include "cli/print.h"
#include "cli/view.h"
#include "daemon/consent.h"
#include "daemon/lists.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#define DAY ((gint64) 86400)
#define SEKI_PERSONS_LEAST 3

typedef struct {
        SekiProfile *profile;
        SekiTrust *trust; /* NULL: the authorities do not hold */
        SekiJournal *silence;
        SekiLists *lists;
        GVariantBuilder items;
        guint wrong, warnings;
        SekiExit status;
} Check;

typedef enum { GOOD, WARNING, WRONG } Grade;

static void
check_say (Check *check, const char *what, const char *name, Grade grade, const char *detail)
{
        static const char *const grades[] = { "good", "warning", "wrong" };

        check->wrong += grade == WRONG;
        check->warnings += grade == WARNING;
        g_variant_builder_open (&check->items, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add (&check->items, "{sv}", "what", g_variant_new_string (what));
        g_variant_builder_add (&check->items, "{sv}", "name", g_variant_new_string (name));
        g_variant_builder_add (&check->items, "{sv}", "state",
                               g_variant_new_string (grades[grade]));
        g_variant_builder_add (&check->items, "{sv}", "detail", g_variant_new_string (detail));
        g_variant_builder_close (&check->items);
}

/* Takes an error as what is wrong; NULL: it is good. */
static void
check_take (Check *check, const char *what, const char *name, GError *error, const char *detail)
{
        check_say (check, what, name, error != NULL ? WRONG : GOOD,
                   error != NULL ? error->message : detail);
        if (error != NULL && check->status == SEKI_EXIT_DONE)
                check->status = seki_exit_of (error);
        g_clear_error (&error);
}

static void
check_modules (Check *check)
{
        GError *error = NULL;
        g_autoptr (SekiModules) modules = seki_modules_new (check->profile, &error);
        SekiPlugin *plugin;

        if (modules == NULL) {
                check_take (check, "module", "", error, "");
                return;
        }
        for (guint i = 0;
             (plugin = seki_registry_each (seki_modules_get_registry (modules), i)) != NULL; i++) {
                g_autofree char *detail =
                        g_strdup_printf ("%s %s", plugin->module->version, plugin->digest);

                check_take (check, "module", plugin->module->name, NULL, detail);
        }
}

static void
check_trust (Check *check)
{
        GError *error = NULL;
        const SekiListState *states;
        gsize n;

        check->lists =
                seki_lists_new (check->profile, seki_clock_system (), check->silence, &error);
        check_take (check, "authorities", "", error,
                    _("they can be read and bear the node's mark"));
        if (check->lists == NULL)
                return;
        check->trust = seki_lists_get_trust (check->lists);
        states = seki_lists_get (check->lists, &n);
        for (gsize i = 0; i < n; i++) {
                g_autofree char *name = g_path_get_basename (states[i].path);
                char time[26] = "";

                if (states[i].next_update != 0)
                        seki_time_format (states[i].next_update, time);
                check_say (check, "list", name, states[i].problem == NULL ? GOOD : WRONG,
                           states[i].problem == NULL ? time : states[i].problem);
        }
}

/* How long a certificate still serves: warned of 90 days ahead. */
static void
check_certificate (Check *check, const char *what, const char *name, const char *path,
                   SekiUsage usage)
{
        GError *error = NULL;
        g_autofree char *pem = NULL, *detail = NULL;
        CERTCertificate *certificate = NULL;
        gint64 left = 0;

        if (!g_file_get_contents (path, &pem, NULL, &error) ||
            (certificate = seki_certificate_new (seki_span_text (pem), &error)) == NULL ||
            !seki_trust_verify (check->trust, certificate, usage, &error)) {
                g_clear_pointer (&certificate, seki_certificate_free);
                check_take (check, what, name, error, "");
                return;
        }
        left = seki_certificate_seconds_left (certificate, seki_clock_now (seki_clock_system ())) /
               DAY;
        detail = g_strdup_printf (_("it ends in %" PRId64 " days"), left);
        check_say (check, what, name, left < 90 ? WARNING : GOOD, detail);
        seki_certificate_free (certificate);
}

static void
check_persons (Check *check)
{
        const SekiPerson *persons;
        gsize n;

        persons = seki_profile_get_persons (check->profile, &n);
        if (n < SEKI_PERSONS_LEAST)
                check_say (check, "persons", "", WARNING,
                           _("Fewer than three persons can approve: one illness would lock the "
                          "node."));
        for (gsize i = 0; i < n && check->trust != NULL; i++)
                check_certificate (check, "person", persons[i].id, persons[i].certificate,
                                   SEKI_USAGE_PERSON);
}

static void
check_data (Check *check)
{
        const char *data = seki_profile_get_data (check->profile);
        struct stat status;

        if (stat (data, &status) != 0)
                check_say (check, "data", data, WARNING,
                           _("The folder is not there yet: key init makes it."));
        else if ((status.st_mode & 0077) != 0)
                check_say (check, "data", data, WRONG,
                           _("Others may enter the folder. Set its mode to 0700."));
        else
                check_say (check, "data", data, GOOD, "");
}

static void
check_keys (Check *check)
{
        g_autofree char *keys =
                g_build_filename (seki_profile_get_data (check->profile), "keys", NULL);
        g_autofree char *store = g_build_filename (keys, "store", NULL);
        g_autofree char *certificate = g_build_filename (keys, "node.pem", NULL);

        if (!g_file_test (store, G_FILE_TEST_EXISTS)) {
                check_say (check, "keys", keys, WARNING,
                           _("There are no keys yet: make them with key init."));
                return;
        }
        check_say (check, "keys", keys, GOOD, "");
        if (!g_file_test (certificate, G_FILE_TEST_EXISTS))
                check_say (check, "certificate", "", WARNING,
                           _("None is installed yet: key request, then key install."));
        else if (check->trust != NULL)
                check_certificate (check, "certificate", seki_profile_get_name (check->profile),
                                   certificate, SEKI_USAGE_SERVER);
}

static void
check_approval (Check *check)
{
        g_autoptr (SekiConsent) consent = NULL;
        g_autoptr (GError) error = NULL;
        g_autofree char *detail = NULL;
        SekiApproval approval;

        if (check->trust == NULL)
                return;
        consent = seki_consent_new (check->profile, check->trust, seki_clock_system ());
        if (!seki_consent_check (consent, &approval, &error)) {
                check_say (check, "approval", SEKI_ACTION_PROFILE, WRONG, error->message);
                return;
        }
        detail = g_strjoin (" ", approval.persons[0],
                            approval.n_persons > 1 ? approval.persons[1] : NULL, NULL);
        check_say (check, "approval", SEKI_ACTION_PROFILE, GOOD, detail);
}

static void
check_all (Check *check)
{
        check_say (check, "profile", seki_profile_get_id (check->profile), GOOD,
                   seki_profile_get_digest (check->profile));
        check_data (check);
        check_modules (check);
        check_trust (check);
        check_persons (check);
        check_keys (check);
        check_approval (check);
}

static void
answer_print (SekiSpan answer, const Check *check)
{
        static const SekiColumn columns[] = {
                { "what", N_("part") },
                { "state", N_("state") },
                { "name", N_("name") },
                { "detail", N_("detail") },
                { NULL }
        };

        seki_show_table (seki_view_get (answer, "items"), columns, "");
        if (check->wrong == 0)
                seki_print ("\n%s\n",
                            check->warnings == 0 ? _("Nothing is wrong.")
                                                 : _("Nothing is wrong; heed the warnings."));
        else
                seki_print ("\n%s\n", _("Put right what is wrong before the node runs."));
}

gboolean
seki_check_run (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        Check check = { .profile = profile };
        g_auto (SekiBuffer) answer = { 0 };
        GVariantDict dict;
        gboolean shown;

        if (profile == NULL)
                return FALSE;
        g_variant_builder_init (&check.items, G_VARIANT_TYPE ("aa{sv}"));
        check.silence = seki_journal_new ("check", -1);
        check_all (&check);
        g_variant_dict_init (&dict, NULL);
        g_variant_dict_insert_value (&dict, "items", g_variant_builder_end (&check.items));
        g_variant_dict_insert (&dict, "good", "b", check.wrong == 0);
        seki_cbor_writer_init (&answer, NULL);
        seki_compose (g_variant_dict_end (&dict), &answer);
        g_clear_pointer (&check.lists, seki_lists_free);
        seki_journal_free (check.silence);
        in->status = check.wrong == 0                 ? SEKI_EXIT_DONE
                     : check.status != SEKI_EXIT_DONE ? check.status
                                                      : SEKI_EXIT_FINDING;
        if (!seki_show_answer (in, seki_cbor_writer_get_span (&answer), &shown, error))
                return FALSE;
        if (!shown)
                answer_print (seki_cbor_writer_get_span (&answer), &check);
        return TRUE;
}
