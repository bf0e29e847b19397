/* ganrt_avatars.h: from a player's name to finished RGBA8 pictures, without any runtime, or by ONNX Runtime or OpenVINO,
 * whose libraries are loaded at run time. Link ganrt_avatars.c (C99, or C++17), a thread library and, with glibc before
 * 2.34, libdl; the kit comes from `ganrt bundle`.
 *
 *     ganrt_avatars *avatars;
 *     ganrt_avatars_options options = ganrt_avatars_defaults();
 *     ganrt_avatars_status status = ganrt_avatars_open("kit", &options, &avatars);
 *     if (status != GANRT_AVATARS_OK)
 *         puts(ganrt_avatars_sentence(status));
 *     ganrt_avatars_request_name(avatars, "player-8841", 11, 0, 0, user, NULL);   // returns at once
 *     ...
 *     ganrt_avatars_poll(avatars, 2000, deliver, context);   // in every frame: hands over what is ready, for some 2 ms
 *     ...
 *     ganrt_avatars_close(avatars);
 *
 * A worker thread draws, in batches. Several instances may be open. Every function but open and close may be called from
 * any thread at any time between the two, also from `deliver`. All memory is allocated while it opens, but for what files,
 * runtimes, and a drawer that takes the place of one that failed need. Licence: Apache 2.0, as ganrt's own. */
#ifndef GANRT_AVATARS_H
#define GANRT_AVATARS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32) && defined(GANRT_AVATARS_SHARED)
#define GANRT_AVATARS_API __declspec(dllexport)
#elif defined(GANRT_AVATARS_SHARED)
#define GANRT_AVATARS_API __attribute__((visibility("default")))
#else
#define GANRT_AVATARS_API
#endif

typedef struct ganrt_avatars ganrt_avatars;

typedef enum {
    GANRT_AVATARS_OK,
    GANRT_AVATARS_BAD_ARGUMENT, /* NULL, or a number outside what is allowed: nothing is clamped */
    GANRT_AVATARS_BAD_TEXT,     /* not well-formed UTF-8, or longer than 1 MiB */
    GANRT_AVATARS_BAD_LOOK,     /* no look code, a mistyped one, or one that asks for what the model does not have */
    GANRT_AVATARS_NEWER_LOOK,   /* a look code of a newer ganrt */
    GANRT_AVATARS_OTHER_MODEL,  /* a look of another model */
    GANRT_AVATARS_NO_KIT,       /* spec.json or builtin/model.drawer is missing in the kit, or cannot be read */
    GANRT_AVATARS_BAD_KIT,      /* a file of the kit is damaged, or of another model */
    GANRT_AVATARS_NEWER_KIT,    /* the kit is newer than this code */
    GANRT_AVATARS_BAD_BUILD,    /* built with flags that change arithmetic; see ganrt.h */
    GANRT_AVATARS_NO_MEMORY,
    GANRT_AVATARS_NO_THREAD,
    GANRT_AVATARS_BAD_CACHE,    /* the cache's folder is not there */
    GANRT_AVATARS_FULL,         /* `queue` requests wait already: poll, and ask again */
    GANRT_AVATARS_CANARY,       /* this machine draws another picture than the kit's canary: nothing is drawn */
    GANRT_AVATARS_BAD_BACKEND,  /* `backends` names one that is none, or more than 8 */
    GANRT_AVATARS_NO_BACKEND,   /* none of `backends` can draw here: ganrt_avatars_report says why */
    GANRT_AVATARS_LOST,         /* what drew has failed, and nothing is left of `backends` */
    GANRT_AVATARS_NO_CELL       /* no cell of the atlas is free */
} ganrt_avatars_status;

typedef struct {
    uint32_t width, height;  /* of the pictures handed over, 1 to 4096; 0: the model's own */
    int premultiplied;       /* colours multiplied by alpha; otherwise straight */
    int round;               /* a round mask, within the picture */
    int opaque;              /* over `background` */
    unsigned char background[3];
    uint32_t batch;          /* pictures that are drawn together, 1 to 64 */
    uint32_t queue;          /* requests that may wait, 1 to 65536 */
    uint32_t pictures;       /* finished pictures that are kept in memory, 1 to 65536, at least `batch` */
    const char *cache;       /* a folder for drawn pictures, or NULL; several processes may share it */
    uint64_t cache_bytes;    /* the most that the folder may hold */
    const char *name_space;  /* of names; NULL: ganrt */
    void *(*allocate)(void *context, size_t bytes); /* NULL: malloc and free; also called by the worker */
    void (*release)(void *context, void *memory);
    void *context;
    /* What draws, in order of preference, with commas between: builtin, openvino, onnxruntime (its CPU), onnxruntime-cuda,
     * onnxruntime-tensorrt (with CUDA for what that refuses), -rtx, -directml, -coreml. NULL: builtin. The first that opens
     * and draws the canary does, and where it fails later the next one: never one that is not named. */
    const char *backends;
    const char *onnxruntime, *openvino; /* their libraries (OpenVINO's for C), NULL: by the usual names, where the system looks */
    uint32_t threads;                   /* of ONNX Runtime and OpenVINO, 1 to 64 */
    unsigned char *atlas;               /* RGBA8, row by row, where poll puts pictures; NULL: there is none */
    uint32_t atlas_width, atlas_height; /* 1 to 65536 */
    uint32_t atlas_gap;                 /* pixels between its cells, at most 256; they are left alone */
} ganrt_avatars_options;

