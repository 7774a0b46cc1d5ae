using System.CommandLine;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>Which model is measured and how it runs: as the server's own flags and settings.</summary>
internal sealed class ModelOptions
{
    private readonly DeviceOptions _device;

    private readonly Option<string> _model = new("--model")
    {
        HelpName = "SOURCE",
        Description = "The model, as for the server: demo, a folder, …",
        DefaultValueFactory = _ => "demo",
    };

    public ModelOptions(Command command)
    {
        command.Add(_model);
        _device = new DeviceOptions(command);
    }

    public string Model(ParseResult parsed) => parsed.GetRequiredValue(_model);

    /// <summary>Configuration keys of the server, without the models.</summary>
    /// <exception cref="LoadTestException">A setting is not KEY=VALUE.</exception>
    public Dictionary<string, string?> Settings(ParseResult parsed) => _device.Settings(parsed);
}
