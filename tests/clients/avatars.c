/* Answers lines with ganrt_avatars: `avatars KIT FOLDER [key=value...]`. Keys: width, height, premultiplied, round, opaque,
 * batch, queue, pictures, cache, cache_bytes, backends, onnxruntime, openvino, atlas (WIDTHxHEIGHT), gap, fail (the
 * allocation that fails, from 0).
 *
 *     name TEXT, look CODE, image SEED INDEX [priority]    the status; the picture goes to FOLDER/LINE.rgba
 *     bytes HEX                                            as name, of any bytes
 *     misuse                                               calls in the wrong order and with wrong arguments: nothing
 *     cancel LINE                                          1 or 0
 *     pause, wait                                          nothing; until all is delivered: each as "LINE STATUS WIDTH HEIGHT"
 *     count                                                the statistics
 *     report                                               what draws, and the report in its lines
 *     free X Y                                             1 or 0; at the end the atlas goes to FOLDER/atlas.rgba
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "ganrt_avatars.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *folder;
static int left = -1;
static unsigned atlas_width, atlas_height;

static void *allocate(void *context, size_t bytes)
{
    (void)context;
    return left == 0 ? NULL : (left -= left > 0, malloc(bytes));
}

static void release(void *context, void *memory)
{
    (void)context;
    free(memory);
}

static void deliver(void *context, const ganrt_avatars_picture *picture)
{
    char path[4096];
    FILE *file;
    unsigned y;
    (void)context;
    printf("%d %d %u %u", (int)(size_t)picture->user, (int)picture->status, (unsigned)picture->width, (unsigned)picture->height);
    printf(atlas_width ? " at %u %u\n" : "\n", (unsigned)picture->x, (unsigned)picture->y);
    if (!picture->pixels)
        return;
    snprintf(path, sizeof path, "%s/%d.rgba", folder, (int)(size_t)picture->user);
    file = fopen(path, "wb");
    for (y = 0; y < picture->height; y++)
        fwrite(picture->pixels + y * picture->stride, 4, picture->width, file);
    fclose(file);
}

static void report(ganrt_avatars *avatars)
{
    char text[4096];
    const char *backend = ganrt_avatars_backend(avatars);
    ganrt_avatars_report(avatars, text, sizeof text);
    printf("%s\n%s", backend ? backend : "nothing", text);
}

static void must(int good)
{
    if (!good)
        abort();
}

/* From within deliver everything but close is allowed. */
static void within(void *context, const ganrt_avatars_picture *picture)
{
    ganrt_avatars *avatars = (ganrt_avatars *)context;
    char text[8];
    uint64_t ticket;
    must(ganrt_avatars_cancel(avatars, picture->ticket) == 0); /* it is being delivered */
    must(ganrt_avatars_request_image(avatars, 8, 8, 0, NULL, &ticket) == GANRT_AVATARS_OK);
    ganrt_avatars_cancel(avatars, ticket);
    ganrt_avatars_poll(avatars, 0, deliver, NULL);
    must(ganrt_avatars_report(avatars, text, sizeof text) > 7 && strlen(text) == 7);
    ganrt_avatars_count(avatars);
}

