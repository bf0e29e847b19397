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

#include <stdio.h>
#include <stdlib.h>

#ifdef _WIN32
#include <windows.h>
typedef CRITICAL_SECTION ganrt__mutex;
typedef CONDITION_VARIABLE ganrt__condition;
typedef HANDLE ganrt__thread;
#define ganrt__lock(m) EnterCriticalSection(m)
#define ganrt__unlock(m) LeaveCriticalSection(m)
#define ganrt__wait(c, m) SleepConditionVariableCS(c, m, INFINITE)
#define ganrt__wake(c) WakeAllConditionVariable(c)
#else
#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
typedef pthread_mutex_t ganrt__mutex;
typedef pthread_cond_t ganrt__condition;
typedef pthread_t ganrt__thread;
#define ganrt__lock(m) pthread_mutex_lock(m)
#define ganrt__unlock(m) pthread_mutex_unlock(m)
#define ganrt__wait(c, m) pthread_cond_wait(c, m)
#define ganrt__wake(c) pthread_cond_broadcast(c)
#endif

#define GANRT__CODE (GANRT_LOOK_CHARACTERS + 8)
#define GANRT__LARGEST_FILE ((size_t)1 << 30)
#define GANRT__LARGEST_NAME ((size_t)1 << 20)
#define GANRT__ENTRY 64 /* bytes before the pixels of a file of the cache */

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

/* Of each output position: where its inputs begin, and their weights. */
typedef struct {
    uint32_t taps;
    uint32_t *first;
    float *weight;
} ganrt__filter;

struct ganrt_avatars {
    ganrt_avatars_options options;
    void *memory[32];
    uint32_t memories;
    ganrt_spec spec;
    ganrt_controls controls;
    ganrt_drawer drawer;
    float *work, *resized;
    unsigned char *native, *canary, *entry; /* batch pictures; one; one of the cache's files */
    ganrt__filter across, down;
    ganrt__job *job;
    ganrt__slot *slot;
    ganrt_look look, scratch, drawn; /* of requests, and of the worker */
    uint32_t batch[64];
    uint64_t tickets, clock, cached, disk_tickets;
    ganrt_avatars_statistics told;
    int stopping, checked, wrong;
    ganrt__mutex mutex;
    ganrt__condition changed;
    ganrt__thread thread;
};

static void *ganrt__plain_allocate(void *context, size_t bytes)
{
    (void)context;
    return malloc(bytes);
}

static void ganrt__plain_release(void *context, void *memory)
{
    (void)context;
    free(memory);
}

static void *ganrt__take(ganrt_avatars *a, size_t count, size_t bytes)
{
    void *memory;
    if (count && bytes > (size_t)-1 / 2 / count)
        return NULL;
    memory = a->options.allocate(a->options.context, count && bytes ? count * bytes : 1);
    if (memory) {
        memset(memory, 0, count * bytes);
        a->memory[a->memories++] = memory;
    }
    return memory;
}

static uint64_t ganrt__microseconds(void)
{
#ifdef _WIN32
    LARGE_INTEGER now, rate;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&rate);
    return (uint64_t)(now.QuadPart / rate.QuadPart) * 1000000 + (uint64_t)(now.QuadPart % rate.QuadPart) * 1000000 / (uint64_t)rate.QuadPart;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
#endif
}

/* The kit */

static char *ganrt__read(ganrt_avatars *a, const char *folder, const char *name, size_t *bytes, ganrt_avatars_status *status)
{
    char path[4096], *data = NULL;
    long size;
    FILE *file;
    *status = GANRT_AVATARS_NO_KIT;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return NULL;
    file = fopen(path, "rb");
    if (!file)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 && (size_t)size <= GANRT__LARGEST_FILE && fseek(file, 0, SEEK_SET) == 0) {
        *status = GANRT_AVATARS_NO_MEMORY;
        data = (char *)ganrt__take(a, (size_t)size + 1, 1);
        if (data) {
            *bytes = fread(data, 1, (size_t)size, file);
            *status = *bytes == (size_t)size ? GANRT_AVATARS_OK : GANRT_AVATARS_BAD_KIT;
        }
    }
    fclose(file);
    return *status == GANRT_AVATARS_OK ? data : NULL;
}

