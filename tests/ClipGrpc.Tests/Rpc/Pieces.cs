using System.Buffers;

namespace ClipGrpc.Tests.Rpc;

/// <summary>Bytes in several pieces of memory, as they come off the wire.</summary>
internal static class Pieces
{
    public static ReadOnlySequence<byte> Of(params byte[][] pieces)
    {
        var first = new Piece(pieces[0], 0);
        var last = first;
        foreach (var piece in pieces.Skip(1))
            last = last.Append(piece);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(byte[] bytes, long index)
        {
            Memory = bytes;
            RunningIndex = index;
        }

        public Piece Append(byte[] bytes)
        {
            var next = new Piece(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
