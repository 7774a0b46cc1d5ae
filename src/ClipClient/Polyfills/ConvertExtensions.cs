namespace ClipGrpc.Client;

/// <summary>What .NET has from 9 on.</summary>
internal static class ConvertExtensions
{
    extension(Convert)
    {
        public static string ToHexStringLower(byte[] bytes) =>
            BitConverter.ToString(bytes).Replace("-", "").ToLowerInvariant();
    }
}
