/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/journal.h"

#include "base/clock.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <sys/uio.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

struct SekiJournal {
        char *node;
        int fd;
        gboolean structured;
};

/* systemd names the stream it gave as DEVICE:INODE. */
static gboolean
fd_is_journal (int fd)
{
        const char *stream = g_getenv ("JOURNAL_STREAM");
        g_autofree char *own = NULL;
        struct stat info;

        if (stream == NULL || fstat (fd, &info) != 0)
                return FALSE;
        own = g_strdup_printf ("%" PRIu64 ":%" PRIu64, (guint64) info.st_dev,
                               (guint64) info.st_ino);
        return strcmp (stream, own) == 0;
}

SekiJournal *
seki_journal_new (const char *node, int fd)
{
        SekiJournal *journal = g_new0 (SekiJournal, 1);

        journal->node = g_strdup (node);
        journal->fd = fd;
        journal->structured = fd_is_journal (fd);
        return journal;
}

void
seki_journal_free (SekiJournal *journal)
{
        if (journal == NULL)
                return;
        g_free (journal->node);
        g_free (journal);
}

static void
journal_send (SekiJournal *journal, SekiLogLevel level, const char *event, const char *text)
{
        g_autofree char *id = NULL;

        if (event == NULL) {
                sd_journal_send ("MESSAGE=%s", text, "PRIORITY=%d", (int) level, "SEKISHO_NODE=%s",
                                 journal->node, NULL);
                return;
        }
        id = g_compute_checksum_for_string (G_CHECKSUM_SHA256, event, -1);
        sd_journal_send ("MESSAGE=%s", text, "PRIORITY=%d", (int) level, "SEKISHO_NODE=%s",
                         journal->node, "SEKISHO_EVENT=%s", event, "MESSAGE_ID=%.32s", id, NULL);
}

/* One write for one line, so that lines of threads do not mix. */
static void
journal_print (SekiJournal *journal, SekiLogLevel level, const char *event, const char *text)
{
        static const char *const names[] = { "error",   "error",  "error", "error",
                                             "warning", "notice", "info",  "debug" };
        g_autofree char *line = NULL, *clean = g_strdup (text);
        char time[26];

        g_strdelimit (clean, "\r\n", ' ');
        seki_time_format (seki_clock_now (seki_clock_system ()), time);
        line = g_strdup_printf ("%s %s %s%s%s%s: %s\n", time, journal->node,
                                names[CLAMP ((int) level, 0, 7)], event != NULL ? " [" : "",
                                event != NULL ? event : "", event != NULL ? "]" : "", clean);
        if (writev (journal->fd, &(struct iovec){ line, strlen (line) }, 1) < 0)
                return; /* there is nobody left to tell */
}

void
seki_journal_say (SekiJournal *journal, SekiLogLevel level, const char *event, const char *text)
{
        if (journal->structured)
                journal_send (journal, level, event, text);
        else
                journal_print (journal, level, event, text);
}

void
seki_journal_log (gpointer user, SekiLogLevel level, const char *text)
{
        seki_journal_say (user, level, NULL, text);
}
