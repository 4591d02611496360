/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as a person reads them: tables and lists out of CBOR maps, or the
 * same in JSON. */
#pragma once

#include "base/cbor.h"
#include "cli/command.h"

G_BEGIN_DECLS

/* The encoded value of a key; absent if it is not there or map is no map. */
SekiSpan seki_view_get (SekiSpan map, const char *key);
/* A text or byte string as it stands; absent if there is none. */
SekiSpan seki_view_get_text (SekiSpan map, const char *key);
gint64 seki_view_get_int (SekiSpan map, const char *key, gint64 fallback);
gboolean seki_view_get_bool (SekiSpan map, const char *key);
/* Calls each item of an encoded array; returns how many there were. */
gsize seki_view_each (SekiSpan array, void (*each) (SekiSpan item, gpointer user), gpointer user);

typedef enum {
        SEKI_SHOW_PLAIN, /* any value; lists with commas */
        SEKI_SHOW_TIME,  /* microseconds since the epoch, in Japan's time; 0: never */
        SEKI_SHOW_SIZE,  /* bytes */
        SEKI_SHOW_YES,   /* yes or no */
} SekiShowAs;

typedef struct {
        const char *key;   /* ends a list with NULL */
        const char *label; /* English msgid */
        SekiShowAs as;
} SekiColumn;

/* One value for a person; to be freed. */
char *seki_show_value (SekiSpan value, SekiShowAs as);
/* "label  value", a line each; what is absent is left out. */
void seki_show_fields (SekiSpan map, const SekiColumn *columns);
/* A table of an array of maps; a line saying so when it is empty. */
void seki_show_table (SekiSpan array, const SekiColumn *columns, const char *empty);
gboolean seki_show_json (SekiSpan map, GError **error);

/* "--json" was given: prints the answer so, and says TRUE. */
gboolean seki_show_answer (const SekiInvocation *in, SekiSpan map, gboolean *out_shown,
                           GError **error);

G_END_DECLS
