/* ganrt_avatars.c: see ganrt_avatars.h. One mutex guards everything; the worker draws without it. A request is a job; a job
 * that is ready points at a slot, which holds a finished picture, and slots are the memory cache. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#include "ganrt_avatars.h"
#include "ganrt.h"
#include "ganrt_looks.h"
#include "ganrt_controls.h"
#include "ganrt_draw.h"
#include "ganrt_system.h"
#include "ganrt_pool.h"
#include "ganrt_styles.h"
#include "ganrt_cache.h"
#include "ganrt_runtimes.h"

#include <stdio.h>
#include <stdlib.h>

#define GANRT__CODE (GANRT_LOOK_CHARACTERS + 8)
#define GANRT__LARGEST_FILE ((size_t)1 << 30)
#define GANRT__LARGEST_NAME ((size_t)1 << 20)
#define GANRT__BACKENDS 8 /* of an order of preference */
#define GANRT__REPORT 4096

enum { GANRT__FREE, GANRT__WAITING, GANRT__DRAWING, GANRT__READY };

typedef struct {
    int state, priority, dropped;
    uint64_t ticket, finished;
    void *user;
    ganrt_avatars_status status;
    uint32_t slot;
    unsigned char key[32];
    char code[GANRT__CODE];
} ganrt__job;

typedef struct {
    unsigned char key[32];
    int filled;
    uint32_t pins; /* jobs that point here */
    uint64_t used;
    unsigned char *pixels;
} ganrt__slot;

struct ganrt_avatars {
    ganrt_avatars_options options;
    ganrt__pool pool;
    const char *kit;
    ganrt_spec spec;
    ganrt_controls controls;
    const char *order[GANRT__BACKENDS + 1]; /* what the game prefers, then NULL */
    uint32_t tried;                         /* of them, with the one that draws */
    const char *backend;                    /* that draws; NULL: none yet, or none any more */
    char report[GANRT__REPORT];
    ganrt_drawer drawer;
    float *work; /* of the drawer, where that draws */
    ganrt__runtime runtime;
    unsigned char identity[GANRT__HEADER]; /* of what draws, for the cache on disk */
    unsigned char *native, *canary;        /* a batch of the model's pictures; one */
    size_t bytes;                          /* of such a picture */
    ganrt__style style;
    ganrt__cache cache;
    ganrt__job *job;
    ganrt__slot *slot;
    unsigned char *cell; /* of the atlas: whether somebody has it */
    uint32_t columns, rows;
    ganrt_look look, scratch, drawn; /* of requests, and of the worker */
    uint32_t batch[64];
    uint64_t tickets, clock;
    ganrt_avatars_statistics told;
    int stopping;
    ganrt_avatars_status wrong; /* why nothing is drawn any more */
    ganrt__worker worker;
};

/* The kit */

static char *ganrt__read(ganrt_avatars *a, const char *name, size_t *bytes, ganrt_avatars_status *status)
{
    char path[GANRT__PATH], *data = NULL;
    long size;
    FILE *file;
    *status = GANRT_AVATARS_NO_KIT;
    if (snprintf(path, sizeof path, "%s/%s", a->kit, name) >= (int)sizeof path)
        return NULL;
    file = ganrt__open_file(path);
    if (!file)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 && (size_t)size <= GANRT__LARGEST_FILE && fseek(file, 0, SEEK_SET) == 0) {
        *status = GANRT_AVATARS_NO_MEMORY;
        data = (char *)ganrt__take(&a->pool, (size_t)size + 1, 1);
        if (data) {
            *bytes = fread(data, 1, (size_t)size, file);
            *status = *bytes == (size_t)size ? GANRT_AVATARS_OK : GANRT_AVATARS_BAD_KIT;
        }
    }
    fclose(file);
    return *status == GANRT_AVATARS_OK ? data : NULL;
}

static ganrt_avatars_status ganrt__open_kit(ganrt_avatars *a)
{
    ganrt_avatars_status status;
    ganrt_status read;
    size_t bytes = 0;
    char *data = ganrt__read(a, "spec.json", &bytes, &status);
    if (!data)
        return status;
    read = ganrt_spec_read(data, bytes, &a->spec);
    if (read != GANRT_OK)
        return read == GANRT_NEWER_SPEC ? GANRT_AVATARS_NEWER_KIT : GANRT_AVATARS_BAD_KIT;
    data = ganrt__read(a, "controls.json", &bytes, &status);
    if (data ? ganrt_controls_read(data, bytes, &a->spec, &a->controls) != GANRT_OK : status != GANRT_AVATARS_NO_KIT)
        return data ? GANRT_AVATARS_BAD_KIT : status;
    a->bytes = (size_t)a->spec.height * a->spec.width * a->spec.channels;
    data = ganrt__read(a, "builtin/canary.raw", &bytes, &status);
    if (!data)
        return status;
    a->canary = (unsigned char *)data;
    return bytes == a->bytes ? GANRT_AVATARS_OK : GANRT_AVATARS_BAD_KIT;
}

/* What draws */

