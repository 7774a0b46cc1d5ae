using System.Numerics.Tensors;

namespace ClipGrpc.Serving.Labels;

/// <summary>Cosines, probabilities and the best of them.</summary>
internal static class Similarity
{
    /// <summary>
    /// Softmax of <paramref name="logitScale"/> × cosine, over all entries. In double, and shifted by the
    /// largest, so that a scale of 100 and thousands of labels lose nothing. What is not a number has no probability.
    /// </summary>
    public static double[] Softmax(ReadOnlySpan<float> cosines, float logitScale)
    {
        var probabilities = new double[cosines.Length];
        if (cosines.IsEmpty)
            return probabilities;

        var largest = double.NegativeInfinity;
        foreach (var cosine in cosines)
            largest = double.MaxNumber(largest, cosine);

        var sum = 0.0;
        for (var i = 0; i < cosines.Length; i++)
        {
            if (!float.IsNaN(cosines[i]))
                sum += probabilities[i] = Math.Exp(logitScale * (cosines[i] - largest));
        }

        for (var i = 0; sum > 0 && i < probabilities.Length; i++)
            probabilities[i] /= sum;
        return probabilities;
    }

    /// <summary>
    /// The highest probabilities, best first. Equal ones, such as those that underflow to 0, are ordered by their
    /// cosine, then by their index.
    /// </summary>
    /// <param name="count">0 means all.</param>
    public static Scored[] Top(ReadOnlySpan<float> cosines, ReadOnlySpan<double> probabilities, int count)
    {
        if (count == 0 || count > cosines.Length)
            count = cosines.Length;

        // A heap of the best so far with the worst of them on top: n log k, and k is small beside thousands of labels.
        var best = new PriorityQueue<int, (double Probability, float Cosine, int ReversedIndex)>(count);
        for (var i = 0; i < cosines.Length; i++)
        {
            var rank = (probabilities[i], cosines[i], -i);
            if (best.Count < count)
                best.Enqueue(i, rank);
            else
                best.EnqueueDequeue(i, rank);
        }

        var top = new Scored[count];
        for (var place = count - 1; place >= 0; place--)
        {
            var index = best.Dequeue();
            top[place] = new Scored(index, cosines[index], (float)probabilities[index]);
        }

        return top;
    }

    /// <summary>Cosines of one unit vector with rows of unit vectors.</summary>
    public static float[] Cosines(ReadOnlySpan<float> vector, LabelSet set)
    {
        var cosines = new float[set.Definition.Labels.Count];
        for (var i = 0; i < cosines.Length; i++)
            cosines[i] = TensorPrimitives.Dot(vector, set.Row(i));
        return cosines;
    }
}
