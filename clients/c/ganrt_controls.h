/* Named controls, and from a look to what a model is fed: latents with hair=afro or skin=0.8, the same as Python's in every
 * bit. C99 and C++17; no allocation, no global state. The specifications are docs/controls.md and docs/look-codes.md.
 *
 *     ganrt_controls controls;
 *     if (ganrt_controls_read(json, bytes, &spec, &controls) == GANRT_OK) // the kit's controls.json, which has to stay
 *         ganrt_control_set(&controls, "hair", "afro", z, spec.dim);
 *
 *     ganrt_look_read(code, strlen(code), &look);
 *     ganrt_look_latent(&look, &spec, &controls, z); // spec.dim values
 *     ganrt_look_weights(&look, &spec, labels);      // spec.labels values, where there are some
 *     ganrt_look_truncation(&look, &spec, &psi);     // where spec.truncation_input says so
 *
 * Licence: Apache 2.0, as ganrt's own. */
#ifndef GANRT_CONTROLS_H
#define GANRT_CONTROLS_H

#include "ganrt.h"
#include "ganrt_looks.h"

/* Points into controls.json; all zero: a model without controls. */
typedef struct {
    ganrt__json list;
} ganrt_controls;

/* A decimal with a sign or an exponent, as JSON and docs/controls.md have it, rounded once: by long division up to 18
 * digits, else by strtod, which refuses a point where the locale has a comma. */
static inline int ganrt__decimal(ganrt__json value, double *number)
{
    char text[96], *stopped;
    uint64_t m = 0, d = 1;
    int i = 0, digits = 0, after = 0, exponent = 0, minus, below;
    if (!ganrt__copy(value, text, sizeof text))
        return 0;
    minus = text[0] == '-';
    i = minus || text[0] == '+';
    for (; (text[i] >= '0' && text[i] <= '9') || (text[i] == '.' && !after); i++) {
        if (text[i] == '.') {
            after = 1;
            continue;
        }
        if (digits < 19)
            m = m * 10 + (uint64_t)(text[i] - '0');
        digits++;
        after += after > 0;
    }
    after -= after > 0;
    if (digits == 0)
        return 0;
    if (text[i] == 'e' || text[i] == 'E') {
        i++;
        below = text[i] == '-';
        i += text[i] == '-' || text[i] == '+';
        if (text[i] < '0' || text[i] > '9')
            return 0;
        for (; text[i] >= '0' && text[i] <= '9'; i++)
            exponent = exponent < 1000 ? exponent * 10 + (text[i] - '0') : exponent;
        after += below ? exponent : -exponent;
    }
    if (text[i] != 0)
        return 0;
    for (; after < 0 && m < UINT64_C(100000000000000000) && digits <= 18; after++)
        m *= 10;
    if (digits <= 18 && after >= 0 && after <= 18) {
        for (; after > 0; after--)
            d *= 10;
        *number = ganrt__look_quotient(m, d);
        *number = minus ? -*number : *number;
        return 1;
    }
    *number = strtod(text, &stopped);
    return *stopped == 0 && *number - *number == 0;
}

/* The element at `at` of an array, and where the next begins; 0 at its end, and for what is no array. Begin with NULL. */
static inline int ganrt__element(ganrt__json array, const char **at, ganrt__json *element)
{
    const char *from = *at;
    if (from == NULL) {
        if (array.at == NULL || array.at >= array.end || *array.at != '[')
            return 0;
        from = array.at + 1;
    }
    from = ganrt__space(from, array.end);
    if (from >= array.end || *from == ']')
        return 0;
    element->at = from;
    element->end = ganrt__value_end(from, array.end);
    if (element->end == NULL)
        return 0;
    from = ganrt__space(element->end, array.end);
    *at = from < array.end && *from == ',' ? from + 1 : from;
    return 1;
}

