/* The few names of Godot 4's GDExtension that ganrt_godot4.c uses, in our own words. Functions are asked for by name and
 * exist since Godot 4.2. Godot's own header (gdextension_interface.h, of `godot --dump-gdextension-interface`) does as
 * well: compile with -DGANRT_GODOT_HEADERS. */
#ifndef GANRT_GDEXTENSION_NAMES_H
#define GANRT_GDEXTENSION_NAMES_H

#include <stddef.h>
#include <stdint.h>

typedef void *GDExtensionVariantPtr, *GDExtensionStringNamePtr, *GDExtensionStringPtr, *GDExtensionObjectPtr, *GDExtensionTypePtr;
typedef const void *GDExtensionConstVariantPtr, *GDExtensionConstStringNamePtr, *GDExtensionConstStringPtr, *GDExtensionConstTypePtr;
typedef void *GDExtensionClassInstancePtr, *GDExtensionClassLibraryPtr;
typedef int64_t GDExtensionInt;
typedef uint8_t GDExtensionBool;

typedef enum {
    GDEXTENSION_VARIANT_TYPE_NIL = 0,
    GDEXTENSION_VARIANT_TYPE_INT = 2,
    GDEXTENSION_VARIANT_TYPE_STRING = 4,
    GDEXTENSION_VARIANT_TYPE_STRING_NAME = 21,
    GDEXTENSION_VARIANT_TYPE_ARRAY = 28,
    GDEXTENSION_VARIANT_TYPE_PACKED_BYTE_ARRAY = 29
} GDExtensionVariantType;

typedef struct {
    int error; /* 0: none */
    int32_t argument, expected;
} GDExtensionCallError;

typedef struct {
    GDExtensionVariantType type;
    GDExtensionStringNamePtr name, class_name;
    uint32_t hint;
    GDExtensionStringPtr hint_string;
    uint32_t usage;
} GDExtensionPropertyInfo;

typedef GDExtensionObjectPtr (*GDExtensionClassCreateInstance)(void *userdata);
typedef void (*GDExtensionClassFreeInstance)(void *userdata, GDExtensionClassInstancePtr instance);

typedef struct {
    GDExtensionBool is_virtual, is_abstract;
    void *unused[10];
    GDExtensionClassCreateInstance create_instance_func;
    GDExtensionClassFreeInstance free_instance_func;
    void *unused_too[2];
    void *class_userdata;
} GDExtensionClassCreationInfo;

typedef void (*GDExtensionClassMethodCall)(void *userdata, GDExtensionClassInstancePtr instance, const GDExtensionConstVariantPtr *given,
                                           GDExtensionInt count, GDExtensionVariantPtr result, GDExtensionCallError *error);
enum { GDEXTENSION_METHOD_FLAG_NORMAL = 1, GDEXTENSION_METHOD_FLAG_VARARG = 16 };

typedef struct {
    GDExtensionStringNamePtr name;
    void *method_userdata;
    GDExtensionClassMethodCall call_func;
    void *ptrcall_func; /* none: of methods with a fixed number of arguments alone */
    uint32_t method_flags;
    GDExtensionBool has_return_value;
    GDExtensionPropertyInfo *return_value_info;
    int return_value_metadata;
    uint32_t argument_count;
    GDExtensionPropertyInfo *arguments_info;
    void *arguments_metadata;
    uint32_t default_argument_count;
    GDExtensionVariantPtr *default_arguments;
} GDExtensionClassMethodInfo;

typedef enum { GDEXTENSION_INITIALIZATION_CORE, GDEXTENSION_INITIALIZATION_SERVERS, GDEXTENSION_INITIALIZATION_SCENE } GDExtensionInitializationLevel;

typedef struct {
    GDExtensionInitializationLevel minimum_initialization_level;
    void *userdata;
    void (*initialize)(void *userdata, GDExtensionInitializationLevel level);
    void (*deinitialize)(void *userdata, GDExtensionInitializationLevel level);
} GDExtensionInitialization;

