/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/store.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <pthread.h>
#include <unistd.h>

#define CELL SEKI_STORE_CELL
#define MAGIC "SEKISTOR"
#define FORMAT 1u
#define HEADER_USED 32
#define ENTRY_BOUND 24          /* bytes of an entry that are associated data */
#define SEALED_LEN (SEKI_SEAL_EXTRA + SEKI_AEAD_KEY)
#define STORE_MAX ((gsize) 1 << 30)
#define OLD SEKI_STORE_FILE ".old"
#define NEW SEKI_STORE_FILE ".new"

typedef struct {
        SekiStoreId id;
        guint32 position;               /* in the file; part of what is sealed */
        guint8 sealed[SEALED_LEN];
} StoreEntry;

struct SekiStore {
        SekiFolder folder;
        pthread_mutex_t write_lock;     /* the file and master->seal; taken before table_lock */
        int fd;
        gboolean failed;                /* a write failed: what the disk holds is not known */
        pthread_mutex_t table_lock;     /* the rest and master->open */
        SekiAead *master;
        GArray *table;                  /* StoreEntry, sorted by id */
        guint32 cells;                  /* entries in the file */
        gsize torn;
        guint8 header[CELL];
};

static gboolean
store_damaged (SekiFolder folder, gsize cell, GError **error)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                     _("The key store “%s/%s” is damaged at byte %" G_GSIZE_FORMAT
                       ". Nothing was changed. Restore it from a backup of the keys."),
                     folder.path, SEKI_STORE_FILE, cell * CELL);
        return FALSE;
}

static gboolean
bytes_are_zero (const guint8 *data, gsize len)
{
        for (gsize i = 0; i < len; i++)
                if (data[i] != 0)
                        return FALSE;
        return TRUE;
}

static gint
entry_compare (gconstpointer a, gconstpointer b)
{
        return memcmp (a, b, sizeof (SekiStoreId));     /* the id comes first */
}

/* Where id stands or would stand. */
static gboolean
table_find (GArray *table, const SekiStoreId *id, guint *out_index)
{
        guint low = 0, high = table->len;

        while (low < high) {
                guint middle = low + (high - low) / 2;
                gint order = entry_compare (&g_array_index (table, StoreEntry, middle), id);

                if (order == 0) {
                        *out_index = middle;
                        return TRUE;
                }
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        *out_index = low;
        return FALSE;
}

static void
entry_bind (const guint8 *header, const guint8 *cell, guint8 aad[HEADER_USED + ENTRY_BOUND])
{
        memcpy (aad, header, HEADER_USED);
        memcpy (aad + HEADER_USED, cell, ENTRY_BOUND);
}

static gboolean
entry_seal (SekiAead *master, const guint8 *header, guint32 position, const SekiStoreSecret *secret, guint8 *cell,
            GError **error)
{
        guint8 aad[HEADER_USED + ENTRY_BOUND];

        memset (cell, 0, CELL);
        cell[0] = secret->id.kind;
        seki_put_be32 (cell + 4, position);
        memcpy (cell + 8, secret->id.name, SEKI_STORE_NAME_LEN);
        entry_bind (header, cell, aad);
        if (!seki_nss_random (cell + ENTRY_BOUND, SEKI_SEAL_NONCE)) {
                seki_nss_error (error, _("NSS gives no random bytes."));
                return FALSE;
        }
        return seki_aead_seal (master, seki_span (aad, sizeof aad), seki_span (secret->secret, SEKI_AEAD_KEY),
                               cell + ENTRY_BOUND, error);
}

static gboolean
entry_open (SekiAead *master, const guint8 *header, guint32 position, const guint8 *cell, SekiStoreSecret *out)
{
        guint8 aad[HEADER_USED + ENTRY_BOUND];

        if (!bytes_are_zero (cell + 1, 3) || seki_get_be32 (cell + 4) != position ||
            !bytes_are_zero (cell + 20, 4) ||
            !bytes_are_zero (cell + ENTRY_BOUND + SEALED_LEN, CELL - ENTRY_BOUND - SEALED_LEN))
                return FALSE;
        out->id.kind = cell[0];
        memcpy (out->id.name, cell + 8, SEKI_STORE_NAME_LEN);
        entry_bind (header, cell, aad);
        return seki_aead_open (master, seki_span (aad, sizeof aad), seki_span (cell + ENTRY_BOUND, SEALED_LEN),
                               out->secret, NULL);
}

static gboolean
header_check (SekiFolder folder, SekiSpan file, GError **error)
{
        if (file.len < CELL || memcmp (file.data, MAGIC, 8) != 0 ||
            !bytes_are_zero (file.data + HEADER_USED, CELL - HEADER_USED))
                return store_damaged (folder, 0, error);
        if (seki_get_be32 (file.data + 8) == FORMAT)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                     _("The key store “%s/%s” has format %u, and this program reads format %u. Nothing was changed. "
                       "Use the program that wrote it, or restore it from a backup of the keys."),
                     folder.path, SEKI_STORE_FILE, seki_get_be32 (file.data + 8), FORMAT);
        return FALSE;
}

