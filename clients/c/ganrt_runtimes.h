/* ganrt_runtimes.h: a kit's fp32/model.onnx by ONNX Runtime or OpenVINO, whose libraries are loaded at run time: a game
 * runs with and without them, and is built without their headers. Internal to ganrt_avatars.c.
 *
 * ONNX Runtime offers a table of functions that only grows: below are the places of those used, all of them in version 12
 * of its API (1.12). OpenVINO exports its C functions by name. Both as their public headers state them (ONNX Runtime: MIT;
 * OpenVINO: Apache 2.0). */
#ifndef GANRT_RUNTIMES_H
#define GANRT_RUNTIMES_H

#include "ganrt_pool.h"
#include "ganrt_system.h"

#define GANRT__WHY 512 /* characters of a sentence about what failed */

#ifdef _WIN32
#define GANRT__ORT_ABI __stdcall
#define GANRT__OV_ABI __cdecl
#define GANRT__ORT_LIBRARY "onnxruntime.dll"
#define GANRT__OV_LIBRARY "openvino_c.dll"
#elif defined(__APPLE__)
#define GANRT__ORT_ABI
#define GANRT__OV_ABI
#define GANRT__ORT_LIBRARY "libonnxruntime.dylib"
#define GANRT__OV_LIBRARY "libopenvino_c.dylib"
#else
#define GANRT__ORT_ABI
#define GANRT__OV_ABI
#define GANRT__ORT_LIBRARY "libonnxruntime.so.1"
#define GANRT__OV_LIBRARY "libopenvino_c.so"
#endif

enum { GANRT__Z, GANRT__LABELS, GANRT__TRUNCATION, GANRT__INPUTS };

#define GANRT__OV_FUNCTIONS(X)                                                                                           \
    X(get_openvino_version)                                                                                              \
    X(version_free)                                                                                                      \
    X(get_last_err_msg)                                                                                                  \
    X(free)                                                                                                              \
    X(core_create)                                                                                                       \
    X(core_free)                                                                                                         \
    X(core_read_model_from_memory_buffer)                                                                                \
    X(model_reshape_input_by_name)                                                                                       \
    X(model_free)                                                                                                        \
    X(partial_shape_create_static)                                                                                       \
    X(partial_shape_free)                                                                                                \
    X(core_compile_model)                                                                                                \
    X(compiled_model_free)                                                                                               \
    X(compiled_model_create_infer_request)                                                                               \
    X(infer_request_get_tensor)                                                                                          \
    X(infer_request_infer)                                                                                               \
    X(infer_request_free)                                                                                                \
    X(tensor_get_byte_size)                                                                                              \
    X(tensor_data)                                                                                                       \
    X(tensor_free)
#define GANRT__OV_PLACE(name) GANRT__OV_##name,
#define GANRT__OV_NAME(name) "ov_" #name,

enum { GANRT__OV_FUNCTIONS(GANRT__OV_PLACE) GANRT__OV_COUNT };

/* What a runtime is asked for. */
typedef struct {
    const char *backend;                /* by the game's name for it */
    const char *library;                /* NULL: by its usual name, where the system finds it */
    const void *model;                  /* the ONNX file */
    size_t bytes;
    uint32_t size[GANRT__INPUTS];       /* floats of an image; 0: the model has no such input */
    uint32_t height, width, channels;   /* of its pictures */
    uint32_t batch;                     /* the most pictures at once */
    uint32_t threads;
} ganrt__plan;

typedef struct {
    float *input[GANRT__INPUTS];        /* [batch, size], to be filled */
    uint32_t size[GANRT__INPUTS], batch;
    int64_t dims[4];                    /* of the output */
    int (*run)(void *runtime, uint32_t n, unsigned char *pixels, char *why);
    void (*close)(void *runtime);
    /* ONNX Runtime */
    void (*const *ort)(void);
    void *environment, *options, *session, *memory;
    /* OpenVINO */
    void (*ov[GANRT__OV_COUNT])(void);
    void *library, *core, *model, *compiled, *request, *tensor[GANRT__INPUTS], *output;
    const unsigned char *drawn;
} ganrt__runtime;

static const char *ganrt__input_name(int which)
{
    return which == GANRT__Z ? "z" : which == GANRT__LABELS ? "labels" : "truncation";
}

