/* Godot 4.2 and later: the class GanrtAvatars (a RefCounted) of addons/ganrt_avatars, by GDExtension. Build: CMakeLists.txt
 * of this folder. The methods are those of Godot 3's (clients/godot3/source/ganrt_godot3.c); every argument may be left
 * out.
 *
 *     open(kit, side = 0, round = 0, cache = "")   "" or what is wrong; side 0: the model's own size
 *     request(name, priority = 0)                  a ticket, or the negative status; request_look(code, priority) too
 *     cancel(ticket)                               1: it will not be delivered
 *     poll(microseconds)                           [[ticket, status, width, height, RGBA8 as PackedByteArray], ...]
 *     sentence(status), count(): [requested, delivered, waiting, ready], close()
 *
 * avatars.gd makes textures of that. Licence: Apache 2.0, as ganrt's own. */
#include "ganrt_avatars.h"
#ifdef GANRT_GODOT_HEADERS
#include <gdextension_interface.h>
#else
#include "gdextension_names.h"
#endif
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

typedef struct {
    ganrt_avatars *avatars;
} instance;

typedef union { /* of every builtin type; a Variant has 24 bytes, 40 where Godot counts in double precision */
    uint64_t words[5];
} value;

typedef struct {
    char *text;
    size_t bytes;
} words;

typedef enum { OF_INT, OF_STRING, OF_ARRAY, OF_BYTES, KINDS } kind;
static const GDExtensionVariantType TYPES[KINDS] = {GDEXTENSION_VARIANT_TYPE_INT, GDEXTENSION_VARIANT_TYPE_STRING, GDEXTENSION_VARIANT_TYPE_ARRAY,
                                                    GDEXTENSION_VARIANT_TYPE_PACKED_BYTE_ARRAY};

static struct {
    GDExtensionClassLibraryPtr library;
    GDExtensionInterfaceVariantNewNil variant_new_nil;
    GDExtensionInterfaceVariantDestroy variant_destroy;
    GDExtensionInterfaceVariantGetType variant_get_type;
    GDExtensionVariantFromTypeConstructorFunc to_variant[KINDS];
    GDExtensionTypeFromVariantConstructorFunc from_variant[KINDS];
    GDExtensionPtrConstructor create[KINDS];
    GDExtensionPtrDestructor destroy[KINDS], destroy_name;
    GDExtensionPtrBuiltInMethod array_append, bytes_resize;
    GDExtensionInterfaceStringNewWithUtf8Chars string_new;
    GDExtensionInterfaceStringToUtf8Chars string_to_utf8;
    GDExtensionInterfaceStringNameNewWithLatin1Chars name_new;
    GDExtensionInterfacePackedByteArrayOperatorIndex bytes_at;
    GDExtensionInterfaceClassdbConstructObject construct;
    GDExtensionInterfaceObjectSetInstance set_instance;
    GDExtensionInterfaceClassdbRegisterExtensionClass register_class;
    GDExtensionInterfaceClassdbRegisterExtensionClassMethod register_method;
    GDExtensionInterfaceClassdbUnregisterExtensionClass unregister_class;
    value class_name, parent;
} godot;

/* Values. A result is a Variant that Godot has made room for. */

static int is_of(const GDExtensionConstVariantPtr *given, GDExtensionInt count, GDExtensionInt place, kind k)
{
    return place < count && godot.variant_get_type(given[place]) == TYPES[k];
}

static int64_t whole(const GDExtensionConstVariantPtr *given, GDExtensionInt count, GDExtensionInt place)
{
    int64_t number = 0;
    if (is_of(given, count, place, OF_INT))
        godot.from_variant[OF_INT](&number, (GDExtensionVariantPtr)given[place]);
    return number;
}

/* The text of an argument, "" where there is none; to be freed. text is NULL for want of memory. */
static words text_of(const GDExtensionConstVariantPtr *given, GDExtensionInt count, GDExtensionInt place)
{
    words w = {NULL, 0};
    value string;
    int there = is_of(given, count, place, OF_STRING);
    if (there) {
        godot.from_variant[OF_STRING](&string, (GDExtensionVariantPtr)given[place]);
        w.bytes = (size_t)godot.string_to_utf8(&string, NULL, 0);
    }
    w.text = (char *)malloc(w.bytes + 1);
    if (w.text) {
        if (w.bytes)
            godot.string_to_utf8(&string, w.text, (GDExtensionInt)w.bytes);
        w.text[w.bytes] = 0;
    }
    if (there)
        godot.destroy[OF_STRING](&string);
    return w;
}

