/* SPDX-License-Identifier: Apache-2.0 */
/* The numbering of facts: the core's first, then each module's in start order. */
#pragma once

#include <sekisho/module.h>

G_BEGIN_DECLS

/* The fields of the core and of modules (SekiModule), in their numbering; free
 * with g_ptr_array_unref.  MODULE when a name is declared twice, LIMIT beyond
 * SEKI_FACTS_MAX.  What is declared must outlive it. */
GPtrArray *seki_schema_number (const SekiFactSpec *core_facts, const SekiModule *const *modules,
                               gsize n_modules, GError **error);

G_END_DECLS