/* ONNX Runtime */

typedef struct {
    const char *backend, *provider; /* ONNX Runtime's name for it */
    const char *append;             /* the name by which it is switched on; NULL: by functions of its own */
} ganrt__provider;

static const ganrt__provider ganrt__providers[] = {
    {"onnxruntime", "CPUExecutionProvider", NULL},
    {"onnxruntime-cuda", "CUDAExecutionProvider", NULL},
    {"onnxruntime-tensorrt", "TensorrtExecutionProvider", NULL},
    {"onnxruntime-rtx", "NvTensorRTRTXExecutionProvider", "NvTensorRtRtx"},
    {"onnxruntime-directml", "DmlExecutionProvider", "DML"},
    {"onnxruntime-coreml", "CoreMLExecutionProvider", "CoreML"},
};

enum { /* places in OrtApi */
    GANRT__ORT_GetErrorMessage = 2,
    GANRT__ORT_CreateEnv = 3,
    GANRT__ORT_DisableTelemetryEvents = 6,
    GANRT__ORT_CreateSessionFromArray = 8,
    GANRT__ORT_Run = 9,
    GANRT__ORT_CreateSessionOptions = 10,
    GANRT__ORT_DisableMemPattern = 17,
    GANRT__ORT_SetIntraOpNumThreads = 24,
    GANRT__ORT_SetInterOpNumThreads = 25,
    GANRT__ORT_CreateTensorWithDataAsOrtValue = 49,
    GANRT__ORT_CreateCpuMemoryInfo = 69,
    GANRT__ORT_ReleaseEnv = 92,
    GANRT__ORT_ReleaseStatus = 93,
    GANRT__ORT_ReleaseMemoryInfo = 94,
    GANRT__ORT_ReleaseSession = 95,
    GANRT__ORT_ReleaseValue = 96,
    GANRT__ORT_ReleaseSessionOptions = 100,
    GANRT__ORT_GetAvailableProviders = 125,
    GANRT__ORT_ReleaseAvailableProviders = 126,
    GANRT__ORT_AddSessionConfigEntry = 130,
    GANRT__ORT_AppendTensorRT = 170,
    GANRT__ORT_CreateTensorRTOptions = 171,
    GANRT__ORT_ReleaseTensorRTOptions = 174,
    GANRT__ORT_AppendCUDA = 204,
    GANRT__ORT_CreateCUDAOptions = 205,
    GANRT__ORT_UpdateCUDAOptions = 206,
    GANRT__ORT_ReleaseCUDAOptions = 208,
    GANRT__ORT_AppendExecutionProvider = 216,
    GANRT__ORT_VERSION = 12,
    GANRT__ORT_FLOAT = 1,
    GANRT__ORT_UINT8 = 2,
    GANRT__ORT_ERRORS = 3 /* the level of its log: errors alone */
};

typedef struct {
    const void *(GANRT__ORT_ABI *table)(uint32_t version);
    const char *(GANRT__ORT_ABI *version)(void);
} ganrt__ort_base;

/* A function of the table, by its place, with what it returns and takes. */
#define GANRT__ORT(r, place, result, ...) ((result(GANRT__ORT_ABI *)(__VA_ARGS__))(r)->ort[GANRT__ORT_##place])

/* Whether a call went well: NULL is success; else its message is kept in `why`. */
static int ganrt__ort_good(const ganrt__runtime *r, void *status, char *why)
{
    if (!status)
        return 1;
    snprintf(why, GANRT__WHY, "%s", GANRT__ORT(r, GetErrorMessage, const char *, const void *)(status));
    GANRT__ORT(r, ReleaseStatus, void, void *)(status);
    return 0;
}

static void ganrt__ort_close(void *runtime)
{
    ganrt__runtime *r = (ganrt__runtime *)runtime;
    if (r->session)
        GANRT__ORT(r, ReleaseSession, void, void *)(r->session);
    if (r->options)
        GANRT__ORT(r, ReleaseSessionOptions, void, void *)(r->options);
    if (r->memory)
        GANRT__ORT(r, ReleaseMemoryInfo, void, void *)(r->memory);
    if (r->environment)
        GANRT__ORT(r, ReleaseEnv, void, void *)(r->environment);
}

