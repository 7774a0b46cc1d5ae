using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Models.Sessions;

/// <summary>How the towers are run. One set per model.</summary>
internal sealed class InferenceOptions : IValidatableObject
{
    /// <summary>
    /// Default <see cref="DeviceSpec.Cpu"/>. A device that is missing is an error, never replaced.
    /// </summary>
    public DeviceSpec Device { get; internal set; } = DeviceSpec.Cpu;

    /// <summary>Devices of models that have another than <see cref="Device"/>, by the model's name.</summary>
    public IReadOnlyDictionary<string, DeviceSpec> ModelDevices { get; internal set; } =
        new Dictionary<string, DeviceSpec>();

    /// <summary>
    /// Plug-in execution providers: the name that <see cref="Device"/> uses, and the library's path. Default none.
    /// </summary>
    public IReadOnlyDictionary<string, string> Providers { get; internal set; } = new Dictionary<string, string>();

    /// <summary>Options of plug-in execution providers: by provider, then by the provider's own name for it.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> ProviderOptions { get; internal set; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>Index of the GPU of the device cuda; default 0, from 0 to 63. Other devices ignore it.</summary>
    [Range(0, 63)]
    public int DeviceId { get; set; }

    /// <summary>
    /// Default <see cref="Precision.Fp32"/>. <see cref="Precision.Int8"/> needs the device cpu;
    /// <see cref="Precision.Bf16"/> a processor that has it.
    /// </summary>
    public Precision Precision { get; internal set; } = Precision.Fp32;

    /// <summary>Precisions of models that have another than <see cref="Precision"/>, by the model's name.</summary>
    public IReadOnlyDictionary<string, Precision> ModelPrecisions { get; internal set; } =
        new Dictionary<string, Precision>();

    /// <summary>Threads of one forward pass; default 0, one for each core in use; 0 to 1024.</summary>
    [Range(0, 1024)]
    public int IntraOpThreads { get; set; }

    /// <summary>
    /// Whether idle threads spin before they sleep; default false. Spinning shortens a lone small batch a little and
    /// burns cores that decoding could use.
    /// </summary>
    public bool AllowSpinning { get; set; }

    /// <summary>
    /// Whether shapes that were warmed up are replayed as CUDA graphs where that is faster; default false. Batches of
    /// all models then take turns on the GPU. Needs <see cref="DeviceSpec.Cuda"/>.
    /// </summary>
    public bool CudaGraphs { get; set; }

    /// <summary>
    /// Whether ONNX Runtime may collect and send its own telemetry to its maker; default false.
    /// </summary>
    public bool Telemetry { get; set; }

    /// <summary>
    /// A folder that the runtime writes a profile of each session to when the session ends; default none. For looking
    /// into a slow model: it costs time and memory with every batch.
    /// </summary>
    public string? ProfileFolder { get; set; }

    /// <summary>
    /// Lengths, in tokens, that text batches are padded to; each at least 1. Default (null): on processors the longest
    /// text of the batch; on GPUs, and for pre-exported ONNX models, 8, 16, 24, 32, 48, 64, 77. Lengths beyond the
    /// model's context are left out, the context itself is always one. Fewer lengths mean fewer shapes, more lengths
    /// less padding.
    /// </summary>
    /// <remarks>Null rather than the list, because binding configuration adds to an array that is there.</remarks>
    public int[]? TextLengths { get; set; }

    /// <summary>What the attributes cannot say.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (TextLengths is { } lengths && lengths.Any(length => length < 1))
        {
            yield return new ValidationResult(
                $"must be lengths of at least 1, but has {lengths.First(length => length < 1)}", [nameof(TextLengths)]);
        }

        if (CudaGraphs && !Devices.Contains(DeviceSpec.Cuda))
            yield return new ValidationResult("needs the device cuda", [nameof(CudaGraphs)]);
        if (Precision == Precision.Int8 && Device != DeviceSpec.Cpu)
        {
            yield return new ValidationResult(
                "int8 runs on the device cpu only; use fp16 or fp32", [nameof(Precision)]);
        }

        foreach (var device in Devices.Where(device => device.Plugin is { } plugin && !Providers.ContainsKey(plugin)))
        {
            yield return new ValidationResult(
                $"names the provider '{device.Plugin}', which is not there; name its library with --provider "
                + $"{device.Plugin}=PATH",
                [nameof(Device)]);
        }

        foreach (var name in ProviderOptions.Keys.Where(name => !Providers.ContainsKey(name)))
        {
            yield return new ValidationResult(
                $"has options of the provider '{name}', which is not there; name its library with --provider "
                + $"{name}=PATH",
                [nameof(ProviderOptions)]);
        }
    }

    /// <summary>The options of one model.</summary>
    /// <param name="name">The model's.</param>
    /// <param name="device">Null: as the settings have it for the name, or for all.</param>
    /// <param name="precision">As the device.</param>
    public InferenceOptions For(string name, DeviceSpec? device = null, Precision? precision = null)
    {
        var own = (InferenceOptions)MemberwiseClone();
        own.Device = device ?? ModelDevices.GetValueOrDefault(name, Device);
        own.Precision = precision ?? ModelPrecisions.GetValueOrDefault(name, Precision);
        own.CudaGraphs = CudaGraphs && own.Device.Kind == DeviceKind.Cuda;
        return own;
    }

    /// <summary>The same for another precision.</summary>
    public InferenceOptions With(Precision precision)
    {
        var other = (InferenceOptions)MemberwiseClone();
        other.Precision = precision;
        return other;
    }

    /// <summary>Threads of one forward pass on a processor.</summary>
    /// <remarks>Left to itself the runtime counts the machine's cores, not those of a container's limit.</remarks>
    public int Threads => IntraOpThreads > 0 ? IntraOpThreads : Environment.ProcessorCount;

    private IEnumerable<DeviceSpec> Devices => ModelDevices.Values.Prepend(Device);
}
