using System.Globalization;
using System.Text;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;

namespace ClipGrpc.Models.Graphs.Export;

/// <summary>The README beside exported towers: all that a program needs to use them.</summary>
internal static class ExportReadme
{
    public static string Render(
        ClipCheckpoint checkpoint, string name, Precision precision, IReadOnlyList<ExportedTower> towers)
    {
        var text = new StringBuilder();
        Append(text, $"""
            # {name} as ONNX

            The two towers of a CLIP for ONNX Runtime, written by ClipGrpc.

            | | |
            |---|---|
            | revision of the weights | {ModelIdentity.Shorten(checkpoint.Identify(precision))} |
            | precision | {precision.Name()} |
            | dimensions of an embedding | {checkpoint.Config.EmbeddingDimensions} |
            | logit scale | {checkpoint.LogitScale} |


            """);
        foreach (var tower in towers)
            AppendTower(text, tower);
        AppendImages(text, checkpoint.Config);
        AppendTexts(text, checkpoint.Config);
        AppendOperators(text, precision, towers);
        return text.ToString();
    }

    private static void AppendTower(StringBuilder text, ExportedTower tower)
    {
        Append(text, $"""
            ## {tower.File}

            Its large tensors are in `{tower.WeightsFile}`, which must lie beside it.

            | | name | type | shape |
            |---|---|---|---|

            """);
        foreach (var value in tower.Inputs)
            Append(text, $"| input | `{value.Name}` | {value.Type} | {value.Shape} |\n");
        foreach (var value in tower.Outputs)
            Append(text, $"| output | `{value.Name}` | {value.Type} | {value.Shape} |\n");
        text.Append('\n');
    }

    private static void AppendImages(StringBuilder text, ClipConfig config)
    {
        Append(text, $"""
            ## Images

            `{ImageTowerGraph.Pixels}` are RGB bytes, row by row:

            {Steps(config.Image)}

            `{TowerGraph.Embedding}` has rows of L2 norm 1; `{TowerGraph.Norm}` is the norm that each had before.


            """);
    }

    private static string Steps(ImageTransform image)
    {
        const string asTheyAre =
            "Give the graph these bytes as they are: scaling, mean and standard deviation are part of it.";
        if (image.Mode == ResizeMode.Squash)
        {
            return $"""
                1. Resize the image to {image.Size} × {image.Size} pixels, whatever its aspect ratio: bicubic with
                   antialiasing, as Pillow does.
                2. {asTheyAre}
                """;
        }

        var rounding = image.Rounding == CropRounding.Floor ? "rounded down" : "rounded to the even one";
        return $"""
            1. Resize the image so that its shorter side has {image.Size} pixels: bicubic with antialiasing, as
               Pillow does.
            2. Cut the {image.Size} × {image.Size} pixels in the middle. Where that is between two pixels, it is
               {rounding}.
            3. {asTheyAre}
            """;
    }

    private static void AppendTexts(StringBuilder text, ClipConfig config) => Append(text, $"""
        ## Texts

        - `{TextTowerGraph.Ids}`: the token ids of each text with start and end token, padded to one length of at
          most {config.ContextLength}.
        - `{TextTowerGraph.End}`: the place of each text's first end token, from 0. What stands after it has no
          influence.

        The tokenizer is CLIP's byte-pair encoding with the vocabulary beside this file.

        The cosine of an image and a text is the dot product of their embeddings; probabilities over several texts are
        the softmax of logit scale × cosine.


        """);

    private static void AppendOperators(
        StringBuilder text, Precision precision, IReadOnlyList<ExportedTower> towers)
    {
        var operators = string.Join(", ", towers.SelectMany(tower => tower.FusedOperators).Distinct()
            .Order(StringComparer.Ordinal).Select(name => $"`{name}`"));
        Append(text, $"""
            ## Operators

            Beside ONNX operators (set 17) the graphs use some of ONNX Runtime's own domain, `{GraphBuilder.Contrib}`. A
            runtime without them cannot load the files:

            {operators}.

            """);
        if (precision == Precision.Int8)
        {
            text.Append("""

                The int8 weights were made for the processor that wrote them: with VNNI they use eight bits, without it
                seven, because older x64 processors saturate. Files from a processor with VNNI lose accuracy on one
                without it.

                """);
        }
    }

    private static void Append(StringBuilder text, FormattableString part) =>
        text.Append(part.ToString(CultureInfo.InvariantCulture));
}
