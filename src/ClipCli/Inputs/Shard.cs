using System.Globalization;

namespace ClipGrpc.Cli.Inputs;

/// <summary>
/// One part of a corpus that several runs share: every input is in exactly one of the parts, by the hash of its path or
/// text, whatever else there is.
/// </summary>
/// <param name="Number">1 to <paramref name="Count"/>.</param>
internal sealed record Shard(int Number, int Count)
{
    private const int MostShards = 100_000;

    public static Shard? TryParse(string value)
    {
        var parts = value.Split('/');
        return parts.Length == 2
            && TryParseNumber(parts[0], out var number)
            && TryParseNumber(parts[1], out var count)
            && number >= 1 && number <= count && count <= MostShards
                ? new Shard(number, count)
                : null;
    }

    public bool Contains(CliInput input) =>
        InputVersion.IdOf(input) % (UInt128)Count == (UInt128)(Number - 1);

    public override string ToString() => $"{Number}/{Count}";

    private static bool TryParseNumber(string value, out int number) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
