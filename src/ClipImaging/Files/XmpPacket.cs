using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Files;

/// <summary>The orientation in an XMP packet, which counts where EXIF has none.</summary>
internal static class XmpPacket
{
    /// <returns>
    /// Null where there is none; top left where the value does not exist. As an attribute in double quotes or as an
    /// element, which is what Pillow looks for; the packet is not read as XML.
    /// </returns>
    public static ExifOrientation? ReadOrientation(ReadOnlySpan<byte> packet)
    {
        var name = "tiff:Orientation"u8;
        for (var at = packet.IndexOf(name); at >= 0; at = packet.IndexOf(name))
        {
            packet = packet[(at + name.Length)..];
            var digit = packet switch
            {
                [(byte)'=', (byte)'"', >= (byte)'0' and <= (byte)'9', ..] => packet[2] - '0',
                [(byte)'>', >= (byte)'0' and <= (byte)'9', ..] => packet[1] - '0',
                _ => -1,
            };
            if (digit >= 0)
                return digit is >= 1 and <= 8 ? (ExifOrientation)digit : ExifOrientation.TopLeft;
        }

        return null;
    }
}
