using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Polly.Timeout;

namespace ActorSync.Channels.Http;

/// <summary>
/// Sends the requests of one open connection. Network errors and 5xx of requests that the caller marks repeatable are tried again by the resilience handler;
/// everything else goes out once. Thread-safe.
/// </summary>
public sealed class ChannelHttpClient(HttpClient http, TimeProvider clock)
{
    internal static readonly HttpRequestOptionsKey<bool> Repeatable = new("actorsync.repeatable");
    internal static readonly HttpRequestOptionsKey<TimeSpan> Timeout = new("actorsync.timeout");
    internal static readonly HttpRequestOptionsKey<bool> MayHaveLeft = new("actorsync.may-have-left");
    private readonly ClockOffsetMeter _offset = new();

    public TimeProvider Clock => clock;

    /// <summary>The channel's clock minus ours, as its last answer showed it.</summary>
    public TimeSpan ClockOffset => _offset.Offset;

    /// <summary>Sends once, or a few times if <paramref name="repeatable"/>. Throws only when <paramref name="cancellationToken"/> ends it.</summary>
    /// <param name="request">Used once.</param>
    /// <param name="repeatable">A second run does no harm.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <param name="timeout">How long one try may take; null = <see cref="ChannelHttpOptions.AttemptTimeout"/>.</param>
    public async Task<HttpExchange> SendAsync(HttpRequestMessage request, bool repeatable, CancellationToken cancellationToken, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Options.Set(Repeatable, repeatable);
        if (timeout is { } longer)
        {
            request.Options.Set(Timeout, longer);
        }

        var sentAt = clock.GetUtcNow();
        var started = clock.GetTimestamp();
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            _offset.Learn(response.Headers.Date, sentAt, clock.GetUtcNow());
            return new HttpExchange
            {
                Status = response.StatusCode,
                Headers = response.Headers,
                ContentType = response.Content.Headers.ContentType?.MediaType,
                // Buffered by the innermost handler, so that a body that breaks off is a failed try like any other.
                Body = await response.Content.ReadAsByteArrayAsync(cancellationToken),
                SentAt = sentAt,
                Elapsed = clock.GetElapsedTime(started),
            };
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && Explain(failure) is { } fault)
        {
            var earlierTryMayHaveLeft = request.Options.TryGetValue(MayHaveLeft, out var left) && left;
            return new HttpExchange
            {
                Fault = fault,
                CertainlyNotSent = !earlierTryMayHaveLeft && NeverLeft(failure),
                SentAt = sentAt,
                Elapsed = clock.GetElapsedTime(started),
            };
        }
    }

    private static ChannelFault? Explain(Exception failure) => failure switch
    {
        TimeoutRejectedException or OperationCanceledException => Transient("TIMEOUT", "The channel did not answer in time."),
        HttpRequestException { InnerException: PrivateAddressException inner } => new ChannelFault
        {
            Kind = ChannelFaultKind.Unauthorised,
            Code = "PRIVATE_ADDRESS",
            Message = inner.Message,
        },
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } or HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound } }
            => Transient("NAME_NOT_RESOLVED", "The channel's host name could not be resolved."),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => Transient("TLS_FAILED", "No secure connection to the channel could be made; check its certificate."),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => Transient("CONNECT_FAILED", "The channel could not be reached."),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => new ChannelFault
        {
            Kind = ChannelFaultKind.Permanent,
            Code = "ANSWER_TOO_LARGE",
            Message = "The channel's answer is larger than the limit for answers.",
        },
        HttpRequestException or IOException => Transient("CONNECTION_LOST", "The connection to the channel broke before the answer was complete."),
        _ => null,
    };

    internal static bool NeverLeft(Exception? failure) => failure is HttpRequestException
    {
        HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ConnectionError,
    } or HttpRequestException { InnerException: PrivateAddressException or AuthenticationException };

    private static ChannelFault Transient(string code, string message) => new() { Kind = ChannelFaultKind.Transient, Code = code, Message = message };

    internal static bool IsTransient(HttpStatusCode status) => (int)status is 500 or 502 or 503 or 504 or 530 or 540;
}
