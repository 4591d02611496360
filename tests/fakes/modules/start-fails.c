/* SPDX-License-Identifier: Apache-2.0 */
/* Can not be started, and does not say why. */
#define FAKE_NAME "role-start-fails"
#include "fake.h"

static gboolean
fails (gpointer self, GError **error G_GNUC_UNUSED)
{
        gboolean (*right) (gpointer, GError **) = fake_start;

        return right == NULL || self == NULL;
}

SEKI_MODULE_DEFINE (
        FAKE_HEAD,
        .kind = SEKI_KIND_ROLE,
        .open = fake_open, .start = fails, .stop = fake_stop, .close = fake_close,
        .role = &fake_role);
