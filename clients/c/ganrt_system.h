/* ganrt_system.h: what differs between Windows and POSIX: threads, a clock, files by UTF-8 names, libraries that are loaded
 * at run time. Internal to ganrt_avatars.c. */
#ifndef GANRT_SYSTEM_H
#define GANRT_SYSTEM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
typedef CRITICAL_SECTION ganrt__mutex;
typedef CONDITION_VARIABLE ganrt__condition;
typedef HANDLE ganrt__thread;
#define ganrt__lock(m) EnterCriticalSection(m)
#define ganrt__unlock(m) LeaveCriticalSection(m)
#define ganrt__wait(c, m) SleepConditionVariableCS(c, m, INFINITE)
#define ganrt__wake(c) WakeAllConditionVariable(c)
#else
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
typedef pthread_mutex_t ganrt__mutex;
typedef pthread_cond_t ganrt__condition;
typedef pthread_t ganrt__thread;
#define ganrt__lock(m) pthread_mutex_lock(m)
#define ganrt__unlock(m) pthread_mutex_unlock(m)
#define ganrt__wait(c, m) pthread_cond_wait(c, m)
#define ganrt__wake(c) pthread_cond_broadcast(c)
#endif

/* A thread, with the mutex and the condition that it shares with its owner. */
typedef struct {
    ganrt__mutex mutex;
    ganrt__condition changed;
    ganrt__thread thread;
    void (*run)(void *given);
    void *given;
} ganrt__worker;

#ifdef _WIN32
static DWORD WINAPI ganrt__enter(LPVOID given)
{
    ganrt__worker *w = (ganrt__worker *)given;
    w->run(w->given);
    return 0;
}

static int ganrt__start(ganrt__worker *w, void (*run)(void *), void *given)
{
    w->run = run;
    w->given = given;
    InitializeCriticalSection(&w->mutex);
    InitializeConditionVariable(&w->changed);
    w->thread = CreateThread(NULL, 0, ganrt__enter, w, 0, NULL);
    if (w->thread)
        return 1;
    DeleteCriticalSection(&w->mutex);
    return 0;
}

static void ganrt__join(ganrt__worker *w)
{
    WaitForSingleObject(w->thread, INFINITE);
    CloseHandle(w->thread);
    DeleteCriticalSection(&w->mutex);
}

static uint64_t ganrt__microseconds(void)
{
    LARGE_INTEGER now, rate;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&rate);
    return (uint64_t)(now.QuadPart / rate.QuadPart) * 1000000 + (uint64_t)(now.QuadPart % rate.QuadPart) * 1000000 / (uint64_t)rate.QuadPart;
}

static FILE *ganrt__open_file(const char *path)
{
    wchar_t wide[4096];
    return MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, 4096) ? _wfopen(wide, L"rb") : NULL;
}

static void *ganrt__load_library(const char *path, char *why, size_t bytes)
{
    wchar_t wide[4096];
    wchar_t *c = wide;
    HMODULE found = NULL;
    if (MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, 4096)) {
        for (; *c; c++)
            *c = *c == L'/' ? L'\\' : *c; /* which LoadLibraryExW asks for */
        if (wide[0] && (wide[1] == L':' || (wide[0] == L'\\' && wide[1] == L'\\'))) /* then what lies beside it is found too */
            found = LoadLibraryExW(wide, NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
        if (!found) /* a bare name, or it needs what lies on PATH */
            found = LoadLibraryW(wide);
    }
    if (!found)
        snprintf(why, bytes, "%s cannot be loaded (Windows error %lu; 126: not found, 193: of another architecture)", path,
                 (unsigned long)GetLastError());
    return (void *)found;
}

static void ganrt__find_symbol(void *library, const char *name, void *pointer)
{
    FARPROC found = GetProcAddress((HMODULE)library, name);
    memcpy(pointer, &found, sizeof found);
}

static void ganrt__set_variable(const char *name, const char *value)
{
    if (!getenv(name))
        _putenv_s(name, value);
}
#else
static void *ganrt__enter(void *given)
{
    ganrt__worker *w = (ganrt__worker *)given;
    w->run(w->given);
    return NULL;
}

static int ganrt__start(ganrt__worker *w, void (*run)(void *), void *given)
{
    w->run = run;
    w->given = given;
    if (pthread_mutex_init(&w->mutex, NULL))
        return 0;
    if (pthread_cond_init(&w->changed, NULL)) {
        pthread_mutex_destroy(&w->mutex);
        return 0;
    }
    if (pthread_create(&w->thread, NULL, ganrt__enter, w) == 0)
        return 1;
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->mutex);
    return 0;
}

static void ganrt__join(ganrt__worker *w)
{
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->mutex);
}

static uint64_t ganrt__microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static FILE *ganrt__open_file(const char *path)
{
    return fopen(path, "rb");
}

static void *ganrt__load_library(const char *path, char *why, size_t bytes)
{
    void *found = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const char *said = found ? NULL : dlerror();
    if (!found)
        snprintf(why, bytes, "%s", said ? said : path);
    return found;
}

/* Into a pointer to a function: NULL where there is none. */
static void ganrt__find_symbol(void *library, const char *name, void *pointer)
{
    void *found = dlsym(library, name);
    memcpy(pointer, &found, sizeof found);
}

static void ganrt__set_variable(const char *name, const char *value)
{
    setenv(name, value, 0);
}
#endif

#endif
