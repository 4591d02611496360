/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/consent.h"

#include "base/cbor.h"
#include "base/text.h"
#include "keyring/keyfile.h"

#include <fcntl.h>
#include <unistd.h>

#define ENROLLED "enrolled"
#define ENROLLED_MAX ((gsize) 256 * 1024)
#define PERSONS_MAX 1024

struct SekiConsent {
        SekiProfile *profile;
        SekiApprovals approvals;
        SekiApprover *persons;
        char *folder;
};

SekiConsent *
seki_consent_new (SekiProfile *profile, SekiTrust *trust, const SekiClock *clock)
{
        SekiConsent *consent = g_new0 (SekiConsent, 1);
        gsize n;
        const SekiPerson *persons = seki_profile_get_persons (profile, &n);

        consent->profile = profile;
        consent->folder = g_build_filename (seki_profile_get_data (profile), "approvals", NULL);
        consent->persons = g_new0 (SekiApprover, n + 1);
        for (gsize i = 0; i < n; i++)
                consent->persons[i] = (SekiApprover){ persons[i].id, persons[i].certificate };
        consent->approvals = (SekiApprovals){ .folder = consent->folder,
                                              .node = seki_profile_get_id (profile),
                                              .trust = trust,
                                              .clock = clock,
                                              .persons = consent->persons,
                                              .n_persons = n };
        return consent;
}

void
seki_consent_free (SekiConsent *consent)
{
        if (consent == NULL)
                return;
        g_free (consent->persons);
        g_free (consent->folder);
        g_free (consent);
}

const SekiApprovals *
seki_consent_get_approvals (SekiConsent *consent)
{
        return &consent->approvals;
}

char *
seki_consent_statement (SekiConsent *consent)
{
        SekiStatement statement = { .action = SEKI_ACTION_PROFILE };

        g_strlcpy (statement.node, consent->approvals.node, sizeof statement.node);
        g_strlcpy (statement.subject, seki_profile_get_digest (consent->profile),
                   sizeof statement.subject);
        statement.time = seki_clock_now (consent->approvals.clock);
        statement.expires = statement.time + SEKI_APPROVAL_TERM;
        return seki_statement_write (&statement);
}

gboolean
seki_consent_check (SekiConsent *consent, SekiApproval *out_approval, GError **error)
{
        const char *digest = seki_profile_get_digest (consent->profile);

        if (seki_approval_find (&consent->approvals, SEKI_ACTION_PROFILE, digest, out_approval,
                                error))
                return TRUE;
        g_prefix_error (error,
                        _("The profile (digest %.16s...) is not approved. See: sekisho approval "
                           "propose. "),
                        digest);
        return FALSE;
}

static gboolean
person_digest (SekiConsent *consent, const char *id, guint8 out[SEKI_HASH_LEN], GError **error)
{
        for (gsize i = 0; i < consent->approvals.n_persons; i++) {
                g_autofree char *pem = NULL;
                CERTCertificate *certificate;

                if (strcmp (consent->persons[i].id, id) != 0)
                        continue;
                if (!g_file_get_contents (consent->persons[i].certificate, &pem, NULL, error) ||
                    (certificate = seki_certificate_new (seki_span_text (pem), error)) == NULL)
                        return FALSE;
                seki_certificate_digest (certificate, out);
                seki_certificate_free (certificate);
                return TRUE;
        }
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_MISSING,
                     _("The profile enrols nobody as '%s'."), id);
        return FALSE;
}

/* The list of enrolled persons, read; digests as they stand in it. */
typedef struct {
        SekiSpan profile;
        SekiSpan digests[PERSONS_MAX];
        gsize n;
} Enrolled;

static gboolean
enrolled_read (SekiSpan plain, Enrolled *out, GError **error)
{
        SekiCborReader reader;
        SekiSpan id;
        gsize n;

        seki_cbor_reader_init (&reader, plain);
        if (!seki_cbor_read_array (&reader, 2, &n, error) ||
            !seki_cbor_read_text (&reader, &out->profile, error) ||
            !seki_cbor_read_array (&reader, PERSONS_MAX, &out->n, error))
                return FALSE;
        for (gsize i = 0; i < out->n; i++)
                if (!seki_cbor_read_array (&reader, 2, &n, error) ||
                    !seki_cbor_read_text (&reader, &id, error) ||
                    !seki_cbor_read_bytes (&reader, &out->digests[i], error))
                        return FALSE;
        return TRUE;
}

static gboolean
enrolled_has (const Enrolled *enrolled, const guint8 digest[SEKI_HASH_LEN])
{
        for (gsize i = 0; i < enrolled->n; i++)
                if (seki_span_equal (enrolled->digests[i], seki_span (digest, SEKI_HASH_LEN)))
                        return TRUE;
        return FALSE;
}

