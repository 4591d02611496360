/* SPDX-License-Identifier: Apache-2.0 */
/* How a daemon comes to be and how it ends, step by step. */
#include "daemon/inner.h"

#include "base/text.h"
#include "daemon/json.h"
#include "daemon/memory.h"
#include "daemon/reasons.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/* Two daemons on one folder would take each other's sockets. */
static gboolean
daemon_lock (SekiDaemon *daemon, GError **error)
{
        g_autofree char *path =
                g_build_filename (seki_profile_get_data (daemon->profile), "lock", NULL);

        daemon->lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (daemon->lock >= 0 && flock (daemon->lock, LOCK_EX | LOCK_NB) == 0)
                return TRUE;
        if (errno == EWOULDBLOCK)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_BUSY,
                             _("A node runs on '%s' already. Stop it first."),
                             seki_profile_get_data (daemon->profile));
        else
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG,
                             _("The lock '%s' can not be taken (%s). Make the keys first (sekisho "
                                "key init), and check the folder's owner."),
                             path, g_strerror (errno));
        return FALSE;
}

static gboolean
daemon_guard_memory (SekiDaemon *daemon, GError **error)
{
        g_autofree char *warning = NULL;

        if (!seki_memory_guard (seki_profile_is_test (daemon->profile), &warning, error))
                return FALSE;
        if (warning != NULL)
                seki_journal_say (daemon->journal, SEKI_LOG_WARNING, "memory-not-locked", warning);
        return TRUE;
}

/* A person at the machine: the institution's own, without its roles. */
static SekiParty *
daemon_add_party (SekiDaemon *daemon, char *id)
{
        SekiParty *party = g_new0 (SekiParty, 1);

        *party = *seki_profile_get_self (daemon->profile);
        party->id = id;
        party->roles = 0;
        party->kind = SEKI_CALLER_PERSON;
        g_ptr_array_add (daemon->parties, id);
        g_ptr_array_add (daemon->parties, party);
        return party;
}

static gboolean
daemon_listen (SekiDaemon *daemon, GError **error)
{
        gsize n;
        const SekiPerson *persons = seki_profile_get_persons (daemon->profile, &n);
        const char *metrics = seki_profile_get_metrics (daemon->profile);
        const SekiParty *own = daemon_add_party (daemon, g_strdup ("person"));
        SekiLogin last = { 0 };

        for (gsize i = 0; i < n; i++) {
                SekiLogin login = { .login = persons[i].login };

                if (login.login == NULL)
                        continue;
                login.party =
                        daemon_add_party (daemon, g_strconcat ("person:", persons[i].id, NULL));
                g_array_append_val (daemon->logins, login);
        }
        g_array_append_val (daemon->logins, last);
        daemon->control = seki_control_new (seki_profile_get_control (daemon->profile),
                                            (const SekiLogin *) daemon->logins->data, own,
                                            seki_verbs_handle, daemon, error);
        if (daemon->control == NULL)
                return FALSE;
        return metrics == NULL ||
               (daemon->metrics = seki_metrics_new (metrics, daemon->node, error)) != NULL;
}

static void
daemon_fill (SekiDaemon *daemon)
{
        seki_profile_fill (daemon->profile, &daemon->config);
        daemon->config.reasons = daemon->reasons;
        daemon->config.trust = seki_lists_get_trust (daemon->lists);
        daemon->config.codec = &seki_json_codec;
        daemon->config.clock = daemon->clock;
        daemon->config.log = seki_journal_log;
        daemon->config.log_user = daemon->journal;
}

