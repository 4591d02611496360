/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing wrong with it: an option of every type, and nothing behind the table. */
#define FAKE_NAME "storage-fake"
#define FAKE_PROVIDES "storage"
#include "fake.h"

static gboolean
none_peek (gpointer self G_GNUC_UNUSED, SekiSpan key G_GNUC_UNUSED, SekiGetFunc found G_GNUC_UNUSED,
           gpointer user G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
        return FALSE;
}

static gboolean
none_commit (gpointer self G_GNUC_UNUSED, guint16 lane G_GNUC_UNUSED,
             const SekiBatch *batch G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
        return FALSE;
}

static gboolean
none_get_many (gpointer self G_GNUC_UNUSED, SekiSpace space G_GNUC_UNUSED,
               const SekiSpan *keys G_GNUC_UNUSED, gsize n G_GNUC_UNUSED,
               SekiGetFunc found G_GNUC_UNUSED, gpointer user G_GNUC_UNUSED,
               GError **error G_GNUC_UNUSED)
{
        return FALSE;
}

static gboolean
none_scan (gpointer self G_GNUC_UNUSED, SekiSpace space G_GNUC_UNUSED, SekiSpan from G_GNUC_UNUSED,
           SekiSpan to G_GNUC_UNUSED, SekiScanFunc row G_GNUC_UNUSED, gpointer user G_GNUC_UNUSED,
           GError **error G_GNUC_UNUSED)
{
        return FALSE;
}

static gboolean
none_snapshot (gpointer self G_GNUC_UNUSED, const char *folder G_GNUC_UNUSED,
               GError **error G_GNUC_UNUSED)
{
        return FALSE;
}

static gboolean
none_verify (gpointer self G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
        return FALSE;
}

static void
none_stats (gpointer self G_GNUC_UNUSED, SekiStorageStats *out G_GNUC_UNUSED)
{
}

static gboolean
none_compact (gpointer self G_GNUC_UNUSED, SekiSpace space G_GNUC_UNUSED,
              SekiSpan from G_GNUC_UNUSED, SekiSpan to G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
        return FALSE;
}

static const SekiStorageOps ops = {
        .size = sizeof (SekiStorageOps),
        .peek = none_peek,
        .commit = none_commit,
        .get_many = none_get_many,
        .scan = none_scan,
        .snapshot = none_snapshot,
        .verify = none_verify,
        .stats = none_stats,
        .compact = none_compact,
};

static const SekiOption options[] = {
        { "label", SEKI_OPTION_TEXT, 0, 0, "plain", "A text", "文字列", FALSE },
        { "path", SEKI_OPTION_PATH, 0, 0, "store", "A folder", "フォルダ", FALSE },
        { "count", SEKI_OPTION_INT, -5, 5, "3", "A number", "数", FALSE },
        { "cache", SEKI_OPTION_SIZE, 1024, 1 << 30, "2M", "A size", "大きさ", TRUE },
        { "wait", SEKI_OPTION_SECONDS, 1, 86400, "2m", "A time", "時間", FALSE },
        { "sync", SEKI_OPTION_BOOL, 0, 0, "yes", "A choice", "選択", FALSE },
        { NULL }
};

SEKI_MODULE_DEFINE (
        FAKE_HEAD,
        .kind = SEKI_KIND_STORAGE,
        .options = options,
        FAKE_LIFE,
        .storage = &ops);
