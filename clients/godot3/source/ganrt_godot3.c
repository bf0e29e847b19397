/* Godot 3: the class GanrtAvatars of addons/ganrt_avatars, by GDNative; its methods are in ganrt_godot.h. Build:
 * CMakeLists.txt of this folder. Licence: Apache 2.0, as ganrt's own. */
#include "ganrt_avatars.h"
#ifdef GANRT_GODOT_HEADERS
#include <gdnative_api_struct.gen.h>
#else
#include "gdnative_names.h"
#endif
#include <stdlib.h>
#include <string.h>

typedef struct {
    char *text; /* as ganrt_avatars wants it, with a zero behind it */
    size_t bytes;
} words;

static const godot_gdnative_core_api_struct *godot;
static const godot_gdnative_ext_nativescript_api_struct *native;

/* How values pass: what ganrt_godot.h needs */

typedef struct {
    godot_variant **given;
    int count;
} arguments;
typedef godot_variant *result;
typedef godot_variant variant;
typedef godot_array array;

static int64_t whole(arguments these, int place)
{
    return place < these.count ? godot->godot_variant_as_int(these.given[place]) : 0;
}

/* To be freed. text is NULL for want of memory. */
static words text_of(arguments these, int place)
{
    words w = {NULL, 0};
    godot_string string;
    godot_char_string characters;
    if (place >= these.count) {
        w.text = (char *)calloc(1, 1);
        return w;
    }
    string = godot->godot_variant_as_string(these.given[place]);
    characters = godot->godot_string_utf8(&string);
    w.bytes = (size_t)godot->godot_char_string_length(&characters);
    w.text = (char *)malloc(w.bytes + 1);
    if (w.text) {
        if (w.bytes)
            memcpy(w.text, godot->godot_char_string_get_data(&characters), w.bytes);
        w.text[w.bytes] = 0;
    }
    godot->godot_char_string_destroy(&characters);
    godot->godot_string_destroy(&string);
    return w;
}

static void give_nil(result made)
{
    godot->godot_variant_new_nil(made);
}

static void give_int(result made, int64_t value)
{
    godot->godot_variant_new_int(made, value);
}

static void give_text(result made, const char *text)
{
    godot_string string;
    godot->godot_string_new(&string);
    godot->godot_string_parse_utf8_with_len(&string, text, (int)strlen(text));
    godot->godot_variant_new_string(made, &string);
    godot->godot_string_destroy(&string);
}

static void begin_array(array *all)
{
    godot->godot_array_new(all);
}

static void give_array(result made, array *all)
{
    godot->godot_variant_new_array(made, all);
    godot->godot_array_destroy(all);
}

static void give_bytes(result made, const unsigned char *bytes, size_t size)
{
    godot_pool_byte_array all;
    godot->godot_pool_byte_array_new(&all);
    if (size) {
        godot_pool_byte_array_write_access *write;
        godot->godot_pool_byte_array_resize(&all, (int)size);
        write = godot->godot_pool_byte_array_write(&all);
        memcpy(godot->godot_pool_byte_array_write_access_ptr(write), bytes, size);
        godot->godot_pool_byte_array_write_access_destroy(write);
    }
    godot->godot_variant_new_pool_byte_array(made, &all);
    godot->godot_pool_byte_array_destroy(&all);
}

static void append(array *all, variant *value)
{
    godot->godot_array_append(all, value);
    godot->godot_variant_destroy(value);
}

#include "ganrt_godot.h"

/* What Godot calls */

static void *created(godot_object *object, void *method_data)
{
    (void)object, (void)method_data;
    return calloc(1, sizeof(instance));
}

static void destroyed(godot_object *object, void *method_data, void *user_data)
{
    instance *self = (instance *)user_data;
    (void)object, (void)method_data;
    if (self)
        end_instance(self);
    free(self);
}

static godot_variant called(godot_object *object, void *method_data, void *user_data, int count, godot_variant **given)
{
    godot_variant made;
    arguments these;
    (void)object;
    these.given = given;
    these.count = count;
    if (user_data)
        METHODS[(size_t)method_data].run((instance *)user_data, these, &made);
    else
        give_int(&made, -(int64_t)GANRT_AVATARS_NO_MEMORY);
    return made;
}

void GDN_EXPORT godot_gdnative_init(godot_gdnative_init_options *options)
{
    unsigned int i;
    godot = options->api_struct;
    for (i = 0; i < godot->num_extensions; i++)
        if (godot->extensions[i]->type == GDNATIVE_EXT_NATIVESCRIPT)
            native = (const godot_gdnative_ext_nativescript_api_struct *)godot->extensions[i];
}

void GDN_EXPORT godot_gdnative_terminate(void *options)
{
    (void)options;
    godot = NULL;
    native = NULL;
}

void GDN_EXPORT godot_nativescript_init(void *handle)
{
    godot_instance_create_func create = {created, NULL, NULL};
    godot_instance_destroy_func destroy = {destroyed, NULL, NULL};
    godot_method_attributes plain;
    size_t i;
    memset(&plain, 0, sizeof plain);
    if (!native)
        return;
    native->godot_nativescript_register_class(handle, "GanrtAvatars", "Reference", create, destroy);
    for (i = 0; i < sizeof METHODS / sizeof METHODS[0]; i++) {
        godot_instance_method one = {called, NULL, NULL};
        one.method_data = (void *)i;
        native->godot_nativescript_register_method(handle, "GanrtAvatars", METHODS[i].name, plain, one);
    }
}
