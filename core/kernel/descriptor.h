/* SPDX-License-Identifier: Apache-2.0 */
/* The descriptor of a module, read from the bytes of its file. */
#pragma once

#include "base/bytes.h"
#include "kernel/elf.h"

#include <sekisho/module.h>

G_BEGIN_DECLS

/* Sizes in the first release of ABI 1; smaller ones never were. */
#define SEKI_MODULE_FIRST_SIZE (offsetof (SekiModule, role) + sizeof (gpointer))

/* The table of a kind, in its first release: what a module must fill. */
typedef struct {
        const char *name;               /* "role" */
        guint32 size;
        guint16 functions[9];           /* offsets of those that may not be NULL, ended by 0 */
} SekiKindShape;

/* NULL if there is no such kind. */
const SekiKindShape *seki_kind_get_shape (guint32 kind);

typedef struct {
        SekiModule module;              /* arrays never NULL, in the arena; no functions */
        guint64 address;                /* of the symbol, in the file's own numbering */
        guint32 table_size;             /* as the table states it */
        const SekiAction *actions;      /* roles; NULL for the others */
        const char *alpn;               /* transports */
} SekiDescriptor;

/* SEKI_ERROR_MODULE with a sentence that says what is wrong with the file. */
gboolean seki_descriptor_read (SekiDescriptor *descriptor, const SekiElf *elf, SekiArena *arena,
                               GError **error);

G_END_DECLS
