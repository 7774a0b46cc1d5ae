using System.Globalization;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>Canonical decompositions, compositions and combining classes: the table, and the rule for Hangul.</summary>
internal static class CanonicalMappings
{
    private const int FirstSyllable = 0xAC00, FirstLead = 0x1100, FirstVowel = 0x1161, BeforeTails = 0x11A7;
    private const int Leads = 19, Vowels = 21, Tails = 28, Syllables = Leads * Vowels * Tails;

    private static readonly Dictionary<int, (int First, int Second)> Decompositions = [];
    private static readonly Dictionary<(int First, int Second), int> Compositions = [];
    private static readonly Dictionary<int, byte> Classes = [];

    // What canonical composition never leaves alone, or may join to what stands before it.
    private static readonly HashSet<int> Changing = [];

    static CanonicalMappings()
    {
        foreach (var line in DataFile.ReadLines("canonical-mappings.txt"))
        {
            if (line[0] is "=" or ">")
                AddMapping(line);
            else if (line[0] == "@")
                AddClasses(line);
        }
    }

    public static bool MayChange(int codePoint) =>
        IsVowel(codePoint) || IsTail(codePoint) || Changing.Contains(codePoint);

    public static int ClassOf(int codePoint) => Classes.GetValueOrDefault(codePoint);

    /// <param name="second">0 where the code point decomposes to one other.</param>
    public static bool TryDecompose(int codePoint, out int first, out int second)
    {
        var syllable = codePoint - FirstSyllable;
        if (syllable is >= 0 and < Syllables)
        {
            var tail = syllable % Tails;
            first = tail != 0 ? codePoint - tail : FirstLead + syllable / (Vowels * Tails);
            second = tail != 0 ? BeforeTails + tail : FirstVowel + syllable / Tails % Vowels;
            return true;
        }

        var found = Decompositions.TryGetValue(codePoint, out var mapping);
        (first, second) = mapping;
        return found;
    }

    public static bool TryCompose(int first, int second, out int composed)
    {
        var lead = first - FirstLead;
        if (lead is >= 0 and < Leads && IsVowel(second))
        {
            composed = FirstSyllable + (lead * Vowels + second - FirstVowel) * Tails;
            return true;
        }

        var syllable = first - FirstSyllable;
        if (syllable is >= 0 and < Syllables && syllable % Tails == 0 && IsTail(second))
        {
            composed = first + second - BeforeTails;
            return true;
        }

        return Compositions.TryGetValue((first, second), out composed);
    }

    private static bool IsVowel(int codePoint) => codePoint is >= FirstVowel and < FirstVowel + Vowels;

    private static bool IsTail(int codePoint) => codePoint is > BeforeTails and < BeforeTails + Tails;

    // "= C5 41 30A" works both ways; "> 212B C5" only decomposes.
    private static void AddMapping(string[] line)
    {
        var codePoint = DataFile.Hex(line[1]);
        var first = DataFile.Hex(line[2]);
        var second = line.Length > 3 ? DataFile.Hex(line[3]) : 0;
        Decompositions[codePoint] = (first, second);
        if (line[0] == ">")
        {
            Changing.Add(codePoint);
            return;
        }

        Compositions[(first, second)] = codePoint;
        Changing.Add(second);
    }

    // "@ 300 314 230": first, last, class.
    private static void AddClasses(string[] line)
    {
        for (var codePoint = DataFile.Hex(line[1]); codePoint <= DataFile.Hex(line[2]); codePoint++)
        {
            Classes[codePoint] = byte.Parse(line[3], CultureInfo.InvariantCulture);
            Changing.Add(codePoint);
        }
    }
}
