using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace ClipGrpc.Models.Sessions;

/// <summary>How the runtime is to run a session.</summary>
internal static class RuntimeOptions
{
    private const string NoFallbackKey = "session.disable_cpu_ep_fallback";

    // Untested until it has run: by the runtime's documentation, and there was no such processor to try it on.
    private const string ArmBf16Key = "mlas.enable_gemm_fastmath_arm64_bfloat16";

    // The runtime's numbers of its fused attention kernels, and of the one that is not fused.
    private const int FlashAttention = 1;
    private const int EfficientAttention = 2;
    private const int TensorRtAttention = 4;
    private const int PlainAttention = 16;

    /// <param name="replaysGraphs">
    /// The session's runs say which CUDA graph they are for; without that the runtime would replay one for all of them,
    /// with the addresses of its first run.
    /// </param>
    /// <exception cref="ClipException">The device is missing.</exception>
    public static SessionOptions Create(
        InferenceOptions options, ExecutionDevice device, bool replaysGraphs = false)
    {
        OrtEnvironment.EnsureCreated(options.Telemetry);
        var sessionOptions = new SessionOptions
        {
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            InterOpNumThreads = 1,
            // A plug-in has threads of its own, and the runtime's have nothing to do.
            IntraOpNumThreads = device.Plugin is null ? options.Threads : 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING,
        };
        try
        {
            sessionOptions.AddSessionConfigEntry(
                "session.intra_op.allow_spinning", options.AllowSpinning ? "1" : "0");
            if (options.ProfileFolder is { } folder)
            {
                // The runtime adds a time to the second, which two sessions can share.
                sessionOptions.ProfileOutputPathPrefix = Path.Combine(folder, $"clip-{Guid.NewGuid():N}");
                sessionOptions.EnableProfiling = true;
            }

            if (device.Plugin is { } plugin)
                UsePlugin(sessionOptions, options, plugin);
            else if (options.Device.Kind == DeviceKind.Cuda)
                UseCuda(sessionOptions, options, device, replaysGraphs);
            else if (options.Precision == Precision.Bf16)
                sessionOptions.AddSessionConfigEntry(ArmBf16Key, "1");
            return sessionOptions;
        }
        catch
        {
            sessionOptions.Dispose();
            throw;
        }
    }

    private static void UsePlugin(SessionOptions sessionOptions, InferenceOptions options, OrtEpDevice device)
    {
        // What the plug-in does not take would otherwise run on the CPU without a word.
        sessionOptions.AddSessionConfigEntry(NoFallbackKey, "1");
        var plugin = options.Device.Plugin!;
        var given = options.ProviderOptions.GetValueOrDefault(plugin) ?? new Dictionary<string, string>();
        var providerOptions = device.EpName == OpenVinoOptions.Provider
            ? OpenVinoOptions.Create(device, options.Precision, options.Threads, plugin, given)
            : given;
        try
        {
            sessionOptions.AppendExecutionProvider(OrtEnv.Instance(), [device], providerOptions);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ClipException(
                ClipErrorReason.InvalidSetting,
                $"Provider {plugin} could not be started on {PluginProviders.Describe(device)}. "
                + $"The runtime reports: {exception.Message.Trim()}");
        }
    }

    private static void UseCuda(
        SessionOptions sessionOptions, InferenceOptions options, ExecutionDevice device, bool replaysGraphs)
    {
        if (!OrtEnvironment.HasCuda)
        {
            throw new ClipException(
                ClipErrorReason.DeviceUnavailable,
                "The device cuda was requested, but this build of ONNX Runtime has no CUDA provider. " +
                "Build with -p:OnnxRuntimeFlavor=Gpu, or use the device cpu.");
        }

        try
        {
            using var cuda = new OrtCUDAProviderOptions();
            cuda.UpdateOptions(new Dictionary<string, string>
            {
                ["device_id"] = options.DeviceId.ToString(CultureInfo.InvariantCulture),
                ["enable_cuda_graph"] = replaysGraphs ? "1" : "0",
                // TF32 keeps ten bits of a product's factors, and fp32 promises IEEE single.
                ["use_tf32"] = "0",
                // Only pre-exported ONNX models have a convolution; the exhaustive search would run per new batch size.
                ["cudnn_conv_algo_search"] = "HEURISTIC",
                // Without it the sums of a float16 layer normalisation are float16 too.
                ["enable_skip_layer_norm_strict_mode"] = "1",
                ["sdpa_kernel"] = AttentionKernels(options.Precision).ToString(CultureInfo.InvariantCulture),
            });
            sessionOptions.AppendExecutionProvider_CUDA(cuda);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ClipException(
                ClipErrorReason.DeviceUnavailable,
                $"The device {device.Name} was requested, but CUDA could not be started on it: " +
                "the GPU, its driver, the CUDA libraries or cuDNN are missing or do not fit. " +
                $"Message of the runtime: {exception.Message.Trim()}",
                exception);
        }
    }

    /// <summary>
    /// All but cuDNN's, which the runtime prefers on a Hopper GPU: it takes 50 ms to prepare for each new shape of a
    /// batch, and is slower than flash attention. In float32, the runtime's own choice.
    /// </summary>
    private static int AttentionKernels(Precision precision) => precision == Precision.Fp16
        ? FlashAttention | EfficientAttention | TensorRtAttention | PlainAttention
        : 0;
}
