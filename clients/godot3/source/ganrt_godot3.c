/* Godot 3: the class GanrtAvatars of addons/ganrt_avatars, by GDNative. Build: CMakeLists.txt of this folder.
 *
 *     open(kit, side = 0, round = 0, cache = "")   "" or what is wrong; side 0: the model's own size
 *     request(name, priority = 0)                  a ticket, or the negative status; request_look(code, priority) too
 *     cancel(ticket)                               1: it will not be delivered
 *     poll(microseconds)                           [[ticket, status, width, height, RGBA8 as PoolByteArray], ...]
 *     sentence(status), count(): [requested, delivered, waiting, ready], close()
 *
 * avatars.gd makes pictures of that. Licence: Apache 2.0, as ganrt's own. */
#include "ganrt_avatars.h"
#ifdef GANRT_GODOT_HEADERS
#include <gdnative_api_struct.gen.h>
#else
#include "gdnative_names.h"
#endif
#include <stdlib.h>
#include <string.h>

typedef struct {
    ganrt_avatars *avatars;
} instance;

typedef struct {
    char *text; /* as ganrt_avatars wants it, with a zero behind it */
    size_t bytes;
} words;

static const godot_gdnative_core_api_struct *godot;
static const godot_gdnative_ext_nativescript_api_struct *native;

/* Values */

static int64_t whole(godot_variant **given, int count, int place)
{
    return place < count ? godot->godot_variant_as_int(given[place]) : 0;
}

