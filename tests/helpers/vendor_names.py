"""The names that ganrt asks of the vendors' modules and of CUDA's."""

from ganrt.engines.tensorrt.targets import RTX_TARGETS

# Every name that ganrt's runner uses; each is looked up in all supported versions.
RUNNER = (
    "ILogger.log",
    "ILogger.ERROR",
    "Runtime.deserialize_cuda_engine",
    "Runtime.engine_host_code_allowed",
    "Runtime.load_runtime",
    "TensorIOMode.INPUT",
    "ExecutionContextAllocationStrategy.USER_MANAGED",
    "ICudaEngine.num_io_tensors",
    "ICudaEngine.num_optimization_profiles",
    "ICudaEngine.get_tensor_name",
    "ICudaEngine.get_tensor_mode",
    "ICudaEngine.get_tensor_dtype",
    "ICudaEngine.get_tensor_shape",
    "ICudaEngine.get_tensor_profile_shape",
    "ICudaEngine.create_execution_context",
    "ICudaEngine.device_memory_size_v2",
    "IExecutionContext.set_optimization_profile_async",
    "IExecutionContext.set_input_shape",
    "IExecutionContext.infer_shapes",
    "IExecutionContext.update_device_memory_size_for_shapes",
    "IExecutionContext.set_device_memory",
    "IExecutionContext.set_tensor_address",
    "IExecutionContext.execute_async_v3",
    "DataType.FLOAT",
    "DataType.HALF",
    "DataType.UINT8",
)
# Names of TensorRT-RTX alone, used only where they are.
RUNNER_RTX = (
    "Runtime.get_engine_validity",
    "DynamicShapesKernelSpecializationStrategy.EAGER",
    "ICudaEngine.create_runtime_config",
    "IRuntimeConfig.set_execution_context_allocation_strategy",
    "IRuntimeConfig.dynamic_shapes_kernel_specialization_strategy",
    "IRuntimeConfig.create_runtime_cache",
    "IRuntimeConfig.set_runtime_cache",
    "IRuntimeCache.deserialize",
    "IRuntimeCache.serialize",
    "IExecutionContext.is_stream_capturable",
)
# Every name that ganrt's builder uses; each is looked up in all supported versions.
BUILDER = (
    *("ILogger.ERROR", "ILogger.log"),
    *("Builder.create_network", "Builder.create_builder_config", "Builder.create_optimization_profile"),
    "Builder.build_serialized_network",
    "NetworkDefinitionCreationFlag.STRONGLY_TYPED",
    *("OnnxParser.parse", "OnnxParser.num_errors", "OnnxParser.get_error"),
    *("ParserError.desc", "ParserError.node_name", "ParserError.node_operator"),
    *("INetworkDefinition.num_inputs", "INetworkDefinition.num_outputs"),
    *("INetworkDefinition.get_input", "INetworkDefinition.get_output"),
    *("ITensor.name", "ITensor.dtype", "ITensor.shape"),
    *("IBuilderConfig.builder_optimization_level", "IBuilderConfig.progress_monitor"),
    *("IBuilderConfig.set_memory_pool_limit", "IBuilderConfig.get_memory_pool_limit", "MemoryPoolType.WORKSPACE"),
    *("IBuilderConfig.add_optimization_profile", "IOptimizationProfile.set_shape"),
    *("IBuilderConfig.clear_flag", "BuilderFlag.TF32"),
    *("IProgressMonitor.phase_start", "IProgressMonitor.step_complete", "IProgressMonitor.phase_finish"),
)
BUILDER_TENSORRT = (
    *("IBuilderConfig.create_timing_cache", "IBuilderConfig.set_timing_cache", "ITimingCache.serialize"),
    *("IBuilderConfig.set_flag", "IBuilderConfig.hardware_compatibility_level"),
)
BUILDER_RTX = (
    *("IBuilderConfig.num_compute_capabilities", "IBuilderConfig.set_compute_capability"),
    *("IBuilderConfig.set_flag", "BuilderFlag.REQUIRE_USER_ALLOCATION"),
    *(f"ComputeCapability.{target.upper()}" for target in RTX_TARGETS),
)
# Those of options: asked for with a guard, and refused in words where a version lacks them.
GUARDED = (
    *("BuilderFlag.VERSION_COMPATIBLE", "BuilderFlag.EXCLUDE_LEAN_RUNTIME"),
    *("HardwareCompatibilityLevel.AMPERE_PLUS", "HardwareCompatibilityLevel.SAME_COMPUTE_CAPABILITY"),
)
# Of `cuda.bindings.runtime`, beside `FUNCTIONS` of ganrt.engines.cuda.calls.
CONSTANTS = (
    "cudaError_t.cudaSuccess",
    "cudaError_t.cudaErrorMemoryAllocation",
    "cudaError_t.cudaErrorInsufficientDriver",
    "cudaError_t.cudaErrorNoDevice",
    "cudaDeviceAttr.cudaDevAttrComputeCapabilityMajor",
    "cudaDeviceAttr.cudaDevAttrComputeCapabilityMinor",
    "cudaDeviceAttr.cudaDevAttrIntegrated",
    "cudaDeviceAttr.cudaDevAttrCanMapHostMemory",
    "cudaMemcpyKind.cudaMemcpyHostToDevice",
    "cudaMemcpyKind.cudaMemcpyDeviceToHost",
    "cudaStreamCaptureMode.cudaStreamCaptureModeThreadLocal",
    "cudaStreamNonBlocking",
    "cudaHostAllocDefault",
    "cudaHostAllocMapped",
)
