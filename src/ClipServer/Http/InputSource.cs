using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.Http;

/// <summary>The inputs of a call, each read when it is about to be embedded.</summary>
/// <param name="Read">Throws a <see cref="ClipException"/> if the input is not valid.</param>
internal sealed record InputSource(int Count, Func<int, ItemInput> Read)
{
    public static InputSource Empty { get; } = new(0, _ => throw new InvalidOperationException());

    /// <summary>The error of the call that follows from an input's own.</summary>
    public Func<int, ClipException, Exception> ToCallError { get; init; } = (_, error) => error;

    /// <summary>These inputs, and then the others.</summary>
    public InputSource Append(InputSource others) => others.Count == 0 ? this : new(
        Count + others.Count,
        i => i < Count ? Read(i) : others.Read(i - Count));
}
