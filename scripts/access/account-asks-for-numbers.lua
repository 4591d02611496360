-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(1)
-- 口座管理機関は自らの加入者の番号を振替機関へ請求できる
-- An account institution asks for numbers of its own participants
policy "1"

access.permit {
        id = "ACC-130",
        title = {
                ja = "口座管理機関は自らの加入者の番号を振替機関へ請求できる",
                en = "An account institution asks for numbers of its own participants",
        },
        clause = "4.3(1)",
        on = { action = "account.request",
               caller = one_of { "office", "person" } },
        when = {
                effect = one_of { "message", "send" },
        },
        because = {
                ja = "国税通則法第74条の13の4第2項の請求",
                en = "Request under the General Rules Act, article 74-13-4(2)",
        },
}
