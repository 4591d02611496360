/* SPDX-License-Identifier: Apache-2.0 */
#include "pair.h"

#include <dlfcn.h>
#include <stdlib.h>

static void
wire_add (Wire *wire, const guint8 *data, gsize len)
{
        if (wire->len + len > wire->size) {
                gsize size = MAX (2 * wire->size, wire->len + len);
                guint8 *more = g_malloc (size);

                if (wire->len != 0)
                        memcpy (more, wire->data, wire->len);
                if (wire->data != NULL)
                        explicit_bzero (wire->data, wire->size);
                g_free (wire->data);
                wire->data = more;
                wire->size = size;
        }
        memcpy (wire->data + wire->len, data, len);
        wire->len += len;
}

void
wire_clear (Wire *wire)
{
        if (wire->data != NULL)
                explicit_bzero (wire->data, wire->size);
        g_free (wire->data);
        *wire = (Wire){ NULL, 0, 0 };
}

static gint64
host_now (gpointer core)
{
        return ((Node *) core)->now;
}

static void
host_log (gpointer core G_GNUC_UNUSED, SekiLogLevel level G_GNUC_UNUSED,
          const char *text G_GNUC_UNUSED)
{
}

static void
host_event (gpointer core, const char *name, const char *subject)
{
        g_ptr_array_add (((Node *) core)->events, g_strdup_printf ("%s %s", name, subject));
}

static gboolean
host_random (gpointer core G_GNUC_UNUSED, guint8 *buffer, gsize len)
{
        memset (buffer, 7, len);
        return TRUE;
}

static gssize
host_write (gpointer core G_GNUC_UNUSED, SekiChannel *channel, SekiSpan bytes)
{
        gsize n = MIN (bytes.len, channel->room);

        if (channel->gone)
                return -1;
        /* Who was told to wait must wait for writable. */
        g_assert_false (channel->blocked);
        channel->writes++;
        channel->largest_write = MAX (channel->largest_write, bytes.len);
        if (n != 0)
                wire_add (&channel->out, bytes.data, n);
        if (channel->room != G_MAXSIZE)
                channel->room -= n;
        channel->blocked = n < bytes.len;
        return (gssize) n;
}

static void
host_close (gpointer core G_GNUC_UNUSED, SekiChannel *channel, const char *why)
{
        g_assert_null (channel->closed);
        channel->closed = g_strdup (why);
}

static void
host_deliver (gpointer core G_GNUC_UNUSED, SekiChannel *channel, const SekiFrame *frame)
{
        Got *got;

        g_assert_nonnull (frame->body.data);
        if (channel->on_deliver != NULL) {
                channel->on_deliver (channel, frame);
                return;
        }
        got = g_new0 (Got, 1);
        got->stream = frame->stream;
        got->token = frame->token;
        got->status = frame->status;
        got->content = frame->content;
        if (frame->action.data != NULL)
                got->action = g_strndup ((const char *) frame->action.data, frame->action.len);
        got->body = g_malloc (frame->body.len + 1);
        memcpy (got->body, frame->body.data, frame->body.len);
        got->len = frame->body.len;
        g_ptr_array_add (channel->got, got);
}

static void
got_free (gpointer data)
{
        Got *got = data;

        explicit_bzero (got->body, got->len);
        g_free (got->body);
        g_free (got->action);
        g_free (got);
}

const SekiModule *
pair_module (const char *path)
{
        gpointer handle = dlopen (path, RTLD_NOW | RTLD_LOCAL);
        const SekiModule *module;

        if (handle == NULL)
                g_error ("%s", dlerror ());
        module = dlsym (handle, "seki_module");
        g_assert_nonnull (module);
        g_assert_cmpuint (module->abi, ==, SEKI_ABI);
        g_assert_cmpuint (module->kind, ==, SEKI_KIND_TRANSPORT);
        return module;
}

static gint64
option_number (const SekiOption *option, const char *const *changes)
{
        gsize len = strlen (option->name);
        char *end;
        gint64 n;

        for (; changes != NULL && *changes != NULL; changes++)
                if (strncmp (*changes, option->name, len) == 0 && (*changes)[len] == '=')
                        return g_ascii_strtoll (*changes + len + 1, NULL, 10);
        n = g_ascii_strtoll (option->fallback, &end, 10);
        if (*end == 'K')
                return n << 10;
        return *end == 'M' ? n << 20 : n;
}

