/* SPDX-License-Identifier: Apache-2.0 */
/* A host for module tests: simple functions, everything captured, no core.
 *
 * Every function of the table may be called from any thread, as the contract
 * allows.  The captured arrays are read by the test when the module is quiet. */
#pragma once

#include <pthread.h>
#include <sekisho/sekisho.h>

G_BEGIN_DECLS

typedef struct {
        SekiLogLevel level;
        char *text;
} FakeLine;

typedef struct {
        char *name;
        char *subject;          /* NULL if none was named */
} FakeEvent;

/* What a transport module did to one channel. */
typedef struct {
        SekiChannel *channel;   /* any pointer the test chose; never followed */
        GByteArray *written;
        gsize limit;            /* bytes one write takes at most; 0: all */
        gboolean blocked;       /* writes take nothing */
        gboolean closed;
        char *why;
} FakeChannel;

/* A delivered frame; action and body are copies. */
typedef struct {
        SekiChannel *channel;
        SekiFrame frame;
} FakeFrame;

typedef struct {
        SekiHost host;          /* hand &fake->host to open */
        gint64 now;             /* what the clock says; set it at will */
        gboolean random_fails;
        GPtrArray *lines;       /* FakeLine */
        GPtrArray *events;      /* FakeEvent */
        GPtrArray *frames;      /* FakeFrame */
        GPtrArray *channels;    /* FakeChannel */
        pthread_mutex_t lock;
} FakeHost;

FakeHost *fake_host_new (const SekiSchema *schema);
void fake_host_free (FakeHost *fake);

/* Lends the captured state of a channel, made on first use. */
FakeChannel *fake_host_get_channel (FakeHost *fake, SekiChannel *channel);

/* How many events of this name were raised. */
guint fake_host_count_events (FakeHost *fake, const char *name);

/* Whether any log line contains this text. */
gboolean fake_host_has_line (FakeHost *fake, const char *part);

/* Forgets lines, events and frames. */
void fake_host_reset (FakeHost *fake);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeHost, fake_host_free)

G_END_DECLS
