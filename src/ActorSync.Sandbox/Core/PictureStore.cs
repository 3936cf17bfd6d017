using System.Collections.Concurrent;

namespace ActorSync.Sandbox.Core;

/// <summary>
/// Pictures that a shop has downloaded, by the address they came from. The Sandbox's own are made on the spot; others are really fetched, and fetched again
/// when they were forgotten, so that a restart loses nothing.
/// </summary>
public sealed class PictureStore(string baseAddress)
{
    private const int MostKept = 2_000;
    private static readonly string[] Troubles = ["missing-", "text-", "slow-"];
    private const long MostBytes = 20 * 1024 * 1024;
    private static readonly TimeSpan LongestFetch = TimeSpan.FromSeconds(10);
    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = true, UseCookies = false }) { Timeout = LongestFetch, MaxResponseContentBufferSize = MostBytes };
    private readonly string own = baseAddress + "/images/";
    private readonly ConcurrentDictionary<string, byte[]> kept = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string?> begun = new(StringComparer.Ordinal);

    public string BaseAddress => baseAddress;

    public enum State { Ready, Fetching, Failed }

    /// <summary>Downloads in the background; <see cref="StateOf"/> tells how it went.</summary>
    public void Begin(string source)
    {
        begun[source] = null;
        _ = Task.Run(async () =>
        {
            var (_, error) = await FetchAsync(source, CancellationToken.None);
            if (error is null)
            {
                begun.TryRemove(source, out _);
            }
            else
            {
                begun[source] = error;
            }
        });
    }

    /// <summary>What was never begun here counts as there: it was downloaded before a restart, or is one of the Sandbox's own.</summary>
    public (State State, string? Error) StateOf(string source) =>
        !begun.TryGetValue(source, out var error) ? (State.Ready, null) : error is null ? (State.Fetching, null) : (State.Failed, error);

    public async Task<(byte[]? Bytes, string? Error)> FetchAsync(string source, CancellationToken cancellationToken)
    {
        if (kept.TryGetValue(source, out var known))
        {
            return (known, null);
        }

        try
        {
            using var answer = await Http.GetAsync(new Uri(source), cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                return (null, $"HTTP {(int)answer.StatusCode}");
            }

            if (answer.Content.Headers.ContentType?.MediaType?.StartsWith("image/", StringComparison.Ordinal) != true)
            {
                return (null, "not an image");
            }

            return (Keep(source, await answer.Content.ReadAsByteArrayAsync(cancellationToken)), null);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or TaskCanceledException or InvalidOperationException)
        {
            return (null, failure.Message);
        }
    }

    /// <summary>The Sandbox's own need no fetching, except those that are there to be slow or to fail.</summary>
    public bool Has(string source) => kept.ContainsKey(source) || (NameOf(source) is { } name && !Troubles.Any(trouble => name.StartsWith(trouble, StringComparison.Ordinal)));

    private string? NameOf(string source) =>
        source.StartsWith(own, StringComparison.Ordinal) && source.EndsWith(".png", StringComparison.Ordinal) ? source[own.Length..^4] : null;

    /// <summary>The Sandbox's own picture, or one that was downloaded; null when it has to be fetched.</summary>
    private byte[]? Find(string source) =>
        kept.GetValueOrDefault(source) ?? (NameOf(source) is { } name && Has(source) ? ImageRoutes.Bytes(name) : null);

    public async Task<IResult> ServeAsync(string source, CancellationToken cancellationToken)
    {
        var bytes = Find(source) ?? (await FetchAsync(source, cancellationToken)).Bytes;
        return bytes is null ? Results.NotFound() : Results.Bytes(bytes, "image/png");
    }

    private byte[] Keep(string source, byte[] bytes)
    {
        if (kept.Count >= MostKept)
        {
            kept.Clear();
        }

        return kept.GetOrAdd(source, bytes);
    }
}
