using ClipGrpc.Serving;
using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.OpenInference;

/// <summary>What the server reports of itself and of its models.</summary>
internal sealed class Descriptor(
    InferenceEngine engine, Http.FacadeEngine facade, InferenceStatistics statistics, IEnumerable<IReadiness> readiness,
    IEnumerable<ILiveness> liveness)
{
    /// <summary>As Triton names that of models in ONNX, which these are when they run.</summary>
    private const string Platform = "onnxruntime_onnx";

    private const string Backend = "onnxruntime";

    public static ServerDescription Server { get; } = new(
        "clipgrpc", ProductVersion.Text,
        ["binary_tensor_data", "classification", "model_repository", "model_configuration", "statistics"]);

    public bool IsLive => liveness.All(part => part.IsAlive);

    public bool IsReady => readiness.All(part => part.IsReady);

    public bool IsModelReady(string name, string version) =>
        engine.GetEntry(name, version).State == ModelState.Ready;

    public string[] ListNames() => [.. facade.ListModels().Select(entry => entry.Spec.Name)];

    /// <exception cref="ClipException">NotFound; Unavailable: it is not loaded.</exception>
    public ModelDescription Describe(string name, string version)
    {
        var info = engine.GetModel(name, version).Info;
        return new ModelDescription(
            info.Name, [InferenceEngine.Version], Platform,
            [
                .. TensorDefinition.Inputs.Select(input => new TensorDescription(
                    input.Name, input.Datatypes[0].Name, input.Shape)),
            ],
            [
                .. OutputPlan.All.Select(output => new TensorDescription(
                    output.Name, Datatype.Fp32.Name, [-1, SizeOf(output.HasDimensions, info)])),
            ],
            new Dictionary<string, string> { ["revision"] = info.Revision, ["precision"] = info.Precision });
    }

    /// <inheritdoc cref="Describe"/>
    public ConfigurationDescription Configure(string name, string version)
    {
        var info = engine.GetModel(name, version).Info;
        return new ConfigurationDescription(
            info.Name, Platform, Backend, facade.Limits.MaxInputs,
            [
                .. TensorDefinition.Inputs.Select(input => new InputConfiguration(
                    input.Name, input.Datatypes[0].InConfiguration, input.Shape[1..], Optional: true)),
            ],
            [
                .. OutputPlan.All.Select(output => new OutputConfiguration(
                    output.Name, Datatype.Fp32.InConfiguration, [SizeOf(output.HasDimensions, info)])),
            ]);
    }

    /// <param name="name">Empty: all models.</param>
    /// <exception cref="ClipException">NotFound.</exception>
    public StatisticsDescription Count(string name, string version) => new(
    [
        .. (name.Length == 0 ? ListNames() : [engine.GetEntry(name, version).Spec.Name]).Select(Count),
    ]);

    private ModelStatisticsDescription Count(string name)
    {
        var counts = statistics.Of(name).Read();
        return new ModelStatisticsDescription(
            name, InferenceEngine.Version, counts.LastInference, counts.Inferences,
            (long)Math.Round(counts.Executions),
            new InferStatisticsDescription(
                Of(counts.Success), Of(counts.Fail), Of(counts.Queue), Of(counts.Input), Of(counts.Infer),
                Of(counts.Output)));
    }

    private static DurationDescription Of(TimeCount time) => new(time.Count, time.Nanoseconds);

    private static int SizeOf(bool hasDimensions, ModelInfo info) =>
        hasDimensions ? info.Config.EmbeddingDimensions : -1;
}