static const char *ganrt__known_backend(const char *name, size_t length)
{
    static const char *const others[] = {"builtin", "openvino"};
    size_t i;
    for (i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strlen(others[i]) == length && !memcmp(others[i], name, length))
            return others[i];
    for (i = 0; i < sizeof ganrt__providers / sizeof ganrt__providers[0]; i++)
        if (strlen(ganrt__providers[i].backend) == length && !memcmp(ganrt__providers[i].backend, name, length))
            return ganrt__providers[i].backend;
    return NULL;
}

/* The game's order of preference, from names with commas or spaces between them. */
static ganrt_avatars_status ganrt__read_order(ganrt_avatars *a)
{
    const char *at = a->options.backends ? a->options.backends : "builtin";
    uint32_t count = 0;
    for (at += strspn(at, ", "); *at; at += strspn(at, ", ")) {
        size_t length = strcspn(at, ", ");
        const char *known = ganrt__known_backend(at, length);
        if (!known || count == GANRT__BACKENDS)
            return GANRT_AVATARS_BAD_BACKEND;
        if (!strncmp(known, "onnxruntime", 11))
            ganrt__set_variable("ORT_DISABLE_TELEMETRY", "1"); /* it reports home unless this is set before it is loaded */
        a->order[count++] = known;
        at += length;
    }
    return count ? GANRT_AVATARS_OK : GANRT_AVATARS_BAD_BACKEND;
}

static ganrt_avatars_status ganrt__open_builtin(ganrt_avatars *a)
{
    const ganrt_spec *spec = &a->spec;
    ganrt_drawer *d = &a->drawer;
    ganrt_avatars_status status;
    ganrt_drawer_status read;
    size_t bytes = 0;
    char *data = ganrt__read(a, "builtin/model.drawer", &bytes, &status);
    if (!data)
        return status;
    read = ganrt_drawer_open(d, data, bytes);
    if (read != GANRT_DRAWER_OK)
        return read == GANRT_DRAWER_NEWER ? GANRT_AVATARS_NEWER_KIT : GANRT_AVATARS_BAD_KIT;
    if (d->height != spec->height || d->width != spec->width || d->channels != spec->channels || d->input[0] < 0 ||
        (uint64_t)d->input_size[0] != spec->dim || (d->input[1] >= 0 && (uint64_t)d->input_size[1] != spec->labels) ||
        (d->input[2] >= 0 && d->input_size[2] != 1))
        return GANRT_AVATARS_BAD_KIT;
    if (d->half) {
        float *matrices = (float *)ganrt__take(&a->pool, d->matrices, sizeof *matrices);
        if (!matrices)
            return GANRT_AVATARS_NO_MEMORY;
        ganrt_drawer_expand(d, matrices);
    }
    a->work = (float *)ganrt__take(&a->pool, ganrt_drawer_work(d, a->options.batch), sizeof *a->work);
    memcpy(a->identity, data, sizeof a->identity); /* with the checksum of the rest */
    return a->work ? GANRT_AVATARS_OK : GANRT_AVATARS_NO_MEMORY;
}

static ganrt_avatars_status ganrt__open_other(ganrt_avatars *a, const char *backend, char *why)
{
    ganrt_avatars_status status;
    ganrt__plan plan;
    void *model;
    uint64_t sum;
    int i, good;
    memset(&plan, 0, sizeof plan);
    plan.model = model = ganrt__read(a, "fp32/model.onnx", &plan.bytes, &status);
    if (!model) {
        snprintf(why, GANRT__WHY, "fp32/model.onnx of the kit cannot be read");
        return status;
    }
    plan.backend = backend;
    plan.library = strcmp(backend, "openvino") ? a->options.onnxruntime : a->options.openvino;
    plan.size[GANRT__Z] = (uint32_t)a->spec.dim;
    plan.size[GANRT__LABELS] = (uint32_t)a->spec.labels;
    plan.size[GANRT__TRUNCATION] = a->spec.truncation_input ? 1 : 0;
    plan.height = a->spec.height;
    plan.width = a->spec.width;
    plan.channels = a->spec.channels;
    plan.batch = a->options.batch;
    plan.threads = a->options.threads;
    sum = ganrt__drawer_sum((const unsigned char *)model, plan.bytes);
    memset(a->identity, 0, sizeof a->identity);
    for (i = 0; i < 8; i++)
        a->identity[i] = (unsigned char)(sum >> (8 * i));
    strcpy((char *)a->identity + 8, backend);
    good = ganrt__open_runtime(&a->runtime, &a->pool, &plan, why);
    if (!good)
        ganrt__close_runtime(&a->runtime);
    ganrt__drop(&a->pool, model);
    return good ? GANRT_AVATARS_OK : GANRT_AVATARS_NO_BACKEND;
}

static float *ganrt__input(ganrt_avatars *a, uint32_t i, int which)
{
    const ganrt__runtime *r = &a->runtime;
    if (!r->run)
        return ganrt_drawer_input(&a->drawer, a->work, i, which);
    return r->size[which] ? r->input[which] + (size_t)r->size[which] * i : NULL;
}

