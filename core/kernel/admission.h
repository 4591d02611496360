/* SPDX-License-Identifier: Apache-2.0 */
/* One module on its way into the node: checked as bytes, later loaded, opened,
 * started.  Main thread. */
#pragma once

#include "kernel/image.h"
#include "kernel/registry.h"

G_BEGIN_DECLS

typedef struct {
        SekiPlugin plugin;              /* first: what the registry lends */
        SekiImage *image;
        /* What plugin.module shows.  Constant data is the image's copy; functions
         * and table are filled when the module is loaded, absent members NULL. */
        SekiModule module;
        union {
                SekiRoleOps role;
                SekiTransportOps transport;
                SekiStorageOps storage;
                SekiPolicyOps policy;
        } ops;
        char **keys, **values;          /* of the profile */
        SekiSetting *settings;          /* set by resolve */
        gboolean loaded, started;
} SekiAdmission;

/* Everything that can be known of the bytes alone; runs nothing of the module. */
SekiAdmission *seki_admission_new (const SekiModuleSpec *spec, GError **error);
void seki_admission_free (SekiAdmission *admission);    /* closes; NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiAdmission, seki_admission_free)

/* dlopen of the sealed copy: the module's first code runs.  It stays loaded, and
 * its memfd open, until the process ends. */
gboolean seki_admission_load (SekiAdmission *admission, GError **error);
gboolean seki_admission_open (SekiAdmission *admission, const SekiHost *host, GError **error);
gboolean seki_admission_start (SekiAdmission *admission, GError **error);
void seki_admission_stop (SekiAdmission *admission);    /* idempotent */
void seki_admission_close (SekiAdmission *admission);   /* stops first; idempotent */

/* Whether the module has this name or provides this feature. */
gboolean seki_admission_provides (const SekiAdmission *admission, const char *feature);

/* order.c: sorts into start order by needs, wants, kind and place in the
 * profile.  MODULE naming the modules of a missing need or a ring. */
gboolean seki_order_resolve (GPtrArray *admissions, GError **error);

G_END_DECLS
