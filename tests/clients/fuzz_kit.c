/* A libFuzzer target for the readers of a kit: spec.json, a byte 1, controls.json, a byte 1, a look code, from which a latent
 * is made; or a drawer's file, whose checksum is mended first, and which is run where it is small. */
#include "ganrt_controls.h"
#include "ganrt_draw.h"

static void open_drawer(unsigned char *file, size_t bytes)
{
    ganrt_drawer drawer;
    float *work, *matrices = NULL;
    uint64_t sum;
    int i;
    if (bytes < GANRT__HEADER)
        return;
    file[12] = (unsigned char)(bytes - GANRT__HEADER);
    file[13] = (unsigned char)((bytes - GANRT__HEADER) >> 8);
    file[14] = (unsigned char)((bytes - GANRT__HEADER) >> 16);
    file[15] = 0;
    sum = ganrt__drawer_sum(file + GANRT__HEADER, bytes - GANRT__HEADER);
    for (i = 0; i < 8; i++)
        file[16 + i] = (unsigned char)(sum >> (8 * i));
    if (ganrt_drawer_open(&drawer, file, bytes) != GANRT_DRAWER_OK || drawer.arena > 1u << 17 || drawer.widest > 1u << 12)
        return;
    work = (float *)calloc(ganrt_drawer_work(&drawer, 1), sizeof *work);
    if (drawer.half) {
        matrices = (float *)malloc(((size_t)drawer.matrices + 1) * sizeof *matrices);
        ganrt_drawer_expand(&drawer, matrices);
    }
    ganrt_drawer_run(&drawer, work, 1);
    free(matrices);
    free(work);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static ganrt_look look;
    static float z[65536];
    unsigned char *copy = (unsigned char *)malloc(bytes + 1), *controls_at, *look_at;
    ganrt_spec spec;
    ganrt_controls controls;
    if (bytes)
        memcpy(copy, data, bytes);
    if (bytes > 8 && !memcmp(copy, "GANRTDRW", 8))
        open_drawer(copy, bytes);
    controls_at = bytes ? (unsigned char *)memchr(copy, 1, bytes) : NULL;
    look_at = controls_at ? (unsigned char *)memchr(controls_at + 1, 1, bytes - (size_t)(controls_at + 1 - copy)) : NULL;
    if (look_at && ganrt_spec_read((const char *)copy, (size_t)(controls_at - copy), &spec) == GANRT_OK &&
        ganrt_controls_read((const char *)controls_at + 1, (size_t)(look_at - controls_at - 1), &spec, &controls) == GANRT_OK &&
        ganrt_look_read((const char *)look_at + 1, bytes - (size_t)(look_at + 1 - copy), &look) == GANRT_LOOK_OK)
        ganrt_look_latent(&look, &spec, &controls, z);
    free(copy);
    return 0;
}
