/* SPDX-License-Identifier: Apache-2.0 */
/* What the fake modules share: a life that tells the host about itself, and
 * tables that do nothing.  Each fake then has its one defect.
 *
 * FAKE_NAME is the descriptor's name; the others may be set before inclusion. */
#pragma once

#include <sekisho/sekisho.h>

#ifndef FAKE_PROVIDES
#define FAKE_PROVIDES NULL
#endif
#ifndef FAKE_NEEDS
#define FAKE_NEEDS NULL
#endif
#ifndef FAKE_WANTS
#define FAKE_WANTS NULL
#endif
#ifndef FAKE_ACTION
#define FAKE_ACTION "fake.do"
#endif

typedef struct {
        const SekiHost *host;
} Fake;

static void
fake_say (Fake *fake, const char *what)
{
        char *line = g_strdup_printf ("%s %s", FAKE_NAME, what);

        fake->host->log (fake->host->core, SEKI_LOG_INFO, line);
        g_free (line);
}

static gpointer
fake_open (const SekiHost *host, const SekiSetting *settings, GError **error G_GNUC_UNUSED)
{
        Fake *fake = g_new0 (Fake, 1);

        fake->host = host;
        fake_say (fake, "open");
        for (; settings->name != NULL; settings++) {
                char *line = g_strdup_printf ("%s=%s (%" G_GINT64_FORMAT ")", settings->name,
                                              settings->text, settings->number);
                fake_say (fake, line);
                g_free (line);
        }
        return fake;
}

static gboolean
fake_start (gpointer self, GError **error G_GNUC_UNUSED)
{
        fake_say (self, "start");
        return TRUE;
}

static void
fake_stop (gpointer self)
{
        fake_say (self, "stop");
}

static void
fake_close (gpointer self)
{
        if (self == NULL)
                return;
        fake_say (self, "close");
        g_free (self);
}

static const char *const fake_provides[] = { FAKE_PROVIDES, NULL };
static const char *const fake_needs[] = { FAKE_NEEDS, NULL };
static const char *const fake_wants[] = { FAKE_WANTS, NULL };

#define FAKE_LIFE .open = fake_open, .start = fake_start, .stop = fake_stop, .close = fake_close
#define FAKE_HEAD                                                                                  \
        .threads = SEKI_THREADS_ANY, .name = FAKE_NAME, .version = "1", .summary = "A fake",       \
        .provides = fake_provides, .needs = fake_needs, .wants = fake_wants

G_GNUC_UNUSED static gboolean
fake_handle (gpointer self G_GNUC_UNUSED, const SekiCall *call G_GNUC_UNUSED,
             SekiEffects *effects G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
        return TRUE;
}

static const SekiAction fake_actions[] = {
        { FAKE_ACTION, SEKI_CALLER_OFFICE, 0, SEKI_LOAD_CODE, SEKI_ACTION_READS, 1, "Do", "実行" },
        { FAKE_ACTION "-more", SEKI_CALLER_OFFICE, 0, SEKI_LOAD_PERSON, 0, 1, "Do more", "さらに実行" },
        { NULL }
};

G_GNUC_UNUSED static const SekiRoleOps fake_role = {
        .size = sizeof (SekiRoleOps), .actions = fake_actions, .handle = fake_handle,
};