static ganrt_avatars_status ganrt__open_kit(ganrt_avatars *a, const char *kit)
{
    ganrt_avatars_status status;
    ganrt_status read;
    ganrt_drawer_status drawer;
    size_t bytes = 0, picture;
    char *data = ganrt__read(a, kit, "spec.json", &bytes, &status);
    if (!data)
        return status;
    read = ganrt_spec_read(data, bytes, &a->spec);
    if (read != GANRT_OK)
        return read == GANRT_NEWER_SPEC ? GANRT_AVATARS_NEWER_KIT : GANRT_AVATARS_BAD_KIT;
    data = ganrt__read(a, kit, "controls.json", &bytes, &status);
    if (data ? ganrt_controls_read(data, bytes, &a->spec, &a->controls) != GANRT_OK : status != GANRT_AVATARS_NO_KIT)
        return data ? GANRT_AVATARS_BAD_KIT : status;
    data = ganrt__read(a, kit, "builtin/model.drawer", &bytes, &status);
    if (!data)
        return status;
    drawer = ganrt_drawer_open(&a->drawer, data, bytes);
    if (drawer != GANRT_DRAWER_OK)
        return drawer == GANRT_DRAWER_NEWER ? GANRT_AVATARS_NEWER_KIT : GANRT_AVATARS_BAD_KIT;
    picture = (size_t)a->spec.height * a->spec.width * a->spec.channels;
    if (a->drawer.height != a->spec.height || a->drawer.width != a->spec.width || a->drawer.channels != a->spec.channels ||
        a->drawer.input[0] < 0 || (uint64_t)a->drawer.input_size[0] != a->spec.dim ||
        (a->drawer.input[1] >= 0 && (uint64_t)a->drawer.input_size[1] != a->spec.labels) ||
        (a->drawer.input[2] >= 0 && a->drawer.input_size[2] != 1))
        return GANRT_AVATARS_BAD_KIT;
    data = ganrt__read(a, kit, "builtin/canary.raw", &bytes, &status);
    if (!data)
        return status;
    a->canary = (unsigned char *)data;
    if (bytes != picture)
        return GANRT_AVATARS_BAD_KIT;
    if (a->drawer.half) {
        float *matrices = (float *)ganrt__take(a, a->drawer.matrices, sizeof *matrices);
        if (!matrices)
            return GANRT_AVATARS_NO_MEMORY;
        ganrt_drawer_expand(&a->drawer, matrices);
    }
    return GANRT_AVATARS_OK;
}

/* Sizes, masks and colours */

