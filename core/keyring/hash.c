/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/hash.h"

#include <hasht.h>
#include <nss.h>
#include <nsslowhash.h>

#define BLOCK_LEN 64

struct SekiHash {
        NSSLOWInitContext *library;
        NSSLOWHASHContext *context;
};

SekiHash *
seki_hash_new (void)
{
        NSSLOWInitContext *library = NSS_IsInitialized () ? NSSLOW_Init () : NULL;
        NSSLOWHASHContext *context = library != NULL
                                             ? NSSLOWHASH_NewContext (library, HASH_AlgSHA256)
                                             : NULL;
        SekiHash *hash;

        if (context == NULL)
                return NULL;
        hash = g_new0 (SekiHash, 1);
        hash->library = library;
        hash->context = context;
        return hash;
}

void
seki_hash_free (SekiHash *hash)
{
        if (hash == NULL)
                return;
        NSSLOWHASH_Destroy (hash->context);
        NSSLOW_Shutdown (hash->library);
        g_free (hash);
}

void
seki_hash_begin (SekiHash *hash)
{
        NSSLOWHASH_Begin (hash->context);
}

void
seki_hash_add (SekiHash *hash, gconstpointer data, gsize len)
{
        const guint8 *at = data;

        /* NSS counts in 32 bits. */
        while (len > 0) {
                guint part = (guint) MIN (len, (gsize) 1 << 30);

                NSSLOWHASH_Update (hash->context, at, part);
                at += part;
                len -= part;
        }
}

void
seki_hash_end (SekiHash *hash, guint8 out[SEKI_HASH_LEN])
{
        guint written;

        NSSLOWHASH_End (hash->context, out, &written, SEKI_HASH_LEN);
}

void
seki_hash_sum (SekiHash *hash, SekiSpan data, guint8 out[SEKI_HASH_LEN])
{
        seki_hash_begin (hash);
        seki_hash_add (hash, data.data, data.len);
        seki_hash_end (hash, out);
}

static void
hash_begin_padded (SekiHash *hash, SekiSpan key, guint8 pad)
{
        guint8 block[BLOCK_LEN];

        memset (block, pad, sizeof block);
        for (gsize i = 0; i < key.len; i++)
                block[i] ^= key.data[i];
        seki_hash_begin (hash);
        seki_hash_add (hash, block, sizeof block);
        seki_wipe (block, sizeof block);
}

void
seki_hash_mac (SekiHash *hash, SekiSpan key, const SekiSpan *parts, gsize n_parts,
               guint8 out[SEKI_HASH_LEN])
{
        guint8 inner[SEKI_HASH_LEN];

        g_assert (key.len <= BLOCK_LEN);
        hash_begin_padded (hash, key, 0x36);
        for (gsize i = 0; i < n_parts; i++)
                seki_hash_add (hash, parts[i].data, parts[i].len);
        seki_hash_end (hash, inner);
        hash_begin_padded (hash, key, 0x5c);
        seki_hash_add (hash, inner, sizeof inner);
        seki_hash_end (hash, out);
        /* The context keeps its last digest, which may be a derived key. */
        seki_hash_begin (hash);
}
