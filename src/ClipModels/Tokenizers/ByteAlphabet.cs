namespace ClipGrpc.Models.Tokenizers;

/// <summary>
/// How byte-level vocabularies write a byte as one character: printable Latin-1 stands for itself, the other
/// bytes follow from U+0100 on, in order.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Symbols = MakeSymbols();

    public static char SymbolOf(byte value) => Symbols[value];

    /// <param name="symbol">One of <see cref="SymbolOf"/>.</param>
    public static byte ByteOf(char symbol) => (byte)Array.IndexOf(Symbols, symbol);

    private static char[] MakeSymbols()
    {
        var symbols = new char[256];
        var next = '\u0100';
        for (var value = 0; value < symbols.Length; value++)
        {
            var standsForItself = value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE;
            symbols[value] = standsForItself ? (char)value : next++;
        }

        return symbols;
    }
}
