/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/modules.h"

#include "base/clock.h"
#include "daemon/reasons.h"
#include "kernel/gate.h"
#include "keyring/nss.h"

#include <stdio.h>

struct SekiModules {
        SekiHost host;
        SekiRegistry *registry;
        SekiReason *reasons;
};

static gint64
host_now (gpointer core)
{
        (void) core;
        return seki_clock_now (seki_clock_system ());
}

static void
host_log (gpointer core, SekiLogLevel level, const char *text)
{
        (void) core;
        if (level <= SEKI_LOG_WARNING)
                fprintf (stderr, "sekisho: %s\n", text);
}

static void
host_event (gpointer core, const char *name, const char *subject)
{
        (void) core;
        (void) name;
        (void) subject;
}

static gboolean
host_random (gpointer core, guint8 *buffer, gsize len)
{
        (void) core;
        return seki_nss_random (buffer, len);
}

SekiModules *
seki_modules_new (SekiProfile *profile, GError **error)
{
        g_autoptr (SekiModules) modules = g_new0 (SekiModules, 1);
        const SekiModuleSpec *specs;
        gsize n;

        modules->host = (SekiHost){ .size = sizeof (SekiHost),
                                    .core = modules,
                                    .now = host_now,
                                    .log = host_log,
                                    .event = host_event,
                                    .random = host_random };
        modules->registry = seki_registry_new (&modules->host, seki_profile_get_data (profile));
        modules->reasons = seki_reasons_new ();
        seki_registry_add_reasons (modules->registry, modules->reasons);
        specs = seki_profile_get_modules (profile, &n);
        for (gsize i = 0; i < n; i++)
                if (!seki_registry_admit (modules->registry, &specs[i], error))
                        return NULL;
        if (!seki_registry_resolve (modules->registry, seki_gate_core_facts (), error))
                return NULL;
        return g_steal_pointer (&modules);
}

void
seki_modules_free (SekiModules *modules)
{
        if (modules == NULL)
                return;
        seki_registry_free (modules->registry);
        g_free (modules->reasons);
        g_free (modules);
}

SekiRegistry *
seki_modules_get_registry (SekiModules *modules)
{
        return modules->registry;
}

const char *
seki_modules_reason (SekiModules *modules, const char *id)
{
        return seki_registry_reason (modules->registry, id);
}