static void give_int(GDExtensionVariantPtr result, int64_t number)
{
    godot.to_variant[OF_INT](result, &number);
}

static void give_text(GDExtensionVariantPtr result, const char *text)
{
    value string;
    godot.string_new(&string, text);
    godot.to_variant[OF_STRING](result, &string);
    godot.destroy[OF_STRING](&string);
}

static void give_array(GDExtensionVariantPtr result, value *array)
{
    godot.to_variant[OF_ARRAY](result, array);
    godot.destroy[OF_ARRAY](array);
}

static void give_bytes(GDExtensionVariantPtr result, const unsigned char *bytes, size_t size)
{
    value array, unused;
    int64_t length = (int64_t)size;
    const GDExtensionConstTypePtr given[1] = {&length};
    godot.create[OF_BYTES](&array, NULL);
    if (bytes && size) {
        godot.bytes_resize(&array, given, &unused, 1);
        memcpy(godot.bytes_at(&array, 0), bytes, size);
    }
    godot.to_variant[OF_BYTES](result, &array);
    godot.destroy[OF_BYTES](&array);
}

static void append(value *array, value *variant)
{
    const GDExtensionConstTypePtr given[1] = {variant};
    godot.array_append(array, given, NULL, 1);
    godot.variant_destroy(variant);
}

static void append_int(value *array, int64_t number)
{
    value variant;
    give_int(&variant, number);
    append(array, &variant);
}

/* Methods. Before open, and after close, ganrt_avatars answers NULL with GANRT_AVATARS_BAD_ARGUMENT. */

typedef void method(instance *self, const GDExtensionConstVariantPtr *given, GDExtensionInt count, GDExtensionVariantPtr result);

static void method_close(instance *self, const GDExtensionConstVariantPtr *given, GDExtensionInt count, GDExtensionVariantPtr result)
{
    (void)given, (void)count;
    ganrt_avatars_close(self->avatars);
    self->avatars = NULL;
    godot.variant_new_nil(result);
}

static void method_open(instance *self, const GDExtensionConstVariantPtr *given, GDExtensionInt count, GDExtensionVariantPtr result)
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
    give_text(result, status == GANRT_AVATARS_OK ? "" : ganrt_avatars_sentence(status));
}

static void give_ticket(GDExtensionVariantPtr result, ganrt_avatars_status status, uint64_t ticket)
{
    give_int(result, status == GANRT_AVATARS_OK ? (int64_t)ticket : -(int64_t)status);
}

static void method_request(instance *self, const GDExtensionConstVariantPtr *given, GDExtensionInt count, GDExtensionVariantPtr result)
{
    uint64_t ticket = 0;
    words name = text_of(given, count, 0);
    ganrt_avatars_status status = GANRT_AVATARS_NO_MEMORY;
    if (name.text)
        status = ganrt_avatars_request_name(self->avatars, name.text, name.bytes, 0, (int)whole(given, count, 1), NULL, &ticket);
    free(name.text);
    give_ticket(result, status, ticket);
}

static void method_request_look(instance *self, const GDExtensionConstVariantPtr *given, GDExtensionInt count, GDExtensionVariantPtr result)
{
    uint64_t ticket = 0;
    words code = text_of(given, count, 0);
    ganrt_avatars_status status = GANRT_AVATARS_NO_MEMORY;
    if (code.text)
        status = ganrt_avatars_request_look(self->avatars, code.text, code.bytes, (int)whole(given, count, 1), NULL, &ticket);
    free(code.text);
    give_ticket(result, status, ticket);
}

static void method_cancel(instance *self, const GDExtensionConstVariantPtr *given, GDExtensionInt count, GDExtensionVariantPtr result)
{
    give_int(result, self->avatars ? ganrt_avatars_cancel(self->avatars, (uint64_t)whole(given, count, 0)) : 0);
}

static void deliver(void *context, const ganrt_avatars_picture *picture)
{
    value one, variant;
    godot.create[OF_ARRAY](&one, NULL);
    append_int(&one, (int64_t)picture->ticket);
    append_int(&one, picture->status);
    append_int(&one, picture->width);
    append_int(&one, picture->height);
    give_bytes(&variant, picture->pixels, (size_t)picture->width * picture->height * 4);
    append(&one, &variant);
    give_array(&variant, &one);
    append((value *)context, &variant);
}

