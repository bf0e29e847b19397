/* A second implementation of latent spec 1, written from docs/latent-spec.md alone, to show that the page is complete.
 * It is a test, not the client library.
 *
 *     cc -std=c99 -Wall -Wextra -Werror -O2 -ffp-contract=off second_implementation.c -o second
 *     ./second normal-quantile.txt < requests > answers
 *
 * One request a line, one answer a line; `error` where the page calls the request an error. Doubles are read as
 * strtod reads them (hexadecimal ones are exact), `-` is "none" or "empty":
 *
 *     philox C0 C1 C2 C3 K0 K1                                        four words, as 8 hexadecimal digits each
 *     quantile U                                                      a double's bits, 16 hexadecimal digits
 *     tail T                                                          the bits of a and d
 *     z SEED INDEX DIM PRIOR THRESHOLD|- PSI scale|resample STREAM    DIM float32, their bits, 8 digits each
 *     class SEED INDEX COUNT                                          a decimal number
 *     identity HEX_UTF8|- HEX_NAMESPACE|-                             a decimal number
 */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 52, COLUMNS = 16, CELLS = ROWS * COLUMNS, LINE = 1 << 17, TOKENS = 10 };

static double table[CELLS][4];

static uint64_t double_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double bits_double(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint32_t float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* SHA-256 (FIPS 180-4), which the page uses by name. */

static const uint32_t sha_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

struct sha {
    uint32_t h[8];
    uint64_t length;
    unsigned char block[64];
};

static uint32_t rotate(uint32_t x, int n)
{
    return (x >> n) | (x << (32 - n));
}

static void sha_block(struct sha *s)
{
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++) {
        const unsigned char *b = s->block + 4 * i;
        w[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3);
        uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    memcpy(v, s->h, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
        uint32_t t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + sha_k[i] + w[i];
        uint32_t s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
        uint32_t t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        s->h[i] += v[i];
}

static void sha_start(struct sha *s)
{
    static const uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(s->h, h, sizeof h);
    s->length = 0;
}

static void sha_add(struct sha *s, const unsigned char *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        s->block[s->length++ % 64] = data[i];
        if (s->length % 64 == 0)
            sha_block(s);
    }
}

static void sha_end(struct sha *s, unsigned char digest[32])
{
    static const unsigned char one = 0x80, zero = 0;
    uint64_t bits = s->length * 8;
    unsigned char tail[8];
    sha_add(s, &one, 1);
    while (s->length % 64 != 56)
        sha_add(s, &zero, 1);
    for (int i = 0; i < 8; i++)
        tail[i] = (unsigned char)(bits >> (56 - 8 * i));
    sha_add(s, tail, 8);
    for (int i = 0; i < 32; i++)
        digest[i] = (unsigned char)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

/* Section 1: words. */

static void philox(uint32_t c[4], uint32_t k0, uint32_t k1)
{
    for (int round = 0; round < 10; round++) {
        if (round) {
            k0 += UINT32_C(0x9E3779B9);
            k1 += UINT32_C(0xBB67AE85);
        }
        uint64_t p0 = UINT64_C(0xD2511F53) * c[0];
        uint64_t p1 = UINT64_C(0xCD9E8D57) * c[2];
        uint32_t c1 = c[1], c3 = c[3];
        c[0] = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c[1] = (uint32_t)p1;
        c[2] = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c[3] = (uint32_t)p0;
    }
}

static void words(uint64_t seed, uint64_t index, uint32_t block, uint32_t stream, uint32_t c[4])
{
    c[0] = block;
    c[1] = (uint32_t)index;
    c[2] = (uint32_t)(index >> 32);
    c[3] = stream;
    philox(c, (uint32_t)seed, (uint32_t)(seed >> 32));
}

/* Section 3: the quantile. */

static int load_table(const char *path)
{
    static const char expected[] = "1cf703723fde751829068ee81b0cbab13ce64de04948d19abd26be6fd9f71026";
    char line[512], hex[65];
    unsigned char digest[32];
    struct sha s;
    int cell = 0;
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    sha_start(&s);
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#')
            continue;
        if (cell == CELLS)
            break;
        char *at = line;
        for (int i = 0; i < 4; i++) {
            table[cell][i] = strtod(at, &at);
            unsigned char bytes[8];
            for (int j = 0; j < 8; j++)
                bytes[j] = (unsigned char)(double_bits(table[cell][i]) >> (8 * j));
            sha_add(&s, bytes, 8);
        }
        cell++;
    }
    fclose(file);
    sha_end(&s, digest);
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return cell == CELLS && strcmp(hex, expected) == 0;
}

static double quantile(double u)
{
    double p = u <= 0.5 ? u : 1 - u;
    if (p == 0.5)
        return 0.0;
    uint64_t bits = double_bits(p);
    int e = 1023 - (int)(bits >> 52), column = (int)((bits >> 48) % 16);
    double f = bits_double(((bits & UINT64_C(0xFFFFFFFFFFFF)) << 4) + UINT64_C(0x3FF0000000000000)) - 1;
    const double *c = table[16 * (e - 2) + column];
    double x = c[3] * f;
    x = x + c[2];
    x = x * f;
    x = x + c[1];
    x = x * f;
    x = x + c[0];
    return u < 0.5 ? x : -x;
}

/* Section 4: laws. */

static double tail(double t)
{
    double low = 0x1p-53, high = 0.5;
    for (int i = 0; i < 128; i++) {
        double middle = 0.5 * (low + high);
        if (quantile(middle) < -t)
            low = middle;
        else
            high = middle;
    }
    return high;
}

enum law { NORMAL, TRUNCATED, UNIFORM, ZERO };

static double draw(enum law law, double t, double a, uint32_t w)
{
    double u = (2 * (double)w + 1) * 0x1p-33;
    if (law == NORMAL)
        return quantile(u);
    if (law == UNIFORM)
        return 2 * u - 1;
    if (law == ZERO)
        return 0.0;
    double d = 1 - 2 * a;
    double product = u * d;
    double x = quantile(a + product);
    return x < -t ? -t : x > t ? t : x;
}

/* Requests. Every function returns 0 for an error, before it has printed anything. */

static int read_integer(const char *text, uint64_t most, uint64_t *value)
{
    char *end;
    if (*text < '0' || *text > '9')
        return 0;
    errno = 0;
    unsigned long long read = strtoull(text, &end, 10);
    *value = read;
    return *end == 0 && errno == 0 && read <= most;
}

static int read_double(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == 0;
}

static int answer_philox(char **token)
{
    uint32_t c[6];
    for (int i = 0; i < 6; i++)
        c[i] = (uint32_t)strtoul(token[i], NULL, 16);
    philox(c, c[4], c[5]);
    printf("%08" PRIx32 " %08" PRIx32 " %08" PRIx32 " %08" PRIx32 "\n", c[0], c[1], c[2], c[3]);
    return 1;
}

static int answer_quantile(char **token)
{
    double u;
    if (!read_double(token[0], &u) || !(u >= 0x1p-53 && u <= 1 - 0x1p-53))
        return 0;
    printf("%016" PRIx64 "\n", double_bits(quantile(u)));
    return 1;
}

static int answer_tail(char **token)
{
    double t;
    if (!read_double(token[0], &t) || !(t > 0 && t <= 8))
        return 0;
    double a = tail(t);
    printf("%016" PRIx64 " %016" PRIx64 "\n", double_bits(a), double_bits(1 - 2 * a));
    return 1;
}

static int answer_z(char **token)
{
    uint64_t seed, index, dim, stream;
    double t = 2, psi, a = 0;
    enum law law;
    int given = strcmp(token[4], "-") != 0, resample = strcmp(token[6], "resample") == 0;
    if (!read_integer(token[0], UINT64_MAX, &seed) || !read_integer(token[1], UINT64_MAX, &index))
        return 0;
    if (!read_integer(token[2], UINT64_C(1) << 34, &dim) || !read_integer(token[7], UINT32_MAX, &stream))
        return 0;
    if (given && (!read_double(token[4], &t) || !(t > 0 && t <= 8)))
        return 0;
    if (!read_double(token[5], &psi) || !(psi >= 0 && psi <= 16))
        return 0;
    if (!resample && strcmp(token[6], "scale") != 0)
        return 0;
    if (strcmp(token[3], "uniform") == 0) {
        if (given)
            return 0;
        law = UNIFORM;
        resample = 0;
    } else if (strcmp(token[3], "truncated_normal") == 0)
        law = TRUNCATED;
    else if (strcmp(token[3], "normal") == 0)
        law = given || resample ? TRUNCATED : NORMAL;
    else
        return 0;
    if (resample) {
        t = psi * t;
        if (t > 8)
            return 0;
        if (t == 0)
            law = ZERO;
    }
    if (law == TRUNCATED)
        a = tail(t);
    float factor = resample ? 1.0f : (float)psi;
    uint32_t c[4];
    for (uint64_t k = 0; k < dim; k++) {
        if (k % 4 == 0)
            words(seed, index, (uint32_t)(k / 4), (uint32_t)stream, c);
        float value = (float)draw(law, t, a, c[k % 4]);
        value = value * factor;
        printf("%s%08" PRIx32, k ? " " : "", float_bits(value));
    }
    printf("\n");
    return 1;
}

/* Section 5: the choice of a class. */

static int answer_class(char **token)
{
    uint64_t seed, index, count;
    uint32_t c[4];
    if (!read_integer(token[0], UINT64_MAX, &seed) || !read_integer(token[1], UINT64_MAX, &index))
        return 0;
    if (!read_integer(token[2], UINT64_C(1) << 32, &count) || count == 0)
        return 0;
    words(seed, index, 0, 1, c);
    printf("%" PRIu64 "\n", (c[0] * count) >> 32);
    return 1;
}

/* Section 6: from an identity to an index. */

static int is_utf8(const unsigned char *s, size_t n)
{
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
    for (size_t i = 0; i < n;) {
        unsigned char first = s[i++];
        int more = first < 0x80 ? 0 : first >> 5 == 6 ? 1 : first >> 4 == 14 ? 2 : first >> 3 == 30 ? 3 : -1;
        if (more < 0 || (size_t)more > n - i)
            return 0;
        uint32_t point = more == 0 ? first : first & (0x3Fu >> more);
        for (int j = 0; j < more; j++, i++) {
            if (s[i] >> 6 != 2)
                return 0;
            point = point << 6 | (s[i] & 0x3Fu);
        }
        if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
            return 0;
    }
    return 1;
}

static int add_text(struct sha *s, const char *hex)
{
    static unsigned char bytes[4 + LINE / 2];
    size_t n = 0;
    if (strcmp(hex, "-") != 0)
        for (; hex[0] && hex[1]; hex += 2) {
            char pair[3] = {hex[0], hex[1], 0};
            bytes[4 + n++] = (unsigned char)strtoul(pair, NULL, 16);
        }
    for (int i = 0; i < 4; i++)
        bytes[i] = (unsigned char)((uint32_t)n >> (24 - 8 * i));
    sha_add(s, bytes, 4 + n);
    return is_utf8(bytes + 4, n);
}

static int answer_identity(char **token)
{
    struct sha s;
    unsigned char digest[32];
    uint64_t index = 0;
    sha_start(&s);
    if (!add_text(&s, token[1]) || !add_text(&s, token[0]))
        return 0;
    sha_end(&s, digest);
    for (int i = 0; i < 8; i++)
        index = index << 8 | digest[i];
    printf("%" PRIu64 "\n", index);
    return 1;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int tokens;
        int (*answer)(char **);
    } commands[] = {{"philox", 6, answer_philox}, {"quantile", 1, answer_quantile}, {"tail", 1, answer_tail},
                    {"z", 8, answer_z},           {"class", 3, answer_class},       {"identity", 2, answer_identity}};
    static char line[LINE];
    if (argc != 2 || !load_table(argv[1])) {
        fprintf(stderr, "usage: second normal-quantile.txt (the table of latent spec 1, with its SHA-256)\n");
        return 2;
    }
    while (fgets(line, sizeof line, stdin)) {
        char *token[TOKENS];
        int n = 0, done = 0;
        for (char *at = strtok(line, " \r\n"); at && n < TOKENS; at = strtok(NULL, " \r\n"))
            token[n++] = at;
        for (size_t i = 0; n && i < sizeof commands / sizeof commands[0]; i++)
            if (strcmp(token[0], commands[i].name) == 0 && n == commands[i].tokens + 1)
                done = commands[i].answer(token + 1);
        if (!done)
            printf("error\n");
    }
    return 0;
}
