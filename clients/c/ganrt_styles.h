/* ganrt_styles.h: a model's picture as the game wants it: any size, alpha, background, round mask. Internal to
 * ganrt_avatars.c. Colours are resampled multiplied by alpha, so that what is clear leaves no fringe. */
#ifndef GANRT_STYLES_H
#define GANRT_STYLES_H

#include "ganrt_pool.h"

#include <math.h>

/* Of each output position: where its inputs begin, and their weights. */
typedef struct {
    uint32_t taps;
    uint32_t *first;
    float *weight;
} ganrt__filter;

typedef struct {
    uint32_t from_width, from_height, channels; /* of the model's pictures: 1, 3 or 4 channels */
    uint32_t width, height;                     /* of RGBA8 */
    int premultiplied, round, opaque;
    unsigned char background[3];
    float *resized; /* rows of the new width, premultiplied; NULL: the size stays */
    ganrt__filter across, down;
} ganrt__style;

/* The cubic of Catmull and Rom (Keys 1981, a = -1/2). */
static double ganrt__cubic(double x)
{
    x = fabs(x);
    return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/* Widened where there are fewer outputs than inputs, so that each input counts. */
static int ganrt__make_filter(ganrt__pool *pool, ganrt__filter *f, uint32_t from, uint32_t to)
{
    double scale = (double)from / (double)to, wide = scale > 1 ? scale : 1;
    uint32_t i, k;
    f->taps = (uint32_t)(4 * wide) + 2;
    f->taps = f->taps < from ? f->taps : from;
    f->first = (uint32_t *)ganrt__take(pool, to, sizeof *f->first);
    f->weight = (float *)ganrt__take(pool, (size_t)to * f->taps, sizeof *f->weight);
    if (!f->first || !f->weight)
        return 0;
    for (i = 0; i < to; i++) {
        double middle = ((double)i + 0.5) * scale - 0.5, first = floor(middle - 2 * wide) + 1, sum = 0;
        float *weight = f->weight + (size_t)i * f->taps;
        first = first < 0 ? 0 : first > (double)(from - f->taps) ? (double)(from - f->taps) : first;
        f->first[i] = (uint32_t)first;
        for (k = 0; k < f->taps; k++)
            sum += ganrt__cubic((first + (double)k - middle) / wide);
        for (k = 0; k < f->taps; k++)
            weight[k] = (float)(ganrt__cubic((first + (double)k - middle) / wide) / sum);
    }
    return 1;
}

static unsigned char ganrt__level(float x)
{
    return (unsigned char)(x <= 0 ? 0 : x >= 255 ? 255 : x + 0.5f);
}

/* How much of a pixel is within the circle of the picture's smaller side. */
static float ganrt__inside(uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
    float dx = (float)x + 0.5f - 0.5f * (float)width, dy = (float)y + 0.5f - 0.5f * (float)height;
    float edge = 0.5f * (float)(width < height ? width : height) - sqrtf(dx * dx + dy * dy) + 0.5f;
    return edge <= 0 ? 0 : edge >= 1 ? 1 : edge;
}

/* A pixel with premultiplied colours and alpha, 0 to 255, as the options want it. */
static void ganrt__finish(const ganrt__style *s, float c[4], float inside, unsigned char *to)
{
    int k;
    for (k = 0; k < 3; k++)
        c[k] = c[k] < 0 ? 0 : c[k];
    c[3] = c[3] < 0 ? 0 : c[3] > 255 ? 255 : c[3];
    if (s->opaque) {
        for (k = 0; k < 3; k++)
            c[k] += (float)s->background[k] * (255 - c[3]) / 255;
        c[3] = 255;
    }
    for (k = 0; k < 4; k++)
        c[k] *= inside;
    to[3] = ganrt__level(c[3]);
    for (k = 0; k < 3; k++)
        to[k] = to[3] == 0 ? 0 : ganrt__level(s->premultiplied ? c[k] : c[k] * 255 / c[3]);
}

static void ganrt__premultiplied(const ganrt__style *s, const unsigned char *from, float c[4])
{
    uint32_t channels = s->channels, k;
    c[3] = channels == 4 ? (float)from[3] : 255.0f;
    for (k = 0; k < 3; k++)
        c[k] = (float)from[channels == 1 ? 0 : k] * c[3] / 255;
}

/* As the model drew it, straight. */
static void ganrt__plain(const ganrt__style *s, const unsigned char *from, unsigned char *to)
{
    size_t i, k;
    for (i = 0; i < (size_t)s->width * s->height; i++, from += s->channels, to += 4) {
        for (k = 0; k < 3; k++)
            to[k] = from[s->channels == 1 ? 0 : k];
        to[3] = s->channels == 4 ? from[3] : 255;
        if (to[3] == 0)
            to[0] = to[1] = to[2] = 0;
    }
}

/* Each row to its width: premultiplied, [from_height, width, 4]. */
static void ganrt__narrow(const ganrt__style *s, const unsigned char *native)
{
    uint32_t x, y, k, n;
    float c[4], *row = s->resized;
    for (y = 0; y < s->from_height; y++)
        for (x = 0; x < s->width; x++, row += 4) {
            const float *weight = s->across.weight + (size_t)x * s->across.taps;
            const unsigned char *from = native + ((size_t)y * s->from_width + s->across.first[x]) * s->channels;
            memset(row, 0, 4 * sizeof *row);
            for (k = 0; k < s->across.taps; k++, from += s->channels) {
                ganrt__premultiplied(s, from, c);
                for (n = 0; n < 4; n++)
                    row[n] += weight[k] * c[n];
            }
        }
}

/* A pixel of the new height from those rows; no colour exceeds its alpha. */
static void ganrt__resampled(const ganrt__style *s, uint32_t x, uint32_t y, float c[4])
{
    const float *weight = s->down.weight + (size_t)y * s->down.taps;
    const float *row = s->resized + ((size_t)s->down.first[y] * s->width + x) * 4;
    uint32_t k, n;
    memset(c, 0, 4 * sizeof *c);
    for (k = 0; k < s->down.taps; k++, row += (size_t)s->width * 4)
        for (n = 0; n < 4; n++)
            c[n] += weight[k] * row[n];
    for (n = 0; n < 3; n++)
        c[n] = c[n] > c[3] ? c[3] : c[n];
}

/* A picture of the model, as RGBA8. */
static void ganrt__apply(const ganrt__style *s, const unsigned char *native, unsigned char *to)
{
    uint32_t x, y;
    float c[4];
    if (!s->resized && !s->premultiplied && !s->opaque && !s->round) {
        ganrt__plain(s, native, to);
        return;
    }
    if (s->resized)
        ganrt__narrow(s, native);
    for (y = 0; y < s->height; y++)
        for (x = 0; x < s->width; x++, to += 4) {
            if (s->resized)
                ganrt__resampled(s, x, y, c);
            else
                ganrt__premultiplied(s, native + ((size_t)y * s->width + x) * s->channels, c);
            ganrt__finish(s, c, s->round ? ganrt__inside(x, y, s->width, s->height) : 1.0f, to);
        }
}

/* Memory for another size than the model's; 0: there is not enough. */
static int ganrt__make_style(ganrt__pool *pool, ganrt__style *s)
{
    if (s->width == s->from_width && s->height == s->from_height)
        return 1;
    s->resized = (float *)ganrt__take(pool, (size_t)s->from_height * s->width * 4, sizeof *s->resized);
    return s->resized && ganrt__make_filter(pool, &s->across, s->from_width, s->width) &&
           ganrt__make_filter(pool, &s->down, s->from_height, s->height);
}

#endif