/* A tensor in memory of ours. */
static void *ganrt__ort_tensor(const ganrt__runtime *r, void *data, size_t bytes, const int64_t *dims, size_t rank, int type, char *why)
{
    void *value = NULL;
    ganrt__ort_good(r, GANRT__ORT(r, CreateTensorWithDataAsOrtValue, void *, const void *, void *, size_t, const int64_t *, size_t, int, void **)(r->memory, data, bytes, dims, rank, type, &value), why);
    return value;
}

static int ganrt__ort_run(void *runtime, uint32_t n, unsigned char *pixels, char *why)
{
    ganrt__runtime *r = (ganrt__runtime *)runtime;
    const char *names[GANRT__INPUTS], *outputs[1] = {"image"};
    void *given[GANRT__INPUTS], *made[1];
    size_t count = 0, bytes = (size_t)(r->dims[1] * r->dims[2] * r->dims[3]) * n;
    int k, good = 1;
    for (k = 0; k < GANRT__INPUTS; k++)
        if (r->size[k]) {
            int64_t dims[2] = {n, r->size[k]};
            size_t rank = k == GANRT__TRUNCATION ? 1 : 2;
            names[count] = ganrt__input_name(k);
            given[count] = ganrt__ort_tensor(r, r->input[k], (size_t)n * r->size[k] * sizeof(float), dims, rank, GANRT__ORT_FLOAT, why);
            good = given[count++] && good;
        }
    r->dims[0] = n;
    made[0] = ganrt__ort_tensor(r, pixels, bytes, r->dims, 4, GANRT__ORT_UINT8, why);
    good = good && made[0] &&
           ganrt__ort_good(r, GANRT__ORT(r, Run, void *, void *, const void *, const char *const *, void *const *, size_t, const char *const *, size_t, void **)(r->session, NULL, names, given, count, outputs, 1, made), why);
    while (count)
        if (given[--count])
            GANRT__ORT(r, ReleaseValue, void, void *)(given[count]);
    if (made[0])
        GANRT__ORT(r, ReleaseValue, void, void *)(made[0]);
    return good;
}

/* Whether the library was built with a provider; else `why` says which it has. */
static int ganrt__ort_has(const ganrt__runtime *r, const char *provider, char *why)
{
    char **names = NULL;
    int count = 0, i, found = 0;
    size_t at;
    if (!ganrt__ort_good(r, GANRT__ORT(r, GetAvailableProviders, void *, char ***, int *)(&names, &count), why))
        return 0;
    at = (size_t)snprintf(why, GANRT__WHY, "this ONNX Runtime has no %s; it has", provider);
    for (i = 0; i < count; i++) {
        found |= !strcmp(names[i], provider);
        if (at < GANRT__WHY)
            at += (size_t)snprintf(why + at, GANRT__WHY - at, " %s", names[i]);
    }
    ganrt__ort_good(r, GANRT__ORT(r, ReleaseAvailableProviders, void *, char **, int)(names, count), why);
    return found;
}

/* CUDA, without TF32, and with the same algorithms whatever the batch. */
static int ganrt__ort_cuda(const ganrt__runtime *r, char *why)
{
    const char *keys[2] = {"cudnn_conv_algo_search", "use_tf32"}, *values[2] = {"HEURISTIC", "0"};
    void *cuda = NULL;
    int good = ganrt__ort_good(r, GANRT__ORT(r, CreateCUDAOptions, void *, void **)(&cuda), why) &&
               ganrt__ort_good(r, GANRT__ORT(r, UpdateCUDAOptions, void *, void *, const char *const *, const char *const *, size_t)(cuda, keys, values, 2), why) &&
               ganrt__ort_good(r, GANRT__ORT(r, AppendCUDA, void *, void *, const void *)(r->options, cuda), why);
    if (cuda)
        GANRT__ORT(r, ReleaseCUDAOptions, void, void *)(cuda);
    return good;
}

/* TensorRT, and CUDA for what that refuses. */
static int ganrt__ort_tensorrt(const ganrt__runtime *r, char *why)
{
    void *tensorrt = NULL;
    int good = ganrt__ort_good(r, GANRT__ORT(r, CreateTensorRTOptions, void *, void **)(&tensorrt), why) &&
               ganrt__ort_good(r, GANRT__ORT(r, AppendTensorRT, void *, void *, const void *)(r->options, tensorrt), why);
    if (tensorrt)
        GANRT__ORT(r, ReleaseTensorRTOptions, void, void *)(tensorrt);
    return good && ganrt__ort_cuda(r, why);
}