static void method_poll(instance *self, const GDExtensionConstVariantPtr *given, GDExtensionInt count, GDExtensionVariantPtr result)
{
    value all;
    int64_t microseconds = whole(given, count, 0);
    godot.create[OF_ARRAY](&all, NULL);
    if (self->avatars)
        ganrt_avatars_poll(self->avatars, microseconds < 0 ? 0 : (uint32_t)microseconds, deliver, &all);
    give_array(result, &all);
}

static void method_sentence(instance *self, const GDExtensionConstVariantPtr *given, GDExtensionInt count, GDExtensionVariantPtr result)
{
    (void)self;
    give_text(result, ganrt_avatars_sentence((ganrt_avatars_status)whole(given, count, 0)));
}

static void method_count(instance *self, const GDExtensionConstVariantPtr *given, GDExtensionInt count, GDExtensionVariantPtr result)
{
    value all;
    ganrt_avatars_statistics told;
    (void)given, (void)count;
    memset(&told, 0, sizeof told);
    if (self->avatars)
        told = ganrt_avatars_count(self->avatars);
    godot.create[OF_ARRAY](&all, NULL);
    append_int(&all, (int64_t)told.requested);
    append_int(&all, (int64_t)told.delivered);
    append_int(&all, (int64_t)told.waiting);
    append_int(&all, (int64_t)told.ready);
    give_array(result, &all);
}

static const struct {
    const char *name;
    method *run;
} METHODS[] = {
    {"open", method_open},     {"request", method_request}, {"request_look", method_request_look}, {"cancel", method_cancel},
    {"poll", method_poll},     {"count", method_count},     {"sentence", method_sentence},         {"close", method_close},
};

/* What Godot calls */

static void called(void *userdata, GDExtensionClassInstancePtr self, const GDExtensionConstVariantPtr *given, GDExtensionInt count,
                   GDExtensionVariantPtr result, GDExtensionCallError *error)
{
    memset(error, 0, sizeof *error);
    METHODS[(size_t)userdata].run((instance *)self, given, count, result);
}

static GDExtensionObjectPtr created(void *userdata)
{
    instance *self = (instance *)calloc(1, sizeof *self);
    GDExtensionObjectPtr object = self ? godot.construct(&godot.parent) : NULL;
    (void)userdata;
    if (object)
        godot.set_instance(object, &godot.class_name, self);
    else
        free(self);
    return object;
}

static void destroyed(void *userdata, GDExtensionClassInstancePtr self)
{
    (void)userdata;
    if (self)
        ganrt_avatars_close(((instance *)self)->avatars);
    free(self);
}

/* Methods take any number of arguments: so Godot always calls them with Variants. */
static void add_method(size_t number)
{
    GDExtensionClassMethodInfo info;
    GDExtensionPropertyInfo result;
    value name, none, empty;
    memset(&info, 0, sizeof info);
    memset(&result, 0, sizeof result);
    godot.name_new(&name, METHODS[number].name, 0);
    godot.name_new(&none, "", 0);
    godot.string_new(&empty, "");
    result.type = GDEXTENSION_VARIANT_TYPE_NIL;
    result.name = result.class_name = &none;
    result.hint_string = &empty;
    result.usage = 6 | 1 << 17; /* PROPERTY_USAGE_DEFAULT, PROPERTY_USAGE_NIL_IS_VARIANT */
    info.name = &name;
    info.method_userdata = (void *)number;
    info.call_func = called;
    info.method_flags = GDEXTENSION_METHOD_FLAG_NORMAL | GDEXTENSION_METHOD_FLAG_VARARG;
    info.has_return_value = 1;
    info.return_value_info = &result;
    godot.register_method(godot.library, &godot.class_name, &info);
    godot.destroy_name(&name);
    godot.destroy_name(&none);
    godot.destroy[OF_STRING](&empty);
}

static void begin(void *userdata, GDExtensionInitializationLevel level)
{
    GDExtensionClassCreationInfo info;
    size_t i;
    (void)userdata;
    if (level != GDEXTENSION_INITIALIZATION_SCENE)
        return;
    godot.name_new(&godot.class_name, "GanrtAvatars", 0);
    godot.name_new(&godot.parent, "RefCounted", 0);
    memset(&info, 0, sizeof info);
    info.create_instance_func = created;
    info.free_instance_func = destroyed;
    godot.register_class(godot.library, &godot.class_name, &godot.parent, &info);
    for (i = 0; i < sizeof METHODS / sizeof METHODS[0]; i++)
        add_method(i);
}

