-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(1)
-- clause: 4.3(4)
-- 振替機関は口座管理機関が送る加入者情報を記録する
-- The transfer institution keeps what account institutions send
policy "1"

access.permit {
        id = "ACC-210",
        title = {
                ja = "振替機関は口座管理機関が送る加入者情報を記録する",
                en = "The transfer institution keeps what account institutions send",
        },
        clause = { "4.3(1)", "4.3(4)" },
        on = { action = one_of { "transfer.register", "transfer.correct", "transfer.withdraw",
                                 "transfer.close" },
               caller = "node" },
        when = {
                caller_role = is "account",
                effect = one_of { "message", "put", "send", "report" },
        },
        because = {
                ja = "告示第1の1(1)の記録及び保存",
                en = "Recording and keeping as in part 1, 1(1)",
        },
}
