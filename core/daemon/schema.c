/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/profile.h"

#include "base/text.h"

static const char *const marks[] = { "production", "test", NULL };

static const SekiProfileKey schema[] = {
        { "node", "id", SEKI_VALUE_TEXT, 1, 31, NULL, TRUE, NULL, N_("institution id of this node, the same in every peer's profile") },
        { "node", "roles", SEKI_VALUE_LIST, 1, 3, NULL, TRUE, NULL, N_("transfer, account, issuer: what this institution is") },
        { "node", "mark", SEKI_VALUE_WORD, 0, 0, NULL, TRUE, marks, N_("production or test; the two refuse each other") },
        { "node", "country", SEKI_VALUE_TEXT, 2, 2, NULL, TRUE, NULL, N_("country the node and its data are in, two letters (4.8(1))") },
        { "node", "data", SEKI_VALUE_PATH, 0, 0, NULL, TRUE, NULL, N_("folder of keys, store, ledger and approvals") },
        { "node", "listen", SEKI_VALUE_ENDPOINT, 0, 0, NULL, TRUE, NULL, N_("numeric address and port for peers and offices") },
        { "node", "name", SEKI_VALUE_TEXT, 1, 200, NULL, TRUE, NULL, N_("DNS name in the node's certificate") },
        { "node", "origin", SEKI_VALUE_TEXT, 1, 100, NULL, FALSE, NULL, N_("origin of the ledger; the node's name if absent") },
        { "node", "codes", SEKI_VALUE_LIST, 0, 1024, "", FALSE, NULL, N_("own participant codes, 7 digits each") },
        { "node", "issues", SEKI_VALUE_LIST, 0, 65536, "", FALSE, NULL, N_("issues this institution is issuer of") },
        { "node", "workers", SEKI_VALUE_INT, 1, 64, "1", FALSE, NULL, N_("threads that serve channels") },
        { "node", "control", SEKI_VALUE_PATH, 0, 0, NULL, FALSE, NULL, N_("control socket; data/control if absent") },
        { "node", "metrics", SEKI_VALUE_PATH, 0, 0, NULL, FALSE, NULL, N_("where OpenMetrics are answered over HTTP: path of a socket, or 127.0.0.1:PORT; nowhere if absent") },
        { "trust", "authorities", SEKI_VALUE_LIST, 1, 64, NULL, TRUE, NULL, N_("PEM files of the certificate authorities") },
        { "trust", "lists", SEKI_VALUE_LIST, 1, 64, NULL, TRUE, NULL, N_("revocation lists, one for each authority; a missing or stale one refuses") },
        { "person", "certificate", SEKI_VALUE_PATH, 0, 0, NULL, TRUE, NULL, N_("PEM file of the person's certificate") },
        { "person", "duties", SEKI_VALUE_LIST, 0, 16, "", FALSE, NULL, N_("what the person is responsible for") },
        { "person", "login", SEKI_VALUE_TEXT, 0, 32, NULL, FALSE, NULL, N_("account of the person on this machine") },
        { "peer", "roles", SEKI_VALUE_LIST, 1, 3, NULL, TRUE, NULL, N_("transfer, account, issuer: what the institution is") },
        { "peer", "country", SEKI_VALUE_TEXT, 2, 2, NULL, TRUE, NULL, N_("country the institution's system is in, two letters") },
        { "peer", "name", SEKI_VALUE_TEXT, 1, 200, NULL, TRUE, NULL, N_("DNS name in its certificate") },
        { "peer", "from", SEKI_VALUE_LIST, 0, 64, "", FALSE, NULL, N_("addresses or networks it calls from (3.3(1))") },
        { "peer", "to", SEKI_VALUE_ENDPOINT, 0, 0, NULL, FALSE, NULL, N_("numeric address and port to call it at") },
        { "peer", "codes", SEKI_VALUE_LIST, 0, 1024, "", FALSE, NULL, N_("its participant codes, 7 digits each") },
        { "peer", "issues", SEKI_VALUE_LIST, 0, 65536, "", FALSE, NULL, N_("issues it is issuer of") },
        { "peer", "ledger-key", SEKI_VALUE_TEXT, 0, 512, NULL, FALSE, NULL, N_("verifier key of its ledger, as its ledger key prints it") },
        { "office", "name", SEKI_VALUE_TEXT, 1, 200, NULL, TRUE, NULL, N_("DNS name in the back-office system's certificate") },
        { "office", "from", SEKI_VALUE_LIST, 1, 64, NULL, TRUE, NULL, N_("addresses or networks it calls from") },
        { "module", "file", SEKI_VALUE_PATH, 0, 0, NULL, FALSE, NULL, N_("the module's file; found among the installed ones if absent") },
        { "module", "digest", SEKI_VALUE_TEXT, 64, 64, NULL, TRUE, NULL, N_("SHA-256 of the file, 64 hexadecimal digits") },
        { "module", "number", SEKI_VALUE_BOOL, 0, 0, "no", FALSE, NULL, N_("whether the module may be handed number parts") },
        { "retention", "years", SEKI_VALUE_INT, 0, 100, NULL, TRUE, NULL, N_("calendar years a record is kept after the year it came, until rules say otherwise") },
        { "limits", "handshake", SEKI_VALUE_SECONDS, 1, 60, "10s", FALSE, NULL, N_("longest handshake") },
        { "limits", "idle", SEKI_VALUE_SECONDS, 10, 86400, "10m", FALSE, NULL, N_("longest silence of a channel") },
        { "limits", "write", SEKI_VALUE_SECONDS, 1, 600, "30s", FALSE, NULL, N_("longest wait for a reader to take 16 KiB") },
        { "limits", "channels", SEKI_VALUE_INT, 1, 65536, "4096", FALSE, NULL, N_("channels of one worker") },
        { "limits", "streams", SEKI_VALUE_INT, 1, 1024, "128", FALSE, NULL, N_("messages at once on one channel") },
        { "limits", "body", SEKI_VALUE_SIZE, 4096, 67108864, "4M", FALSE, NULL, N_("longest body of one message") },
        { "limits", "memory", SEKI_VALUE_SIZE, 1048576, G_GINT64_CONSTANT (1073741824), "64M", FALSE, NULL, N_("memory one message may need") },
        { NULL },
};

const SekiProfileKey *
seki_profile_schema (void)
{
        return schema;
}
