/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/inner.h"

#include "base/text.h"
#include "daemon/job.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define PASSPHRASE_MAX 255

static void
daemon_say (SekiDaemon *daemon, SekiLogLevel level, const char *event, const char *sentence,
            const char *detail)
{
        g_autofree char *line = g_strdup_printf (sentence, detail);

        seki_journal_say (daemon->journal, level, event, line);
}

void
seki_daemon_tell_state (SekiDaemon *daemon)
{
        SekiNodeStatus status;

        seki_node_get_status (daemon->node, &status);
        if (status.state == SEKI_NODE_SERVING)
                sd_notifyf (0, "STATUS=Serving on port %u.", status.port);
        else if (status.state == SEKI_NODE_SEALED)
                sd_notify (0, "STATUS=Sealed. Unseal with: sekisho key unseal");
        else
                sd_notifyf (0, "STATUS=Stopped: %s", status.problem);
}

static void
daemon_note (SekiDaemon *daemon, const char *act, const char *detail, const SekiParty *actor)
{
        g_autoptr (GError) error = NULL;

        if (!seki_node_note (daemon->node, act, detail, actor, &error))
                seki_journal_say (daemon->journal, SEKI_LOG_WARNING, NULL, error->message);
}

/* What persons consented to, as the first leaf of every run. */
static gboolean
daemon_note_start (SekiDaemon *daemon, const SekiParty *actor, SekiAnswered noted, gpointer user,
                   GError **error)
{
        const SekiApproval *approval = &daemon->approval;
        g_autofree char *detail = NULL;

        if (seki_keyring_get_torn (seki_node_get_keyring (daemon->node)) > 0)
                seki_journal_say (daemon->journal, SEKI_LOG_WARNING, "store-torn",
                                  _("An unfinished addition at the end of the key store was left "
                                     "out; nobody was told of it."));
        detail = g_strdup_printf ("version %s profile %s approved %s%s%s", SEKISHO_VERSION,
                                  seki_profile_get_digest (daemon->profile), approval->persons[0],
                                  approval->n_persons > 1 ? " " : " alone", approval->persons[1]);
        return seki_node_note_then (daemon->node, "start", detail, actor, noted, user, error);
}

/* What a node finds at its start may take long to read and repair. */
static gboolean
daemon_open_node (SekiDaemon *daemon, SekiSecret *passphrase, GError **error)
{
        guint64 watchdog = 0;
        gboolean watched = sd_watchdog_enabled (0, &watchdog) > 0, ok;

        if (watched)
                sd_notify (0, "WATCHDOG_USEC=3600000000\nWATCHDOG=1");
        ok = seki_node_unseal (daemon->node, passphrase, error);
        if (watched)
                sd_notifyf (0, "WATCHDOG_USEC=%" PRIu64 "\nWATCHDOG=1", watchdog);
        return ok;
}

/* Approved, enrolled, and only then the node's own checks (D7). */
static gboolean
daemon_open_keys (SekiDaemon *daemon, SekiSecret *passphrase, GError **error)
{
        SekiKeyring *keyring = seki_node_get_keyring (daemon->node);

        if (!seki_consent_check (daemon->consent, &daemon->approval, error) ||
            !seki_keyring_unseal (keyring, passphrase, error))
                return FALSE;
        if (seki_consent_check_enrolled (daemon->consent, keyring, &daemon->approval, error) &&
            seki_consent_enrol (daemon->consent, keyring, error))
                return daemon_open_node (daemon, passphrase, error);
        seki_keyring_seal (keyring);
        return FALSE;
}

gboolean
seki_daemon_unseal (SekiDaemon *daemon, SekiSecret *passphrase, const SekiParty *actor,
                    SekiAnswered noted, gpointer user, GError **error)
{
        GError *own = NULL;

        if (!daemon_open_keys (daemon, passphrase, &own) ||
            !daemon_note_start (daemon, actor, noted, user, &own)) {
                daemon_say (daemon, SEKI_LOG_ERROR, "unseal-failed",
                            _("The node stays sealed: %s"), own->message);
                seki_daemon_tell_state (daemon);
                g_propagate_error (error, own);
                return FALSE;
        }
        seki_journal_say (daemon->journal, SEKI_LOG_NOTICE, "unsealed",
                          _("The node is unsealed and serves."));
        seki_daemon_look_ahead (daemon);
        seki_daemon_tell_state (daemon);
        return TRUE;
}

/* Jobs that a stopped thread never ran are answered. */
void
seki_daemon_seal (SekiDaemon *daemon, const SekiParty *actor)
{
        gboolean served = seki_node_get_kernel (daemon->node) != NULL;

        if (daemon->sealing)
                return;
        if (served)
                daemon_note (daemon, "stop", "version " SEKISHO_VERSION, actor);
        daemon->sealing = TRUE;
        seki_node_seal (daemon->node);
        daemon->sealing = FALSE;
        seki_jobs_drop (daemon->waiting);
        if (served)
                seki_journal_say (daemon->journal, SEKI_LOG_NOTICE, "sealed",
                                  _("The node is sealed."));
        seki_daemon_tell_state (daemon);
}

guint
seki_daemon_reload (SekiDaemon *daemon, const SekiParty *actor)
{
        guint loaded = seki_lists_load (daemon->lists, TRUE);
        g_autofree char *detail = g_strdup_printf ("lists %u", loaded);

        seki_node_refresh (daemon->node);
        if (seki_node_get_kernel (daemon->node) != NULL)
                daemon_note (daemon, "reload", detail, actor);
        seki_daemon_look_ahead (daemon);
        return loaded;
}

