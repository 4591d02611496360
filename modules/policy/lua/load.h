/* SPDX-License-Identifier: Apache-2.0 */
/* From folders to a bundle, or to findings. */
#pragma once

#include "bundle.h"

G_BEGIN_DECLS

/* The fields rules are indexed by; FALSE when the schema lacks them. */
gboolean load_keys (const SekiSchema *schema, guint16 *out_action, guint16 *out_caller,
                    GError **error);

/* Rules of the sources that have no finding; findings for the rest. */
GPtrArray *load_rules (const SekiSchema *schema, const GPtrArray *sources, Findings *findings,
                       GError **error);

/* floor NULL or "": none.  NULL when anything in either folder is wrong. */
Bundle *load_bundle (const SekiSchema *schema, const char *floor, const char *rules,
                     GError **error);

/* tool: lint PATH... [--json]. */
gboolean lint_run (const SekiSchema *schema, const char *const *argv, SekiReport *out_report,
                   GError **error);

G_END_DECLS
