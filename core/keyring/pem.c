/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/pem.h"

#include "base/text.h"

static SekiSecret *
pem_decode (const char *text, gsize len)
{
        g_autoptr (SekiSecret) der = seki_secret_new (len / 4 * 3 + 3);
        guint8 *out = seki_secret_get_data (der);
        gsize n = 0, n_signs = 0;
        gint state = 0;
        guint save = 0;

        for (gsize i = 0; i < len; i++) {
                if (g_ascii_isspace (text[i]))
                        continue;
                if (!g_ascii_isalnum (text[i]) && strchr ("+/=", text[i]) == NULL)
                        return NULL;
                n_signs++;
                n += g_base64_decode_step (text + i, 1, out + n, &state, &save);
        }
        seki_wipe (&save, sizeof save);
        if (n == 0 || n_signs % 4 != 0)
                return NULL;
        seki_secret_shrink (der, n);
        return g_steal_pointer (&der);
}

SekiSecret *
seki_pem_next (const char **inout_text, const char *label, GError **error)
{
        g_autofree char *begin = g_strdup_printf ("-----BEGIN %s-----", label);
        g_autofree char *end = g_strdup_printf ("-----END %s-----", label);
        const char *start = strstr (*inout_text, begin), *stop;
        SekiSecret *der;

        if (start == NULL)
                return NULL;
        start += strlen (begin);
        stop = strstr (start, end);
        der = stop != NULL ? pem_decode (start, (gsize) (stop - start)) : NULL;
        if (der == NULL)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_INVALID,
                             _("The PEM text of a “%s” is damaged."), label);
        else
                *inout_text = stop + strlen (end);
        return der;
}

char *
seki_pem_write (const char *label, SekiSpan der)
{
        g_autofree char *text = g_base64_encode (der.data, der.len);
        GString *pem = g_string_new (NULL);

        g_string_append_printf (pem, "-----BEGIN %s-----\n", label);
        for (const char *at = text; *at != '\0';) {
                gsize n = MIN (strlen (at), 64);

                g_string_append_len (pem, at, (gssize) n);
                g_string_append_c (pem, '\n');
                at += n;
        }
        g_string_append_printf (pem, "-----END %s-----\n", label);
        return g_string_free (pem, FALSE);
}
