/* SPDX-License-Identifier: Apache-2.0 */
/* The file of rejects: row, column, reason and sentence, and nothing of the
 * row's content.  Made with the first reject; a file of an earlier run with the
 * same name goes. */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

typedef struct SekiRejects SekiRejects;

/* path NULL: the source's name with ".rejects.csv". */
SekiRejects *seki_rejects_new (const char *path, const char *source);
void seki_rejects_free (SekiRejects *rejects); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiRejects, seki_rejects_free)
gboolean seki_rejects_add (SekiRejects *rejects, guint64 row, const char *column,
                           const char *reason, const char *sentence, GError **error);
/* Everything is on disk. */
gboolean seki_rejects_finish (SekiRejects *rejects, GError **error);
guint64 seki_rejects_get_count (const SekiRejects *rejects);
const char *seki_rejects_get_path (const SekiRejects *rejects);

G_END_DECLS
