/* SPDX-License-Identifier: Apache-2.0 */
/* Synthetic persons for the market: CSV on standard output, the same for the
 * same seed, any number of them in memory that stays flat.
 *
 *   persons KIND INSTITUTION FIRST COUNT [SEED [bad]]
 *
 * INSTITUTION is 1 or 2: whose account codes, and for 2 only characters that
 * CP932 can write.  With "bad" the rows that an import must reject, one of each
 * kind, stand in the middle.  KIND says what the rows are for:
 *   people      participants, with numbers
 *   codes       account codes alone
 *   holders     holdings as the book-entry system knows them
 *   requests    holders whose numbers an issuer asks for
 *   fixes       corrections: a new address, every third a new name
 *   pass        accounts that move to institution 2
 *   closures    accounts that are closed
 *
 * A number is a person's own: the check digits are right, and every valid number
 * may be somebody's, so these rows belong into stores that bear the test mark
 * and nowhere else. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
        const char *kanji, *kana;
} Word;

/* The last ones hold what conversions lose: compatibility ideographs, kanji
 * outside JIS X 0208 and outside the basic plane, a variation selector. */
static const Word families[] = {
        { "佐藤", "サトウ" }, { "鈴木", "スズキ" }, { "高橋", "タカハシ" }, { "田中", "タナカ" }, { "伊藤", "イトウ" },
        { "渡辺", "ワタナベ" }, { "山本", "ヤマモト" }, { "中村", "ナカムラ" }, { "小林", "コバヤシ" }, { "加藤", "カトウ" },
        { "吉田", "ヨシダ" }, { "山田", "ヤマダ" }, { "佐々木", "ササキ" }, { "山口", "ヤマグチ" }, { "松本", "マツモト" },
        { "井上", "イノウエ" }, { "木村", "キムラ" }, { "林", "ハヤシ" }, { "斎藤", "サイトウ" }, { "清水", "シミズ" },
        { "山崎", "ヤマザキ" }, { "森", "モリ" }, { "池田", "イケダ" }, { "橋本", "ハシモト" }, { "阿部", "アベ" },
        { "石川", "イシカワ" }, { "山下", "ヤマシタ" }, { "中島", "ナカジマ" }, { "石井", "イシイ" }, { "小川", "オガワ" },
        { "前田", "マエダ" }, { "岡田", "オカダ" }, { "長谷川", "ハセガワ" }, { "藤田", "フジタ" }, { "後藤", "ゴトウ" },
        { "髙橋", "タカハシ" }, { "山﨑", "ヤマザキ" }, { "濵田", "ハマダ" }, { "栁沢", "ヤナギサワ" }, { "瀨戸", "セト" },
};
static const Word rare_families[] = {
        { "𠮷田", "ヨシダ" },
        { "𠮷野家", "ヨシノヤ" },
        { "大塚", "オオツカ" },
        { "葛\xf3\xa0\x84\x80城", "カツラギ" },
        { "渡邉\xf3\xa0\x84\x81", "ワタナベ" },
        { "草彅", "クサナギ" },
        { "𣘺本", "ハシモト" },
};
static const Word given[] = {
        { "翔太", "ショウタ" }, { "花子", "ハナコ" }, { "陽菜", "ヒナ" }, { "健", "ケン" }, { "美咲", "ミサキ" },
        { "大輔", "ダイスケ" }, { "結衣", "ユイ" }, { "拓也", "タクヤ" }, { "さくら", "サクラ" }, { "直樹", "ナオキ" },
        { "愛", "アイ" }, { "和也", "カズヤ" }, { "優子", "ユウコ" }, { "誠", "マコト" }, { "真由美", "マユミ" },
        { "浩", "ヒロシ" }, { "恵子", "ケイコ" }, { "隆", "タカシ" }, { "由美子", "ユミコ" }, { "剛", "ツヨシ" },
        { "彩", "アヤ" }, { "修", "オサム" }, { "久美子", "クミコ" }, { "亮", "リョウ" }, { "千尋", "チヒロ" },
        { "龍之介", "リュウノスケ" }, { "ルリ子", "ルリコ" }, { "ジョージ", "ジョージ" }, { "一", "ハジメ" }, { "凜", "リン" },
};
static const char *const towns[] = {
        "東京都千代田区丸の内", "東京都中央区日本橋兜町", "東京都世田谷区三軒茶屋", "大阪府大阪市中央区北浜", "大阪府堺市堺区三国ヶ丘町",
        "愛知県名古屋市中区栄", "北海道札幌市中央区大通西", "宮城県仙台市青葉区一番町", "福岡県福岡市博多区博多駅前", "京都府京都市上京区烏丸通",
        "神奈川県横浜市中区本町", "神奈川県鎌倉市雪ノ下", "兵庫県神戸市中央区三宮町", "広島県広島市中区紙屋町", "静岡県静岡市葵区呉服町",
        "新潟県新潟市中央区古町通", "長野県松本市深志", "石川県金沢市香林坊", "沖縄県那覇市久茂地", "鹿児島県鹿児島市山下町",
        "埼玉県さいたま市大宮区桜木町", "千葉県千葉市中央区新町", "岡山県岡山市北区表町", "熊本県熊本市中央区手取本町", "奈良県奈良市登大路町",
};
static const char *const buildings[] = { "", "", "", "　サンハイツ", "　コーポ青葉", "　グランドメゾン髙津", "　第二﨑山ビル" };

