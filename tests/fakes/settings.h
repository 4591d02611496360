/* SPDX-License-Identifier: Apache-2.0 */
/* Settings as the core would hand them to open, and a module from its file. */
#pragma once

#include <sekisho/sekisho.h>

G_BEGIN_DECLS

/* Every option with its fallback, overridden by the (name, text) pairs that
 * follow, ended by NULL.  Aborts the test on an unknown name, a text out of
 * range, or an option without fallback that no pair names. */
SekiSetting *fake_settings_new (const SekiOption *options, ...) G_GNUC_NULL_TERMINATED;
void fake_settings_free (SekiSetting *settings);

/* The descriptor in a shared object, which stays loaded. */
const SekiModule *fake_module_load (const char *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiSetting, fake_settings_free)

G_END_DECLS
