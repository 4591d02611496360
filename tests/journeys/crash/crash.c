/* SPDX-License-Identifier: Apache-2.0 */
#include "crash.h"

#include "core/kernel/odd.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const DeskPlan plan_of_the_desk = {
        .self = &desk_account,
        .storage = "rocksdb",
        .module = "role-odd",
        .policy = "policy-permit",
};

Desk *
crash_open (const char *folder, GError **error)
{
        DeskPlan plan = plan_of_the_desk;

        plan.folder = folder;
        return desk_try (&plan, error);
}

Crash *
crash_new (guint64 seed)
{
        Crash *crash = g_new0 (Crash, 1);
        Desk *desk = desk_new_with (&plan_of_the_desk);

        crash->folder = g_strdup (desk->folder);
        crash->orders = g_array_new (FALSE, TRUE, sizeof (Order));
        crash->seed = seed;
        desk_leave (desk);
        return crash;
}

void
crash_free (Crash *crash)
{
        g_autofree char *command = g_strdup_printf ("rm -rf %s", crash->folder);

        g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
        g_array_unref (crash->orders);
        g_free (crash->folder);
        g_free (crash->why);
        g_free (crash);
}

guint
crash_random (Crash *crash, guint below)
{
        crash->seed = crash->seed * 6364136223846793005u + 1442695040888963407u;
        return (guint) (crash->seed >> 33) % below;
}

static void
crash_wrong (Crash *crash, guint *count, const char *format, ...)
{
        va_list args;

        ++*count;
        if (crash->why != NULL)
                return;
        va_start (args, format);
        crash->why = g_strdup_vprintf (format, args);
        va_end (args);
}

/* One order in five erases an account that is known to be stored. */
static void
crash_add_order (Crash *crash)
{
        guint n = crash->orders->len;
        Order order = { .account = n + 1 };
        Order *old = n > 20 ? &g_array_index (crash->orders, Order, crash_random (crash, n)) : NULL;

        if (old != NULL && !old->erases && !old->erased && old->acknowledged &&
            crash_random (crash, 5) == 0) {
                old->erased = TRUE;
                order.account = old->account;
                order.erases = TRUE;
        }
        g_snprintf (order.id, sizeof order.id, "order-%08u", n);
        g_array_append_val (crash->orders, order);
}

typedef struct {
        pid_t pid;
        int in, out; /* ours: to the clerk, from the clerk */
        GString *said;
} Clerk;

static void
clerk_start (Crash *crash, CrashHow how, guint at, Clerk *out_clerk)
{
        static const char *const names[] = { "never", "before", "after", "lie", "never" };
        g_autofree char *number = g_strdup_printf ("%u", at);
        const char *const argv[] = { g_getenv ("SEKI_CLERK"), crash->folder, names[how], number,
                                     NULL };
        g_autoptr (GError) error = NULL;
        GPid pid;

        g_spawn_async_with_pipes (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                  &pid, &out_clerk->in, &out_clerk->out, NULL, &error);
        g_assert_no_error (error);
        out_clerk->pid = pid;
        out_clerk->said = g_string_new (NULL);
}

static Order *
crash_find (Crash *crash, const char *id)
{
        guint n = (guint) atoi (id + strlen ("order-"));

        g_assert_cmpuint (n, <, crash->orders->len);
        return &g_array_index (crash->orders, Order, n);
}

static void
journal_note (Crash *crash, const char *id, guint64 index, const char *outcome)
{
        Order *order = crash_find (crash, id);

        if (strcmp (outcome, "done") != 0)
                crash_wrong (crash, &crash->lost, "%s was refused: %s", id, outcome);
        if (order->acknowledged && order->index != index)
                crash_wrong (crash, &crash->twice, "%s has two receipts", id);
        crash->acknowledged += !order->acknowledged;
        order->acknowledged = TRUE;
        order->index = index;
}

