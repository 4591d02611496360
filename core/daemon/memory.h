/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the process's memory where it is: not swapped, not dumped, not read by
 * others (design 5). */
#pragma once

#include <sekisho/base.h>

G_BEGIN_DECLS

/* Once, before any key is in memory.  Pages are locked as they are first used
 * (MCL_ONFAULT).  Where locking fails: an error (LIMIT), or, under the test mark,
 * TRUE and a sentence in out_warning, to be freed. */
gboolean seki_memory_guard (gboolean test, char **out_warning, GError **error);

G_END_DECLS
