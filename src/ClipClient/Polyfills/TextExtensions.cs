using System.Security.Cryptography;

namespace ClipGrpc.Client;

internal static class TextExtensions
{
    extension(string)
    {
        public static string Create(IFormatProvider provider, FormattableString text) => text.ToString(provider);
    }

    extension(SHA256)
    {
        public static byte[] HashData(ReadOnlySpan<byte> source)
        {
            using var hash = SHA256.Create();
            return hash.ComputeHash(source.ToArray());
        }
    }
}