static gboolean
header_make (const guint8 *old, guint8 header[CELL])
{
        memset (header, 0, CELL);
        if (old != NULL)
                memcpy (header, old, HEADER_USED);
        memcpy (header, MAGIC, 8);
        seki_put_be32 (header + 8, FORMAT);
        seki_put_be32 (header + 12, old != NULL ? seki_get_be32 (old + 12) + 1 : 0);
        return old != NULL || seki_nss_random (header + 16, 16);
}

gboolean
seki_store_probe (SekiFolder folder, GError **error)
{
        g_autoptr (SekiSecret) file = seki_keyfile_read (folder, SEKI_STORE_FILE, STORE_MAX, error);

        return file != NULL && header_check (folder, seki_secret_get_span (file), error);
}

gboolean
seki_store_create (SekiFolder folder, SekiAead *master, const SekiStoreSecret *secrets, gsize n_secrets,
                   GError **error)
{
        g_autofree guint8 *file = g_malloc0 ((n_secrets + 1) * CELL);

        if (seki_keyfile_exists (folder, SEKI_STORE_FILE)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFLICT, _("“%s” holds a key store already."),
                             folder.path);
                return FALSE;
        }
        if (!header_make (NULL, file)) {
                seki_nss_error (error, _("NSS gives no random bytes."));
                return FALSE;
        }
        for (gsize i = 0; i < n_secrets; i++)
                if (!entry_seal (master, file, (guint32) i, &secrets[i], file + (i + 1) * CELL, error))
                        return FALSE;
        return seki_keyfile_replace (folder, SEKI_STORE_FILE, seki_span (file, (n_secrets + 1) * CELL), error);
}

static gboolean
store_load_entry (SekiStore *store, const guint8 *cell)
{
        SekiStoreSecret secret;
        StoreEntry entry;
        gboolean ok = entry_open (store->master, store->header, store->cells, cell, &secret);

        seki_wipe (secret.secret, sizeof secret.secret);
        if (!ok)
                return FALSE;
        entry.id = secret.id;
        entry.position = store->cells++;
        memcpy (entry.sealed, cell + ENTRY_BOUND, SEALED_LEN);
        g_array_append_val (store->table, entry);
        return TRUE;
}

/* Whether nobody was ever told that these last bytes are durable. */
static gboolean
tail_is_torn (const guint8 *tail, gsize len)
{
        return len < CELL || (len == CELL && bytes_are_zero (tail, len));
}

static gboolean
store_load (SekiStore *store, GError **error)
{
        g_autoptr (SekiSecret) text = seki_keyfile_read (store->folder, SEKI_STORE_FILE, STORE_MAX, error);
        SekiSpan file;

        if (text == NULL)
                return FALSE;
        file = seki_secret_get_span (text);
        if (!header_check (store->folder, file, error))
                return FALSE;
        memcpy (store->header, file.data, CELL);
        for (gsize at = CELL; at < file.len; at += CELL) {
                gsize left = file.len - at;

                if (left >= CELL && store_load_entry (store, file.data + at))
                        continue;
                if (!tail_is_torn (file.data + at, left))
                        return store_damaged (store->folder, at / CELL, error);
                store->torn = left;
                break;
        }
        return TRUE;
}

