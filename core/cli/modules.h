/* SPDX-License-Identifier: Apache-2.0 */
/* The modules of a profile, without a running node: admitted and resolved, so
 * that their actions, reasons and facts are known; opened only for tools. */
#pragma once

#include "daemon/profile.h"
#include "kernel/registry.h"

G_BEGIN_DECLS

typedef struct SekiModules SekiModules;

/* Admits and resolves all; profile is lent. */
SekiModules *seki_modules_new (SekiProfile *profile, GError **error);
void seki_modules_free (SekiModules *modules); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiModules, seki_modules_free)
SekiRegistry *seki_modules_get_registry (SekiModules *modules);
/* Sentence of a reason: the core's own, of a module, or of the check of a record. */
const char *seki_modules_reason (SekiModules *modules, const char *id);

G_END_DECLS
