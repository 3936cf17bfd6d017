using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ActorSync.Domain.Products;

/// <summary>
/// The value of one register in canonical text, or <see cref="Empty"/>: known to be empty. A value that a message does not carry is absent, which is
/// no <see cref="FieldValue"/> at all. Numbers are invariant decimals without trailing zeros ("19.9"), booleans "true"/"false", lists compact JSON arrays;
/// money carries no currency here because the currency is part of the register's key.
/// </summary>
[GenerateSerializer, Immutable, Alias("actorsync.field-value")]
public readonly record struct FieldValue([property: Id(0)] string? Text)
{
    public static readonly FieldValue Empty;
    public static readonly FieldValue True = new("true");
    public static readonly FieldValue False = new("false");

    public bool IsEmpty => Text is null;

    /// <summary>The first 64 bits of SHA-256 over the text: what held rings keep of a value that is no longer the last. Empty is 0.</summary>
    public long Hash
    {
        get
        {
            if (Text is null)
            {
                return 0;
            }

            Span<byte> digest = stackalloc byte[32];
            SHA256.HashData(Encoding.UTF8.GetBytes(Text), digest);
            return BinaryPrimitives.ReadInt64LittleEndian(digest);
        }
    }

    public override string ToString() => Text ?? "(empty)";
}