/* Puts a look's inputs where image i has them. */
static int ganrt__prepare(ganrt_avatars *a, const ganrt_look *look, uint32_t i)
{
    float *labels = ganrt__input(a, i, GANRT__LABELS), *truncation = ganrt__input(a, i, GANRT__TRUNCATION);
    if (ganrt_look_latent(look, &a->spec, &a->controls, ganrt__input(a, i, GANRT__Z)) != GANRT_OK)
        return 0;
    if (labels && ganrt_look_weights(look, &a->spec, labels) != GANRT_OK)
        return 0;
    return !truncation || ganrt_look_truncation(look, &a->spec, truncation) == GANRT_OK;
}

/* Draws n images that are prepared, into a->native. */
static int ganrt__draw_images(ganrt_avatars *a, uint32_t n, char *why)
{
    uint32_t i;
    if (a->runtime.run)
        return a->runtime.run(&a->runtime, n, a->native, why);
    ganrt_drawer_run(&a->drawer, a->work, n);
    for (i = 0; i < n; i++)
        ganrt_drawer_picture(&a->drawer, a->work, i, a->native + i * a->bytes);
    return 1;
}

/* Whether this machine draws what the kit's did: alpha, and colours as they are seen, within 2 of 255. */
static ganrt_avatars_status ganrt__canary(ganrt_avatars *a, char *why)
{
    size_t i, pixels = (size_t)a->spec.height * a->spec.width;
    uint32_t n = a->spec.channels, k;
    snprintf(why, GANRT__WHY, "it draws another picture than the kit's canary");
    if (!ganrt_look_plain(&a->drawn, a->spec.look_model, a->spec.canary_seed, a->spec.canary_index) || !ganrt__prepare(a, &a->drawn, 0))
        return GANRT_AVATARS_CANARY;
    if (!ganrt__draw_images(a, 1, why))
        return GANRT_AVATARS_NO_BACKEND;
    for (i = 0; i < pixels; i++) {
        const unsigned char *one = a->native + i * n, *two = a->canary + i * n;
        for (k = 0; k < n; k++) {
            int x = one[k], y = two[k];
            if (n == 4 && k < 3) {
                x = x * one[3] / 255;
                y = y * two[3] / 255;
            }
            if (x - y > 2 || y - x > 2)
                return GANRT_AVATARS_CANARY;
        }
    }
    return GANRT_AVATARS_OK;
}

/* Adds a line to the report, and says what draws from now on. */
static void ganrt__tell(ganrt_avatars *a, const char *backend, const char *what, const char *draws)
{
    size_t at = strlen(a->report);
    snprintf(a->report + at, GANRT__REPORT - at, "%s: %s\n", backend, what);
    a->backend = draws;
}

/* The next of the game's order that opens and draws the canary; 0: none is left, and a->wrong says why. */
static int ganrt__choose(ganrt_avatars *a, ganrt_avatars_status status)
{
    while (a->order[a->tried]) {
        const char *backend = a->order[a->tried++];
        char why[GANRT__WHY] = "";
        ganrt__close_runtime(&a->runtime);
        if (strcmp(backend, "builtin"))
            status = ganrt__open_other(a, backend, why);
        else
            status = a->work ? GANRT_AVATARS_OK : ganrt__open_builtin(a);
        if (status == GANRT_AVATARS_OK)
            status = ganrt__canary(a, why);
        ganrt__lock(&a->worker.mutex);
        if (status == GANRT_AVATARS_OK)
            ganrt__tell(a, backend, "draws", backend);
        else
            ganrt__tell(a, backend, why[0] ? why : ganrt_avatars_sentence(status), NULL);
        ganrt__unlock(&a->worker.mutex);
        if (status == GANRT_AVATARS_OK)
            return 1;
    }
    ganrt__lock(&a->worker.mutex);
    a->wrong = status;
    ganrt__unlock(&a->worker.mutex);
    return 0;
}

/* The worker */

/* What the picture depends on, but for its size and style: the look, and what draws it. */
static void ganrt__key(const unsigned char *identity, size_t bytes, const char *code, unsigned char key[32])
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    ganrt__sha s;
    int i;
    memset(&s, 0, sizeof s);
    memcpy(s.h, start, sizeof start);
    ganrt__sha_add(&s, identity, bytes);
    ganrt__sha_add(&s, (const unsigned char *)code, strlen(code));
    ganrt__sha_end(&s);
    for (i = 0; i < 32; i++)
        key[i] = (unsigned char)(s.h[i / 4] >> (24 - 8 * (i % 4)));
}

static void ganrt__ready(ganrt_avatars *a, ganrt__job *job, ganrt_avatars_status status, uint32_t slot)
{
    job->status = status;
    job->slot = slot;
    job->finished = ++a->clock;
    job->state = job->dropped ? GANRT__FREE : GANRT__READY;
    a->told.waiting--;
    if (job->dropped)
        return;
    a->told.ready++;
    a->told.failed += status != GANRT_AVATARS_OK;
    if (status == GANRT_AVATARS_OK)
        a->slot[slot].pins++;
}

static ganrt__slot *ganrt__held(ganrt_avatars *a, const unsigned char key[32])
{
    uint32_t i;
    for (i = 0; i < a->options.pictures; i++)
        if (a->slot[i].filled && !memcmp(a->slot[i].key, key, 32))
            return &a->slot[i];
    return NULL;
}

