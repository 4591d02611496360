/* SPDX-License-Identifier: Apache-2.0 */
/* An option whose range is upside down. */
#define FAKE_NAME "role-bad-option"
#include "fake.h"

static const SekiOption options[] = {
        { "depth", SEKI_OPTION_INT, 9, 1, "5", "Depth", "深さ", FALSE },
        { NULL }
};

SEKI_MODULE_DEFINE (FAKE_HEAD, .kind = SEKI_KIND_ROLE, .options = options, FAKE_LIFE,
                    .role = &fake_role);