/* A whole line is an acknowledgement; half of one was never given. */
static void
crash_journal (Crash *crash, GString *said)
{
        char *end;

        while ((end = strchr (said->str, '\n')) != NULL) {
                g_auto (GStrv) words = NULL;

                *end = '\0';
                words = g_strsplit (said->str, " ", 3);
                if (g_strv_length (words) == 3 && strcmp (words[2], "error") != 0)
                        journal_note (crash, words[0], g_ascii_strtoull (words[1], NULL, 10),
                                      words[2]);
                g_string_erase (said, 0, end + 1 - said->str);
        }
}

/* Reads until the clerk is silent for wait milliseconds; FALSE when it is gone. */
static gboolean
clerk_listen (Clerk *clerk, int wait)
{
        struct pollfd ready = { .fd = clerk->out, .events = POLLIN };
        char buffer[4096];
        gssize len;

        while (poll (&ready, 1, wait) > 0) {
                len = read (clerk->out, buffer, sizeof buffer);
                if (len <= 0)
                        return FALSE;
                g_string_append_len (clerk->said, buffer, len);
                wait = 0;
        }
        return TRUE;
}

static void
clerk_tell (Clerk *clerk, const Order *order)
{
        g_autofree char *line = g_strdup_printf ("%c %s %u\n", order->erases ? 'E' : 'S', order->id,
                                                 order->account);

        if (write (clerk->in, line, strlen (line)) < 0)
                g_assert_cmpint (errno, ==, EPIPE);
}

static void
clerk_end (Crash *crash, Clerk *clerk, gboolean kills)
{
        int status;

        if (kills)
                kill (clerk->pid, SIGKILL);
        close (clerk->in);
        while (clerk_listen (clerk, 20000))
                continue;
        close (clerk->out);
        g_assert_cmpint (waitpid (clerk->pid, &status, 0), ==, clerk->pid);
        if (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL)
                crash->kills++;
        else if (!WIFEXITED (status) || WEXITSTATUS (status) != 0)
                crash_wrong (crash, &crash->repairs, "the clerk ended with status %d", status);
        crash_journal (crash, clerk->said);
        g_string_free (clerk->said, TRUE);
}

void
crash_run (Crash *crash, CrashHow how, guint at, guint n_orders)
{
        guint before = crash->orders->len;
        gint64 until;
        Clerk clerk;

        signal (SIGPIPE, SIG_IGN);
        clerk_start (crash, how, at, &clerk);
        for (guint i = 0; i < before; i++) {
                const Order *order = &g_array_index (crash->orders, Order, i);

                if (order->acknowledged)
                        continue;
                crash->resent++;
                clerk_tell (&clerk, order);
        }
        for (guint i = 0; i < n_orders; i++) {
                crash_add_order (crash);
                clerk_tell (&clerk, &g_array_index (crash->orders, Order, crash->orders->len - 1));
        }
        if (how == CRASH_TIME) {
                /* From its first word on, so that the start does not eat the time. */
                clerk_listen (&clerk, 20000);
                until = g_get_monotonic_time () + crash_random (crash, 60000);
                while (g_get_monotonic_time () < until && clerk_listen (&clerk, 1))
                        continue;
        }
        clerk_end (crash, &clerk, how == CRASH_TIME);
}

/* What an account must be: the last acknowledged order decides, and an order in
 * doubt after it may have. */
typedef enum { MUST_BE, MUST_NOT_BE, MAY_BE } Expected;

static Expected
crash_expect (Crash *crash, guint account)
{
        Expected expected = MUST_NOT_BE;

        for (guint i = 0; i < crash->orders->len; i++) {
                const Order *order = &g_array_index (crash->orders, Order, i);

                if (order->account != account)
                        continue;
                if (order->acknowledged)
                        expected = order->erases ? MUST_NOT_BE : MUST_BE;
                else
                        expected = MAY_BE;
        }
        return expected;
}

