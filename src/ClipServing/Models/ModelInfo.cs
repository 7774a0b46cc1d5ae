using ClipGrpc.Models.Cards;
using ClipGrpc.Models.Configuration;

namespace ClipGrpc.Serving.Models;

/// <summary>What a loaded model is.</summary>
internal sealed record ModelInfo
{
    public required string Name { get; init; }

    public required string Source { get; init; }

    /// <summary>What the numbers follow from, 64 hex digits: embeddings of the same identity can be compared.</summary>
    public required string Identity { get; init; }

    /// <summary>The beginning of <see cref="Identity"/>, as responses carry it.</summary>
    public required string Revision { get; init; }

    public required string Precision { get; init; }

    /// <summary>The execution provider in use: CPU, CUDA, or a plug-in's, such as OpenVINO.</summary>
    public required string Provider { get; init; }

    /// <summary>The device in use: cpu, cuda:0, or a plug-in's, such as openvino:cpu:0.</summary>
    public required string Device { get; init; }

    public required ClipConfig Config { get; init; }

    /// <summary>exp of the checkpoint's logit_scale.</summary>
    public required float LogitScale { get; init; }

    /// <summary>The first and the last token of each text.</summary>
    public (int Start, int End) TextTokens { get; init; }

    /// <summary>Learnt parameters of both towers.</summary>
    public required long Parameters { get; init; }

    public required int MaxBatchSize { get; init; }

    public required ModelCard Card { get; init; }
}
