using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Models.Sessions;

/// <summary>Section <c>Clip:Inference</c>: how the towers are run. One instance per model.</summary>
internal sealed class InferenceOptions : IValidatableObject
{
    /// <summary>
    /// The device that models run on. Default <see cref="DeviceSpec.Cpu"/>. If it is missing, the model fails to load;
    /// there is no fallback.
    /// </summary>
    public DeviceSpec Device { get; internal set; } = DeviceSpec.Cpu;

    /// <summary>Devices of single models, by the model's name; overrides <see cref="Device"/>.</summary>
    public IReadOnlyDictionary<string, DeviceSpec> ModelDevices { get; internal set; } =
        new Dictionary<string, DeviceSpec>();

    /// <summary>
    /// Plug-in execution providers: the path of the library, by the name that <see cref="Device"/> uses. Default none.
    /// </summary>
    public IReadOnlyDictionary<string, string> Providers { get; internal set; } = new Dictionary<string, string>();

    /// <summary>Options of plug-in execution providers, by the provider's name and the option's name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> ProviderOptions { get; internal set; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>Index of the GPU that the device cuda uses. Default 0, 0 to 63. Other devices ignore it.</summary>
    [Range(0, 63)]
    public int DeviceId { get; set; }

    /// <summary>
    /// The precision of the computation. Default <see cref="Precision.Fp32"/>. <see cref="Precision.Int8"/> requires
    /// the device cpu, <see cref="Precision.Bf16"/> an ARM64 processor with BF16 instructions or an OpenVINO device.
    /// </summary>
    public Precision Precision { get; internal set; } = Precision.Fp32;

    /// <summary>Precisions of single models, by the model's name; overrides <see cref="Precision"/>.</summary>
    public IReadOnlyDictionary<string, Precision> ModelPrecisions { get; internal set; } =
        new Dictionary<string, Precision>();

    /// <summary>Threads per forward pass on the CPU. Default 0: one per available core; at most 1024.</summary>
    [Range(0, 1024)]
    public int IntraOpThreads { get; set; }

    /// <summary>
    /// Whether idle threads spin before they sleep. Default false. Spinning makes a single small batch slightly faster,
    /// but uses processor time that decoding could use.
    /// </summary>
    public bool AllowSpinning { get; set; }

    /// <summary>
    /// Whether warmed-up shapes are replayed as CUDA graphs where this is faster. Default false. Batches of all models
    /// then run one at a time on the GPU. Requires <see cref="DeviceSpec.Cuda"/>.
    /// </summary>
    public bool CudaGraphs { get; set; }

    /// <summary>
    /// Whether ONNX Runtime may collect telemetry and send it to Microsoft. Default false.
    /// </summary>
    public bool Telemetry { get; set; }

    /// <summary>
    /// The folder that the runtime writes a profile of each session to, when the session ends. Default none. Profiling
    /// takes time and memory for each batch, so use it only to analyze a slow model.
    /// </summary>
    public string? ProfileFolder { get; set; }

    /// <summary>
    /// Lengths, in tokens, that text batches are padded to; each at least 1. Default (null): on the CPU, the longest
    /// text of the batch; on GPUs, and for pre-exported ONNX models, 8, 16, 24, 32, 48, 64 and 77. Lengths beyond the
    /// model's context length are ignored, and the context length is always one of them. Fewer lengths mean fewer
    /// shapes, more lengths mean less padding.
    /// </summary>
    /// <remarks>Null is the default because the list depends on the device and on the kind of model.</remarks>
    public int[]? TextLengths { get; set; }

    /// <summary>Checks rules that involve several settings or the elements of a list.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (TextLengths is { } lengths && lengths.Any(length => length < 1))
        {
            yield return new ValidationResult(
                $"must contain lengths of at least 1, but has {lengths.First(length => length < 1)}",
                [nameof(TextLengths)]);
        }

        if (CudaGraphs && !Devices.Contains(DeviceSpec.Cuda))
            yield return new ValidationResult("requires the device cuda", [nameof(CudaGraphs)]);
        if (Precision == Precision.Int8 && Device != DeviceSpec.Cpu)
        {
            yield return new ValidationResult(
                "int8 runs on the device cpu only; use fp16 or fp32", [nameof(Precision)]);
        }

        foreach (var device in Devices.Where(device => device.Plugin is { } plugin && !Providers.ContainsKey(plugin)))
        {
            yield return new ValidationResult(
                $"uses the provider '{device.Plugin}', which is not configured; set its library with --provider "
                + $"{device.Plugin}=PATH",
                [nameof(Device)]);
        }

        foreach (var name in ProviderOptions.Keys.Where(name => !Providers.ContainsKey(name)))
        {
            yield return new ValidationResult(
                $"has options of the provider '{name}', which is not configured; set its library with --provider "
                + $"{name}=PATH",
                [nameof(ProviderOptions)]);
        }
    }

    /// <summary>The options of one model.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="device">The device; null selects the one that is configured for the name or for all models.</param>
    /// <param name="precision">The precision; null as with <paramref name="device"/>.</param>
    public InferenceOptions For(string name, DeviceSpec? device = null, Precision? precision = null)
    {
        var own = (InferenceOptions)MemberwiseClone();
        own.Device = device ?? ModelDevices.GetValueOrDefault(name, Device);
        own.Precision = precision ?? ModelPrecisions.GetValueOrDefault(name, Precision);
        own.CudaGraphs = CudaGraphs && own.Device.Kind == DeviceKind.Cuda;
        return own;
    }

    /// <summary>A copy with another precision.</summary>
    public InferenceOptions With(Precision precision)
    {
        var other = (InferenceOptions)MemberwiseClone();
        other.Precision = precision;
        return other;
    }

    /// <summary>Threads per forward pass on the CPU.</summary>
    /// <remarks>By itself the runtime would count the cores of the machine and not those of the container.</remarks>
    public int Threads => IntraOpThreads > 0 ? IntraOpThreads : Environment.ProcessorCount;

    private IEnumerable<DeviceSpec> Devices => ModelDevices.Values.Prepend(Device);
}
