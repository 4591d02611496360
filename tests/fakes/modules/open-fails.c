/* SPDX-License-Identifier: Apache-2.0 */
/* Can not be opened. */
#define FAKE_NAME "role-open-fails"
#include "fake.h"

static gpointer
fails (const SekiHost *host G_GNUC_UNUSED, const SekiSetting *settings G_GNUC_UNUSED,
       GError **error)
{
        gpointer (*right) (const SekiHost *, const SekiSetting *, GError **) = fake_open;

        if (right != NULL)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFIG, "The fake has no ink.");
        return NULL;
}

SEKI_MODULE_DEFINE (
        FAKE_HEAD,
        .kind = SEKI_KIND_ROLE,
        .open = fails, .start = fake_start, .stop = fake_stop, .close = fake_close,
        .role = &fake_role);