/* The same approval asked for again, with the voices of those enrolled before. */
static gboolean
enrolled_judge (SekiConsent *consent, const Enrolled *enrolled, SekiApproval *out_approval,
                GError **error)
{
        const char *digest = seki_profile_get_digest (consent->profile);
        SekiApprovals approvals = consent->approvals;
        g_autofree SekiApprover *persons = NULL;
        gsize n = 0;

        if (seki_span_is (enrolled->profile, digest))
                return TRUE;
        persons = g_new0 (SekiApprover, approvals.n_persons + 1);
        for (gsize i = 0; i < approvals.n_persons; i++) {
                guint8 own[SEKI_HASH_LEN];

                if (person_digest (consent, approvals.persons[i].id, own, NULL) &&
                    enrolled_has (enrolled, own))
                        persons[n++] = approvals.persons[i];
        }
        approvals.persons = persons;
        approvals.n_persons = n;
        if (seki_approval_find (&approvals, SEKI_ACTION_PROFILE, digest, out_approval, error))
                return TRUE;
        g_prefix_error (error, "%s ",
                        _("The profile was changed, and those who approved it were not enrolled "
                           "by the one before. "
                           "Let persons enrolled there approve it."));
        return FALSE;
}

static SekiFolder
folder_open (SekiConsent *consent)
{
        g_mkdir_with_parents (consent->folder, 0700);
        return (SekiFolder){ open (consent->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                             consent->folder };
}

/* Without a list only a node that never served may go on. */
static gboolean
enrolled_missing (SekiConsent *consent, GError **error)
{
        g_autofree char *head =
                g_build_filename (seki_profile_get_data (consent->profile), "head", NULL);

        if (!g_file_test (head, G_FILE_TEST_EXISTS))
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                     _("The list of enrolled persons '%s/%s' is gone though the node has served "
                        "before. Restore it from a backup."),
                     consent->folder, ENROLLED);
        return FALSE;
}

static gboolean
enrolled_open (SekiConsent *consent, SekiKeyring *keyring, SekiSpan sealed, SekiSecret *plain,
               GError **error)
{
        g_autoptr (SekiSealer) sealer = seki_sealer_new (keyring, 1, error);

        if (sealer == NULL ||
            !seki_sealer_open_named (sealer, SEKI_KEY_QUEUE, seki_span_text (ENROLLED), sealed,
                                     seki_secret_get_data (plain), error)) {
                g_prefix_error (error, "%s/%s: ", consent->folder, ENROLLED);
                return FALSE;
        }
        return TRUE;
}

gboolean
seki_consent_check_enrolled (SekiConsent *consent, SekiKeyring *keyring, SekiApproval *out_approval,
                             GError **error)
{
        SekiFolder folder = folder_open (consent);
        gboolean exists = seki_keyfile_exists (folder, ENROLLED);
        g_autoptr (SekiSecret) sealed =
                exists ? seki_keyfile_read (folder, ENROLLED, ENROLLED_MAX, error) : NULL;
        g_autoptr (SekiSecret) plain = NULL;
        g_autofree Enrolled *enrolled = g_new0 (Enrolled, 1);

        close (folder.fd);
        if (!exists)
                return enrolled_missing (consent, error);
        if (sealed == NULL)
                return FALSE;
        plain = seki_secret_new (MAX (seki_secret_get_size (sealed), SEKI_SEAL_EXTRA) -
                                 SEKI_SEAL_EXTRA);
        return enrolled_open (consent, keyring, seki_secret_get_span (sealed), plain, error) &&
               enrolled_read (seki_secret_get_span (plain), enrolled, error) &&
               enrolled_judge (consent, enrolled, out_approval, error);
}

static gboolean
enrolled_write (SekiConsent *consent, SekiCborWriter *out, GError **error)
{
        seki_cbor_write_array (out, 2);
        seki_cbor_write_literal (out, seki_profile_get_digest (consent->profile));
        seki_cbor_write_array (out, consent->approvals.n_persons);
        for (gsize i = 0; i < consent->approvals.n_persons; i++) {
                guint8 digest[SEKI_HASH_LEN];

                if (!person_digest (consent, consent->persons[i].id, digest, error))
                        return FALSE;
                seki_cbor_write_array (out, 2);
                seki_cbor_write_literal (out, consent->persons[i].id);
                seki_cbor_write_bytes (out, seki_span (digest, sizeof digest));
        }
        return TRUE;
}

gboolean
seki_consent_enrol (SekiConsent *consent, SekiKeyring *keyring, GError **error)
{
        g_autoptr (SekiSealer) sealer = seki_sealer_new (keyring, 1, error);
        g_autofree guint8 *sealed = NULL;
        SekiFolder folder = folder_open (consent);
        SekiCborWriter plain;
        gboolean ok;

        seki_cbor_writer_init (&plain, NULL);
        ok = sealer != NULL && enrolled_write (consent, &plain, error);
        sealed = g_malloc (plain.len + SEKI_SEAL_EXTRA);
        ok = ok &&
             seki_sealer_seal_named (sealer, SEKI_KEY_QUEUE, seki_span_text (ENROLLED),
                                     seki_cbor_writer_get_span (&plain), sealed, error) &&
             seki_keyfile_replace (folder, ENROLLED,
                                   seki_span (sealed, plain.len + SEKI_SEAL_EXTRA), error);
        seki_cbor_writer_clear (&plain);
        close (folder.fd);
        return ok;
}
