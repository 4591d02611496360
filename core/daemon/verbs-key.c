/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs about the node's keys and its certificate. */
#include "daemon/verbs.h"

#include "base/text.h"

#include <inttypes.h>

static char *
text_dup (SekiSpan text)
{
        return g_strndup ((const char *) text.data, text.len);
}

gboolean
seki_verb_key_request (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        gboolean next = seki_request_get_bool (request, "next");
        g_autofree char *subject = NULL, *pem = NULL;
        SekiSpan text;

        if (!seki_verb_need (request, "subject", &text, error))
                return FALSE;
        subject = text_dup (text);
        pem = seki_keyring_request (seki_node_get_keyring (daemon->node), subject,
                                    seki_profile_get_name (daemon->profile), next, error);
        if (pem == NULL)
                return FALSE;
        seki_verb_note (daemon, request, "key.request", next ? "next" : "same");
        seki_cbor_write_literal (seki_map_at (out, "request"), pem);
        return TRUE;
}

/* It must name this node and be what its peers will accept. */
static gboolean
certificate_check (SekiDaemon *daemon, CERTCertificate *certificate, GError **error)
{
        g_auto (GStrv) names = seki_certificate_names (certificate);
        g_autofree char *own = g_ascii_strdown (seki_profile_get_name (daemon->profile), -1);
        g_autofree char *wanted = g_strconcat ("dns:", own, NULL);

        if (!g_strv_contains ((const char *const *) names, wanted)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("The certificate does not name '%s', as the profile does. Ask the "
                                "authority for one that does."),
                             own);
                return FALSE;
        }
        return seki_trust_verify (daemon->config.trust, certificate, SEKI_USAGE_SERVER, error) &&
               seki_trust_verify (daemon->config.trust, certificate, SEKI_USAGE_CLIENT, error);
}

gboolean
seki_verb_key_install (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        g_autofree char *pem = NULL;
        char digest[2 * SEKI_HASH_LEN + 1];
        guint8 sum[SEKI_HASH_LEN];
        CERTCertificate *certificate;
        SekiSpan text;
        gboolean ok;

        if (!seki_verb_need (request, "pem", &text, error) ||
            (certificate = seki_certificate_new (text, error)) == NULL)
                return FALSE;
        pem = text_dup (text);
        seki_certificate_digest (certificate, sum);
        ok = certificate_check (daemon, certificate, error) &&
             seki_keyring_install (seki_node_get_keyring (daemon->node), pem, error);
        seki_certificate_free (certificate);
        if (!ok)
                return FALSE;
        seki_node_refresh (daemon->node);
        seki_daemon_look_ahead (daemon);
        seki_hex (sum, sizeof sum, digest);
        seki_verb_note (daemon, request, "key.install", digest);
        seki_cbor_write_literal (seki_map_at (out, "digest"), digest);
        return TRUE;
}

gboolean
seki_verb_key_backup (SekiDaemon *daemon, SekiRequest *request, SekiMap *out, GError **error)
{
        g_autofree char *path = NULL, *detail = NULL;
        guint64 number;
        SekiSpan text;

        if (!seki_verb_need (request, "path", &text, error))
                return FALSE;
        path = text_dup (text);
        if (!g_path_is_absolute (path)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("The path '%s' must begin with a slash."), path);
                return FALSE;
        }
        if (!seki_keyring_backup (seki_node_get_keyring (daemon->node), path, &number, error))
                return FALSE;
        detail = g_strdup_printf ("copy %" PRIu64, number);
        seki_verb_note (daemon, request, "key.backup", detail);
        seki_cbor_write_uint (seki_map_at (out, "number"), number);
        return TRUE;
}
