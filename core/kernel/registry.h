/* SPDX-License-Identifier: Apache-2.0 */
/* The modules of one node: admitted, ordered by need, opened, started.
 *
 * Main thread, except the getters, which any thread may call once started. */
#pragma once

#include <sekisho/module.h>

G_BEGIN_DECLS

/* What the profile says of one module; strings are copied. */
typedef struct {
        const char *name;               /* "storage-rocksdb" */
        const char *path;               /* the file */
        const char *digest;             /* SHA-256 as 64 hex digits, from the approved profile */
        gboolean number;                /* the profile grants it number parts */
        const char *const *keys;        /* options as written, NULL-terminated */
        const char *const *values;
} SekiModuleSpec;

/* One admitted module. */
typedef struct {
        const SekiModule *module;       /* in the loaded image */
        gpointer self;                  /* NULL until opened */
        gboolean number;                /* declared and granted */
        guint32 loads;                  /* roles: union of what its actions load */
        char digest[65];
} SekiPlugin;

typedef struct SekiRegistry SekiRegistry;

/* host is handed to every module; its schema is filled by resolve. */
SekiRegistry *seki_registry_new (SekiHost *host, const char *data_folder);
void seki_registry_free (SekiRegistry *registry);       /* stops and closes what is open */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiRegistry, seki_registry_free)

/* Admission in the order of design 4: sealed copy, digest, number and sizes on
 * the bytes, then dlopen.  The error names what was expected and found. */
gboolean seki_registry_admit (SekiRegistry *registry, const SekiModuleSpec *spec, GError **error);
/* Start order by needs and wants, one storage and one policy, no action twice,
 * settings checked, the schema numbered.  core_facts ends with a NULL name. */
gboolean seki_registry_resolve (SekiRegistry *registry, const SekiFactSpec *core_facts, GError **error);
/* Opens all; starts those of one kind (0: all not yet started). */
gboolean seki_registry_open (SekiRegistry *registry, GError **error);
gboolean seki_registry_start (SekiRegistry *registry, guint32 kind, GError **error);
void seki_registry_stop (SekiRegistry *registry);       /* in reverse order */

/* The n-th module of a kind, or NULL. */
SekiPlugin *seki_registry_get (SekiRegistry *registry, guint32 kind, guint n);
/* Every module in start order; NULL beyond the last. */
SekiPlugin *seki_registry_each (SekiRegistry *registry, guint n);
const SekiAction *seki_registry_find_action (SekiRegistry *registry, SekiSpan name, SekiPlugin **out_role);
const SekiSchema *seki_registry_get_schema (SekiRegistry *registry);
/* Sentence of a reason in the running language; the id itself if nobody declares it. */
const char *seki_registry_reason (SekiRegistry *registry, const char *id);

/* The descriptor of a file as JSON-free plain values, without running a line of
 * it: offsets resolved through the file's own relocations. */
typedef struct SekiImage SekiImage;
SekiImage *seki_image_open (const char *path, GError **error);
void seki_image_free (SekiImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiImage, seki_image_free)
/* A copy of the descriptor whose pointers lead into memory of the image; function
 * pointers and tables are NULL.  Valid while the image lives. */
const SekiModule *seki_image_get_module (SekiImage *image);
const char *seki_image_get_digest (SekiImage *image);   /* SHA-256, hex */
int seki_image_get_fd (SekiImage *image);               /* the sealed memfd, lent */

G_END_DECLS