static void end(void *userdata, GDExtensionInitializationLevel level)
{
    (void)userdata;
    if (level != GDEXTENSION_INITIALIZATION_SCENE)
        return;
    godot.unregister_class(godot.library, &godot.class_name);
    godot.destroy_name(&godot.class_name);
    godot.destroy_name(&godot.parent);
}

static GDExtensionPtrBuiltInMethod builtin(GDExtensionInterfaceVariantGetPtrBuiltinMethod get, kind k, const char *text, GDExtensionInt hash)
{
    value name;
    GDExtensionPtrBuiltInMethod found;
    godot.name_new(&name, text, 0);
    found = get(TYPES[k], &name, hash);
    godot.destroy_name(&name);
    return found;
}

GDExtensionBool EXPORT ganrt_godot4_init(GDExtensionInterfaceGetProcAddress get, GDExtensionClassLibraryPtr library,
                                         GDExtensionInitialization *how)
{
    GDExtensionInterfaceGetVariantFromTypeConstructor to = (GDExtensionInterfaceGetVariantFromTypeConstructor)get("get_variant_from_type_constructor");
    GDExtensionInterfaceGetVariantToTypeConstructor from = (GDExtensionInterfaceGetVariantToTypeConstructor)get("get_variant_to_type_constructor");
    GDExtensionInterfaceVariantGetPtrConstructor create = (GDExtensionInterfaceVariantGetPtrConstructor)get("variant_get_ptr_constructor");
    GDExtensionInterfaceVariantGetPtrDestructor destroy = (GDExtensionInterfaceVariantGetPtrDestructor)get("variant_get_ptr_destructor");
    GDExtensionInterfaceVariantGetPtrBuiltinMethod methods = (GDExtensionInterfaceVariantGetPtrBuiltinMethod)get("variant_get_ptr_builtin_method");
    int k;
    godot.library = library;
    godot.variant_new_nil = (GDExtensionInterfaceVariantNewNil)get("variant_new_nil");
    godot.variant_destroy = (GDExtensionInterfaceVariantDestroy)get("variant_destroy");
    godot.variant_get_type = (GDExtensionInterfaceVariantGetType)get("variant_get_type");
    godot.string_new = (GDExtensionInterfaceStringNewWithUtf8Chars)get("string_new_with_utf8_chars");
    godot.string_to_utf8 = (GDExtensionInterfaceStringToUtf8Chars)get("string_to_utf8_chars");
    godot.name_new = (GDExtensionInterfaceStringNameNewWithLatin1Chars)get("string_name_new_with_latin1_chars");
    godot.bytes_at = (GDExtensionInterfacePackedByteArrayOperatorIndex)get("packed_byte_array_operator_index");
    godot.construct = (GDExtensionInterfaceClassdbConstructObject)get("classdb_construct_object");
    godot.set_instance = (GDExtensionInterfaceObjectSetInstance)get("object_set_instance");
    godot.register_class = (GDExtensionInterfaceClassdbRegisterExtensionClass)get("classdb_register_extension_class");
    godot.register_method = (GDExtensionInterfaceClassdbRegisterExtensionClassMethod)get("classdb_register_extension_class_method");
    godot.unregister_class = (GDExtensionInterfaceClassdbUnregisterExtensionClass)get("classdb_unregister_extension_class");
    if (!to || !from || !create || !destroy || !methods || !godot.variant_new_nil || !godot.variant_destroy || !godot.variant_get_type ||
        !godot.string_new || !godot.string_to_utf8 || !godot.name_new || !godot.bytes_at || !godot.construct || !godot.set_instance ||
        !godot.register_class || !godot.register_method || !godot.unregister_class)
        return 0; /* built without what Godot calls deprecated */
    for (k = 0; k < KINDS; k++) {
        godot.to_variant[k] = to(TYPES[k]);
        godot.from_variant[k] = from(TYPES[k]);
        godot.create[k] = create(TYPES[k], 0);
        godot.destroy[k] = destroy(TYPES[k]);
    }
    godot.destroy_name = destroy(GDEXTENSION_VARIANT_TYPE_STRING_NAME);
    godot.array_append = builtin(methods, OF_ARRAY, "append", 3316032543);
    godot.bytes_resize = builtin(methods, OF_BYTES, "resize", 848867239);
    if (!godot.array_append || !godot.bytes_resize)
        return 0;
    how->minimum_initialization_level = GDEXTENSION_INITIALIZATION_SCENE;
    how->initialize = begin;
    how->deinitialize = end;
    return 1;
}
