/* SPDX-License-Identifier: Apache-2.0 */
/* Key files with line numbers: [group name], key = value, # comments.  Within
 * one file a repeated group or key is an error; a drop-in may set a key anew. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

typedef struct {
        char *key, *value;
        const char *file; /* interned */
        guint line;
} SekiKey;

typedef struct {
        char *kind; /* "peer" of [peer am1] */
        char *name; /* "am1"; NULL if there is none */
        const char *file;
        guint line;
        GPtrArray *keys; /* SekiKey */
} SekiGroup;

typedef struct SekiKeyFile SekiKeyFile;

/* Reads path, then conf.d/NAME.conf beside it in the order of names. */
SekiKeyFile *seki_key_file_read (const char *path, GError **error);
/* The same from text, for tests; file is named in errors. */
SekiKeyFile *seki_key_file_parse (const char *text, const char *file, GError **error);
void seki_key_file_free (SekiKeyFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiKeyFile, seki_key_file_free)

GPtrArray *seki_key_file_get_groups (SekiKeyFile *file); /* of SekiGroup, lent */
const SekiKey *seki_group_find (const SekiGroup *group, const char *key);
/* All keys in a canonical order, for digest and display; to be freed. */
char *seki_key_file_canonical (SekiKeyFile *file);

G_END_DECLS
