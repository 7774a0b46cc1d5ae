using ClipGrpc.Tests.Architecture.Planted.High;

namespace ClipGrpc.Tests.Architecture.Planted.Low;

/// <summary>A folder that uses a higher one, in each way that code can.</summary>
internal sealed class Used;

internal sealed class BySignature
{
    public static int Count(Target? target) => target is null ? 0 : 1;
}

internal sealed class ByField
{
    public Target? Target { get; set; }
}

internal sealed class ByGenericArgument
{
    public List<Target> Targets { get; } = [];
}

internal sealed class ByBody
{
    public static int Count(object used) => Target.Count((Used)used);
}

internal sealed class ByLambda
{
    public static IEnumerable<int> Count(IEnumerable<Used> used) => used.Select(one => Target.Count(one));
}

internal sealed class ByAsyncMethod
{
    public static async Task<int> CountAsync(Task<Used> used) => Target.Count(await used);
}

internal sealed class ByAsyncLambda
{
    private readonly int _added = 1;

    public Func<Task<Used>, Task<int>> Count => async used => Target.Count(await used) + _added;
}

internal sealed class ByGenericAsyncMethod<T>
    where T : class
{
    public static async Task<T?> FindAsync(Task<Used> used)
    {
        return Find(await used);

        static T? Find(Used found) => Target.Count(found) > 0 ? null : default;
    }
}

internal sealed class ByIterator
{
    public static IEnumerable<int> Count(IEnumerable<Used> used)
    {
        foreach (var one in used)
            yield return Target.Count(one);
    }
}

internal sealed class ByTypeCheck
{
    public static bool Is(object any) => any is Target;
}

internal sealed class ByTypeOf
{
    public static string Name => typeof(Target).Name;
}

[Target]
internal sealed class ByAttribute;

internal sealed class ByNestedType
{
    internal sealed class Nested
    {
        public static int Count(Used used) => Target.Count(used);
    }
}
