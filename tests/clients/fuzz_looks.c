/* A libFuzzer target: what is read is printed, what is printed is read back as the same, and nothing else happens.
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -I clients/c tests/clients/fuzz_looks.c -o fuzz_looks
 *     ./fuzz_looks -max_total_time=60 -max_len=4200 CORPUS
 */
#include "ganrt_looks.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static ganrt_look look, again, scratch;
    static char first[GANRT_LOOK_CHARACTERS + 8], second[GANRT_LOOK_CHARACTERS + 8];
    char *code = malloc(bytes ? bytes : 1), letters[3];
    ganrt_look_status status;
    if (bytes)
        memcpy(code, data, bytes);
    status = ganrt_look_read(code, bytes, &look);
    if (status == GANRT_LOOK_TYPO && bytes < GANRT_LOOK_CHARACTERS) { /* past the check letters, which no mutation finds */
        static char checked[GANRT_LOOK_CHARACTERS + 8];
        size_t i, last = 0;
        for (i = 0; i < bytes; i++) {
            checked[i] = (char)(code[i] >= 'A' && code[i] <= 'Z' ? code[i] + 32 : code[i]);
            last = code[i] == ':' ? i : last;
        }
        if (last && ganrt_look_check(checked, last, letters)) {
            checked[last] = ':';
            memcpy(checked + last + 1, letters, 2);
            status = ganrt_look_read(checked, last + 3, &look);
        }
    }
    if (status == GANRT_LOOK_OK && ganrt_look_print(&look, first, sizeof first, &scratch) == GANRT_LOOK_OK) {
        if (ganrt_look_read(first, strlen(first), &again) != GANRT_LOOK_OK ||
            ganrt_look_print(&again, second, sizeof second, &scratch) != GANRT_LOOK_OK || strcmp(first, second) ||
            again.seed != look.seed || again.index != look.index || again.edits != look.edits ||
            again.controls != look.controls || again.classes != look.classes)
            abort();
    }
    free(code);
    return 0;
}
