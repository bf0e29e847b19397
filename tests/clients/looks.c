/* One code a line in, in hexadecimal; what ganrt_looks.h reads out. Numbers are hexadecimal floats. */
#include "ganrt_looks.h"
#include <stdio.h>

static ganrt_look look;

static void show(void)
{
    uint32_t i;
    printf("%s|%llu|%llu|", look.model, (unsigned long long)look.seed, (unsigned long long)look.index);
    look.has_psi ? printf("%a|", look.psi) : printf("|");
    printf("%s|", look.mode ? look.mode : "");
    look.has_threshold ? printf("%a|", look.threshold) : printf("|");
    look.has_statistics ? printf("%a|", look.statistics) : printf("|");
    for (i = 0; i < look.classes; i++)
        printf("%u:%a,", (unsigned)look.class_number[i], (double)look.class_weight[i]);
    printf("|");
    for (i = 0; i < look.controls; i++)
        printf("%s=%s,", look.control_name[i], look.control_value[i]);
    printf("|");
    for (i = 0; i < look.edits; i++)
        printf("%u-%u:%a,", (unsigned)look.edit[i].first, (unsigned)look.edit[i].stop, (double)look.edit[i].value);
    printf("\n");
}

int main(void)
{
    static char line[20000], text[10000];
    while (fgets(line, sizeof line, stdin)) {
        size_t n = 0;
        unsigned byte;
        ganrt_look_status status;
        while (sscanf(line + 2 * n, "%2x", &byte) == 1)
            text[n++] = (char)byte;
        status = ganrt_look_read(text, n, &look);
        if (status == GANRT_LOOK_OK)
            show();
        else
            printf("%s\n", status == GANRT_LOOK_NEWER ? "newer" : "refused");
    }
    return 0;
}
