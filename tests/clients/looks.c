/* One code a line in, in hexadecimal. What ganrt_looks.h reads and prints out; given a spec.json and a controls.json as
 * arguments, what a model is fed. Numbers are the hexadecimal digits of their bits. */
#include "ganrt_controls.h"
#include <stdio.h>

static ganrt_look look, scratch;

static void put_double(double value)
{
    printf("%016llx", (unsigned long long)ganrt__bits(value));
}

static void put_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    printf("%08lx", (unsigned long)bits);
}

static void show(void)
{
    static char code[GANRT_LOOK_CHARACTERS + 8];
    uint32_t i;
    printf("%s|%llu|%llu|", look.model, (unsigned long long)look.seed, (unsigned long long)look.index);
    if (look.has_psi)
        put_double(look.psi);
    printf("|%s|", look.mode ? look.mode : "");
    if (look.has_threshold)
        put_double(look.threshold);
    printf("|");
    if (look.has_statistics)
        put_double(look.statistics);
    printf("|");
    for (i = 0; i < look.classes; i++) {
        printf("%u:", (unsigned)look.class_number[i]);
        put_float(look.class_weight[i]);
        printf(",");
    }
    printf("|");
    for (i = 0; i < look.controls; i++)
        printf("%s=%s,", look.control_name[i], look.control_value[i]);
    printf("|");
    for (i = 0; i < look.edits; i++) {
        printf("%u-%u:", (unsigned)look.edit[i].first, (unsigned)look.edit[i].stop);
        put_float(look.edit[i].value);
        printf(",");
    }
    printf("|%s\n", ganrt_look_print(&look, code, sizeof code, &scratch) == GANRT_LOOK_OK ? code : "unprintable");
}

static size_t read_file(const char *path, char *bytes, size_t room)
{
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(bytes, 1, room, file) : 0;
    if (file)
        fclose(file);
    return n;
}

static void draw(const char *spec_path, const char *controls_path)
{
    static char spec_json[1 << 20], controls_json[1 << 20];
    static float z[65536], labels[65536];
    static ganrt_spec spec;
    static ganrt_controls controls;
    float truncation = 0;
    uint64_t i;
    size_t n = read_file(controls_path, controls_json, sizeof controls_json);
    ganrt_status status = ganrt_spec_read(spec_json, read_file(spec_path, spec_json, sizeof spec_json), &spec);
    if (status == GANRT_OK)
        status = ganrt_controls_read(controls_json, n, &spec, &controls);
    if (status != GANRT_OK) {
        printf("status %d\n", (int)status);
        return;
    }
    status = ganrt_look_latent(&look, &spec, &controls, z);
    if (status == GANRT_OK && spec.labels)
        status = ganrt_look_weights(&look, &spec, labels);
    if (status == GANRT_OK && spec.truncation_input)
        status = ganrt_look_truncation(&look, &spec, &truncation);
    if (status != GANRT_OK) {
        printf("refused\n");
        return;
    }
    for (i = 0; i < spec.dim; i++)
        put_float(z[i]);
    printf("|");
    for (i = 0; i < spec.labels; i++)
        put_float(labels[i]);
    printf("|");
    if (spec.truncation_input)
        put_float(truncation);
    printf("\n");
}

int main(int count, char **given)
{
    static char line[20000], text[10000];
    while (fgets(line, sizeof line, stdin)) {
        size_t n = 0;
        unsigned byte;
        ganrt_look_status status;
        while (sscanf(line + 2 * n, "%2x", &byte) == 1)
            text[n++] = (char)byte;
        status = ganrt_look_read(text, n, &look);
        if (status != GANRT_LOOK_OK)
            printf("%s\n", status == GANRT_LOOK_NEWER ? "newer" : "refused");
        else if (count == 3)
            draw(given[1], given[2]);
        else
            show();
    }
    return 0;
}
