/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/lists.h"

#include "base/text.h"
#include "keyring/crl.h"
#include "keyring/pem.h"

#include <sys/stat.h>

/* What tells that a file was replaced or written. */
typedef struct {
        dev_t device;
        ino_t inode;
        off_t size;
        struct timespec changed;
} Stamp;

struct SekiLists {
        SekiTrust *trust;
        SekiJournal *journal;
        SekiListState *states;
        Stamp *stamps;
        gsize n;
};

static gboolean
authority_refuse (const char *path, gboolean test, GError **error)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                     test ? _("'%s' is no test authority, and this is a test node: its subject "
                               "must name the organization '%s'.")
                          : _("'%s' is a test authority ('%s'), and this is a production node. "
                               "Take it out of [trust] authorities."),
                     path, SEKI_TEST_ORGANIZATION);
        return FALSE;
}

/* Every certificate of the file must bear the node's mark. */
static gboolean
authority_check_mark (const char *path, const char *pem, gboolean test, GError **error)
{
        SekiSecret *der;

        while ((der = seki_pem_next (&pem, "CERTIFICATE", NULL)) != NULL) {
                CERTCertificate *certificate =
                        seki_certificate_new (seki_secret_get_span (der), error);
                gboolean marked = certificate != NULL &&
                                  seki_certificate_is_of (certificate, SEKI_TEST_ORGANIZATION);

                seki_secret_free (der);
                if (certificate == NULL)
                        return FALSE;
                seki_certificate_free (certificate);
                if (marked != test)
                        return authority_refuse (path, test, error);
        }
        return TRUE;
}

static gboolean
lists_add_authorities (SekiLists *lists, SekiProfile *profile, GError **error)
{
        for (const char *const *path = seki_profile_get_authorities (profile); *path != NULL;
             path++) {
                g_autofree char *pem = NULL;
                g_autoptr (GError) own = NULL;

                if (!g_file_get_contents (*path, &pem, NULL, &own)) {
                        g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                                     _("The authority can not be read: %s"), own->message);
                        return FALSE;
                }
                if (!authority_check_mark (*path, pem, seki_profile_is_test (profile), error))
                        return FALSE;
                if (seki_trust_add_authority (lists->trust, pem, error))
                        continue;
                g_prefix_error (error, "%s: ", *path);
                return FALSE;
        }
        return TRUE;
}

/* TRUE when the file is not the one seen last. */
static gboolean
stamp_take (const char *path, Stamp *stamp)
{
        struct stat info;
        Stamp now = { 0 };

        if (stat (path, &info) == 0)
                now = (Stamp){ info.st_dev, info.st_ino, info.st_size, info.st_mtim };
        if (now.device == stamp->device && now.inode == stamp->inode && now.size == stamp->size &&
            now.changed.tv_sec == stamp->changed.tv_sec &&
            now.changed.tv_nsec == stamp->changed.tv_nsec)
                return FALSE;
        *stamp = now;
        return TRUE;
}

static gboolean
list_read (SekiLists *lists, SekiListState *state, GError **error)
{
        g_autofree char *bytes = NULL;
        SekiCrl *crl;
        gsize len;

        if (!g_file_get_contents (state->path, &bytes, &len, error) ||
            !seki_trust_load_crl (lists->trust, seki_span (bytes, len), error))
                return FALSE;
        crl = seki_crl_new (seki_span (bytes, len), error);
        if (crl == NULL)
                return FALSE;
        state->next_update = seki_crl_get_next (crl);
        seki_crl_free (crl);
        return TRUE;
}

static gboolean
list_load (SekiLists *lists, SekiListState *state)
{
        g_autoptr (GError) error = NULL;
        g_autofree char *line = NULL;

        g_clear_pointer (&state->problem, g_free);
        if (list_read (lists, state, &error)) {
                line = g_strdup_printf (_("The revocation list '%s' is loaded."), state->path);
                seki_journal_say (lists->journal, SEKI_LOG_INFO, "list-loaded", line);
                return TRUE;
        }
        state->problem = g_strdup (error->message);
        line = g_strdup_printf (_("The revocation list '%s' is not taken: %s"), state->path,
                                error->message);
        seki_journal_say (lists->journal, SEKI_LOG_WARNING, "list-refused", line);
        return FALSE;
}

guint
seki_lists_load (SekiLists *lists, gboolean all)
{
        guint loaded = 0;

        for (gsize i = 0; i < lists->n; i++)
                if ((stamp_take (lists->states[i].path, &lists->stamps[i]) || all) &&
                    list_load (lists, &lists->states[i]))
                        loaded++;
        return loaded;
}

SekiLists *
seki_lists_new (SekiProfile *profile, const SekiClock *clock, SekiJournal *journal, GError **error)
{
        g_autoptr (SekiLists) lists = g_new0 (SekiLists, 1);
        const char *const *paths = seki_profile_get_lists (profile);

        lists->trust = seki_trust_new (clock);
        lists->journal = journal;
        lists->n = g_strv_length ((char **) paths);
        lists->states = g_new0 (SekiListState, lists->n + 1);
        lists->stamps = g_new0 (Stamp, lists->n + 1);
        for (gsize i = 0; i < lists->n; i++)
                lists->states[i].path = paths[i];
        if (!lists_add_authorities (lists, profile, error))
                return NULL;
        seki_lists_load (lists, TRUE);
        return g_steal_pointer (&lists);
}

void
seki_lists_free (SekiLists *lists)
{
        if (lists == NULL)
                return;
        seki_trust_free (lists->trust);
        for (gsize i = 0; i < lists->n; i++)
                g_free (lists->states[i].problem);
        g_free (lists->states);
        g_free (lists->stamps);
        g_free (lists);
}

SekiTrust *
seki_lists_get_trust (SekiLists *lists)
{
        return lists->trust;
}

const SekiListState *
seki_lists_get (SekiLists *lists, gsize *out_n)
{
        *out_n = lists->n;
        return lists->states;
}
