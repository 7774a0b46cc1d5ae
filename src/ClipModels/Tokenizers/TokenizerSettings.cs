using System.Text.Json;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>
/// The settings beside a vocabulary: <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and the steps in
/// <c>tokenizer.json</c>. A length is obeyed; what would make another tokenizer of CLIP's is refused by name.
/// </summary>
internal static class TokenizerSettings
{
    private const string ConfigFile = "tokenizer_config.json";
    private const string SpecialTokensFile = "special_tokens_map.json";

    // Start token, end token and one between.
    private const int ShortestText = 3;

    private static readonly string[] ClipClasses = ["CLIPTokenizer", "CLIPTokenizerFast"];

    /// <summary>Classes that are whatever tokenizer.json says, which is checked by itself.</summary>
    private static readonly string[] GenericClasses = ["PreTrainedTokenizerFast", "TokenizersBackend"];

    /// <returns>The most tokens of a text, start and end token included.</returns>
    /// <exception cref="ClipException">A setting that is not supported; the message names file and setting.</exception>
    public static int Check(string folder, VocabularySource source, Vocabulary vocabulary)
    {
        var hasSteps = File.Exists(Path.Combine(folder, VocabularyReader.TokenizerFile));
        if (hasSteps)
            Read(folder, VocabularyReader.TokenizerFile, TokenizerSteps.Check);
        Read(folder, SpecialTokensFile, root => CheckSpecialTokens(root, SpecialTokensFile, vocabulary));

        var longest = int.MaxValue;
        Read(folder, ConfigFile, root =>
        {
            CheckSpecialTokens(root, ConfigFile, vocabulary);
            CheckClass(root, hasSteps);
            CheckAddedTokens(root, source);
            Require(root, "do_lower_case", JsonValueKind.True, "CLIP's tokenizer lowercases all texts");
            Require(root, "add_prefix_space", JsonValueKind.False, "CLIP's tokenizer adds no spaces");
            RequireRight(root, "truncation_side");
            RequireRight(root, "padding_side");
            longest = ReadLength(root);
        });
        return longest;
    }

    private static void Read(string folder, string file, Action<JsonElement> check)
    {
        var path = Path.Combine(folder, file);
        if (!File.Exists(path))
            return;

        using var document = VocabularyReader.Parse(path, file);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw VocabularyError.In(file, "is not a JSON object");
        check(document.RootElement);
    }

    private static void CheckClass(JsonElement root, bool hasSteps)
    {
        const string key = "tokenizer_class";
        if (!TryGet(root, key, out var value))
            return;

        var name = TextOf(value);
        if (!ClipClasses.Contains(name) && !(hasSteps && GenericClasses.Contains(name)))
            throw Unsupported(key, value, $"only {ClipClasses[0]} is supported");
    }

    private static void CheckSpecialTokens(JsonElement root, string file, Vocabulary vocabulary)
    {
        Check("bos_token", vocabulary.Start);
        Check("eos_token", vocabulary.End);

        void Check(string key, SpecialToken token)
        {
            if (!TryGet(root, key, out var value))
                return;

            var found = TextOf(value.ValueKind == JsonValueKind.Object && TryGet(value, "content", out var content)
                ? content
                : value);
            if (found != token.Text)
            {
                throw VocabularyError.In(
                    file, $"sets '{key}' to {VocabularyError.Quote(found)}, but the vocabulary's is '{token.Text}'");
            }
        }
    }

    /// <summary>
    /// The reference finds added tokens in a text as a whole. Those of the vocabulary that are listed again, as padding
    /// for example, are let be.
    /// </summary>
    private static void CheckAddedTokens(JsonElement root, VocabularySource source)
    {
        const string key = "added_tokens_decoder";
        if (!TryGet(root, key, out var added) || added.ValueKind != JsonValueKind.Object)
            return;

        foreach (var entry in added.EnumerateObject())
        {
            if (!TryGet(entry.Value, "content", out var content) || !source.Tokens.ContainsKey(TextOf(content)))
                throw Unsupported(key, entry.Value, $"{source.TokensFile} lacks this token");
        }
    }

    private static int ReadLength(JsonElement root)
    {
        const string key = "model_max_length";
        if (!TryGet(root, key, out var value))
            return int.MaxValue;

        // "No limit" is written as a number of 30 digits.
        return value.ValueKind == JsonValueKind.Number && value.GetDouble() is >= ShortestText and var length
            ? (int)Math.Min(length, int.MaxValue)
            : throw Unsupported(key, value, $"it must be a number of tokens, at least {ShortestText}");
    }

    private static void Require(JsonElement root, string key, JsonValueKind kind, string reason)
    {
        if (TryGet(root, key, out var value) && value.ValueKind != kind)
            throw Unsupported(key, value, reason);
    }

    private static void RequireRight(JsonElement root, string key)
    {
        if (TryGet(root, key, out var value) && TextOf(value) != "right")
            throw Unsupported(key, value, "only 'right' is supported");
    }

    private static ClipException Unsupported(string key, JsonElement value, string reason) => VocabularyError.In(
        ConfigFile, $"sets '{key}' to {VocabularyError.Quote(value.GetRawText())}, which is not supported: {reason}");

    private static bool TryGet(JsonElement owner, string key, out JsonElement value)
    {
        value = default;
        return owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(key, out value)
            && value.ValueKind != JsonValueKind.Null;
    }

    /// <summary>Empty where the value is no text.</summary>
    private static string TextOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? TokenizerJson.TextOf(value, ConfigFile) : "";
}
