/* SPDX-License-Identifier: Apache-2.0 */
#include "persons.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const families[][2] = {
        { "佐藤", "サトウ" },   { "鈴木", "スズキ" },   { "高橋", "タカハシ" },
        { "田中", "タナカ" },   { "伊藤", "イトウ" },   { "渡辺", "ワタナベ" },
        { "山本", "ヤマモト" }, { "中村", "ナカムラ" }, { "小林", "コバヤシ" },
        { "加藤", "カトウ" },   { "吉田", "ヨシダ" },   { "山田", "ヤマダ" },
};
static const char *const names[][2] = {
        { "太郎", "タロウ" },   { "花子", "ハナコ" },   { "一郎", "イチロウ" },
        { "美咲", "ミサキ" },   { "健太", "ケンタ" },   { "陽子", "ヨウコ" },
        { "翔太", "ショウタ" }, { "由美子", "ユミコ" }, { "大輔", "ダイスケ" },
        { "恵子", "ケイコ" },   { "拓也", "タクヤ" },   { "明美", "アケミ" },
};
static const char *const cities[] = {
        "東京都千代田区",     "大阪府大阪市北区",   "北海道札幌市中央区", "福岡県福岡市博多区",
        "愛知県名古屋市中区", "神奈川県横浜市西区", "宮城県仙台市青葉区", "広島県広島市南区",
};
static const char *const towns[] = { "本町", "栄町",   "緑町",   "中央",
                                     "桜台", "旭ヶ丘", "富士見", "若葉町" };
static const char *const houses[] = {
        "第一ハイツ",   "グリーンコーポ", "サンライズマンション",
        "パークハイム", "メゾン若葉",     "コーポ富士見",
};

#define PICK(array, seed) ((array)[person_mix (seed) % (sizeof (array) / sizeof *(array))])

uint64_t
person_mix (uint64_t seed)
{
        seed += UINT64_C (0x9e3779b97f4a7c15);
        seed = (seed ^ (seed >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
        seed = (seed ^ (seed >> 27)) * UINT64_C (0x94d049bb133111eb);
        return seed ^ (seed >> 31);
}

static void
put_digits (char *out, unsigned n, uint64_t value)
{
        while (n-- > 0) {
                out[n] = (char) ('0' + value % 10);
                value /= 10;
        }
}

/* A bijection of the places spreads the codes; the multiplier is prime to ten. */
void
person_code (const char *prefix, uint64_t place, char out[CODE_LEN + 1])
{
        const uint64_t accounts = UINT64_C (100000000000000);
        uint64_t account =
                (uint64_t) ((unsigned __int128) (place + 1) * UINT64_C (61803398874989) % accounts);

        for (unsigned i = 0; i < PREFIX_LEN; i++)
                out[i] = prefix[i];
        put_digits (out + PREFIX_LEN, CODE_LEN - PREFIX_LEN, account);
        out[CODE_LEN] = '\0';
}

void
person_number (uint64_t place, char out[NUMBER_LEN + 1])
{
        unsigned sum = 0, rest;

        put_digits (out, NUMBER_LEN - 1,
                    person_mix (place ^ UINT64_C (0x6e756d626572)) % UINT64_C (100000000000));
        for (unsigned n = 1; n <= 11; n++)
                sum += (unsigned) (out[11 - n] - '0') * (n <= 6 ? n + 1 : n - 5);
        rest = sum % 11;
        out[11] = (char) ('0' + (rest <= 1 ? 0 : 11 - rest));
        out[NUMBER_LEN] = '\0';
}

void
person_make (const char *prefix, uint64_t place, Person *out)
{
        uint64_t seed = person_mix (place) << 8, dice = person_mix (seed + 1),
                 date = person_mix (seed + 2);
        const char *const *family = PICK (families, seed + 3);
        const char *const *name = PICK (names, seed + 4);

        person_code (prefix, place, out->code);
        person_number (place, out->number);
        snprintf (out->name, sizeof out->name, "%s　%s", family[0], name[0]);
        snprintf (out->kana, sizeof out->kana, "%s　%s", family[1], name[1]);
        snprintf (out->address, sizeof out->address,
                  "%s%s%u丁目%u番%u号　%s%u号室（旧届出住所　%s%s%u丁目%u番%u号　%s）",
                  PICK (cities, seed + 5), PICK (towns, seed + 6), 1 + (unsigned) (dice % 9),
                  1 + (unsigned) (dice / 9 % 30), 1 + (unsigned) (dice / 270 % 40),
                  PICK (houses, seed + 7), 101 + (unsigned) (dice / 10800 % 900),
                  PICK (cities, seed + 8), PICK (towns, seed + 9), 1 + (unsigned) (date % 9),
                  1 + (unsigned) (date / 9 % 30), 1 + (unsigned) (date / 270 % 40),
                  PICK (houses, seed + 10));
        snprintf (out->birth, sizeof out->birth, "%04u-%02u-%02u",
                  1930 + (unsigned) (dice >> 40) % 80, 1 + (unsigned) (dice >> 48) % 12,
                  1 + (unsigned) (date >> 48) % 28);
}