static inline uint32_t ganrt__elements(ganrt__json array)
{
    ganrt__json element;
    const char *at = NULL;
    uint32_t n = 0;
    while (ganrt__element(array, &at, &element))
        n++;
    return n;
}

/* Element k of an array. */
static inline int ganrt__nth(ganrt__json array, uint32_t k, ganrt__json *element)
{
    const char *at = NULL;
    uint32_t i;
    for (i = 0; i <= k; i++)
        if (!ganrt__element(array, &at, element))
            return 0;
    return 1;
}

static inline int ganrt__is(ganrt__json value, const char *text)
{
    size_t n = strlen(text);
    return value.at != NULL && (size_t)(value.end - value.at) == n + 2 && *value.at == '"' &&
           memcmp(value.at + 1, text, n) == 0;
}

/* The one of `list` (controls, options) whose member `name` is `text`. */
static inline int ganrt__named(ganrt__json list, const char *text, ganrt__json *found)
{
    const char *at = NULL;
    while (ganrt__element(list, &at, found))
        if (ganrt__is(ganrt__member(*found, "name"), text))
            return 1;
    return 0;
}

/* Whether a row has a number for each of n positions. */
static inline int ganrt__is_row(ganrt__json row, uint32_t n)
{
    ganrt__json element;
    const char *at = NULL;
    uint32_t count = 0;
    double number;
    for (; ganrt__element(row, &at, &element); count++)
        if (!ganrt__decimal(element, &number))
            return 0;
    return count == n;
}

static inline int ganrt__rows(ganrt__json list, uint32_t n, int options)
{
    ganrt__json row;
    const char *at = NULL;
    while (ganrt__element(list, &at, &row))
        if (!ganrt__is_row(options ? ganrt__member(row, "values") : row, n))
            return 0;
    return 1;
}

static inline int ganrt__is_control(ganrt__json control, uint64_t dim)
{
    ganrt__json positions = ganrt__member(control, "positions"), kind = ganrt__member(control, "kind"), element;
    ganrt__json knots = ganrt__member(control, "knots"), options = ganrt__member(control, "options");
    const char *at = NULL;
    uint32_t n = ganrt__elements(positions);
    uint64_t position;
    char name[48];
    double low, high;
    if (!n || !ganrt__text(ganrt__member(control, "name"), name, sizeof name))
        return 0;
    while (ganrt__element(positions, &at, &element))
        if (!ganrt__integer(element, dim - 1, &position))
            return 0;
    if (ganrt__is(kind, "choice"))
        return ganrt__elements(options) > 0 && ganrt__rows(options, n, 1);
    if (ganrt__is(kind, "scalar") && (!ganrt__decimal(ganrt__member(control, "low"), &low) ||
                                      !ganrt__decimal(ganrt__member(control, "high"), &high) || !(low < high)))
        return 0;
    if (ganrt__is(kind, "color") ? n != 3 : !ganrt__is(kind, "scalar"))
        return 0;
    return ganrt__elements(knots) >= 2 && ganrt__rows(knots, n, 0);
}

/* The kit's controls.json, of the model of `spec`: `json` has to stay as long as the controls are used. */
static inline ganrt_status ganrt_controls_read(const char *json, size_t bytes, const ganrt_spec *spec,
                                               ganrt_controls *controls)
{
    ganrt__json whole, control;
    const char *at = NULL;
    memset(controls, 0, sizeof *controls);
    whole.at = ganrt__space(json, json + bytes);
    whole.end = ganrt__value_end(whole.at, json + bytes);
    if (whole.end == NULL || ganrt__space(whole.end, json + bytes) != json + bytes)
        return GANRT_BAD_SPEC;
    whole = ganrt__member(whole, "controls");
    if (whole.at == NULL || whole.at == whole.end || *whole.at != '[')
        return GANRT_BAD_SPEC;
    while (ganrt__element(whole, &at, &control))
        if (!ganrt__is_control(control, spec->dim))
            return GANRT_BAD_SPEC;
    controls->list = whole;
    return GANRT_OK;
}

