using System.Security.Cryptography;
using System.Text;
using ActorSync.Domain.Products;

namespace ActorSync.Domain.Reconcile;

internal static class ConflictRows
{
    /// <summary>The same loser gives the same row, however often and in whatever order it is delivered.</summary>
    public static string IdOf(ProductId product, RegisterKey key, FieldValue loser, Stamp source)
    {
        var text = $"{product.Value}\n{key}\n{(loser.IsEmpty ? "-" : "=" + loser.Text)}\n{source}";
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), digest);
        return Convert.ToHexStringLower(digest[..12]);
    }
}
