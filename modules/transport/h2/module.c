/* SPDX-License-Identifier: Apache-2.0 */
/* transport-h2: HTTP/2 (RFC 9113) over the channels of the core. */
#include "h2.h"

/* Acknowledgements a slow reader may let wait, and parts of one header block. */
#define ACKS_MAX 64
#define CONTINUATIONS_MAX 4
#define SETTINGS_MAX 16

static const SekiOption h2_options[] = {
        { "header-list", SEKI_OPTION_SIZE, 1024, 65536, "4K",
          "Largest list of header fields of one message; longer ones are answered 431.",
          "一つのメッセージのヘッダー一覧の上限。超えると 431 を返します。" },
        { "stream-window", SEKI_OPTION_SIZE, 65535, 16777216, "512K",
          "Bytes a peer may send on one stream before it waits; should fit a batch of 1,000.",
          "相手が一つのストリームで待たずに送れるバイト数。千件の一括送信が収まる大きさにします。" },
        { "connection-window", SEKI_OPTION_SIZE, 65535, 67108864, "1M",
          "Bytes a peer may send on all streams of a channel before it has to wait.",
          "相手が一つの接続の全ストリームで待たずに送れるバイト数。" },
        { "inbound", SEKI_OPTION_SIZE, 65536, 1073741824, "16M",
          "Bytes of unfinished messages one channel may hold; further data is answered 503.",
          "一つの接続が保持する未完了メッセージの合計バイト数。超えると 503 を返します。" },
        { "outbound", SEKI_OPTION_SIZE, 65536, 1073741824, "16M",
          "Bytes of unsent messages one channel may hold; beyond half, requests are answered 503.",
          "一つの接続が保持する未送信メッセージの合計バイト数。半分を超えると新しい要求に 503 を返します。" },
        { "request-time", SEKI_OPTION_SECONDS, 1, 3600, "30s",
          "Time from the first to the last byte of a request; slower peers are cut off.",
          "要求の最初から最後のバイトまでに許す時間。これより遅い相手は切断します。" },
        { "ping-rate", SEKI_OPTION_INT, 1, 100000, "20",
          "PING frames a peer may send in a second before it is cut off.",
          "相手が一秒間に送れる PING フレームの数。超えると切断します。" },
        { "settings-rate", SEKI_OPTION_INT, 2, 100000, "20",
          "SETTINGS frames a peer may send in a second before it is cut off.",
          "相手が一秒間に送れる SETTINGS フレームの数。超えると切断します。" },
        { "reset-rate", SEKI_OPTION_INT, 1, 100000, "200",
          "Streams a peer may reset, or cause to be reset, in a second before it is cut off.",
          "相手が一秒間にリセットする、またはリセットさせるストリームの数。超えると切断します。" },
        { "empty-data-rate", SEKI_OPTION_INT, 1, 100000, "100",
          "DATA frames without data a peer may send in a second before it is cut off.",
          "相手が一秒間に送れる中身のない DATA フレームの数。超えると切断します。" },
        { "window-update-rate", SEKI_OPTION_INT, 10, 1000000, "10000",
          "WINDOW_UPDATE frames a peer may send in a second before it is cut off.",
          "相手が一秒間に送れる WINDOW_UPDATE フレームの数。超えると切断します。" },
        { "priority-rate", SEKI_OPTION_INT, 1, 100000, "100",
          "PRIORITY frames a peer may send in a second before it is cut off.",
          "相手が一秒間に送れる PRIORITY フレームの数。超えると切断します。" },
        { "other-rate", SEKI_OPTION_INT, 1, 100000, "100",
          "CONTINUATION and unknown frames a peer may send in a second before it is cut off.",
          "相手が一秒間に送れる CONTINUATION と未知のフレームの数。超えると切断します。" },
        { NULL },
};

static gint64
number_of (const SekiSetting *settings, const char *name)
{
        const SekiSetting *setting = seki_setting (settings, name);

        return setting != NULL ? setting->number : 0;
}

