using System.Text.Json;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>
/// What a <c>tokenizer.json</c> does to a text before its merges: it must be what CLIP's tokenizer does, which is
/// implemented here once and not read from the file.
/// </summary>
internal static class TokenizerSteps
{
    private const string File = VocabularyReader.TokenizerFile;

    private const string White = @"\s+";

    /// <summary>The words of CLIP. Some files have the special tokens before it.</summary>
    private const string Words = @"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

    /// <exception cref="ClipException">Another tokenizer's; the message names the step.</exception>
    public static void Check(JsonElement root)
    {
        CheckNormalizer(root);
        foreach (var step in Steps(Get(root, "pre_tokenizer"), "pretokenizers"))
            CheckPreTokenizer(step);

        var model = Get(root, "model");
        RequireOff(model, "dropout");
        RequireOff(model, "ignore_merges");
        RequireOff(model, "continuing_subword_prefix");
        CheckAddedTokens(root, model);
    }

    private static void CheckNormalizer(JsonElement root)
    {
        const string section = "normalizer";
        var lowerCase = false;
        foreach (var step in Steps(Get(root, section), "normalizers"))
        {
            lowerCase |= Type(step) == "Lowercase";
            var known = Type(step) switch
            {
                "Lowercase" or "NFC" => true,
                "Replace" => Pattern(step) == White && Text(Get(step, "content")) == " ",
                _ => false,
            };
            if (!known)
                throw Unsupported(section, step);
        }

        if (!lowerCase)
        {
            throw VocabularyError.In(
                File, $"has a '{section}' without the step Lowercase; CLIP's tokenizer lowercases all texts");
        }
    }

    private static void CheckPreTokenizer(JsonElement step)
    {
        var known = Type(step) switch
        {
            "Split" => Pattern(step).EndsWith(Words, StringComparison.Ordinal),
            "ByteLevel" => Get(step, "add_prefix_space").ValueKind == JsonValueKind.False,
            _ => false,
        };
        if (!known)
            throw Unsupported("pre_tokenizer", step);
    }

    /// <summary>The reference finds them in a text as a whole; those that are tokens anyway are let be.</summary>
    private static void CheckAddedTokens(JsonElement root, JsonElement model)
    {
        if (Get(root, "added_tokens") is not { ValueKind: JsonValueKind.Array } added
            || Get(model, "vocab") is not { ValueKind: JsonValueKind.Object } vocab)
        {
            return;
        }

        foreach (var entry in added.EnumerateArray())
        {
            if (Get(entry, "content") is { ValueKind: JsonValueKind.String } content
                && !vocab.TryGetProperty(TokenizerJson.TextOf(content, File), out _))
            {
                throw Unsupported("added_tokens", entry);
            }
        }
    }

    private static void RequireOff(JsonElement model, string key)
    {
        var value = Get(model, key);
        var off = value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.False
            || value.GetRawText() is "\"\"" or "0" or "0.0";
        if (!off)
            throw Unsupported($"model.{key}", value);
    }

    /// <summary>The steps of a sequence, or the one step that there is.</summary>
    private static IEnumerable<JsonElement> Steps(JsonElement section, string list) => section switch
    {
        { ValueKind: JsonValueKind.Undefined or JsonValueKind.Null } => [],
        _ when Type(section) == "Sequence" && Get(section, list) is { ValueKind: JsonValueKind.Array } steps =>
            steps.EnumerateArray(),
        _ => [section],
    };

    private static string Pattern(JsonElement step) => Text(Get(Get(step, "pattern"), "Regex"));

    private static string Type(JsonElement step) => Text(Get(step, "type"));

    /// <summary>Undefined where there is none.</summary>
    private static JsonElement Get(JsonElement owner, string key) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(key, out var value) ? value : default;

    /// <summary>Empty where the value is no text.</summary>
    private static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? TokenizerJson.TextOf(value, File) : "";

    private static ClipException Unsupported(string section, JsonElement step) => VocabularyError.In(
        File,
        $"has in '{section}' {VocabularyError.Quote(step.GetRawText())}, which is not what CLIP's tokenizer does");
}