static gboolean
store_sort (SekiStore *store, GError **error)
{
        g_array_sort (store->table, entry_compare);
        for (guint i = 1; i < store->table->len; i++) {
                StoreEntry *entry = &g_array_index (store->table, StoreEntry, i);

                if (entry_compare (entry - 1, entry) == 0)
                        return store_damaged (store->folder, entry->position + 1, error);
        }
        return TRUE;
}

/* Every store begins with its recovery certificate, so a store cut back to its
 * header is known. */
static gboolean
store_is_begun (SekiStore *store)
{
        SekiStoreId id = { SEKI_STORE_RECOVERY, { 0 } };
        guint i;

        return table_find (store->table, &id, &i);
}

static gboolean
store_start (SekiStore *store, GError **error)
{
        if (!store_load (store, error) || !store_sort (store, error))
                return FALSE;
        if (!store_is_begun (store))
                return store_damaged (store->folder, store->cells + 1, error);
        if (!seki_keyfile_wipe (store->folder, OLD, SEKI_STORE_FILE, error) ||
            !seki_keyfile_wipe (store->folder, NEW, SEKI_STORE_FILE, error))
                return FALSE;
        store->fd = openat (store->folder.fd, SEKI_STORE_FILE, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        return store->fd >= 0 || seki_keyfile_fail (store->folder, SEKI_STORE_FILE, error);
}

SekiStore *
seki_store_open (SekiFolder folder, SekiAead *master, GError **error)
{
        SekiStore *store = g_new0 (SekiStore, 1);

        store->folder = folder;
        store->master = master;
        store->fd = -1;
        store->table = g_array_new (FALSE, FALSE, sizeof (StoreEntry));
        pthread_mutex_init (&store->write_lock, NULL);
        pthread_mutex_init (&store->table_lock, NULL);
        if (store_start (store, error))
                return store;
        seki_store_close (store);
        return NULL;
}

void
seki_store_close (SekiStore *store)
{
        if (store == NULL)
                return;
        if (store->fd >= 0)
                close (store->fd);
        pthread_mutex_destroy (&store->write_lock);
        pthread_mutex_destroy (&store->table_lock);
        seki_wipe (store->table->data, store->table->len * sizeof (StoreEntry));
        g_array_unref (store->table);
        g_free (store);
}

gsize
seki_store_get_torn (const SekiStore *store)
{
        return store->torn;
}

gboolean
seki_store_has (SekiStore *store, const SekiStoreId *id)
{
        gboolean found;
        guint i;

        pthread_mutex_lock (&store->table_lock);
        found = table_find (store->table, id, &i);
        pthread_mutex_unlock (&store->table_lock);
        return found;
}

static gboolean
store_open_secret (SekiStore *store, guint index, guint8 out[SEKI_AEAD_KEY], GError **error)
{
        const StoreEntry *entry = &g_array_index (store->table, StoreEntry, index);
        guint8 start[ENTRY_BOUND] = { entry->id.kind }, aad[HEADER_USED + ENTRY_BOUND];

        seki_put_be32 (start + 4, entry->position);
        memcpy (start + 8, entry->id.name, SEKI_STORE_NAME_LEN);
        entry_bind (store->header, start, aad);
        return seki_aead_open (store->master, seki_span (aad, sizeof aad), seki_span (entry->sealed, SEALED_LEN),
                               out, error);
}

gboolean
seki_store_get (SekiStore *store, const SekiStoreId *id, guint8 out[SEKI_AEAD_KEY], GError **error)
{
        gboolean ok;
        guint i;

        pthread_mutex_lock (&store->table_lock);
        ok = table_find (store->table, id, &i);
        if (ok)
                ok = store_open_secret (store, i, out, error);
        else
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_MISSING,
                             _("The key is not in the key store “%s/%s”: it was destroyed, or never made."),
                             store->folder.path, SEKI_STORE_FILE);
        pthread_mutex_unlock (&store->table_lock);
        return ok;
}

