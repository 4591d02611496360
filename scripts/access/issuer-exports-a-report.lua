-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(1)
-- clause: 4.8(1)ア
-- 発行者等は支払調書のために記録を出力できる
-- An issuer reads records out for its statutory reports
policy "1"

access.permit {
        id = "ACC-330",
        title = {
                ja = "発行者等は支払調書のために記録を出力できる",
                en = "An issuer reads records out for its statutory reports",
        },
        clause = { "4.3(1)", "4.8(1)ア" },
        on = { action = "issuer.export",
               caller = one_of { "office", "person" } },
        when = {
                effect = one_of { "message", "give" },
        },
        because = {
                ja = "目的の制限は ACC-902 による",
                en = "ACC-902 limits the purpose",
        },
}
