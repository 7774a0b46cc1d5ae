using ClipGrpc.TestSupport;
namespace ClipGrpc.Tests.Tokenizers;

/// <summary>The words that come out of cleaning and cutting; expectations follow the reference.</summary>
public sealed class TextCleanerTests : IDisposable
{
    private readonly VocabularyFolder _folder = VocabularyFolder.Written(merges: []);

    [Theory]
    [InlineData("it's WE'LL they've I'd i'm you're don't", "it 's we 'll they 've i 'd i 'm you 're don 't")]
    [InlineData("''s 'sx rock'n'roll o'clock", "'' s 's x rock ' n ' roll o ' clock")]
    [InlineData("e-mail@x.com 3.14 100%", "e - mail @ x . com 3 . 1 4 1 0 0 %")]
    [InlineData("!<|startoftext|>", "!<| startoftext |>")]
    [InlineData("½Ⅳ①²", "½ ⅳ ① ²")]
    [InlineData("𝕬𝖇 😀👍🏽 x𐐀y", "𝕬𝖇 😀👍🏽 x𐐨y")]
    [InlineData("a\u0345b 'ſt", "a b 'ſ t")]
    public void Words_AreCutAsThePatternSays(string text, string words) => Assert.Equal(words, _folder.Words(text));

    [Theory]
    [InlineData("“double” ‘one’ „low‟ ʼ", "\" double \" ' one ' \" low \" '")]
    [InlineData("ＡＢＣ\u3000ｆｕｌｌ！ ｶﾞ ￦", "abc full ! ガ ₩")]
    [InlineData("ﬁsh ﬂow oﬀice ĳ ǆ ŉ ﬅ", "fish flow office ij dž ' n ſt")]
    [InlineData("a\u0001b\u007f\uFEFFc\u206A\uFFF9d", "abcd")]
    [InlineData("a\u200Bb", "a \u200B b")]
    [InlineData("\u001b[1;31mred\u001b[0m \u001b[", "red [")]
    [InlineData("\u0093quoted\u0094 \u0080 \u0081", "\" quoted \" € \u0081")]
    [InlineData("a\u2028b\u2029c\u0085d", "a b c … d")]
    public void Characters_AreRepaired(string text, string words) => Assert.Equal(words, _folder.Words(text));

    // Not as a theory: attributes cannot hold half a pair.
    [Fact]
    public void LoneSurrogates_AreReplaced()
    {
        Assert.Equal("x \uFFFD y \uFFFD\uFFFD 😀", _folder.Words("x\uD800y \uDC00\uD800 \uD83D\uDE00"));
    }

    [Theory]
    [InlineData("&lt;b&gt; &amp;amp; &quot;x&quot; &#39;y&#39; &eacute;", "< b > & \" x \" ' y ' é")]
    [InlineData("&EACUTE; &Eacute; &amp;amp;amp;amp;lt;", "é é <")]
    [InlineData("< &amp;amp;amp;lt; &EACUTE;", "< & amp ; lt ; & eacute ;")]
    [InlineData("&amp;amp;amp;lt;\n< &amp;amp;amp;lt;", "< < & amp ; lt ;")]
    [InlineData("&copy2024 &notit; &bogus; & &; &#; &#x;", "© 2 0 2 4 ¬ it ; & bogus ; & &; &#; &# x ;")]
    [InlineData("&#65;&#x42;&#X43 &#128; &#0; &#xD800; &#1; &#99999999999999999999;", "abc € \uFFFD \uFFFD \uFFFD")]
    [InlineData("&#38;#38;#65; &a&#109;p;lt;", "a <")]
    [InlineData("&NotEqualTilde; &nGt;", "≂̸ ≫⃒")]
    public void Entities_AreDecoded(string text, string words) => Assert.Equal(words, _folder.Words(text));

    [Theory]
    [InlineData("schÃ¶n cafÃ© Â£5 Ã\u00A0", "schön café £ 5 à")]
    [InlineData("itâ€™s â€œsoâ€\u009d", "it 's \" so \"")]
    [InlineData("ÐºÐ¾Ñ‚", "кот")]
    [InlineData("ðŸ˜€ çŒ«", "😀 猫")]
    [InlineData("DoÄŸan Ð”Ð°", "doğan да")]
    [InlineData("ÃƒÂ¶", "ö")]
    [InlineData("naïve café déjà “É” voilà\u00A0» É” é…", "naïve café déjà \" é \" voilà » é \" é …")]
    [InlineData("É\u00ADCOLE", "é \u00AD cole")]
    [InlineData("Ångström São SÃO ñandú ÀÉÎ", "ångström são são ñandú àéî")]
    public void Mojibake_IsRepairedAndOrdinaryTextLeftAlone(string text, string words)
    {
        Assert.Equal(words, _folder.Words(text));
    }

    [Theory]
    [InlineData("İI ıi", "i i̇i ıi")]
    [InlineData("ΟΔΟΣ ΣΟΦΟΣ. Σ ΑΣ'Α Ⓐ", "οδος σοφος . σ ασ ' α ⓐ")]
    [InlineData("STRASSE ß ẞ K Å", "strasse ß ß k å")]
    public void Case_IsLoweredAsUnicodeSays(string text, string words)
    {
        Assert.Equal(words.Replace("i i̇i", "i \u0307 i"), _folder.Words(text));
    }

    [Theory]
    [InlineData("cafe\u0301", "café")]
    [InlineData("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글")]
    [InlineData("\u1112\u1161\u11a7", "하\u11a7")]
    [InlineData("q\u0307\u0323 a\u0323\u0302", "q \u0323\u0307 ậ")]
    [InlineData("\u212B \u2126 \u0958 \u0344", "å ω क \u093C \u0308\u0301")]
    [InlineData("a\u0315\u0300\u05AE\u0301b", "à \u05AE\u0301\u0315 b")]
    [InlineData("\uD834\uDD5E", "\uD834\uDD57\uD834\uDD65")]
    public void Marks_AreComposed(string text, string words) => Assert.Equal(words, _folder.Words(text));

    public void Dispose() => _folder.Dispose();
}
