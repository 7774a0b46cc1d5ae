using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;

namespace ClipGrpc.Server.Rpc;

/// <summary>Orders embedded candidates by their similarity to the query.</summary>
internal static class RankResponseWriter
{
    /// <exception cref="ClipException">The query could not be embedded.</exception>
    public static RankResponse Make(
        ReadOnlySpan<ItemResult> candidates, ItemResult query, RunningModel model, uint topK)
    {
        if (query.Error is not null)
            throw query.Error;

        var response = new RankResponse { Model = ResponseWriter.ToModelRef(model) };
        var places = new List<int>(candidates.Length);
        var cosines = new List<float>(candidates.Length);
        for (var i = 0; i < candidates.Length; i++)
        {
            if (candidates[i].Error is { } error)
            {
                response.Errors.Add(new CandidateError { Index = (uint)i, Error = StatusMapper.ToItemStatus(error) });
                continue;
            }

            places.Add(i);
            cosines.Add(TensorPrimitives.Dot(query.Embedding.Vector.Span, candidates[i].Embedding.Vector.Span));
        }

        var values = CollectionsMarshal.AsSpan(cosines);
        var probabilities = Similarity.Softmax(values, model.Info.LogitScale);
        foreach (var scored in Similarity.Top(values, probabilities, ResponseWriter.ToCount(topK)))
        {
            response.Ranked.Add(new RankedCandidate
            {
                Index = (uint)places[scored.Index],
                Cosine = scored.Cosine,
                Probability = scored.Probability,
            });
        }

        return response;
    }
}
