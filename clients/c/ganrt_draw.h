/* ganrt_draw.h: the built-in drawer. It runs the program that `ganrt bundle` makes of a generator (builtin/model.drawer,
 * docs/drawer-format.md): no runtime, no dependency, no allocation of its own but through the functions it is given.
 * C99 and C++17. Internal to ganrt_avatars.c; usable alone:
 *
 *     ganrt_drawer drawer;
 *     if (ganrt_drawer_open(&drawer, file, bytes) != GANRT_DRAWER_OK) ...    // `file` has to stay; half: it is changed
 *     float *work = malloc(ganrt_drawer_work(&drawer, 1) * sizeof *work);
 *     memcpy(ganrt_drawer_input(&drawer, work, 0, 0), z, dim * sizeof *z);   // image 0, input 0: z
 *     ganrt_drawer_run(&drawer, work, 1);
 *     ganrt_drawer_picture(&drawer, work, 0, pixels);                        // height * width * channels bytes
 *
 * Licence: Apache 2.0, as ganrt's own. */
#ifndef GANRT_DRAW_H
#define GANRT_DRAW_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
#include <immintrin.h>
#define GANRT__AVX2 1
#else
#define GANRT__AVX2 0
#endif

#define GANRT__BLOCK 16 /* outputs of a layer that lie together */
#define GANRT__ROWS 6   /* places of a layer that are computed together */
#define GANRT__WORDS 32 /* of an instruction */
#define GANRT__HEADER 96
#define GANRT__TAPS 1024 /* of a layer's window, at most */

typedef enum {
    GANRT_DRAWER_OK,
    GANRT_DRAWER_BAD,  /* no drawer's file, a damaged one, or one that says what none can */
    GANRT_DRAWER_NEWER /* of a newer format */
} ganrt_drawer_status;

typedef struct {
    uint32_t instructions, constants, matrices; /* how many */
    uint32_t half, arena, output, height, width, channels, widest;
    int32_t input[3], input_size[3]; /* z, labels, truncation; negative: the generator has no such input */
    const unsigned char *words;
    const float *constant;
    const float *matrix;
    const unsigned char *stored; /* matrices in half precision, to be expanded into ganrt_drawer_expand's floats */
    int wide;
} ganrt_drawer;

