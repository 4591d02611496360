/* SPDX-License-Identifier: Apache-2.0 */
/* A desk on storage-rocksdb in a process of its own, to be killed.
 *
 *     clerk FOLDER HOW AT
 *
 * Lines come in, "S ID N" to store account N and "E ID N" to erase it; each is
 * answered "ID INDEX OUTCOME" once the desk has answered.  HOW and AT arm a fault
 * of the store: the AT-th commit dies before or after it is written, or lies. */
#include "core/kernel/odd.h"

#include "kernel/upkeep.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define AT_ONCE 16

static int journal; /* where acknowledgements go */

static void
clerk_answered (SekiSpan body, guint status, gpointer user)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        g_autofree char *line = NULL, *id = user;
        SekiAnswer answer;
        gssize written;

        if (!seki_answer_read (body, arena, &answer, NULL))
                _exit (3);
        line = g_strdup_printf ("%s %" G_GUINT64_FORMAT " %s\n", id, answer.receipt.index,
                                status != 200 || answer.reason != NULL || answer.n_items != 1
                                        ? "error"
                                : answer.items[0].reason != NULL ? answer.items[0].reason
                                                                 : "done");
        written = write (journal, line, strlen (line));
        if (written != (gssize) strlen (line))
                _exit (4);
}

static void
clerk_take (Desk *desk, const char *line)
{
        g_auto (GStrv) words = g_strsplit (line, " ", 3);
        guint n = (guint) atoi (words[2]);
        SekiMessage message = { .id = seki_span_text (words[1]), .n_items = 1 };
        SekiItem item = { .number = SEKI_NUMBER_INDIVIDUAL };
        g_autofree char *code = g_strdup_printf ("1205760%014u", n),
                        *name = g_strdup_printf ("name %u", n);
        g_autofree char *kana = g_strdup_printf ("カナ%u", n);
        SekiCborWriter writer;
        char number[13];

        odd_number (n, number);
        item.record.field[SEKI_FIELD_CODE] = seki_span_text (code);
        if (words[0][0] == 'S') {
                item.record.field[SEKI_FIELD_NAME] = seki_span_text (name);
                item.record.field[SEKI_FIELD_KANA] = seki_span_text (kana);
                item.record.field[SEKI_FIELD_BIRTH] = seki_span_text ("1980-01-02");
                item.record.field[SEKI_FIELD_NUMBER] = seki_span_text (number);
        }
        message.items = &item;
        seki_cbor_writer_init (&writer, NULL);
        seki_message_write (&message, &writer);
        desk_take_cbor (desk, &desk->office, words[0][0] == 'S' ? "odd.store" : "odd.erase",
                        seki_cbor_writer_get_span (&writer), clerk_answered, g_strdup (words[1]));
        seki_cbor_writer_clear (&writer);
}

/* Takes what is there, commits it in one round; FALSE at the end. */
static gboolean
clerk_round (Desk *desk, FILE *in)
{
        struct pollfd ready = { .fd = fileno (in), .events = POLLIN };
        char line[200];

        for (guint i = 0; i < AT_ONCE && poll (&ready, 1, i == 0 ? 2 : 0) > 0; i++) {
                if (fgets (line, sizeof line, in) == NULL)
                        return FALSE;
                g_strchomp (line);
                clerk_take (desk, line);
        }
        desk_flush (desk);
        return TRUE;
}

static void
clerk_log (gpointer user, SekiLogLevel level, const char *text)
{
        (void) user;
        (void) level;
        g_printerr ("clerk: %s\n", text);
}

int
main (int argc, char **argv)
{
        DeskPlan plan = { .self = &desk_account,
                          .storage = "rocksdb",
                          .module = "role-odd",
                          .policy = "policy-permit" };
        g_autoptr (GError) error = NULL;
        SekiUpkeep *upkeep;
        Desk *desk;

        if (argc != 4)
                return 2;
        journal = dup (STDOUT_FILENO);
        dup2 (STDERR_FILENO, STDOUT_FILENO); /* what modules log is no acknowledgement */
        plan.folder = argv[1];
        desk = desk_try (&plan, &error);
        if (desk == NULL) {
                g_printerr ("clerk: %s\n", error->message);
                return 5;
        }
        upkeep = seki_upkeep_start (&desk->kernel, clerk_log, NULL, &error);
        if (strcmp (argv[2], "never") != 0)
                faulty_arm (desk->store,
                            strcmp (argv[2], "before") == 0  ? FAULTY_DIE_BEFORE
                            : strcmp (argv[2], "after") == 0 ? FAULTY_DIE_AFTER
                                                             : FAULTY_LIE,
                            (guint) atoi (argv[3]), G_MAXINT);
        setvbuf (stdin, NULL, _IONBF, 0);
        for (guint i = 1; clerk_round (desk, stdin); i++)
                if (i % 10 == 0)
                        seki_upkeep_run (upkeep, NULL);
        while (seki_pipeline_in_flight (desk->pipeline) > 0)
                desk_flush (desk);
        seki_upkeep_stop (upkeep);
        desk_leave (desk);
        return 0;
}