/* The slot that was used longest ago and is nobody's; NULL if all are somebody's. */
static ganrt__slot *ganrt__spare(ganrt_avatars *a)
{
    ganrt__slot *found = NULL;
    uint32_t i;
    for (i = 0; i < a->options.pictures; i++)
        if (!a->slot[i].pins && (!found || !a->slot[i].filled || (found->filled && a->slot[i].used < found->used)))
            found = &a->slot[i];
    return found;
}

/* The next job: the highest priority, of these the oldest; NULL if none waits. Jobs whose picture is being drawn wait. */
static ganrt__job *ganrt__next(ganrt_avatars *a, uint32_t taken)
{
    ganrt__job *found = NULL;
    uint32_t i, k;
    for (i = 0; i < a->options.queue; i++) {
        ganrt__job *job = &a->job[i];
        int twin = 0;
        if (job->state != GANRT__WAITING ||
            (found && (job->priority < found->priority || (job->priority == found->priority && job->ticket > found->ticket))))
            continue;
        for (k = 0; k < taken; k++)
            twin |= !memcmp(a->job[a->batch[k]].key, job->key, 32);
        if (!twin)
            found = job;
    }
    return found;
}

/* Takes jobs that wait: those that are held are ready at once, the others make a batch. */
static uint32_t ganrt__gather(ganrt_avatars *a)
{
    uint32_t taken = 0;
    while (taken < a->options.batch) {
        ganrt__job *job = ganrt__next(a, taken);
        ganrt__slot *slot;
        if (!job)
            break;
        slot = ganrt__held(a, job->key);
        if (slot) {
            a->told.from_memory++;
            slot->used = ++a->clock;
            ganrt__ready(a, job, GANRT_AVATARS_OK, (uint32_t)(slot - a->slot));
            continue;
        }
        if (a->wrong != GANRT_AVATARS_OK) {
            ganrt__ready(a, job, a->wrong, 0);
            continue;
        }
        slot = ganrt__spare(a);
        if (!slot)
            break;
        slot->filled = 0;
        slot->pins = 1;
        job->slot = (uint32_t)(slot - a->slot);
        job->state = GANRT__DRAWING;
        a->batch[taken++] = (uint32_t)(job - a->job);
    }
    return taken;
}

/* Draws a batch without the lock; `status` and `disk` say what became of each. 0: what draws failed, and `why` says how. */
static int ganrt__draw_batch(ganrt_avatars *a, uint32_t taken, ganrt_avatars_status *status, int *disk, char *why)
{
    unsigned char key[64][32];
    uint32_t i, n = 0, place[64];
    for (i = 0; i < taken; i++) {
        ganrt__job *job = &a->job[a->batch[i]];
        status[i] = GANRT_AVATARS_OK;
        ganrt__key(a->identity, sizeof a->identity, job->code, key[i]);
        disk[i] = ganrt__from_disk(&a->cache, key[i], a->native);
        if (disk[i])
            ganrt__apply(&a->style, a->native, a->slot[job->slot].pixels);
        else if (ganrt_look_read(job->code, strlen(job->code), &a->drawn) != GANRT_LOOK_OK || !ganrt__prepare(a, &a->drawn, n))
            status[i] = GANRT_AVATARS_BAD_LOOK;
        else
            place[n++] = i;
    }
    if (n && !ganrt__draw_images(a, n, why))
        return 0;
    for (i = 0; i < n; i++) {
        const unsigned char *native = a->native + i * a->bytes;
        ganrt__to_disk(&a->cache, key[place[i]], native);
        ganrt__apply(&a->style, native, a->slot[a->job[a->batch[place[i]]].slot].pixels);
    }
    return 1;
}

/* Until it is drawn: where a device is lost, the next of the game's order goes on. */
static void ganrt__finish_batch(ganrt_avatars *a, uint32_t taken, ganrt_avatars_status *status, int *disk)
{
    char why[GANRT__WHY], what[GANRT__WHY + 32];
    uint32_t i;
    while (!ganrt__draw_batch(a, taken, status, disk, why)) {
        snprintf(what, sizeof what, "it failed while it drew: %s", why);
        ganrt__lock(&a->worker.mutex);
        ganrt__tell(a, a->backend, what, NULL);
        ganrt__unlock(&a->worker.mutex);
        if (ganrt__choose(a, GANRT_AVATARS_LOST))
            continue;
        for (i = 0; i < taken; i++)
            if (!disk[i] && status[i] == GANRT_AVATARS_OK)
                status[i] = a->wrong;
        return;
    }
}

