using System.Security.Cryptography;

namespace ActorSync.Channels.Http;

/// <summary>Fetches pictures through the guard that all channel calls pass: size and type are checked, redirects are not followed.</summary>
internal sealed class PictureReader(ChannelHttpClients clients, TimeProvider clock) : IPictureReader
{
    /// <summary>The largest picture that shops take.</summary>
    private const int MaxBytes = 20 * 1024 * 1024;
    private readonly ChannelHttpClient _http = clients.Create(clock);

    public async Task<PictureReading> ReadAsync(PictureToRead picture, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(picture);
        if (!Uri.TryCreate(picture.Url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            return Failed(picture, "it is no http or https address", permanent: true);
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        var exchange = await _http.SendAsync(request, repeatable: true, cancellationToken);
        if (exchange.StatusFault(clock.GetUtcNow()) is { } fault)
        {
            // Only a passing failure of the network or the host is worth another try.
            return Failed(picture, fault.Message, permanent: fault.Kind is ChannelFaultKind.Permanent or ChannelFaultKind.Unauthorised);
        }

        return exchange switch
        {
            { ContentType: { } type } when !type.StartsWith("image/", StringComparison.OrdinalIgnoreCase) => Failed(picture, $"it is of type {type}, not a picture", permanent: true),
            { Body.Length: 0 } => Failed(picture, "it is empty", permanent: false),
            { Body.Length: > MaxBytes } => Failed(picture, $"it has {exchange.Body.Length} bytes; at most {MaxBytes} are taken", permanent: true),
            _ => new PictureReading { Picture = picture, Hash = Convert.ToHexStringLower(SHA256.HashData(exchange.Body.Span)) },
        };
    }

    private static PictureReading Failed(PictureToRead picture, string error, bool permanent) => new() { Picture = picture, Error = error, Permanent = permanent };
}
