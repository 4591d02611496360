/* SPDX-License-Identifier: Apache-2.0 */
/* What every table of functions speaks in: spans, verdicts, errors.
 *
 * Everything that crosses a table is a value.  A span lent to a callee is
 * valid until the call returns and is never written to; a callee that wants
 * to keep bytes copies them. */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* The number of this contract.  A module built against another number is
 * refused before any of its code runs.  Members are only ever appended to a
 * table within one number, and every table begins with its own size. */
#define SEKI_ABI 1u

#define SEKI_EXPORT __attribute__ ((visibility ("default")))

/* Bytes that somebody else owns.  data is NULL when the value is absent; an
 * empty value that is present has a non-NULL data and len 0. */
typedef struct {
        const guint8 *data;
        gsize len;
} SekiSpan;

#define SEKI_SPAN_NONE ((SekiSpan){ NULL, 0 })
#define SEKI_SPAN_LITERAL(s) ((SekiSpan){ (const guint8 *) ("" s), sizeof (s) - 1 })

static inline SekiSpan
seki_span (gconstpointer data, gsize len)
{
        SekiSpan span = { (const guint8 *) data, len };
        return span;
}

static inline SekiSpan
seki_span_text (const char *text)
{
        return seki_span (text, text != NULL ? strlen (text) : 0);
}

static inline gboolean
seki_span_equal (SekiSpan a, SekiSpan b)
{
        return a.len == b.len && (a.data != NULL) == (b.data != NULL) &&
               (a.len == 0 || memcmp (a.data, b.data, a.len) == 0);
}

static inline gboolean
seki_span_is (SekiSpan span, const char *text)
{
        return span.data != NULL && span.len == strlen (text) &&
               memcmp (span.data, text, span.len) == 0;
}

/* The answer to "may this happen?".  Zeroed memory refuses (D19). */
typedef enum {
        SEKI_DENY = 0,
        SEKI_PERMIT = 1,
} SekiVerdict;

/* An error means "could not decide" or "could not do"; a refusal is an answer
 * and never an error. */
typedef enum {
        SEKI_ERROR_INVALID,     /* the bytes or values handed in break their own rules */
        SEKI_ERROR_LIMIT,       /* something is larger, longer, later or more than it may be */
        SEKI_ERROR_CONFLICT,    /* the same message id or name stands for something else already */
        SEKI_ERROR_MISSING,     /* what was named does not exist */
        SEKI_ERROR_SEALED,      /* the keys are not in memory; unseal first */
        SEKI_ERROR_STORAGE,     /* the storage module could not read or write */
        SEKI_ERROR_DAMAGED,     /* stored bytes are not what was written: stop, touch nothing */
        SEKI_ERROR_CRYPTO,      /* a key, seal, signature or certificate did not hold */
        SEKI_ERROR_PEER,        /* the other side broke the protocol or went away */
        SEKI_ERROR_CONFIG,      /* profile or rule file is wrong; the message names file and line */
        SEKI_ERROR_MODULE,      /* a module cannot be admitted, opened or started */
        SEKI_ERROR_BUSY,        /* full or shutting down; try the same request again later */
} SekiErrorCode;

#define SEKI_ERROR (g_quark_from_static_string ("sekisho-error"))

/* Translated sentence, for messages a person may see; msgids are English. */
#define SEKI_TEXT(s) (g_dgettext ("sekisho", (s)))

G_END_DECLS
