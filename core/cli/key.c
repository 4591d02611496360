/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho key: making and keeping the node's keys.  What needs the keyring asks
 * the running node, which holds it; where none runs the keyring is opened here. */
#include "base/text.h"
#include "cli/client.h"
#include "cli/compose.h"
#include "cli/files.h"
#include "cli/nouns.h"
#include "cli/passphrase.h"
#include "cli/print.h"
#include "cli/view.h"
#include "daemon/consent.h"
#include "keyring/recovery.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#define PERSONS_LEAST 3
#define PEM_MAX ((gsize) 256 * 1024)

static char *
keys_folder (SekiProfile *profile)
{
        return g_build_filename (seki_profile_get_data (profile), "keys", NULL);
}

static gboolean
folder_make (const char *path, GError **error)
{
        if (g_mkdir_with_parents (path, 0700) == 0)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                     _("The folder “%s” can not be made (%s)."), path, g_strerror (errno));
        return FALSE;
}

/* At least three persons, each with a certificate that can be read. */
static gboolean
persons_check (SekiProfile *profile, GError **error)
{
        const SekiPerson *persons;
        gsize n;

        persons = seki_profile_get_persons (profile, &n);
        if (n < PERSONS_LEAST) {
                g_set_error (
                        error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                        _("The profile names %zu persons and needs %d, so that two remain when "
                          "one falls ill. Add [person ID] groups."),
                           n, PERSONS_LEAST);
                return FALSE;
        }
        for (gsize i = 0; i < n; i++) {
                g_autofree char *pem =
                        seki_file_read (persons[i].certificate, PEM_MAX, NULL, error);
                CERTCertificate *certificate =
                        pem != NULL ? seki_certificate_new (seki_span_text (pem), error) : NULL;

                if (certificate == NULL)
                        return FALSE;
                seki_certificate_free (certificate);
        }
        return TRUE;
}

/* The certificate that stands in path, or a new one written there. */
static char *
recovery_get (SekiProfile *profile, const char *path, gboolean *out_made, GError **error)
{
        g_autofree char *key_path = g_strconcat (path, ".key", NULL), *pem = NULL;
        g_autoptr (SekiSecret) key = NULL;

        *out_made = FALSE;
        if (g_file_test (path, G_FILE_TEST_EXISTS))
                return seki_file_read (path, PEM_MAX, NULL, error);
        if (!seki_recovery_make (seki_profile_get_id (profile), &pem, &key, error) ||
            !seki_file_write_new (key_path, seki_secret_get_span (key), error))
                return NULL;
        if (seki_file_write_new (path, seki_span_text (pem), error)) {
                *out_made = TRUE;
                return g_steal_pointer (&pem);
        }
        unlink (key_path);
        return NULL;
}

/* The recovery certificate, unless there is one, and the keyring made with it. */
static gboolean
keyring_make (SekiProfile *profile, SekiSecret *passphrase, const char *recovery,
              gboolean *out_made, GError **error)
{
        g_autofree char *keys = keys_folder (profile), *pem = NULL,
                        *key_path = g_strconcat (recovery, ".key", NULL);

        if (!folder_make (seki_profile_get_data (profile), error))
                return FALSE;
        pem = recovery_get (profile, recovery, out_made, error);
        if (pem == NULL)
                return FALSE;
        if (seki_keyring_create (keys, passphrase, pem, error))
                return TRUE;
        if (*out_made) {
                unlink (recovery);
                unlink (key_path);
        }
        return FALSE;
}

/* From the first day only those may approve whom this profile names. */
static gboolean
persons_enrol (SekiProfile *profile, SekiSecret *passphrase, GError **error)
{
        const char *data = seki_profile_get_data (profile);
        g_autofree char *keys = keys_folder (profile),
                        *approvals = g_build_filename (data, "approvals", NULL);
        g_autoptr (SekiConsent) consent = seki_consent_new (profile, NULL, seki_clock_system ());
        g_autoptr (SekiKeyring) keyring = seki_keyring_open (keys, error);

        return keyring != NULL && folder_make (approvals, error) &&
               seki_keyring_unseal (keyring, passphrase, error) &&
               seki_consent_enrol (consent, keyring, error);
}

static void
init_print (SekiProfile *profile, const char *recovery, gboolean made)
{
        seki_print (_("The keys are made in “%s”.\n"), seki_profile_get_data (profile));
        if (made)
                seki_print (_("The recovery key stands in “%s.key”. Move it now to a medium kept "
                              "apart from this machine, under "
                              "two persons' lock, and delete it here; nothing else opens a copy "
                              "of the key store.\n"),
                               recovery);
        seki_print (
                "%s\n",
                _("Next: sekisho key request, then sekisho key install; sekisho approval propose, "
                  "and two persons sign."));
}

