-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(1)
-- clause: 4.3(4)
-- 口座管理機関は受領した記録の訂正・取消し・閉鎖を受け付ける
-- An account institution takes changes of records it received
policy "1"

access.permit {
        id = "ACC-150",
        title = {
                ja = "口座管理機関は受領した記録の訂正・取消し・閉鎖を受け付ける",
                en = "An account institution takes changes of records it received",
        },
        clause = { "4.3(1)", "4.3(4)" },
        on = { action = one_of { "account.corrected", "account.withdrawn", "account.closed" },
               caller = "node" },
        when = {
                caller_role = one_of { "transfer", "account" },
                effect = one_of { "message", "put", "send", "report" },
        },
        because = {
                ja = "記録を渡した機関からの変更だけを受け付ける",
                en = "Changes come from institutions in a role that may have given the record",
        },
}