static void
store_insert (SekiStore *store, const SekiStoreId *id, const guint8 *cell)
{
        StoreEntry entry = { *id, seki_get_be32 (cell + 4), { 0 } };
        guint i;

        memcpy (entry.sealed, cell + ENTRY_BOUND, SEALED_LEN);
        pthread_mutex_lock (&store->table_lock);
        table_find (store->table, id, &i);
        g_array_insert_val (store->table, i, entry);
        pthread_mutex_unlock (&store->table_lock);
}

/* After a failed write the cached and the stored bytes may differ for ever
 * (fsync reports once), so nothing more is written. */
static gboolean
store_refuse_failed (SekiStore *store, GError **error)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_STORAGE,
                     _("The key store “%s/%s” could not be written before. Repair the disk and unseal again."),
                     store->folder.path, SEKI_STORE_FILE);
        return FALSE;
}

/* write_lock is held. */
static gboolean
store_append (SekiStore *store, const SekiStoreSecret *secret, GError **error)
{
        guint8 cell[CELL];

        if (store->failed)
                return store_refuse_failed (store, error);
        if (!entry_seal (store->master, store->header, store->cells, secret, cell, error))
                return FALSE;
        if (!seki_keyfile_write_all (store->fd, cell, CELL, ((goffset) store->cells + 1) * CELL) ||
            fdatasync (store->fd) != 0) {
                store->failed = TRUE;
                return seki_keyfile_fail (store->folder, SEKI_STORE_FILE, error);
        }
        store->cells++;
        store_insert (store, &secret->id, cell);
        return TRUE;
}

gboolean
seki_store_add (SekiStore *store, const SekiStoreSecret *secret, GError **error)
{
        gboolean ok = FALSE;

        pthread_mutex_lock (&store->write_lock);
        if (seki_store_has (store, &secret->id))
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFLICT, _("The key store “%s/%s” has this key already."),
                             store->folder.path, SEKI_STORE_FILE);
        else if (((gsize) store->cells + 2) * CELL > STORE_MAX)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT, _("The key store “%s/%s” is full."),
                             store->folder.path, SEKI_STORE_FILE);
        else
                ok = store_append (store, secret, error);
        pthread_mutex_unlock (&store->write_lock);
        return ok;
}

GArray *
seki_store_list (SekiStore *store, SekiStoreKind kind)
{
        GArray *ids = g_array_new (FALSE, FALSE, sizeof (SekiStoreId));

        pthread_mutex_lock (&store->table_lock);
        for (guint i = 0; i < store->table->len; i++) {
                const StoreEntry *entry = &g_array_index (store->table, StoreEntry, i);

                if (entry->id.kind == kind)
                        g_array_append_val (ids, entry->id);
        }
        pthread_mutex_unlock (&store->table_lock);
        return ids;
}

/* What takes a store's place when keys are destroyed. */
typedef struct {
        guint8 *file;           /* header and cells */
        gsize len;
        GArray *table;
} StoreNext;

static void
next_clear (StoreNext *next)
{
        g_free (next->file);
        if (next->table != NULL)
                g_array_unref (next->table);
        *next = (StoreNext){ NULL };
}

static gboolean
next_add (StoreNext *next, SekiStore *store, guint index, GError **error)
{
        const StoreEntry *old = &g_array_index (store->table, StoreEntry, index);
        StoreEntry entry = { old->id, next->table->len, { 0 } };
        SekiStoreSecret secret = { old->id, { 0 } };
        guint8 *cell = next->file + next->len;
        gboolean ok;

        pthread_mutex_lock (&store->table_lock);
        ok = store_open_secret (store, index, secret.secret, error);
        pthread_mutex_unlock (&store->table_lock);
        ok = ok && entry_seal (store->master, next->file, entry.position, &secret, cell, error);
        seki_wipe (secret.secret, sizeof secret.secret);
        if (!ok)
                return FALSE;
        memcpy (entry.sealed, cell + ENTRY_BOUND, SEALED_LEN);
        g_array_append_val (next->table, entry);
        next->len += CELL;
        return TRUE;
}

