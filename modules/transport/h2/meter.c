/* SPDX-License-Identifier: Apache-2.0 */
/* Counts frames from the raw bytes, before nghttp2 sees them: it ignores some
 * kinds without telling anybody. */
#include "h2.h"

#define PREFACE_LEN 24
#define SECOND G_USEC_PER_SEC
#define TYPE_PRIORITY_UPDATE 0x10

void
h2_meter_init (H2Meter *meter, const guint32 *limits, gboolean server)
{
        memset (meter, 0, sizeof *meter);
        meter->limits = limits;
        meter->preface = server ? PREFACE_LEN : 0;
}

static void
meter_roll (H2Meter *meter, gint64 now)
{
        gint64 second = now / SECOND;

        meter->now = now;
        if (second == meter->second)
                return;
        if (second == meter->second + 1)
                memcpy (meter->before, meter->count, sizeof meter->before);
        else
                memset (meter->before, 0, sizeof meter->before);
        memset (meter->count, 0, sizeof meter->count);
        meter->second = second;
}

/* A sliding second: the last one counts by the share that still overlaps. */
void
h2_meter_hit (H2Meter *meter, H2Class class)
{
        gint64 overlap = SECOND - meter->now % SECOND;

        if (class >= H2_CLASSES)
                return;
        meter->count[class]++;
        if (meter->count[class] + meter->before[class] * overlap / SECOND > meter->limits[class])
                meter->over = TRUE;
}

static H2Class
meter_data_class (H2Meter *meter, guint8 flags, guint32 len)
{
        if ((flags & NGHTTP2_FLAG_END_STREAM) != 0)
                return H2_CLASS_NONE;
        meter->pad_due = len != 0 && (flags & NGHTTP2_FLAG_PADDED) != 0;
        return len == 0 ? H2_CLASS_EMPTY : H2_CLASS_NONE;
}

static H2Class
meter_class (H2Meter *meter, guint8 type, guint8 flags, guint32 len)
{
        switch (type) {
        case NGHTTP2_DATA:
                return meter_data_class (meter, flags, len);
        case NGHTTP2_HEADERS:
                return H2_CLASS_NONE;
        case NGHTTP2_PRIORITY:
        case TYPE_PRIORITY_UPDATE:
                return H2_CLASS_PRIORITY;
        case NGHTTP2_RST_STREAM:
                return H2_CLASS_RESET;
        case NGHTTP2_SETTINGS:
                return H2_CLASS_SETTINGS;
        case NGHTTP2_PING:
                return H2_CLASS_PING;
        case NGHTTP2_WINDOW_UPDATE:
                return H2_CLASS_WINDOW;
        default:
                return H2_CLASS_OTHER;
        }
}

static gsize
meter_head (H2Meter *meter, SekiSpan in)
{
        gsize n = MIN (in.len, (gsize) (H2_FRAME_HEAD - meter->have));
        const guint8 *head = meter->head;

        memcpy (meter->head + meter->have, in.data, n);
        meter->have += n;
        if (meter->have < H2_FRAME_HEAD)
                return n;
        meter->have = 0;
        meter->left = (guint32) head[0] << 16 | (guint32) head[1] << 8 | head[2];
        h2_meter_hit (meter, meter_class (meter, head[3], head[4], meter->left));
        return n;
}

static gsize
meter_payload (H2Meter *meter, SekiSpan in)
{
        gsize n = MIN (in.len, meter->left);

        if (meter->pad_due && in.data[0] + 1u >= meter->left)
                h2_meter_hit (meter, H2_CLASS_EMPTY);
        meter->pad_due = FALSE;
        meter->left -= n;
        return n;
}

/* FALSE: one kind of frame came more often than it may. */
gboolean
h2_meter_feed (H2Meter *meter, SekiSpan in, gint64 now)
{
        meter_roll (meter, now);
        while (in.len > 0 && !meter->over) {
                gsize n;

                if (meter->preface > 0)
                        meter->preface -= n = MIN (in.len, meter->preface);
                else
                        n = meter->left > 0 ? meter_payload (meter, in) : meter_head (meter, in);
                in = seki_span (in.data + n, in.len - n);
        }
        return !meter->over;
}
