/* A lobby of 200 players whose avatars appear while the loop keeps 60 frames a second:
 *
 *     lobby KIT [seconds [screenshot.bmp]]     with a screenshot it ends when all are there
 *     lobby KIT seconds --windows S     measures: S seconds with avatars, S without, and so on
 *
 * Each frame polls for at most 2 ms and puts what is ready into one texture, an atlas. Needs SDL2 and a kit of `ganrt
 * bundle`. At the end it says how many frames took longer than 16.7 ms, and how long its own calls took. In a measurement
 * every window with avatars asks for 200 new ones, and the windows without neither ask nor poll. */
#define SDL_MAIN_HANDLED
#include "ganrt_avatars.h"
#include <SDL.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLAYERS = 200, COLUMNS = 20, ROWS = 10, CELL = 48, GAP = 4, BUDGET = 2000, ASKED_A_FRAME = 20, MOST_FRAMES = 1 << 17 };

typedef struct {
    SDL_Texture *atlas;
    ganrt_avatars *avatars;
    unsigned char there[PLAYERS];
    uint64_t tickets[PLAYERS];
    int asked;
    uint32_t reroll;
    unsigned count, failed;
} lobby;

/* Of the frames with avatars, or of those without. */
typedef struct {
    unsigned frames, late;
    double longest;
} tally;

static double own[MOST_FRAMES]; /* milliseconds of ganrt's calls in each frame with avatars */

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

/* What a game does in each frame: asks for those who came into sight, and takes what is ready. */
static void avatars_of_a_frame(lobby *l)
{
    int last = l->asked + ASKED_A_FRAME < PLAYERS ? l->asked + ASKED_A_FRAME : PLAYERS;
    for (; l->asked < last; l->asked++) {
        char name[32];
        int length = snprintf(name, sizeof name, "player-%d", l->asked);
        if (ganrt_avatars_request_name(l->avatars, name, (size_t)length, l->reroll, 0, (void *)(size_t)l->asked, &l->tickets[l->asked]) != GANRT_AVATARS_OK)
            break; /* GANRT_AVATARS_FULL: in the next frame */
    }
    ganrt_avatars_poll(l->avatars, BUDGET, deliver, l);
}

/* The lobby is left: what was asked for is wanted no more. */
static void leave(lobby *l)
{
    while (l->asked > 0)
        ganrt_avatars_cancel(l->avatars, l->tickets[--l->asked]);
}

/* Another one, of other players. */
static void enter(lobby *l)
{
    memset(l->there, 0, sizeof l->there);
    l->reroll++;
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

static double seconds_now(void)
{
    return (double)SDL_GetPerformanceCounter() / (double)SDL_GetPerformanceFrequency();
}

/* Sleeps as far as a sleep is exact, and spins the rest. */
static void wait_until(double moment)
{
    double left = moment - seconds_now();
    if (left > 0.003)
        SDL_Delay((Uint32)(1000 * left) - 2);
    while (seconds_now() < moment)
        ;
}

static int saved(SDL_Renderer *renderer, const char *path, int width, int height)
{
    SDL_Surface *surface = SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_ARGB8888);
    int good = surface && SDL_RenderReadPixels(renderer, NULL, SDL_PIXELFORMAT_ARGB8888, surface->pixels, surface->pitch) == 0 &&
               SDL_SaveBMP(surface, path) == 0;
    SDL_FreeSurface(surface);
    return good;
}