Node *
node_new (const SekiModule *module, const char *const *changes)
{
        SekiSetting settings[32] = { { NULL } };
        Node *node = g_new0 (Node, 1);
        GError *error = NULL;

        node->module = module;
        node->now = 1700000000 * (gint64) G_USEC_PER_SEC;
        node->events = g_ptr_array_new_with_free_func (g_free);
        node->host = (SekiHost){
                .size = sizeof (SekiHost), .core = node, .now = host_now, .log = host_log,
                .event = host_event, .random = host_random, .channel_write = host_write,
                        .channel_close = host_close,
                .deliver = host_deliver,
        };
        for (guint i = 0; module->options[i].name != NULL; i++) {
                g_assert_cmpuint (i + 1, <, G_N_ELEMENTS (settings));
                settings[i] = (SekiSetting){ module->options[i].name, module->options[i].fallback,
                                             option_number (&module->options[i], changes) };
        }
        node->self = module->open (&node->host, settings, &error);
        g_assert_no_error (error);
        g_assert_nonnull (node->self);
        g_assert_true (module->start (node->self, &error));
        return node;
}

void
node_free (Node *node)
{
        node->module->stop (node->self);
        node->module->close (node->self);
        g_ptr_array_unref (node->events);
        g_free (node);
}

SekiChannel *
channel_new (Node *node, const SekiChannelInfo *info)
{
        SekiChannel *channel = g_new0 (SekiChannel, 1);
        GError *error = NULL;

        channel->node = node;
        channel->info = *info;
        channel->room = channel->refill = G_MAXSIZE;
        channel->got = g_ptr_array_new_with_free_func (got_free);
        channel->session = node->module->transport->attach (node->self, channel, info, &error);
        g_assert_no_error (error);
        g_assert_nonnull (channel->session);
        return channel;
}

void
channel_free (SekiChannel *channel)
{
        guint got = channel->got->len;

        if (channel->session != NULL)
                channel->node->module->transport->detach (channel->session);
        /* The core knows that the channel is gone. */
        g_assert_cmpuint (channel->got->len, ==, got);
        wire_clear (&channel->out);
        g_ptr_array_unref (channel->got);
        g_free (channel->closed);
        g_free (channel);
}

const Got *
channel_got (SekiChannel *channel, guint i)
{
        g_assert_cmpuint (i, <, channel->got->len);
        return g_ptr_array_index (channel->got, i);
}

gboolean
channel_bytes (SekiChannel *channel, gconstpointer data, gsize len, GError **error)
{
        /* A copy of exactly this size, so that reading past it is seen. */
        guint8 *copy = g_malloc (MAX (len, 1));
        gboolean fine;

        memcpy (copy, data, len);
        fine = channel->node->module->transport->bytes (channel->session, seki_span (copy, len),
                                                        error);
        explicit_bzero (copy, len);
        g_free (copy);
        return fine;
}

void
channel_writable (SekiChannel *channel)
{
        channel->room = channel->refill;
        channel->blocked = FALSE;
        channel->node->module->transport->writable (channel->session);
}

gboolean
channel_ask (SekiChannel *channel, const char *action, gconstpointer body, gsize len, guint64 token,
             GError **error)
{
        SekiFrame frame = {
                .content = SEKI_CONTENT_CBOR, .action = seki_span_text (action),
                .body = seki_span (body, len),
                .token = token,
        };

        return channel->node->module->transport->send (channel->session, &frame, error);
}

gboolean
channel_answer (SekiChannel *channel, guint64 stream, guint32 status, gconstpointer body, gsize len,
                GError **error)
{
        SekiFrame frame = {
                .stream = stream, .status = status, .content = SEKI_CONTENT_JSON,
                .body = seki_span (body, len),
        };

        return channel->node->module->transport->send (channel->session, &frame, error);
}

void
channel_drain (SekiChannel *channel)
{
        channel->node->module->transport->drain (channel->session);
}

void
pair_new (Node *node, guint max_streams, gsize max_body, SekiChannel **out_client,
          SekiChannel **out_server)
{
        SekiChannelInfo info = { .client = TRUE, .peer = "transfer-01", .max_body = max_body,
                                 .max_streams = max_streams };

        *out_client = channel_new (node, &info);
        info.client = FALSE;
        info.peer = "account-01";
        *out_server = channel_new (node, &info);
        (*out_client)->other = *out_server;
        (*out_server)->other = *out_client;
}

static gboolean
pair_carry (SekiChannel *from, SekiChannel *to, gsize piece)
{
        Wire wire = from->out;
        gboolean moved = wire.len != 0 || from->blocked;
        GError *error = NULL;

        from->out = (Wire){ NULL, 0, 0 };
        for (gsize at = 0; at < wire.len && to->session != NULL; at += piece) {
                if (!channel_bytes (to, wire.data + at, MIN (piece, wire.len - at), &error))
                        break;
        }
        g_assert_no_error (error);
        wire_clear (&wire);
        if (from->blocked && from->session != NULL)
                channel_writable (from);
        return moved;
}

void
pair_run (SekiChannel *client, SekiChannel *server, gsize piece)
{
        gboolean moved = TRUE;

        while (moved) {
                moved = pair_carry (client, server, piece);
                moved = pair_carry (server, client, piece) || moved;
        }
}
