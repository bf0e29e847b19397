/* Look codes in C99 and C++17: one short text that redraws a picture, such as ganrt:avatars-1:0:8841:JR. The
 * specification is docs/look-codes.md. No allocation, no global state; a look is about 25 KB: keep it off small stacks.
 *
 *     static ganrt_look look;
 *     if (ganrt_look_read(text, strlen(text), &look) == GANRT_LOOK_OK)
 *         ... ganrt_look_latent of ganrt_controls.h: from a look to what a model is fed ...
 *
 * Licence: Apache 2.0, as ganrt's own. */
#ifndef GANRT_LOOKS_H
#define GANRT_LOOKS_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define GANRT_LOOK_CHARACTERS 4000
#define GANRT_LOOK_CLASSES 500
#define GANRT_LOOK_CONTROLS 1000
#define GANRT_LOOK_EDITS 700

typedef enum {
    GANRT_LOOK_OK,
    GANRT_LOOK_BAD,   /* no look code, or one that says what no look can */
    GANRT_LOOK_TYPO,  /* its check letters do not fit, or are missing where there are fields */
    GANRT_LOOK_NEWER  /* made by a newer ganrt */
} ganrt_look_status;

typedef struct {
    char text[GANRT_LOOK_CHARACTERS + 8]; /* the code in lower case, cut into strings that end with 0 */
    const char *model;
    uint64_t seed, index;
    int has_psi, has_threshold, has_statistics;
    double psi, threshold, statistics;
    const char *mode;  /* "scale", "resample" or NULL */
    uint32_t classes;  /* 0: the class is drawn from seed and index */
    uint32_t class_number[GANRT_LOOK_CLASSES];
    float class_weight[GANRT_LOOK_CLASSES];
    uint32_t controls;
    const char *control_name[GANRT_LOOK_CONTROLS], *control_value[GANRT_LOOK_CONTROLS];
    uint32_t edits; /* values first to stop - 1 of z, after the controls */
    struct {
        uint32_t first, stop;
        float value;
    } edit[GANRT_LOOK_EDITS];
} ganrt_look;

static inline int ganrt__look_value(char c)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789-._~:=,";
    const char *found = c ? strchr(alphabet, c) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

/* The two letters (and a 0) that end the code of a body in lower case: ISO/IEC 7064, MOD 661-26. 0: no such body. */
static inline int ganrt_look_check(const char *body, size_t bytes, char letters[3])
{
    uint32_t rest = 0, check;
    size_t i;
    for (i = 0; i < bytes; i++) {
        int value = ganrt__look_value(body[i]);
        if (value < 0)
            return 0;
        rest = (rest + (uint32_t)value) * 26 % 661;
    }
    check = (662 - rest * 26 % 661) % 661;
    letters[0] = (char)('A' + check / 26);
    letters[1] = (char)('A' + check % 26);
    letters[2] = 0;
    return 1;
}

static inline int ganrt__look_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline int ganrt__look_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* How many characters at the start of a text are digits, letters, or one of `others`. */
static inline size_t ganrt__look_span(const char *text, const char *others)
{
    size_t n = 0;
    while (text[n] && (ganrt__look_digit(text[n]) || ganrt__look_letter(text[n]) || strchr(others, text[n])))
        n++;
    return n;
}

static inline int ganrt__look_whole(const char *text, size_t most, uint64_t *number)
{
    size_t n;
    uint64_t made = 0;
    for (n = 0; ganrt__look_digit(text[n]); n++) {
        uint64_t digit = (uint64_t)(text[n] - '0');
        if (made > (UINT64_MAX - digit) / 10)
            return 0;
        made = made * 10 + digit;
    }
    *number = made;
    return n > 0 && n <= most && text[n] == 0;
}

/* m / d, rounded once, for m and d below 2^60: 63 bits by long division, the last of which tells whether there are more. */
static inline double ganrt__look_quotient(uint64_t m, uint64_t d)
{
    uint64_t n = m / d, rest = m % d;
    int e = 0;
    if (m == 0)
        return 0;
    for (; n < UINT64_C(1) << 62; e--) {
        rest *= 2;
        n = n * 2 + (rest >= d);
        rest -= rest >= d ? d : 0;
    }
    return ldexp((double)(n | (rest != 0)), e);
}

