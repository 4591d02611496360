/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/approval.h"

#include "base/text.h"
#include "keyring/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIGNATURE_MAX ((gsize) 64 * 1024)
#define SKEW (5 * G_TIME_SPAN_MINUTE) /* the signer's clock may run ahead of ours */

/* The folder while it is in use, and signatures that hold. */
typedef struct {
        const SekiApprovals *approvals;
        SekiFolder folder;
        GPtrArray *cms; /* GByteArray, in the order of persons */
        SekiApproval *approval;
        SekiSpan text;
} Work;

static void
folder_close (SekiFolder *folder)
{
        if (folder->fd >= 0)
                close (folder->fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SekiFolder, folder_close)

static gboolean
folder_open (const char *path, gboolean make, SekiFolder *out_folder)
{
        if (make)
                g_mkdir_with_parents (path, 0700);
        *out_folder = (SekiFolder){ open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path };
        return out_folder->fd >= 0;
}

/* "DIGEST.SUFFIX" */
static const char *
file_name (const SekiApproval *approval, const char *suffix, char out[96])
{
        g_snprintf (out, 96, "%s.%s", approval->digest, suffix);
        return out;
}

static const char *
signature_name (const SekiApproval *approval, guint i, char out[96])
{
        return file_name (approval, i == 0 ? "1.p7s" : "2.p7s", out);
}

/* Whether the signer's certificate is the one the person was enrolled with. */
static gboolean
person_is (const SekiApprover *person, const guint8 signer[SEKI_HASH_LEN])
{
        g_autofree char *pem = NULL;
        guint8 enrolled[SEKI_HASH_LEN];
        CERTCertificate *certificate;

        if (!g_file_get_contents (person->certificate, &pem, NULL, NULL))
                return FALSE;
        certificate = seki_certificate_new (seki_span_text (pem), NULL);
        if (certificate == NULL)
                return FALSE;
        seki_certificate_digest (certificate, enrolled);
        seki_certificate_free (certificate);
        return memcmp (enrolled, signer, SEKI_HASH_LEN) == 0;
}

/* Two ids with one certificate are one person: the first of them. */
static const char *
signature_person (const Work *work, SekiSpan cms, GError **error)
{
        const SekiApprovals *approvals = work->approvals;
        guint8 digest[SEKI_HASH_LEN];
        CERTCertificate *signer;

        if (!seki_cms_verify (approvals->trust, work->text, cms, SEKI_USAGE_PERSON, &signer, error))
                return NULL;
        seki_certificate_digest (signer, digest);
        seki_certificate_free (signer);
        for (gsize i = 0; i < approvals->n_persons; i++)
                if (person_is (&approvals->persons[i], digest))
                        return approvals->persons[i].id;
        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_CRYPTO,
                             _("The signature is of nobody the profile enrols. Sign with the "
                                "certificate of a [person]."));
        return NULL;
}

static gboolean
work_take_signature (Work *work, SekiSpan cms, GError **error)
{
        SekiApproval *approval = work->approval;
        const char *person = signature_person (work, cms, error);
        GByteArray *copy;

        if (person == NULL)
                return FALSE;
        for (guint i = 0; i < approval->n_persons; i++)
                if (strcmp (approval->persons[i], person) == 0) {
                        g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFLICT,
                                     _("'%s' has signed this already. It needs a second person."),
                                     person);
                        return FALSE;
                }
        if (approval->n_persons == G_N_ELEMENTS (approval->persons)) {
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                                     _("Two persons have signed this already. It needs no more."));
                return FALSE;
        }
        g_strlcpy (approval->persons[approval->n_persons++], person, sizeof approval->persons[0]);
        copy = g_byte_array_append (g_byte_array_new (), cms.data, (guint) cms.len);
        g_ptr_array_add (work->cms, copy);
        return TRUE;
}

/* Signatures stored before; what no longer holds is passed over. */
static void
work_load_signatures (Work *work, GError **error)
{
        for (guint i = 0; i < G_N_ELEMENTS (work->approval->persons); i++) {
                g_autoptr (SekiSecret) cms = NULL;
                char name[96];

                signature_name (work->approval, i, name);
                if (!seki_keyfile_exists (work->folder, name))
                        continue;
                cms = seki_keyfile_read (work->folder, name, SIGNATURE_MAX, NULL);
                if (cms == NULL)
                        continue;
                if (error != NULL)
                        g_clear_error (error);
                work_take_signature (work, seki_secret_get_span (cms), error);
        }
}