static void ganrt__work(void *given)
{
    ganrt_avatars *a = (ganrt_avatars *)given;
    ganrt_avatars_status status[64];
    int disk[64];
    uint32_t i, taken;
    ganrt__choose(a, GANRT_AVATARS_NO_BACKEND);
    if (a->cache.folder)
        ganrt__make_room(&a->cache, a->cache.most);
    ganrt__lock(&a->worker.mutex);
    while (!a->stopping) {
        uint64_t begun = ganrt__microseconds();
        taken = ganrt__gather(a);
        if (!taken) {
            ganrt__wait(&a->worker.changed, &a->worker.mutex);
            continue;
        }
        ganrt__unlock(&a->worker.mutex);
        ganrt__finish_batch(a, taken, status, disk);
        ganrt__lock(&a->worker.mutex);
        for (i = 0; i < taken; i++) {
            ganrt__job *job = &a->job[a->batch[i]];
            ganrt__slot *slot = &a->slot[job->slot];
            slot->pins = 0;
            slot->filled = status[i] == GANRT_AVATARS_OK;
            slot->used = ++a->clock;
            memcpy(slot->key, job->key, sizeof slot->key);
            a->told.from_disk += (uint64_t)disk[i];
            a->told.drawn += !disk[i] && slot->filled;
            ganrt__ready(a, job, status[i], job->slot);
        }
        a->told.microseconds += ganrt__microseconds() - begun;
    }
    ganrt__unlock(&a->worker.mutex);
}

/* The interface */

ganrt_avatars_options ganrt_avatars_defaults(void)
{
    ganrt_avatars_options options;
    memset(&options, 0, sizeof options);
    options.batch = 4;
    options.queue = 256;
    options.pictures = 64;
    options.cache_bytes = (uint64_t)256 << 20;
    options.threads = 1;
    return options;
}

static int ganrt__sound(const ganrt_avatars_options *o)
{
    return o->width <= 4096 && o->height <= 4096 && o->batch >= 1 && o->batch <= 64 && o->queue >= 1 && o->queue <= 65536 &&
           o->pictures >= o->batch && o->pictures <= 65536 && !o->allocate == !o->release && o->threads >= 1 && o->threads <= 64 &&
           o->atlas_width <= 65536 && o->atlas_height <= 65536 && o->atlas_gap <= 256;
}

static ganrt_avatars_status ganrt__reserve(ganrt_avatars *a)
{
    const ganrt_avatars_options *o = &a->options;
    size_t size = (size_t)a->style.width * a->style.height * 4;
    unsigned char *pixels;
    uint32_t i;
    a->native = (unsigned char *)ganrt__take(&a->pool, o->batch, a->bytes);
    a->job = (ganrt__job *)ganrt__take(&a->pool, o->queue, sizeof *a->job);
    a->slot = (ganrt__slot *)ganrt__take(&a->pool, o->pictures, sizeof *a->slot);
    pixels = (unsigned char *)ganrt__take(&a->pool, o->pictures, size);
    if (!a->native || !a->job || !a->slot || !pixels || !ganrt__make_style(&a->pool, &a->style) ||
        (a->cache.folder && !ganrt__make_cache(&a->pool, &a->cache)))
        return GANRT_AVATARS_NO_MEMORY;
    for (i = 0; i < o->pictures; i++)
        a->slot[i].pixels = pixels + i * size;
    if (!o->atlas)
        return GANRT_AVATARS_OK;
    a->columns = (o->atlas_width + o->atlas_gap) / (a->style.width + o->atlas_gap);
    a->rows = (o->atlas_height + o->atlas_gap) / (a->style.height + o->atlas_gap);
    if (!a->columns || !a->rows)
        return GANRT_AVATARS_BAD_ARGUMENT;
    a->told.cells = (uint64_t)a->columns * a->rows;
    a->cell = (unsigned char *)ganrt__take(&a->pool, a->columns, a->rows);
    return a->cell ? GANRT_AVATARS_OK : GANRT_AVATARS_NO_MEMORY;
}

/* The options of the parts; of what is left at 0 the model's own. */
static void ganrt__set_up(ganrt_avatars *a)
{
    const ganrt_avatars_options *o = &a->options;
    ganrt__style *s = &a->style;
    s->from_width = a->spec.width;
    s->from_height = a->spec.height;
    s->channels = a->spec.channels;
    s->width = o->width ? o->width : a->spec.width;
    s->height = o->height ? o->height : a->spec.height;
    s->premultiplied = o->premultiplied;
    s->round = o->round;
    s->opaque = o->opaque;
    memcpy(s->background, o->background, sizeof s->background);
    a->cache.folder = o->cache;
    a->cache.most = o->cache_bytes;
    a->cache.bytes = a->bytes;
}

/* Copies of texts, which the caller may free. */
static ganrt_avatars_status ganrt__keep_texts(ganrt_avatars *a, const char *kit)
{
    const char **text[5];
    int k;
    a->kit = kit;
    text[0] = &a->kit;
    text[1] = &a->options.cache;
    text[2] = &a->options.name_space;
    text[3] = &a->options.onnxruntime;
    text[4] = &a->options.openvino;
    for (k = 0; k < 5; k++) {
        if (*text[k] && strlen(*text[k]) > 4096)
            return GANRT_AVATARS_BAD_ARGUMENT;
        if (*text[k] && !(*text[k] = ganrt__take_text(&a->pool, *text[k])))
            return GANRT_AVATARS_NO_MEMORY;
    }
    return GANRT_AVATARS_OK;
}

