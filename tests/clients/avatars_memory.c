/* avatars_memory KIT CACHE: memory, by malloc and its like of its own (glibc).
 *
 * Prints how often memory was asked for after the start, without and with a cache on disk, and then how many times the
 * whole was run with one allocation more failing each time, those of the C library and of the worker among them. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "ganrt_avatars.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *memory, size_t bytes);
extern void __libc_free(void *memory);

static long asked, live, left = -1; /* left: allocations until one fails; negative: none does */

static int fails(void)
{
    __atomic_add_fetch(&asked, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&left, __ATOMIC_SEQ_CST) < 0 || __atomic_fetch_sub(&left, 1, __ATOMIC_SEQ_CST) != 0)
        return 0;
    errno = ENOMEM;
    return 1;
}

static void *counted(void *memory)
{
    if (memory)
        __atomic_add_fetch(&live, 1, __ATOMIC_SEQ_CST);
    return memory;
}

void *malloc(size_t bytes)
{
    return fails() ? NULL : counted(__libc_malloc(bytes));
}

void *calloc(size_t count, size_t bytes)
{
    return fails() ? NULL : counted(__libc_calloc(count, bytes));
}

void *realloc(void *memory, size_t bytes)
{
    if (fails())
        return NULL;
    return memory ? __libc_realloc(memory, bytes) : counted(__libc_realloc(NULL, bytes));
}

void free(void *memory)
{
    if (memory)
        __atomic_sub_fetch(&live, 1, __ATOMIC_SEQ_CST);
    __libc_free(memory);
}

static void deliver(void *context, const ganrt_avatars_picture *picture)
{
    if (picture->status != GANRT_AVATARS_OK)
        abort();
    ++*(int *)context;
}

static void draw(ganrt_avatars *avatars, uint64_t first, int count)
{
    int done = 0, i;
    for (i = 0; i < count; i++)
        if (ganrt_avatars_request_image(avatars, 0, first + (uint64_t)i, 0, NULL, NULL) != GANRT_AVATARS_OK)
            abort();
    while (done < count) {
        struct timespec nap = {0, 100000};
        ganrt_avatars_poll(avatars, 1000, deliver, &done);
        nanosleep(&nap, NULL);
    }
}

/* What was asked for while pictures were drawn, kept, and drawn again. */
static long after_start(const char *kit, const char *cache)
{
    ganrt_avatars_options options = ganrt_avatars_defaults();
    ganrt_avatars *avatars;
    uint64_t ticket;
    long before;
    options.cache = cache;
    options.width = 20;
    if (ganrt_avatars_open(kit, &options, &avatars) != GANRT_AVATARS_OK)
        abort();
    draw(avatars, 0, 2);
    before = __atomic_load_n(&asked, __ATOMIC_SEQ_CST);
    draw(avatars, 1, 9);
    ganrt_avatars_request_name(avatars, "a", 1, 0, 0, NULL, &ticket);
    ganrt_avatars_cancel(avatars, ticket);
    before = __atomic_load_n(&asked, __ATOMIC_SEQ_CST) - before;
    ganrt_avatars_close(avatars);
    return before;
}

static void run(const char *kit, const char *cache)
{
    ganrt_avatars_options options = ganrt_avatars_defaults();
    ganrt_avatars *avatars;
    ganrt_avatars_status status;
    options.cache = cache;
    options.width = 20;
    status = ganrt_avatars_open(kit, &options, &avatars);
    if (status == GANRT_AVATARS_OK) {
        draw(avatars, 5, 2);
        ganrt_avatars_close(avatars);
    } else if (status != GANRT_AVATARS_NO_MEMORY && status != GANRT_AVATARS_NO_THREAD && status != GANRT_AVATARS_NO_KIT)
        abort(); /* NO_KIT: a file that the C library does not open */
}

int main(int count, char **given)
{
    long before, n, without, with;
    if (count != 3)
        return 2;
    without = after_start(given[1], NULL);
    with = after_start(given[1], given[2]);
    before = live;
    for (n = 0;; n++) {
        __atomic_store_n(&left, n, __ATOMIC_SEQ_CST);
        run(given[1], given[2]);
        if (__atomic_load_n(&left, __ATOMIC_SEQ_CST) >= 0)
            break;
    }
    __atomic_store_n(&left, -1, __ATOMIC_SEQ_CST);
    printf("%ld %ld %ld %ld\n", without, with, n, live - before);
    return 0;
}
