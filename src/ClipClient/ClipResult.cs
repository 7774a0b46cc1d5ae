using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace ClipGrpc.Client;

/// <summary>The outcome of one item of a batch or stream: a value or an error.</summary>
/// <typeparam name="T">The type of the value of a successful item.</typeparam>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class ClipResult<T>
    where T : class
{
    private readonly T? _value;

    /// <summary>A success.</summary>
    public ClipResult(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        _value = value;
    }

    /// <summary>A failure.</summary>
    public ClipResult(ClipError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        Error = error;
    }

    /// <summary>Whether there is a <see cref="Value"/>.</summary>
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsSuccess => Error is null;

    /// <summary>The value.</summary>
    /// <exception cref="ClipClientException">The item failed; the exception carries its code and message.</exception>
    public T Value => _value ?? throw Error!.ToException();

    /// <summary>The error of a failed item, or null.</summary>
    public ClipError? Error { get; }

    /// <summary>The value, or the status and message of the error.</summary>
    public override string ToString() => Error?.ToString() ?? _value!.ToString()!;
}
