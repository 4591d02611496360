/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho queue: messages that wait to be sent. */
#include "base/text.h"
#include "cli/client.h"
#include "cli/nouns.h"
#include "cli/view.h"

gboolean
seki_queue_list (SekiInvocation *in, GError **error)
{
        static const SekiColumn columns[] = {
                { "id", N_("message") },
                { "peer", N_("to") },
                { "action", N_("action") },
                { "records", N_("records") },
                { "created", N_("since"), SEKI_SHOW_TIME },
                { "attempts", N_("tries") },
                { "next_try", N_("next try"), SEKI_SHOW_TIME },
                { "held", N_("held"), SEKI_SHOW_YES },
                { "problem", N_("problem") },
                { NULL }
        };
        g_autoptr (SekiSecret) answer = seki_client_ask (in, "queue.list", NULL, error);
        gboolean shown;

        if (answer == NULL || !seki_show_answer (in, seki_secret_get_span (answer), &shown, error))
                return FALSE;
        if (!shown)
                seki_show_table (seki_view_get (seki_secret_get_span (answer), "items"), columns,
                                 _("No message waits."));
        return TRUE;
}

static gboolean
queue_tell (SekiInvocation *in, const char *verb, GError **error)
{
        const SekiArgument arguments[] = { SEKI_ARGUMENT_TEXT ("id", in->arguments[0]), { NULL } };
        g_autoptr (SekiSecret) answer = seki_client_ask (in, verb, arguments, error);

        return answer != NULL;
}

gboolean
seki_queue_run_retry (SekiInvocation *in, GError **error)
{
        return queue_tell (in, "queue.retry", error);
}

gboolean
seki_queue_run_cancel (SekiInvocation *in, GError **error)
{
        return queue_tell (in, "queue.cancel", error);
}