/* The text of an argument, "" where there is none; to be freed. text is NULL for want of memory. */
static words text_of(godot_variant **given, int count, int place)
{
    words w = {NULL, 0};
    godot_string string;
    godot_char_string characters;
    if (place >= count) {
        w.text = (char *)calloc(1, 1);
        return w;
    }
    string = godot->godot_variant_as_string(given[place]);
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

static godot_variant made_of_int(int64_t value)
{
    godot_variant made;
    godot->godot_variant_new_int(&made, value);
    return made;
}

static godot_variant made_of_text(const char *text)
{
    godot_variant made;
    godot_string string;
    godot->godot_string_new(&string);
    godot->godot_string_parse_utf8_with_len(&string, text, (int)strlen(text));
    godot->godot_variant_new_string(&made, &string);
    godot->godot_string_destroy(&string);
    return made;
}

static godot_variant made_of_array(godot_array *array)
{
    godot_variant made;
    godot->godot_variant_new_array(&made, array);
    godot->godot_array_destroy(array);
    return made;
}

static godot_variant made_of_bytes(const unsigned char *bytes, size_t size)
{
    godot_variant made;
    godot_pool_byte_array array;
    godot->godot_pool_byte_array_new(&array);
    if (bytes) {
        godot_pool_byte_array_write_access *write;
        godot->godot_pool_byte_array_resize(&array, (int)size);
        write = godot->godot_pool_byte_array_write(&array);
        memcpy(godot->godot_pool_byte_array_write_access_ptr(write), bytes, size);
        godot->godot_pool_byte_array_write_access_destroy(write);
    }
    godot->godot_variant_new_pool_byte_array(&made, &array);
    godot->godot_pool_byte_array_destroy(&array);
    return made;
}

static void append(godot_array *array, godot_variant value)
{
    godot->godot_array_append(array, &value);
    godot->godot_variant_destroy(&value);
}

/* Methods. Before open, and after close, ganrt_avatars answers NULL with GANRT_AVATARS_BAD_ARGUMENT. */

typedef godot_variant method(instance *self, godot_variant **given, int count);

static godot_variant method_close(instance *self, godot_variant **given, int count)
{
    godot_variant nothing;
    (void)given, (void)count;
    ganrt_avatars_close(self->avatars);
    self->avatars = NULL;
    godot->godot_variant_new_nil(&nothing);
    return nothing;
}

static godot_variant method_open(instance *self, godot_variant **given, int count)
{
    ganrt_avatars_options options = ganrt_avatars_defaults();
    ganrt_avatars_status status = GANRT_AVATARS_NO_MEMORY;
    words kit = text_of(given, count, 0), cache = text_of(given, count, 3);
    int64_t side = whole(given, count, 1);
    ganrt_avatars_close(self->avatars);
    self->avatars = NULL;
    options.width = options.height = side < 0 || side > UINT32_MAX ? UINT32_MAX : (uint32_t)side;
    options.round = whole(given, count, 2) != 0;
    options.cache = cache.bytes ? cache.text : NULL;
    if (kit.text && cache.text)
        status = ganrt_avatars_open(kit.text, &options, &self->avatars);
    free(kit.text);
    free(cache.text);
    return made_of_text(status == GANRT_AVATARS_OK ? "" : ganrt_avatars_sentence(status));
}

static godot_variant requested(ganrt_avatars_status status, uint64_t ticket)
{
    return made_of_int(status == GANRT_AVATARS_OK ? (int64_t)ticket : -(int64_t)status);
}

static godot_variant method_request(instance *self, godot_variant **given, int count)
{
    uint64_t ticket = 0;
    words name = text_of(given, count, 0);
    ganrt_avatars_status status = GANRT_AVATARS_NO_MEMORY;
    if (name.text)
        status = ganrt_avatars_request_name(self->avatars, name.text, name.bytes, 0, (int)whole(given, count, 1), NULL, &ticket);
    free(name.text);
    return requested(status, ticket);
}

static godot_variant method_request_look(instance *self, godot_variant **given, int count)
{
    uint64_t ticket = 0;
    words code = text_of(given, count, 0);
    ganrt_avatars_status status = GANRT_AVATARS_NO_MEMORY;
    if (code.text)
        status = ganrt_avatars_request_look(self->avatars, code.text, code.bytes, (int)whole(given, count, 1), NULL, &ticket);
    free(code.text);
    return requested(status, ticket);
}

static godot_variant method_cancel(instance *self, godot_variant **given, int count)
{
    return made_of_int(self->avatars ? ganrt_avatars_cancel(self->avatars, (uint64_t)whole(given, count, 0)) : 0);
}

static void deliver(void *context, const ganrt_avatars_picture *picture)
{
    godot_array one;
    godot->godot_array_new(&one);
    append(&one, made_of_int((int64_t)picture->ticket));
    append(&one, made_of_int(picture->status));
    append(&one, made_of_int(picture->width));
    append(&one, made_of_int(picture->height));
    append(&one, made_of_bytes(picture->pixels, (size_t)picture->width * picture->height * 4));
    append((godot_array *)context, made_of_array(&one));
}

static godot_variant method_poll(instance *self, godot_variant **given, int count)
{
    godot_array all;
    int64_t microseconds = whole(given, count, 0);
    godot->godot_array_new(&all);
    if (self->avatars)
        ganrt_avatars_poll(self->avatars, microseconds < 0 ? 0 : (uint32_t)microseconds, deliver, &all);
    return made_of_array(&all);
}

static godot_variant method_sentence(instance *self, godot_variant **given, int count)
{
    (void)self;
    return made_of_text(ganrt_avatars_sentence((ganrt_avatars_status)whole(given, count, 0)));
}

static godot_variant method_count(instance *self, godot_variant **given, int count)
{
    godot_array all;
    ganrt_avatars_statistics told;
    (void)given, (void)count;
    memset(&told, 0, sizeof told);
    if (self->avatars)
        told = ganrt_avatars_count(self->avatars);
    godot->godot_array_new(&all);
    append(&all, made_of_int((int64_t)told.requested));
    append(&all, made_of_int((int64_t)told.delivered));
    append(&all, made_of_int((int64_t)told.waiting));
    append(&all, made_of_int((int64_t)told.ready));
    return made_of_array(&all);
}

static const struct {
    const char *name;
    method *run;
} METHODS[] = {
    {"open", method_open},     {"request", method_request}, {"request_look", method_request_look}, {"cancel", method_cancel},
    {"poll", method_poll},     {"count", method_count},     {"sentence", method_sentence},         {"close", method_close},
};

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
        ganrt_avatars_close(self->avatars);
    free(self);
}

static godot_variant called(godot_object *object, void *method_data, void *user_data, int count, godot_variant **given)
{
    (void)object;
    if (!user_data)
        return made_of_int(-(int64_t)GANRT_AVATARS_NO_MEMORY);
    return METHODS[(size_t)method_data].run((instance *)user_data, given, count);
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
