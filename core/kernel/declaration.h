/* SPDX-License-Identifier: Apache-2.0 */
/* What modules declare in arrays: options, facts, events, reasons, actions.
 * Where the pointers stand, and whether an item makes sense. */
#pragma once

#include <sekisho/module.h>

G_BEGIN_DECLS

typedef struct {
        const char *member;             /* of the descriptor, for messages */
        gsize size;                     /* of one item */
        gsize limit;                    /* items */
        gint16 texts[5];                /* offsets of texts, the name (0) first; ended by -1 */
        gint16 list;                    /* offset of a NULL-terminated array of texts, or -1 */
        /* SEKI_ERROR_MODULE naming the item. */
        gboolean (*check) (gconstpointer item, GError **error);
} SekiDeclarationShape;

extern const SekiDeclarationShape seki_option_shape, seki_fact_shape, seki_event_shape,
                                  seki_reason_shape, seki_action_shape;

/* [a-z] and then [a-z0-9] or one of joints, at most limit bytes. */
gboolean seki_name_is_valid (const char *name, const char *joints, gsize limit);

G_END_DECLS
