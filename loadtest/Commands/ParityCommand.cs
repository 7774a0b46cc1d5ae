using System.CommandLine;
using System.Globalization;
using ClipGrpc.LoadTest.Devices;
using ClipGrpc.LoadTest.Reports;
using Spectre.Console;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>
/// <c>parity --golden DIR --work DIR --device D --precision P</c>: the reference's embeddings on a device.
/// </summary>
internal sealed class ParityCommand : Command
{
    private readonly DeviceOptions _device;
    private readonly JsonOption _json;

    private readonly Option<string> _work = new("--work")
    {
        HelpName = "DIR",
        Description = "A folder for the synthetic weights. Existing ones are reused.",
        Required = true,
    };

    private readonly Option<string> _golden = new("--golden")
    {
        HelpName = "DIR",
        Description = "The folder of the reference vectors, with models and images.",
        DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "golden"),
    };

    private readonly Option<string[]> _only = new("--only")
    {
        HelpName = "NAME",
        Description = "Only models whose name contains this. [default: all]",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<double> _least = new("--least")
    {
        HelpName = "COSINE",
        Description = "Minimum of each cosine.",
        DefaultValueFactory = _ => 0.999,
    };

    public ParityCommand()
        : base("parity", "Compare a device's embeddings with the reference. The exit code is 1 if a cosine is too low.")
    {
        Add(_golden);
        Add(_only);
        Add(_work);
        _device = new DeviceOptions(this);
        Add(_least);
        _json = new JsonOption(this, "the cosines");
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var least = parsed.GetValue(_least);
        var table = new Table().Border(TableBorder.Simple).AddColumn("model").AddColumn("precision")
            .AddColumn("provider")
            .AddColumn(new TableColumn("least, images").RightAligned())
            .AddColumn(new TableColumn("texts").RightAligned());
        var results = new List<ParityResult>();
        foreach (var reference in ReferenceVectors.ReadAll(
            parsed.GetRequiredValue(_golden), parsed.GetRequiredValue(_only)))
        {
            await Console.Error.WriteLineAsync($"{reference.Model} …");
            var result = ParityCheck.Run(reference, parsed.GetRequiredValue(_work), _device.Settings(parsed));
            results.Add(result);
            table.AddRow(
                result.Model, result.Precision, result.Provider, Format(result.Images.Min()),
                Format(result.Texts.Min()));
        }

        var isMet = results.TrueForAll(result => result.IsAtLeast(least));
        Screen.Create().Write(table);
        Console.WriteLine($"parity: every cosine at least {Format(least)}: {(isMet ? "yes" : "NO")}");
        await _json.WriteAsync(
            parsed, () => new { machine = Machine.Current, least, is_met = isMet, results }, cancellationToken);
        return isMet ? 0 : 1;
    }

    private static string Format(double cosine) => cosine.ToString("0.000000", CultureInfo.InvariantCulture);
}
