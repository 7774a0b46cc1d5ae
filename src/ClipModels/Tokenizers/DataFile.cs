using System.Globalization;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>The tables under <c>Data/</c>, which are part of the assembly.</summary>
internal static class DataFile
{
    /// <summary>The lines of a table, each cut at its spaces.</summary>
    public static IEnumerable<string[]> ReadLines(string name)
    {
        using var stream = typeof(DataFile).Assembly.GetManifestResourceStream($"ClipGrpc.Models.Tokenizers.{name}")
            ?? throw new InvalidOperationException($"The assembly lacks its table {name}.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            yield return line.Split(' ');
    }

    public static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public static string TextOf(IEnumerable<string> codePoints)
    {
        return string.Concat(codePoints.Select(digits => char.ConvertFromUtf32(Hex(digits))));
    }
}