static inline int ganrt__look_number(const char *text, double *number)
{
    uint64_t m = 0, d = 1;
    int minus = *text == '-', digits = 0, before, after = 0;
    text += minus;
    for (; ganrt__look_digit(*text) && digits < 19; digits++)
        m = m * 10 + (uint64_t)(*text++ - '0');
    before = digits;
    if (*text == '.')
        for (text++; ganrt__look_digit(*text) && digits < 19; digits++, after++, d *= 10)
            m = m * 10 + (uint64_t)(*text++ - '0');
    if (*text || !before || digits > 18 || (text[-1] == '.'))
        return 0;
    *number = ganrt__look_quotient(m, d);
    if (minus)
        *number = -*number;
    return 1;
}

static inline int ganrt__look_float(const char *text, float *value)
{
    double number;
    if (!ganrt__look_number(text, &number) || fabs(number) > (double)FLT_MAX)
        return 0;
    *value = (float)number;
    return 1;
}

/* One of the format's own fields, from behind the dot; key and place end where `value` begins. */
static inline ganrt_look_status ganrt__look_own(ganrt_look *look, char *field)
{
    size_t key = 0, place;
    char *value, *dash;
    double number = 0;
    uint64_t first, stop;
    while (ganrt__look_letter(field[key]))
        key++;
    for (place = key; ganrt__look_digit(field[place]) || field[place] == '-';)
        place++;
    if (!key || field[place] != '=' || !field[place + 1] ||
        ganrt__look_span(field + place + 1, ".-") != strlen(field + place + 1))
        return GANRT_LOOK_BAD;
    value = field + place + 1;
    field[place] = 0;
    if (place == key && !strcmp(field, "mode")) {
        if (look->mode || (strcmp(value, "scale") && strcmp(value, "resample")))
            return GANRT_LOOK_BAD;
        look->mode = value;
        return GANRT_LOOK_OK;
    }
    if (place == key && (!strcmp(field, "psi") || !strcmp(field, "threshold") || !strcmp(field, "statistics"))) {
        int *has = *field == 'p' ? &look->has_psi : *field == 't' ? &look->has_threshold : &look->has_statistics;
        double *target = *field == 'p' ? &look->psi : *field == 't' ? &look->threshold : &look->statistics;
        if (*has || !ganrt__look_number(value, &number) || !(number >= 0 && number <= (*field == 't' ? 8 : 16)) ||
            (number == 0 && *field != 'p'))
            return GANRT_LOOK_BAD;
        *has = 1;
        *target = number;
        return GANRT_LOOK_OK;
    }
    if (key == 5 && !memcmp(field, "class", 5)) {
        uint32_t i = look->classes;
        float weight = 1;
        if (i == GANRT_LOOK_CLASSES || !ganrt__look_whole(place > key ? field + key : value, 10, &first) ||
            first > UINT32_MAX || (place > key && !ganrt__look_float(value, &weight)))
            return GANRT_LOOK_BAD;
        for (; i && look->class_number[i - 1] >= first; i--) {
            if (look->class_number[i - 1] == first)
                return GANRT_LOOK_BAD;
            look->class_number[i] = look->class_number[i - 1];
            look->class_weight[i] = look->class_weight[i - 1];
        }
        look->class_number[i] = (uint32_t)first;
        look->class_weight[i] = weight;
        look->classes++;
        return GANRT_LOOK_OK;
    }
    dash = strchr(field + key, '-');
    if (dash)
        *dash = 0;
    if (key != 1 || *field != 'z' || !ganrt__look_whole(field + key, 7, &first) ||
        (dash && !ganrt__look_whole(dash + 1, 7, &stop)))
        return GANRT_LOOK_NEWER;
    {
        uint32_t i = look->edits;
        float changed;
        stop = dash ? stop : first + 1;
        if (i == GANRT_LOOK_EDITS || !ganrt__look_float(value, &changed) || first >= stop || stop > 1u << 20)
            return GANRT_LOOK_BAD;
        for (; i && look->edit[i - 1].first >= stop; i--)
            look->edit[i] = look->edit[i - 1];
        if (i && look->edit[i - 1].stop > first)
            return GANRT_LOOK_BAD;
        look->edit[i].first = (uint32_t)first;
        look->edit[i].stop = (uint32_t)stop;
        look->edit[i].value = changed;
        look->edits++;
    }
    return GANRT_LOOK_OK;
}

