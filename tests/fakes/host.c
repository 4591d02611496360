/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes/host.h"

#include <fcntl.h>
#include <unistd.h>

static void
line_free (gpointer data)
{
        FakeLine *line = data;

        g_free (line->text);
        g_free (line);
}

static void
event_free (gpointer data)
{
        FakeEvent *event = data;

        g_free (event->name);
        g_free (event->subject);
        g_free (event);
}

static void
frame_free (gpointer data)
{
        FakeFrame *captured = data;

        g_free ((gpointer) captured->frame.action.data);
        g_free ((gpointer) captured->frame.body.data);
        g_free (captured);
}

static void
channel_free (gpointer data)
{
        FakeChannel *captured = data;

        g_byte_array_unref (captured->written);
        g_free (captured->why);
        g_free (captured);
}

/* An empty span that is present stays present in its copy. */
static SekiSpan
span_copy (SekiSpan span)
{
        guint8 *copy = NULL;

        if (span.data != NULL) {
                copy = g_malloc0 (span.len + 1);
                memcpy (copy, span.data, span.len);
        }
        return seki_span (copy, span.len);
}

static gint64
host_now (gpointer core)
{
        FakeHost *fake = core;

        return fake->now;
}

static void
host_log (gpointer core, SekiLogLevel level, const char *text)
{
        FakeHost *fake = core;
        FakeLine *line = g_new0 (FakeLine, 1);

        line->level = level;
        line->text = g_strdup (text);
        pthread_mutex_lock (&fake->lock);
        g_ptr_array_add (fake->lines, line);
        pthread_mutex_unlock (&fake->lock);
}

static void
host_event (gpointer core, const char *name, const char *subject)
{
        FakeHost *fake = core;
        FakeEvent *event = g_new0 (FakeEvent, 1);

        event->name = g_strdup (name);
        event->subject = g_strdup (subject);
        pthread_mutex_lock (&fake->lock);
        g_ptr_array_add (fake->events, event);
        pthread_mutex_unlock (&fake->lock);
}

static gboolean
host_random (gpointer core, guint8 *buffer, gsize len)
{
        FakeHost *fake = core;
        int fd;
        gboolean filled = TRUE;

        if (fake->random_fails || (fd = open ("/dev/urandom", O_RDONLY | O_CLOEXEC)) < 0)
                return FALSE;
        while (filled && len > 0) {
                gssize n = read (fd, buffer, len);
                filled = n > 0;
                buffer += filled ? n : 0;
                len -= filled ? (gsize) n : 0;
        }
        close (fd);
        return filled;
}

static FakeChannel *
channel_find (FakeHost *fake, SekiChannel *channel)
{
        FakeChannel *captured;

        for (guint i = 0; i < fake->channels->len; i++) {
                captured = g_ptr_array_index (fake->channels, i);
                if (captured->channel == channel)
                        return captured;
        }
        captured = g_new0 (FakeChannel, 1);
        captured->channel = channel;
        captured->written = g_byte_array_new ();
        g_ptr_array_add (fake->channels, captured);
        return captured;
}

static gssize
host_channel_write (gpointer core, SekiChannel *channel, SekiSpan bytes)
{
        FakeHost *fake = core;
        FakeChannel *captured;
        gssize taken = -1;

        pthread_mutex_lock (&fake->lock);
        captured = channel_find (fake, channel);
        if (!captured->closed) {
                taken = captured->limit != 0 ? MIN (bytes.len, captured->limit) : bytes.len;
                if (captured->blocked)
                        taken = 0;
                if (taken > 0)
                        g_byte_array_append (captured->written, bytes.data, taken);
        }
        pthread_mutex_unlock (&fake->lock);
        return taken;
}

static void
host_channel_close (gpointer core, SekiChannel *channel, const char *why)
{
        FakeHost *fake = core;
        FakeChannel *captured;

        pthread_mutex_lock (&fake->lock);
        captured = channel_find (fake, channel);
        if (!captured->closed)
                captured->why = g_strdup (why);
        captured->closed = TRUE;
        pthread_mutex_unlock (&fake->lock);
}

static void
host_deliver (gpointer core, SekiChannel *channel, const SekiFrame *frame)
{
        FakeHost *fake = core;
        FakeFrame *captured = g_new0 (FakeFrame, 1);

        captured->channel = channel;
        captured->frame = *frame;
        captured->frame.action = span_copy (frame->action);
        captured->frame.body = span_copy (frame->body);
        pthread_mutex_lock (&fake->lock);
        g_ptr_array_add (fake->frames, captured);
        pthread_mutex_unlock (&fake->lock);
}

FakeHost *
fake_host_new (const SekiSchema *schema)
{
        FakeHost *fake = g_new0 (FakeHost, 1);

        fake->host = (SekiHost){
                .size = sizeof (SekiHost),
                .core = fake,
                .schema = schema,
                .now = host_now,
                .log = host_log,
                .event = host_event,
                .random = host_random,
                .channel_write = host_channel_write,
                .channel_close = host_channel_close,
                .deliver = host_deliver,
        };
        fake->now = G_GINT64_CONSTANT (1767225600000000);
        fake->lines = g_ptr_array_new_with_free_func (line_free);
        fake->events = g_ptr_array_new_with_free_func (event_free);
        fake->frames = g_ptr_array_new_with_free_func (frame_free);
        fake->channels = g_ptr_array_new_with_free_func (channel_free);
        pthread_mutex_init (&fake->lock, NULL);
        return fake;
}

void
fake_host_free (FakeHost *fake)
{
        if (fake == NULL)
                return;
        g_ptr_array_unref (fake->lines);
        g_ptr_array_unref (fake->events);
        g_ptr_array_unref (fake->frames);
        g_ptr_array_unref (fake->channels);
        pthread_mutex_destroy (&fake->lock);
        g_free (fake);
}

FakeChannel *
fake_host_get_channel (FakeHost *fake, SekiChannel *channel)
{
        FakeChannel *captured;

        pthread_mutex_lock (&fake->lock);
        captured = channel_find (fake, channel);
        pthread_mutex_unlock (&fake->lock);
        return captured;
}

guint
fake_host_count_events (FakeHost *fake, const char *name)
{
        guint n = 0;

        pthread_mutex_lock (&fake->lock);
        for (guint i = 0; i < fake->events->len; i++) {
                FakeEvent *event = g_ptr_array_index (fake->events, i);
                n += g_str_equal (event->name, name);
        }
        pthread_mutex_unlock (&fake->lock);
        return n;
}

gboolean
fake_host_has_line (FakeHost *fake, const char *part)
{
        gboolean found = FALSE;

        pthread_mutex_lock (&fake->lock);
        for (guint i = 0; i < fake->lines->len && !found; i++) {
                FakeLine *line = g_ptr_array_index (fake->lines, i);
                found = strstr (line->text, part) != NULL;
        }
        pthread_mutex_unlock (&fake->lock);
        return found;
}

void
fake_host_reset (FakeHost *fake)
{
        pthread_mutex_lock (&fake->lock);
        g_ptr_array_set_size (fake->lines, 0);
        g_ptr_array_set_size (fake->events, 0);
        g_ptr_array_set_size (fake->frames, 0);
        pthread_mutex_unlock (&fake->lock);
}
