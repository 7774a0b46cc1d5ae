using System.CommandLine;
using ClipGrpc.LoadTest.Data;

namespace ClipGrpc.LoadTest.Commands;

/// <summary><c>make-data [--images DIR] [--call CALL] --out FILE</c></summary>
internal sealed class MakeDataCommand : Command
{
    private readonly ImageSetOptions _images;

    private readonly Option<string> _call = new("--call")
    {
        HelpName = "CALL",
        Description = $"The method of the requests: {string.Join(", ", DelimitedMessages.Calls)}, or all. "
            + "With all, --out is a folder, to which one file per method is written.",
        DefaultValueFactory = _ => "all",
    };

    private readonly Option<string> _model = ImageSetOptions.ModelName();

    private readonly Option<string> _out = new("--out")
    {
        HelpName = "PATH",
        Description = "The file to write; with --call all, the folder.",
        Required = true,
    };

    public MakeDataCommand()
        : base("make-data", "Write requests for ghz's binary-file: each message after its length as a varint.")
    {
        _images = new ImageSetOptions(this);
        Add(_call);
        Add(_model);
        Add(_out);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var requests = _images.Read(parsed, parsed.GetRequiredValue(_model));
        var path = parsed.GetRequiredValue(_out);
        if (parsed.GetRequiredValue(_call) is var call && call != "all")
        {
            Write(path, call, requests);
            return 0;
        }

        Directory.CreateDirectory(path);
        foreach (var each in DelimitedMessages.Calls)
            Write(Path.Combine(path, each + ".bin"), each, requests);
        return 0;
    }

    private static void Write(string path, string call, Requests requests)
    {
        var messages = DelimitedMessages.Of(call, requests);
        using var stream = File.Create(path);
        var count = DelimitedMessages.Write(stream, messages);
        Console.WriteLine($"{path}: {count} messages, {stream.Length:N0} bytes");
    }
}