static inline ganrt_look_status ganrt__look_field(ganrt_look *look, char *field)
{
    size_t name = ganrt__look_span(field, "_-"), value;
    uint32_t i;
    if (*field == '.')
        return ganrt__look_own(look, field + 1);
    if (!name || name > 40 || *field == '_' || *field == '-' || field[name] != '=')
        return GANRT_LOOK_BAD;
    field[name] = 0;
    value = ganrt__look_span(field + name + 1, "._-");
    if (!value || value > 60 || field[name + 1] == '_' || field[name + 1 + value] || look->controls == GANRT_LOOK_CONTROLS)
        return GANRT_LOOK_BAD;
    for (i = look->controls; i && strcmp(look->control_name[i - 1], field) >= 0; i--) {
        if (!strcmp(look->control_name[i - 1], field))
            return GANRT_LOOK_BAD;
        look->control_name[i] = look->control_name[i - 1];
        look->control_value[i] = look->control_value[i - 1];
    }
    look->control_name[i] = field;
    look->control_value[i] = field + name + 1;
    look->controls++;
    return GANRT_LOOK_OK;
}

static inline int ganrt__look_is_model(const char *text)
{
    size_t n = ganrt__look_span(text, "._-"), i;
    if (!n || n > 100 || !(ganrt__look_digit(*text) || ganrt__look_letter(*text)))
        return 0;
    if (!text[n])
        return 1;
    for (i = 1; i < 9; i++)
        if (!ganrt__look_digit(text[n + i]) && !(text[n + i] >= 'a' && text[n + i] <= 'f'))
            return 0;
    return text[n] == '~' && !text[n + 9];
}

/* The look that a code means; classes, controls and edits come in order. Strings point into the look: do not copy it. */
static inline ganrt_look_status ganrt_look_read(const char *code, size_t bytes, ganrt_look *look)
{
    char *part[7], *at, letters[3];
    size_t i, parts = 1;
    int checked;
    memset(look, 0, sizeof *look);
    while (bytes && strchr(" \t\r\n", *code) && *code)
        code++, bytes--;
    while (bytes && strchr(" \t\r\n", code[bytes - 1]) && code[bytes - 1])
        bytes--;
    if (bytes > GANRT_LOOK_CHARACTERS + 3)
        return GANRT_LOOK_BAD;
    for (i = 0; i < bytes; i++)
        look->text[i] = (char)(code[i] >= 'A' && code[i] <= 'Z' ? code[i] + 32 : code[i]);
    if (strncmp(look->text, "ganrt", 5))
        return GANRT_LOOK_BAD;
    for (i = 5; ganrt__look_digit(look->text[i]);)
        i++;
    if (i > 14 || (look->text[i] != ':' && i != bytes))
        return GANRT_LOOK_BAD;
    if (i > 5)
        return GANRT_LOOK_NEWER;
    if (!ganrt_look_check(look->text, bytes, letters))
        return GANRT_LOOK_BAD;
    part[0] = look->text;
    for (at = look->text; *at; at++)
        if (*at == ':' && parts < 7)
            part[parts++] = at + 1;
    at = part[parts - 1];
    checked = parts > 4 && ganrt__look_letter(at[0]) && ganrt__look_letter(at[1]) && !at[2];
    if (checked) {
        ganrt_look_check(look->text, bytes - 3, letters);
        if (at[0] != letters[0] + 32 || at[1] != letters[1] + 32)
            return GANRT_LOOK_TYPO;
        parts--;
    }
    if (parts < 4 || parts > 5)
        return GANRT_LOOK_BAD;
    if (parts == 5 && !checked)
        return GANRT_LOOK_TYPO;
    for (i = 1; i < parts + (size_t)checked; i++)
        part[i][-1] = 0;
    look->model = part[1];
    if (!ganrt__look_is_model(part[1]) || !ganrt__look_whole(part[2], 20, &look->seed) ||
        !ganrt__look_whole(part[3], 20, &look->index))
        return GANRT_LOOK_BAD;
    for (at = parts == 5 ? part[4] : NULL; at;) {
        char *next = strchr(at, ',');
        ganrt_look_status status;
        if (next)
            *next++ = 0;
        status = ganrt__look_field(look, at);
        if (status != GANRT_LOOK_OK)
            return status;
        at = next;
    }
    return GANRT_LOOK_OK;
}