#define COUNT_OF(a) (sizeof (a) / sizeof (a)[0])

/* splitmix64: one step per value, no state to carry between rows. */
static uint64_t
draw (uint64_t seed, uint64_t person, uint64_t what)
{
        uint64_t z = seed + person * 0x9e3779b97f4a7c15u + what * 0xbf58476d1ce4e5b9u;

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
}

/* Ordinance 85/2014 art. 5. */
static void
individual_number (uint64_t base, char out[13])
{
        static const int weight[11] = { 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2 };
        int sum = 0, rest;

        snprintf (out, 13, "%011" PRIu64, base % 100000000000u);
        for (int i = 0; i < 11; i++)
                sum += (out[i] - '0') * weight[i];
        rest = sum % 11;
        out[11] = (char) ('0' + (rest <= 1 ? 0 : 11 - rest));
        out[12] = '\0';
}

/* Ordinance 70/2014 art. 2. */
static void
corporate_number (uint64_t base, char out[14])
{
        int sum = 0;

        snprintf (out + 1, 13, "%012" PRIu64, base % 1000000000000u);
        for (int n = 1; n <= 12; n++)
                sum += (out[13 - n] - '0') * (n % 2 == 1 ? 1 : 2);
        out[0] = (char) ('0' + 9 - sum % 9);
}

typedef struct {
        uint64_t seed, id;
        int institution;                /* 1 or 2 */
        char code[22], number[14], birth[11];
        const Word *family, *given;
        int is_corporation, holds;
} Person;

/* Rows of am2 are written in CP932 and so draw only families it can write. */
static void
person_make (Person *person, uint64_t seed, uint64_t id, int institution)
{
        uint64_t rare = draw (seed, id, 1) % 20;

        memset (person, 0, sizeof *person);
        person->seed = seed;
        person->id = id;
        person->institution = institution;
        snprintf (person->code, sizeof person->code, "120576%u%014" PRIu64,
                  (unsigned) (institution - 1) % 10, id % UINT64_C (100000000000000));
        person->is_corporation = draw (seed, id, 2) % 25 == 0;
        person->holds = draw (seed, id, 3) % 10 != 0;
        /* The low part is the person's place, so that no two share a number. */
        if (person->is_corporation)
                corporate_number (draw (seed, id, 4) % 1000 * 1000000000u + id, person->number);
        else
                individual_number (draw (seed, id, 4) % 90 * 1000000000u + 10000000000u + id,
                                   person->number);
        person->family = rare == 0 && institution == 1
                                 ? &rare_families[draw (seed, id, 5) % COUNT_OF (rare_families)]
                                 : &families[draw (seed, id, 5) % COUNT_OF (families)];
        person->given = &given[draw (seed, id, 6) % COUNT_OF (given)];
        snprintf (person->birth, sizeof person->birth, "%04d-%02d-%02d",
                  1935 + (int) (draw (seed, id, 7) % 70), 1 + (int) (draw (seed, id, 8) % 12),
                  1 + (int) (draw (seed, id, 9) % 28));
}

static void
print_address (const Person *person, uint64_t salt)
{
        printf ("%s%d丁目%d番%d号%s",
                towns[draw (person->seed, person->id, salt) % COUNT_OF (towns)],
                1 + (int) (draw (person->seed, person->id, salt + 1) % 9),
                1 + (int) (draw (person->seed, person->id, salt + 2) % 40),
                1 + (int) (draw (person->seed, person->id, salt + 3) % 20),
                buildings[draw (person->seed, person->id, salt + 4) % COUNT_OF (buildings)]);
}

