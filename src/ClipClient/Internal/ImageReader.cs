using System.Security;
using Google.Protobuf;
using Grpc.Core;

namespace ClipGrpc.Client.Internal;

/// <summary>Reads image files and streams, up to what a message can carry.</summary>
internal static class ImageReader
{
    private const int FirstBufferBytes = 64 * 1024;

    public static async Task<ByteString> ReadFileAsync(string path, int maxBytes, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
            throw Unreadable(path, "it is a folder", null);

        try
        {
            var file = new FileStream(path, new FileStreamOptions
            {
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
                BufferSize = 0,
            });
            await using (file.ConfigureAwait(false))
            {
                if (!file.CanSeek)
                    return await ReadStreamAsync(file, path, maxBytes, cancellationToken).ConfigureAwait(false);
                if (file.Length > maxBytes)
                    throw TooLarge(path, file.Length, maxBytes);

                var bytes = new byte[file.Length];
                await file.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
                return UnsafeByteOperations.UnsafeWrap(bytes);
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Unreadable(path, "there is no such file", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SecurityException
            or ArgumentException or NotSupportedException)
        {
            throw Unreadable(path, exception.Message, exception);
        }
    }

    public static async Task<ByteString> ReadStreamAsync(
        Stream stream, string name, int maxBytes, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[FirstBufferBytes];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (bytes.Length + read > maxBytes)
                    throw TooLarge(name, null, maxBytes);
                bytes.Write(buffer, 0, read);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or NotSupportedException)
        {
            throw Unreadable(name, exception.Message, exception);
        }

        return UnsafeByteOperations.UnsafeWrap(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
    }

    public static ClipClientException TooLarge(string name, long? size, int maxBytes) => new(
        StatusCode.InvalidArgument,
        size is null
            ? $"{name} is too large: more than {maxBytes:N0} bytes."
            : $"{name} is too large: {size:N0} bytes, and a message takes {maxBytes:N0} bytes.");

    private static ClipClientException Unreadable(string name, string reason, Exception? cause) =>
        new(StatusCode.InvalidArgument, $"{name} cannot be read: {reason.TrimEnd('.')}.", cause);
}
