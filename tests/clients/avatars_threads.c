/* avatars_threads KIT: four threads ask, cancel, poll and count, instances open and close beside each other. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "ganrt_avatars.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4, ROUNDS = 60 };
static ganrt_avatars *avatars;
static unsigned delivered[THREADS];

static void deliver(void *context, const ganrt_avatars_picture *picture)
{
    unsigned *mine = (unsigned *)context;
    if (picture->status != GANRT_AVATARS_OK || picture->pixels[3] != 255)
        abort();
    ++*mine;
}

static void *work(void *given)
{
    unsigned me = (unsigned)(size_t)given, i, random = 12345 + me;
    for (i = 0; i < ROUNDS; i++) {
        uint64_t ticket = 0;
        ganrt_avatars_status status;
        random = random * 1664525u + 1013904223u;
        status = ganrt_avatars_request_image(avatars, 0, random >> 29, (int)(random >> 8 & 3), NULL, &ticket);
        if (status != GANRT_AVATARS_OK && status != GANRT_AVATARS_FULL)
            abort();
        if (random >> 24 & 1 && ticket)
            ganrt_avatars_cancel(avatars, ticket);
        ganrt_avatars_poll(avatars, 100, deliver, &delivered[me]);
        ganrt_avatars_count(avatars);
    }
    return NULL;
}

int main(int count, char **given)
{
    pthread_t thread[THREADS];
    ganrt_avatars_options options = ganrt_avatars_defaults();
    ganrt_avatars *other;
    unsigned i, round;
    options.queue = 16;
    options.pictures = 4;
    options.batch = 2;
    if (count != 2)
        return 2;
    for (round = 0; round < 2; round++) {
        if (ganrt_avatars_open(given[1], &options, &avatars) != GANRT_AVATARS_OK)
            return 3;
        for (i = 0; i < THREADS; i++)
            if (pthread_create(&thread[i], NULL, work, (void *)(size_t)i))
                return 4;
        if (ganrt_avatars_open(given[1], NULL, &other) == GANRT_AVATARS_OK) {
            ganrt_avatars_request_name(other, "a", 1, 0, 0, NULL, NULL);
            ganrt_avatars_close(other);
        }
        for (i = 0; i < THREADS; i++)
            pthread_join(thread[i], NULL);
        ganrt_avatars_poll(avatars, 1000000, deliver, &delivered[0]);
        while (ganrt_avatars_request_image(avatars, 1, round, 9, NULL, NULL) != GANRT_AVATARS_OK || !delivered[0])
            ganrt_avatars_poll(avatars, 1000, deliver, &delivered[0]); /* a slow machine has drawn nothing yet */
        ganrt_avatars_close(avatars); /* with what waits, is drawn, and is ready */
    }
    for (i = 1; i < THREADS; i++)
        delivered[0] += delivered[i];
    printf("%u\n", delivered[0]);
    return 0;
}
