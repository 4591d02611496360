/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho status, reload, peer: how the running node and its peers are. */
#include "base/text.h"
#include "cli/client.h"
#include "cli/nouns.h"
#include "cli/print.h"
#include "cli/view.h"

static const SekiColumn status_columns[] = {
        { "id", N_("node") },
        { "mark", N_("mark") },
        { "state", N_("state") },
        { "problem", N_("problem") },
        { "port", N_("port") },
        { "leaves", N_("ledger entries") },
        { "drained", N_("of them in files") },
        { "last_commit", N_("last commit"), SEKI_SHOW_TIME },
        { "last_checkpoint", N_("last checkpoint"), SEKI_SHOW_TIME },
        { "channels", N_("channels") },
        { "requests", N_("requests") },
        { "answers", N_("answers") },
        { "errors", N_("errors") },
        { "strangers", N_("strangers turned away") },
        { "profile", N_("profile digest") },
        { "version", N_("version") },
        { NULL }
};

static const SekiColumn expiry_columns[] = {
        { "what", N_("what") },
        { "name", N_("name") },
        { "ends", N_("ends"), SEKI_SHOW_TIME },
        { "days", N_("days left") },
        { NULL }
};

/* A status shown by a node that is stopped or sealed says so to scripts too. */
static SekiExit
status_exit (SekiSpan answer)
{
        SekiSpan state = seki_view_get_text (answer, "state");

        if (seki_span_is (state, "sealed"))
                return SEKI_EXIT_SEALED;
        if (seki_span_is (state, "stopped") || seki_view_get_bool (answer, "faulted"))
                return SEKI_EXIT_FINDING;
        return SEKI_EXIT_DONE;
}

gboolean
seki_status_run (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiSecret) answer = seki_client_ask (in, "status", NULL, error);
        SekiSpan map, ends;
        gboolean shown;

        if (answer == NULL)
                return FALSE;
        map = seki_secret_get_span (answer);
        in->status = status_exit (map);
        if (!seki_show_answer (in, map, &shown, error) || shown)
                return shown;
        seki_show_fields (map, status_columns);
        ends = seki_view_get (map, "expiries");
        if (ends.data != NULL && ends.len > 1) {
                seki_print ("\n");
                seki_show_table (ends, expiry_columns, "");
        }
        return TRUE;
}

gboolean
seki_reload_run (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiSecret) answer = seki_client_ask (in, "reload", NULL, error);

        return answer != NULL;
}

gboolean
seki_peer_list (SekiInvocation *in, GError **error)
{
        static const SekiColumn columns[] = {
                { "id", N_("institution") },
                { "roles", N_("roles") },
                { "name", N_("name") },
                { "to", N_("called at") },
                { "queued", N_("waiting") },
                { "checkpoint", N_("ledger known to") },
                { "forked", N_("contradicts itself"), SEKI_SHOW_YES },
                { NULL }
        };
        g_autoptr (SekiSecret) answer = seki_client_ask (in, "peer.list", NULL, error);
        gboolean shown;

        if (answer == NULL || !seki_show_answer (in, seki_secret_get_span (answer), &shown, error))
                return FALSE;
        if (!shown)
                seki_show_table (seki_view_get (seki_secret_get_span (answer), "items"), columns,
                                 _("The profile names no other institution."));
        return TRUE;
}

gboolean
seki_peer_test (SekiInvocation *in, GError **error)
{
        static const SekiColumn columns[] = {
                { "id", N_("institution") },
                { "reached", N_("reached"), SEKI_SHOW_YES },
                { "detail", N_("detail") },
                { NULL }
        };
        const SekiArgument arguments[] = { SEKI_ARGUMENT_TEXT ("id", in->arguments[0]), { NULL } };
        g_autoptr (SekiSecret) answer = seki_client_ask (in, "peer.test", arguments, error);
        SekiSpan map;
        gboolean shown;

        if (answer == NULL)
                return FALSE;
        map = seki_secret_get_span (answer);
        if (seki_view_get (map, "reached").data != NULL && !seki_view_get_bool (map, "reached"))
                in->status = SEKI_EXIT_NO_NODE;
        if (!seki_show_answer (in, map, &shown, error))
                return FALSE;
        if (!shown)
                seki_show_fields (map, columns);
        return TRUE;
}
