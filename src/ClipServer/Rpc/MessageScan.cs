using System.Buffers;
using Google.Protobuf.Reflection;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Scans the bytes of a request before it is parsed, without allocation, because an empty item takes two bytes on the
/// wire and a hundred times as much as an object. Counts the elements of all repeated fields, including nested ones,
/// and the unknown fields, and computes the memory of the parsed message. Invalid Protocol Buffers data is left to the
/// parser, which stops at the same byte.
/// </summary>
internal sealed class MessageScan
{
    /// <summary>The parser stores each unknown field as an object. Newer clients send only a few.</summary>
    private const int MaxUnknownFields = 1_000;

    /// <summary>Bytes of an object: its header, its reference in a list, and its fields.</summary>
    private const int ObjectBytes = 128;

    private const int MaxCounters = 64;
    private const int VarintWire = 0;
    private const int Fixed64Wire = 1;
    private const int LengthWire = 2;
    private const int GroupWire = 3;
    private const int GroupEndWire = 4;
    private const int Fixed32Wire = 5;

    private readonly MessageShape _shape;
    private readonly MessageShape.Field[] _repeated;

    /// <param name="limits">By the full name of a repeated field, as <c>clipgrpc.v1.EmbedRequest.inputs</c>.</param>
    public MessageScan(MessageDescriptor message, IReadOnlyDictionary<string, int> limits)
    {
        var repeated = new List<MessageShape.Field>();
        _shape = MessageShape.Create(message, limits, repeated);
        _repeated = [.. repeated];
        if (_repeated.Length > MaxCounters)
        {
            throw new ArgumentException(
                $"{message.FullName} has more than {MaxCounters} repeated fields.", nameof(message));
        }
    }

    /// <returns>Bytes of the parsed message's objects.</returns>
    /// <exception cref="ClipException">InvalidInput: too many elements or unknown fields.</exception>
    public long Run(in ReadOnlySequence<byte> message)
    {
        Span<int> counts = stackalloc int[MaxCounters];
        var walk = new Walk(counts[.._repeated.Length]) { Reader = new SequenceReader<byte>(message) };
        walk.Run(_shape, message.Length);
        for (var i = 0; i < _repeated.Length; i++)
        {
            if (counts[i] > _repeated[i].Limit)
                throw InputReader.TooMany(_repeated[i].Path, counts[i], _repeated[i].Limit);
        }

        if (walk.Unknown > MaxUnknownFields)
        {
            throw new ClipException(
                ClipErrorReason.MalformedRequest,
                $"The request has {walk.Unknown:N0} unknown fields; at most "
                + $"{MaxUnknownFields:N0} are accepted.");
        }

        return walk.Bytes;
    }

    private ref struct Walk(Span<int> counts)
    {
        private readonly Span<int> _counts = counts;

        public SequenceReader<byte> Reader;

        public long Bytes { get; private set; }

        public int Unknown { get; private set; }

        /// <returns>False if the rest is not valid.</returns>
        public bool Run(MessageShape shape, long end)
        {
            Bytes += ObjectBytes;
            while (Reader.Consumed < end)
            {
                if (!TryReadVarint(out var tag) || tag >> 3 is 0 or > int.MaxValue)
                    return false;

                var wire = (int)(tag & 7);
                var field = shape.Find((int)(tag >> 3));
                if (field is null || (wire == LengthWire) != (field.Kind != MessageShape.FieldKind.Number))
                    field = PackedOrUnknown(field, wire);
                if (field is { Counter: >= 0 })
                    _counts[field.Counter]++;
                if (!(wire == LengthWire ? ReadLength(field, end) : Skip(wire)))
                    return false;
            }

            return Reader.Consumed == end;
        }

        /// <summary>Numbers can be packed. A field with any other unexpected wire type is unknown.</summary>
        private MessageShape.Field? PackedOrUnknown(MessageShape.Field? field, int wire)
        {
            if (field is { Kind: MessageShape.FieldKind.Number, Counter: >= 0 } && wire == LengthWire)
                return field;

            AddUnknown();
            return null;
        }

        private void AddUnknown()
        {
            Unknown++;
            Bytes += ObjectBytes;
        }

        private bool ReadLength(MessageShape.Field? field, long end)
        {
            // A number that is incomplete at the end of its message continues after it.
            if (!TryReadVarint(out var length) || Reader.Consumed > end || length > (ulong)(end - Reader.Consumed))
                return false;

            switch (field?.Kind)
            {
                case MessageShape.FieldKind.Message when field.Nested is { } nested:
                    return Run(nested, Reader.Consumed + (long)length);
                case MessageShape.FieldKind.Number:
                    Bytes += sizeof(long) * (long)length;
                    break;
                case MessageShape.FieldKind.Text:
                    Bytes += (sizeof(char) * (long)length) + (field.Counter >= 0 ? ObjectBytes / 2 : 0);
                    break;
                default:
                    Bytes += (long)length;
                    break;
            }

            Reader.Advance((long)length);
            return true;
        }

        private bool Skip(int wire) => wire switch
        {
            VarintWire => TryReadVarint(out _),
            Fixed64Wire => TryAdvance(sizeof(ulong)),
            Fixed32Wire => TryAdvance(sizeof(uint)),
            GroupWire => SkipGroup(),
            _ => false,
        };

        /// <summary>Groups are always unknown fields, because the API has none.</summary>
        private bool SkipGroup()
        {
            for (var depth = 1; depth > 0;)
            {
                if (!TryReadVarint(out var tag))
                    return false;

                var wire = (int)(tag & 7);
                AddUnknown();
                if (wire == GroupWire)
                    depth++;
                else if (wire == GroupEndWire)
                    depth--;
                else if (!(wire == LengthWire ? ReadLength(null, Reader.Length) : Skip(wire)))
                    return false;
            }

            return true;
        }

        private bool TryAdvance(int bytes)
        {
            if (Reader.Remaining < bytes)
                return false;

            Reader.Advance(bytes);
            return true;
        }

        private bool TryReadVarint(out ulong value)
        {
            value = 0;
            for (var shift = 0; shift < 64; shift += 7)
            {
                if (!Reader.TryRead(out var part))
                    return false;

                value |= (ulong)(part & 0x7F) << shift;
                if (part < 0x80)
                    return true;
            }

            return false;
        }
    }
}
