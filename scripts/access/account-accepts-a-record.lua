-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(1)
-- clause: 4.3(4)
-- 口座管理機関は他の口座管理機関が引き渡した記録を受け入れる
-- An account institution accepts a record that another one passes
policy "1"

access.permit {
        id = "ACC-141",
        title = {
                ja = "口座管理機関は他の口座管理機関が引き渡した記録を受け入れる",
                en = "An account institution accepts a record that another one passes",
        },
        clause = { "4.3(1)", "4.3(4)" },
        on = { action = "account.accept",
               caller = "node" },
        when = {
                caller_role = is "account",
                effect = one_of { "message", "put", "send", "report" },
        },
        because = {
                ja = "告示第1の1(2)の記録及び保存",
                en = "Recording and keeping as in part 1, 1(2)",
        },
}
