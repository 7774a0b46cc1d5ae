using System.Runtime.CompilerServices;

namespace ClipGrpc.Client.Internal;

/// <summary>Checks the items of a caller's sequence, so that the error names the one.</summary>
internal static class Arguments
{
    /// <exception cref="ArgumentNullException">The sequence or an item is null; see <see cref="Null"/>.</exception>
    public static IEnumerable<T> WithoutNull<T>(
        IEnumerable<T> items, [CallerArgumentExpression(nameof(items))] string name = "")
        where T : class
    {
        ArgumentNullException.ThrowIfNull(items, name);
        return items.Select((item, index) => item ?? throw Null(name, index));
    }

    /// <summary>The error of an item that is null; its parameter is like <c>texts[3]</c>.</summary>
    public static ArgumentNullException Null(string name, long index) => new($"{name}[{index}]");
}
