/* A libFuzzer target for the cache on disk: a file of any bytes in the place of an entry is read as a whole one of its key, or
 * is removed; what is written is read back. The first byte says whether its checksum, its key and its length are mended. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
static int refused;
static int remove_or_not(const char *path)
{
    return refused ? -1 : remove(path);
}
#define remove remove_or_not
#include "ganrt_cache.h"
#undef remove

enum { PIXELS = 48 };
static ganrt__pool pool;
static ganrt__cache cache;
static const unsigned char key[32] = {1, 2, 3};

static void must(int good)
{
    if (!good)
        abort();
}

/* A folder from which nothing can be removed does not hold up the worker. */
static void keep_all(void)
{
    static const unsigned char other[32] = {9}, pixels[PIXELS] = {0};
    ganrt__to_disk(&cache, key, pixels);
    ganrt__to_disk(&cache, other, pixels);
    refused = 1;
    cache.held = cache.most;
    ganrt__make_room(&cache, 1);
    must(cache.held == 2 * (PIXELS + GANRT__ENTRY));
    refused = 0;
    ganrt__make_room(&cache, 0);
    must(cache.held == 0);
}

int LLVMFuzzerInitialize(int *count, char ***given)
{
    (void)count;
    (void)given;
    (void)ganrt__take_text;
    (void)ganrt__start;
    (void)ganrt__join;
    (void)ganrt__open_file;
    (void)ganrt__set_variable;
    (void)ganrt__drop;
    (void)ganrt__cache_is_there;
    pool.allocate = ganrt__plain_allocate;
    pool.release = ganrt__plain_release;
    cache.folder = "cache";
    cache.most = 1 << 20;
    cache.bytes = PIXELS;
    must(mkdir("cache", 0700) == 0 && ganrt__make_cache(&pool, &cache) && ganrt__cache_is_there(&cache));
    keep_all();
    return 0;
}

static int read_back(const unsigned char *data, size_t bytes, unsigned char *pixels)
{
    char path[GANRT__PATH];
    FILE *file;
    int found;
    ganrt__entry_path(&cache, key, ".avatar", path);
    file = fopen(path, "wb");
    must(file && fwrite(data, 1, bytes, file) == bytes && fclose(file) == 0);
    found = ganrt__from_disk(&cache, key, pixels);
    file = fopen(path, "rb");
    must(found == (file != NULL)); /* what is none is not kept */
    if (file)
        fclose(file);
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    unsigned char copy[512], pixels[PIXELS], again[PIXELS];
    uint64_t sum;
    int how = bytes ? data[0] : 0, i;
    if (bytes < 1 || bytes > sizeof copy)
        return 0;
    memset(copy, 0, sizeof copy);
    memcpy(copy, data + 1, --bytes);
    if (how & 1) {
        bytes = PIXELS + GANRT__ENTRY;
        memcpy(copy, "GANRTAV1", 8);
    }
    if (how & 2)
        memcpy(copy + 16, key, sizeof key);
    if (how & 4 && bytes > 16) {
        sum = ganrt__drawer_sum(copy + 16, bytes - 16);
        for (i = 0; i < 8; i++)
            copy[8 + i] = (unsigned char)(sum >> (8 * i));
    }
    if (!read_back(copy, bytes, pixels)) {
        must((how & 7) != 7);
        return 0;
    }
    must(bytes == PIXELS + GANRT__ENTRY && !memcmp(copy + 16, key, sizeof key) && !memcmp(copy + GANRT__ENTRY, pixels, PIXELS));
    ganrt__to_disk(&cache, key, pixels);
    must(ganrt__from_disk(&cache, key, again) && !memcmp(pixels, again, PIXELS));
    return 0;
}
