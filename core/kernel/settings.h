/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of one module: what the profile says, checked against the
 * options the module declares. */
#pragma once

#include <sekisho/module.h>

G_BEGIN_DECLS

/* Every option, in the descriptor's order, fallbacks filled in; relative paths
 * are taken from folder, an empty path stays empty.  keys and values may be NULL.
 * CONFIG: unknown (with the nearest name), twice, missing, unreadable or out of range. */
SekiSetting *seki_settings_new (const SekiModule *module, const char *const *keys,
                                const char *const *values, const char *folder, GError **error);
void seki_settings_free (SekiSetting *settings);        /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiSetting, seki_settings_free)

G_END_DECLS
