/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/claims.h"

#include <pthread.h>

static void
key_write (guint8 key[SEKI_CLAIM_LEN], guint number)
{
        memset (key, 0, SEKI_CLAIM_LEN);
        key[0] = 'C';
        memcpy (key + 1, &number, sizeof number);
}

static void
count_wake (gpointer user)
{
        g_atomic_int_inc ((gint *) user);
}

static void
test_owner (void)
{
        SekiClaims *claims = seki_claims_new ();
        guint8 key[SEKI_CLAIM_LEN], other[SEKI_CLAIM_LEN];
        int a, b;

        key_write (key, 1);
        key_write (other, 2);
        g_assert_true (seki_claims_take (claims, key, &a));
        g_assert_true (seki_claims_take (claims, key, &a));
        g_assert_false (seki_claims_take (claims, key, &b));
        g_assert_true (seki_claims_take (claims, other, &b));
        seki_claims_release (claims, key, 1, &b);       /* not b's: stays */
        g_assert_false (seki_claims_take (claims, key, &b));
        seki_claims_release (claims, key, 1, &a);
        g_assert_true (seki_claims_take (claims, key, &b));
        seki_claims_free (claims);
}

static void
test_wake (void)
{
        SekiClaims *claims = seki_claims_new ();
        guint8 keys[2][SEKI_CLAIM_LEN];
        gint woken = 0, other = 0;
        int a;

        key_write (keys[0], 1);
        key_write (keys[1], 2);
        g_assert_true (seki_claims_take (claims, keys[0], &a));
        g_assert_true (seki_claims_take (claims, keys[1], &a));
        seki_claims_wait (claims, keys[0], count_wake, &woken);
        seki_claims_wait (claims, keys[0], count_wake, &woken);
        seki_claims_wait (claims, keys[1], count_wake, &other);
        g_assert_cmpint (woken + other, ==, 0);
        seki_claims_release (claims, keys[0], 1, &a);
        g_assert_cmpint (woken, ==, 1);                 /* once, and only who waited for it */
        g_assert_cmpint (other, ==, 0);
        seki_claims_release (claims, keys[1], 1, &a);
        g_assert_cmpint (other, ==, 1);
        seki_claims_free (claims);
}

/* The key was given back between the refusal and the waiting: nobody else would wake. */
static void
test_wake_too_late (void)
{
        SekiClaims *claims = seki_claims_new ();
        guint8 key[SEKI_CLAIM_LEN];
        gint woken = 0;
        int a, b;

        key_write (key, 1);
        g_assert_true (seki_claims_take (claims, key, &a));
        g_assert_false (seki_claims_take (claims, key, &b));
        seki_claims_release (claims, key, 1, &a);
        seki_claims_wait (claims, key, count_wake, &woken);
        g_assert_cmpint (woken, ==, 1);
        seki_claims_free (claims);
}

static void
test_forget (void)
{
        SekiClaims *claims = seki_claims_new ();
        guint8 key[SEKI_CLAIM_LEN];
        gint woken = 0, other = 0;
        int a;

        key_write (key, 1);
        g_assert_true (seki_claims_take (claims, key, &a));
        seki_claims_wait (claims, key, count_wake, &woken);
        seki_claims_wait (claims, key, count_wake, &other);
        seki_claims_forget (claims, &woken);
        seki_claims_release (claims, key, 1, &a);
        g_assert_cmpint (woken, ==, 0);
        g_assert_cmpint (other, ==, 1);
        seki_claims_free (claims);
}

#define THREADS 4
#define ROUNDS 4000
#define KEYS 5

typedef struct {
        SekiClaims *claims;
        gint *holders;                  /* per key: how many think they hold it */
        guint number;
        gint woken;
        guint waits;
} Client;

/* Takes two keys or none, waits when refused, and must always be woken. */
static gpointer
client_main (gpointer user)
{
        Client *client = user;
        guint8 keys[2][SEKI_CLAIM_LEN];

        for (guint i = 0; i < ROUNDS;) {
                guint first = (client->number + i) % KEYS,
                      second = (client->number * 3 + i * 7 + 1) % KEYS;
                guint n = 0;

                key_write (keys[0], first);
                key_write (keys[1], second);
                while (n < 2 && seki_claims_take (client->claims, keys[n], client))
                        n++;
                if (n < 2) {
                        gint seen = g_atomic_int_get (&client->woken);

                        seki_claims_release (client->claims, keys[0], n, client);
                        seki_claims_wait (client->claims, keys[n], count_wake, &client->woken);
                        while (g_atomic_int_get (&client->woken) == seen)
                                g_thread_yield ();
                        client->waits++;
                        continue;
                }
                g_assert_cmpint (g_atomic_int_add (&client->holders[first], 1), ==, 0);
                if (second != first)
                        g_assert_cmpint (g_atomic_int_add (&client->holders[second], 1), ==, 0);
                if (i % 64 == 0)
                        g_usleep (20);
                g_atomic_int_add (&client->holders[first], -1);
                if (second != first)
                        g_atomic_int_add (&client->holders[second], -1);
                seki_claims_release (client->claims, keys[0], 2, client);
                i++;
        }
        return NULL;
}

static void
test_threads (void)
{
        SekiClaims *claims = seki_claims_new ();
        gint holders[KEYS] = { 0 };
        Client clients[THREADS] = { 0 };
        GThread *threads[THREADS];
        guint waits = 0;

        for (guint i = 0; i < THREADS; i++) {
                clients[i] = (Client){ .claims = claims, .holders = holders, .number = i };
                threads[i] = g_thread_new ("client", client_main, &clients[i]);
        }
        for (guint i = 0; i < THREADS; i++) {
                g_thread_join (threads[i]);
                waits += clients[i].waits;
        }
        g_test_message ("%u waits", waits);
        g_assert_cmpuint (waits, >, 0);
        seki_claims_free (claims);
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_test_add_func ("/claims/a key has one owner", test_owner);
        g_test_add_func ("/claims/who waits for a key is woken", test_wake);
        g_test_add_func ("/claims/a key given back before the waiting", test_wake_too_late);
        g_test_add_func ("/claims/who was forgotten is not woken", test_forget);
        g_test_add_func ("/claims/threads", test_threads);
        return g_test_run ();
}
