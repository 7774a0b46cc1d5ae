using ClipGrpc.Models.Configuration;

namespace ClipGrpc.TestSupport;

/// <summary>
/// CLIP as the paper and the published code define it, in double and plain loops: nothing fused, nothing left out.
/// </summary>
internal sealed class ReferenceClip(ClipConfig config, SyntheticWeights weights)
{
    public (double[] Embedding, double Norm) Image(ReadOnlySpan<byte> pixels)
    {
        var size = config.Image.Size;
        var patch = config.PatchSize;
        var grid = size / patch;
        var width = config.Vision.Width;
        var kernel = weights.Floats("visual.conv1.weight");
        var positions = weights.Floats("visual.positional_embedding");
        var tokens = new double[1 + grid * grid][];
        tokens[0] = Array.ConvertAll(weights.Floats("visual.class_embedding"), value => (double)value);
        for (var p = 0; p < grid * grid; p++)
        {
            tokens[1 + p] = new double[width];
            for (var o = 0; o < width; o++)
            {
                for (var c = 0; c < 3; c++)
                {
                    for (var y = 0; y < patch; y++)
                    {
                        for (var x = 0; x < patch; x++)
                        {
                            var row = p / grid * patch + y;
                            var column = p % grid * patch + x;
                            var value = pixels[(row * size + column) * 3 + c] / 255.0;
                            tokens[1 + p][o] += kernel[((o * 3 + c) * patch + y) * patch + x]
                                * ((value - config.Mean[c]) / config.StandardDeviation[c]);
                        }
                    }
                }
            }
        }

        for (var t = 0; t < tokens.Length; t++)
        {
            for (var i = 0; i < width; i++)
                tokens[t][i] += positions[t * width + i];
            tokens[t] = LayerNorm(tokens[t], "visual.ln_pre");
        }

        Blocks(tokens, config.Vision, "visual.transformer.", causal: false);
        return Head(LayerNorm(tokens[0], "visual.ln_post"), "visual.proj");
    }

    public (double[] Embedding, double Norm) Text(ReadOnlySpan<int> ids)
    {
        var width = config.Text.Width;
        var table = weights.Floats("token_embedding.weight");
        var positions = weights.Floats("positional_embedding");
        var tokens = new double[ids.Length][];
        for (var t = 0; t < ids.Length; t++)
        {
            tokens[t] = new double[width];
            for (var i = 0; i < width; i++)
                tokens[t][i] = (double)table[ids[t] * width + i] + positions[t * width + i];
        }

        Blocks(tokens, config.Text, "transformer.", causal: true);

        // As text.argmax(dim=-1) has it: the first of the largest ids.
        var end = 0;
        for (var t = 1; t < ids.Length; t++)
        {
            if (ids[t] > ids[end])
                end = t;
        }

        return Head(LayerNorm(tokens[end], "ln_final"), "text_projection");
    }

    private void Blocks(double[][] tokens, TowerConfig tower, string prefix, bool causal)
    {
        for (var layer = 0; layer < tower.Layers; layer++)
        {
            var block = $"{prefix}resblocks.{layer}.";
            var attended = Attention(
                [.. tokens.Select(token => LayerNorm(token, $"{block}ln_1"))], tower, $"{block}attn.", causal);
            for (var t = 0; t < tokens.Length; t++)
            {
                Accumulate(tokens[t], attended[t]);
                var hidden = Linear(
                    LayerNorm(tokens[t], $"{block}ln_2"), $"{block}mlp.c_fc.weight", $"{block}mlp.c_fc.bias");
                hidden = Array.ConvertAll(hidden, Activate);
                Accumulate(tokens[t], Linear(hidden, $"{block}mlp.c_proj.weight", $"{block}mlp.c_proj.bias"));
            }
        }
    }

    private double[][] Attention(double[][] tokens, TowerConfig tower, string prefix, bool causal)
    {
        var width = tower.Width;
        var head = width / tower.Heads;
        double[][] projected =
            [.. tokens.Select(token => Linear(token, $"{prefix}in_proj_weight", $"{prefix}in_proj_bias"))];
        var results = new double[tokens.Length][];
        for (var t = 0; t < tokens.Length; t++)
        {
            var merged = new double[width];
            var keys = causal ? t + 1 : tokens.Length;
            for (var h = 0; h < tower.Heads; h++)
            {
                var scores = new double[keys];
                for (var k = 0; k < keys; k++)
                {
                    for (var i = h * head; i < (h + 1) * head; i++)
                        scores[k] += projected[t][i] * projected[k][width + i] / Math.Sqrt(head);
                }

                var exponentials = Array.ConvertAll(scores, score => Math.Exp(score - scores.Max()));
                for (var k = 0; k < keys; k++)
                {
                    for (var i = h * head; i < (h + 1) * head; i++)
                        merged[i] += exponentials[k] / exponentials.Sum() * projected[k][2 * width + i];
                }
            }

            results[t] = Linear(merged, $"{prefix}out_proj.weight", $"{prefix}out_proj.bias");
        }

        return results;
    }

    private double[] LayerNorm(double[] values, string name)
    {
        var gain = weights.Floats($"{name}.weight");
        var bias = weights.Floats($"{name}.bias");
        var mean = values.Average();
        var variance = values.Average(value => (value - mean) * (value - mean));
        return [.. values.Select((value, i) =>
            (value - mean) / Math.Sqrt(variance + config.LayerNormEpsilon) * gain[i] + bias[i])];
    }

    private double[] Linear(double[] input, string weight, string bias)
    {
        var matrix = weights.Floats(weight);
        var output = Array.ConvertAll(weights.Floats(bias), value => (double)value);
        for (var o = 0; o < output.Length; o++)
        {
            for (var i = 0; i < input.Length; i++)
                output[o] += matrix[o * input.Length + i] * input[i];
        }

        return output;
    }

    private (double[] Embedding, double Norm) Head(double[] features, string projection)
    {
        var matrix = weights.Floats(projection);
        var raw = new double[config.EmbeddingDimensions];
        for (var o = 0; o < raw.Length; o++)
        {
            for (var i = 0; i < features.Length; i++)
                raw[o] += features[i] * matrix[i * raw.Length + o];
        }

        var norm = Math.Sqrt(raw.Sum(value => value * value));
        return (Array.ConvertAll(raw, value => value / norm), norm);
    }

    private double Activate(double x) => config.Activation == Activation.QuickGelu
        ? x / (1 + Math.Exp(-1.702 * x))
        : x * 0.5 * (1 + ErrorFunction(x / Math.Sqrt(2)));

    // The series 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)): all terms of one sign, so exact to rounding.
    private static double ErrorFunction(double x)
    {
        if (Math.Abs(x) > 6)
            return Math.Sign(x);
        var term = x;
        var sum = x;
        for (var n = 1; Math.Abs(term) > 1e-18; n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    private static void Accumulate(double[] sum, double[] addend)
    {
        for (var i = 0; i < sum.Length; i++)
            sum[i] += addend[i];
    }
}
