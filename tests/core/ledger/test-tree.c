/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "keyring/nss.h"

/* The eight leaves of the Certificate Transparency tests, the roots of their
 * first n, and one proof of each kind from there. */
static const char *const known_leaves[8] = {
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
};
static const char *const known_roots[9] = {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};
static const char *const known_inclusion_5_of_8[3] = {
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
};

static void
unhex (const char *text, guint8 *out)
{
        g_assert_true (seki_unhex (seki_span_text (text), out, strlen (text) / 2));
}

static void
known_leaf (SekiHash *hash, guint i, guint8 out[32])
{
        guint8 entry[16];

        unhex (known_leaves[i], entry);
        seki_tree_leaf (hash, seki_span (entry, strlen (known_leaves[i]) / 2), out);
}

static void
assert_hex (const guint8 hash[32], const char *expected)
{
        char text[65];

        seki_hex (hash, 32, text);
        g_assert_cmpstr (text, ==, expected);
}

static void
test_known_roots (void)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        SekiEdge edge = { 0 };
        guint8 root[32], leaf[32];

        for (guint n = 0; n <= 8; n++) {
                seki_edge_root (&edge, hash, root);
                assert_hex (root, known_roots[n]);
                g_assert_cmpuint (edge.n_nodes, ==, (guint) __builtin_popcount (n));
                if (n == 8)
                        break;
                known_leaf (hash, n, leaf);
                seki_edge_add (&edge, hash, leaf);
        }
}

static void
test_known_proof (void)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        guint8 path[3][32], leaf[32], root[32];

        for (guint i = 0; i < 3; i++)
                unhex (known_inclusion_5_of_8[i], path[i]);
        unhex (known_roots[8], root);
        known_leaf (hash, 5, leaf);
        g_assert_true (seki_tree_verify_inclusion (hash, 5, 8, leaf, (const guint8 (*)[32]) path, 3,
                                                   root));
        g_assert_false (seki_tree_verify_inclusion (hash, 4, 8, leaf, (const guint8 (*)[32]) path,
                                                    3, root));
}

static void
test_edge_bytes (void)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        SekiEdge edge = { 0 }, back;
        guint8 bytes[SEKI_EDGE_MAX], leaf[32] = { 1 };

        for (guint n = 0; n < 300; n++) {
                gsize len = seki_edge_write (&edge, bytes);

                g_assert_cmpuint (len, ==, 8 + 32 * (gsize) edge.n_nodes);
                g_assert_true (seki_edge_read (seki_span (bytes, len), &back, NULL));
                g_assert_cmpuint (back.count, ==, n);
                g_assert_cmpmem (back.nodes, 32 * back.n_nodes, edge.nodes, 32 * edge.n_nodes);
                for (gsize cut = 0; cut < len; cut++)
                        g_assert_false (seki_edge_read (seki_span (bytes, cut), &back, NULL));
                g_assert_false (seki_edge_read (seki_span (bytes, len + 1), &back, NULL));
                leaf[0]++;
                seki_edge_add (&edge, hash, leaf);
        }
}

/* Proofs by the recursive definitions of RFC 6962 2.1.1 and 2.1.2. */
static void
path_by_definition (SekiHash *hash, guint64 m, const guint8 (*leaves)[32], guint64 n,
                    GByteArray *out)
{
        guint64 k = 1;
        guint8 other[32];

        if (n <= 1)
                return;
        while (2 * k < n)
                k *= 2;
        if (m < k) {
                path_by_definition (hash, m, leaves, k, out);
                fixture_root (hash, leaves + k, n - k, other);
        } else {
                path_by_definition (hash, m - k, leaves + k, n - k, out);
                fixture_root (hash, leaves, k, other);
        }
        g_byte_array_append (out, other, 32);
}

static void
subproof_by_definition (SekiHash *hash, guint64 m, const guint8 (*leaves)[32], guint64 n,
                        gboolean b, GByteArray *out)
{
        guint64 k = 1;
        guint8 other[32];

        if (m == n) {
                fixture_root (hash, leaves, n, other);
                if (!b)
                        g_byte_array_append (out, other, 32);
                return;
        }
        while (2 * k < n)
                k *= 2;
        if (m <= k) {
                subproof_by_definition (hash, m, leaves, k, b, out);
                fixture_root (hash, leaves + k, n - k, other);
        } else {
                subproof_by_definition (hash, m - k, leaves + k, n - k, FALSE, out);
                fixture_root (hash, leaves, k, other);
        }
        g_byte_array_append (out, other, 32);
}

typedef struct {
        SekiHash *hash;
        gboolean consistency;
        guint64 a, size;
        const guint8 *from; /* leaf or old root */
        const guint8 *root;
} Claim;

static gboolean
claim_holds (const Claim *claim, const guint8 *path, gsize len)
{
        const guint8 (*hashes)[32] = (const guint8 (*)[32]) path;

        return claim->consistency
                       ? seki_tree_verify_consistency (claim->hash, claim->a, claim->from,
                                                       claim->size, claim->root, hashes, len / 32)
                       : seki_tree_verify_inclusion (claim->hash, claim->a, claim->size,
                                                     claim->from, hashes, len / 32, claim->root);
}

