using System.Collections.Frozen;
using Google.Protobuf.Reflection;

namespace ClipGrpc.Server.Rpc;

/// <summary>The fields of a request message, and the maximum number of elements of each repeated field.</summary>
internal sealed class MessageShape
{
    /// <summary>The limit of repeated fields without their own limit.</summary>
    private const int DefaultLimit = 1_000;

    private readonly FrozenDictionary<int, Field> _fields;

    private MessageShape(IEnumerable<KeyValuePair<int, Field>> fields)
    {
        _fields = fields.ToFrozenDictionary();
    }

    /// <param name="limits">By the full name of a repeated field, as <c>clipgrpc.v1.EmbedRequest.inputs</c>.</param>
    /// <param name="repeated">Receives the repeated fields, by their <see cref="Field.Counter"/>.</param>
    public static MessageShape Create(
        MessageDescriptor message, IReadOnlyDictionary<string, int> limits, List<Field> repeated) =>
        Create(message, "", limits, repeated, []);

    public Field? Find(int number) => _fields.GetValueOrDefault(number);

    private static MessageShape Create(
        MessageDescriptor message, string prefix, IReadOnlyDictionary<string, int> limits, List<Field> repeated,
        HashSet<string> outer)
    {
        var fields = new Dictionary<int, Field>();
        outer.Add(message.FullName);
        foreach (var descriptor in message.Fields.InDeclarationOrder())
        {
            // Ends the recursion for a type that contains itself. No request has one; the inner one is unknown.
            var isNested = descriptor.FieldType == FieldType.Message && !descriptor.IsMap;
            if (isNested && outer.Contains(descriptor.MessageType.FullName))
                continue;

            var path = prefix + descriptor.Name;
            var field = new Field
            {
                Path = path,
                Limit = limits.GetValueOrDefault(descriptor.FullName, DefaultLimit),
                Counter = descriptor.IsRepeated ? repeated.Count : -1,
                Kind = KindOf(descriptor),
                Nested = null,
            };
            if (descriptor.IsRepeated)
                repeated.Add(field);
            if (isNested)
                field.Nested = Create(descriptor.MessageType, $"{path}.", limits, repeated, outer);
            fields.Add(descriptor.FieldNumber, field);
        }

        outer.Remove(message.FullName);
        return new MessageShape(fields);
    }

    private static FieldKind KindOf(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message or FieldType.Group => FieldKind.Message,
        FieldType.Bytes => FieldKind.Bytes,
        FieldType.String => FieldKind.Text,
        _ => FieldKind.Number,
    };

    internal enum FieldKind
    {
        Number,
        Bytes,
        Text,
        Message,
    }

    internal sealed class Field
    {
        /// <summary>The path of the field in errors, such as <c>label_set.labels</c>.</summary>
        public required string Path { get; init; }

        /// <summary>Maximum number of elements, if it is repeated.</summary>
        public required int Limit { get; init; }

        /// <summary>Its index among all repeated fields of the message; -1 if it is not repeated.</summary>
        public required int Counter { get; init; }

        public required FieldKind Kind { get; init; }

        public required MessageShape? Nested { get; set; }
    }
}
