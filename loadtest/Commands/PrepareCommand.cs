using System.CommandLine;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Serving.Preprocessing;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>
/// <c>prepare FOLDER OUT</c>: what the server's preprocessing makes of each file, for the comparison with Pillow in
/// tests/interop. Hidden: it is of use to a test only.
/// </summary>
internal sealed class PrepareCommand : Command
{
    private readonly Argument<DirectoryInfo> _folder = new("FOLDER") { Description = "The image files." };

    private readonly Argument<DirectoryInfo> _out = new("OUT")
    {
        Description = "The folder for NAME.rgb (size × size × 3 bytes) or NAME.error (the message) of each file NAME.",
    };

    private readonly Option<int> _size = new Option<int>("--size")
    {
        HelpName = "PIXELS",
        Description = "The model's image size.",
        DefaultValueFactory = _ => 224,
    }.Require(size => size is >= 1 and <= 4096, "must be from 1 to 4,096.");

    private readonly Option<ResizeFilter> _filter = new("--filter") { Description = "The filter of the resize." };

    private readonly Option<int?> _edge = new("--edge")
    {
        HelpName = "PIXELS",
        Description = "Length that the shorter edge is resized to before the crop. [default: the image size]",
    };

    private readonly Option<bool> _stored = new("--ignore-orientation")
    {
        Description = "Ignore the orientation of images.",
    };

    public PrepareCommand()
        : base("prepare", "Decode, resize and crop the images of a folder as the server does.")
    {
        Hidden = true;
        Add(_folder);
        Add(_out);
        Add(_size);
        Add(_filter);
        Add(_edge);
        Add(_stored);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var size = parsed.GetRequiredValue(_size);
        var transform = new ImageTransform(size, CropRounding.HalfEven, Filter: parsed.GetValue(_filter))
        {
            Edge = parsed.GetValue(_edge) ?? size,
        };
        var preprocessor = new ImagePreprocessor(transform, new ImageLimits());
        var options = new DecodeOptions(IgnoreOrientation: parsed.GetValue(_stored));
        var target = new byte[preprocessor.OutputLength];
        var folder = parsed.GetRequiredValue(_out);
        folder.Create();
        foreach (var file in parsed.GetRequiredValue(_folder).EnumerateFiles())
        {
            var name = Path.Combine(folder.FullName, file.Name);
            try
            {
                preprocessor.Prepare(File.ReadAllBytes(file.FullName), options, target);
                File.WriteAllBytes(name + ".rgb", target);
            }
            catch (ClipException exception) when (exception.Code == ClipErrorCode.InvalidInput)
            {
                File.WriteAllText(name + ".error", exception.Message);
            }
        }

        return 0;
    }
}