static int rising(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static void told(const char *how, const tally *t)
{
    printf("%s: %u frames, %u over 16.7 ms, the longest %.1f ms\n", how, t->frames, t->late, 1e3 * t->longest);
}

/* Until the time is over, or all are there: the two tallies, without avatars and with. window: 0: always with. */
static void play(lobby *l, SDL_Renderer *renderer, double seconds, int until_all, double window, tally t[2])
{
    double begun = seconds_now(), before = begun, next = begun;
    int with = 1, was_with = 1;
    for (;;) {
        SDL_Event event;
        double now, frame;
        while (SDL_PollEvent(&event))
            if (event.type == SDL_QUIT)
                seconds = 0;
        with = window == 0 || (int)((before - begun) / window) % 2 == 0;
        if (was_with && !with)
            leave(l);
        if (with && !was_with)
            enter(l);
        now = seconds_now();
        if (with)
            avatars_of_a_frame(l);
        if (with && t[1].frames < MOST_FRAMES)
            own[t[1].frames] = 1e3 * (seconds_now() - now);
        draw(renderer, l, SDL_GetTicks());
        if (seconds_now() - begun >= seconds || (until_all && l->count + l->failed == PLAYERS))
            return; /* what was drawn last is still there for a screenshot */
        SDL_RenderPresent(renderer);
        next = next + 1 / 60.0 > seconds_now() ? next + 1 / 60.0 : seconds_now();
        wait_until(next);
        now = seconds_now();
        frame = now - before;
        before = now;
        was_with = with;
        t[with].frames++;
        t[with].late += frame > 0.0167;
        t[with].longest = frame > t[with].longest ? frame : t[with].longest;
    }
}

int main(int count, char **given)
{
    const int width = GAP + COLUMNS * (CELL + GAP), height = GAP + ROWS * (CELL + GAP);
    int measured = count > 4 && strcmp(given[3], "--windows") == 0, good = 1;
    double seconds = count > 2 ? atof(given[2]) : 10;
    ganrt_avatars_options options = ganrt_avatars_defaults();
    ganrt_avatars_status status;
    SDL_Window *window;
    SDL_Renderer *renderer;
    static lobby l;
    tally t[2] = {{0, 0, 0}, {0, 0, 0}};
    options.width = options.height = CELL;
    options.round = 1;
    options.pictures = 32;
    status = ganrt_avatars_open(count > 1 ? given[1] : "kit", &options, &l.avatars);
    if (status != GANRT_AVATARS_OK)
        return fprintf(stderr, "%s\n", ganrt_avatars_sentence(status)), 1;
    if (SDL_Init(SDL_INIT_VIDEO) != 0)
        return fprintf(stderr, "SDL: %s\n", SDL_GetError()), 1;
    window = SDL_CreateWindow("A lobby of 200", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, width, height, 0);
    renderer = window ? SDL_CreateRenderer(window, -1, measured ? 0 : SDL_RENDERER_PRESENTVSYNC) : NULL;
    renderer = window && !renderer ? SDL_CreateRenderer(window, -1, SDL_RENDERER_SOFTWARE) : renderer;
    l.atlas = renderer ? SDL_CreateTexture(renderer, SDL_PIXELFORMAT_RGBA32, SDL_TEXTUREACCESS_STREAMING, COLUMNS * CELL, ROWS * CELL) : NULL;
    if (!l.atlas)
        return fprintf(stderr, "SDL: %s\n", SDL_GetError()), 1;
    SDL_SetTextureBlendMode(l.atlas, SDL_BLENDMODE_BLEND);
    play(&l, renderer, seconds, count > 3 && !measured, measured ? atof(given[4]) : 0, t);
    if (count > 3 && !measured)
        good = saved(renderer, given[3], width, height);
    told("with avatars", &t[1]);
    if (measured)
        told("without", &t[0]);
    t[1].frames = t[1].frames < MOST_FRAMES ? t[1].frames : MOST_FRAMES;
    qsort(own, t[1].frames, sizeof own[0], rising);
    if (t[1].frames)
        printf("own calls a frame: median %.3f ms, p99.9 %.3f ms, at most %.3f ms\n", own[t[1].frames / 2],
               own[(unsigned)(0.999 * (t[1].frames - 1) + 0.5)], own[t[1].frames - 1]);
    printf("%u avatars, %u failed\n", l.count, l.failed);
    ganrt_avatars_close(l.avatars);
    SDL_DestroyTexture(l.atlas);
    SDL_DestroyRenderer(renderer);
    SDL_DestroyWindow(window);
    SDL_Quit();
    return good && !l.failed && (measured || l.count == PLAYERS) ? 0 : 1;
}
