using ClipGrpc.LoadTest.Graphs;
using ClipGrpc.Models;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Graphs;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Tensors;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.LoadTest;

/// <summary>Forms may differ in speed alone: each gives what the server's own graphs give.</summary>
public sealed class GraphFormTests
{
    private const double Exact = 1e-4;
    private const double Approximate = 5e-3;
    private const double Int8 = 5e-2;
    private const int Batch = 3;
    private const int Length = 9;

    public static TheoryData<string, string> Forms =>
        new(FormQuestion.All.SelectMany(question => question.Forms.Select(form => (question.Name, form.Name))).Distinct());

    [Theory]
    [MemberData(nameof(Forms))]
    public void Image_Form_EqualsTheServersGraph(string question, string name) =>
        Compare(question, name, ImageTowerGraph.Build, FormGraphs.Image, new FormCase(Batch, Tokens: 0));

    [Theory]
    [MemberData(nameof(Forms))]
    public void Text_Form_EqualsTheServersGraph(string question, string name) =>
        Compare(question, name, TextTowerGraph.Build, FormGraphs.Text, new FormCase(Batch, Length));

    private static void Compare(
        string question, string name, Func<ClipConfig, IWeights, Precision, TowerGraph> build,
        Func<ClipConfig, IWeights, GraphForm, TowerGraph> write, FormCase @case)
    {
        var asked = FormQuestion.All.Single(item => item.Name == question);
        var form = asked.Forms.Single(item => item.Name == name);
        var config = asked.Of(TestConfigs.Create(visionLayers: 3, textLayers: 3));
        var weights = new SyntheticWeights("test/forms", config);
        using var served = Runner(build(config, weights, Precision.Fp32), config);
        using var written = Runner(write(config, weights, form), config);
        @case.Prepare(served, FormQuestion.All[0].Forms[0]);
        @case.Prepare(written, form);

        var tolerance = form.IsInt8 ? Int8 : form.Activation == ActivationForm.Fast ? Approximate : Exact;
        EncoderAssert.Close(served.Run(), written.Run(), tolerance);
    }

    private static GraphRunner Runner(TowerGraph graph, ClipConfig config) =>
        new(graph, config, new InferenceOptions(), TimeProvider.System);
}
