/* ganrt_pool.h: memory from the game's functions, given back all at once. Internal to ganrt_avatars.c. */
#ifndef GANRT_POOL_H
#define GANRT_POOL_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    void *(*allocate)(void *context, size_t bytes);
    void (*release)(void *context, void *memory);
    void *context;
    void *memory[64];
    uint32_t count;
} ganrt__pool;

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

/* Zeros; NULL: there is not enough. */
static void *ganrt__take(ganrt__pool *pool, size_t count, size_t bytes)
{
    void *memory;
    if (pool->count == sizeof pool->memory / sizeof pool->memory[0] || (count && bytes > (size_t)-1 / 2 / count))
        return NULL;
    memory = pool->allocate(pool->context, count && bytes ? count * bytes : 1);
    if (memory) {
        memset(memory, 0, count * bytes);
        pool->memory[pool->count++] = memory;
    }
    return memory;
}

/* Gives one back before the others. */
static void ganrt__drop(ganrt__pool *pool, void *memory)
{
    uint32_t i;
    for (i = 0; i < pool->count; i++)
        if (pool->memory[i] == memory) {
            pool->release(pool->context, memory);
            pool->memory[i] = pool->memory[--pool->count];
            return;
        }
}

/* A text of at most 4096 bytes that lasts; NULL: longer, or no memory. */
static char *ganrt__take_text(ganrt__pool *pool, const char *text)
{
    size_t bytes = strlen(text);
    char *copy = bytes > 4096 ? NULL : (char *)ganrt__take(pool, bytes + 1, 1);
    if (copy)
        memcpy(copy, text, bytes);
    return copy;
}

#endif
