using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Models.Sessions;

/// <summary>How the towers are run. One set per model.</summary>
internal sealed class InferenceOptions : IValidatableObject
{
    private static readonly int[] DefaultTextLengths = [8, 16, 24, 32, 48, 64, 77];

    /// <summary>Default <see cref="DeviceKind.Cpu"/>. A device that is missing is an error, never replaced.</summary>
    public DeviceKind Device { get; set; } = DeviceKind.Cpu;

    /// <summary>Index of the GPU; default 0, from 0 to 63. The CPU ignores it.</summary>
    [Range(0, 63)]
    public int DeviceId { get; set; }

    /// <summary>Default <see cref="Precision.Fp32"/>. <see cref="Precision.Int8"/> needs the CPU.</summary>
    public Precision Precision { get; set; } = Precision.Fp32;

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
    /// all models then take turns on the GPU. Needs <see cref="DeviceKind.Cuda"/>.
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
    /// Lengths, in tokens, that text batches are padded to; each at least 1. Default (null) 8, 16, 24, 32, 48, 64, 77.
    /// Lengths beyond the model's context are left out, the context itself is always one. Fewer lengths mean fewer
    /// shapes, more lengths less padding.
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

        if (CudaGraphs && Device != DeviceKind.Cuda)
            yield return new ValidationResult("needs the device cuda", [nameof(CudaGraphs)]);
        if (Precision == Precision.Int8 && Device != DeviceKind.Cpu)
        {
            yield return new ValidationResult(
                "int8 runs on the device cpu only; use fp16 or fp32", [nameof(Precision)]);
        }
    }

    /// <summary>The same for another precision.</summary>
    public InferenceOptions With(Precision precision)
    {
        var other = (InferenceOptions)MemberwiseClone();
        other.Precision = precision;
        return other;
    }

    /// <summary>Human-readable: <c>cpu</c> or <c>cuda:0</c>.</summary>
    public string DeviceName => Device == DeviceKind.Cuda ? $"cuda:{DeviceId}" : "cpu";

    /// <summary>The execution provider: CPU or CUDA.</summary>
    public string ProviderName => Device == DeviceKind.Cuda ? "CUDA" : "CPU";

    /// <summary>The lengths that the texts of a model are padded to, ascending; the last is its context.</summary>
    public int[] TextLengthsWithin(int contextLength) =>
        [
            .. (TextLengths ?? DefaultTextLengths).Where(length => length < contextLength).Distinct().Order(),
            contextLength,
        ];
}
