/* A library in OpenVINO's place that is too old: it has the functions that are looked up before its version is. */
typedef struct {
    const char *build, *description;
} version;

#define NAMED(name)                                                                                                      \
    int ov_##name(void)                                                                                                  \
    {                                                                                                                    \
        return -1;                                                                                                       \
    }

int ov_get_openvino_version(version *found)
{
    found->build = "2023.0.1-11005";
    return 0;
}

NAMED(version_free)
NAMED(get_last_err_msg)
NAMED(free)
NAMED(core_create)
NAMED(core_free)
NAMED(core_read_model_from_memory_buffer)
NAMED(model_reshape_input_by_name)
NAMED(model_free)
NAMED(partial_shape_create_static)
NAMED(partial_shape_free)
NAMED(core_compile_model)
NAMED(compiled_model_free)
NAMED(compiled_model_create_infer_request)
NAMED(infer_request_get_tensor)
NAMED(infer_request_infer)
NAMED(infer_request_free)
NAMED(tensor_get_byte_size)
NAMED(tensor_data)
NAMED(tensor_free)