static gboolean
statement_check (const SekiApprovals *approvals, const SekiStatement *statement, GError **error)
{
        gint64 now = seki_clock_now (approvals->clock);

        if (strcmp (statement->node, approvals->node) != 0) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFLICT,
                             _("The statement is of the node '%s', not of '%s'. Make one for this "
                                "node."),
                             statement->node, approvals->node);
                return FALSE;
        }
        if (now >= statement->expires || now + SKEW < statement->time) {
                g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                                     now >= statement->expires
                                             ? _("The statement has expired. Make a new one and "
                                                  "have it signed.")
                                             : _("The statement is of a later time than now. Set "
                                                  "the clock right."));
                return FALSE;
        }
        return TRUE;
}

/* When one person announced it; 0 if nobody did, or at no possible time. */
static gint64
work_announced (const Work *work)
{
        g_autoptr (SekiSecret) text = NULL;
        char name[96];
        gint64 time;

        text = seki_keyfile_read (work->folder, file_name (work->approval, "announced", name), 64,
                                  NULL);
        if (text == NULL || !seki_time_parse (seki_secret_get_span (text), &time) ||
            time < work->approval->statement.time - SKEW ||
            time > seki_clock_now (work->approvals->clock))
                return 0;
        return time;
}

static gboolean
work_announce (Work *work, GError **error)
{
        char name[96], time[26];

        if (work_announced (work) != 0)
                return TRUE;
        seki_time_format (seki_clock_now (work->approvals->clock), time);
        return seki_keyfile_replace (work->folder, file_name (work->approval, "announced", name),
                                     seki_span_text (time), error);
}

/* Two persons hold at once; one holds when the delay is over. */
static void
work_judge (Work *work)
{
        SekiApproval *approval = work->approval;

        approval->announced = approval->holds_from = 0;
        if (approval->n_persons != 1)
                return;
        approval->announced = work_announced (work);
        approval->holds_from =
                approval->announced != 0 ? approval->announced + SEKI_APPROVAL_DELAY : G_MAXINT64;
        if (seki_clock_now (work->approvals->clock) >= approval->holds_from)
                approval->holds_from = 0;
}

static gboolean
work_store (Work *work, gboolean alone, GError **error)
{
        char name[96];

        if (!seki_keyfile_replace (work->folder, file_name (work->approval, "stmt", name),
                                   work->text, error))
                return FALSE;
        for (guint i = 0; i < work->cms->len; i++) {
                const GByteArray *cms = g_ptr_array_index (work->cms, i);

                if (!seki_keyfile_replace (work->folder, signature_name (work->approval, i, name),
                                           seki_span (cms->data, cms->len), error))
                        return FALSE;
        }
        return work->cms->len != 1 || !alone || work_announce (work, error);
}

gboolean
seki_approval_add (const SekiApprovals *approvals, SekiSpan statement, const SekiSpan *signatures,
                   gsize n_signatures, gboolean alone, SekiApproval *out_approval, GError **error)
{
        g_autoptr (GPtrArray) cms =
                g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
        g_auto (SekiFolder) folder = { -1, approvals->folder };
        Work work = {
                .approvals = approvals, .cms = cms, .approval = out_approval, .text = statement
        };

        memset (out_approval, 0, sizeof *out_approval);
        if (!seki_statement_read (statement, &out_approval->statement, error) ||
            !statement_check (approvals, &out_approval->statement, error))
                return FALSE;
        if (n_signatures == 0) {
                g_set_error_literal (
                        error, SEKI_ERROR, SEKI_ERROR_MISSING,
                        _("Nobody has signed the statement. Give at least one signature."));
                return FALSE;
        }
        seki_statement_digest (statement, out_approval->digest);
        if (!folder_open (approvals->folder, TRUE, &folder))
                return seki_keyfile_fail (folder, ".", error);
        work.folder = folder;
        work_load_signatures (&work, NULL);
        for (gsize i = 0; i < n_signatures; i++)
                if (!work_take_signature (&work, signatures[i], error))
                        return FALSE;
        if (!work_store (&work, alone, error))
                return FALSE;
        work_judge (&work);
        return TRUE;
}

