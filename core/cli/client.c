/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/client.h"

#include "base/text.h"
#include "cli/view.h"
#include "daemon/control.h"

#define ARGUMENTS_MAX 8
#define PROFILE_PATH "/etc/sekisho/profile.conf"

SekiProfile *
seki_client_profile (const SekiInvocation *in, GError **error)
{
        const char *path = in->option[SEKI_CLI_PROFILE];

        if (path == NULL)
                path = g_getenv ("SEKISHO_PROFILE");
        return seki_profile_read (path != NULL ? path : PROFILE_PATH, error);
}

static gint
arguments_compare (gconstpointer a, gconstpointer b)
{
        const SekiArgument *left = a, *right = b;
        gsize left_len = strlen (left->key), right_len = strlen (right->key);

        return left_len != right_len ? (left_len < right_len ? -1 : 1)
                                     : strcmp (left->key, right->key);
}

static void
argument_write (const SekiArgument *argument, SekiCborWriter *writer)
{
        seki_cbor_write_literal (writer, argument->key);
        if (argument->type == SEKI_CBOR_TEXT)
                seki_cbor_write_text (writer, argument->span);
        else if (argument->type == SEKI_CBOR_BYTES)
                seki_cbor_write_bytes (writer, argument->span);
        else if (argument->type == SEKI_CBOR_BOOL)
                seki_cbor_write_bool (writer, argument->number != 0);
        else if (argument->type == SEKI_CBOR_UINT)
                seki_cbor_write_uint (writer, argument->number);
        else
                seki_cbor_write_raw (writer, argument->span);
}

static void
request_write (const char *verb, const SekiArgument *arguments, SekiCborWriter *writer)
{
        SekiArgument sorted[ARGUMENTS_MAX + 1];
        gsize n = 0;

        sorted[n++] = (SekiArgument) SEKI_ARGUMENT_TEXT ("verb", verb);
        for (; arguments != NULL && arguments->key != NULL && n <= ARGUMENTS_MAX; arguments++)
                sorted[n++] = *arguments;
        qsort (sorted, n, sizeof *sorted, arguments_compare);
        seki_cbor_write_map (writer, n);
        for (gsize i = 0; i < n; i++)
                argument_write (&sorted[i], writer);
}

/* An answer that is an error becomes one here. */
static gboolean
answer_check (SekiSpan answer, GError **error)
{
        SekiSpan sentence = seki_view_get_text (answer, "error");
        gint64 code = seki_view_get_int (answer, "code", SEKI_ERROR_INVALID);

        if (!seki_cbor_check (answer, 16, error))
                return FALSE;
        if (sentence.data == NULL)
                return TRUE;
        if (code < 0 || code > SEKI_ERROR_BUSY)
                code = SEKI_ERROR_INVALID;
        g_set_error (error, SEKI_ERROR, (gint) code, "%.*s", (int) sentence.len,
                     (const char *) sentence.data);
        return FALSE;
}

SekiSecret *
seki_client_call (const char *control, const char *verb, const SekiArgument *arguments,
                  GError **error)
{
        g_auto (SekiBuffer) request;
        g_autoptr (SekiSecret) answer = NULL;

        seki_cbor_writer_init (&request, NULL);
        request_write (verb, arguments, &request);
        if (request.failed || request.len > SEKI_CONTROL_FRAME_MAX) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                             _("The request is too long for the control socket."));
                return NULL;
        }
        answer = seki_control_call (control, seki_cbor_writer_get_span (&request), error);
        if (answer == NULL || !answer_check (seki_secret_get_span (answer), error))
                return NULL;
        return g_steal_pointer (&answer);
}

SekiSecret *
seki_client_ask (const SekiInvocation *in, const char *verb, const SekiArgument *arguments,
                 GError **error)
{
        g_autoptr (SekiProfile) profile = seki_client_profile (in, error);

        return profile != NULL ? seki_client_call (seki_profile_get_control (profile), verb,
                                                   arguments, error)
                               : NULL;
}

/* Which roles know a verb: the transfer institution asks nobody. */
static const char *
role_name (SekiRoleSet role)
{
        return role == SEKI_ROLE_TRANSFER  ? "transfer"
               : role == SEKI_ROLE_ACCOUNT ? "account"
                                           : "issuer";
}

char *
seki_client_action (const SekiInvocation *in, SekiProfile *profile, const char *verb,
                    GError **error)
{
        static const SekiRoleSet all[] = { SEKI_ROLE_ISSUER, SEKI_ROLE_ACCOUNT,
                                           SEKI_ROLE_TRANSFER };
        const char *wanted = in->option[SEKI_CLI_ROLE], *found = NULL;
        SekiRoleSet roles = seki_profile_get_self (profile)->roles;

        if (strcmp (verb, "read") != 0)
                roles &= ~(guint) SEKI_ROLE_TRANSFER;
        for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
                if (!(roles & all[i]) ||
                    (wanted != NULL && strcmp (wanted, role_name (all[i])) != 0))
                        continue;
                if (found != NULL) {
                        seki_usage_fail (error,
                                         _("This node is %s and %s. Say as which: --role ROLE"),
                                            found, role_name (all[i]));
                        return NULL;
                }
                found = role_name (all[i]);
        }
        /* An account institution reads records for its reports as for all else. */
        if (found != NULL)
                return g_strdup_printf (
                        "%s.%s", found,
                        strcmp (verb, "export") == 0 && strcmp (found, "account") == 0 ? "read"
                                                                                       : verb);
        seki_usage_fail (error, wanted != NULL
                         ? _("This node is not “%s”, or that role does no such thing.")
                         : _("No role of this node does such a thing.%s"),
                              wanted != NULL ? wanted : "");
        return NULL;
}