gboolean
seki_daemon_open (SekiDaemon *daemon, GError **error)
{
        g_autofree char *line = NULL;

        daemon->journal = seki_journal_new (seki_profile_get_id (daemon->profile), STDERR_FILENO);
        daemon->expiries = seki_expiries_new (daemon->journal);
        daemon->reasons = seki_reasons_new ();
        daemon->logins = g_array_new (FALSE, FALSE, sizeof (SekiLogin));
        daemon->parties = g_ptr_array_new_with_free_func (g_free);
        daemon->waiting = g_ptr_array_new ();
        if (!daemon_guard_memory (daemon, error) || !daemon_lock (daemon, error) ||
            !seki_nss_init (error))
                return FALSE;
        seki_json_init ();
        daemon->lists = seki_lists_new (daemon->profile, daemon->clock, daemon->journal, error);
        if (daemon->lists == NULL)
                return FALSE;
        daemon->consent = seki_consent_new (daemon->profile, seki_lists_get_trust (daemon->lists),
                                            daemon->clock);
        daemon_fill (daemon);
        daemon->node = seki_node_new (&daemon->config, error);
        if (daemon->node == NULL || !daemon_listen (daemon, error))
                return FALSE;
        seki_daemon_look_ahead (daemon);
        line = g_strdup_printf (_("sekisho %s has started, sealed."), SEKISHO_VERSION);
        seki_journal_say (daemon->journal, SEKI_LOG_NOTICE, "started", line);
        return TRUE;
}

void
seki_daemon_close (SekiDaemon *daemon)
{
        for (guint i = 0; i < daemon->sources->len; i++)
                g_source_remove (g_array_index (daemon->sources, guint, i));
        g_array_unref (daemon->sources);
        g_clear_pointer (&daemon->metrics, seki_metrics_free);
        g_clear_pointer (&daemon->control, seki_control_free);
        g_clear_pointer (&daemon->node, seki_node_free);
        g_clear_pointer (&daemon->consent, seki_consent_free);
        if (daemon->lists != NULL) {
                g_clear_pointer (&daemon->lists, seki_lists_free);
                seki_nss_shutdown ();
        }
        g_clear_pointer (&daemon->expiries, seki_expiries_free);
        g_clear_pointer (&daemon->reasons, g_free);
        g_clear_pointer (&daemon->logins, g_array_unref);
        g_clear_pointer (&daemon->parties, g_ptr_array_unref);
        g_clear_pointer (&daemon->waiting, g_ptr_array_unref);
        g_clear_pointer (&daemon->journal, seki_journal_free);
        g_clear_pointer (&daemon->loop, g_main_loop_unref);
        if (daemon->lock >= 0)
                close (daemon->lock);
}

static void
look_at_certificate (SekiDaemon *daemon, const char *what, const char *name, const char *path)
{
        g_autofree char *pem = NULL;
        CERTCertificate *certificate;
        gint64 now = seki_clock_now (daemon->clock);

        if (!g_file_get_contents (path, &pem, NULL, NULL) ||
            (certificate = seki_certificate_new (seki_span_text (pem), NULL)) == NULL)
                return;
        seki_expiries_set (daemon->expiries, what, name,
                           now + seki_certificate_seconds_left (certificate, now) * G_USEC_PER_SEC);
        seki_certificate_free (certificate);
}

void
seki_daemon_look_ahead (SekiDaemon *daemon)
{
        g_autofree char *own = g_build_filename (seki_profile_get_data (daemon->profile), "keys",
                                                 "node.pem", NULL);
        gint64 now = seki_clock_now (daemon->clock);
        gsize n;
        const SekiPerson *persons = seki_profile_get_persons (daemon->profile, &n);
        const SekiListState *lists;

        look_at_certificate (daemon, "certificate", seki_profile_get_name (daemon->profile), own);
        for (gsize i = 0; i < n; i++)
                look_at_certificate (daemon, "person", persons[i].id, persons[i].certificate);
        for (const char *const *path = seki_profile_get_authorities (daemon->profile);
             *path != NULL; path++)
                look_at_certificate (daemon, "authority", *path, *path);
        lists = seki_lists_get (daemon->lists, &n);
        for (gsize i = 0; i < n; i++)
                seki_expiries_set (daemon->expiries, "list", lists[i].path, lists[i].next_update);
        if (daemon->approval.n_persons > 0)
                seki_expiries_set (daemon->expiries, "approval",
                                   seki_profile_get_digest (daemon->profile),
                                   daemon->approval.statement.expires);
        daemon->expiries_looked = now;
        seki_expiries_check (daemon->expiries, now);
}