static gboolean
daemon_stop (gpointer user)
{
        SekiDaemon *daemon = user;

        sd_notify (0, "STOPPING=1\nSTATUS=Stopping.");
        g_main_loop_quit (daemon->loop);
        return G_SOURCE_CONTINUE;
}

static gboolean
daemon_hangup (gpointer user)
{
        SekiDaemon *daemon = user;

        if (daemon->sealing)
                return G_SOURCE_CONTINUE;
        sd_notify (0, "RELOADING=1");
        seki_daemon_reload (daemon, NULL);
        sd_notify (0, "READY=1");
        return G_SOURCE_CONTINUE;
}

/* Once a second: list files that changed; once an hour: what comes near. */
static gboolean
daemon_second (gpointer user)
{
        SekiDaemon *daemon = user;
        gint64 now = seki_clock_now (daemon->clock);
        guint loaded = daemon->sealing ? 0 : seki_lists_load (daemon->lists, FALSE);

        if (loaded > 0) {
                g_autofree char *detail = g_strdup_printf ("lists %u", loaded);

                seki_node_refresh (daemon->node);
                if (seki_node_get_kernel (daemon->node) != NULL)
                        daemon_note (daemon, "reload", detail, NULL);
        }
        if (loaded > 0 || now - daemon->expiries_looked > G_TIME_SPAN_HOUR)
                seki_daemon_look_ahead (daemon);
        return G_SOURCE_CONTINUE;
}

static gboolean
daemon_watchdog (gpointer user)
{
        (void) user;
        sd_notify (0, "WATCHDOG=1");
        return G_SOURCE_CONTINUE;
}

static void
daemon_attach (SekiDaemon *daemon)
{
        guint ids[5], n = 0;
        guint64 watchdog;

        ids[n++] = g_unix_signal_add (SIGTERM, daemon_stop, daemon);
        ids[n++] = g_unix_signal_add (SIGINT, daemon_stop, daemon);
        ids[n++] = g_unix_signal_add (SIGHUP, daemon_hangup, daemon);
        ids[n++] = g_timeout_add_seconds (1, daemon_second, daemon);
        if (sd_watchdog_enabled (0, &watchdog) > 0)
                ids[n++] =
                        g_timeout_add (MAX (1, (guint) (watchdog / 3000)), daemon_watchdog, daemon);
        g_array_append_vals (daemon->sources, ids, n);
}

/* A passphrase as a line or bytes; the newline at its end is not part of it. */
static SekiSecret *
passphrase_read (int fd)
{
        g_autoptr (SekiSecret) secret = seki_secret_new (PASSPHRASE_MAX + 2);
        guint8 *data = seki_secret_get_data (secret);
        gsize len = 0;

        while (len < PASSPHRASE_MAX + 2) {
                gssize n = read (fd, data + len, PASSPHRASE_MAX + 2 - len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        break;
                len += (gsize) n;
        }
        if (len > 0 && data[len - 1] == '\n')
                len--;
        if (len == 0 || len > PASSPHRASE_MAX)
                return NULL;
        seki_secret_shrink (secret, len);
        return g_steal_pointer (&secret);
}

/* By a descriptor or by the credential of systemd; a failure leaves it sealed. */
static void
daemon_unseal_itself (SekiDaemon *daemon, int fd)
{
        const char *credentials = g_getenv ("CREDENTIALS_DIRECTORY");
        g_autoptr (SekiSecret) passphrase = NULL;

        if (fd < 0 && credentials != NULL) {
                g_autofree char *path = g_build_filename (credentials, "passphrase", NULL);

                fd = open (path, O_RDONLY | O_CLOEXEC);
        }
        if (fd < 0)
                return;
        passphrase = passphrase_read (fd);
        close (fd);
        if (passphrase == NULL)
                seki_journal_say (daemon->journal, SEKI_LOG_ERROR, "unseal-failed",
                                  _("The passphrase handed over is empty or longer than 255 "
                                     "bytes. The node stays sealed."));
        else
                seki_daemon_unseal (daemon, passphrase, NULL, NULL, NULL, NULL);
}

gboolean
seki_daemon_run (SekiProfile *profile, const SekiDaemonOptions *options, GError **error)
{
        g_autofree SekiDaemon *daemon = g_new0 (SekiDaemon, 1);
        gboolean ok;

        daemon->profile = profile;
        daemon->clock = options->clock != NULL ? options->clock : seki_clock_system ();
        daemon->started = seki_clock_now (daemon->clock);
        daemon->lock = -1;
        daemon->sources = g_array_new (FALSE, FALSE, sizeof (guint));
        signal (SIGPIPE, SIG_IGN);
        umask (0077);
        ok = seki_daemon_open (daemon, error);
        if (ok) {
                daemon->loop = g_main_loop_new (NULL, FALSE);
                daemon_attach (daemon);
                daemon_unseal_itself (daemon, options->passphrase_fd);
                sd_notify (0, "READY=1");
                seki_daemon_tell_state (daemon);
                g_main_loop_run (daemon->loop);
                seki_daemon_seal (daemon, NULL);
                while (g_main_context_iteration (NULL, FALSE))
                        continue; /* answers that are still to leave */
        }
        seki_daemon_close (daemon);
        return ok;
}
