using System.Text.Json;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>The parts of a <c>tokenizer.json</c> (and of a <c>vocab.json</c>) that a CLIP tokenizer needs.</summary>
internal static class TokenizerJson
{
    public static VocabularySource Read(JsonElement root, string file)
    {
        var model = Property(root, "model", JsonValueKind.Object, file);
        RequireText(model, "type", "BPE", file);
        RequireText(model, "end_of_word_suffix", VocabularyBuilder.EndOfWord, file);

        var tokens = ReadTokens(Property(model, "vocab", JsonValueKind.Object, file), file);
        if (root.TryGetProperty("added_tokens", out var added) && added.ValueKind != JsonValueKind.Null)
            AddTokens(tokens, added, file);

        var merges = new List<MergeEntry>();
        foreach (var merge in Property(model, "merges", JsonValueKind.Array, file).EnumerateArray())
            merges.Add(ReadMerge(merge, $"{file} merge {merges.Count}"));
        return new VocabularySource(file, tokens, file, merges);
    }

    /// <param name="vocab">An object: token → id.</param>
    public static Dictionary<string, int> ReadTokens(JsonElement vocab, string file)
    {
        if (vocab.ValueKind != JsonValueKind.Object)
            throw VocabularyError.In(file, "is not a JSON object of tokens and ids");

        var tokens = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var property in vocab.EnumerateObject())
        {
            var token = NameOf(property, file);
            var id = ReadId(property.Value, token, file);
            if (!tokens.TryAdd(token, id))
                throw VocabularyError.In(file, $"has a duplicate token {VocabularyError.Quote(token)}");
        }

        return tokens;
    }

    private static void AddTokens(Dictionary<string, int> tokens, JsonElement added, string file)
    {
        if (added.ValueKind != JsonValueKind.Array)
            throw VocabularyError.In(file, "has 'added_tokens' that are not an array");

        foreach (var entry in added.EnumerateArray())
        {
            var token = TextOf(Property(entry, "content", JsonValueKind.String, file), file);
            var id = ReadId(Property(entry, "id", JsonValueKind.Number, file), token, file);
            if (!tokens.TryAdd(token, id) && tokens[token] != id)
            {
                throw VocabularyError.In(
                    file, $"gives the token {VocabularyError.Quote(token)} the ids {tokens[token]} and {id}");
            }
        }
    }

    private static MergeEntry ReadMerge(JsonElement merge, string place)
    {
        if (merge.ValueKind == JsonValueKind.String)
            return VocabularyReader.ParseMerge(TextOf(merge, place), place);

        var pair = merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2
            && merge[0].ValueKind == JsonValueKind.String && merge[1].ValueKind == JsonValueKind.String;
        return pair
            ? new MergeEntry(TextOf(merge[0], place), TextOf(merge[1], place), place)
            : throw VocabularyError.In(place, "is neither a string nor an array of two strings");
    }

    private static void RequireText(JsonElement owner, string name, string wanted, string file)
    {
        var found = TextOf(Property(owner, name, JsonValueKind.String, file), file);
        if (found != wanted)
        {
            throw VocabularyError.In(
                file, $"has the {name} {VocabularyError.Quote(found)}; a CLIP tokenizer has '{wanted}'");
        }
    }

    private static JsonElement Property(JsonElement owner, string name, JsonValueKind kind, string file)
    {
        if (owner.ValueKind != JsonValueKind.Object || !owner.TryGetProperty(name, out var value))
            throw VocabularyError.In(file, $"lacks '{name}'");
        return value.ValueKind == kind
            ? value
            : throw VocabularyError.In(file, $"has a '{name}' that is not of the JSON type {kind}");
    }

    private static int ReadId(JsonElement value, string token, string file)
    {
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id)
            ? id
            : throw VocabularyError.In(
                file, $"gives the token {VocabularyError.Quote(token)} an id that is not an integer");
    }

    // The parser leaves escapes alone until a text is asked for: half a surrogate pair comes to light only here.
    private static string NameOf(JsonProperty property, string file)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException exception)
        {
            throw VocabularyError.In(file, "has a token that is not valid Unicode", exception);
        }
    }

    public static string TextOf(JsonElement value, string place)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw VocabularyError.In(place, "has a text that is not valid Unicode", exception);
        }
    }
}