/* A look without fields, to be printed or filled in; `model` is copied. 0: the name is no model's. */
static inline int ganrt_look_plain(ganrt_look *look, const char *model, uint64_t seed, uint64_t index)
{
    memset(look, 0, sizeof *look);
    if (strlen(model) > 110)
        return 0;
    strcpy(look->text, model);
    look->model = look->text;
    look->seed = seed;
    look->index = index;
    return ganrt__look_is_model(look->text);
}

/* Appends to a code; once it is full, `bytes` stays beyond `room`. */
typedef struct {
    char *text;
    size_t bytes, room;
} ganrt__look_writer;

static inline void ganrt__look_put(ganrt__look_writer *out, const char *text)
{
    size_t n = strlen(text);
    if (out->bytes <= GANRT_LOOK_CHARACTERS && n < out->room - out->bytes && out->bytes + n <= GANRT_LOOK_CHARACTERS) {
        memcpy(out->text + out->bytes, text, n + 1);
        out->bytes += n;
    } else
        out->bytes = GANRT_LOOK_CHARACTERS + 1;
}

static inline void ganrt__look_put_whole(ganrt__look_writer *out, uint64_t number)
{
    char text[21], *at = text + 20;
    *at = 0;
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    ganrt__look_put(out, at);
}

/* d.ddde+x, as printf writes it, without an exponent; 0 if it has more than 18 digits. */
static inline int ganrt__look_positional(const char *text, char made[32])
{
    char digits[20];
    int minus = *text == '-', n = 0, point = 1, exponent = 0, below, i;
    for (text += minus; *text && *text != 'e'; text++) /* whatever the locale's point is */
        if (ganrt__look_digit(*text) && n < 19)
            digits[n++] = *text;
    for (below = text[1] == '-', text += 2; ganrt__look_digit(*text); text++)
        exponent = exponent * 10 + (*text - '0');
    point += below ? -exponent : exponent;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    if ((point > n ? point : point > 0 ? n : n + 1 - point) > 18 || point < -20 || n > 18)
        return 0;
    if (minus)
        *made++ = '-';
    if (point <= 0)
        *made++ = '0';
    for (i = point < 0 ? point : 0; i < (point > n ? point : n); i++) {
        if (i == point || (point <= 0 && i == (point < 0 ? point : 0)))
            *made++ = '.';
        *made++ = i < 0 || i >= n ? '0' : digits[i];
    }
    *made = 0;
    return 1;
}

/* The fewest digits that are read back as the number: `single`, once it is rounded to float32. */
static inline int ganrt__look_number_text(double number, int single, char made[32])
{
    char text[40];
    int digits;
    if (number == 0) {
        strcpy(made, signbit(number) ? "-0" : "0");
        return 1;
    }
    if (!(fabs(number) < 1e18))
        return 0;
    for (digits = 0; digits < 17; digits++) {
        double back;
        snprintf(text, sizeof text, "%.*e", digits, number);
        if (!ganrt__look_positional(text, made) || !ganrt__look_number(made, &back))
            continue;
        if (single ? (float)back == (float)number : back == number)
            return 1;
    }
    return 0;
}

static inline void ganrt__look_put_number(ganrt__look_writer *out, const char *name, double number, int single)
{
    char text[32];
    ganrt__look_put(out, name);
    if (ganrt__look_number_text(number, single, text))
        ganrt__look_put(out, text);
    else
        out->bytes = GANRT_LOOK_CHARACTERS + 1;
}

