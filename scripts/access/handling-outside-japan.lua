-- SPDX-License-Identifier: Apache-2.0
-- clause: 4.8(1)イ
-- clause: 3.1(1)ア
-- 国外での取扱い
-- Handling outside Japan
policy "1"

access.forbid {
        id = "ACC-901",
        title = {
                ja = "国外での取扱い",
                en = "Handling outside Japan",
        },
        clause = { "4.8(1)イ", "3.1(1)ア" },
        on = { action = any },
        when = {
                country = not_one_of { "JP" },
        },
        because = {
                ja = "特定個人情報は国内で取り扱う",
                en = "Specific Personal Information is handled in Japan only",
        },
}
