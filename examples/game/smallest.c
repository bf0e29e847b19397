/* The avatar of a name as a PPM picture: smallest KIT NAME > avatar.ppm */
#include "ganrt_avatars.h"
#include <stdio.h>
#include <string.h>

static void deliver(void *done, const ganrt_avatars_picture *picture)
{
    *(ganrt_avatars_status *)done = picture->status;
    if (picture->pixels) {
        printf("P6 %u %u 255\n", (unsigned)picture->width, (unsigned)picture->height);
        for (size_t i = 0; i < (size_t)picture->width * picture->height; i++)
            fwrite(picture->pixels + 4 * i, 1, 3, stdout); /* RGBA8, row by row */
    }
}

int main(int count, char **given)
{
    ganrt_avatars *avatars;
    ganrt_avatars_status status = ganrt_avatars_open(count > 1 ? given[1] : "kit", NULL, &avatars);
    const char *name = count > 2 ? given[2] : "player-8841";
    if (status == GANRT_AVATARS_OK) /* returns at once; a thread draws */
        status = ganrt_avatars_request_name(avatars, name, strlen(name), 0, 0, NULL, NULL);
    while (status == GANRT_AVATARS_OK && !ganrt_avatars_poll(avatars, 2000, deliver, &status))
        ; /* a game polls once a frame instead */
    if (status != GANRT_AVATARS_OK)
        fprintf(stderr, "%s\n", ganrt_avatars_sentence(status));
    ganrt_avatars_close(avatars);
    return status != GANRT_AVATARS_OK;
}
