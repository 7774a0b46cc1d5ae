using System.Buffers;
using System.Text;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Tests.Images;
using ClipGrpc.TestSupport;
using ClipGrpc.V1;
using Google.Protobuf;
using static ClipGrpc.TestSupport.Make;
using ColorMatrix = ClipGrpc.Imaging.Pixels.ColorMatrix;
using PixelFormat = ClipGrpc.Imaging.Pixels.PixelFormat;

namespace ClipGrpc.Tests.Fuzzing;

/// <summary>What callers send, damaged at random: see <see cref="Fuzzer"/>.</summary>
public sealed class InputFuzzTests(ITestOutputHelper output)
{
    private const int Edge = 32;
    private const int MostInputs = 4;
    private const int MostPixels = 1 << 20;

    [Theory]
    [InlineData("jpg")]
    [InlineData("png")]
    [InlineData("gif")]
    [InlineData("bmp")]
    [InlineData("webp")]
    public void Image_Damaged_IsRefusedOrPrepared(string extension)
    {
        var sound = SmallImages(extension);
        var preprocessor = TestImages.Preprocessor(Edge, limits: new ImageLimits { MaxPixels = MostPixels });
        var target = new byte[preprocessor.OutputLength];

        Fuzz(extension, random =>
        {
            var file = Mutation.Damage(sound[random.Next(sound.Length)], random);
            return () => preprocessor.Prepare(file, default, target);
        });
    }

    [Fact]
    public void RawPixels_AnySizeStrideAndLength_AreRefusedOrPrepared()
    {
        var preprocessor = TestImages.Preprocessor(Edge, limits: new ImageLimits { MaxPixels = MostPixels });
        var target = new byte[preprocessor.OutputLength];
        var data = TestImages.Noise(1 << 16, seed: 1);
        var formats = Enum.GetValues<PixelFormat>();
        var matrices = Enum.GetValues<ColorMatrix>();

        Fuzz("raw", random =>
        {
            var (width, height) = (Size(random), Size(random));
            var format = formats[random.Next(formats.Length)];
            var stride = random.Next(3) == 0 ? Size(random) : 0;
            var length = (double)(stride == 0 ? width * RawLayout.BytesPerPixel(format) : stride) * height;
            var sent = length <= data.Length && random.Next(4) > 0 ? (int)length : random.Next(data.Length);
            var raw = new RawPixels(
                width, height, stride, format, matrices[random.Next(matrices.Length)], data.AsMemory(0, sent));
            return () => preprocessor.Prepare(raw, default, target);
        });
    }

    [Fact]
    public void Text_AnyCharacters_IsTokenized()
    {
        using var folder = VocabularyFolder.Written();
        var tokenizer = folder.Load();
        var sound = Encoding.UTF8.GetBytes("A photo of the cat&amp;s <|endoftext|> in é e\u0301 猫 😀 ﬁ ÃƒÂ¶ \u3000 12!");

        Fuzz(
            "text",
            random =>
            {
                var bytes = Mutation.Damage(sound, random);
                var text = random.Next(2) == 0
                    ? Encoding.UTF8.GetString(bytes)
                    : new string([.. bytes.Select(value => (char)((value << 8) ^ random.Next(65_536)))]);
                return () => tokenizer.Tokenize(text);
            },
            isRefused: false);
    }

    /// <summary>What passes the scan holds no more inputs than are allowed once it is parsed.</summary>
    [Fact]
    public void Message_Damaged_IsRefusedOrWithinItsLimits()
    {
        var scan = new MessageScan(
            EmbedRequest.Descriptor,
            new Dictionary<string, int> { ["clipgrpc.v1.EmbedRequest.inputs"] = MostInputs });
        var sound = new EmbedRequest
        {
            Model = "m",
            Inputs = { Sentence("a"), Sentence("b"), new Input { Image = Raw(3, 2, 1, 2, 3) } },
            Options = new EmbedOptions(),
        }.ToByteArray();

        Fuzz("message", random =>
        {
            var message = Mutation.Damage(sound, random);
            return () =>
            {
                scan.Run(new ReadOnlySequence<byte>(message));
                if (TryParse(message) is { } parsed)
                    Assert.InRange(parsed.Inputs.Count, 0, MostInputs);
            };
        });
    }

    private static EmbedRequest? TryParse(byte[] message)
    {
        try
        {
            return EmbedRequest.Parser.ParseFrom(message);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static uint Size(Random random) => random.Next(8) switch
    {
        0 => (uint)random.NextInt64(uint.MaxValue + 1L),
        1 => 0,
        _ => (uint)random.Next(1, 200),
    };

    private static byte[][] SmallImages(string extension) => extension switch
    {
        "jpg" => [TestImages.Case("exif6-long.jpg"), TestImages.File("cat-progressive.jpg")],
        "png" => [TestImages.File("cat-small-31x23.png"), TestImages.File("one-pixel.png")],
        "gif" => [TestImages.Case("gif-first-frame-smaller.gif"), TestImages.File("cat.gif")],
        "bmp" => [TestImages.Case("bmp-16bit-ramp.bmp")],
        "webp" => [TestImages.Case("orientation6-exif-prefix.webp")],
        _ => throw new ArgumentOutOfRangeException(nameof(extension)),
    };

    private void Fuzz(string name, Func<Random, Action> make, bool isRefused = true)
    {
        var (runs, refused) = Fuzzer.Run(name, make);

        Assert.True(refused > 0 || !isRefused, $"No damage to {name} was noticed.");
        output.WriteLine($"{name}: {runs:N0} runs, {refused:N0} refused");
    }
}