typedef struct {
    uint64_t ticket;
    void *user;                  /* as the request had it */
    ganrt_avatars_status status; /* unless it is OK there are no pixels */
    const unsigned char *pixels; /* RGBA8, row by row: until the call returns, in an atlas until the cell is given back */
    uint32_t width, height;
    uint32_t x, y; /* of its cell in the atlas */
    size_t stride; /* bytes from one row to the next */
} ganrt_avatars_picture;

typedef struct {
    uint64_t requested, delivered, cancelled, drawn, from_memory, from_disk, failed;
    uint64_t waiting;      /* requests that are not ready */
    uint64_t ready;        /* pictures that poll would hand over */
    uint64_t microseconds; /* spent drawing */
    uint64_t cells;        /* of the atlas that are free */
} ganrt_avatars_statistics;

/* The model's own size, straight alpha, batches of 4, 256 requests, 64 pictures, no disk cache, builtin, one thread. */
GANRT_AVATARS_API ganrt_avatars_options ganrt_avatars_defaults(void);
/* options: NULL for the defaults. On failure *avatars is NULL. If `backends` names an onnxruntime, the environment variable
 * ORT_DISABLE_TELEMETRY is set to 1 unless it is set. */
GANRT_AVATARS_API ganrt_avatars_status ganrt_avatars_open(const char *kit, const ganrt_avatars_options *options,
                                                          ganrt_avatars **avatars);
/* Ends the worker after its batch and frees everything; NULL is allowed. Not from `deliver`, nor beside another call. */
GANRT_AVATARS_API void ganrt_avatars_close(ganrt_avatars *avatars);

/* The avatar of a name of `bytes` bytes of UTF-8. Requests of higher priority are drawn first, among equal ones the
 * older. ticket, for ganrt_avatars_cancel, may be NULL. */
GANRT_AVATARS_API ganrt_avatars_status ganrt_avatars_request_name(ganrt_avatars *avatars, const char *name, size_t bytes,
                                                                  uint32_t reroll, int priority, void *user, uint64_t *ticket);
/* The picture of a look code. */
GANRT_AVATARS_API ganrt_avatars_status ganrt_avatars_request_look(ganrt_avatars *avatars, const char *code, size_t bytes,
                                                                  int priority, void *user, uint64_t *ticket);
/* Image `index` of `seed`. */
GANRT_AVATARS_API ganrt_avatars_status ganrt_avatars_request_image(ganrt_avatars *avatars, uint64_t seed, uint64_t index,
                                                                   int priority, void *user, uint64_t *ticket);
/* 1: it will not be delivered; 0: it was delivered already, is being, or never was. */
GANRT_AVATARS_API int ganrt_avatars_cancel(ganrt_avatars *avatars, uint64_t ticket);
/* Hands over pictures that are ready, in the order in which they were finished, until the budget is spent: at least one.
 * How many. */
GANRT_AVATARS_API uint32_t ganrt_avatars_poll(ganrt_avatars *avatars, uint32_t microseconds,
                                              void (*deliver)(void *context, const ganrt_avatars_picture *picture),
                                              void *context);
/* Gives a picture's cell back to the atlas; 0: nobody had it. */
GANRT_AVATARS_API int ganrt_avatars_free_cell(ganrt_avatars *avatars, uint32_t x, uint32_t y);
/* What draws, by the name in `backends`; NULL while it is being opened, and if nothing does. */
GANRT_AVATARS_API const char *ganrt_avatars_backend(ganrt_avatars *avatars);
/* A line for each backend that was tried: "NAME: draws", or what is wrong. Copies at most bytes - 1 characters and a 0;
 * returns how many there are. */
GANRT_AVATARS_API size_t ganrt_avatars_report(ganrt_avatars *avatars, char *text, size_t bytes);
GANRT_AVATARS_API ganrt_avatars_statistics ganrt_avatars_count(ganrt_avatars *avatars);
/* Of the pictures handed over. */
GANRT_AVATARS_API void ganrt_avatars_size(const ganrt_avatars *avatars, uint32_t *width, uint32_t *height);
/* What is wrong and what mends it, in English. */
GANRT_AVATARS_API const char *ganrt_avatars_sentence(ganrt_avatars_status status);

#ifdef __cplusplus
}
#endif

#endif
