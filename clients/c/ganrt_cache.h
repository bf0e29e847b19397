/* ganrt_cache.h: drawn pictures on disk, each a whole, checked file; processes may share a folder. Internal to ganrt_avatars.c.
 *
 * KEY.avatar: "GANRTAV1", the checksum (ganrt__drawer_sum) of what follows it, the key (32 bytes), 16 zeros, the pixels. A
 * key holds all that the pixels depend on. What cannot be read, or is damaged, is drawn anew; what cannot be written is
 * drawn again next time. */
#ifndef GANRT_CACHE_H
#define GANRT_CACHE_H

#include "ganrt_draw.h"
#include "ganrt_pool.h"
#include "ganrt_system.h"

#define GANRT__ENTRY 64 /* bytes before the pixels */
#define GANRT__PATH 4352

typedef struct {
    const char *folder; /* NULL: there is no cache */
    uint64_t most;      /* bytes that the folder may hold */
    uint64_t held;      /* as far as this process knows */
    uint64_t files;     /* that were begun */
    size_t bytes;       /* of a picture */
    unsigned char *entry;
} ganrt__cache;

static int ganrt__make_cache(ganrt__pool *pool, ganrt__cache *c)
{
    c->entry = (unsigned char *)ganrt__take(pool, c->bytes + GANRT__ENTRY + 1, 1);
    return c->entry != NULL;
}

/* Whether `found` bytes of c->entry are a whole file of this key. */
static int ganrt__entry_is_whole(const ganrt__cache *c, size_t found, const unsigned char key[32])
{
    const unsigned char *at = c->entry;
    return found == c->bytes + GANRT__ENTRY && !memcmp(at, "GANRTAV1", 8) && !memcmp(at + 16, key, 32) &&
           ganrt__word64(at + 8) == ganrt__drawer_sum(at + 16, found - 16);
}

static void ganrt__entry_path(const ganrt__cache *c, const unsigned char key[32], const char *end, char path[GANRT__PATH])
{
    char name[65];
    int i;
    for (i = 0; i < 32; i++)
        snprintf(name + 2 * i, 3, "%02x", (unsigned)key[i]);
    snprintf(path, GANRT__PATH, "%s/%s%s", c->folder, name, end);
}

static int ganrt__from_disk(ganrt__cache *c, const unsigned char key[32], unsigned char *pixels)
{
    size_t found;
    char path[GANRT__PATH];
    FILE *file;
    if (!c->folder)
        return 0;
    ganrt__entry_path(c, key, ".avatar", path);
    file = fopen(path, "rb");
    if (!file)
        return 0;
    found = fread(c->entry, 1, c->bytes + GANRT__ENTRY + 1, file);
    fclose(file);
    if (!ganrt__entry_is_whole(c, found, key)) {
        remove(path); /* torn by a crash, or somebody else's */
        return 0;
    }
    memcpy(pixels, c->entry + GANRT__ENTRY, c->bytes);
    return 1;
}

#ifdef _WIN32
static int ganrt__cache_is_there(const ganrt__cache *c)
{
    return !c->folder; /* not written for Windows yet */
}

static void ganrt__make_room(ganrt__cache *c, uint64_t most)
{
    (void)c;
    (void)most;
}
#else
static int ganrt__cache_is_there(const ganrt__cache *c)
{
    struct stat about;
    return !c->folder || (stat(c->folder, &about) == 0 && S_ISDIR(about.st_mode));
}

/* Counts the files; removes the oldest until at most `most` bytes are left. */
static void ganrt__make_room(ganrt__cache *c, uint64_t most)
{
    for (;;) {
        DIR *folder = opendir(c->folder);
        struct dirent *entry;
        char path[GANRT__PATH], oldest[GANRT__PATH];
        time_t since = 0;
        uint64_t total = 0, size = 0;
        oldest[0] = 0;
        if (!folder)
            return;
        while ((entry = readdir(folder)) != NULL) {
            const char *end = strrchr(entry->d_name, '.');
            struct stat about;
            if (!end || strspn(entry->d_name, "0123456789abcdef") != 64 ||
                snprintf(path, sizeof path, "%s/%s", c->folder, entry->d_name) >= (int)sizeof path || lstat(path, &about) != 0 ||
                !S_ISREG(about.st_mode))
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
        c->held = total;
        if (total <= most || !oldest[0])
            return;
        if (remove(oldest) != 0) /* a folder that cannot be written */
            return;
        c->held = total - size;
    }
}
#endif

static void ganrt__to_disk(ganrt__cache *c, const unsigned char key[32], const unsigned char *pixels)
{
    size_t bytes = c->bytes + GANRT__ENTRY;
    uint64_t sum;
    char path[GANRT__PATH], part[GANRT__PATH], end[64];
    FILE *file;
    int i, whole;
    if (!c->folder || bytes > c->most)
        return;
    if (c->held + bytes > c->most)
        ganrt__make_room(c, c->most - bytes);
    if (c->held + bytes > c->most)
        return;
    memset(c->entry, 0, GANRT__ENTRY);
    memcpy(c->entry, "GANRTAV1", 8);
    memcpy(c->entry + 16, key, 32);
    memcpy(c->entry + GANRT__ENTRY, pixels, c->bytes);
    sum = ganrt__drawer_sum(c->entry + 16, bytes - 16);
    for (i = 0; i < 8; i++)
        c->entry[8 + i] = (unsigned char)(sum >> (8 * i));
    snprintf(end, sizeof end, ".part%llx", (unsigned long long)(ganrt__microseconds() ^ ((uint64_t)(size_t)c << 20) ^ ++c->files));
    ganrt__entry_path(c, key, end, part);
    ganrt__entry_path(c, key, ".avatar", path);
    file = fopen(part, "wb");
    if (!file)
        return;
    whole = fwrite(c->entry, 1, bytes, file) == bytes;
    whole = fclose(file) == 0 && whole;
    if (whole && rename(part, path) == 0)
        c->held += bytes;
    else
        remove(part);
}

#endif
