using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using ClipGrpc.OpenInference;
using ClipGrpc.Server.Http;
using ClipGrpc.Server.Rpc;

namespace ClipGrpc.Server.OpenInference;

/// <summary>
/// Checks inputs in all forms that they come in. What a shape states is compared with the content that is there before
/// anything of its size is made.
/// </summary>
internal sealed class TensorReader(FacadeEngine engine)
{
    /// <exception cref="ClipException">The input is unknown, or has another type, rank or size.</exception>
    public TensorHeader ReadHeader(string field, string name, string datatype, IReadOnlyList<long> shape)
    {
        if (name == "pixel_values")
        {
            throw InputReader.Invalid(
                $"{field}.name",
                "pixel_values is not supported: send images, or frames with RGB pixels, which the server prepares.");
        }

        var definition = TensorDefinition.FindInput(name) ?? throw InputReader.Invalid(
            $"{field}.name",
            $"\"{Excerpt.Of(name)}\" is not an input; known are "
            + $"{string.Join(", ", TensorDefinition.Inputs.Select(input => input.Name))}.");
        var type = Array.Find(definition.Datatypes, known => known.Name == datatype) ?? throw InputReader.Invalid(
            $"{field}.datatype",
            $"\"{Excerpt.Of(datatype)}\" is not the datatype of {name}; it is "
            + $"{string.Join(" or ", definition.Datatypes.Select(known => known.Name))}.");
        CheckRank(field, definition, shape);
        var count = CountOf(field, type, shape);
        CheckBatch(field, definition, type == Datatype.Bytes ? count : shape[0]);
        return new TensorHeader(definition, type, field, [.. shape.Select(size => (int)size)], (int)count);
    }

    /// <summary>Little endian; before each element of BYTES its length in four bytes.</summary>
    /// <exception cref="ClipException">It has another size than its shape states.</exception>
    public static InputTensor ReadRaw(TensorHeader header, ReadOnlyMemory<byte> content)
    {
        if (header.Datatype == Datatype.Bytes)
            return new InputTensor(header) { Elements = new RawElements(Split(header, content)) };

        var expected = (long)header.Count * header.Datatype.Size;
        return content.Length == expected
            ? new InputTensor(header) { Numbers = content }
            : throw InputReader.Invalid(
                header.Field,
                $"The content has {content.Length:N0} bytes; its shape states {expected:N0} of "
                + $"{header.Datatype.Name}.");
    }

    /// <summary>In the fields of protobuf.</summary>
    /// <inheritdoc cref="ReadRaw"/>
    public static InputTensor ReadContents(TensorHeader header, InferTensorContents? contents)
    {
        contents ??= new InferTensorContents();
        if (header.Datatype == Datatype.Bytes)
        {
            CheckCount(header, contents.BytesContents.Count, "contents.bytes_contents");
            return new InputTensor(header)
            {
                Elements = new RawElements([.. contents.BytesContents.Select(element => element.Memory)]),
            };
        }

        var (numbers, count, name) = header.Datatype.Name switch
        {
            "INT64" => (BytesOf(contents.Int64Contents), contents.Int64Contents.Count, "int64_contents"),
            "INT32" => (BytesOf(contents.IntContents), contents.IntContents.Count, "int_contents"),
            _ => (ToBytes(header, contents.UintContents), contents.UintContents.Count, "uint_contents"),
        };
        CheckCount(header, count, $"contents.{name}");
        return new InputTensor(header) { Numbers = numbers };
    }

    /// <summary>A list, flat or nested, whose elements are texts or numbers.</summary>
    /// <exception cref="RequestException">It has something else.</exception>
    /// <inheritdoc cref="ReadRaw"/>
    public static InputTensor ReadJson(TensorHeader header, JsonElement data)
    {
        var field = $"{header.Field}.data";
        if (data.ValueKind != JsonValueKind.Array)
            throw JsonFields.WrongType(field, "an array", data);

        CheckCount(header, CountLeaves(data), "data");
        if (header.Datatype == Datatype.Bytes)
            return new InputTensor(header) { Elements = new JsonElements([.. Flatten(data)]) };

        var size = header.Datatype.Size;
        var numbers = new byte[header.Count * size];
        var start = 0;
        foreach (var leaf in Flatten(data))
        {
            Write(header, leaf, numbers.AsSpan(start));
            start += size;
        }

        return new InputTensor(header) { Numbers = numbers };
    }

