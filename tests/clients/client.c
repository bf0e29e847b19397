/* Answers requests with clients/c/ganrt.h, so that it can be compared with the package.
 *
 *     cc -I clients/c tests/clients/client.c -o client -lm
 *     ./client < requests > answers
 *
 * One request a line, one answer a line; `error` where the specification calls the request an error. Doubles are given
 * by their bits, 16 hexadecimal digits; `-` is "none" or "empty":
 *
 *     check                                                           `ok`, or the status
 *     philox C0 C1 C2 C3 K0 K1                                        four words, as 8 hexadecimal digits each
 *     quantile U                                                      a double
 *     tail T                                                          a and d
 *     z SEED INDEX DIM PRIOR THRESHOLD|- PSI MODE STREAM              DIM float32, their bits, 8 digits each; PRIOR also in
 *                                                                     parts; a PRIOR or MODE of 9 does not exist
 *     between T PRIOR A B                                             as slerp, part by part
 *     class SEED INDEX COUNT                                          a decimal number
 *     identity HEX_UTF8|- HEX_NAMESPACE|- REROLL                      a decimal number
 *     lerp T A B, slerp T A B                                         float32 bits; A and B are bits with commas between
 *     spec HEX_JSON PSI|-         name dim labels truncation_input truncation_default height width channels
 *                                 canary_seed canary_index, then image 0 of seed 0 (of one law: 8 values at most); or
 *                                 the status
 *     truncation HEX_JSON PSI|-                                       a float32, or the status (C alone)
 *     sum SEED INDEX COUNT DIM                                        FNV-1a of the bits of COUNT normal latents
 *     time COUNT                                                      nanoseconds a value of COUNT latents of 100
 */
#include "ganrt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { LINE = 1 << 22, TOKENS = 10, MOST = 1024 };

static uint64_t integer(const char *text)
{
    return strtoull(text, NULL, 10);
}

static double number(const char *bits)
{
    return ganrt__double(strtoull(bits, NULL, 16));
}

static uint32_t float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void print_floats(const float *z, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        printf("%s%08" PRIx32, i ? " " : "", float_bits(z[i]));
    printf("\n");
}

static size_t from_hex(const char *hex, char *bytes)
{
    size_t n = 0;
    for (; hex[0] && hex[0] != '-' && hex[1]; hex += 2) {
        char pair[3] = {hex[0], hex[1], 0};
        bytes[n++] = (char)strtoul(pair, NULL, 16);
    }
    return n;
}

static uint64_t read_floats(const char *text, float *z)
{
    uint64_t n = 0;
    char *at = (char *)text;
    while (*at && n < MOST) {
        uint32_t bits = (uint32_t)strtoul(at, &at, 16);
        memcpy(z + n++, &bits, sizeof bits);
        at += *at == ',';
    }
    return n;
}

static int answer_check(char **token)
{
    ganrt_status status = ganrt_check();
    (void)token;
    if (status == GANRT_OK)
        printf("ok\n");
    else
        printf("status %d\n", (int)status);
    return 1;
}

static int answer_philox(char **token)
{
    uint32_t c[6];
    for (int i = 0; i < 6; i++)
        c[i] = (uint32_t)strtoul(token[i], NULL, 16);
    ganrt_philox(c, c[4], c[5]);
    printf("%08" PRIx32 " %08" PRIx32 " %08" PRIx32 " %08" PRIx32 "\n", c[0], c[1], c[2], c[3]);
    return 1;
}

static int answer_quantile(char **token)
{
    double x = ganrt_quantile(number(token[0]));
    if (isnan(x))
        return 0;
    printf("%016" PRIx64 "\n", ganrt__bits(x));
    return 1;
}

static int answer_tail(char **token)
{
    ganrt_law law;
    if (ganrt_law_make(&law, GANRT_NORMAL, number(token[0]), 1, GANRT_SCALE) != GANRT_OK)
        return 0;
    printf("%016" PRIx64 " %016" PRIx64 "\n", ganrt__bits(law.tail), ganrt__bits(1 - 2 * law.tail));
    return 1;
}

