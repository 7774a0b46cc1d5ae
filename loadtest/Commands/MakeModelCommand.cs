using System.CommandLine;
using ClipGrpc.LoadTest.Models;

namespace ClipGrpc.LoadTest.Commands;

/// <summary><c>make-model --like ViT-B-32 --out DIR</c></summary>
internal sealed class MakeModelCommand : Command
{
    private readonly Option<string> _like = new("--like")
    {
        HelpName = "NAME",
        Description = $"The architecture: {string.Join(", ", Architecture.Names)}.",
        DefaultValueFactory = _ => "ViT-B-32",
    };

    private readonly Option<string> _id = new("--id")
    {
        HelpName = "ID",
        Description = "Seed of the weights. [default: synthetic/NAME]",
    };

    private readonly Option<string> _out = new("--out")
    {
        HelpName = "DIR",
        Description = "The folder to write.",
        Required = true,
    };

    public MakeModelCommand()
        : base("make-model", "Create a full-size checkpoint with synthetic weights, to measure without a download.")
    {
        Add(_like);
        Add(_id);
        Add(_out);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var name = parsed.GetRequiredValue(_like);
        var folder = parsed.GetRequiredValue(_out);
        SyntheticCheckpoint.Write(folder, Architecture.Find(name), parsed.GetValue(_id) ?? $"synthetic/{name}");
        Console.WriteLine($"Wrote a {name} with untrained weights to {folder}. Its embeddings have no meaning.");
        return 0;
    }
}
