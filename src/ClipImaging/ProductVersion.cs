using System.Reflection;

namespace ClipGrpc;

internal static class ProductVersion
{
    /// <summary>The version of all of ClipGrpc, as 1.2.3.</summary>
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];
}