static ganrt_prior prior_of(const char *name)
{
    return name[0] == 'u'   ? GANRT_UNIFORM
           : name[0] == 't' ? GANRT_TRUNCATED_NORMAL
           : name[0] == 'n' ? GANRT_NORMAL
                            : (ganrt_prior)atoi(name);
}

static ganrt_psi_mode mode_of(const char *name)
{
    return strcmp(name, "scale") == 0      ? GANRT_SCALE
           : strcmp(name, "resample") == 0 ? GANRT_RESAMPLE
           : strcmp(name, "style") == 0    ? GANRT_STYLE
                                           : (ganrt_psi_mode)atoi(name);
}

static ganrt_status law_of(ganrt_law *law, const char *prior, double threshold, double psi, ganrt_psi_mode mode)
{
    return strchr(prior, ':') ? ganrt_law_parts(law, prior, threshold, psi, mode)
                              : ganrt_law_make(law, prior_of(prior), threshold, psi, mode);
}

static int answer_z(char **token)
{
    static float z[MOST];
    ganrt_law law;
    double threshold = strcmp(token[4], "-") ? number(token[4]) : GANRT_NO_THRESHOLD;
    uint64_t dim = integer(token[2]);
    errno = 0;
    if (integer(token[0]) == UINT64_MAX && errno == ERANGE)
        return 0;
    if (law_of(&law, token[3], threshold, number(token[5]), mode_of(token[6])) != GANRT_OK || dim > MOST)
        return 0;
    if (ganrt_latent(&law, integer(token[0]), integer(token[1]), (ganrt_stream)atoi(token[7]), z, dim) != GANRT_OK)
        return 0;
    print_floats(z, dim);
    return 1;
}

static int answer_class(char **token)
{
    uint32_t chosen;
    if (ganrt_class(integer(token[0]), integer(token[1]), integer(token[2]), &chosen) != GANRT_OK)
        return 0;
    printf("%" PRIu32 "\n", chosen);
    return 1;
}

static int answer_identity(char **token)
{
    static char identity[LINE], name_space[LINE];
    uint64_t index;
    size_t n = from_hex(token[0], identity), m = from_hex(token[1], name_space);
    uint32_t reroll = (uint32_t)integer(token[2]);
    if (ganrt_identity_reroll(identity, n, name_space, m, reroll, &index) != GANRT_OK)
        return 0;
    if (!reroll) {
        uint64_t plain;
        if (ganrt_identity(identity, n, name_space, m, &plain) != GANRT_OK || plain != index)
            return 0;
    }
    printf("%" PRIu64 "\n", index);
    return 1;
}

static int answer_path(char **token, ganrt_status (*path)(const float *, const float *, double, float *, size_t))
{
    static float a[MOST], b[MOST], out[MOST];
    uint64_t n = read_floats(token[1], a);
    if (read_floats(token[2], b) != n || path(a, b, number(token[0]), out, (size_t)n) != GANRT_OK)
        return 0;
    print_floats(out, n);
    return 1;
}

static int answer_lerp(char **token)
{
    return answer_path(token, ganrt_lerp);
}

static int answer_slerp(char **token)
{
    return answer_path(token, ganrt_slerp);
}

static int answer_between(char **token)
{
    static float a[MOST], b[MOST], out[MOST];
    ganrt_law law;
    uint64_t n = read_floats(token[2], a);
    if (law_of(&law, token[1], GANRT_NO_THRESHOLD, 1, GANRT_SCALE) != GANRT_OK || read_floats(token[3], b) != n)
        return 0;
    if (ganrt_between(&law, a, b, number(token[0]), out, (size_t)n) != GANRT_OK)
        return 0;
    print_floats(out, n);
    return 1;
}

