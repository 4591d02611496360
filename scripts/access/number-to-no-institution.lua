-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(4)
-- clause: 4.8(1)ア
-- いずれの役割も持たない相手への番号の送信
-- A number sent to somebody in none of the three roles
policy "1"

access.forbid {
        id = "ACC-905",
        title = {
                ja = "いずれの役割も持たない相手への番号の送信",
                en = "A number sent to somebody in none of the three roles",
        },
        clause = { "4.3(4)", "4.8(1)ア" },
        on = { action = any },
        when = {
                effect = is "send",
                with_number = yes,
                peer_role = is "none",
        },
        because = {
                ja = "番号が渡るのは振替機関・口座管理機関・発行者等の間だけである",
                en = "Numbers travel between the three roles only",
        },
}