/* How far a value is from the first knot to the last, 0 to 1. */
static inline int ganrt__part_of(ganrt__json control, const char *value, double *part)
{
    double low = 0, high = 1;
    ganrt__json text;
    text.at = value;
    text.end = value + strlen(value);
    if (!ganrt__decimal(text, part) || !ganrt__decimal(ganrt__member(control, "low"), &low) ||
        !ganrt__decimal(ganrt__member(control, "high"), &high) || !(*part >= low && *part <= high))
        return 0;
    *part = (*part - low) / (high - low);
    return 1;
}

static inline int ganrt__levels(const char *value, int level[3])
{
    int i;
    value += *value == '#';
    if (strlen(value) != 6)
        return 0;
    for (i = 0; i < 6; i++) {
        char c = (char)(value[i] >= 'A' && value[i] <= 'F' ? value[i] + 32 : value[i]);
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return 0;
        level[i / 2] = i % 2 ? level[i / 2] * 16 + digit : digit;
    }
    return 1;
}

/* The knots at `part` of their length: in double, multiply and then add. */
static inline double ganrt__along(ganrt__json knots, double part, uint32_t column)
{
    uint32_t rows = ganrt__elements(knots), row;
    double at = part * (double)(rows - 1), low = 0, high = 0;
    ganrt__json value;
    row = (uint32_t)at < rows - 2 ? (uint32_t)at : rows - 2;
    if (ganrt__nth(knots, row, &value) && ganrt__nth(value, column, &value))
        ganrt__decimal(value, &low);
    if (ganrt__nth(knots, row + 1, &value) && ganrt__nth(value, column, &value))
        ganrt__decimal(value, &high);
    return low + (at - (double)row) * (high - low);
}

/* Sets one control of a latent: an option's name, a number within the control's range, or a colour RRGGBB. */
static inline ganrt_status ganrt_control_set(const ganrt_controls *controls, const char *name, const char *value, float *z,
                                             uint64_t dim)
{
    ganrt__json control, option, values = {NULL, NULL}, knots, kind, element;
    const char *at = NULL, *next = NULL;
    int level[3] = {0, 0, 0};
    uint64_t position;
    uint32_t k;
    double number = 0;
    if (ganrt__fused())
        return GANRT_BAD_BUILD;
    if (!ganrt__named(controls->list, name, &control))
        return GANRT_BAD_ARGUMENT;
    kind = ganrt__member(control, "kind");
    knots = ganrt__member(control, "knots");
    if (ganrt__is(kind, "choice")) {
        if (!ganrt__named(ganrt__member(control, "options"), value, &option))
            return GANRT_BAD_ARGUMENT;
        values = ganrt__member(option, "values");
    } else if (ganrt__is(kind, "scalar") ? !ganrt__part_of(control, value, &number) : !ganrt__levels(value, level))
        return GANRT_BAD_ARGUMENT;
    for (k = 0; ganrt__element(ganrt__member(control, "positions"), &at, &element); k++) {
        double made = 0;
        if (!ganrt__integer(element, dim - 1, &position))
            return GANRT_BAD_ARGUMENT;
        if (values.at != NULL) {
            if (!ganrt__element(values, &next, &element) || !ganrt__decimal(element, &made))
                return GANRT_BAD_ARGUMENT;
        } else
            made = ganrt__along(knots, ganrt__is(kind, "color") ? level[k % 3] / 255.0 : number, k);
        z[position] = (float)made;
    }
    return GANRT_OK;
}