gboolean
seki_key_init (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        const char *recovery = in->option[SEKI_CLI_RECOVERY];
        g_autoptr (SekiSecret) passphrase = NULL;
        gboolean made = FALSE;

        if (profile == NULL || !persons_check (profile, error))
                return FALSE;
        if (recovery == NULL)
                return seki_usage_fail (
                        error,
                        _("Say where the recovery certificate is, or is to be written: --recovery "
                          "FILE"));
        passphrase = seki_passphrase_get (in, TRUE, error);
        if (passphrase == NULL || !keyring_make (profile, passphrase, recovery, &made, error) ||
            !persons_enrol (profile, passphrase, error))
                return FALSE;
        if (in->option[SEKI_CLI_JSON] != NULL)
                return seki_key_show (in, error);
        init_print (profile, recovery, made);
        return TRUE;
}

/* The keyring itself, where no node holds it. */
static SekiKeyring *
keyring_unsealed (SekiInvocation *in, SekiProfile *profile, GError **error)
{
        g_autofree char *keys = keys_folder (profile);
        g_autoptr (SekiKeyring) keyring = seki_keyring_open (keys, error);
        g_autoptr (SekiSecret) passphrase = NULL;

        if (keyring == NULL)
                return NULL;
        passphrase = seki_passphrase_get (in, FALSE, error);
        if (passphrase == NULL || !seki_keyring_unseal (keyring, passphrase, error))
                return NULL;
        return g_steal_pointer (&keyring);
}

/* Asks the node; *out_alone when there is none to ask. */
static SekiSecret *
node_ask (SekiProfile *profile, const char *verb, const SekiArgument *arguments,
          gboolean *out_alone, GError **error)
{
        GError *own = NULL;
        SekiSecret *answer =
                seki_client_call (seki_profile_get_control (profile), verb, arguments, &own);

        *out_alone = g_error_matches (own, SEKI_ERROR, SEKI_ERROR_PEER);
        if (*out_alone)
                g_clear_error (&own);
        else if (own != NULL)
                g_propagate_error (error, own);
        return answer;
}

static char *
request_make (SekiInvocation *in, SekiProfile *profile, GError **error)
{
        const char *name = seki_profile_get_name (profile);
        g_autofree char *usual = g_strdup_printf ("CN=%s", name);
        const char *subject =
                in->option[SEKI_CLI_SUBJECT] != NULL ? in->option[SEKI_CLI_SUBJECT] : usual;
        gboolean next = in->option[SEKI_CLI_NEXT] != NULL, alone;
        const SekiArgument arguments[] = { SEKI_ARGUMENT_TEXT ("subject", subject),
                                           SEKI_ARGUMENT_BOOL ("next", next),
                                           { NULL } };
        g_autoptr (SekiSecret) answer = node_ask (profile, "key.request", arguments, &alone, error);
        g_autoptr (SekiKeyring) keyring = NULL;
        SekiSpan pem;

        if (answer != NULL) {
                pem = seki_view_get_text (seki_secret_get_span (answer), "request");
                return g_strndup ((const char *) pem.data, pem.len);
        }
        keyring = alone ? keyring_unsealed (in, profile, error) : NULL;
        return keyring != NULL ? seki_keyring_request (keyring, subject, name, next, error) : NULL;
}

gboolean
seki_key_request (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        g_autofree char *pem = profile != NULL ? request_make (in, profile, error) : NULL;

        if (pem == NULL)
                return FALSE;
        if (in->option[SEKI_CLI_OUTPUT] != NULL)
                return seki_file_write_new (in->option[SEKI_CLI_OUTPUT], seki_span_text (pem),
                                            error);
        seki_print ("%s", pem);
        return TRUE;
}

gboolean
seki_key_install (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        g_autofree char *pem =
                profile != NULL ? seki_file_read (in->arguments[0], PEM_MAX, NULL, error) : NULL;
        const SekiArgument arguments[] = { SEKI_ARGUMENT_TEXT ("pem", pem), { NULL } };
        g_autoptr (SekiSecret) answer = NULL;
        g_autoptr (SekiKeyring) keyring = NULL;
        gboolean alone = FALSE;

        if (pem == NULL)
                return FALSE;
        answer = node_ask (profile, "key.install", arguments, &alone, error);
        if (answer != NULL || !alone)
                return answer != NULL;
        keyring = keyring_unsealed (in, profile, error);
        return keyring != NULL && seki_keyring_install (keyring, pem, error);
}

static gboolean
backup_make (SekiInvocation *in, SekiProfile *profile, const char *path, guint64 *out_number,
             GError **error)
{
        const SekiArgument arguments[] = { SEKI_ARGUMENT_TEXT ("path", path), { NULL } };
        gboolean alone;
        g_autoptr (SekiSecret) answer = node_ask (profile, "key.backup", arguments, &alone, error);
        g_autoptr (SekiKeyring) keyring = NULL;

        if (answer != NULL) {
                *out_number =
                        (guint64) seki_view_get_int (seki_secret_get_span (answer), "number", 0);
                return TRUE;
        }
        keyring = alone ? keyring_unsealed (in, profile, error) : NULL;
        return keyring != NULL && seki_keyring_backup (keyring, path, out_number, error);
}