/* All but the worker. A built-in drawer that comes first is opened here, so that a kit without one is told at once. */
static ganrt_avatars_status ganrt__open(ganrt_avatars *a, const char *kit)
{
    ganrt_avatars_status status = ganrt__read_order(a);
    if (status == GANRT_AVATARS_OK)
        status = ganrt__keep_texts(a, kit);
    if (status == GANRT_AVATARS_OK)
        status = ganrt__open_kit(a);
    if (status != GANRT_AVATARS_OK)
        return status;
    ganrt__set_up(a);
    if (!ganrt__cache_is_there(&a->cache))
        return GANRT_AVATARS_BAD_CACHE;
    if (!strcmp(a->order[0], "builtin")) {
        status = ganrt__open_builtin(a);
        if (status != GANRT_AVATARS_OK && !a->order[1])
            return status;
        if (status != GANRT_AVATARS_OK)
            ganrt__tell(a, a->order[a->tried++], ganrt_avatars_sentence(status), NULL);
    }
    return ganrt__reserve(a);
}

static void ganrt__free(ganrt_avatars *a)
{
    ganrt__pool pool = a->pool;
    while (pool.count)
        pool.release(pool.context, pool.memory[--pool.count]);
    pool.release(pool.context, a);
}

ganrt_avatars_status ganrt_avatars_open(const char *kit, const ganrt_avatars_options *options, ganrt_avatars **avatars)
{
    ganrt_avatars_options chosen = options ? *options : ganrt_avatars_defaults();
    ganrt_avatars_status status;
    ganrt_avatars *a;
    if (!avatars)
        return GANRT_AVATARS_BAD_ARGUMENT;
    *avatars = NULL;
    if (!kit || !ganrt__sound(&chosen))
        return GANRT_AVATARS_BAD_ARGUMENT;
    if (ganrt_check() != GANRT_OK)
        return GANRT_AVATARS_BAD_BUILD;
    if (!chosen.allocate) {
        chosen.allocate = ganrt__plain_allocate;
        chosen.release = ganrt__plain_release;
    }
    a = (ganrt_avatars *)chosen.allocate(chosen.context, sizeof *a);
    if (!a)
        return GANRT_AVATARS_NO_MEMORY;
    memset(a, 0, sizeof *a);
    a->options = chosen;
    a->pool.allocate = chosen.allocate;
    a->pool.release = chosen.release;
    a->pool.context = chosen.context;
    status = ganrt__open(a, kit);
    if (status == GANRT_AVATARS_OK && !ganrt__start(&a->worker, ganrt__work, a))
        status = GANRT_AVATARS_NO_THREAD;
    if (status != GANRT_AVATARS_OK) {
        ganrt__free(a);
        return status;
    }
    *avatars = a;
    return GANRT_AVATARS_OK;
}

void ganrt_avatars_close(ganrt_avatars *a)
{
    if (!a)
        return;
    ganrt__lock(&a->worker.mutex);
    a->stopping = 1;
    ganrt__wake(&a->worker.changed);
    ganrt__unlock(&a->worker.mutex);
    ganrt__join(&a->worker);
    ganrt__close_runtime(&a->runtime);
    ganrt__free(a);
}

/* Queues the look in a->look; the lock is held. */
static ganrt_avatars_status ganrt__request(ganrt_avatars *a, int priority, void *user, uint64_t *ticket)
{
    ganrt__job *job = NULL;
    uint32_t i;
    for (i = 0; i < a->options.queue && !job; i++)
        if (a->job[i].state == GANRT__FREE)
            job = &a->job[i];
    if (!job)
        return GANRT_AVATARS_FULL;
    if (ganrt_look_print(&a->look, job->code, sizeof job->code, &a->scratch) != GANRT_LOOK_OK)
        return GANRT_AVATARS_BAD_LOOK;
    ganrt__key((const unsigned char *)"", 0, job->code, job->key);
    job->state = GANRT__WAITING;
    job->dropped = 0;
    job->priority = priority;
    job->user = user;
    job->ticket = ++a->tickets;
    if (ticket)
        *ticket = job->ticket;
    a->told.requested++;
    a->told.waiting++;
    ganrt__wake(&a->worker.changed);
    return GANRT_AVATARS_OK;
}

ganrt_avatars_status ganrt_avatars_request_image(ganrt_avatars *a, uint64_t seed, uint64_t index, int priority, void *user,
                                                 uint64_t *ticket)
{
    ganrt_avatars_status status = GANRT_AVATARS_BAD_KIT;
    if (!a)
        return GANRT_AVATARS_BAD_ARGUMENT;
    ganrt__lock(&a->worker.mutex);
    if (ganrt_look_plain(&a->look, a->spec.look_model, seed, index))
        status = ganrt__request(a, priority, user, ticket);
    ganrt__unlock(&a->worker.mutex);
    return status;
}

