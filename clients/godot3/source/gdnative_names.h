/* The few names of Godot 3's GDNative that ganrt_godot3.c uses, in our own words: types, and the places of functions in
 * the tables that Godot hands over (core 1.0 and NativeScript 1.0, which later versions only extend). Godot's own headers
 * (godotengine/godot-headers, gdnative_api_struct.gen.h) do as well: compile with -DGANRT_GODOT_HEADERS. */
#ifndef GANRT_GDNATIVE_NAMES_H
#define GANRT_GDNATIVE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#ifdef _WIN32
#define GDN_EXPORT __declspec(dllexport)
#else
#define GDN_EXPORT __attribute__((visibility("default")))
#endif

typedef void godot_object;
typedef struct {
    uint8_t bytes[24];
} godot_variant;
typedef struct {
    uint8_t bytes[sizeof(void *)];
} godot_string, godot_char_string, godot_array, godot_pool_byte_array;
typedef struct {
    uint8_t bytes[1];
} godot_pool_byte_array_write_access;

typedef struct godot_gdnative_api_struct {
    unsigned int type; /* 1: NativeScript */
    struct {
        unsigned int major, minor;
    } version;
    const struct godot_gdnative_api_struct *next;
} godot_gdnative_api_struct;
enum { GDNATIVE_EXT_NATIVESCRIPT = 1 };

/* Functions at the places from `first` to `next` - 1, which are not used. */
#define GANRT_UNUSED(first, next) void (*unused_##first[(next) - (first)])(void)

typedef struct {
    godot_gdnative_api_struct about;
    unsigned int num_extensions;
    const godot_gdnative_api_struct **extensions;
    GANRT_UNUSED(0, 155);
    void (*godot_pool_byte_array_new)(godot_pool_byte_array *made);
    GANRT_UNUSED(156, 164);
    void (*godot_pool_byte_array_resize)(godot_pool_byte_array *self, int size);
    GANRT_UNUSED(165, 166);
    godot_pool_byte_array_write_access *(*godot_pool_byte_array_write)(godot_pool_byte_array *self);
    GANRT_UNUSED(167, 170);
    void (*godot_pool_byte_array_destroy)(godot_pool_byte_array *self);
    GANRT_UNUSED(171, 296);
    uint8_t *(*godot_pool_byte_array_write_access_ptr)(const godot_pool_byte_array_write_access *write);
    GANRT_UNUSED(297, 298);
    void (*godot_pool_byte_array_write_access_destroy)(godot_pool_byte_array_write_access *write);
    GANRT_UNUSED(299, 323);
    void (*godot_array_new)(godot_array *made);
    GANRT_UNUSED(324, 336);
    void (*godot_array_append)(godot_array *self, const godot_variant *value);
    GANRT_UNUSED(337, 361);
    void (*godot_array_destroy)(godot_array *self);
    GANRT_UNUSED(362, 509);
    void (*godot_variant_new_nil)(godot_variant *made);
    GANRT_UNUSED(510, 512);
    void (*godot_variant_new_int)(godot_variant *made, int64_t value);
    GANRT_UNUSED(513, 514);
    void (*godot_variant_new_string)(godot_variant *made, const godot_string *value);
    GANRT_UNUSED(515, 529);
    void (*godot_variant_new_array)(godot_variant *made, const godot_array *value);
    void (*godot_variant_new_pool_byte_array)(godot_variant *made, const godot_pool_byte_array *value);
    GANRT_UNUSED(531, 539);
    int64_t (*godot_variant_as_int)(const godot_variant *self);
    GANRT_UNUSED(540, 541);
    godot_string (*godot_variant_as_string)(const godot_variant *self);
    GANRT_UNUSED(542, 570);
    void (*godot_variant_destroy)(godot_variant *self);
    int (*godot_char_string_length)(const godot_char_string *self);
    const char *(*godot_char_string_get_data)(const godot_char_string *self);
    void (*godot_char_string_destroy)(godot_char_string *self);
    void (*godot_string_new)(godot_string *made);
    GANRT_UNUSED(575, 678);
    godot_char_string (*godot_string_utf8)(const godot_string *self);
    GANRT_UNUSED(679, 680);
    bool (*godot_string_parse_utf8_with_len)(godot_string *self, const char *text, int bytes);
    GANRT_UNUSED(681, 721);
    void (*godot_string_destroy)(godot_string *self);
} godot_gdnative_core_api_struct;

typedef struct {
    bool in_editor;
    uint64_t hashes[3];
    void *reports[2];
    godot_object *library;
    const godot_gdnative_core_api_struct *api_struct;
    const godot_string *path;
} godot_gdnative_init_options;

typedef struct {
    void *(*create_func)(godot_object *object, void *method_data);
    void *method_data;
    void (*free_func)(void *method_data);
} godot_instance_create_func;
typedef struct {
    void (*destroy_func)(godot_object *object, void *method_data, void *user_data);
    void *method_data;
    void (*free_func)(void *method_data);
} godot_instance_destroy_func;
typedef struct {
    int rpc_type;
} godot_method_attributes;
typedef struct {
    godot_variant (*method)(godot_object *object, void *method_data, void *user_data, int count, godot_variant **given);
    void *method_data;
    void (*free_func)(void *method_data);
} godot_instance_method;

typedef struct {
    godot_gdnative_api_struct about;
    void (*godot_nativescript_register_class)(void *handle, const char *name, const char *base, godot_instance_create_func create,
                                              godot_instance_destroy_func destroy);
    void (*godot_nativescript_register_tool_class)(void);
    void (*godot_nativescript_register_method)(void *handle, const char *class_name, const char *name, godot_method_attributes attributes,
                                               godot_instance_method method);
} godot_gdnative_ext_nativescript_api_struct;

#endif
