/* SPDX-License-Identifier: Apache-2.0 */
/* The modules of one node: admitted, ordered by need, opened, started.
 *
 * Not a byte of any module runs before all of them were admitted and resolved:
 * both work on the bytes of the sealed copies; open is what loads them.
 * admit -> resolve -> open -> start -> stop -> close.
 *
 * Main thread, except the getters, which any thread may call once resolved.
 * Needs seki_nss_init. */
#pragma once

#include <sekisho/module.h>

G_BEGIN_DECLS

/* What the profile says of one module; strings are copied. */
typedef struct {
        const char *name;               /* "storage-rocksdb" */
        const char *path;               /* the file */
        const char *digest;             /* SHA-256 as 64 hex digits, from the approved profile */
        gboolean number;                /* the profile grants it number parts */
        const char *const *keys;        /* options as written, NULL-terminated; NULL: none */
        const char *const *values;      /* as many */
} SekiModuleSpec;

/* One admitted module.  Members of module and of its table that the module's
 * own version does not have are NULL; arrays are never NULL.  Functions are NULL
 * until the registry is open. */
typedef struct {
        const SekiModule *module;
        gpointer self;                  /* NULL until opened */
        gboolean number;                /* declared and granted */
        guint32 loads;                  /* roles: union of what its actions load */
        char digest[65];
} SekiPlugin;

typedef struct SekiRegistry SekiRegistry;

/* host is handed to every module and outlives the registry; resolve points its
 * schema at the registry's.  Relative paths in settings are taken from data_folder. */
SekiRegistry *seki_registry_new (SekiHost *host, const char *data_folder);
void seki_registry_free (SekiRegistry *registry);       /* stops and closes; NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiRegistry, seki_registry_free)

/* Admission in the order of design 4: sealed copy, digest, name, number of the
 * contract and sizes, on the bytes alone.  The error names what was expected and
 * found: MODULE, MISSING (no such file), LIMIT, CRYPTO. */
gboolean seki_registry_admit (SekiRegistry *registry, const SekiModuleSpec *spec, GError **error);
/* Once, after the last admit: exactly one storage and one policy (a second one
 * would never be asked), start order by needs and wants, settings checked
 * (CONFIG), the schema numbered, no action twice.  core_facts ends with a NULL
 * name and outlives the registry. */
gboolean seki_registry_resolve (SekiRegistry *registry, const SekiFactSpec *core_facts,
                                GError **error);
/* Loads and opens all; starts those of one kind (0: all not yet started).  When
 * one fails, all are stopped and closed. */
gboolean seki_registry_open (SekiRegistry *registry, GError **error);
gboolean seki_registry_start (SekiRegistry *registry, guint32 kind, GError **error);
/* In reverse order; both idempotent.  close stops first. */
void seki_registry_stop (SekiRegistry *registry);
void seki_registry_close (SekiRegistry *registry);

/* The n-th module of a kind in start order, or NULL. */
SekiPlugin *seki_registry_get (SekiRegistry *registry, guint32 kind, guint n);
/* Every module in start order; NULL beyond the last. */
SekiPlugin *seki_registry_each (SekiRegistry *registry, guint n);
/* NULL if no role has it.  After open the action is the module's own, as it
 * expects in SekiCall; an action looked up before must be looked up again. */
const SekiAction *seki_registry_find_action (SekiRegistry *registry, SekiSpan name,
                                             SekiPlugin **out_role);
const SekiSchema *seki_registry_get_schema (SekiRegistry *registry);
/* The core's own reasons; the table outlives the registry and wins over modules. */
void seki_registry_add_reasons (SekiRegistry *registry, const SekiReason *reasons);
/* Sentence of a reason in the running language (the first of Japanese and
 * English among g_get_language_names); the id itself if nobody declares it.
 * Where modules share an id, the first in start order speaks. */
const char *seki_registry_reason (SekiRegistry *registry, const char *id);

G_END_DECLS
