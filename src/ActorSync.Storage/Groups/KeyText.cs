using System.Buffers;
using System.Text;

namespace ActorSync.Storage.Groups;

/// <summary>
/// Ids and keys are stored exactly or not at all: NUL and halves of a character have no form in PostgreSQL. Looked for before a write joins a group, because
/// the driver would find them in the middle of sending it.
/// </summary>
internal static class KeyText
{
    /// <summary>A sentence for the first key that cannot be stored, or null.</summary>
    public static string? Problem(IEnumerable<string?> keys)
    {
        foreach (var key in keys)
        {
            if (key is not null && !IsStorable(key))
            {
                return $"The key '{Printable(key)}' holds NUL or half a character and cannot be stored.";
            }
        }

        return null;
    }

    private static bool IsStorable(ReadOnlySpan<char> text)
    {
        if (text.Contains('\0'))
        {
            return false;
        }

        while (text.IndexOfAnyInRange('\ud800', '\udfff') is >= 0 and var surrogate)
        {
            text = text[surrogate..];
            if (Rune.DecodeFromUtf16(text, out _, out var length) != OperationStatus.Done)
            {
                return false;
            }

            text = text[length..];
        }

        return true;
    }

    private static string Printable(string key) => string.Concat(key.Select(c => char.IsSurrogate(c) || c == '\0' ? $"\\u{(int)c:x4}" : c.ToString()));
}
