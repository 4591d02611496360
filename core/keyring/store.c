/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/cell.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <pthread.h>
#include <unistd.h>

#define CELL SEKI_STORE_CELL
#define ENTRY_BOUND SEKI_CELL_BOUND
#define SEALED_LEN SEKI_CELL_SEALED
#define STORE_MAX ((gsize) 1 << 30)
#define OLD SEKI_STORE_FILE ".old"
#define NEW SEKI_STORE_FILE ".new"

typedef struct {
        SekiStoreId id;
        guint32 position; /* in the file; part of what is sealed */
        guint8 sealed[SEALED_LEN];
} StoreEntry;

struct SekiStore {
        SekiFolder folder;
        PK11SymKey *master;
        pthread_mutex_t write_lock; /* the file and key.seal; taken before table_lock */
        int fd;
        gboolean failed;            /* a write failed: what the disk holds is not known */
        pthread_mutex_t table_lock; /* the rest and key.open */
        SekiAead key;
        GArray *table; /* StoreEntry, sorted by id */
        guint32 cells; /* entries in the file */
        gsize torn;
        guint8 header[CELL];
};

static gboolean
store_damaged (SekiFolder folder, gsize cell, GError **error)
{
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                     _("The key store “%s/%s” is damaged at byte %zu"
                       ". Nothing was changed. Restore it from a backup of the keys."),
                     folder.path, SEKI_STORE_FILE, cell * CELL);
        return FALSE;
}

static gint
entry_compare (gconstpointer a, gconstpointer b)
{
        return memcmp (a, b, sizeof (SekiStoreId)); /* the id comes first */
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

static gboolean
header_check (SekiFolder folder, SekiSpan file, GError **error)
{
        guint32 format;

        if (!seki_cell_read_header (file, &format))
                return store_damaged (folder, 0, error);
        if (format == SEKI_STORE_FORMAT)
                return TRUE;
        g_set_error (error, SEKI_ERROR, SEKI_ERROR_DAMAGED,
                     _("The key store “%s/%s” has format %u, and this program reads format %u. "
                       "Nothing was changed. "
                       "Use the program that wrote it, or restore it from a backup of the keys."),
                     folder.path, SEKI_STORE_FILE, format, SEKI_STORE_FORMAT);
        return FALSE;
}

gboolean
seki_store_probe (SekiFolder folder, GError **error)
{
        g_autoptr (SekiSecret) file = seki_keyfile_read (folder, SEKI_STORE_FILE, STORE_MAX, error);

        return file != NULL && header_check (folder, seki_secret_get_span (file), error);
}

static gboolean
store_write_first (SekiFolder folder, SekiAead *key, guint8 *file, const SekiStoreSecret *secrets,
                   gsize n_secrets, GError **error)
{
        for (gsize i = 0; i < n_secrets; i++)
                if (!seki_cell_seal (key, file, (guint32) i, &secrets[i], file + (i + 1) * CELL,
                                     error))
                        return FALSE;
        return seki_keyfile_replace (folder, SEKI_STORE_FILE,
                                     seki_span (file, (n_secrets + 1) * CELL), error);
}

gboolean
seki_store_create (SekiFolder folder, PK11SymKey *master, const SekiStoreSecret *secrets,
                   gsize n_secrets, GError **error)
{
        g_autofree guint8 *file = g_try_malloc ((n_secrets + 1) * CELL);
        SekiAead key;
        gboolean ok;

        if (file == NULL || seki_keyfile_exists (folder, SEKI_STORE_FILE)) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFLICT,
                             _("“%s” holds a key store already, or there is no memory for one."),
                             folder.path);
                return FALSE;
        }
        ok = seki_cell_make_header (master, NULL, file, &key, error) &&
             store_write_first (folder, &key, file, secrets, n_secrets, error);
        seki_aead_clear (&key);
        return ok;
}

static gboolean
store_load_entry (SekiStore *store, const guint8 *cell)
{
        SekiStoreSecret secret;
        StoreEntry entry;
        gboolean ok = seki_cell_open (&store->key, store->header, store->cells, cell, &secret);

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
        return len < CELL || (len == CELL && seki_cell_is_zero (tail, len));
}

static gboolean
store_load (SekiStore *store, GError **error)
{
        g_autoptr (SekiSecret) text = seki_keyfile_read (store->folder, SEKI_STORE_FILE, STORE_MAX,
                                                         error);
        SekiSpan file;

        if (text == NULL)
                return FALSE;
        file = seki_secret_get_span (text);
        if (!header_check (store->folder, file, error))
                return FALSE;
        memcpy (store->header, file.data, CELL);
        seki_aead_init_take (&store->key, seki_cell_unwrap_key (store->master, store->header));
        if (store->key.key == NULL)
                return store_damaged (store->folder, 0, error);
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
seki_store_open (SekiFolder folder, PK11SymKey *master, GError **error)
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
        seki_aead_clear (&store->key);
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

        return seki_cell_open_sealed (&store->key, store->header, &entry->id, entry->position,
                                      entry->sealed, out, error);
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
                             _("The key is not in the key store “%s/%s”: it was destroyed, or "
                               "never made."),
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
                     _("The key store “%s/%s” could not be written before. Repair the disk and "
                       "unseal again."),
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
        if (!seki_cell_seal (&store->key, store->header, store->cells, secret, cell, error))
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
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_CONFLICT,
                             _("The key store “%s/%s” has this key already."), store->folder.path,
                             SEKI_STORE_FILE);
        else if (((gsize) store->cells + 2) * CELL > STORE_MAX)
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                             _("The key store “%s/%s” is full."), store->folder.path,
                             SEKI_STORE_FILE);
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
        guint8 *file; /* header and cells */
        gsize len;
        GArray *table;
        SekiAead key;
} StoreNext;

static void
next_clear (StoreNext *next)
{
        g_free (next->file);
        seki_aead_clear (&next->key);
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
        ok = ok && seki_cell_seal (&next->key, next->file, entry.position, &secret, cell, error);
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
        if (next->file == NULL) {
                g_set_error (error, SEKI_ERROR, SEKI_ERROR_LIMIT,
                             _("There is no memory to rewrite the key store."));
                return FALSE;
        }
        if (!seki_cell_make_header (store->master, store->header, next->file, &next->key, error))
                return FALSE;
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
        SekiAead old_key = store->key;

        pthread_mutex_lock (&store->table_lock);
        store->key = next->key;
        next->key = old_key;
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
