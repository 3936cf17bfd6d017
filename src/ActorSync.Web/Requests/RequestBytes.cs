using System.Buffers;

namespace ActorSync.Web.Requests;

/// <summary>Reads a body up to a named limit, whatever the server's own limit is.</summary>
internal static class RequestBytes
{
    /// <summary>Most bytes of an API body.</summary>
    public const int ApiLimit = 1024 * 1024;

    /// <summary>The whole body, or null when it is longer than <paramref name="limit"/>.</summary>
    public static async ValueTask<byte[]?> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
        {
            return null;
        }

        if (request.ContentLength is { } length)
        {
            var exact = new byte[length];
            await request.Body.ReadExactlyAsync(exact, cancellationToken);
            return exact;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            using var gathered = new MemoryStream();
            int read;
            while ((read = await request.Body.ReadAsync(buffer, cancellationToken)) > 0)
            {
                if (gathered.Length + read > limit)
                {
                    return null;
                }

                await gathered.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            return gathered.ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
