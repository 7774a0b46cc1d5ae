using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Sessions;


namespace ClipGrpc.LoadTest.Graphs;

/// <summary>Measures the forms of one tower in turns.</summary>
internal sealed class FormTrial : IDisposable
{
    private readonly FormQuestion _question;
    private readonly List<GraphRunner> _runners = [];

    public FormTrial(
        FormQuestion question, bool images, ClipCheckpoint checkpoint, InferenceOptions options, TimeProvider time)
    {
        _question = question;
        var config = question.Of(checkpoint.Config);
        foreach (var form in question.Forms)
        {
            var graph = images
                ? FormGraphs.Image(config, checkpoint.Weights, form)
                : FormGraphs.Text(config, checkpoint.Weights, form);
            _runners.Add(new GraphRunner(graph, config, options, time));
        }
    }

    public IReadOnlyList<FormMeasurement> Measure(
        FormCase @case, int rounds, TimeSpan duration, CancellationToken cancellationToken)
    {
        var times = _runners.Select(_ => new List<double>()).ToList();
        for (var round = 0; round <= rounds; round++)
        {
            for (var i = 0; i < _runners.Count; i++)
            {
                if (round == 0)
                    @case.Prepare(_runners[i], _question.Forms[i]);
                var time = _runners[i].BatchTime(duration, cancellationToken);
                if (round > 0)
                    times[i].Add(time.TotalMilliseconds);
            }
        }

        return
        [
            .. _question.Forms.Select((form, i) => new FormMeasurement(
                _question.Name, form.Name, @case.Name, times[i], [.. times[0].Zip(times[i], (served, own) => served / own)])),
        ];
    }

    public void Dispose()
    {
        foreach (var runner in _runners)
            runner.Dispose();
    }
}
