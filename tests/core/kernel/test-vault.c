/* SPDX-License-Identifier: Apache-2.0 */
#include "odd.h"

#define YEAR 2033

typedef struct {
        Desk *desk;
        SekiHands *hands;
        SekiArena *arena;
        SekiBucket bucket;
} Vault;

static Vault *
vault_new (void)
{
        Vault *vault = g_new0 (Vault, 1);
        g_autoptr (GError) error = NULL;
        guint32 place;

        vault->desk = odd_desk ();
        vault->arena = seki_arena_new (0);
        vault->hands = seki_hands_new (vault->desk->kernel.vault, &error);
        g_assert_no_error (error);
        seki_vault_reserve (vault->desk->kernel.vault, YEAR, 1, &vault->bucket, &place, &error);
        g_assert_no_error (error);
        seki_vault_settle (vault->desk->kernel.vault, &vault->bucket);
        return vault;
}

static void
vault_free (Vault *vault)
{
        seki_hands_free (vault->hands);
        seki_arena_free (vault->arena);
        desk_free (vault->desk);
        g_free (vault);
}

static SekiSpan
seal (Vault *vault, guint n, const char *number, SekiHeld *out_held)
{
        SekiRecord record = { { SEKI_SPAN_NONE } };
        g_autofree char *code = g_strdup_printf ("1205760%014u", n),
                        *name = g_strdup_printf ("name %u", n);
        g_autoptr (GError) error = NULL;
        SekiSpan code_span = seki_span_text (code), row;
        SekiNumberKind kind = number == NULL          ? SEKI_NUMBER_NONE
                              : strlen (number) == 12 ? SEKI_NUMBER_INDIVIDUAL
                                                      : SEKI_NUMBER_CORPORATE;

        *out_held = (SekiHeld){ .bucket = vault->bucket };
        seki_hands_index (vault->hands, SEKI_INDEX_CODE, &code_span, 1, out_held->id);
        memset (out_held->salt, (int) n, sizeof out_held->salt);
        record.field[SEKI_FIELD_CODE] = seki_span_text (code);
        record.field[SEKI_FIELD_NAME] = seki_span_text (name);
        record.field[SEKI_FIELD_GIVEN] = seki_span_text ("ti,<am2");
        seki_hands_seal (vault->hands, out_held, &record, seki_span_text (number), kind,
                         SEKI_SPAN_NONE, vault->arena, &row, &error);
        g_assert_no_error (error);
        return row;
}

static gboolean
unseal (Vault *vault, const guint8 *id, SekiSpan row, SekiHeld *out_held, SekiSpan *out_number,
        GError **error)
{
        *out_number = SEKI_SPAN_NONE;
        return seki_hands_open (vault->hands, id, row, vault->arena, out_held, error) &&
               seki_hands_open_number (vault->hands, out_held, vault->arena, out_number, error);
}

/* Format, bucket, kind, number, rest: where the header says, and nothing readable. */
static void
test_row (void)
{
        Vault *vault = vault_new ();
        const char *numbers[] = { NULL, "123456789018", "9876543210123" };

        for (guint i = 0; i < 3; i++) {
                gsize number_len = numbers[i] != NULL ? strlen (numbers[i]) + SEKI_SEAL_EXTRA : 0;
                SekiHeld held, opened;
                SekiSpan row = seal (vault, 7, numbers[i], &held), number;
                guint8 name[SEKI_BUCKET_LEN];
                g_autoptr (GError) error = NULL;

                seki_bucket_write (&vault->bucket, name);
                g_assert_cmpuint (row.data[0], ==, SEKI_RECORD_FORMAT);
                g_assert_cmpmem (row.data + 1, SEKI_BUCKET_LEN, name, SEKI_BUCKET_LEN);
                g_assert_cmpuint (row.data[13], ==, i);
                g_assert_cmpuint (row.len, >, 14 + number_len + SEKI_SEAL_EXTRA + SEKI_SALT_LEN);
                g_assert_null (memmem (row.data, row.len, "name 7", 6));
                g_assert_true (unseal (vault, held.id, row, &opened, &number, &error));
                g_assert_no_error (error);
                g_assert_cmpuint (opened.kind, ==, i);
                g_assert_cmpmem (opened.salt, 16, held.salt, 16);
                g_assert_true (seki_span_is (opened.record.field[SEKI_FIELD_NAME], "name 7"));
                g_assert_true (seki_span_is (opened.record.field[SEKI_FIELD_GIVEN], "ti,<am2"));
                g_assert_null (opened.record.field[SEKI_FIELD_NUMBER].data);
                g_assert_true (numbers[i] != NULL ? seki_span_is (number, numbers[i])
                                                  : number.data == NULL);
                g_assert_cmpuint (opened.sealed_number.len, ==, number_len);
        }
        vault_free (vault);
}

