-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(1)
-- clause: 4.3(4)
-- 口座管理機関は加入者情報を振替機関へ送付できる
-- An account institution sends records to the transfer institution
policy "1"

access.permit {
        id = "ACC-120",
        title = {
                ja = "口座管理機関は加入者情報を振替機関へ送付できる",
                en = "An account institution sends records to the transfer institution",
        },
        clause = { "4.3(1)", "4.3(4)" },
        on = { action = "account.send",
               caller = one_of { "office", "person" } },
        when = {
                effect = one_of { "message", "put", "send" },
        },
        because = {
                ja = "告示第1の1(2)の送信",
                en = "Sending as in part 1, 1(2) of the notification",
        },
}
