namespace ClipGrpc.Client;

/// <summary>Options for loading a model.</summary>
public sealed record LoadModelCallOptions
{
    /// <summary>The name to serve it under; empty, the default, means one derived from the source.</summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// <c>fp32</c>, <c>fp16</c>, <c>bf16</c> or <c>int8</c>; empty, the default, means the server's default.
    /// </summary>
    public string Precision { get; init; } = "";

    /// <summary>
    /// <c>cpu</c>, <c>cuda</c>, or <c>PROVIDER[:cpu|gpu|npu[:INDEX]]</c> for a device of one of the server's plug-in
    /// execution providers; empty, the default, means the server's default.
    /// </summary>
    public string Device { get; init; } = "";

    /// <summary>
    /// The deadline, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for none. Default: null, for
    /// <see cref="ClipClientOptions.LoadTimeout"/>.
    /// </summary>
    public TimeSpan? Timeout { get; init; }
}