/* Same plaintext, other bytes each time. */
static void
test_nonces (void)
{
        Vault *vault = vault_new ();
        SekiHeld held;
        SekiSpan first = seal (vault, 1, "123456789018", &held),
                 second = seal (vault, 1, "123456789018", &held);

        g_assert_cmpuint (first.len, ==, second.len);
        g_assert_cmpint (memcmp (first.data + 14, second.data + 14, 40), !=, 0);
        vault_free (vault);
}

/* Parts of one row in another row, or in each other's place, do not open. */
static void
test_swapped (void)
{
        Vault *vault = vault_new ();
        SekiHeld one, two, opened;
        SekiSpan first = seal (vault, 1, "123456789018", &one),
                 second = seal (vault, 2, "987654321093", &two), number;
        gsize number_len = 12 + SEKI_SEAL_EXTRA;
        g_autofree guint8 *mixed = g_memdup2 (first.data, first.len);
        g_autoptr (GError) error = NULL;

        g_assert_false (
                unseal (vault, two.id, first, &opened, &number, &error)); /* whole row, other id */
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO);
        g_clear_error (&error);
        memcpy (mixed + 14, second.data + 14, number_len); /* another's number */
        g_assert_true (seki_hands_open (vault->hands, one.id, seki_span (mixed, first.len),
                                        vault->arena, &opened, NULL));
        g_assert_false (
                seki_hands_open_number (vault->hands, &opened, vault->arena, &number, &error));
        g_assert_error (error, SEKI_ERROR, SEKI_ERROR_CRYPTO);
        g_clear_error (&error);
        memcpy (mixed, first.data, first.len);
        memcpy (mixed + 14, first.data + 14 + number_len, number_len); /* a piece of the rest */
        g_assert_true (seki_hands_open (vault->hands, one.id, seki_span (mixed, first.len),
                                        vault->arena, &opened, NULL));
        g_assert_false (
                seki_hands_open_number (vault->hands, &opened, vault->arena, &number, NULL));
        memcpy (mixed, first.data, first.len);
        mixed[13] = SEKI_NUMBER_NONE; /* number read as rest */
        g_assert_false (
                unseal (vault, one.id, seki_span (mixed, first.len), &opened, &number, &error));
        vault_free (vault);
}

/* Every byte of a row matters. */
static void
test_flipped (void)
{
        Vault *vault = vault_new ();
        SekiHeld held, opened;
        SekiSpan row = seal (vault, 1, "123456789018", &held), number;
        g_autofree guint8 *other = g_memdup2 (row.data, row.len);

        for (gsize i = 0; i < row.len; i++) {
                g_autoptr (GError) error = NULL;

                other[i] ^= 0x10;
                g_assert_false (unseal (vault, held.id, seki_span (other, row.len), &opened,
                                        &number, &error));
                g_assert_nonnull (error);
                other[i] ^= 0x10;
        }
        for (gsize len = 0; len < row.len; len++)
                g_assert_false (
                        unseal (vault, held.id, seki_span (row.data, len), &opened, &number, NULL));
        vault_free (vault);
}

/* Kept as it lies when the number does not change. */
static void
test_kept_number (void)
{
        Vault *vault = vault_new ();
        SekiHeld held, opened, again;
        SekiSpan row = seal (vault, 1, "123456789018", &held), number, next;
        g_autoptr (GError) error = NULL;

        g_assert_true (seki_hands_open (vault->hands, held.id, row, vault->arena, &opened, &error));
        seki_hands_seal (vault->hands, &opened, &opened.record, SEKI_SPAN_NONE, opened.kind,
                         opened.sealed_number, vault->arena, &next, &error);
        g_assert_no_error (error);
        g_assert_cmpmem (row.data + 14, 40, next.data + 14, 40);
        g_assert_true (unseal (vault, held.id, next, &again, &number, &error));
        g_assert_true (seki_span_is (number, "123456789018"));
        vault_free (vault);
}

/* Which index, and where one part ends, are part of what is hashed. */
static void
test_index (void)
{
        Vault *vault = vault_new ();
        SekiSpan one[2] = { seki_span_text ("ab"), seki_span_text ("c") },
                 two[2] = { seki_span_text ("a"), seki_span_text ("bc") };
        guint8 a[16], b[16];

        seki_hands_index (vault->hands, SEKI_INDEX_CODE, one, 1, a);
        seki_hands_index (vault->hands, SEKI_INDEX_NUMBER, one, 1, b);
        g_assert_cmpint (memcmp (a, b, 16), !=, 0);
        seki_hands_index (vault->hands, SEKI_INDEX_HOLDING, one, 2, a);
        seki_hands_index (vault->hands, SEKI_INDEX_HOLDING, two, 2, b);
        g_assert_cmpint (memcmp (a, b, 16), !=, 0);
        seki_hands_index (vault->hands, SEKI_INDEX_HOLDING, one, 2, b);
        g_assert_cmpmem (a, 16, b, 16);
        vault_free (vault);
}

