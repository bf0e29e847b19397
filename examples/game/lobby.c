/* A lobby of 200 players whose avatars appear while the loop goes on: lobby KIT [seconds [screenshot.bmp]]
 *
 * Each frame polls for at most 2 ms and puts what is ready into one texture, an atlas. Needs SDL2 and a kit of `ganrt
 * bundle`. At the end it says how many frames took longer than 16.7 ms, and how long its own calls took. */
#define SDL_MAIN_HANDLED
#include "ganrt_avatars.h"
#include <SDL.h>
#include <stdio.h>
#include <stdlib.h>

enum { PLAYERS = 200, COLUMNS = 20, ROWS = 10, CELL = 48, GAP = 4, BUDGET = 2000 };

typedef struct {
    SDL_Texture *atlas;
    unsigned char there[PLAYERS];
    unsigned count, failed;
} lobby;

/* Into the atlas: `user` is the player's number, and its cell. */
static void deliver(void *context, const ganrt_avatars_picture *picture)
{
    lobby *l = (lobby *)context;
    int player = (int)(size_t)picture->user;
    SDL_Rect cell = {player % COLUMNS * CELL, player / COLUMNS * CELL, CELL, CELL};
    if (!picture->pixels) {
        l->failed++;
        return;
    }
    SDL_UpdateTexture(l->atlas, &cell, picture->pixels, (int)picture->width * 4);
    l->there[player] = 1;
    l->count++;
}

static void draw(SDL_Renderer *renderer, const lobby *l, Uint32 now)
{
    int player;
    SDL_SetRenderDrawColor(renderer, 30, 34, 46, 255);
    SDL_RenderClear(renderer);
    for (player = 0; player < PLAYERS; player++) {
        SDL_Rect from = {player % COLUMNS * CELL, player / COLUMNS * CELL, CELL, CELL}, to;
        to.x = GAP + player % COLUMNS * (CELL + GAP);
        to.y = GAP + player / COLUMNS * (CELL + GAP);
        to.w = to.h = CELL;
        if (l->there[player])
            SDL_RenderCopy(renderer, l->atlas, &from, &to);
        else { /* a placeholder that breathes */
            Uint8 grey = (Uint8)(60 + (now / 8 + (Uint32)player * 7) % 40);
            SDL_SetRenderDrawColor(renderer, grey, grey, (Uint8)(grey + 10), 255);
            SDL_RenderFillRect(renderer, &to);
        }
    }
}

static int saved(SDL_Renderer *renderer, const char *path, int width, int height)
{
    SDL_Surface *surface = SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_ARGB8888);
    int good = surface && SDL_RenderReadPixels(renderer, NULL, SDL_PIXELFORMAT_ARGB8888, surface->pixels, surface->pitch) == 0 &&
               SDL_SaveBMP(surface, path) == 0;
    SDL_FreeSurface(surface);
    return good;
}

int main(int count, char **given)
{
    const int width = GAP + COLUMNS * (CELL + GAP), height = GAP + ROWS * (CELL + GAP);
    double seconds = count > 2 ? atof(given[2]) : 10, rate = (double)SDL_GetPerformanceFrequency(), longest = 0;
    ganrt_avatars_options options = ganrt_avatars_defaults();
    ganrt_avatars *avatars;
    ganrt_avatars_status status;
    SDL_Window *window;
    SDL_Renderer *renderer;
    lobby l = {0};
    unsigned frames = 0, late = 0;
    int player, good = 1;
    Uint64 begun, before;
    options.width = options.height = CELL;
    options.round = 1;
    options.pictures = 32;
    status = ganrt_avatars_open(count > 1 ? given[1] : "kit", &options, &avatars);
    if (status != GANRT_AVATARS_OK)
        return fprintf(stderr, "%s\n", ganrt_avatars_sentence(status)), 1;
    if (SDL_Init(SDL_INIT_VIDEO) != 0)
        return fprintf(stderr, "SDL: %s\n", SDL_GetError()), 1;
    window = SDL_CreateWindow("A lobby of 200", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, width, height, 0);
    renderer = window ? SDL_CreateRenderer(window, -1, SDL_RENDERER_PRESENTVSYNC) : NULL;
    renderer = window && !renderer ? SDL_CreateRenderer(window, -1, SDL_RENDERER_SOFTWARE) : renderer;
    l.atlas = renderer ? SDL_CreateTexture(renderer, SDL_PIXELFORMAT_RGBA32, SDL_TEXTUREACCESS_STREAMING, COLUMNS * CELL, ROWS * CELL) : NULL;
    if (!l.atlas)
        return fprintf(stderr, "SDL: %s\n", SDL_GetError()), 1;
    SDL_SetTextureBlendMode(l.atlas, SDL_BLENDMODE_BLEND);
    for (player = 0; player < PLAYERS; player++) {
        char name[32];
        int length = snprintf(name, sizeof name, "player-%d", player);
        ganrt_avatars_request_name(avatars, name, (size_t)length, 0, 0, (void *)(size_t)player, NULL);
    }
    begun = before = SDL_GetPerformanceCounter();
    for (;;) {
        SDL_Event event;
        Uint64 from, now;
        double own;
        while (SDL_PollEvent(&event))
            if (event.type == SDL_QUIT)
                seconds = 0;
        from = SDL_GetPerformanceCounter();
        ganrt_avatars_poll(avatars, BUDGET, deliver, &l);
        own = (double)(SDL_GetPerformanceCounter() - from) / rate;
        longest = own > longest ? own : longest;
        draw(renderer, &l, SDL_GetTicks());
        now = SDL_GetPerformanceCounter();
        if ((double)(now - begun) / rate >= seconds)
            break;
        SDL_RenderPresent(renderer);
        now = SDL_GetPerformanceCounter();
        if ((double)(now - before) / rate < 1 / 60.0)
            SDL_Delay((Uint32)(1000 * (1 / 60.0 - (double)(now - before) / rate)));
        now = SDL_GetPerformanceCounter();
        late += frames > 0 && (double)(now - before) / rate > 0.0167;
        before = now;
        frames++;
    }
    if (count > 3)
        good = saved(renderer, given[3], width, height);
    printf("%u avatars, %u failed; %u frames, %u over 16.7 ms; own calls at most %.2f ms\n", l.count, l.failed, frames, late, 1e3 * longest);
    ganrt_avatars_close(avatars);
    SDL_DestroyTexture(l.atlas);
    SDL_DestroyRenderer(renderer);
    SDL_DestroyWindow(window);
    SDL_Quit();
    return good && l.count == PLAYERS ? 0 : 1;
}