gboolean
seki_key_backup (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        g_autofree char *path = g_canonicalize_filename (in->arguments[0], NULL);
        guint64 number = 0;

        if (profile == NULL || !backup_make (in, profile, path, &number, error))
                return FALSE;
        if (in->option[SEKI_CLI_JSON] != NULL)
                seki_print ("{\"number\":%" PRIu64 "}\n", number);
        else
                seki_print (_("Copy number %" PRIu64 " of the key store is written to “%s”.\n"),
                               number, path);
        return TRUE;
}

gboolean
seki_key_restore (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        g_autoptr (SekiSecret) recovery = NULL, passphrase = NULL;
        g_autofree char *keys = profile != NULL ? keys_folder (profile) : NULL;

        if (profile == NULL)
                return FALSE;
        if (in->option[SEKI_CLI_RECOVERY_KEY] == NULL)
                return seki_usage_fail (error,
                                        _("Say where the recovery key is: --recovery-key FILE"));
        recovery = seki_file_read_secret (in->option[SEKI_CLI_RECOVERY_KEY], PEM_MAX, error);
        passphrase = recovery != NULL ? seki_passphrase_get (in, TRUE, error) : NULL;
        if (passphrase == NULL || !folder_make (seki_profile_get_data (profile), error) ||
            !seki_keyring_restore (keys, in->arguments[0], recovery, passphrase, error))
                return FALSE;
        seki_print (
                "%s\n",
                _("The keys are restored. The ledger and TLS keys are new: request a certificate, "
                  "and give peers the new verifier key."));
        return TRUE;
}

gboolean
seki_key_unseal (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        g_autoptr (SekiSecret) passphrase =
                profile != NULL ? seki_passphrase_get (in, FALSE, error) : NULL;
        g_autoptr (SekiSecret) answer = NULL;

        if (passphrase == NULL)
                return FALSE;
        const SekiArgument arguments[] = {
                SEKI_ARGUMENT_BYTES ("passphrase", seki_secret_get_span (passphrase)), { NULL }
        };
        answer = seki_client_call (seki_profile_get_control (profile), "unseal", arguments, error);
        return answer != NULL;
}

gboolean
seki_key_seal (SekiInvocation *in, GError **error)
{
        g_autoptr (SekiSecret) answer = seki_client_ask (in, "seal", NULL, error);

        return answer != NULL;
}

static void
certificate_compose (CERTCertificate *certificate, GVariantDict *dict)
{
        gint64 now = seki_clock_now (seki_clock_system ()),
               left = seki_certificate_seconds_left (certificate, now);
        g_auto (GStrv) names = seki_certificate_names (certificate);
        guint8 digest[SEKI_HASH_LEN];
        char hex[2 * SEKI_HASH_LEN + 1], ends[26];

        seki_certificate_digest (certificate, digest);
        seki_hex (digest, sizeof digest, hex);
        seki_time_format (now + left * G_USEC_PER_SEC, ends);
        g_variant_dict_insert (dict, "certificate", "s", hex);
        g_variant_dict_insert (dict, "names", "^as", names);
        g_variant_dict_insert (dict, "ends", "s", ends);
        g_variant_dict_insert (dict, "days", "x", left / 86400);
}

static gboolean
keys_compose (SekiProfile *profile, SekiCborWriter *writer, GError **error)
{
        g_autofree char *keys = keys_folder (profile),
                        *pem_path = g_build_filename (keys, "node.pem", NULL), *pem = NULL,
                        *vkey = NULL;
        g_autoptr (SekiKeyring) keyring = seki_keyring_open (keys, error);
        SekiNodeConfig config = { 0 };
        CERTCertificate *certificate = NULL;
        GVariantDict dict;

        if (keyring == NULL)
                return FALSE;
        seki_profile_fill (profile, &config);
        vkey = seki_checkpoint_vkey (config.origin, seki_keyring_get_ledger_key (keyring));
        g_variant_dict_init (&dict, NULL);
        g_variant_dict_insert (&dict, "origin", "s", config.origin);
        g_variant_dict_insert (&dict, "ledger_key", "s", vkey != NULL ? vkey : "");
        if (g_file_get_contents (pem_path, &pem, NULL, NULL))
                certificate = seki_certificate_new (seki_span_text (pem), NULL);
        if (certificate != NULL) {
                certificate_compose (certificate, &dict);
                seki_certificate_free (certificate);
        }
        seki_compose (g_variant_dict_end (&dict), writer);
        return TRUE;
}

gboolean
seki_key_show (SekiInvocation *in, GError **error)
{
        static const SekiColumn columns[] = {
                { "origin", N_("ledger") },
                { "ledger_key", N_("verifier key") },
                { "certificate", N_("TLS certificate (SHA-256)") },
                { "names", N_("its names") },
                { "ends", N_("ends") },
                { "days", N_("days left") },
                { NULL }
        };
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);
        g_auto (SekiBuffer) answer = { 0 };
        gboolean shown;

        seki_cbor_writer_init (&answer, NULL);
        if (profile == NULL || !keys_compose (profile, &answer, error) ||
            !seki_show_answer (in, seki_cbor_writer_get_span (&answer), &shown, error))
                return FALSE;
        if (!shown)
                seki_show_fields (seki_cbor_writer_get_span (&answer), columns);
        return TRUE;
}
