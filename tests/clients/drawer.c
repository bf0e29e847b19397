/* drawer FILE LATENTS COUNT BATCH [TIMES]: draws COUNT images of float32 latents (of a file, one after another; labels and
 * truncation behind each z) and writes their bytes to standard output. TIMES: again and again, and says how long one took. */
#include "ganrt_draw.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void *read_file(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    void *data;
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *bytes = (size_t)ftell(file);
    rewind(file);
    data = malloc(*bytes + 1);
    *bytes = fread(data, 1, *bytes, file);
    fclose(file);
    return data;
}

int main(int count, char **given)
{
    ganrt_drawer drawer;
    size_t bytes = 0, latent_bytes = 0, size;
    void *file = read_file(given[1], &bytes);
    const float *latents = (const float *)read_file(given[2], &latent_bytes);
    uint32_t images = (uint32_t)atoi(given[3]), batch = (uint32_t)atoi(given[4]), i, k;
    int times = count > 5 ? atoi(given[5]) : 1, round, which;
    float *work, *expanded = NULL;
    unsigned char *pixels;
    ganrt_drawer_status status = file ? ganrt_drawer_open(&drawer, file, bytes) : GANRT_DRAWER_BAD;
    if (status != GANRT_DRAWER_OK) {
        printf("status %d\n", (int)status);
        free(file);
        free((void *)latents);
        return 0;
    }
    if (drawer.half) {
        expanded = (float *)malloc((size_t)drawer.matrices * sizeof *expanded);
        ganrt_drawer_expand(&drawer, expanded);
    }
    if (getenv("PLAIN"))
        drawer.wide = 0;
    work = (float *)malloc(ganrt_drawer_work(&drawer, batch) * sizeof *work);
    size = (size_t)drawer.height * drawer.width * drawer.channels;
    pixels = (unsigned char *)malloc(size);
    for (round = 0; round < times; round++) {
        const float *at = latents;
        clock_t begun = clock();
        for (i = 0; i < images; i += batch) {
            uint32_t n = images - i < batch ? images - i : batch;
            for (k = 0; k < n; k++)
                for (which = 0; which < 3; which++)
                    if (drawer.input[which] >= 0) {
                        memcpy(ganrt_drawer_input(&drawer, work, k, which), at, (size_t)drawer.input_size[which] * sizeof *at);
                        at += drawer.input_size[which];
                    }
            ganrt_drawer_run(&drawer, work, n);
            for (k = 0; k < n; k++) {
                ganrt_drawer_picture(&drawer, work, k, pixels);
                if (round == 0)
                    fwrite(pixels, 1, size, stdout);
            }
        }
        if (count > 5)
            fprintf(stderr, "%.3f ms an image\n", 1e3 * (double)(clock() - begun) / CLOCKS_PER_SEC / images);
    }
    free(pixels);
    free(work);
    free(expanded);
    free(file);
    free((void *)latents);
    return 0;
}
