/* SPDX-License-Identifier: Apache-2.0 */
/* What the table of commands calls; one file per noun. */
#pragma once

#include "cli/command.h"

G_BEGIN_DECLS

gboolean seki_check_run (SekiInvocation *in, GError **error);
gboolean seki_run_run (SekiInvocation *in, GError **error);
gboolean seki_status_run (SekiInvocation *in, GError **error);
gboolean seki_reload_run (SekiInvocation *in, GError **error);
gboolean seki_config_schema (SekiInvocation *in, GError **error);
gboolean seki_config_show (SekiInvocation *in, GError **error);
gboolean seki_peer_list (SekiInvocation *in, GError **error);
gboolean seki_peer_test (SekiInvocation *in, GError **error);
gboolean seki_key_init (SekiInvocation *in, GError **error);
gboolean seki_key_request (SekiInvocation *in, GError **error);
gboolean seki_key_install (SekiInvocation *in, GError **error);
gboolean seki_key_backup (SekiInvocation *in, GError **error);
gboolean seki_key_restore (SekiInvocation *in, GError **error);
gboolean seki_key_unseal (SekiInvocation *in, GError **error);
gboolean seki_key_seal (SekiInvocation *in, GError **error);
gboolean seki_key_show (SekiInvocation *in, GError **error);
gboolean seki_approval_run_propose (SekiInvocation *in, GError **error);
gboolean seki_approval_run_sign (SekiInvocation *in, GError **error);
gboolean seki_approval_run_submit (SekiInvocation *in, GError **error);
gboolean seki_approval_run_list (SekiInvocation *in, GError **error);
gboolean seki_import_run (SekiInvocation *in, GError **error);
gboolean seki_send_run (SekiInvocation *in, GError **error);
gboolean seki_request_run (SekiInvocation *in, GError **error);
gboolean seki_export_run (SekiInvocation *in, GError **error);
gboolean seki_record_show (SekiInvocation *in, GError **error);
gboolean seki_record_story (SekiInvocation *in, GError **error);
gboolean seki_record_reports (SekiInvocation *in, GError **error);
gboolean seki_record_settle (SekiInvocation *in, GError **error);
gboolean seki_queue_list (SekiInvocation *in, GError **error);
gboolean seki_queue_run_retry (SekiInvocation *in, GError **error);
gboolean seki_queue_run_cancel (SekiInvocation *in, GError **error);
gboolean seki_ledger_verify (SekiInvocation *in, GError **error);
gboolean seki_ledger_prove (SekiInvocation *in, GError **error);
gboolean seki_ledger_checkpoint (SekiInvocation *in, GError **error);
gboolean seki_ledger_show (SekiInvocation *in, GError **error);
gboolean seki_module_list (SekiInvocation *in, GError **error);
gboolean seki_module_inspect (SekiInvocation *in, GError **error);
gboolean seki_policy_lint (SekiInvocation *in, GError **error);
gboolean seki_manual_page (SekiInvocation *in, GError **error);
gboolean seki_manual_profile (SekiInvocation *in, GError **error);
gboolean seki_manual_completion (SekiInvocation *in, GError **error);

G_END_DECLS