static inline uint32_t ganrt__word(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t ganrt__word64(const unsigned char *at)
{
    return (uint64_t)ganrt__word(at) | (uint64_t)ganrt__word(at + 4) << 32;
}

/* Four sums of products modulo 2^64, over little-endian words of 64 bits; zeros behind the last. */
static inline uint64_t ganrt__drawer_sum(const unsigned char *body, size_t bytes)
{
    const uint64_t m = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t lane[4] = {0, 0, 0, 0}, total = bytes;
    size_t at = 0, k;
    for (; at + 32 <= bytes; at += 32)
        for (k = 0; k < 4; k++)
            lane[k] = lane[k] * m + ganrt__word64(body + at + 8 * k);
    if (at < bytes) {
        unsigned char last[32];
        memset(last, 0, sizeof last);
        memcpy(last, body + at, bytes - at);
        for (k = 0; k < 4; k++)
            lane[k] = lane[k] * m + ganrt__word64(last + 8 * k);
    }
    for (k = 0; k < 4; k++) {
        total = (total ^ lane[k]) * m;
        total ^= total >> 29;
    }
    return total;
}

enum {
    GANRT__LAYER,
    GANRT__UNARY,
    GANRT__BINARY,
    GANRT__COPY,
    GANRT__FILL,
    GANRT__TRANSPOSE,
    GANRT__DEPTH_TO_SPACE,
    GANRT__RESIZE,
    GANRT__MIX,
    GANRT__INSTANCE_NORM
};
enum {
    GANRT__NONE,
    GANRT__RELU,
    GANRT__LEAKY,
    GANRT__ELU,
    GANRT__SELU,
    GANRT__TANH,
    GANRT__SIGMOID,
    GANRT__HARD_SIGMOID,
    GANRT__SOFTPLUS,
    GANRT__CLIP,
    GANRT__ROUND,
    GANRT__NEG,
    GANRT__ABS,
    GANRT__EXP,
    GANRT__SQRT,
    GANRT__SOFTSIGN,
    GANRT__UNARIES
};
enum {
    GANRT__ADD,
    GANRT__SUB,
    GANRT__MUL,
    GANRT__DIV,
    GANRT__MAX,
    GANRT__MIN,
    GANRT__GREATER,
    GANRT__LESS,
    GANRT__PRELU,
    GANRT__BINARIES
};

/* The fields of an instruction, behind its number. */
static inline int32_t ganrt__field(const unsigned char *words, int k)
{
    return (int32_t)ganrt__word(words + 4 * (k + 1));
}

static inline float ganrt__real(const unsigned char *words, int k)
{
    uint32_t bits = ganrt__word(words + 4 * (k + 1));
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Whether a * b * c floats at an offset lie within `limit`, and no side is empty. */
static inline int ganrt__within(int32_t offset, int64_t a, int64_t b, int64_t c, uint32_t limit)
{
    const int64_t most = INT64_C(1) << 31;
    if (offset < 0 || a < 1 || b < 1 || c < 1 || a > most || b > most || c > most || a * b > most || a * b * c > most)
        return 0;
    return (int64_t)offset + a * b * c <= (int64_t)limit;
}

static inline int ganrt__layer_fits(const ganrt_drawer *d, const unsigned char *w)
{
    int32_t f[25];
    int64_t blocks;
    int k;
    for (k = 0; k < 25; k++)
        f[k] = ganrt__field(w, k);
    if (!ganrt__within(f[0], f[1], f[2], f[3], d->arena) || !ganrt__within(f[4], f[5], f[6], f[7], d->arena))
        return 0;
    for (k = 8; k < 22; k++) /* pads may be negative */
        if (f[k] > 65536 || f[k] < (k == 12 || k == 13 ? -65536 : k < 20 ? 1 : 0))
            return 0;
    if ((int64_t)f[8] * f[9] > GANRT__TAPS || (uint32_t)f[3] > d->widest || f[24] < GANRT__NONE || f[24] > GANRT__LEAKY)
        return 0;
    if (f[20] + (int64_t)(f[16] - 1) * f[18] >= f[5] || f[21] + (int64_t)(f[17] - 1) * f[19] >= f[6])
        return 0;
    blocks = (f[7] + GANRT__BLOCK - 1) / GANRT__BLOCK;
    if (!ganrt__within(f[22], blocks, (int64_t)f[8] * f[9] * f[3], GANRT__BLOCK, d->matrices))
        return 0;
    return f[23] == -1 || ganrt__within(f[23], blocks, GANRT__BLOCK, 1, d->constants);
}

static inline int ganrt__binary_fits(const ganrt_drawer *d, const unsigned char *w)
{
    int side, k;
    if (ganrt__field(w, 0) < 0 || ganrt__field(w, 0) >= GANRT__BINARIES ||
        !ganrt__within(ganrt__field(w, 1), ganrt__field(w, 2), ganrt__field(w, 3), ganrt__field(w, 4), d->arena))
        return 0;
    for (side = 0; side < 2; side++) {
        const unsigned char *at = w + 4 * (5 + 5 * side);
        if (!ganrt__within(ganrt__field(at, 0), ganrt__field(at, 2), ganrt__field(at, 3), ganrt__field(at, 4),
                           ganrt__field(at, 1) ? d->constants : d->arena))
            return 0;
        for (k = 0; k < 3; k++)
            if (ganrt__field(at, 2 + k) != 1 && ganrt__field(at, 2 + k) != ganrt__field(w, 2 + k))
                return 0;
    }
    return 1;
}

static inline int ganrt__copy_fits(const ganrt_drawer *d, const unsigned char *w)
{
    int k;
    if (!ganrt__within(ganrt__field(w, 0), ganrt__field(w, 1), ganrt__field(w, 2), ganrt__field(w, 3), d->arena) ||
        !ganrt__within(ganrt__field(w, 10), ganrt__field(w, 11), ganrt__field(w, 12), ganrt__field(w, 13), d->arena))
        return 0;
    for (k = 0; k < 3; k++) {
        int64_t start = ganrt__field(w, 4 + k), box = ganrt__field(w, 7 + k), at = ganrt__field(w, 14 + k);
        if (start < 0 || box < 1 || at < 0 || start + box > ganrt__field(w, 1 + k) || at + box > ganrt__field(w, 11 + k))
            return 0;
    }
    return 1;
}

static inline int ganrt__table_fits(const ganrt_drawer *d, int32_t at, int32_t count, int32_t sides)
{
    int64_t k;
    if (!ganrt__within(at, count, 3, 1, d->constants))
        return 0;
    for (k = 0; k < count; k++)
        if (!(d->constant[at + 3 * k] >= 0 && d->constant[at + 3 * k] < (float)sides && d->constant[at + 3 * k + 1] >= 0 &&
              d->constant[at + 3 * k + 1] < (float)sides))
            return 0;
    return 1;
}

static inline int ganrt__fits(const ganrt_drawer *d, const unsigned char *w)
{
    int32_t f[9];
    int k;
    for (k = 0; k < 9; k++)
        f[k] = ganrt__field(w, k);
    switch (ganrt__word(w)) {
    case GANRT__LAYER:
        return ganrt__layer_fits(d, w);
    case GANRT__UNARY:
        return f[0] >= 0 && f[0] < GANRT__UNARIES && ganrt__within(f[1], f[3], 1, 1, d->arena) &&
               ganrt__within(f[2], f[3], 1, 1, d->arena);
    case GANRT__BINARY:
        return ganrt__binary_fits(d, w);
    case GANRT__COPY:
        return ganrt__copy_fits(d, w);
    case GANRT__FILL:
        return ganrt__within(f[0], f[1], 1, 1, d->arena);
    case GANRT__TRANSPOSE:
        return ganrt__within(f[0], f[2], f[3], 1, d->arena) && ganrt__within(f[1], f[2], f[3], 1, d->arena);
    case GANRT__DEPTH_TO_SPACE:
        return f[5] >= 1 && f[5] <= 64 && f[3] > 0 && f[3] % (f[5] * f[5]) == 0 &&
               ganrt__within(f[0], f[1], f[2], f[3], d->arena) && ganrt__within(f[4], f[1], f[2], f[3], d->arena);
    case GANRT__RESIZE:
        return ganrt__within(f[0], f[1], f[2], f[3], d->arena) && ganrt__within(f[4], f[5], f[6], f[3], d->arena) &&
               ganrt__table_fits(d, f[7], f[5], f[1]) && ganrt__table_fits(d, f[8], f[6], f[2]);
    case GANRT__MIX:
        return ganrt__within(f[0], f[1], f[2], 1, d->arena) && ganrt__within(f[3], f[4], f[2], 1, d->arena) &&
               ganrt__within(f[5], f[4], f[1], 1, d->arena);
    case GANRT__INSTANCE_NORM:
        return ganrt__within(f[0], f[2], f[3], 1, d->arena) && ganrt__within(f[1], f[2], f[3], 1, d->arena) &&
               ganrt__within(f[4], f[3], 1, 1, d->constants) && ganrt__within(f[5], f[3], 1, 1, d->constants);
    default:
        return 0;
    }
}

/* Opens a file of `bytes` bytes, which has to stay and to lie at a multiple of 16 bytes, as malloc's memory does. */
static inline ganrt_drawer_status ganrt_drawer_open(ganrt_drawer *d, const void *file, size_t bytes)
{
    const unsigned char *at = (const unsigned char *)file, *body = at + GANRT__HEADER;
    uint64_t size, words, constants, matrices;
    uint32_t k;
    memset(d, 0, sizeof *d);
    if (bytes < GANRT__HEADER || memcmp(at, "GANRTDRW", 8) != 0)
        return GANRT_DRAWER_BAD;
    if (ganrt__word(at + 8) != 1)
        return GANRT_DRAWER_NEWER;
    size = ganrt__word(at + 12);
    d->instructions = ganrt__word(at + 24);
    d->constants = ganrt__word(at + 28);
    d->matrices = ganrt__word(at + 32);
    d->half = ganrt__word(at + 36);
    d->arena = ganrt__word(at + 40);
    d->output = ganrt__word(at + 44);
    d->height = ganrt__word(at + 48);
    d->width = ganrt__word(at + 52);
    d->channels = ganrt__word(at + 56);
    for (k = 0; k < 3; k++) {
        d->input[k] = (int32_t)ganrt__word(at + 60 + 4 * k);
        d->input_size[k] = (int32_t)ganrt__word(at + 72 + 4 * k);
    }
    d->widest = ganrt__word(at + 84);
    words = (uint64_t)d->instructions * GANRT__WORDS * 4;
    constants = (uint64_t)d->constants * 4;
    matrices = ((uint64_t)d->matrices * (d->half ? 2 : 4) + 15) / 16 * 16;
    if (size != bytes - GANRT__HEADER || words + constants + matrices != size || d->half > 1 || d->arena > 1u << 28)
        return GANRT_DRAWER_BAD;
    if (ganrt__drawer_sum(body, (size_t)size) != ganrt__word64(at + 16))
        return GANRT_DRAWER_BAD;
    d->words = body;
    d->constant = (const float *)(const void *)(body + words);
    d->stored = body + words + constants;
    d->matrix = d->half ? NULL : (const float *)(const void *)d->stored;
    if (d->channels < 1 || d->channels > 4 || d->channels == 2 || d->height > 16384 || d->width > 16384 || d->widest > 1u << 26 ||
        d->output > 1u << 28 || !ganrt__within((int32_t)d->output, d->height, d->width, d->channels, d->arena))
        return GANRT_DRAWER_BAD;
    for (k = 0; k < 3; k++)
        if (d->input[k] >= 0 && !ganrt__within(d->input[k], d->input_size[k], 1, 1, d->arena))
            return GANRT_DRAWER_BAD;
    for (k = 0; k < d->instructions; k++)
        if (!ganrt__fits(d, d->words + 4 * GANRT__WORDS * (size_t)k))
            return GANRT_DRAWER_BAD;
#if GANRT__AVX2
    __builtin_cpu_init();
    d->wide = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return GANRT_DRAWER_OK;
}

/* Of a file in half precision: `matrices` floats for the weights, before anything is drawn. */
static inline void ganrt_drawer_expand(ganrt_drawer *d, float *matrices)
{
    uint32_t i;
    for (i = 0; i < d->matrices; i++) {
        uint32_t h = (uint32_t)d->stored[2 * (size_t)i] | (uint32_t)d->stored[2 * (size_t)i + 1] << 8;
        uint32_t sign = (h & 0x8000u) << 16, rest = h & 0x7fffu, bits;
        if (rest < 0x400u) { /* subnormal: rest * 2^-24 */
            float value = (float)rest * 0x1p-24f;
            matrices[i] = sign ? -value : value;
            continue;
        }
        bits = sign | (rest >= 0x7c00u ? 0x7f800000u | rest << 13 : (rest << 13) + 0x38000000u);
        memcpy(&matrices[i], &bits, sizeof bits);
    }
    d->matrix = matrices;
}

/* Floats of memory for n images. */
static inline size_t ganrt_drawer_work(const ganrt_drawer *d, uint32_t n)
{
    return (size_t)d->arena * n + 3 * (size_t)(d->widest + GANRT__BLOCK);
}

/* Where input 0 (z), 1 (labels) or 2 (truncation) of image i goes: input_size floats. */
static inline float *ganrt_drawer_input(const ganrt_drawer *d, float *work, uint32_t i, int which)
{
    return d->input[which] < 0 ? NULL : work + (size_t)d->arena * i + d->input[which];
}

/* One layer's block for GANRT__ROWS places: rows[tap * GANRT__ROWS + r] are `c` inputs each. */
static inline void ganrt__block_plain(const float *const *rows, int32_t taps, int32_t c, const float *w, const float *bias,
                                      float *made)
{
    int32_t t, k;
    int r, j;
    for (r = 0; r < GANRT__ROWS; r += 2) {
#if defined(__GNUC__)
        typedef float four __attribute__((vector_size(16)));
        four a[4], b[4], v[4];
        memcpy(a, bias, sizeof a);
        memcpy(b, bias, sizeof b);
        for (t = 0; t < taps; t++) {
            const float *x = rows[t * GANRT__ROWS + r], *y = rows[t * GANRT__ROWS + r + 1];
            const float *u = w + (size_t)t * (size_t)c * GANRT__BLOCK;
            for (k = 0; k < c; k++, u += GANRT__BLOCK) {
                memcpy(v, u, sizeof v);
                for (j = 0; j < 4; j++) {
                    a[j] += x[k] * v[j];
                    b[j] += y[k] * v[j];
                }
            }
        }
        memcpy(made + r * GANRT__BLOCK, a, sizeof a);
        memcpy(made + (r + 1) * GANRT__BLOCK, b, sizeof b);
#else
        float a[GANRT__BLOCK], b[GANRT__BLOCK];
        memcpy(a, bias, sizeof a);
        memcpy(b, bias, sizeof b);
        for (t = 0; t < taps; t++) {
            const float *x = rows[t * GANRT__ROWS + r], *y = rows[t * GANRT__ROWS + r + 1];
            const float *u = w + (size_t)t * (size_t)c * GANRT__BLOCK;
            for (k = 0; k < c; k++, u += GANRT__BLOCK)
                for (j = 0; j < GANRT__BLOCK; j++) {
                    a[j] += x[k] * u[j];
                    b[j] += y[k] * u[j];
                }
        }
        memcpy(made + r * GANRT__BLOCK, a, sizeof a);
        memcpy(made + (r + 1) * GANRT__BLOCK, b, sizeof b);
#endif
    }
}

#if GANRT__AVX2
__attribute__((target("avx2,fma"))) static inline void ganrt__block_avx2(const float *const *rows, int32_t taps, int32_t c,
                                                                         const float *w, const float *bias, float *made)
{
    __m256 a0 = _mm256_loadu_ps(bias), a1 = _mm256_loadu_ps(bias + 8), b0 = a0, b1 = a1, c0 = a0, c1 = a1;
    __m256 d0 = a0, d1 = a1, e0 = a0, e1 = a1, f0 = a0, f1 = a1;
    int32_t t, k;
    for (t = 0; t < taps; t++, rows += GANRT__ROWS) {
        const float *ra = rows[0], *rb = rows[1], *rc = rows[2], *rd = rows[3], *re = rows[4], *rf = rows[5];
        for (k = 0; k < c; k++, w += GANRT__BLOCK) {
            __m256 u = _mm256_loadu_ps(w), v = _mm256_loadu_ps(w + 8), x;
            x = _mm256_broadcast_ss(ra + k);
            a0 = _mm256_fmadd_ps(x, u, a0);
            a1 = _mm256_fmadd_ps(x, v, a1);
            x = _mm256_broadcast_ss(rb + k);
            b0 = _mm256_fmadd_ps(x, u, b0);
            b1 = _mm256_fmadd_ps(x, v, b1);
            x = _mm256_broadcast_ss(rc + k);
            c0 = _mm256_fmadd_ps(x, u, c0);
            c1 = _mm256_fmadd_ps(x, v, c1);
            x = _mm256_broadcast_ss(rd + k);
            d0 = _mm256_fmadd_ps(x, u, d0);
            d1 = _mm256_fmadd_ps(x, v, d1);
            x = _mm256_broadcast_ss(re + k);
            e0 = _mm256_fmadd_ps(x, u, e0);
            e1 = _mm256_fmadd_ps(x, v, e1);
            x = _mm256_broadcast_ss(rf + k);
            f0 = _mm256_fmadd_ps(x, u, f0);
            f1 = _mm256_fmadd_ps(x, v, f1);
        }
    }
    _mm256_storeu_ps(made, a0);
    _mm256_storeu_ps(made + 8, a1);
    _mm256_storeu_ps(made + 16, b0);
    _mm256_storeu_ps(made + 24, b1);
    _mm256_storeu_ps(made + 32, c0);
    _mm256_storeu_ps(made + 40, c1);
    _mm256_storeu_ps(made + 48, d0);
    _mm256_storeu_ps(made + 56, d1);
    _mm256_storeu_ps(made + 64, e0);
    _mm256_storeu_ps(made + 72, e1);
    _mm256_storeu_ps(made + 80, f0);
    _mm256_storeu_ps(made + 88, f1);
}
#endif

static inline void ganrt__keep(float *target, const float *made, int32_t count, int32_t activation, float slope)
{
    int32_t j;
    for (j = 0; j < count; j++) {
        float x = made[j];
        target[j] = activation == GANRT__NONE || x >= 0 ? x : activation == GANRT__RELU ? 0.0f : slope * x;
    }
}

/* A layer of one place, such as a dense one: zeros among the inputs cost nothing, and their weights are not read. */
static inline void ganrt__dense(const float *x, int32_t c, const float *w, const float *bias, int32_t outputs, float *target,
                                int32_t activation, float slope, float *scratch)
{
    float *value = scratch, *made;
    uint32_t *place = (uint32_t *)(void *)(scratch + c);
    float sum[GANRT__BLOCK];
    int32_t k, n = 0, o;
    int j;
    for (k = 0; k < c; k++)
        if (x[k] != 0) {
            value[n] = x[k];
            place[n++] = (uint32_t)k * GANRT__BLOCK;
        }
    for (o = 0; o < outputs; o += GANRT__BLOCK, w += (size_t)c * GANRT__BLOCK) {
        made = sum;
        for (j = 0; j < GANRT__BLOCK; j++)
            made[j] = bias ? bias[o + j] : 0.0f;
        for (k = 0; k < n; k++) {
            const float *u = w + place[k];
            float v = value[k];
            for (j = 0; j < GANRT__BLOCK; j++)
                made[j] += v * u[j];
        }
        ganrt__keep(target + o, made, outputs - o < GANRT__BLOCK ? outputs - o : GANRT__BLOCK, activation, slope);
    }
}

static inline void ganrt__layer(const ganrt_drawer *d, const unsigned char *words, float *work, uint32_t n, const float *zeros,
                                float *scratch)
{
    static const float none[GANRT__BLOCK] = {0};
    const float *rows[GANRT__TAPS * GANRT__ROWS];
    float made[GANRT__ROWS * GANRT__BLOCK];
    int32_t f[25], c, outputs, taps, o;
    float slope = ganrt__real(words, 25);
    const float *w, *bias;
    uint32_t i, total, at;
    int k, r;
    for (k = 0; k < 25; k++)
        f[k] = ganrt__field(words, k);
    c = f[3];
    outputs = f[7];
    taps = f[8] * f[9];
    w = d->matrix + f[22];
    bias = f[23] < 0 ? NULL : d->constant + f[23];
    total = (uint32_t)f[16] * (uint32_t)f[17];
    if (taps == 1 && total == 1 && f[1] == 1 && f[2] == 1 && f[10] * f[11] == 1 && f[12] == 0 && f[13] == 0 && (n == 1 || c < 256)) {
        for (i = 0; i < n; i++) {
            float *base = work + (size_t)d->arena * i;
            ganrt__dense(base + f[0], c, w, bias, outputs, base + f[4] + ((size_t)f[20] * (size_t)f[6] + (size_t)f[21]) * (size_t)outputs,
                         f[24], slope, scratch);
        }
        return;
    }
    for (o = 0; o < outputs; o += GANRT__BLOCK, w += (size_t)taps * (size_t)c * GANRT__BLOCK) {
        int32_t count = outputs - o < GANRT__BLOCK ? outputs - o : GANRT__BLOCK;
        const float *b = bias ? bias + o : none;
        for (at = 0; at < total * n; at += GANRT__ROWS) {
            float *target[GANRT__ROWS];
            for (r = 0; r < GANRT__ROWS; r++) {
                uint32_t place = at + (uint32_t)r;
                int32_t y, x, ky, kx, t = 0;
                float *base;
                if (place >= total * n) { /* behind the last one */
                    for (t = 0; t < taps; t++)
                        rows[t * GANRT__ROWS + r] = zeros;
                    target[r] = NULL;
                    continue;
                }
                base = work + (size_t)d->arena * (place / total);
                y = (int32_t)(place % total) / f[17];
                x = (int32_t)(place % total) % f[17];
                target[r] = base + f[4] + (((size_t)(f[20] + y * f[18])) * (size_t)f[6] + (size_t)(f[21] + x * f[19])) * (size_t)outputs + o;
                for (ky = 0; ky < f[8]; ky++) {
                    int64_t from_y = (int64_t)y * f[10] - f[12] + (int64_t)ky * f[14];
                    for (kx = 0; kx < f[9]; kx++, t++) {
                        int64_t from_x = (int64_t)x * f[11] - f[13] + (int64_t)kx * f[15];
                        int inside = from_y >= 0 && from_y < f[1] && from_x >= 0 && from_x < f[2];
                        rows[t * GANRT__ROWS + r] =
                            inside ? base + f[0] + ((size_t)from_y * (size_t)f[2] + (size_t)from_x) * (size_t)c : zeros;
                    }
                }
            }
#if GANRT__AVX2
            if (d->wide)
                ganrt__block_avx2(rows, taps, c, w, b, made);
            else
#endif
                ganrt__block_plain(rows, taps, c, w, b, made);
            for (r = 0; r < GANRT__ROWS && target[r]; r++)
                ganrt__keep(target[r], made + r * GANRT__BLOCK, count, f[24], slope);
        }
    }
}

/* e^x to some 2e-7 of it: 2^n * e^r, r within ln 2 / 2, by a polynomial (Cephes, expf); without branches. */
static inline float ganrt__exp(float x)
{
    float n, r, y;
    uint32_t bits;
    x = x > -87.0f ? x < 88.0f ? x : 88.0f : -87.0f; /* also what is not a number */
    n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
    r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    y = ((((1.9875691500e-4f * r + 1.3981999507e-3f) * r + 8.3334519073e-3f) * r + 4.1665795894e-2f) * r + 1.6666665459e-1f) * r +
        5.0000001201e-1f;
    y = y * r * r + r + 1.0f;
    bits = (uint32_t)((int32_t)n + 127) << 23;
    memcpy(&r, &bits, sizeof r);
    return y * r;
}

/* To the nearest whole number, ties to even. */
static inline float ganrt__round(float x)
{
    return x > -4194304.0f && x < 4194304.0f ? (x + 12582912.0f) - 12582912.0f : x;
}

#define GANRT__EACH(expression)                                                                                          \
    do {                                                                                                                 \
        for (; i + 8 <= count; i += 8)                                                                                   \
            for (k = 0; k < 8; k++) {                                                                                    \
                float x = from[i + k];                                                                                   \
                to[i + k] = (expression);                                                                                \
            }                                                                                                            \
        for (; i < count; i++) {                                                                                         \
            float x = from[i];                                                                                           \
            to[i] = (expression);                                                                                        \
        }                                                                                                                \
    } while (0)

static inline void ganrt__unary(int32_t kind, const float *from, float *to, int32_t count, float a, float b)
{
    int32_t i = 0;
    int k;
    switch (kind) {
    case GANRT__RELU:
        GANRT__EACH(x > 0 ? x : 0.0f);
        break;
    case GANRT__LEAKY:
        GANRT__EACH(x < 0 ? a * x : x);
        break;
    case GANRT__ELU:
        GANRT__EACH(x < 0 ? a * (ganrt__exp(x) - 1.0f) : x);
        break;
    case GANRT__SELU:
        GANRT__EACH(b * (x < 0 ? a * (ganrt__exp(x) - 1.0f) : x));
        break;
    case GANRT__TANH:
        GANRT__EACH(1.0f - 2.0f / (ganrt__exp(2.0f * x) + 1.0f));
        break;
    case GANRT__SIGMOID:
        GANRT__EACH(1.0f / (1.0f + ganrt__exp(-x)));
        break;
    case GANRT__HARD_SIGMOID:
        GANRT__EACH(a * x + b < 0 ? 0.0f : a * x + b > 1 ? 1.0f : a * x + b);
        break;
    case GANRT__SOFTPLUS:
        for (; i < count; i++)
            to[i] = from[i] > 20 ? from[i] : log1pf(expf(from[i]));
        break;
    case GANRT__CLIP:
        GANRT__EACH(x < a ? a : x > b ? b : x);
        break;
    case GANRT__ROUND:
        GANRT__EACH(ganrt__round(x));
        break;
    case GANRT__NEG:
        GANRT__EACH(-x);
        break;
    case GANRT__ABS:
        GANRT__EACH(x < 0 ? -x : x);
        break;
    case GANRT__EXP:
        for (; i < count; i++)
            to[i] = expf(from[i]);
        break;
    case GANRT__SQRT:
        for (; i < count; i++)
            to[i] = sqrtf(from[i]);
        break;
    case GANRT__SOFTSIGN:
        GANRT__EACH(x / (1.0f + (x < 0 ? -x : x)));
        break;
    default:
        if (to != from)
            memmove(to, from, (size_t)count * sizeof *to);
    }
}

#define GANRT__PAIRS(expression)                                                                                         \
    do {                                                                                                                 \
        for (; i + 8 <= count && step_a == step_b && step_a; i += 8)                                                     \
            for (k = 0; k < 8; k++) {                                                                                    \
                float x = a[i + k], y = b[i + k];                                                                        \
                to[i + k] = (expression);                                                                                \
            }                                                                                                            \
        for (; i < count; i++) {                                                                                         \
            float x = a[i * step_a], y = b[i * step_b];                                                                  \
            to[i] = (expression);                                                                                        \
        }                                                                                                                \
    } while (0)

static inline void ganrt__pairs(int32_t kind, const float *a, int32_t step_a, const float *b, int32_t step_b, float *to,
                                int32_t count)
{
    int32_t i = 0;
    int k;
    switch (kind) {
    case GANRT__ADD:
        GANRT__PAIRS(x + y);
        break;
    case GANRT__SUB:
        GANRT__PAIRS(x - y);
        break;
    case GANRT__MUL:
        GANRT__PAIRS(x * y);
        break;
    case GANRT__DIV:
        GANRT__PAIRS(x / y);
        break;
    case GANRT__MAX:
        GANRT__PAIRS(x > y ? x : y);
        break;
    case GANRT__MIN:
        GANRT__PAIRS(x < y ? x : y);
        break;
    case GANRT__GREATER:
        GANRT__PAIRS(x > y ? 1.0f : 0.0f);
        break;
    case GANRT__LESS:
        GANRT__PAIRS(x < y ? 1.0f : 0.0f);
        break;
    default:
        GANRT__PAIRS(x < 0 ? x * y : x);
    }
}

static inline void ganrt__binary(const ganrt_drawer *d, const unsigned char *w, float *base)
{
    const float *side[2];
    int32_t dims[3], step[2][3], y, x;
    float *to = base + ganrt__field(w, 1);
    int s, k;
    for (k = 0; k < 3; k++)
        dims[k] = ganrt__field(w, 2 + k);
    for (s = 0; s < 2; s++) {
        const unsigned char *at = w + 4 * (5 + 5 * s);
        int32_t size = 1;
        side[s] = ganrt__field(at, 1) ? d->constant + ganrt__field(at, 0) : base + ganrt__field(at, 0);
        for (k = 2; k >= 0; k--) {
            int32_t own = ganrt__field(at, 2 + k);
            step[s][k] = own == 1 ? 0 : size;
            size *= own;
        }
    }
    for (k = 1; k >= 0; k--) { /* axes that both sides go through evenly are one */
        int whole = 1;
        for (s = 0; s < 2; s++)
            whole &= (step[s][k] == step[s][2] * dims[2] && (step[s][k] || dims[k] == 1 || !step[s][2])) || dims[k] == 1;
        if (!whole || (k == 0 && dims[1] != 1))
            break;
        dims[2] *= dims[k];
        dims[k] = 1;
    }
    for (y = 0; y < dims[0]; y++)
        for (x = 0; x < dims[1]; x++) {
            const float *a = side[0] + (size_t)y * (size_t)step[0][0] + (size_t)x * (size_t)step[0][1];
            const float *b = side[1] + (size_t)y * (size_t)step[1][0] + (size_t)x * (size_t)step[1][1];
            ganrt__pairs(ganrt__field(w, 0), a, step[0][2], b, step[1][2], to, dims[2]);
            to += dims[2];
        }
}

static inline void ganrt__copies(const unsigned char *w, float *base)
{
    int32_t f[17], y, x;
    int k;
    for (k = 0; k < 17; k++)
        f[k] = ganrt__field(w, k);
    for (y = 0; y < f[7]; y++)
        for (x = 0; x < f[8]; x++) {
            const float *from = base + f[0] + (((size_t)(f[4] + y)) * (size_t)f[2] + (size_t)(f[5] + x)) * (size_t)f[3] + f[6];
            float *to = base + f[10] + (((size_t)(f[14] + y)) * (size_t)f[12] + (size_t)(f[15] + x)) * (size_t)f[13] + f[16];
            if (f[9] == f[3] && f[9] == f[13]) { /* whole rows */
                memmove(to, from, (size_t)f[8] * (size_t)f[9] * sizeof *to);
                break;
            }
            for (k = 0; k < f[9]; k++)
                to[k] = from[k];
        }
}

static inline void ganrt__depth_to_space(const unsigned char *w, float *base)
{
    int32_t height = ganrt__field(w, 1), width = ganrt__field(w, 2), c = ganrt__field(w, 3), block = ganrt__field(w, 5);
    int32_t thin = c / (block * block), y, x, by, bx, k, crd = ganrt__field(w, 6);
    const float *from = base + ganrt__field(w, 0);
    float *to = base + ganrt__field(w, 4);
    for (y = 0; y < height; y++)
        for (x = 0; x < width; x++, from += c)
            for (by = 0; by < block; by++)
                for (bx = 0; bx < block; bx++) {
                    float *at = to + (((size_t)(y * block + by)) * (size_t)(width * block) + (size_t)(x * block + bx)) * (size_t)thin;
                    for (k = 0; k < thin; k++)
                        at[k] = from[crd ? (k * block + by) * block + bx : (by * block + bx) * thin + k];
                }
}

static inline void ganrt__resize(const ganrt_drawer *d, const unsigned char *w, float *base)
{
    int32_t width = ganrt__field(w, 2), c = ganrt__field(w, 3), rows = ganrt__field(w, 5), columns = ganrt__field(w, 6), y, x, k;
    const float *from = base + ganrt__field(w, 0);
    float *to = base + ganrt__field(w, 4);
    const float *ty = d->constant + ganrt__field(w, 7);
    for (y = 0; y < rows; y++, ty += 3) {
        const float *low = from + (size_t)ty[0] * (size_t)width * (size_t)c, *high = from + (size_t)ty[1] * (size_t)width * (size_t)c;
        const float *tx = d->constant + ganrt__field(w, 8);
        for (x = 0; x < columns; x++, tx += 3, to += c)
            for (k = 0; k < c; k++) {
                size_t left = (size_t)tx[0] * (size_t)c + (size_t)k, right = (size_t)tx[1] * (size_t)c + (size_t)k;
                float one = low[left] + (high[left] - low[left]) * ty[2], two = low[right] + (high[right] - low[right]) * ty[2];
                to[k] = one + (two - one) * tx[2];
            }
    }
}

static inline void ganrt__mix(const unsigned char *w, float *base)
{
    int32_t rows = ganrt__field(w, 1), inner = ganrt__field(w, 2), pixels = ganrt__field(w, 4), p, r, k;
    const float *m = base + ganrt__field(w, 0), *from = base + ganrt__field(w, 3);
    float *to = base + ganrt__field(w, 5);
    for (p = 0; p < pixels; p++, from += inner, to += rows)
        for (r = 0; r < rows; r++) {
            float sum = 0;
            for (k = 0; k < inner; k++)
                sum += m[r * inner + k] * from[k];
            to[r] = sum;
        }
}

static inline void ganrt__instance_norm(const ganrt_drawer *d, const unsigned char *w, float *base)
{
    int32_t pixels = ganrt__field(w, 2), channels = ganrt__field(w, 3), k, p;
    const float *from = base + ganrt__field(w, 0);
    float *to = base + ganrt__field(w, 1);
    for (k = 0; k < channels; k++) {
        double mean = 0, variance = 0, scale;
        for (p = 0; p < pixels; p++)
            mean += (double)from[(size_t)p * (size_t)channels + (size_t)k];
        mean /= pixels;
        for (p = 0; p < pixels; p++) {
            double apart = (double)from[(size_t)p * (size_t)channels + (size_t)k] - mean;
            variance += apart * apart;
        }
        scale = (double)d->constant[ganrt__field(w, 4) + k] / sqrt(variance / pixels + (double)ganrt__real(w, 6));
        for (p = 0; p < pixels; p++) {
            size_t at = (size_t)p * (size_t)channels + (size_t)k;
            to[at] = (float)(((double)from[at] - mean) * scale + (double)d->constant[ganrt__field(w, 5) + k]);
        }
    }
}

/* An instruction that is not a layer, of one image. */
static inline void ganrt__step(const ganrt_drawer *d, const unsigned char *w, float *base)
{
    int32_t count, rows, columns, y, x;
    switch (ganrt__word(w)) {
    case GANRT__UNARY:
        ganrt__unary(ganrt__field(w, 0), base + ganrt__field(w, 1), base + ganrt__field(w, 2), ganrt__field(w, 3), ganrt__real(w, 4),
                     ganrt__real(w, 5));
        break;
    case GANRT__BINARY:
        ganrt__binary(d, w, base);
        break;
    case GANRT__COPY:
        ganrt__copies(w, base);
        break;
    case GANRT__FILL:
        for (count = 0; count < ganrt__field(w, 1); count++)
            base[ganrt__field(w, 0) + count] = ganrt__real(w, 2);
        break;
    case GANRT__TRANSPOSE:
        rows = ganrt__field(w, 2);
        columns = ganrt__field(w, 3);
        for (y = 0; y < rows; y++)
            for (x = 0; x < columns; x++)
                base[(size_t)ganrt__field(w, 1) + (size_t)x * (size_t)rows + (size_t)y] =
                    base[(size_t)ganrt__field(w, 0) + (size_t)y * (size_t)columns + (size_t)x];
        break;
    case GANRT__DEPTH_TO_SPACE:
        ganrt__depth_to_space(w, base);
        break;
    case GANRT__RESIZE:
        ganrt__resize(d, w, base);
        break;
    case GANRT__MIX:
        ganrt__mix(w, base);
        break;
    default:
        ganrt__instance_norm(d, w, base);
    }
}

/* Draws n images, whose inputs are in `work` (ganrt_drawer_work floats of memory). */
static inline void ganrt_drawer_run(const ganrt_drawer *d, float *work, uint32_t n)
{
    float *zeros = work + (size_t)d->arena * n, *scratch = zeros + d->widest + GANRT__BLOCK;
    uint32_t k, i;
    memset(zeros, 0, ((size_t)d->widest + GANRT__BLOCK) * sizeof *zeros);
    for (k = 0; k < d->instructions; k++) {
        const unsigned char *w = d->words + 4 * GANRT__WORDS * (size_t)k;
        if (ganrt__word(w) == GANRT__LAYER)
            ganrt__layer(d, w, work, n, zeros, scratch);
        else
            for (i = 0; i < n; i++)
                ganrt__step(d, w, work + (size_t)d->arena * i);
    }
}

/* Picture i: height * width * channels bytes, row by row. */
static inline void ganrt_drawer_picture(const ganrt_drawer *d, const float *work, uint32_t i, unsigned char *pixels)
{
    const float *from = work + (size_t)d->arena * i + d->output;
    size_t k, count = (size_t)d->height * d->width * d->channels;
    for (k = 0; k < count; k++) {
        float x = from[k];
        x = x >= 0 ? x < 255.0f ? x : 255.0f : 0.0f; /* not a number: 0 */
        pixels[k] = (unsigned char)(int)((x + 12582912.0f) - 12582912.0f);
    }
}

#endif
