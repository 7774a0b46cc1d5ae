using System.Globalization;
using System.Text;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>
/// Cuts a lower-cased text into words as CLIP does: a special token, an English contraction ('s 't 're 've 'm 'll 'd),
/// a run of letters, one digit, or a run of anything else but space. Works on code points, so letters beyond the Basic
/// Multilingual Plane are letters.
/// </summary>
internal ref struct WordScanner
{
    // As the reference's pattern ignores case, the long s (ſ), whose capital is S, counts as s; it has no lower form.
    private const char LongS = 'ſ';

    // The reference's pattern ignores case and this mark's capital is a letter, so that none of its parts matches it:
    // the mark is left out as space is.
    private const char IotaBelow = '\u0345';

    private static readonly string[] Contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private readonly ReadOnlySpan<char> _text;
    private readonly ReadOnlySpan<char> _start;
    private readonly ReadOnlySpan<char> _end;
    private int _position;

    /// <param name="text">Lower case, valid UTF-16.</param>
    public WordScanner(ReadOnlySpan<char> text, SpecialToken start, SpecialToken end)
    {
        _text = text;
        _start = start.Text;
        _end = end.Text;
    }

    private enum Kind
    {
        Space,
        Letter,
        Digit,
        Other,
    }

    public ReadOnlySpan<char> Current { get; private set; }

    /// <summary>Where the current word ends.</summary>
    public readonly int Position => _position;

    public bool MoveNext()
    {
        SkipSpaces();
        var rest = _text[_position..];
        if (rest.IsEmpty)
            return false;

        Current = rest[..LengthOfWord(rest)];
        _position += Current.Length;
        return true;
    }

    private void SkipSpaces()
    {
        while (_position < _text.Length && IsSpace(_text[_position]))
            _position++;
    }

    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || c == IotaBelow;

    private readonly int LengthOfWord(ReadOnlySpan<char> rest)
    {
        if (rest[0] == '<')
        {
            if (StartsWith(rest, _start))
                return _start.Length;
            if (StartsWith(rest, _end))
                return _end.Length;
        }
        else if (rest[0] == '\'')
        {
            foreach (var contraction in Contractions)
            {
                if (StartsWith(rest, contraction))
                    return contraction.Length;
            }
        }

        var kind = KindAt(rest, out var length);
        if (kind == Kind.Digit)
            return length;
        while (length < rest.Length && KindAt(rest[length..], out var next) == kind)
            length += next;
        return length;
    }

    private static bool StartsWith(ReadOnlySpan<char> text, ReadOnlySpan<char> lowerCase)
    {
        if (text.Length < lowerCase.Length)
            return false;
        for (var i = 0; i < lowerCase.Length; i++)
        {
            var same = text[i] == lowerCase[i] || (text[i] == LongS && lowerCase[i] == 's');
            if (!same)
                return false;
        }

        return true;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, out int length)
    {
        length = 1;
        var first = text[0];
        if (char.IsAscii(first))
            return KindOfAscii(first);

        Rune.DecodeFromUtf16(text, out var rune, out length);
        if (IsSpace(first))
            return Kind.Space;
        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber =>
                Kind.Digit,
            _ => Kind.Other,
        };
    }

    private static Kind KindOfAscii(char c)
    {
        if (char.IsAsciiLetter(c))
            return Kind.Letter;
        if (char.IsAsciiDigit(c))
            return Kind.Digit;
        return char.IsWhiteSpace(c) ? Kind.Space : Kind.Other;
    }
}
