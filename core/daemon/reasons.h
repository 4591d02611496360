/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences of the core's own reasons; those of modules stand in their
 * descriptors. */
#pragma once

#include <sekisho/module.h>

G_BEGIN_DECLS

/* What the kernel refuses with, and what breaks a record's own rules; ends with
 * a NULL id.  Freed with g_free, after whatever was handed it. */
SekiReason *seki_reasons_new (void);

G_END_DECLS