static void
count_bucket (const SekiBucket *bucket, gpointer user)
{
        (void) bucket;
        ++*(guint *) user;
}

static guint
buckets (Desk *desk)
{
        guint n = 0;

        seki_keyring_each_bucket (desk->keyring, count_bucket, &n);
        return n;
}

static guint32
reserve (Desk *desk, guint16 year, guint n, SekiBucket *out_bucket)
{
        g_autoptr (GError) error = NULL;
        guint32 place;

        seki_vault_reserve (desk->kernel.vault, year, n, out_bucket, &place, &error);
        g_assert_no_error (error);
        seki_vault_settle (desk->kernel.vault, out_bucket);
        return place;
}

static void
test_limit (void)
{
        Desk *desk = odd_desk ();
        SekiBucket bucket, other;

        g_assert_cmpuint (reserve (desk, YEAR, 4000, &bucket), ==, 0);
        g_assert_cmpuint (reserve (desk, YEAR, 96, &bucket), ==, 4000);
        g_assert_cmpuint (bucket.fill, ==, 0);
        g_assert_cmpuint (reserve (desk, YEAR, 1, &bucket), ==, 0);
        g_assert_cmpuint (bucket.fill, ==, 1);
        g_assert_cmpuint (reserve (desk, YEAR, 4096, &other), ==, 0);   /* one import, one key */
        g_assert_cmpuint (other.fill, ==, 2);
        g_assert_cmpuint (reserve (desk, YEAR + 1, 1, &other), ==, 0);
        g_assert_cmpuint (other.fill, ==, 0);
        g_assert_cmpuint (buckets (desk), ==, 4);
        desk_free (desk);
}

/* The bucket goes on filling after a restart, behind whom it holds. */
static void
test_restart (void)
{
        Desk *desk = odd_desk ();
        SekiBucket bucket;
        guint16 year = 0;

        odd_store (desk, 1, 6);
        desk_close (desk);
        desk_open (desk);
        odd_store (desk, 6, 9);
        desk_close (desk);
        desk_open (desk);
        g_assert_cmpuint (buckets (desk), ==, 1);
        year = (guint16) (seki_time_year_japan (desk->time) + 7);
        g_assert_cmpuint (reserve (desk, year, 1, &bucket), ==, 8);
        for (guint n = 1; n < 9; n++) {
                g_autofree char *id = g_strdup_printf ("read-%04u", n),
                                *name = g_strdup_printf ("name %u", n);

                odd_ask (desk, "odd.read", n, id);
                odd_assert_says (desk, name);
        }
        desk_free (desk);
}

static void
test_retire (void)
{
        Desk *desk = odd_desk ();
        SekiVault *vault = desk->kernel.vault;
        SekiBucket bucket, next;
        guint32 place;

        seki_vault_reserve (vault, YEAR, 10, &bucket, &place, NULL);
        g_assert_true (seki_vault_enter (vault, &bucket));
        g_assert_false (seki_vault_retire (vault, &bucket, 1000)); /* one has room, one is inside */
        seki_vault_settle (vault, &bucket);
        g_assert_false (seki_vault_retire (vault, &bucket, 1000));
        g_assert_true (seki_vault_enter (vault, &bucket)); /* who gave up lets others in */
        seki_vault_settle (vault, &bucket);
        seki_vault_settle (vault, &bucket);
        g_assert_true (seki_vault_retire (vault, &bucket, 1000));
        g_assert_false (seki_vault_enter (vault, &bucket));
        seki_vault_reserve (vault, YEAR, 1, &next, &place, NULL);
        g_assert_cmpuint (next.fill, ==, bucket.fill + 1); /* no more room in a retired one */
        seki_vault_settle (vault, &next);
        seki_vault_release (vault, &bucket);
        g_assert_true (seki_vault_enter (vault, &bucket));
        seki_vault_settle (vault, &bucket);
        desk_free (desk);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/vault/a row", test_row);
        g_test_add_func ("/vault/never the same bytes", test_nonces);
        g_test_add_func ("/vault/parts in the wrong place", test_swapped);
        g_test_add_func ("/vault/every byte matters", test_flipped);
        g_test_add_func ("/vault/a number that is kept", test_kept_number);
        g_test_add_func ("/vault/indexes", test_index);
        g_test_add_func ("/vault/4,096 records in a bucket", test_limit);
        g_test_add_func ("/vault/filling goes on after a restart", test_restart);
        g_test_add_func ("/vault/retired buckets", test_retire);
        return g_test_run ();
}