static int ganrt__ort_entry(const ganrt__runtime *r, const char *key, const char *value, char *why)
{
    return ganrt__ort_good(r, GANRT__ORT(r, AddSessionConfigEntry, void *, void *, const char *, const char *)(r->options, key, value), why);
}

/* The provider and no other: what would fall back to the CPU is an error. */
static int ganrt__ort_switch_on(const ganrt__runtime *r, const ganrt__provider *p, char *why)
{
    if (!ganrt__ort_has(r, p->provider, why))
        return 0;
    if (!strcmp(p->provider, "CPUExecutionProvider"))
        return 1;
    if (!ganrt__ort_entry(r, "session.disable_cpu_ep_fallback", "1", why) ||
        !ganrt__ort_good(r, GANRT__ORT(r, DisableMemPattern, void *, void *)(r->options), why)) /* DirectML wants it so */
        return 0;
    if (p->append)
        return ganrt__ort_good(r, GANRT__ORT(r, AppendExecutionProvider, void *, void *, const char *, const char *const *, const char *const *, size_t)(r->options, p->append, NULL, NULL, 0), why);
    return !strcmp(p->backend, "onnxruntime-cuda") ? ganrt__ort_cuda(r, why) : ganrt__ort_tensorrt(r, why);
}

static int ganrt__ort_load(ganrt__runtime *r, const char *path, char *why)
{
    const ganrt__ort_base *(GANRT__ORT_ABI * base)(void);
    path = path ? path : GANRT__ORT_LIBRARY;
    r->library = ganrt__load_library(path, why, GANRT__WHY); /* for good: it has threads and caches that outlive a session */
    if (!r->library)
        return 0;
    ganrt__find_symbol(r->library, "OrtGetApiBase", &base);
    if (!base) {
        snprintf(why, GANRT__WHY, "%s is no ONNX Runtime: it has no OrtGetApiBase", path);
        return 0;
    }
    r->ort = (void (*const *)(void))base()->table(GANRT__ORT_VERSION);
    if (!r->ort)
        snprintf(why, GANRT__WHY, "%s is ONNX Runtime %.32s: expected 1.12 or newer", path, base()->version());
    return r->ort != NULL;
}

static int ganrt__ort_open(ganrt__runtime *r, const ganrt__provider *p, const ganrt__plan *plan, char *why)
{
    r->run = ganrt__ort_run;
    if (!ganrt__ort_load(r, plan->library, why))
        return 0;
    r->close = ganrt__ort_close;
    return ganrt__ort_good(r, GANRT__ORT(r, CreateEnv, void *, int, const char *, void **)(GANRT__ORT_ERRORS, "ganrt", &r->environment), why) &&
           ganrt__ort_good(r, GANRT__ORT(r, DisableTelemetryEvents, void *, const void *)(r->environment), why) &&
           ganrt__ort_good(r, GANRT__ORT(r, CreateCpuMemoryInfo, void *, int, int, void **)(0, 0, &r->memory), why) &&
           ganrt__ort_good(r, GANRT__ORT(r, CreateSessionOptions, void *, void **)(&r->options), why) &&
           ganrt__ort_good(r, GANRT__ORT(r, SetIntraOpNumThreads, void *, void *, int)(r->options, (int)plan->threads), why) &&
           ganrt__ort_good(r, GANRT__ORT(r, SetInterOpNumThreads, void *, void *, int)(r->options, 1), why) &&
           ganrt__ort_entry(r, "session.force_spinning_stop", "1", why) && ganrt__ort_switch_on(r, p, why) &&
           ganrt__ort_good(r, GANRT__ORT(r, CreateSessionFromArray, void *, const void *, const void *, size_t, const void *, void **)(r->environment, plan->model, plan->bytes, r->options, &r->session), why);
}

/* OpenVINO */

typedef struct {
    const char *build, *description;
} ganrt__ov_version;

