/* The smallest one: draws the avatar of a name, and writes it as a PPM picture: smallest KIT NAME > avatar.ppm */
#include "ganrt_avatars.h"
#include <stdio.h>
#include <string.h>

static void deliver(void *done, const ganrt_avatars_picture *picture)
{
    uint32_t i;
    *(int *)done = 1;
    if (!picture->pixels) {
        fprintf(stderr, "%s\n", ganrt_avatars_sentence(picture->status));
        return;
    }
    printf("P6 %u %u 255\n", (unsigned)picture->width, (unsigned)picture->height);
    for (i = 0; i < picture->width * picture->height; i++)
        fwrite(picture->pixels + 4 * i, 1, 3, stdout);
}

int main(int count, char **given)
{
    ganrt_avatars *avatars;
    ganrt_avatars_status status = ganrt_avatars_open(count > 1 ? given[1] : "kit", NULL, &avatars);
    const char *name = count > 2 ? given[2] : "player-8841";
    int done = 0;
    if (status == GANRT_AVATARS_OK)
        status = ganrt_avatars_request_name(avatars, name, strlen(name), 0, 0, NULL, NULL);
    if (status != GANRT_AVATARS_OK)
        return fprintf(stderr, "%s\n", ganrt_avatars_sentence(status)), 1;
    while (!done) /* a game polls once a frame instead */
        ganrt_avatars_poll(avatars, 2000, deliver, &done);
    ganrt_avatars_close(avatars);
    return 0;
}
