/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/verbs.h"

#include "base/text.h"
#include "kernel/nearest.h"

static const SekiVerb verbs[] = {
        { "status", TRUE, FALSE, seki_verb_status },
        { "unseal", TRUE, TRUE, seki_verb_unseal },
        { "seal", TRUE, FALSE, seki_verb_seal },
        { "reload", TRUE, FALSE, seki_verb_reload },
        { "approve", TRUE, FALSE, seki_verb_approve },
        { "take", FALSE, TRUE, seki_verb_take },
        { "queue.list", FALSE, FALSE, seki_verb_queue_list },
        { "queue.retry", FALSE, TRUE, seki_verb_queue_retry },
        { "queue.cancel", FALSE, TRUE, seki_verb_queue_cancel },
        { "checkpoint", FALSE, FALSE, seki_verb_checkpoint },
        { "prove", FALSE, FALSE, seki_verb_prove },
        { "entry", FALSE, FALSE, seki_verb_entry },
        { "story", FALSE, TRUE, seki_verb_story },
        { "reports", FALSE, TRUE, seki_verb_reports },
        { "reports.clear", FALSE, TRUE, seki_verb_reports_clear },
        { "key.request", FALSE, FALSE, seki_verb_key_request },
        { "key.install", FALSE, FALSE, seki_verb_key_install },
        { "key.backup", FALSE, FALSE, seki_verb_key_backup },
        { "peer.list", TRUE, FALSE, seki_verb_peer_list },
        { "peer.test", FALSE, TRUE, seki_verb_peer_test },
};

gboolean
seki_verb_need (const SekiRequest *request, const char *key, SekiSpan *out_value, GError **error)
{
        *out_value = seki_request_get (request, key);
        if (out_value->len > 0)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                     _("The request lacks '%s'. Use the sekisho command of the same version."),
                     key);
        return FALSE;
}

void
seki_verb_answer (SekiRequest *request, SekiMap *map)
{
        SekiCborWriter writer;

        seki_cbor_writer_init (&writer, NULL);
        seki_map_write (map, &writer);
        seki_request_answer (request, seki_cbor_writer_get_span (&writer));
        seki_cbor_writer_clear (&writer);
}

void
seki_verb_note (SekiDaemon *daemon, SekiRequest *request, const char *act, const char *detail)
{
        g_autoptr (GError) error = NULL;

        if (seki_node_get_kernel (daemon->node) != NULL &&
            !seki_node_note (daemon->node, act, detail, seki_request_get_caller (request), &error))
                seki_journal_say (daemon->journal, SEKI_LOG_ERROR, NULL, error->message);
}

typedef struct {
        SekiDaemon *daemon;
        SekiRequest *request;
        SekiVerbThen func;
} Noted;

static void
verb_noted (SekiSpan body, guint status, gpointer user)
{
        g_autofree Noted *noted = user;
        g_autoptr (GError) error = NULL;

        (void) body;
        if (status == 200 && seki_node_get_kernel (noted->daemon->node) != NULL &&
            !noted->daemon->sealing) {
                noted->func (noted->daemon, noted->request);
                return;
        }
        error = g_error_new_literal (SEKI_ERROR, SEKI_ERROR_BUSY,
                                     _("The ledger could not take a note of it, so nothing was "
                                        "done. Look at sekisho status."));
        seki_request_refuse (noted->request, error);
}

gboolean
seki_verb_note_then (SekiDaemon *daemon, SekiRequest *request, const char *act, const char *detail,
                     SekiVerbThen func, GError **error)
{
        Noted *noted = g_new (Noted, 1);

        *noted = (Noted){ daemon, request, func };
        if (seki_node_note_then (daemon->node, act, detail, seki_request_get_caller (request),
                                 verb_noted, noted, error))
                return TRUE;
        g_free (noted);
        return FALSE;
}

static const SekiVerb *
verb_find (SekiSpan name, GError **error)
{
        g_autofree char *text = g_strndup ((const char *) name.data, name.len);
        const char *known[G_N_ELEMENTS (verbs) + 1] = { NULL }, *nearest;

        for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++) {
                if (seki_span_is (name, verbs[i].name))
                        return &verbs[i];
                known[i] = verbs[i].name;
        }
        nearest = seki_nearest (text, known);
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                     nearest != NULL ? _("The node knows no verb '%s'. Did you mean '%s'?")
                                     : _("The node knows no verb '%s'. Use the sekisho command of "
                                          "the same version."),
                     text, nearest);
        return NULL;
}

static gboolean
verb_may_run (SekiDaemon *daemon, const SekiVerb *verb, GError **error)
{
        if (daemon->sealing) {
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_BUSY,
                                     _("The node is being sealed. Try again in a moment."));
                return FALSE;
        }
        if (verb->sealed || seki_node_get_kernel (daemon->node) != NULL)
                return TRUE;
        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_SEALED,
                             _("The node is sealed. Unseal it with: sekisho key unseal"));
        return FALSE;
}

void
seki_verbs_handle (SekiRequest *request, gpointer user)
{
        SekiDaemon *daemon = user;
        g_autoptr (GError) error = NULL;
        g_auto (SekiMap) out;
        SekiSpan name;
        const SekiVerb *verb = NULL;
        gboolean ok;

        seki_map_init (&out);
        ok = seki_verb_need (request, "verb", &name, &error) &&
             (verb = verb_find (name, &error)) != NULL && verb_may_run (daemon, verb, &error) &&
             verb->run (daemon, request, &out, &error);
        if (!ok)
                seki_request_refuse (request, error);
        else if (!verb->later)
                seki_verb_answer (request, &out);
}