static int answer_truncation(char **token)
{
    static char json[LINE];
    ganrt_spec spec;
    float value;
    double psi = strcmp(token[1], "-") ? number(token[1]) : GANRT_NO_PSI;
    ganrt_status status = ganrt_spec_read(json, from_hex(token[0], json), &spec);
    if (status == GANRT_OK)
        status = ganrt_truncation(&spec, psi, &value);
    if (status == GANRT_OK)
        print_floats(&value, 1);
    else
        printf("status %d\n", (int)status);
    return 1;
}

static int answer_spec(char **token)
{
    static char json[LINE];
    static float z[MOST];
    ganrt_spec spec;
    ganrt_law law;
    uint64_t shown = 0;
    double psi = strcmp(token[1], "-") ? number(token[1]) : GANRT_NO_PSI;
    ganrt_status status = ganrt_spec_read(json, from_hex(token[0], json), &spec);
    if (status == GANRT_OK)
        status = ganrt_law_of(&law, &spec, psi);
    if (status == GANRT_OK)
        shown = law.parts > 0 ? spec.dim : spec.dim < 8 ? spec.dim : 8;
    if (status == GANRT_OK)
        status = shown <= MOST ? ganrt_latents(&law, 0, 0, 1, z, shown) : GANRT_BAD_ARGUMENT;
    if (status != GANRT_OK) {
        printf("status %d\n", (int)status);
        return 1;
    }
    printf("%s %" PRIu64 " %" PRIu64 " %d %.17g %u %u %u %" PRIu64 " %" PRIu64 " ", spec.name, spec.dim, spec.labels,
           spec.truncation_input, spec.truncation_default, spec.height, spec.width, spec.channels, spec.canary_seed,
           spec.canary_index);
    print_floats(z, shown);
    return 1;
}

static int answer_sum(char **token)
{
    static float z[MOST];
    ganrt_law law;
    uint64_t count = integer(token[2]), dim = integer(token[3]), sum = UINT64_C(0xcbf29ce484222325);
    if (dim > MOST || ganrt_law_make(&law, GANRT_NORMAL, GANRT_NO_THRESHOLD, 1, GANRT_SCALE) != GANRT_OK)
        return 0;
    for (uint64_t i = 0; i < count; i++) {
        if (ganrt_latents(&law, integer(token[0]), integer(token[1]) + i, 1, z, dim) != GANRT_OK)
            return 0;
        for (uint64_t k = 0; k < dim; k++)
            sum = (sum ^ float_bits(z[k])) * UINT64_C(0x100000001b3);
    }
    printf("%016" PRIx64 "\n", sum);
    return 1;
}

static int answer_time(char **token)
{
    static float z[100];
    ganrt_law law;
    uint64_t count = integer(token[0]);
    volatile float kept = 0;
    clock_t start;
    if (ganrt_law_make(&law, GANRT_NORMAL, GANRT_NO_THRESHOLD, 1, GANRT_SCALE) != GANRT_OK)
        return 0;
    start = clock();
    for (uint64_t i = 0; i < count; i++) {
        ganrt_latent(&law, 42, i, GANRT_STREAM_Z, z, 100);
        kept = z[i % 100];
    }
    (void)kept;
    printf("%.3f\n", (double)(clock() - start) / CLOCKS_PER_SEC * 1e9 / ((double)count * 100));
    return 1;
}

int main(void)
{
    static const struct {
        const char *name;
        int tokens;
        int (*answer)(char **);
    } commands[] = {{"check", 0, answer_check}, {"philox", 6, answer_philox}, {"quantile", 1, answer_quantile},
                    {"tail", 1, answer_tail},   {"z", 8, answer_z},           {"class", 3, answer_class},
                    {"lerp", 3, answer_lerp},   {"slerp", 3, answer_slerp},   {"identity", 3, answer_identity},
                    {"spec", 2, answer_spec},   {"sum", 4, answer_sum},       {"time", 1, answer_time},
                    {"between", 4, answer_between}, {"truncation", 2, answer_truncation}};
    static char line[LINE];
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