static void misuse(ganrt_avatars *avatars)
{
    ganrt_avatars *none = NULL;
    uint32_t width, height;
    ganrt_avatars_close(NULL);
    must(ganrt_avatars_open(NULL, NULL, &none) == GANRT_AVATARS_BAD_ARGUMENT && !none);
    must(ganrt_avatars_open("kit", NULL, NULL) == GANRT_AVATARS_BAD_ARGUMENT);
    must(ganrt_avatars_request_name(NULL, "a", 1, 0, 0, NULL, NULL) == GANRT_AVATARS_BAD_ARGUMENT);
    must(ganrt_avatars_request_name(avatars, NULL, 1, 0, 0, NULL, NULL) == GANRT_AVATARS_BAD_ARGUMENT);
    must(ganrt_avatars_request_look(NULL, "a", 1, 0, NULL, NULL) == GANRT_AVATARS_BAD_ARGUMENT);
    must(ganrt_avatars_request_look(avatars, NULL, 0, 0, NULL, NULL) == GANRT_AVATARS_BAD_ARGUMENT);
    must(ganrt_avatars_request_look(avatars, "", 0, 0, NULL, NULL) == GANRT_AVATARS_BAD_LOOK);
    must(ganrt_avatars_request_image(NULL, 0, 0, 0, NULL, NULL) == GANRT_AVATARS_BAD_ARGUMENT);
    must(ganrt_avatars_cancel(NULL, 1) == 0 && ganrt_avatars_cancel(avatars, 0) == 0 && ganrt_avatars_cancel(avatars, UINT64_MAX) == 0);
    must(ganrt_avatars_poll(NULL, 1, deliver, NULL) == 0 && ganrt_avatars_poll(avatars, 1, NULL, NULL) == 0);
    must(ganrt_avatars_backend(NULL) == NULL && ganrt_avatars_report(NULL, NULL, 0) == 0);
    must(ganrt_avatars_count(NULL).requested == 0 && ganrt_avatars_free_cell(NULL, 0, 0) == 0);
    must(ganrt_avatars_free_cell(avatars, 1, 1) == 0 && ganrt_avatars_free_cell(avatars, UINT32_MAX, UINT32_MAX) == 0);
    ganrt_avatars_size(NULL, &width, &height);
    must(width == 0 && height == 0);
    ganrt_avatars_size(avatars, NULL, NULL);
    must(strstr(ganrt_avatars_sentence((ganrt_avatars_status)999), "none") != NULL);
    must(ganrt_avatars_request_image(avatars, 7, 7, 0, NULL, NULL) == GANRT_AVATARS_OK);
    while (!ganrt_avatars_poll(avatars, 0, within, avatars))
        ;
}

static void set(ganrt_avatars_options *o, const char *given)
{
    const char *value = strchr(given, '=') + 1;
    unsigned number = (unsigned)strtoul(value, NULL, 10);
    if (!strncmp(given, "width=", 6))
        o->width = number;
    else if (!strncmp(given, "height=", 7))
        o->height = number;
    else if (!strncmp(given, "premultiplied=", 14))
        o->premultiplied = (int)number;
    else if (!strncmp(given, "round=", 6))
        o->round = (int)number;
    else if (!strncmp(given, "opaque=", 7)) {
        unsigned colour = (unsigned)strtoul(value, NULL, 16);
        o->opaque = 1;
        o->background[0] = (unsigned char)(colour >> 16);
        o->background[1] = (unsigned char)(colour >> 8 & 255);
        o->background[2] = (unsigned char)(colour & 255);
    } else if (!strncmp(given, "batch=", 6))
        o->batch = number;
    else if (!strncmp(given, "queue=", 6))
        o->queue = number;
    else if (!strncmp(given, "pictures=", 9))
        o->pictures = number;
    else if (!strncmp(given, "cache=", 6))
        o->cache = value;
    else if (!strncmp(given, "cache_bytes=", 12))
        o->cache_bytes = number;
    else if (!strncmp(given, "backends=", 9))
        o->backends = value;
    else if (!strncmp(given, "onnxruntime=", 12))
        o->onnxruntime = value;
    else if (!strncmp(given, "openvino=", 9))
        o->openvino = value;
    else if (!strncmp(given, "threads=", 8))
        o->threads = number;
    else if (!strncmp(given, "atlas=", 6)) {
        atlas_width = number;
        atlas_height = (unsigned)strtoul(strchr(value, 'x') + 1, NULL, 10);
        o->atlas = (unsigned char *)calloc((size_t)atlas_width * atlas_height + 1, 4);
        o->atlas_width = atlas_width;
        o->atlas_height = atlas_height;
    } else if (!strncmp(given, "gap=", 4))
        o->atlas_gap = number;
    else if (!strncmp(given, "fail=", 5)) {
        left = (int)number;
        o->allocate = allocate;
        o->release = release;
    }
}