static gboolean
work_refuse (const SekiApproval *approval, GError **error)
{
        char from[26];

        if (approval->n_persons == 0) {
                if (error != NULL && *error == NULL)
                        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_MISSING,
                                             _("The statement lies there without a signature that "
                                                "holds. Let two persons sign it."));
                return FALSE;
        }
        if (approval->announced == 0) {
                if (error != NULL && *error == NULL)
                        g_set_error_literal (
                                error, SEKI_ERROR, SEKI_ERROR_MISSING,
                                _("One person alone signed it. Let a second person sign, or "
                                   "announce it with --alone and wait 24 hours."));
                return FALSE;
        }
        if (error != NULL)
                g_clear_error (error);
        seki_time_format (approval->holds_from, from);
        g_set_error (
                error, SEKI_ERROR, SEKI_ERROR_BUSY,
                _("'%s' alone signed it; it holds from %s. Wait, or let a second person sign."),
                approval->persons[0], from);
        return FALSE;
}

/* One *.stmt file.  FALSE with no error: it is about something else. */
static gboolean
work_look (Work *work, const char *name, const char *action, const char *subject, GError **error)
{
        SekiApproval *approval = work->approval;
        g_autoptr (SekiSecret) text =
                seki_keyfile_read (work->folder, name, SEKI_STATEMENT_MAX, error);

        memset (approval, 0, sizeof *approval);
        g_ptr_array_set_size (work->cms, 0);
        if (text == NULL)
                return FALSE;
        work->text = seki_secret_get_span (text);
        seki_statement_digest (work->text, approval->digest);
        if (strncmp (approval->digest, name, 64) != 0 ||
            !seki_statement_read (work->text, &approval->statement, NULL)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO,
                             _("The statement '%s/%s' was changed after it was named. Remove it "
                                "and approve anew."),
                             work->folder.path, name);
                return FALSE;
        }
        if (strcmp (approval->statement.action, action) != 0 ||
            strcmp (approval->statement.subject, subject) != 0)
                return FALSE;
        if (!statement_check (work->approvals, &approval->statement, error))
                return FALSE;
        work_load_signatures (work, error);
        work_judge (work);
        if (approval->n_persons == 0 || approval->holds_from != 0)
                return work_refuse (approval, error);
        if (error != NULL)
                g_clear_error (error);
        return TRUE;
}

static void
find_fail (GError **error, GError *last)
{
        if (last != NULL)
                g_propagate_error (error, last);
        else
                g_set_error_literal (
                        error, SEKI_ERROR, SEKI_ERROR_MISSING,
                        _("Nobody has approved this. Let two persons sign it: sekisho approval"));
}

/* The finding that tells most: one that waits for its delay wins. */
static void
find_remember (GError **inout_last, GError *error, SekiApproval *best, const SekiApproval *looked)
{
        if (error == NULL || g_error_matches (*inout_last, SEKI_ERROR, SEKI_ERROR_BUSY)) {
                g_clear_error (&error);
                return;
        }
        g_clear_error (inout_last);
        *inout_last = error;
        *best = *looked;
}

gboolean
seki_approval_find (const SekiApprovals *approvals, const char *action, const char *subject,
                    SekiApproval *out_approval, GError **error)
{
        g_autoptr (GPtrArray) cms =
                g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
        g_auto (SekiFolder) folder = { -1, approvals->folder };
        g_autoptr (GDir) dir = g_dir_open (approvals->folder, 0, NULL);
        Work work = { .approvals = approvals, .cms = cms };
        SekiApproval looked;
        GError *last = NULL;
        const char *name;

        memset (out_approval, 0, sizeof *out_approval);
        work.approval = &looked;
        if (dir != NULL && folder_open (approvals->folder, FALSE, &folder)) {
                work.folder = folder;
                while ((name = g_dir_read_name (dir)) != NULL) {
                        GError *own = NULL;

                        if (!g_str_has_suffix (name, ".stmt"))
                                continue;
                        if (work_look (&work, name, action, subject, &own)) {
                                *out_approval = looked;
                                g_clear_error (&last);
                                return TRUE;
                        }
                        find_remember (&last, own, out_approval, &looked);
                }
        }
        find_fail (error, last);
        return FALSE;
}
