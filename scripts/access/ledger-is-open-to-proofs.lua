-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.4(5)
-- 相手機関と自機関は台帳の証明を求めることができる
-- Peers and the own institution may ask for proofs of the ledger
policy "1"

access.permit {
        id = "ACC-500",
        title = {
                ja = "相手機関と自機関は台帳の証明を求めることができる",
                en = "Peers and the own institution may ask for proofs of the ledger",
        },
        clause = "4.4(5)",
        on = { action = one_of { "ledger.consistency", "ledger.inclusion",
                                 "ledger.checkpoint" } },
        when = {
                effect = one_of { "message", "give" },
        },
        because = {
                ja = "台帳の葉には個人に関する情報がない",
                en = "Leaves of the ledger hold nothing personal",
        },
}
