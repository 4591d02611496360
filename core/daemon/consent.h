/* SPDX-License-Identifier: Apache-2.0 */
/* Consent to a profile (D20): its digest must be approved before the node is
 * unsealed.
 *
 * Who may approve is named in the profile itself, so a changed profile must be
 * approved by persons the last approved one enrolled.  Their certificates'
 * digests lie in data/approvals/enrolled, sealed under a key of the keyring:
 * [ profile digest, [ [ id, certificate digest ], ... ] ].  Main thread. */
#pragma once

#include "daemon/profile.h"
#include "kernel/approval.h"

G_BEGIN_DECLS

typedef struct SekiConsent SekiConsent;

/* All lent for the life of the consent. */
SekiConsent *seki_consent_new (SekiProfile *profile, SekiTrust *trust, const SekiClock *clock);
void seki_consent_free (SekiConsent *consent); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SekiConsent, seki_consent_free)
const SekiApprovals *seki_consent_get_approvals (SekiConsent *consent);
/* A statement that approves the profile as it stands, to be signed; freed with g_free. */
char *seki_consent_statement (SekiConsent *consent);

/* Whether the profile is approved now; the error says what to do. */
gboolean seki_consent_check (SekiConsent *consent, SekiApproval *out_approval, GError **error);
/* With an unsealed keyring: whether a changed profile is approved by persons that
 * were enrolled before; then out_approval is theirs, else it is left alone. */
gboolean seki_consent_check_enrolled (SekiConsent *consent, SekiKeyring *keyring,
                                      SekiApproval *out_approval, GError **error);
/* From now on the persons of this profile are the enrolled ones. */
gboolean seki_consent_enrol (SekiConsent *consent, SekiKeyring *keyring, GError **error);

G_END_DECLS
