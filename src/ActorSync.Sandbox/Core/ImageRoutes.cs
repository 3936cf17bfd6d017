using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Compression;

namespace ActorSync.Sandbox.Core;

/// <summary>
/// Product pictures made when asked for: /images/WJ-1017-2.png is a tile in a colour of its own with the letters WJ. The same address gives the same bytes.
/// </summary>
public static class ImageRoutes
{
    private const int Side = 480;
    private const int Scale = 24;
    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(Entry)];

    /// <summary>Five columns by seven rows a letter, a row to five bits.</summary>
    private static readonly Dictionary<char, string> Letters = new()
    {
        ['A'] = "01110 10001 10001 11111 10001 10001 10001",
        ['B'] = "11110 10001 10001 11110 10001 10001 11110",
        ['C'] = "01110 10001 10000 10000 10000 10001 01110",
        ['D'] = "11110 10001 10001 10001 10001 10001 11110",
        ['E'] = "11111 10000 10000 11110 10000 10000 11111",
        ['F'] = "11111 10000 10000 11110 10000 10000 10000",
        ['G'] = "01110 10001 10000 10111 10001 10001 01110",
        ['H'] = "10001 10001 10001 11111 10001 10001 10001",
        ['I'] = "01110 00100 00100 00100 00100 00100 01110",
        ['J'] = "00111 00010 00010 00010 00010 10010 01100",
        ['K'] = "10001 10010 10100 11000 10100 10010 10001",
        ['L'] = "10000 10000 10000 10000 10000 10000 11111",
        ['M'] = "10001 11011 10101 10101 10001 10001 10001",
        ['N'] = "10001 11001 10101 10011 10001 10001 10001",
        ['O'] = "01110 10001 10001 10001 10001 10001 01110",
        ['P'] = "11110 10001 10001 11110 10000 10000 10000",
        ['Q'] = "01110 10001 10001 10001 10101 10010 01101",
        ['R'] = "11110 10001 10001 11110 10100 10010 10001",
        ['S'] = "01111 10000 10000 01110 00001 00001 11110",
        ['T'] = "11111 00100 00100 00100 00100 00100 00100",
        ['U'] = "10001 10001 10001 10001 10001 10001 01110",
        ['V'] = "10001 10001 10001 10001 10001 01010 00100",
        ['W'] = "10001 10001 10001 10101 10101 11011 10001",
        ['X'] = "10001 10001 01010 00100 01010 10001 10001",
        ['Y'] = "10001 10001 01010 00100 00100 00100 00100",
        ['Z'] = "11111 00001 00010 00100 01000 10000 11111",
    };

    /// <summary>Pictures kept ready; past this many all are forgotten and made anew when asked for.</summary>
    private const int MostKept = 2_000;
    private static readonly TimeSpan SlowAnswer = TimeSpan.FromSeconds(3);
    private static readonly ConcurrentDictionary<string, byte[]> Kept = new(StringComparer.Ordinal);

    /// <summary>Names that begin with missing- answer 404, with slow- after three seconds, with text- as something that is no picture.</summary>
    public static void Map(WebApplication app) => app.MapGet("/images/{name}.png", async (string name, HttpContext context) =>
    {
        if (name.StartsWith("missing-", StringComparison.Ordinal))
        {
            return Results.NotFound();
        }

        if (name.StartsWith("slow-", StringComparison.Ordinal))
        {
            await Task.Delay(SlowAnswer, context.RequestAborted);
        }

        context.Response.Headers.CacheControl = "public, max-age=86400";
        return name.StartsWith("text-", StringComparison.Ordinal) ? Results.Text("no picture") : Results.Bytes(Bytes(name), "image/png");
    });

    public static byte[] Bytes(string name)
    {
        if (Kept.Count >= MostKept)
        {
            Kept.Clear();
        }

        return Kept.GetOrAdd(name, Png);
    }

    private static byte[] Png(string name)
    {
        var hash = name.Aggregate(2166136261u, (h, c) => (h ^ c) * 16777619u);
        var top = Colour(hash % 360, 0.55, 0.62);
        var bottom = Colour((hash + 35) % 360, 0.60, 0.42);
        var initials = name.Where(char.IsAsciiLetterUpper).Take(2).ToArray();
        var left = (Side - (((initials.Length * 6) - 1) * Scale)) / 2;
        const int Above = (Side - (7 * Scale)) / 2;

        var pixels = new byte[Side * ((Side * 3) + 1)];
        for (var y = 0; y < Side; y++)
        {
            var row = pixels.AsSpan(y * ((Side * 3) + 1) + 1, Side * 3);
            for (var x = 0; x < Side; x++)
            {
                var ink = IsInk(initials, (x - left) / (double)Scale, (y - Above) / (double)Scale);
                for (var channel = 0; channel < 3; channel++)
                {
                    row[(x * 3) + channel] = ink ? (byte)250 : (byte)(top[channel] + ((bottom[channel] - top[channel]) * y / Side));
                }
            }
        }

        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Side);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), Side);
        header[8] = 8;
        header[9] = 2;
        Chunk(file, "IHDR"u8, header);
        using (var packed = new MemoryStream())
        {
            using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                zlib.Write(pixels);
            }

            Chunk(file, "IDAT"u8, packed.ToArray());
        }

        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static bool IsInk(char[] initials, double x, double y)
    {
        if (x < 0 || y is < 0 or >= 7 || x >= initials.Length * 6)
        {
            return false;
        }

        var column = (int)x % 6;
        return column < 5 && Letters[initials[(int)x / 6]][((int)y * 6) + column] == '1';
    }

    private static byte[] Colour(double hue, double saturation, double lightness)
    {
        var chroma = (1 - Math.Abs((2 * lightness) - 1)) * saturation;
        return [.. new[] { 0, 8, 4 }.Select(n =>
        {
            var k = (n + (hue / 30)) % 12;
            return (byte)(255 * (lightness - (chroma / 2 * Math.Max(-1, Math.Min(Math.Min(k - 3, 9 - k), 1)))));
        })];
    }

    private static void Chunk(Stream file, ReadOnlySpan<byte> type, byte[] data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        var crc = Crc(Crc(0xFFFFFFFF, type), data) ^ 0xFFFFFFFF;
        BinaryPrimitives.WriteUInt32BigEndian(number, crc);
        file.Write(number);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (var value in data)
        {
            crc = CrcTable[(crc ^ value) & 0xFF] ^ (crc >> 8);
        }

        return crc;
    }

    private static uint Entry(int index)
    {
        var value = (uint)index;
        for (var bit = 0; bit < 8; bit++)
        {
            value = (value & 1) == 1 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
        }

        return value;
    }
}
