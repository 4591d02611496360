/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/proofs.h"

#include "base/text.h"
#include "kernel/witness.h"

SekiProofKind
seki_proof_kind (SekiSpan action)
{
        if (seki_span_is (action, "ledger.consistency"))
                return SEKI_PROOF_CONSISTENCY;
        return seki_span_is (action, "ledger.inclusion") ? SEKI_PROOF_INCLUSION : SEKI_PROOF_NONE;
}

/* requests */

static void
write_checkpoint (SekiSpan checkpoint, SekiCborWriter *writer)
{
        if (checkpoint.data == NULL)
                return;
        seki_cbor_write_literal (writer, "checkpoint");
        seki_cbor_write_text (writer, checkpoint);
}

void
seki_proof_request_write (const SekiProofRequest *request, SekiCborWriter *writer)
{
        gboolean consistency = request->kind == SEKI_PROOF_CONSISTENCY;

        seki_cbor_write_map (writer, request->checkpoint.data != NULL ? 3 : 2);
        seki_cbor_write_literal (writer, consistency ? "new" : "size");
        seki_cbor_write_uint (writer, request->size);
        seki_cbor_write_literal (writer, consistency ? "old" : "index");
        if (consistency)
                seki_cbor_write_uint (writer, request->old);
        else if (request->many)
                seki_cbor_write_array (writer, request->n_indexes);
        for (gsize i = 0; i < request->n_indexes; i++)
                seki_cbor_write_uint (writer, request->indexes[i]);
        write_checkpoint (request->checkpoint, writer);
}

static gboolean
read_indexes (SekiCborReader *reader, SekiProofRequest *request, GError **error)
{
        request->many = seki_cbor_peek (reader) == SEKI_CBOR_ARRAY;
        request->n_indexes = 1;
        if (request->many &&
            !seki_cbor_read_array (reader, SEKI_PROOF_MANY, &request->n_indexes, error))
                return FALSE;
        for (gsize i = 0; i < request->n_indexes; i++)
                if (!seki_cbor_read_uint (reader, &request->indexes[i], error))
                        return FALSE;
        return TRUE;
}

static gboolean
request_read_member (SekiCborReader *reader, SekiSpan key, SekiProofRequest *request, guint *seen,
                     GError **error)
{
        gboolean consistency = request->kind == SEKI_PROOF_CONSISTENCY;

        if (seki_span_is (key, consistency ? "new" : "size")) {
                *seen |= 1;
                return seki_cbor_read_uint (reader, &request->size, error);
        }
        if (consistency && seki_span_is (key, "old")) {
                *seen |= 2;
                return seki_cbor_read_uint (reader, &request->old, error);
        }
        if (!consistency && seki_span_is (key, "index")) {
                *seen |= 2;
                return read_indexes (reader, request, error);
        }
        if (seki_span_is (key, "checkpoint"))
                return seki_cbor_read_text (reader, &request->checkpoint, error);
        return seki_cbor_fail (reader, N_("a request for a proof has no such member"), error);
}

static gboolean
request_read (SekiSpan body, SekiProofRequest *request, GError **error)
{
        SekiCborReader reader;
        SekiSpan key = SEKI_SPAN_NONE;
        guint seen = 0;
        gsize n;

        seki_cbor_reader_init (&reader, body);
        if (!seki_cbor_read_map (&reader, 3, &n, error))
                return FALSE;
        for (gsize i = 0; i < n; i++)
                if (!seki_cbor_read_key (&reader, &key, error) ||
                    !request_read_member (&reader, key, request, &seen, error))
                        return FALSE;
        if (seen != 3 || request->old > request->size)
                return seki_cbor_fail (
                        &reader,
                        N_("a request for a proof names two sizes, or a size and places in it"),
                            error);
        for (gsize i = 0; i < request->n_indexes; i++)
                if (request->indexes[i] >= request->size)
                        return seki_cbor_fail (
                                &reader, N_("a place lies beyond the size it is to be proven in"),
                                             error);
        return seki_cbor_read_end (&reader, error);
}

/* answering */

static void
write_path (const GByteArray *path, SekiCborWriter *out)
{
        seki_cbor_write_array (out, path->len / 32);
        for (guint at = 0; at < path->len; at += 32)
                seki_cbor_write_bytes (out, seki_span (path->data + at, 32));
}

static gboolean
write_inclusions (SekiTiles *tiles, const SekiProofRequest *request, GByteArray *path,
                  SekiCborWriter *out, GError **error)
{
        if (request->many)
                seki_cbor_write_array (out, request->n_indexes);
        for (gsize i = 0; i < request->n_indexes; i++) {
                if (!seki_tiles_inclusion (tiles, request->indexes[i], request->size, path, error))
                        return FALSE;
                write_path (path, out);
        }
        return TRUE;
}