/* The law that a look draws its latent from. */
static inline ganrt_status ganrt_look_law(const ganrt_look *look, const ganrt_spec *spec, ganrt_law *law)
{
    ganrt_spec how = *spec;
    int given = look->has_threshold || look->mode != NULL;
    int bounded = spec->prior == GANRT_NORMAL || spec->prior == GANRT_TRUNCATED_NORMAL;
    uint32_t i;
    for (i = 0; spec->prior == GANRT_PARTS && i < spec->parts; i++)
        bounded |= spec->part[i].prior == GANRT_NORMAL || spec->part[i].prior == GANRT_TRUNCATED_NORMAL;
    if (spec->psi_mode == GANRT_STYLE)
        return given ? GANRT_BAD_ARGUMENT : ganrt_law_of(law, spec, look->has_psi ? look->psi : GANRT_NO_PSI);
    if (!bounded && (look->has_threshold || (look->mode && !strcmp(look->mode, "resample"))))
        return GANRT_BAD_ARGUMENT;
    if (look->has_threshold)
        how.threshold = look->threshold;
    if (look->mode)
        how.psi_mode = strcmp(look->mode, "scale") ? GANRT_RESAMPLE : GANRT_SCALE;
    return ganrt_law_of(law, &how, look->has_psi ? look->psi : given ? 1.0 : GANRT_NO_PSI);
}

/* Whether a look was drawn by the model: of a file the hash alone decides. */
static inline int ganrt_look_is_of(const ganrt_look *look, const ganrt_spec *spec)
{
    const char *own = strchr(spec->look_model, '~'), *given = strchr(look->model, '~');
    return own && given ? !strcmp(own, given) : !own && !given && !strcmp(spec->look_model, look->model);
}

/* The latent of a look: drawn, truncated, its controls set, its values edited; z has spec->dim values.
 * GANRT_BAD_ARGUMENT also for a look of another model. */
static inline ganrt_status ganrt_look_latent(const ganrt_look *look, const ganrt_spec *spec, const ganrt_controls *controls,
                                             float *z)
{
    ganrt_law law;
    uint32_t i, k;
    int styles = spec->psi_mode == GANRT_STYLE;
    ganrt_status status = ganrt_look_law(look, spec, &law);
    if (!ganrt_look_is_of(look, spec) || (look->has_statistics && (styles || !spec->truncation_input)) ||
        (look->classes && !spec->labels))
        return GANRT_BAD_ARGUMENT;
    if (status == GANRT_OK)
        status = ganrt_latent(&law, look->seed, look->index, GANRT_STREAM_Z, z, spec->dim);
    for (i = 0; status == GANRT_OK && i < look->controls; i++)
        status = ganrt_control_set(controls, look->control_name[i], look->control_value[i], z, spec->dim);
    for (i = 0; status == GANRT_OK && i < look->edits; i++) {
        if (look->edit[i].stop > spec->dim)
            return GANRT_BAD_ARGUMENT;
        for (k = look->edit[i].first; k < look->edit[i].stop; k++)
            z[k] = look->edit[i].value;
    }
    return status;
}

/* The class weights of a look: spec->labels values; the class is drawn from seed and index where the look names none. */
static inline ganrt_status ganrt_look_weights(const ganrt_look *look, const ganrt_spec *spec, float *weights)
{
    uint32_t chosen, i;
    if (spec->labels == 0 || (look->classes && look->class_number[look->classes - 1] >= spec->labels))
        return GANRT_BAD_ARGUMENT;
    memset(weights, 0, (size_t)spec->labels * sizeof *weights);
    for (i = 0; i < look->classes; i++)
        weights[look->class_number[i]] = look->class_weight[i];
    if (look->classes == 0) {
        ganrt_status status = ganrt_class(look->seed, look->index, spec->labels, &chosen);
        if (status != GANRT_OK)
            return status;
        weights[chosen] = 1.0f;
    }
    return GANRT_OK;
}

/* What a look gives the model's input `truncation`. */
static inline ganrt_status ganrt_look_truncation(const ganrt_look *look, const ganrt_spec *spec, float *value)
{
    return ganrt_truncation(spec, look->has_statistics ? look->statistics : look->has_psi ? look->psi : GANRT_NO_PSI,
                            value);
}

#endif