ganrt_avatars_status ganrt_avatars_request_name(ganrt_avatars *a, const char *name, size_t bytes, uint32_t reroll,
                                                int priority, void *user, uint64_t *ticket)
{
    const char *space;
    uint64_t index;
    if (!a || !name)
        return GANRT_AVATARS_BAD_ARGUMENT;
    space = a->options.name_space;
    if (bytes > GANRT__LARGEST_NAME ||
        ganrt_identity_reroll(name, bytes, space, space ? strlen(space) : 0, reroll, &index) != GANRT_OK)
        return GANRT_AVATARS_BAD_TEXT;
    return ganrt_avatars_request_image(a, 0, index, priority, user, ticket);
}

ganrt_avatars_status ganrt_avatars_request_look(ganrt_avatars *a, const char *code, size_t bytes, int priority, void *user,
                                                uint64_t *ticket)
{
    ganrt_avatars_status status;
    ganrt_look_status read;
    if (!a || !code)
        return GANRT_AVATARS_BAD_ARGUMENT;
    ganrt__lock(&a->worker.mutex);
    read = ganrt_look_read(code, bytes, &a->look);
    if (read != GANRT_LOOK_OK)
        status = read == GANRT_LOOK_NEWER ? GANRT_AVATARS_NEWER_LOOK : GANRT_AVATARS_BAD_LOOK;
    else if (!ganrt_look_is_of(&a->look, &a->spec))
        status = GANRT_AVATARS_OTHER_MODEL;
    else
        status = ganrt__request(a, priority, user, ticket);
    ganrt__unlock(&a->worker.mutex);
    return status;
}

static void ganrt__let_go(ganrt_avatars *a, ganrt__job *job)
{
    if (job->status == GANRT_AVATARS_OK)
        a->slot[job->slot].pins--;
    job->state = GANRT__FREE;
    ganrt__wake(&a->worker.changed);
}

int ganrt_avatars_cancel(ganrt_avatars *a, uint64_t ticket)
{
    int found = 0;
    uint32_t i;
    if (!a)
        return 0;
    ganrt__lock(&a->worker.mutex);
    for (i = 0; i < a->options.queue && !found; i++) {
        ganrt__job *job = &a->job[i];
        if (job->state == GANRT__FREE || job->ticket != ticket || job->dropped)
            continue;
        found = 1;
        a->told.cancelled++;
        job->dropped = 1;
        if (job->state == GANRT__WAITING) {
            job->state = GANRT__FREE;
            a->told.waiting--;
        } else if (job->state == GANRT__READY) {
            a->told.ready--;
            ganrt__let_go(a, job);
        }
    }
    ganrt__unlock(&a->worker.mutex);
    return found;
}

/* A free cell of the atlas, which is taken then; the lock is held. 0: there is none. */
static int ganrt__take_cell(ganrt_avatars *a, ganrt_avatars_picture *picture)
{
    uint32_t i, gap = a->options.atlas_gap;
    for (i = 0; i < a->columns * a->rows; i++)
        if (!a->cell[i]) {
            a->cell[i] = 1;
            a->told.cells--;
            picture->x = i % a->columns * (a->style.width + gap);
            picture->y = i / a->columns * (a->style.height + gap);
            return 1;
        }
    return 0;
}

int ganrt_avatars_free_cell(ganrt_avatars *a, uint32_t x, uint32_t y)
{
    uint32_t gap, width, height;
    int had = 0;
    if (!a || !a->cell)
        return 0;
    gap = a->options.atlas_gap;
    width = a->style.width + gap;
    height = a->style.height + gap;
    if (x % width || y % height || x / width >= a->columns || y / height >= a->rows)
        return 0;
    ganrt__lock(&a->worker.mutex);
    if (a->cell[y / height * a->columns + x / width]) {
        a->cell[y / height * a->columns + x / width] = 0;
        a->told.cells++;
        had = 1;
    }
    ganrt__unlock(&a->worker.mutex);
    return had;
}

/* The job that was finished first, for the caller alone, as a picture; the lock is held. */
static ganrt__job *ganrt__take_ready(ganrt_avatars *a, ganrt_avatars_picture *picture)
{
    ganrt__job *first = NULL;
    uint32_t i;
    for (i = 0; i < a->options.queue; i++)
        if (a->job[i].state == GANRT__READY && !a->job[i].dropped && (!first || a->job[i].finished < first->finished))
            first = &a->job[i];
    if (!first)
        return NULL;
    first->dropped = 1; /* being delivered: nobody else's */
    a->told.ready--;
    a->told.delivered++;
    memset(picture, 0, sizeof *picture);
    picture->ticket = first->ticket;
    picture->user = first->user;
    picture->status = first->status;
    picture->width = a->style.width;
    picture->height = a->style.height;
    picture->stride = (size_t)picture->width * 4;
    if (first->status == GANRT_AVATARS_OK && a->cell && !ganrt__take_cell(a, picture))
        picture->status = GANRT_AVATARS_NO_CELL;
    return first;
}

/* Into its cell of the atlas. */
static void ganrt__place(const ganrt_avatars *a, ganrt_avatars_picture *picture)
{
    size_t stride = (size_t)a->options.atlas_width * 4;
    unsigned char *to = a->options.atlas + picture->y * stride + (size_t)picture->x * 4;
    uint32_t y;
    for (y = 0; y < picture->height; y++)
        memcpy(to + y * stride, picture->pixels + y * picture->stride, picture->stride);
    picture->pixels = to;
    picture->stride = stride;
}

