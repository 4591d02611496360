/* SPDX-License-Identifier: Apache-2.0 */
#include "h2.h"

#define BODY_FIRST 4096

/* realloc may leave the old bytes behind: grow by copy and wipe. */
static gboolean
body_grow (H2Body *body, gsize need, gsize max)
{
        gsize size = body->size != 0 ? body->size : BODY_FIRST;
        gsize len = body->len;
        guint8 *data;

        while (size < need)
                size *= 2;
        size = MAX (MIN (size, max), need);
        data = g_try_malloc (size);
        if (data == NULL)
                return FALSE;
        if (len != 0)
                memcpy (data, body->data, len);
        h2_body_clear (body);
        *body = (H2Body){ data, len, size };
        return TRUE;
}

/* FALSE when it would pass max or memory is short; nothing is added then. */
gboolean
h2_body_append (H2Body *body, const guint8 *data, gsize len, gsize max)
{
        if (len > max || body->len > max - len)
                return FALSE;
        if (body->len + len > body->size && !body_grow (body, body->len + len, max))
                return FALSE;
        if (len != 0)
                memcpy (body->data + body->len, data, len);
        body->len += len;
        return TRUE;
}

void
h2_body_clear (H2Body *body)
{
        if (body->data != NULL)
                explicit_bzero (body->data, body->size);
        g_free (body->data);
        *body = (H2Body){ NULL, 0, 0 };
}