static void
verify_account (Crash *crash, Desk *desk, guint account)
{
        static guint number;
        g_autofree char *id = g_strdup_printf ("look-%08u-%u", number++, (guint) getpid ()),
                        *name = g_strdup_printf ("\"name %u\"", account);
        Expected expected = crash_expect (crash, account);
        char digits[13];
        gboolean there;

        odd_ask (desk, "odd.read", account, id);
        odd_number (account, digits);
        there = desk->status == 200 && strstr (desk->answer->str, name) != NULL &&
                strstr (desk->answer->str, digits) != NULL;
        if (expected == MUST_BE && !there)
                crash_wrong (crash, &crash->lost, "account %u was acknowledged and is gone: %s",
                             account, desk->answer->str);
        if (expected == MUST_NOT_BE && there)
                crash_wrong (crash, &crash->lost, "account %u was erased and is there", account);
}

typedef struct {
        Crash *crash;
        GHashTable *puts; /* message id -> how often it was applied */
        SekiHash *hash;
        SekiEdge edge;
} Reading;

static gboolean
verify_entry (guint64 index, SekiSpan bytes, gpointer user)
{
        Reading *reading = user;
        guint8 leaf[32];
        SekiEntry entry;

        seki_tree_leaf (reading->hash, bytes, leaf);
        seki_edge_add (&reading->edge, reading->hash, leaf);
        if (!seki_entry_read (bytes, &entry, NULL)) {
                crash_wrong (reading->crash, &reading->crash->repairs,
                             "entry %" G_GUINT64_FORMAT " can not be read", index);
                return FALSE;
        }
        if (seki_span_is (entry.act, "put") || seki_span_is (entry.act, "erase")) {
                char *id = g_strndup ((const char *) entry.message.data, entry.message.len);
                guint n = GPOINTER_TO_UINT (g_hash_table_lookup (reading->puts, id));

                if (n > 0)
                        crash_wrong (reading->crash, &reading->crash->twice,
                                     "%s was applied %u "
                                     "times",
                                     id, n + 1);
                g_hash_table_replace (reading->puts, id, GUINT_TO_POINTER (n + 1));
        }
        return TRUE;
}

/* Every acknowledged order stands in the ledger, once, at the place its receipt
 * names; and the entries lead to the root. */
static void
verify_ledger (Crash *crash, Desk *desk)
{
        g_autoptr (GHashTable) puts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
        Reading reading = { .crash = crash, .puts = puts, .hash = seki_hash_new () };
        guint8 root[32], computed[32];
        guint64 count;
        gint64 time;

        seki_commit_get_end (desk->kernel.commit, &count, root, &time);
        if (!seki_tiles_each (desk->kernel.tiles, 0, count, verify_entry, &reading, NULL))
                crash_wrong (crash, &crash->repairs, "the ledger can not be read");
        seki_edge_root (&reading.edge, reading.hash, computed);
        if (reading.edge.count != count || memcmp (root, computed, 32) != 0)
                crash_wrong (crash, &crash->repairs, "the entries do not lead to the root");
        for (guint i = 0; i < crash->orders->len; i++) {
                const Order *order = &g_array_index (crash->orders, Order, i);
                gboolean there = g_hash_table_contains (puts, order->id);

                if (order->acknowledged && !there)
                        crash_wrong (crash, &crash->lost,
                                     "%s was acknowledged and is not in the "
                                     "ledger",
                                     order->id);
                crash->in_doubt += !order->acknowledged && there;
        }
        seki_hash_free (reading.hash);
}

void
crash_verify (Crash *crash)
{
        gint64 begin = g_get_monotonic_time ();
        g_autoptr (GError) error = NULL;
        Desk *desk = crash_open (crash->folder, &error);

        if (desk == NULL) {
                crash_wrong (crash, &crash->repairs, "it does not open: %s", error->message);
                return;
        }
        crash->slowest = MAX (crash->slowest, g_get_monotonic_time () - begin);
        verify_ledger (crash, desk);
        /* The latest, where the crash was, and some of old. */
        for (guint i = 0; i < 30 && i < crash->orders->len; i++)
                verify_account (
                        crash, desk,
                        g_array_index (crash->orders, Order, crash->orders->len - 1 - i).account);
        for (guint i = 0; i < 20; i++)
                verify_account (crash, desk,
                                g_array_index (crash->orders, Order,
                                               crash_random (crash, crash->orders->len))
                                        .account);
        desk_leave (desk);
}
