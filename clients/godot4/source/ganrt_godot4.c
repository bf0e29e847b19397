/* Godot 4.2 and later: the class GanrtAvatars (a RefCounted) of addons/ganrt_avatars, by GDExtension; its methods are in
 * ganrt_godot.h. Build: CMakeLists.txt of this folder. Licence: Apache 2.0, as ganrt's own. */
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

/* How values pass: what ganrt_godot.h needs. A result is a Variant that Godot has made room for. */

typedef struct {
    const GDExtensionConstVariantPtr *given;
    GDExtensionInt count;
} arguments;
typedef GDExtensionVariantPtr result;
typedef value variant, array;

static int is_of(arguments these, int place, kind k)
{
    return place < these.count && godot.variant_get_type(these.given[place]) == TYPES[k];
}

static int64_t whole(arguments these, int place)
{
    int64_t number = 0;
    if (is_of(these, place, OF_INT))
        godot.from_variant[OF_INT](&number, (GDExtensionVariantPtr)these.given[place]);
    return number;
}

/* To be freed. text is NULL for want of memory. */
static words text_of(arguments these, int place)
{
    words w = {NULL, 0};
    value string;
    int there = is_of(these, place, OF_STRING);
    if (there) {
        godot.from_variant[OF_STRING](&string, (GDExtensionVariantPtr)these.given[place]);
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

static void give_nil(result made)
{
    godot.variant_new_nil(made);
}

static void give_int(result made, int64_t number)
{
    godot.to_variant[OF_INT](made, &number);
}

static void give_text(result made, const char *text)
{
    value string;
    godot.string_new(&string, text);
    godot.to_variant[OF_STRING](made, &string);
    godot.destroy[OF_STRING](&string);
}

static void begin_array(array *all)
{
    godot.create[OF_ARRAY](all, NULL);
}

static void give_array(result made, array *all)
{
    godot.to_variant[OF_ARRAY](made, all);
    godot.destroy[OF_ARRAY](all);
}

static void give_bytes(result made, const unsigned char *bytes, size_t size)
{
    value all, unused;
    int64_t length = (int64_t)size;
    const GDExtensionConstTypePtr given[1] = {&length};
    godot.create[OF_BYTES](&all, NULL);
    if (size) {
        godot.bytes_resize(&all, given, &unused, 1);
        memcpy(godot.bytes_at(&all, 0), bytes, size);
    }
    godot.to_variant[OF_BYTES](made, &all);
    godot.destroy[OF_BYTES](&all);
}

static void append(array *all, variant *one)
{
    const GDExtensionConstTypePtr given[1] = {one};
    godot.array_append(all, given, NULL, 1);
    godot.variant_destroy(one);
}

#include "ganrt_godot.h"

/* What Godot calls */

static void called(void *userdata, GDExtensionClassInstancePtr self, const GDExtensionConstVariantPtr *given, GDExtensionInt count,
                   GDExtensionVariantPtr made, GDExtensionCallError *error)
{
    arguments these;
    these.given = given;
    these.count = count;
    memset(error, 0, sizeof *error);
    METHODS[(size_t)userdata].run((instance *)self, these, made);
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
        end_instance((instance *)self);
    free(self);
}

/* Methods take any number of arguments: so Godot always calls them with Variants. */
static void add_method(size_t number)
{
    GDExtensionClassMethodInfo info;
    GDExtensionPropertyInfo returned;
    value name, none, empty;
    memset(&info, 0, sizeof info);
    memset(&returned, 0, sizeof returned);
    godot.name_new(&name, METHODS[number].name, 0);
    godot.name_new(&none, "", 0);
    godot.string_new(&empty, "");
    returned.type = GDEXTENSION_VARIANT_TYPE_NIL;
    returned.name = returned.class_name = &none;
    returned.hint_string = &empty;
    returned.usage = 6 | 1 << 17; /* PROPERTY_USAGE_DEFAULT, PROPERTY_USAGE_NIL_IS_VARIANT */
    info.name = &name;
    info.method_userdata = (void *)number;
    info.call_func = called;
    info.method_flags = GDEXTENSION_METHOD_FLAG_NORMAL | GDEXTENSION_METHOD_FLAG_VARARG;
    info.has_return_value = 1;
    info.return_value_info = &returned;
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