typedef struct { /* ov_partial_shape_t: the rank, at least and at most, and the dimensions */
    int64_t least, most;
    void *dims;
} ganrt__ov_shape;

#define GANRT__OV(r, name, result, ...) ((result(GANRT__OV_ABI *)(__VA_ARGS__))(r)->ov[GANRT__OV_##name])

static int ganrt__ov_good(const ganrt__runtime *r, int status, char *why)
{
    char *said;
    if (!status)
        return 1;
    said = GANRT__OV(r, get_last_err_msg, char *, void)();
    snprintf(why, GANRT__WHY, "%s (status %d)", said ? said : "", status);
    GANRT__OV(r, free, void, const char *)(said);
    return 0;
}

static void ganrt__ov_close(void *runtime)
{
    ganrt__runtime *r = (ganrt__runtime *)runtime;
    int k;
    if (r->output)
        GANRT__OV(r, tensor_free, void, void *)(r->output);
    for (k = 0; k < GANRT__INPUTS; k++)
        if (r->tensor[k])
            GANRT__OV(r, tensor_free, void, void *)(r->tensor[k]);
    if (r->request)
        GANRT__OV(r, infer_request_free, void, void *)(r->request);
    if (r->compiled)
        GANRT__OV(r, compiled_model_free, void, void *)(r->compiled);
    if (r->model)
        GANRT__OV(r, model_free, void, void *)(r->model);
    if (r->core)
        GANRT__OV(r, core_free, void, void *)(r->core);
}

/* Always the whole batch: the pictures depend on its size. */
static int ganrt__ov_run(void *runtime, uint32_t n, unsigned char *pixels, char *why)
{
    ganrt__runtime *r = (ganrt__runtime *)runtime;
    if (!ganrt__ov_good(r, GANRT__OV(r, infer_request_infer, int, void *)(r->request), why))
        return 0;
    memcpy(pixels, r->drawn, (size_t)(r->dims[1] * r->dims[2] * r->dims[3]) * n);
    return 1;
}

static int ganrt__ov_load(ganrt__runtime *r, const char *path, char *why)
{
    static const char *const names[] = {GANRT__OV_FUNCTIONS(GANRT__OV_NAME)};
    ganrt__ov_version version = {NULL, NULL};
    int k, year;
    path = path ? path : GANRT__OV_LIBRARY;
    r->library = ganrt__load_library(path, why, GANRT__WHY); /* for good, as above */
    if (!r->library)
        return 0;
    for (k = 0; k < GANRT__OV_COUNT; k++) {
        ganrt__find_symbol(r->library, names[k], &r->ov[k]);
        if (!r->ov[k]) {
            snprintf(why, GANRT__WHY, "%s has no %s: expected the C library of OpenVINO 2024 or newer", path, names[k]);
            return 0;
        }
    }
    if (!ganrt__ov_good(r, GANRT__OV(r, get_openvino_version, int, ganrt__ov_version *)(&version), why))
        return 0;
    year = atoi(version.build);
    if (year < 2024)
        snprintf(why, GANRT__WHY, "%s is OpenVINO %.32s: expected 2024 or newer", path, version.build);
    GANRT__OV(r, version_free, void, ganrt__ov_version *)(&version);
    return year >= 2024;
}

/* The model for pictures of one batch size. */
static int ganrt__ov_shape_input(const ganrt__runtime *r, int which, char *why)
{
    int64_t dims[2] = {r->batch, r->size[which]};
    ganrt__ov_shape shape = {0, 0, NULL};
    int good = ganrt__ov_good(r, GANRT__OV(r, partial_shape_create_static, int, int64_t, const int64_t *, ganrt__ov_shape *)(which == GANRT__TRUNCATION ? 1 : 2, dims, &shape), why);
    if (!good)
        return 0;
    good = ganrt__ov_good(r, GANRT__OV(r, model_reshape_input_by_name, int, const void *, const char *, ganrt__ov_shape)(r->model, ganrt__input_name(which), shape), why);
    GANRT__OV(r, partial_shape_free, void, ganrt__ov_shape *)(&shape);
    return good;
}