static void
open_settings (H2Module *module, const SekiSetting *settings)
{
        static const char *const rates[H2_CLASSES] = {
                [H2_CLASS_PING] = "ping-rate",
                [H2_CLASS_SETTINGS] = "settings-rate",
                [H2_CLASS_RESET] = "reset-rate",
                [H2_CLASS_EMPTY] = "empty-data-rate",
                [H2_CLASS_WINDOW] = "window-update-rate",
                [H2_CLASS_PRIORITY] = "priority-rate",
                [H2_CLASS_OTHER] = "other-rate",
        };

        module->header_list = (gsize) number_of (settings, "header-list");
        module->inbound = (gsize) number_of (settings, "inbound");
        module->outbound = (gsize) number_of (settings, "outbound");
        module->stream_window = (guint32) number_of (settings, "stream-window");
        module->connection_window = (guint32) number_of (settings, "connection-window");
        module->request_time = number_of (settings, "request-time") * G_USEC_PER_SEC;
        for (guint i = 0; i < H2_CLASSES; i++)
                module->limits[i] = (guint32) number_of (settings, rates[i]);
}

static void
open_option (H2Module *module)
{
        guint32 resets = module->limits[H2_CLASS_RESET];

        nghttp2_option_set_no_closed_streams (module->option, 1);
        nghttp2_option_set_max_outbound_ack (module->option, ACKS_MAX);
        nghttp2_option_set_max_settings (module->option, SETTINGS_MAX);
        nghttp2_option_set_max_continuations (module->option, CONTINUATIONS_MAX);
        nghttp2_option_set_stream_reset_rate_limit (module->option, 2ull * resets, resets);
        nghttp2_option_set_max_reserved_remote_streams (module->option, 0);
        nghttp2_option_set_max_deflate_dynamic_table_size (module->option, 1024);
}

static void
h2_close (gpointer self)
{
        H2Module *module = self;

        if (module == NULL)
                return;
        nghttp2_session_callbacks_del (module->callbacks);
        nghttp2_option_del (module->option);
        g_free (module);
}

static gpointer
h2_open (const SekiHost *host, const SekiSetting *settings, GError **error)
{
        H2Module *module = g_new0 (H2Module, 1);

        module->host = host;
        open_settings (module, settings);
        if (nghttp2_session_callbacks_new (&module->callbacks) != 0 ||
            nghttp2_option_new (&module->option) != 0) {
                h2_fail (error, SEKI_ERROR_BUSY,
                         SEKI_TEXT ("No memory is left to open transport-h2; free some "
                                    "and try again."));
                h2_close (module);
                return NULL;
        }
        h2_session_callbacks (module->callbacks);
        open_option (module);
        return module;
}

static gboolean
h2_start (gpointer self G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
        return TRUE;
}

static void
h2_stop (gpointer self G_GNUC_UNUSED)
{
}

static guint64
count_get (const guint64 *counter)
{
        return __atomic_load_n (counter, __ATOMIC_RELAXED);
}

static void
h2_stats (gpointer self, SekiTransportStats *out_stats)
{
        const H2Module *module = self;

        *out_stats = (SekiTransportStats){
                .channels = count_get (&module->channels),
                .streams = count_get (&module->streams),
                .bytes_in = count_get (&module->bytes_in),
                .bytes_out = count_get (&module->bytes_out),
                .refused = count_get (&module->refused),
        };
}

static const SekiTransportOps h2_ops = {
        .size = sizeof (SekiTransportOps),
        .alpn = "h2",
        .attach = h2_attach,
        .bytes = h2_bytes,
        .send = h2_send,
        .writable = h2_writable,
        .drain = h2_drain,
        .detach = h2_detach,
        .stats = h2_stats,
};

static const SekiEventSpec h2_events[] = {
        { "h2.flood", "A peer flooded a channel", "相手が接続に過剰なフレームを送った" },
        { "h2.broken", "A peer broke the rules of HTTP/2", "相手が HTTP/2 の規則に違反した" },
        { NULL },
};

static const char *const h2_provides[] = { "transport", "h2", NULL };
static const char *const h2_none[] = { NULL };
static const char *const h2_clauses[] = { "4.3(2)", "4.9(3)", NULL };

SEKI_MODULE_DEFINE (
        .kind = SEKI_KIND_TRANSPORT,
        .threads = SEKI_THREADS_ANY,
        .name = "transport-h2",
        .version = "0.1.0",
        .summary = "HTTP/2 over the channels of the core",
        .provides = h2_provides,
        .needs = h2_none,
        .wants = h2_none,
        .options = h2_options,
        .clauses = h2_clauses,
        .events = h2_events,
        .open = h2_open,
        .start = h2_start,
        .stop = h2_stop,
        .close = h2_close,
        .transport = &h2_ops);
