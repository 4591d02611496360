-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.3(4)
-- clause: 4.8(1)ア
-- 発行者等・口座管理機関でない相手への番号の提供
-- A number provided to who is neither issuer nor account institution
policy "1"

access.forbid {
        id = "ACC-909",
        title = {
                ja = "発行者等・口座管理機関でない相手への番号の提供",
                en = "A number provided to who is neither issuer nor account institution",
        },
        clause = { "4.3(4)", "4.8(1)ア" },
        on = { action = "transfer.provide" },
        when = {
                effect = is "give",
                peer_role = not_one_of { "account", "issuer" },
        },
        because = {
                ja = "請求できる者は法律に限られている",
                en = "The law closes the set of those who may ask",
        },
}
