using System.Buffers.Binary;

namespace ClipGrpc.Client;

internal static class NumberExtensions
{
    extension(Enum)
    {
        public static bool IsDefined<T>(T value)
            where T : struct, Enum =>
            Enum.IsDefined(typeof(T), value);

        public static string[] GetNames<T>()
            where T : struct, Enum =>
            Enum.GetNames(typeof(T));

        public static T[] GetValues<T>()
            where T : struct, Enum =>
            (T[])Enum.GetValues(typeof(T));
    }

    extension(double)
    {
        /// <summary>The larger; a number rather than NaN.</summary>
        public static double MaxNumber(double x, double y) =>
            double.IsNaN(x) ? y : double.IsNaN(y) ? x : Math.Max(x, y);
    }

    extension(ArgumentOutOfRangeException)
    {
        public static void ThrowIfLessThanOrEqual(TimeSpan value, TimeSpan other, string name)
        {
            if (value <= other)
                throw new ArgumentOutOfRangeException(name, value, $"{name} must be more than {other}.");
        }
    }

    extension(TimeSpan)
    {
        public static long TicksPerMicrosecond => TimeSpan.TicksPerMillisecond / 1000;

        public static TimeSpan FromMicroseconds(long microseconds) =>
            TimeSpan.FromTicks(microseconds * TimeSpan.TicksPerMicrosecond);
    }

    extension(Random)
    {
        public static Random Shared => SharedRandom.Instance;
    }

    extension(BinaryPrimitives)
    {
        /// <summary>There is no <c>Half</c>; a float holds each of its values.</summary>
        public static float ReadHalfLittleEndian(ReadOnlySpan<byte> source)
        {
            var bits = BinaryPrimitives.ReadUInt16LittleEndian(source);
            var exponent = (bits >> 10) & 0x1f;
            var fraction = bits & 0x3ff;
            var magnitude = exponent switch
            {
                0 => fraction * Math.Pow(2, -24),
                0x1f => fraction == 0 ? double.PositiveInfinity : double.NaN,
                _ => (0x400 + fraction) * Math.Pow(2, exponent - 25),
            };
            return (float)(bits >> 15 == 0 ? magnitude : -magnitude);
        }
    }

    /// <summary>Unlike the base class it can be used by several threads.</summary>
    private sealed class SharedRandom : Random
    {
        private readonly Lock _lock = new();

        public static SharedRandom Instance { get; } = new();

        public override double NextDouble()
        {
            lock (_lock)
                return base.NextDouble();
        }
    }
}
