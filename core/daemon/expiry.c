/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/expiry.h"

#include "base/clock.h"
#include "base/text.h"

#include <inttypes.h>

#define DAY (86400 * (gint64) G_USEC_PER_SEC)

struct SekiExpiries {
        SekiJournal *journal;
        GPtrArray *all; /* SekiExpiry */
};

static void
expiry_free (gpointer data)
{
        SekiExpiry *expiry = data;

        g_free (expiry->what);
        g_free (expiry->name);
        g_free (expiry);
}

SekiExpiries *
seki_expiries_new (SekiJournal *journal)
{
        SekiExpiries *expiries = g_new0 (SekiExpiries, 1);

        expiries->journal = journal;
        expiries->all = g_ptr_array_new_with_free_func (expiry_free);
        return expiries;
}

void
seki_expiries_free (SekiExpiries *expiries)
{
        if (expiries == NULL)
                return;
        g_ptr_array_unref (expiries->all);
        g_free (expiries);
}

static SekiExpiry *
expiries_find (SekiExpiries *expiries, const char *what, const char *name)
{
        for (guint i = 0; i < expiries->all->len; i++) {
                SekiExpiry *expiry = g_ptr_array_index (expiries->all, i);

                if (strcmp (expiry->what, what) == 0 && strcmp (expiry->name, name) == 0)
                        return expiry;
        }
        return NULL;
}

void
seki_expiries_set (SekiExpiries *expiries, const char *what, const char *name, gint64 ends)
{
        SekiExpiry *expiry = expiries_find (expiries, what, name);

        if (ends == 0) {
                g_ptr_array_remove (expiries->all, expiry);
                return;
        }
        if (expiry == NULL) {
                expiry = g_new0 (SekiExpiry, 1);
                expiry->what = g_strdup (what);
                expiry->name = g_strdup (name);
                g_ptr_array_add (expiries->all, expiry);
        }
        if (ABS (expiry->ends - ends) > G_TIME_SPAN_MINUTE)
                expiry->warned = G_MAXINT;
        expiry->ends = ends;
}

gint64
seki_expiry_days (const SekiExpiry *expiry, gint64 now)
{
        gint64 left = expiry->ends - now;

        return left >= 0 ? left / DAY : -1 - (-left - 1) / DAY;
}

gint
seki_expiry_stage (const SekiExpiry *expiry, gint64 now)
{
        static const gint stages[] = { 1, 7, 30, 90 };

        if (now >= expiry->ends)
                return 0;
        for (gsize i = 0; i < G_N_ELEMENTS (stages); i++)
                if (expiry->ends - now <= stages[i] * DAY)
                        return stages[i];
        return G_MAXINT;
}

static char *
expiry_describe (const SekiExpiry *expiry, gint64 now)
{
        char ends[26];

        seki_time_format (expiry->ends, ends);
        if (now >= expiry->ends)
                return g_strdup_printf (_("Ended: %s '%s' on %s. Bring a new one."), expiry->what,
                                        expiry->name, ends);
        return g_strdup_printf (
                _("Ends in %" PRId64 " days: %s '%s' on %s. Bring a new one before."),
                seki_expiry_days (expiry, now), expiry->what, expiry->name, ends);
}

guint
seki_expiries_check (SekiExpiries *expiries, gint64 now)
{
        guint told = 0;

        for (guint i = 0; i < expiries->all->len; i++) {
                SekiExpiry *expiry = g_ptr_array_index (expiries->all, i);
                gint stage = seki_expiry_stage (expiry, now);
                g_autofree char *line = NULL;

                if (stage >= expiry->warned)
                        continue;
                expiry->warned = stage;
                line = expiry_describe (expiry, now);
                seki_journal_say (expiries->journal, stage <= 1 ? SEKI_LOG_ERROR : SEKI_LOG_WARNING,
                                  "expiry", line);
                told++;
        }
        return told;
}

guint
seki_expiries_count (SekiExpiries *expiries)
{
        return expiries->all->len;
}

const SekiExpiry *
seki_expiries_get (SekiExpiries *expiries, guint n)
{
        return g_ptr_array_index (expiries->all, n);
}
