/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <time.h>

#define SECONDS_PER_DAY ((gint64) 86400)
#define JAPAN_OFFSET ((gint64) 9 * 3600)        /* seconds; no daylight saving since 1952 */
#define FIRST_SECOND ((gint64) -62135596800)    /* 0001-01-01T00:00:00 */
#define LAST_SECOND ((gint64) 253402300799)     /* 9999-12-31T23:59:59 */

typedef struct {
        gint year;
        guint month, day;
} CivilDate;

static gint64
clock_read (clockid_t id)
{
        struct timespec ts;
        clock_gettime (id, &ts);
        return (gint64) ts.tv_sec * G_USEC_PER_SEC + ts.tv_nsec / 1000;
}

static gint64
system_now (gpointer self G_GNUC_UNUSED)
{
        return clock_read (CLOCK_REALTIME);
}

static gint64
system_monotonic (gpointer self G_GNUC_UNUSED)
{
        return clock_read (CLOCK_MONOTONIC);
}

const SekiClock *
seki_clock_system (void)
{
        static const SekiClock system = { system_now, system_monotonic, NULL };
        return &system;
}

static gint64
divide_down (gint64 value, gint64 by)
{
        return value / by - (value % by < 0);
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar and back, by eras
 * of 400 years that begin on 1 March (H. Hinnant, chrono algorithms). */
static gint64
days_from_date (CivilDate date)
{
        gint64 year = date.year - (date.month <= 2);
        gint64 era = divide_down (year, 400), of_era = year - era * 400;
        gint64 month = (gint64) date.month + (date.month > 2 ? -3 : 9);
        gint64 of_year = (153 * month + 2) / 5 + date.day - 1;
        return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static CivilDate
date_from_days (gint64 days)
{
        days += 719468;
        gint64 era = divide_down (days, 146097), of_era = days - era * 146097;
        gint64 year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
        gint64 of_year = of_era - (365 * year + year / 4 - year / 100);
        gint64 shifted = (5 * of_year + 2) / 153;
        guint month = (guint) (shifted < 10 ? shifted + 3 : shifted - 9);
        return (CivilDate){ (gint) (year + era * 400 + (month <= 2)), month,
                            (guint) (of_year - (153 * shifted + 2) / 5 + 1) };
}

static gint64
japan_seconds (gint64 time)
{
        return CLAMP (divide_down (time, G_USEC_PER_SEC) + JAPAN_OFFSET, FIRST_SECOND, LAST_SECOND);
}

gint
seki_time_year_japan (gint64 time)
{
        return date_from_days (divide_down (japan_seconds (time), SECONDS_PER_DAY)).year;
}

static void
put_digits (char *out, guint value, guint n)
{
        for (; n > 0; value /= 10)
                out[--n] = (char) ('0' + value % 10);
}

void
seki_time_format (gint64 time, char out[26])
{
        gint64 seconds = japan_seconds (time), days = divide_down (seconds, SECONDS_PER_DAY);
        CivilDate date = date_from_days (days);
        guint rest = (guint) (seconds - days * SECONDS_PER_DAY);
        memcpy (out, "0000-00-00T00:00:00+09:00", 26);
        put_digits (out, (guint) date.year, 4);
        put_digits (out + 5, date.month, 2);
        put_digits (out + 8, date.day, 2);
        put_digits (out + 11, rest / 3600, 2);
        put_digits (out + 14, rest / 60 % 60, 2);
        put_digits (out + 17, rest % 60, 2);
}

static gboolean
read_digits (const guint8 *in, guint n, guint max, guint *out_value)
{
        guint value = 0;
        for (guint i = 0; i < n; i++) {
                if (!g_ascii_isdigit (in[i]))
                        return FALSE;
                value = value * 10 + (in[i] - '0');
        }
        *out_value = value;
        return value <= max;
}

static gboolean
date_read (const guint8 *in, CivilDate *out_date)
{
        static const guint8 lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        guint year, month, day;
        if (!read_digits (in, 4, 9999, &year) || in[4] != '-' ||
            !read_digits (in + 5, 2, 12, &month) || in[7] != '-' ||
            !read_digits (in + 8, 2, 31, &day) || year == 0 || month == 0 || day == 0)
                return FALSE;
        gboolean leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        *out_date = (CivilDate){ (gint) year, month, day };
        return day <= lengths[month - 1] + (guint) (leap && month == 2);
}

/* "+09:00" or "Z", in seconds. */
static gboolean
offset_read (SekiSpan text, gint64 *out_offset)
{
        guint hours, minutes;
        *out_offset = 0;
        if (seki_span_is (text, "Z"))
                return TRUE;
        if (text.len != 6 || (text.data[0] != '+' && text.data[0] != '-') || text.data[3] != ':' ||
            !read_digits (text.data + 1, 2, 23, &hours) ||
            !read_digits (text.data + 4, 2, 59, &minutes))
                return FALSE;
        *out_offset = (gint64) (hours * 3600 + minutes * 60) * (text.data[0] == '-' ? -1 : 1);
        return TRUE;
}

gboolean
seki_time_parse (SekiSpan text, gint64 *out_time)
{
        CivilDate date;
        guint hour, minute, second;
        gint64 offset;
        const guint8 *in = text.data;
        if (in == NULL || text.len < 20 || !date_read (in, &date) || in[10] != 'T' ||
            !read_digits (in + 11, 2, 23, &hour) || in[13] != ':' ||
            !read_digits (in + 14, 2, 59, &minute) ||
            in[16] != ':' || !read_digits (in + 17, 2, 59, &second) ||
            !offset_read (seki_span (in + 19, text.len - 19), &offset))
                return FALSE;
        gint64 of_day = (gint64) (hour * 3600 + minute * 60 + second);
        *out_time = (days_from_date (date) * SECONDS_PER_DAY + of_day - offset) * G_USEC_PER_SEC;
        return TRUE;
}

gboolean
seki_date_is_valid (SekiSpan text)
{
        CivilDate date;
        return text.data != NULL && text.len == 10 && date_read (text.data, &date);
}