static inline void ganrt__look_put_fields(ganrt__look_writer *out, const ganrt_look *look)
{
    uint32_t i;
    if (look->has_psi)
        ganrt__look_put_number(out, ",.psi=", look->psi, 0);
    if (look->mode) {
        ganrt__look_put(out, ",.mode=");
        ganrt__look_put(out, look->mode);
    }
    if (look->has_threshold)
        ganrt__look_put_number(out, ",.threshold=", look->threshold, 0);
    if (look->has_statistics)
        ganrt__look_put_number(out, ",.statistics=", look->statistics, 0);
    for (i = 0; i < look->classes; i++) {
        int single = look->classes == 1 && look->class_weight[0] == 1;
        ganrt__look_put(out, single ? ",.class=" : ",.class");
        ganrt__look_put_whole(out, look->class_number[i]);
        if (!single)
            ganrt__look_put_number(out, "=", (double)look->class_weight[i], 1);
    }
    for (i = 0; i < look->controls; i++) {
        ganrt__look_put(out, ",");
        ganrt__look_put(out, look->control_name[i]);
        ganrt__look_put(out, "=");
        ganrt__look_put(out, look->control_value[i]);
    }
    for (i = 0; i < look->edits; i++) {
        ganrt__look_put(out, ",.z");
        ganrt__look_put_whole(out, look->edit[i].first);
        if (look->edit[i].stop != look->edit[i].first + 1) {
            ganrt__look_put(out, "-");
            ganrt__look_put_whole(out, look->edit[i].stop);
        }
        ganrt__look_put_number(out, "=", (double)look->edit[i].value, 1);
    }
}

/* Whether classes, controls and edits are in order, none twice, as ganrt_look_read gives them. */
static inline int ganrt__look_in_order(const ganrt_look *look)
{
    uint32_t i;
    if (look->classes > GANRT_LOOK_CLASSES || look->controls > GANRT_LOOK_CONTROLS || look->edits > GANRT_LOOK_EDITS)
        return 0;
    for (i = 1; i < look->classes; i++)
        if (look->class_number[i - 1] >= look->class_number[i])
            return 0;
    for (i = 1; i < look->controls; i++)
        if (strcmp(look->control_name[i - 1], look->control_name[i]) >= 0)
            return 0;
    for (i = 0; i < look->edits; i++)
        if (look->edit[i].first >= look->edit[i].stop || (i && look->edit[i - 1].stop > look->edit[i].first))
            return 0;
    return 1;
}

/* The code of a look, with its check letters and a 0: at most GANRT_LOOK_CHARACTERS + 4 bytes. `scratch` is overwritten:
 * what is printed is read back. GANRT_LOOK_BAD: `room` is too small, or no code can say it. */
static inline ganrt_look_status ganrt_look_print(const ganrt_look *look, char *code, size_t room, ganrt_look *scratch)
{
    ganrt__look_writer out;
    char letters[3];
    size_t head;
    out.text = code;
    out.bytes = 0;
    out.room = room;
    if (room < 8 || !ganrt__look_in_order(look))
        return GANRT_LOOK_BAD;
    ganrt__look_put(&out, "ganrt:");
    ganrt__look_put(&out, look->model);
    ganrt__look_put(&out, ":");
    ganrt__look_put_whole(&out, look->seed);
    ganrt__look_put(&out, ":");
    ganrt__look_put_whole(&out, look->index);
    head = out.bytes;
    ganrt__look_put_fields(&out, look);
    if (out.bytes > GANRT_LOOK_CHARACTERS || out.bytes + 4 > room || !ganrt_look_check(code, out.bytes, letters))
        return GANRT_LOOK_BAD;
    if (out.bytes > head) { /* the first field's comma is a colon */
        code[head] = ':';
        ganrt_look_check(code, out.bytes, letters);
    }
    code[out.bytes++] = ':';
    memcpy(code + out.bytes, letters, 3);
    return ganrt_look_read(code, out.bytes + 2, scratch);
}

#endif