/* Every entry that is not marked gone, sealed anew.  Only the holder of
 * write_lock changes the table, so it can be read here without table_lock. */
static gboolean
next_make (StoreNext *next, SekiStore *store, const gboolean *gone, GError **error)
{
        next->file = g_try_malloc (((gsize) store->table->len + 1) * CELL);
        next->table = g_array_new (FALSE, FALSE, sizeof (StoreEntry));
        next->len = CELL;
        if (next->file == NULL || !header_make (store->header, next->file)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT, _("There is no memory to rewrite the key store."));
                return FALSE;
        }
        for (guint i = 0; i < store->table->len; i++)
                if (!gone[i] && !next_add (next, store, i, error))
                        return FALSE;
        return TRUE;
}

/* From here the old store has a second name, under which a start after a power
 * cut finds and wipes it. */
static gboolean
next_rename (SekiFolder folder, GError **error)
{
        if (linkat (folder.fd, SEKI_STORE_FILE, folder.fd, OLD, 0) == 0 && fsync (folder.fd) == 0 &&
            renameat (folder.fd, NEW, folder.fd, SEKI_STORE_FILE) == 0)
                return TRUE;
        seki_keyfile_fail (folder, SEKI_STORE_FILE, error);
        seki_keyfile_wipe (folder, OLD, SEKI_STORE_FILE, NULL);
        seki_keyfile_wipe (folder, NEW, SEKI_STORE_FILE, NULL);
        return FALSE;
}

static void
store_switch (SekiStore *store, StoreNext *next)
{
        GArray *old = store->table;

        pthread_mutex_lock (&store->table_lock);
        store->table = g_steal_pointer (&next->table);
        store->cells = store->table->len;
        memcpy (store->header, next->file, CELL);
        pthread_mutex_unlock (&store->table_lock);
        seki_wipe (old->data, old->len * sizeof (StoreEntry));
        g_array_unref (old);
}

static gboolean
store_replace (SekiStore *store, StoreNext *next, GError **error)
{
        SekiFolder folder = store->folder;

        if (!seki_keyfile_wipe (folder, OLD, SEKI_STORE_FILE, error) ||
            !seki_keyfile_write (folder, NEW, seki_span (next->file, next->len), error) ||
            !next_rename (folder, error))
                return FALSE;
        store_switch (store, next);
        close (store->fd);
        store->fd = openat (folder.fd, SEKI_STORE_FILE, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        /* The new name must be durable before the old bytes go, or a power cut
         * leaves neither. */
        if (store->fd < 0 || fsync (folder.fd) != 0) {
                store->failed = TRUE;
                return seki_keyfile_fail (folder, SEKI_STORE_FILE, error);
        }
        return seki_keyfile_wipe (folder, OLD, SEKI_STORE_FILE, error);
}

static guint
store_mark (SekiStore *store, const SekiStoreId *ids, gsize n_ids, gboolean *gone)
{
        guint n = 0, at;

        for (gsize i = 0; i < n_ids; i++)
                if (table_find (store->table, &ids[i], &at) && !gone[at]) {
                        gone[at] = TRUE;
                        n++;
                }
        return n;
}

gboolean
seki_store_destroy (SekiStore *store, const SekiStoreId *ids, gsize n_ids, GError **error)
{
        StoreNext next = { NULL };
        g_autofree gboolean *gone = NULL;
        gboolean ok = TRUE;

        pthread_mutex_lock (&store->write_lock);
        gone = g_new0 (gboolean, MAX (store->table->len, 1));
        if (store->failed)
                ok = store_refuse_failed (store, error);
        else if (store_mark (store, ids, n_ids, gone) > 0)
                ok = next_make (&next, store, gone, error) && store_replace (store, &next, error);
        next_clear (&next);
        pthread_mutex_unlock (&store->write_lock);
        return ok;
}