uint32_t ganrt_avatars_poll(ganrt_avatars *a, uint32_t microseconds,
                            void (*deliver)(void *context, const ganrt_avatars_picture *picture), void *context)
{
    uint64_t begun = ganrt__microseconds();
    uint32_t count = 0;
    if (!a || !deliver)
        return 0;
    do {
        ganrt_avatars_picture picture;
        ganrt__job *first;
        ganrt__lock(&a->worker.mutex);
        first = ganrt__take_ready(a, &picture);
        ganrt__unlock(&a->worker.mutex);
        if (!first)
            break;
        picture.pixels = picture.status == GANRT_AVATARS_OK ? a->slot[first->slot].pixels : NULL;
        if (picture.pixels && a->cell)
            ganrt__place(a, &picture);
        deliver(context, &picture);
        ganrt__lock(&a->worker.mutex);
        ganrt__let_go(a, first);
        ganrt__unlock(&a->worker.mutex);
        count++;
    } while (ganrt__microseconds() - begun < microseconds);
    return count;
}

const char *ganrt_avatars_backend(ganrt_avatars *a)
{
    const char *backend;
    if (!a)
        return NULL;
    ganrt__lock(&a->worker.mutex);
    backend = a->backend;
    ganrt__unlock(&a->worker.mutex);
    return backend;
}

size_t ganrt_avatars_report(ganrt_avatars *a, char *text, size_t bytes)
{
    size_t length, kept;
    if (!a)
        return 0;
    ganrt__lock(&a->worker.mutex);
    length = strlen(a->report);
    kept = length < bytes ? length : bytes ? bytes - 1 : 0;
    if (text && bytes) {
        memcpy(text, a->report, kept);
        text[kept] = 0;
    }
    ganrt__unlock(&a->worker.mutex);
    return length;
}

ganrt_avatars_statistics ganrt_avatars_count(ganrt_avatars *a)
{
    ganrt_avatars_statistics told;
    memset(&told, 0, sizeof told);
    if (a) {
        ganrt__lock(&a->worker.mutex);
        told = a->told;
        ganrt__unlock(&a->worker.mutex);
    }
    return told;
}

void ganrt_avatars_size(const ganrt_avatars *a, uint32_t *width, uint32_t *height)
{
    if (width)
        *width = a ? a->style.width : 0;
    if (height)
        *height = a ? a->style.height : 0;
}

const char *ganrt_avatars_sentence(ganrt_avatars_status status)
{
    switch (status) {
    case GANRT_AVATARS_OK:
        return "All is well.";
    case GANRT_AVATARS_BAD_ARGUMENT:
        return "An argument is NULL or outside what ganrt_avatars.h allows.";
    case GANRT_AVATARS_BAD_TEXT:
        return "The name is not well-formed UTF-8, or longer than 1 MiB.";
    case GANRT_AVATARS_BAD_LOOK:
        return "The look code is mistyped, or asks for what the model does not have.";
    case GANRT_AVATARS_NEWER_LOOK:
        return "The look code was made by a newer ganrt: update ganrt_avatars.c.";
    case GANRT_AVATARS_OTHER_MODEL:
        return "The look code is of another model: look_model in spec.json names this kit's.";
    case GANRT_AVATARS_NO_KIT:
        return "spec.json, builtin/model.drawer or builtin/canary.raw of the kit cannot be read: make the kit with ganrt bundle.";
    case GANRT_AVATARS_BAD_KIT:
        return "A file of the kit is damaged or of another model: look it over with ganrt bundle --check.";
    case GANRT_AVATARS_NEWER_KIT:
        return "The kit is newer than this program: build it with the sources in the kit's clients/c.";
    case GANRT_AVATARS_BAD_BUILD:
        return "The program was built with flags that change arithmetic: pass -ffp-contract=off, and no -ffast-math.";
    case GANRT_AVATARS_NO_MEMORY:
        return "There is not enough memory: ask for a smaller queue, batch or number of pictures.";
    case GANRT_AVATARS_NO_THREAD:
        return "The system starts no further thread.";
    case GANRT_AVATARS_BAD_CACHE:
        return "The folder of the cache is not there; on Windows there is no disk cache.";
    case GANRT_AVATARS_FULL:
        return "As many requests wait as the queue holds: poll, and ask again.";
    case GANRT_AVATARS_CANARY:
        return "This machine draws another picture than the kit's canary.";
    case GANRT_AVATARS_BAD_BACKEND:
        return "The order of preference names a backend that ganrt_avatars.h does not, or more than 8.";
    case GANRT_AVATARS_NO_BACKEND:
        return "Nothing that the order of preference names can draw here: ganrt_avatars_report says why; builtin can everywhere.";
    case GANRT_AVATARS_LOST:
        return "What drew has failed, and nothing else is in the order of preference: ganrt_avatars_report says how; open the kit again.";
    case GANRT_AVATARS_NO_CELL:
        return "No cell of the atlas is free: give one back and ask again, or make the atlas larger.";
    }
    return "This status is none of ganrt_avatars.h's.";
}