/* A tensor of the request, by name, of `bytes` bytes: where its values lie; NULL: it is another. */
static void *ganrt__ov_values(const ganrt__runtime *r, const char *name, size_t bytes, void **tensor, char *why)
{
    size_t found = 0;
    void *data = NULL;
    if (!ganrt__ov_good(r, GANRT__OV(r, infer_request_get_tensor, int, const void *, const char *, void **)(r->request, name, tensor), why) ||
        !ganrt__ov_good(r, GANRT__OV(r, tensor_get_byte_size, int, const void *, size_t *)(*tensor, &found), why) ||
        !ganrt__ov_good(r, GANRT__OV(r, tensor_data, int, const void *, void **)(*tensor, &data), why))
        return NULL;
    if (found != bytes)
        snprintf(why, GANRT__WHY, "%s has %lu bytes, expected %lu", name, (unsigned long)found, (unsigned long)bytes);
    return found == bytes ? data : NULL;
}

static int ganrt__ov_compile(ganrt__runtime *r, uint32_t threads, char *why)
{
    char count[16];
    snprintf(count, sizeof count, "%u", (unsigned)threads);
    return ganrt__ov_good(r, GANRT__OV(r, core_compile_model, int, const void *, const void *, const char *, size_t, void **, ...)(r->core, r->model, "CPU", 6, &r->compiled, "INFERENCE_PRECISION_HINT", "f32", "PERFORMANCE_HINT", "LATENCY", "INFERENCE_NUM_THREADS", count), why) &&
           ganrt__ov_good(r, GANRT__OV(r, compiled_model_create_infer_request, int, const void *, void **)(r->compiled, &r->request), why);
}

static int ganrt__ov_open(ganrt__runtime *r, const ganrt__plan *plan, char *why)
{
    size_t bytes = (size_t)plan->height * plan->width * plan->channels * plan->batch;
    int k;
    r->run = ganrt__ov_run;
    if (!ganrt__ov_load(r, plan->library, why))
        return 0;
    r->close = ganrt__ov_close;
    if (!ganrt__ov_good(r, GANRT__OV(r, core_create, int, void **)(&r->core), why) ||
        !ganrt__ov_good(r, GANRT__OV(r, core_read_model_from_memory_buffer, int, const void *, const void *, size_t, const void *, void **)(r->core, plan->model, plan->bytes, NULL, &r->model), why))
        return 0;
    for (k = 0; k < GANRT__INPUTS; k++)
        if (r->size[k] && !ganrt__ov_shape_input(r, k, why))
            return 0;
    if (!ganrt__ov_compile(r, plan->threads, why))
        return 0;
    for (k = 0; k < GANRT__INPUTS; k++)
        if (r->size[k]) {
            r->input[k] = (float *)ganrt__ov_values(r, ganrt__input_name(k), (size_t)r->batch * r->size[k] * sizeof(float), &r->tensor[k], why);
            if (!r->input[k])
                return 0;
            memset(r->input[k], 0, (size_t)r->batch * r->size[k] * sizeof(float)); /* what pads a batch */
        }
    r->drawn = (const unsigned char *)ganrt__ov_values(r, "image", bytes, &r->output, why);
    return r->drawn != NULL;
}

/* Both */

static void ganrt__close_runtime(ganrt__runtime *r)
{
    if (r->close)
        r->close(r);
    memset(r, 0, sizeof *r);
}

/* Opens the backend that is asked for, or none and says why. Close it in either case. */
static int ganrt__open_runtime(ganrt__runtime *r, ganrt__pool *pool, const ganrt__plan *plan, char *why)
{
    size_t i;
    int k;
    memset(r, 0, sizeof *r);
    memcpy(r->size, plan->size, sizeof r->size);
    r->batch = plan->batch;
    r->dims[1] = plan->height;
    r->dims[2] = plan->width;
    r->dims[3] = plan->channels;
    if (!strcmp(plan->backend, "openvino"))
        return ganrt__ov_open(r, plan, why);
    for (i = 0; strcmp(ganrt__providers[i].backend, plan->backend); i++)
        ;
    for (k = 0; k < GANRT__INPUTS; k++)
        if (r->size[k] && !(r->input[k] = (float *)ganrt__take(pool, (size_t)r->batch * r->size[k], sizeof(float)))) {
            snprintf(why, GANRT__WHY, "there is not enough memory");
            return 0;
        }
    return ganrt__ort_open(r, &ganrt__providers[i], plan, why);
}

#endif