    private static void CheckRank(string field, TensorDefinition definition, IReadOnlyList<long> shape)
    {
        var expected = definition.Shape;
        // A list may be a row or a column; of images and texts each row is a request of its own.
        var isList = definition.Datatypes[0] == Datatype.Bytes;
        var mayBeRow = definition == TensorDefinition.Labels || definition == TensorDefinition.Templates;
        var hasRank = isList
            ? shape.Count == 1 || (shape.Count == 2 && (shape[1] == 1 || (mayBeRow && shape[0] == 1)))
            : shape.Count == expected.Length
                && shape.Zip(expected).All(pair => pair.Second == -1 || pair.First == pair.Second);
        if (!hasRank)
        {
            throw InputReader.Invalid(
                $"{field}.shape",
                $"[{string.Join(",", shape.Take(8))}] is not a shape of {definition.Name}; it must be "
                + $"[{string.Join(",", expected)}], where -1 is any size.");
        }
    }

    private static long CountOf(string field, Datatype type, IReadOnlyList<long> shape)
    {
        long count = 1;
        foreach (var size in shape)
        {
            if (size < 1)
            {
                throw InputReader.Invalid(
                    $"{field}.shape", $"A dimension has the size {size}; each must be at least 1.");
            }

            if (size > Array.MaxLength / (count * Math.Max(1, type.Size)))
                throw InputReader.Invalid($"{field}.shape", "The tensor is larger than any message.");

            count *= size;
        }

        return count;
    }

    private void CheckBatch(string field, TensorDefinition definition, long count)
    {
        var most = definition.Name switch
        {
            "labels" => engine.Limits.MaxLabels,
            "templates" => engine.Limits.MaxTemplates,
            _ => engine.MaxInputsPerCall,
        };
        if (count > most)
        {
            throw InputReader.Invalid(
                $"{field}.shape", $"There are {count:N0} {definition.Name}; the maximum per call is {most:N0}.");
        }
    }

    private static List<ReadOnlyMemory<byte>> Split(TensorHeader header, ReadOnlyMemory<byte> content)
    {
        var elements = new List<ReadOnlyMemory<byte>>(header.Count);
        var rest = content;
        while (elements.Count < header.Count)
        {
            if (rest.Length < sizeof(uint))
                throw WrongElements($"it ends in the length of element {elements.Count}");

            var length = BinaryPrimitives.ReadUInt32LittleEndian(rest.Span);
            rest = rest[sizeof(uint)..];
            if (length > rest.Length)
            {
                throw WrongElements(
                    $"element {elements.Count} has a length of {length:N0} bytes, and {rest.Length:N0} follow");
            }

            elements.Add(rest[..(int)length]);
            rest = rest[(int)length..];
        }

        return rest.IsEmpty ? elements : throw WrongElements($"{rest.Length:N0} bytes are left over");

        ClipException WrongElements(string what) => InputReader.Invalid(
            header.Field,
            $"The shape states {header.Count:N0} elements of BYTES, each preceded by its length in four bytes, but "
            + $"{what}.");
    }

    private static void CheckCount(TensorHeader header, int count, string name)
    {
        if (count != header.Count)
        {
            throw InputReader.Invalid(
                $"{header.Field}.{name}", $"The number of elements is {count:N0}; the shape states {header.Count:N0}.");
        }
    }

    private static byte[] BytesOf<T>(ICollection<T> numbers)
        where T : struct
    {
        var values = new T[numbers.Count];
        numbers.CopyTo(values, 0);
        return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
    }

    private static byte[] ToBytes(TensorHeader header, IReadOnlyList<uint> numbers)
    {
        var bytes = new byte[numbers.Count];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = numbers[i] <= byte.MaxValue
                ? (byte)numbers[i]
                : throw NotInType(header, $"contents.uint_contents[{i}]");
        }

        return bytes;
    }

    /// <summary>What is in a list and not itself a list. The depth is limited where the body was parsed.</summary>
    private static int CountLeaves(JsonElement list)
    {
        var count = 0;
        foreach (var item in list.EnumerateArray())
            count += item.ValueKind == JsonValueKind.Array ? CountLeaves(item) : 1;
        return count;
    }

    private static IEnumerable<JsonElement> Flatten(JsonElement list) => list.EnumerateArray()
        .SelectMany(item => item.ValueKind == JsonValueKind.Array ? Flatten(item) : [item]);

    private static void Write(TensorHeader header, JsonElement value, Span<byte> destination)
    {
        var isNumber = value.ValueKind == JsonValueKind.Number;
        if (header.Datatype == Datatype.Int64 && isNumber && value.TryGetInt64(out var number))
            BinaryPrimitives.WriteInt64LittleEndian(destination, number);
        else if (header.Datatype == Datatype.Int32 && isNumber && value.TryGetInt32(out var half))
            BinaryPrimitives.WriteInt32LittleEndian(destination, half);
        else if (header.Datatype == Datatype.Uint8 && isNumber && value.TryGetByte(out var single))
            destination[0] = single;
        else
            throw NotInType(header, "data");
    }

    private static ClipException NotInType(TensorHeader header, string name) => InputReader.Invalid(
        $"{header.Field}.{name}", $"It has a value that {header.Datatype.Name} cannot represent.");
}