static void wait_for_all(ganrt_avatars *avatars)
{
    for (;;) {
        ganrt_avatars_statistics told = ganrt_avatars_count(avatars);
        struct timespec nap = {0, 1000000};
        if (!told.waiting && !told.ready)
            return;
        ganrt_avatars_poll(avatars, 1000, deliver, NULL);
        nanosleep(&nap, NULL);
    }
}

int main(int count, char **given)
{
    static uint64_t ticket[10000];
    static char line[1 << 22];
    ganrt_avatars_options options = ganrt_avatars_defaults();
    ganrt_avatars *avatars;
    ganrt_avatars_status status;
    int i, number;
    folder = given[2];
    for (i = 3; i < count; i++)
        set(&options, given[i]);
    status = ganrt_avatars_open(given[1], &options, &avatars);
    printf("open %d %s\n", (int)status, ganrt_avatars_sentence(status));
    if (status != GANRT_AVATARS_OK) {
        free(options.atlas);
        return avatars != NULL;
    }
    for (number = 0; fgets(line, sizeof line, stdin) && number < 10000; number++) {
        char *text = strchr(line, ' ');
        size_t bytes;
        void *user = (void *)(size_t)number;
        line[strcspn(line, "\n")] = 0;
        text = text ? text + 1 : line + strlen(line);
        bytes = strlen(text);
        if (!strncmp(line, "name", 4))
            printf("%d\n", (int)ganrt_avatars_request_name(avatars, text, bytes, 0, 0, user, &ticket[number]));
        else if (!strncmp(line, "bytes", 5)) {
            char *at;
            for (at = text, bytes = 0; at[0] && at[1]; at += 2, bytes++) {
                char digits[3] = {at[0], at[1], 0};
                text[bytes] = (char)strtoul(digits, NULL, 16);
            }
            printf("%d\n", (int)ganrt_avatars_request_name(avatars, text, bytes, 0, 0, user, &ticket[number]));
        } else if (!strncmp(line, "misuse", 6))
            misuse(avatars);
        else if (!strncmp(line, "look", 4))
            printf("%d\n", (int)ganrt_avatars_request_look(avatars, text, bytes, 0, user, &ticket[number]));
        else if (!strncmp(line, "image", 5)) {
            char *at;
            uint64_t seed = strtoull(text, &at, 10), index = strtoull(at, &at, 10);
            printf("%d\n", (int)ganrt_avatars_request_image(avatars, seed, index, (int)strtol(at, NULL, 10), user, &ticket[number]));
        } else if (!strncmp(line, "cancel", 6))
            printf("%d\n", ganrt_avatars_cancel(avatars, ticket[atoi(text)]));
        else if (!strncmp(line, "wait", 4))
            wait_for_all(avatars);
        else if (!strncmp(line, "report", 6))
            report(avatars);
        else if (!strncmp(line, "free", 4)) {
            char *at;
            unsigned x = (unsigned)strtoul(text, &at, 10);
            printf("%d\n", ganrt_avatars_free_cell(avatars, x, (unsigned)strtoul(at, NULL, 10)));
        } else if (!strncmp(line, "count", 5)) {
            ganrt_avatars_statistics t = ganrt_avatars_count(avatars);
            printf("requested=%d delivered=%d cancelled=%d drawn=%d memory=%d disk=%d failed=%d\n", (int)t.requested, (int)t.delivered,
                   (int)t.cancelled, (int)t.drawn, (int)t.from_memory, (int)t.from_disk, (int)t.failed);
        }
    }
    ganrt_avatars_close(avatars);
    if (options.atlas) {
        char path[4096];
        FILE *file;
        snprintf(path, sizeof path, "%s/atlas.rgba", folder);
        file = fopen(path, "wb");
        fwrite(options.atlas, 4, (size_t)atlas_width * atlas_height, file);
        fclose(file);
    }
    free(options.atlas);
    return 0;
}