/* Every bit of every hash, every hash left out, one too many, other places and sizes. */
static void
assert_only_this_path (Claim claim, GByteArray *path, guint bit_step)
{
        guint8 extra[32 * 66] = { 0 };

        g_assert_true (claim_holds (&claim, path->data, path->len));
        for (guint bit = 0; bit < 8 * path->len; bit += bit_step) {
                path->data[bit / 8] ^= (guint8) (1 << bit % 8);
                g_assert_false (claim_holds (&claim, path->data, path->len));
                path->data[bit / 8] ^= (guint8) (1 << bit % 8);
        }
        if (path->len > 0) {
                memcpy (extra, path->data, path->len);
                g_assert_false (claim_holds (&claim, path->data, path->len - 32));
                g_assert_false (claim_holds (&claim, path->data + 32, path->len - 32));
        }
        g_assert_false (claim_holds (&claim, extra, path->len + 32));
        if (path->len > 0) {
                memcpy (extra + path->len, path->data, 32);
                g_assert_false (claim_holds (&claim, extra, path->len + 32));
        }
        guint8 wrong[32];
        Claim other = claim;
        memcpy (wrong, claim.root, 32);
        wrong[31] ^= 1;
        other.root = wrong;
        g_assert_false (claim_holds (&other, path->data, path->len));
        memcpy (wrong, claim.from, 32);
        wrong[0] ^= 0x80;
        other.root = claim.root;
        other.from = wrong;
        g_assert_false (claim_holds (&other, path->data, path->len));
}

static void
test_inclusion_of_all (void)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        g_autofree guint8 *leaves = fixture_leaves (hash, 130);
        const guint8 (*hashes)[32] = (const guint8 (*)[32]) leaves;
        guint8 root[32];

        for (guint64 size = 1; size <= 130; size++) {
                fixture_root (hash, hashes, size, root);
                for (guint64 index = 0; index < size; index++) {
                        g_autoptr (GByteArray) path = g_byte_array_new ();
                        Claim claim = { hash, FALSE, index, size, hashes[index], root };

                        path_by_definition (hash, index, hashes, size, path);
                        assert_only_this_path (claim, path, size < 20 ? 1 : 67);
                        claim.a = (index + 1) % size;
                        g_assert_true (size == 1 || !claim_holds (&claim, path->data, path->len));
                        claim.a = size;
                        g_assert_false (claim_holds (&claim, path->data, path->len));
                }
        }
}

static void
test_consistency_of_all (void)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        g_autofree guint8 *leaves = fixture_leaves (hash, 130);
        const guint8 (*hashes)[32] = (const guint8 (*)[32]) leaves;
        guint8 root[32], old_root[32];

        for (guint64 size = 1; size <= 130; size++) {
                fixture_root (hash, hashes, size, root);
                for (guint64 old = 1; old <= size; old++) {
                        g_autoptr (GByteArray) path = g_byte_array_new ();
                        Claim claim = { hash, TRUE, old, size, old_root, root };

                        fixture_root (hash, hashes, old, old_root);
                        subproof_by_definition (hash, old, hashes, size, TRUE, path);
                        assert_only_this_path (claim, path, size < 20 ? 1 : 67);
                        claim.a = size + 1;
                        g_assert_false (claim_holds (&claim, path->data, path->len));
                        claim.a = 0;
                        g_assert_false (claim_holds (&claim, path->data, path->len));
                }
        }
}

static void
test_edge_of_all (void)
{
        g_autoptr (SekiHash) hash = seki_hash_new ();
        g_autofree guint8 *leaves = fixture_leaves (hash, 600);
        const guint8 (*hashes)[32] = (const guint8 (*)[32]) leaves;
        SekiEdge edge = { 0 };
        guint8 root[32], expected[32];

        for (guint64 n = 0; n < 600; n++) {
                seki_edge_root (&edge, hash, root);
                fixture_root (hash, hashes, n, expected);
                g_assert_cmpmem (root, 32, expected, 32);
                seki_edge_add (&edge, hash, hashes[n]);
        }
}

int
main (int argc, char **argv)
{
        g_test_init (&argc, &argv, NULL);
        g_assert_true (seki_nss_init (NULL));
        g_test_add_func ("/ledger/tree/known roots", test_known_roots);
        g_test_add_func ("/ledger/tree/known proof", test_known_proof);
        g_test_add_func ("/ledger/tree/edge as bytes", test_edge_bytes);
        g_test_add_func ("/ledger/tree/inclusion of every leaf in every tree",
                         test_inclusion_of_all);
        g_test_add_func ("/ledger/tree/consistency of every pair of trees",
                         test_consistency_of_all);
        g_test_add_func ("/ledger/tree/edge of every tree", test_edge_of_all);
        int result = g_test_run ();
        g_assert_true (seki_nss_shutdown ());
        return result;
}
