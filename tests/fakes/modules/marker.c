/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves a mark as soon as any of its code runs. */
#define FAKE_NAME "role-marker"
#include "fake.h"

__attribute__ ((constructor)) static void
mark (void)
{
        const char *path = g_getenv ("SEKI_FAKE_MARKER");

        if (path != NULL)
                g_file_set_contents (path, FAKE_NAME, -1, NULL);
}

SEKI_MODULE_DEFINE (FAKE_HEAD, .kind = SEKI_KIND_ROLE, FAKE_LIFE, .role = &fake_role);