static void
print_person (const Person *person)
{
        if (person->is_corporation)
                printf ("%s,株式会社%s%s商会,カブシキガイシャ%s%sショウカイ,,%s,", person->code,
                        person->family->kanji, person->given->kanji, person->family->kana,
                        person->given->kana, person->number);
        else
                printf ("%s,%s　%s,%s　%s,%s,%s,", person->code, person->family->kanji,
                        person->given->kanji, person->family->kana, person->given->kana,
                        person->birth, person->number);
        print_address (person, 20);
        printf (",%s\n", person->holds ? "yes" : "no");
}

/* One row of each kind an import has to reject. */
static void
print_bad (void)
{
        static const char *const rows[] = {
                "12057600000000000000,短い口座,ミジカイコウザ,1980-01-01,123456789018,東京都,yes",
                "1205760000000000000X1,数字でない,スウジデナイ,1980-01-01,123456789018,東京都,yes",
                "120576099999999999901,検査数字違い,ケンサスウジチガイ,1980-01-01,123456789012,東京都,yes",
                "120576099999999999902,桁不足,ケタブソク,1980-01-01,12345678901,東京都,yes",
                "120576099999999999903,拒否表,キョヒヒョウ,1980-01-01,000000000000,東京都,yes",
                "120576099999999999904,二月三十日,ニガツサンジュウニチ,1980-02-30,123456789018,東京都,yes",
                "120576099999999999905,残高不明,ザンダカフメイ,1980-01-01,123456789018,東京都,maybe",
                "120576099999999999906,法人検査違い,ホウジンケンサチガイ,,1123456789012,東京都,yes",
        };

        for (size_t i = 0; i < COUNT_OF (rows); i++)
                puts (rows[i]);
}

static void
print_row (const char *kind, const Person *person)
{
        if (strcmp (kind, "holders") == 0)
                printf ("JP1234567890,%s,yes\n", person->code);
        else if (strcmp (kind, "codes") == 0)
                printf ("%s\n", person->code);
        else if (strcmp (kind, "requests") == 0)
                printf ("JP1234567890,%s\n", person->code);
        else if (strcmp (kind, "pass") == 0)
                printf ("%s,1205761%014" PRIu64 "\n", person->code, person->id + 50000000000000u);
        else if (strcmp (kind, "closures") == 0)
                printf ("%s,2026-09-30\n", person->code);
        else if (strcmp (kind, "fixes") == 0) {
                printf ("%s,", person->code);
                if (person->id % 3 == 0)
                        printf ("%s　%s", families[(person->id * 7) % COUNT_OF (families)].kanji,
                                person->given->kanji);
                putchar (',');
                print_address (person, 40);
                putchar ('\n');
        } else
                print_person (person);
}

static const char *
header (const char *kind)
{
        static const char *const headers[][2] = {
                { "holders", "issue,code,holding" }, { "codes", "code" },
                { "requests", "issue,code" },        { "pass", "code,to_code" },
                { "closures", "code,closed" },       { "fixes", "code,name,address" },
        };

        for (size_t i = 0; i < COUNT_OF (headers); i++)
                if (strcmp (kind, headers[i][0]) == 0)
                        return headers[i][1];
        return "code,name,kana,birth,number,address,holding";
}

/* persons KIND INSTITUTION FIRST COUNT [SEED [bad]] */
int
main (int argc, char **argv)
{
        uint64_t first, count, seed;
        Person person;

        if (argc < 5 || argc > 7) {
                fputs ("usage: persons KIND INSTITUTION FIRST COUNT [SEED [bad]]\n", stderr);
                return 2;
        }
        first = strtoull (argv[3], NULL, 10);
        count = strtoull (argv[4], NULL, 10);
        seed = argc > 5 ? strtoull (argv[5], NULL, 10) : 1;
        puts (header (argv[1]));
        for (uint64_t i = 0; i < count; i++) {
                person_make (&person, seed, first + i, atoi (argv[2]));
                print_row (argv[1], &person);
                if (argc > 6 && i == count / 2)
                        print_bad ();
        }
        return ferror (stdout) || fflush (stdout) != 0;
}
