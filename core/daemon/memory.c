/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/memory.h"

#include "base/text.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static gboolean
memory_hide (GError **error)
{
        const struct rlimit none = { 0, 0 };

        if (prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && setrlimit (RLIMIT_CORE, &none) == 0)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                     _("Core files can not be turned off (%s). Allow prctl and setrlimit to the "
                        "service."),
                     g_strerror (errno));
        return FALSE;
}

gboolean
seki_memory_guard (gboolean test, char **out_warning, GError **error)
{
        g_autofree char *sentence = NULL;

        *out_warning = NULL;
        if (!memory_hide (error))
                return FALSE;
        if (mlockall (MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0)
                return TRUE;
        sentence = g_strdup_printf (_("Memory can not be locked (%s), so keys could reach the "
                                       "swap. Set LimitMEMLOCK=infinity "
                                       "in the service, or raise ulimit -l."),
                                    g_strerror (errno));
        if (test) {
                *out_warning = g_steal_pointer (&sentence);
                return TRUE;
        }
        g_set_error_literal (error, SEKI_ERROR, SEKI_ERROR_LIMIT, sentence);
        return FALSE;
}
