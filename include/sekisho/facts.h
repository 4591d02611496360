/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: the typed fields that rules may speak of.
 *
 * The core and every module declare fields; the core numbers them once at
 * start, and a row of facts is an array indexed by that number.  The
 * Individual Number is not a field and can not become one. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

typedef enum {
        SEKI_FACT_BOOL,         /* integer 0 or 1 */
        SEKI_FACT_INT,          /* integer in [min, max], in the unit named */
        SEKI_FACT_ENUM,         /* text, one of the values named */
        SEKI_FACT_TEXT,         /* text, at most max bytes */
        SEKI_FACT_TIME,         /* integer, microseconds since 1970-01-01T00:00Z */
} SekiFactType;

/* How a field may stand in a sealed facts row or a log. */
typedef enum {
        SEKI_FACT_LOG_PLAIN,
        SEKI_FACT_LOG_HASH,
        SEKI_FACT_LOG_NEVER,
} SekiFactLog;

/* Declaration of one field; constant data, ended by a NULL name. */
typedef struct {
        const char *name;               /* lower-case ASCII, [a-z][a-z0-9_]*, at most 31 bytes */
        SekiFactType type;
        gint64 min, max;                /* INT, TIME: range; TEXT: max is the length in bytes */
        const char *unit;               /* "days", "records", ...; NULL if none */
        const char *const *values;      /* ENUM: NULL-terminated */
        SekiFactLog log;
        const char *label_en;
        const char *label_ja;
} SekiFactSpec;

/* One value.  For BOOL, INT and TIME number is set; for ENUM and TEXT text is,
 * lent until the row is dropped. */
typedef struct {
        gint64 number;
        SekiSpan text;
} SekiFact;

/* The declared fields of this node in their numbering; immutable once built. */
typedef struct {
        const SekiFactSpec *const *fields;
        guint n_fields;
} SekiSchema;

/* At most this many fields in one node. */
#define SEKI_FACTS_MAX 128

/* A row.  Bit i of present tells whether value[i] is set; a rule that needs an
 * absent value denies. */
typedef struct {
        guint64 present[SEKI_FACTS_MAX / 64];
        const SekiFact *value;          /* n_fields of the schema */
} SekiFacts;

static inline gboolean
seki_facts_has (const SekiFacts *facts, guint field)
{
        return field < SEKI_FACTS_MAX && (facts->present[field / 64] >> (field % 64) & 1) != 0;
}

G_END_DECLS