typedef void (*GDExtensionInterfaceFunctionPtr)(void);
typedef GDExtensionInterfaceFunctionPtr (*GDExtensionInterfaceGetProcAddress)(const char *name);

typedef void (*GDExtensionPtrConstructor)(GDExtensionTypePtr made, const GDExtensionConstTypePtr *given);
typedef void (*GDExtensionPtrDestructor)(GDExtensionTypePtr self);
typedef void (*GDExtensionVariantFromTypeConstructorFunc)(GDExtensionVariantPtr made, GDExtensionTypePtr value);
typedef void (*GDExtensionTypeFromVariantConstructorFunc)(GDExtensionTypePtr made, GDExtensionVariantPtr value);
typedef void (*GDExtensionPtrBuiltInMethod)(GDExtensionTypePtr self, const GDExtensionConstTypePtr *given, GDExtensionTypePtr result, int count);

typedef void (*GDExtensionInterfaceVariantDestroy)(GDExtensionVariantPtr self);
typedef void (*GDExtensionInterfaceVariantNewNil)(GDExtensionVariantPtr made);
typedef GDExtensionVariantType (*GDExtensionInterfaceVariantGetType)(GDExtensionConstVariantPtr self);
typedef GDExtensionVariantFromTypeConstructorFunc (*GDExtensionInterfaceGetVariantFromTypeConstructor)(GDExtensionVariantType type);
typedef GDExtensionTypeFromVariantConstructorFunc (*GDExtensionInterfaceGetVariantToTypeConstructor)(GDExtensionVariantType type);
typedef GDExtensionPtrConstructor (*GDExtensionInterfaceVariantGetPtrConstructor)(GDExtensionVariantType type, int32_t number);
typedef GDExtensionPtrDestructor (*GDExtensionInterfaceVariantGetPtrDestructor)(GDExtensionVariantType type);
typedef GDExtensionPtrBuiltInMethod (*GDExtensionInterfaceVariantGetPtrBuiltinMethod)(GDExtensionVariantType type, GDExtensionConstStringNamePtr name,
                                                                                      GDExtensionInt hash);
typedef void (*GDExtensionInterfaceStringNewWithUtf8Chars)(GDExtensionStringPtr made, const char *text);
typedef GDExtensionInt (*GDExtensionInterfaceStringToUtf8Chars)(GDExtensionConstStringPtr self, char *text, GDExtensionInt most);
typedef void (*GDExtensionInterfaceStringNameNewWithLatin1Chars)(GDExtensionStringNamePtr made, const char *text, GDExtensionBool is_static);
typedef uint8_t *(*GDExtensionInterfacePackedByteArrayOperatorIndex)(GDExtensionTypePtr self, GDExtensionInt index);
typedef GDExtensionObjectPtr (*GDExtensionInterfaceClassdbConstructObject)(GDExtensionConstStringNamePtr class_name);
typedef void (*GDExtensionInterfaceObjectSetInstance)(GDExtensionObjectPtr object, GDExtensionConstStringNamePtr class_name,
                                                      GDExtensionClassInstancePtr instance);
typedef void (*GDExtensionInterfaceClassdbRegisterExtensionClass)(GDExtensionClassLibraryPtr library, GDExtensionConstStringNamePtr class_name,
                                                                  GDExtensionConstStringNamePtr parent, const GDExtensionClassCreationInfo *info);
typedef void (*GDExtensionInterfaceClassdbRegisterExtensionClassMethod)(GDExtensionClassLibraryPtr library, GDExtensionConstStringNamePtr class_name,
                                                                        const GDExtensionClassMethodInfo *info);
typedef void (*GDExtensionInterfaceClassdbUnregisterExtensionClass)(GDExtensionClassLibraryPtr library, GDExtensionConstStringNamePtr class_name);

#endif