static gboolean
write_answer (const SekiKernel *kernel, const SekiProofRequest *request, SekiArena *arena,
              SekiCborWriter *out, GError **error)
{
        g_autoptr (GByteArray) path = g_byte_array_new ();
        SekiSpan own = seki_witness_get_own (kernel->witness, arena);

        seki_cbor_write_map (out, own.data != NULL ? 2 : 1);
        seki_cbor_write_literal (out, "path");
        if (request->kind == SEKI_PROOF_INCLUSION) {
                if (!write_inclusions (kernel->tiles, request, path, out, error))
                        return FALSE;
        } else {
                if (!seki_tiles_consistency (kernel->tiles, request->old, request->size, path,
                                             error))
                        return FALSE;
                write_path (path, out);
        }
        write_checkpoint (own, out);
        return TRUE;
}

static guint
answer_refuse (SekiCborWriter *out, guint status, const char *reason, const char *sentence)
{
        SekiAnswer answer = { .error = sentence, .reason = reason };

        seki_cbor_writer_clear (out);
        seki_cbor_writer_init (out, NULL);
        seki_answer_write (&answer, out);
        return status;
}

static guint
status_of (const GError *error)
{
        switch (error->code) {
        case SEKI_ERROR_MISSING:
                return SEKI_PROOF_GONE;
        case SEKI_ERROR_INVALID:
        case SEKI_ERROR_LIMIT:
                return 400;
        default:
                return 503;
        }
}

guint
seki_proofs_answer (const SekiKernel *kernel, const SekiParty *caller, SekiSpan action,
                    SekiSpan body, SekiCborWriter *out)
{
        g_autoptr (SekiArena) arena = seki_arena_new (0);
        g_autoptr (GError) error = NULL;
        SekiProofRequest request = { .kind = seki_proof_kind (action) };

        if (!request_read (body, &request, &error))
                return answer_refuse (out, 400, NULL, error->message);
        if (caller->kind == SEKI_CALLER_NODE &&
            !seki_witness_take (kernel->witness, caller, request.checkpoint))
                return answer_refuse (out, 403, "ledger-contradicts", NULL);
        if (!write_answer (kernel, &request, arena, out, &error))
                return answer_refuse (out, status_of (error), NULL, error->message);
        return 200;
}

/* reading answers */

static gboolean
read_path (SekiCborReader *reader, SekiProofAnswer *answer, gsize *out_len, GError **error)
{
        SekiSpan hash;

        if (!seki_cbor_read_array (reader, SEKI_PROOF_PATH, out_len, error))
                return FALSE;
        for (gsize i = 0; i < *out_len; i++) {
                if (!seki_cbor_read_bytes (reader, &hash, error))
                        return FALSE;
                if (hash.len != 32)
                        return seki_cbor_fail (reader, N_("a hash has 32 bytes"), error);
                g_byte_array_append (answer->hashes, hash.data, 32);
        }
        return TRUE;
}

static gboolean
read_paths (SekiCborReader *reader, gboolean many, SekiProofAnswer *answer, GError **error)
{
        answer->n = 1;
        if (many && !seki_cbor_read_array (reader, SEKI_PROOF_MANY, &answer->n, error))
                return FALSE;
        for (gsize i = 0; i < answer->n; i++)
                if (!read_path (reader, answer, &answer->lens[i], error))
                        return FALSE;
        return TRUE;
}

gboolean
seki_proof_answer_read (SekiSpan body, gboolean many, SekiProofAnswer *out_answer, GError **error)
{
        SekiCborReader reader;
        SekiSpan key = SEKI_SPAN_NONE;
        gsize n;

        *out_answer = (SekiProofAnswer){ .hashes = g_byte_array_sized_new (1024) };
        seki_cbor_reader_init (&reader, body);
        if (!seki_cbor_read_map (&reader, 2, &n, error) ||
            !seki_cbor_read_key (&reader, &key, error))
                return FALSE;
        if (!seki_span_is (key, "path"))
                return seki_cbor_fail (
                        &reader, N_("an answer to a request for a proof begins with its path"),
                                     error);
        if (!read_paths (&reader, many, out_answer, error))
                return FALSE;
        if (n == 1)
                return seki_cbor_read_end (&reader, error);
        if (!seki_cbor_read_key (&reader, &key, error))
                return FALSE;
        if (!seki_span_is (key, "checkpoint"))
                return seki_cbor_fail (
                        &reader, N_("an answer to a request for a proof ends with a checkpoint"),
                                     error);
        return seki_cbor_read_text (&reader, &out_answer->checkpoint, error) &&
               seki_cbor_read_end (&reader, error);
}

void
seki_proof_answer_clear (SekiProofAnswer *answer)
{
        g_clear_pointer (&answer->hashes, g_byte_array_unref);
}