/* The cubic of Catmull and Rom (Keys 1981, a = -1/2). */
static double ganrt__cubic(double x)
{
    x = fabs(x);
    return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/* Widened where there are fewer outputs than inputs, so that each input counts. */
static int ganrt__make_filter(ganrt_avatars *a, ganrt__filter *f, uint32_t from, uint32_t to)
{
    double scale = (double)from / (double)to, wide = scale > 1 ? scale : 1;
    uint32_t i, k;
    f->taps = (uint32_t)(4 * wide) + 2;
    f->taps = f->taps < from ? f->taps : from;
    f->first = (uint32_t *)ganrt__take(a, to, sizeof *f->first);
    f->weight = (float *)ganrt__take(a, (size_t)to * f->taps, sizeof *f->weight);
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
static void ganrt__finish(const ganrt_avatars *a, float c[4], float inside, unsigned char *to)
{
    int k;
    for (k = 0; k < 3; k++)
        c[k] = c[k] < 0 ? 0 : c[k];
    c[3] = c[3] < 0 ? 0 : c[3] > 255 ? 255 : c[3];
    if (a->options.opaque) {
        for (k = 0; k < 3; k++)
            c[k] += (float)a->options.background[k] * (255 - c[3]) / 255;
        c[3] = 255;
    }
    for (k = 0; k < 4; k++)
        c[k] *= inside;
    to[3] = ganrt__level(c[3]);
    for (k = 0; k < 3; k++)
        to[k] = to[3] == 0 ? 0 : ganrt__level(a->options.premultiplied ? c[k] : c[k] * 255 / c[3]);
}

static void ganrt__premultiplied(const ganrt_avatars *a, const unsigned char *from, float c[4])
{
    uint32_t channels = a->spec.channels, k;
    c[3] = channels == 4 ? (float)from[3] : 255.0f;
    for (k = 0; k < 3; k++)
        c[k] = (float)from[channels == 1 ? 0 : k] * c[3] / 255;
}

static void ganrt__style(ganrt_avatars *a, const unsigned char *native, unsigned char *to)
{
    uint32_t width = a->options.width, height = a->options.height, x, y, k, n;
    float c[4], *row;
    int same = width == a->spec.width && height == a->spec.height;
    for (y = 0; !same && y < a->spec.height; y++) /* each row to its width: premultiplied, [height, width, 4] */
        for (x = 0; x < width; x++) {
            const float *weight = a->across.weight + (size_t)x * a->across.taps;
            const unsigned char *from = native + ((size_t)y * a->spec.width + a->across.first[x]) * a->spec.channels;
            row = a->resized + ((size_t)y * width + x) * 4;
            memset(row, 0, 4 * sizeof *row);
            for (k = 0; k < a->across.taps; k++, from += a->spec.channels) {
                ganrt__premultiplied(a, from, c);
                for (n = 0; n < 4; n++)
                    row[n] += weight[k] * c[n];
            }
        }
    for (y = 0; y < height; y++)
        for (x = 0; x < width; x++, to += 4) {
            if (same && !a->options.premultiplied && !a->options.opaque && !a->options.round) {
                const unsigned char *from = native + ((size_t)y * width + x) * a->spec.channels;
                for (k = 0; k < 3; k++)
                    to[k] = from[a->spec.channels == 1 ? 0 : k];
                to[3] = a->spec.channels == 4 ? from[3] : 255;
                if (to[3] == 0)
                    to[0] = to[1] = to[2] = 0;
                continue;
            }
            if (same)
                ganrt__premultiplied(a, native + ((size_t)y * width + x) * a->spec.channels, c);
            else {
                const float *weight = a->down.weight + (size_t)y * a->down.taps;
                row = a->resized + ((size_t)a->down.first[y] * width + x) * 4;
                memset(c, 0, sizeof c);
                for (k = 0; k < a->down.taps; k++, row += (size_t)width * 4)
                    for (n = 0; n < 4; n++)
                        c[n] += weight[k] * row[n];
                for (n = 0; n < 3; n++)
                    c[n] = c[n] > c[3] ? c[3] : c[n];
            }
            ganrt__finish(a, c, a->options.round ? ganrt__inside(x, y, width, height) : 1.0f, to);
        }
}

/* The disk cache: native pictures by key, each a whole, checked file */

static size_t ganrt__native_bytes(const ganrt_avatars *a)
{
    return (size_t)a->spec.height * a->spec.width * a->spec.channels;
}

static void ganrt__entry_path(const ganrt_avatars *a, const unsigned char key[32], const char *end, char path[4352])
{
    char name[65];
    int i;
    for (i = 0; i < 32; i++)
        snprintf(name + 2 * i, 3, "%02x", (unsigned)key[i]);
    snprintf(path, 4352, "%s/%s%s", a->options.cache, name, end);
}

static int ganrt__from_disk(ganrt_avatars *a, const unsigned char key[32], unsigned char *native)
{
    size_t bytes = ganrt__native_bytes(a) + GANRT__ENTRY, found;
    char path[4352];
    FILE *file;
    if (!a->options.cache)
        return 0;
    ganrt__entry_path(a, key, ".avatar", path);
    file = fopen(path, "rb");
    if (!file)
        return 0;
    found = fread(a->entry, 1, bytes + 1, file);
    fclose(file);
    if (found != bytes || memcmp(a->entry, "GANRTAV1", 8) || memcmp(a->entry + 16, key, 32) ||
        ganrt__word64(a->entry + 8) != ganrt__drawer_sum(a->entry + 16, bytes - 16)) {
        remove(path); /* torn by a crash, or somebody else's: drawn anew */
        return 0;
    }
    memcpy(native, a->entry + GANRT__ENTRY, bytes - GANRT__ENTRY);
    return 1;
}

#ifdef _WIN32
static void ganrt__make_room(ganrt_avatars *a, uint64_t most)
{
    (void)a;
    (void)most;
}
#else
/* Counts the files; removes the oldest until at most `most` bytes are left. */
static void ganrt__make_room(ganrt_avatars *a, uint64_t most)
{
    for (;;) {
        DIR *folder = opendir(a->options.cache);
        struct dirent *entry;
        char path[4352], oldest[4352];
        time_t since = 0;
        uint64_t total = 0, size = 0;
        oldest[0] = 0;
        if (!folder)
            return;
        while ((entry = readdir(folder)) != NULL) {
            const char *end = strrchr(entry->d_name, '.');
            struct stat about;
            if (!end || strspn(entry->d_name, "0123456789abcdef") != 64 || snprintf(path, sizeof path, "%s/%s", a->options.cache, entry->d_name) >= (int)sizeof path ||
                lstat(path, &about) != 0 || !S_ISREG(about.st_mode))
                continue;
            if (strncmp(end, ".part", 5) == 0 && about.st_mtime + 3600 < time(NULL)) {
                remove(path); /* of a process that ended while it wrote */
                continue;
            }
            total += (uint64_t)about.st_size;
            if (strcmp(end, ".avatar") == 0 && (!oldest[0] || about.st_mtime < since)) {
                strcpy(oldest, path);
                since = about.st_mtime;
                size = (uint64_t)about.st_size;
            }
        }
        closedir(folder);
        a->cached = total;
        if (total <= most || !oldest[0])
            return;
        remove(oldest);
        a->cached = total - size;
    }
}
#endif

/* What cannot be written is drawn again next time. */
static void ganrt__to_disk(ganrt_avatars *a, const unsigned char key[32], const unsigned char *native)
{
    size_t bytes = ganrt__native_bytes(a) + GANRT__ENTRY;
    uint64_t sum;
    char path[4352], part[4352], end[64];
    FILE *file;
    int i, whole;
    if (!a->options.cache || bytes > a->options.cache_bytes)
        return;
    if (a->cached + bytes > a->options.cache_bytes)
        ganrt__make_room(a, a->options.cache_bytes - bytes);
    if (a->cached + bytes > a->options.cache_bytes)
        return;
    memset(a->entry, 0, GANRT__ENTRY);
    memcpy(a->entry, "GANRTAV1", 8);
    memcpy(a->entry + 16, key, 32);
    memcpy(a->entry + GANRT__ENTRY, native, bytes - GANRT__ENTRY);
    sum = ganrt__drawer_sum(a->entry + 16, bytes - 16);
    for (i = 0; i < 8; i++)
        a->entry[8 + i] = (unsigned char)(sum >> (8 * i));
    snprintf(end, sizeof end, ".part%llx", (unsigned long long)(ganrt__microseconds() ^ ((uint64_t)(size_t)a << 20) ^ ++a->disk_tickets));
    ganrt__entry_path(a, key, end, part);
    ganrt__entry_path(a, key, ".avatar", path);
    file = fopen(part, "wb");
    if (!file)
        return;
    whole = fwrite(a->entry, 1, bytes, file) == bytes;
    whole = fclose(file) == 0 && whole;
    if (whole && rename(part, path) == 0)
        a->cached += bytes;
    else
        remove(part);
}

/* The worker */

/* Puts a look's inputs into the work memory. */
static int ganrt__prepare(ganrt_avatars *a, const ganrt_look *look, uint32_t i)
{
    float *labels = ganrt_drawer_input(&a->drawer, a->work, i, 1), *truncation = ganrt_drawer_input(&a->drawer, a->work, i, 2);
    if (ganrt_look_latent(look, &a->spec, &a->controls, ganrt_drawer_input(&a->drawer, a->work, i, 0)) != GANRT_OK)
        return 0;
    if (labels && ganrt_look_weights(look, &a->spec, labels) != GANRT_OK)
        return 0;
    return !truncation || ganrt_look_truncation(look, &a->spec, truncation) == GANRT_OK;
}

/* Whether this machine draws what the kit's did: alpha, and colours as they are seen, within 2 of 255. */
static int ganrt__canary(ganrt_avatars *a)
{
    size_t i, pixels = (size_t)a->spec.height * a->spec.width;
    uint32_t n = a->spec.channels, k;
    if (!ganrt_look_plain(&a->drawn, a->spec.look_model, a->spec.canary_seed, a->spec.canary_index) || !ganrt__prepare(a, &a->drawn, 0))
        return 0;
    ganrt_drawer_run(&a->drawer, a->work, 1);
    ganrt_drawer_picture(&a->drawer, a->work, 0, a->native);
    for (i = 0; i < pixels; i++) {
        const unsigned char *one = a->native + i * n, *two = a->canary + i * n;
        for (k = 0; k < n; k++) {
            int x = one[k], y = two[k];
            if (n == 4 && k < 3) {
                x = x * one[3] / 255;
                y = y * two[3] / 255;
            }
            if (x - y > 2 || y - x > 2)
                return 0;
        }
    }
    return 1;
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
        if (a->wrong) {
            ganrt__ready(a, job, GANRT_AVATARS_CANARY, 0);
            continue;
        }
        slot = ganrt__held(a, job->key);
        if (slot) {
            a->told.from_memory++;
            slot->used = ++a->clock;
            ganrt__ready(a, job, GANRT_AVATARS_OK, (uint32_t)(slot - a->slot));
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

/* Draws a batch without the lock; `status` and `disk` say what became of each. */
static void ganrt__draw_batch(ganrt_avatars *a, uint32_t taken, ganrt_avatars_status *status, int *disk)
{
    size_t bytes = ganrt__native_bytes(a);
    uint32_t i, n = 0, place[64];
    for (i = 0; i < taken; i++) {
        ganrt__job *job = &a->job[a->batch[i]];
        status[i] = GANRT_AVATARS_OK;
        disk[i] = ganrt__from_disk(a, job->key, a->native + i * bytes);
        if (disk[i])
            continue;
        if (ganrt_look_read(job->code, strlen(job->code), &a->drawn) != GANRT_LOOK_OK || !ganrt__prepare(a, &a->drawn, n))
            status[i] = GANRT_AVATARS_BAD_LOOK;
        else
            place[n++] = i;
    }
    if (n)
        ganrt_drawer_run(&a->drawer, a->work, n);
    for (i = 0; i < n; i++) {
        ganrt_drawer_picture(&a->drawer, a->work, i, a->native + place[i] * bytes);
        ganrt__to_disk(a, a->job[a->batch[place[i]]].key, a->native + place[i] * bytes);
    }
    for (i = 0; i < taken; i++)
        if (status[i] == GANRT_AVATARS_OK)
            ganrt__style(a, a->native + i * bytes, a->slot[a->job[a->batch[i]].slot].pixels);
}

static void ganrt__work(ganrt_avatars *a)
{
    ganrt_avatars_status status[64];
    int disk[64];
    uint32_t i, taken;
    int right = ganrt__canary(a);
    if (a->options.cache)
        ganrt__make_room(a, a->options.cache_bytes);
    ganrt__lock(&a->mutex);
    a->wrong = !right;
    while (!a->stopping) {
        uint64_t begun = ganrt__microseconds();
        taken = ganrt__gather(a);
        if (!taken) {
            ganrt__wait(&a->changed, &a->mutex);
            continue;
        }
        ganrt__unlock(&a->mutex);
        ganrt__draw_batch(a, taken, status, disk);
        ganrt__lock(&a->mutex);
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
    ganrt__unlock(&a->mutex);
}

#ifdef _WIN32
static DWORD WINAPI ganrt__run(LPVOID given)
{
    ganrt__work((ganrt_avatars *)given);
    return 0;
}

static int ganrt__start(ganrt_avatars *a)
{
    InitializeCriticalSection(&a->mutex);
    InitializeConditionVariable(&a->changed);
    a->thread = CreateThread(NULL, 0, ganrt__run, a, 0, NULL);
    if (a->thread)
        return 1;
    DeleteCriticalSection(&a->mutex);
    return 0;
}

static void ganrt__join(ganrt_avatars *a)
{
    WaitForSingleObject(a->thread, INFINITE);
    CloseHandle(a->thread);
    DeleteCriticalSection(&a->mutex);
}
#else
static void *ganrt__run(void *given)
{
    ganrt__work((ganrt_avatars *)given);
    return NULL;
}

static int ganrt__start(ganrt_avatars *a)
{
    if (pthread_mutex_init(&a->mutex, NULL))
        return 0;
    if (pthread_cond_init(&a->changed, NULL)) {
        pthread_mutex_destroy(&a->mutex);
        return 0;
    }
    if (pthread_create(&a->thread, NULL, ganrt__run, a) == 0)
        return 1;
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->mutex);
    return 0;
}

static void ganrt__join(ganrt_avatars *a)
{
    pthread_join(a->thread, NULL);
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->mutex);
}
#endif

/* The interface */

ganrt_avatars_options ganrt_avatars_defaults(void)
{
    ganrt_avatars_options options;
    memset(&options, 0, sizeof options);
    options.batch = 4;
    options.queue = 256;
    options.pictures = 64;
    options.cache_bytes = (uint64_t)256 << 20;
    return options;
}

static int ganrt__sound(const ganrt_avatars_options *o)
{
    return o->width <= 4096 && o->height <= 4096 && o->batch >= 1 && o->batch <= 64 && o->queue >= 1 && o->queue <= 65536 &&
           o->pictures >= o->batch && o->pictures <= 65536 && !o->allocate == !o->release;
}

static ganrt_avatars_status ganrt__reserve(ganrt_avatars *a)
{
    ganrt_avatars_options *o = &a->options;
    size_t size, bytes = ganrt__native_bytes(a);
    unsigned char *pixels;
    uint32_t i;
    o->width = o->width ? o->width : a->spec.width;
    o->height = o->height ? o->height : a->spec.height;
    size = (size_t)o->width * o->height * 4;
    a->work = (float *)ganrt__take(a, ganrt_drawer_work(&a->drawer, o->batch), sizeof *a->work);
    a->native = (unsigned char *)ganrt__take(a, o->batch, bytes);
    a->entry = (unsigned char *)ganrt__take(a, bytes + GANRT__ENTRY + 1, 1);
    a->job = (ganrt__job *)ganrt__take(a, o->queue, sizeof *a->job);
    a->slot = (ganrt__slot *)ganrt__take(a, o->pictures, sizeof *a->slot);
    pixels = (unsigned char *)ganrt__take(a, o->pictures, size);
    if (!a->work || !a->native || !a->entry || !a->job || !a->slot || !pixels)
        return GANRT_AVATARS_NO_MEMORY;
    for (i = 0; i < o->pictures; i++)
        a->slot[i].pixels = pixels + i * size;
    if (o->width == a->spec.width && o->height == a->spec.height)
        return GANRT_AVATARS_OK;
    a->resized = (float *)ganrt__take(a, (size_t)a->spec.height * o->width * 4, sizeof *a->resized);
    if (!a->resized || !ganrt__make_filter(a, &a->across, a->spec.width, o->width) ||
        !ganrt__make_filter(a, &a->down, a->spec.height, o->height))
        return GANRT_AVATARS_NO_MEMORY;
    return GANRT_AVATARS_OK;
}

/* Copies of the options' texts, which the caller may free. */
static ganrt_avatars_status ganrt__keep_texts(ganrt_avatars *a)
{
    const char **text[2];
    int k;
    text[0] = &a->options.cache;
    text[1] = &a->options.name_space;
    for (k = 0; k < 2; k++) {
        size_t bytes;
        char *copy;
        if (!*text[k])
            continue;
        bytes = strlen(*text[k]);
        if (bytes > 4096)
            return GANRT_AVATARS_BAD_ARGUMENT;
        copy = (char *)ganrt__take(a, bytes + 1, 1);
        if (!copy)
            return GANRT_AVATARS_NO_MEMORY;
        memcpy(copy, *text[k], bytes);
        *text[k] = copy;
    }
#ifdef _WIN32
    return a->options.cache ? GANRT_AVATARS_BAD_CACHE : GANRT_AVATARS_OK; /* not written for Windows yet */
#else
    if (a->options.cache) {
        struct stat about;
        if (stat(a->options.cache, &about) != 0 || !S_ISDIR(about.st_mode))
            return GANRT_AVATARS_BAD_CACHE;
    }
    return GANRT_AVATARS_OK;
#endif
}

static void ganrt__give_back(ganrt_avatars *a)
{
    ganrt_avatars_options options = a->options;
    while (a->memories)
        options.release(options.context, a->memory[--a->memories]);
    options.release(options.context, a);
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
    status = ganrt__keep_texts(a);
    if (status == GANRT_AVATARS_OK)
        status = ganrt__open_kit(a, kit);
    if (status == GANRT_AVATARS_OK)
        status = ganrt__reserve(a);
    if (status == GANRT_AVATARS_OK && !ganrt__start(a))
        status = GANRT_AVATARS_NO_THREAD;
    if (status != GANRT_AVATARS_OK) {
        ganrt__give_back(a);
        return status;
    }
    *avatars = a;
    return GANRT_AVATARS_OK;
}

void ganrt_avatars_close(ganrt_avatars *a)
{
    if (!a)
        return;
    ganrt__lock(&a->mutex);
    a->stopping = 1;
    ganrt__wake(&a->changed);
    ganrt__unlock(&a->mutex);
    ganrt__join(a);
    ganrt__give_back(a);
}

/* What the picture depends on, but for its size and style: the look, and the file that draws it. */
static void ganrt__key(const ganrt_avatars *a, const char *code, unsigned char key[32])
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    ganrt__sha s;
    int i;
    memset(&s, 0, sizeof s);
    memcpy(s.h, start, sizeof start);
    ganrt__sha_add(&s, a->drawer.words - GANRT__HEADER, GANRT__HEADER); /* with the checksum of the rest */
    ganrt__sha_add(&s, (const unsigned char *)code, strlen(code));
    ganrt__sha_end(&s);
    for (i = 0; i < 32; i++)
        key[i] = (unsigned char)(s.h[i / 4] >> (24 - 8 * (i % 4)));
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
    ganrt__key(a, job->code, job->key);
    job->state = GANRT__WAITING;
    job->dropped = 0;
    job->priority = priority;
    job->user = user;
    job->ticket = ++a->tickets;
    if (ticket)
        *ticket = job->ticket;
    a->told.requested++;
    a->told.waiting++;
    ganrt__wake(&a->changed);
    return GANRT_AVATARS_OK;
}

ganrt_avatars_status ganrt_avatars_request_image(ganrt_avatars *a, uint64_t seed, uint64_t index, int priority, void *user,
                                                 uint64_t *ticket)
{
    ganrt_avatars_status status = GANRT_AVATARS_BAD_KIT;
    if (!a)
        return GANRT_AVATARS_BAD_ARGUMENT;
    ganrt__lock(&a->mutex);
    if (ganrt_look_plain(&a->look, a->spec.look_model, seed, index))
        status = ganrt__request(a, priority, user, ticket);
    ganrt__unlock(&a->mutex);
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
    ganrt__lock(&a->mutex);
    read = ganrt_look_read(code, bytes, &a->look);
    if (read != GANRT_LOOK_OK)
        status = read == GANRT_LOOK_NEWER ? GANRT_AVATARS_NEWER_LOOK : GANRT_AVATARS_BAD_LOOK;
    else if (!ganrt_look_is_of(&a->look, &a->spec))
        status = GANRT_AVATARS_OTHER_MODEL;
    else
        status = ganrt__request(a, priority, user, ticket);
    ganrt__unlock(&a->mutex);
    return status;
}

static void ganrt__let_go(ganrt_avatars *a, ganrt__job *job)
{
    if (job->status == GANRT_AVATARS_OK)
        a->slot[job->slot].pins--;
    job->state = GANRT__FREE;
    ganrt__wake(&a->changed);
}

int ganrt_avatars_cancel(ganrt_avatars *a, uint64_t ticket)
{
    int found = 0;
    uint32_t i;
    if (!a)
        return 0;
    ganrt__lock(&a->mutex);
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
    ganrt__unlock(&a->mutex);
    return found;
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
        ganrt__job *first = NULL;
        uint32_t i;
        ganrt__lock(&a->mutex);
        for (i = 0; i < a->options.queue; i++)
            if (a->job[i].state == GANRT__READY && !a->job[i].dropped && (!first || a->job[i].finished < first->finished))
                first = &a->job[i];
        if (first) {
            first->dropped = 1; /* being delivered: nobody else's */
            a->told.ready--;
            a->told.delivered++;
        }
        ganrt__unlock(&a->mutex);
        if (!first)
            break;
        memset(&picture, 0, sizeof picture);
        picture.ticket = first->ticket;
        picture.user = first->user;
        picture.status = first->status;
        picture.width = a->options.width;
        picture.height = a->options.height;
        picture.pixels = first->status == GANRT_AVATARS_OK ? a->slot[first->slot].pixels : NULL;
        deliver(context, &picture);
        ganrt__lock(&a->mutex);
        ganrt__let_go(a, first);
        ganrt__unlock(&a->mutex);
        count++;
    } while (ganrt__microseconds() - begun < microseconds);
    return count;
}

ganrt_avatars_statistics ganrt_avatars_count(ganrt_avatars *a)
{
    ganrt_avatars_statistics told;
    memset(&told, 0, sizeof told);
    if (a) {
        ganrt__lock(&a->mutex);
        told = a->told;
        ganrt__unlock(&a->mutex);
    }
    return told;
}

void ganrt_avatars_size(const ganrt_avatars *a, uint32_t *width, uint32_t *height)
{
    if (width)
        *width = a ? a->options.width : 0;
    if (height)
        *height = a ? a->options.height : 0;
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
    }
    return "This status is none of ganrt_avatars.h's.";
}
