/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/nearest.h"

#define WORD_MAX 63u

/* Edit distance of Damerau, in its restricted form, over three rows of the table. */
static guint
words_distance (const char *a, gsize a_len, const char *b, gsize b_len)
{
        guint rows[3][WORD_MAX + 1] = { { 0 } };

        for (gsize j = 0; j <= b_len; j++)
                rows[0][j] = (guint) j;
        for (gsize i = 1; i <= a_len; i++) {
                guint *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];

                row[0] = (guint) i;
                for (gsize j = 1; j <= b_len; j++) {
                        row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
                        row[j] = MIN (row[j], MIN (above[j], row[j - 1]) + 1);
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                row[j] = MIN (row[j], second[j - 2] + 1);
                }
        }
        return rows[a_len % 3][b_len];
}

const char *
seki_nearest (const char *word, const char *const *candidates)
{
        gsize len = strlen (word);
        const char *best = NULL;
        guint best_distance = G_MAXUINT;

        for (; len <= WORD_MAX && *candidates != NULL; candidates++) {
                gsize other = strlen (*candidates);
                guint distance = other <= WORD_MAX ? words_distance (word, len, *candidates, other)
                                                   : G_MAXUINT;

                if (distance < best_distance && distance <= (MAX (len, other) + 2) / 3) {
                        best = *candidates;
                        best_distance = distance;
                }
        }
        return best;
}
