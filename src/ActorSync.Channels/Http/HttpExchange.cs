using System.Net;
using System.Net.Http.Headers;

namespace ActorSync.Channels.Http;

/// <summary>One call and what became of it. Transport failures are data, not exceptions.</summary>
public sealed record HttpExchange
{
    /// <summary>Null = no whole answer came; see <see cref="Fault"/>.</summary>
    public HttpStatusCode? Status { get; init; }
    public HttpResponseHeaders? Headers { get; init; }
    public string? ContentType { get; init; }
    public ReadOnlyMemory<byte> Body { get; init; }
    /// <summary>Why there is no answer.</summary>
    public ChannelFault? Fault { get; init; }
    /// <summary>No byte of the request can have been acted on: name not resolved, connection or TLS refused, address not allowed, in every try.</summary>
    public bool CertainlyNotSent { get; init; }
    public required DateTimeOffset SentAt { get; init; }
    public required TimeSpan Elapsed { get; init; }

    public bool IsSuccess => Status is { } status && (int)status is >= 200 and <= 299;

    /// <summary>A header's values joined, or null.</summary>
    public string? Header(string name) => Headers is not null && Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    /// <summary>The wait that Retry-After asks for.</summary>
    public TimeSpan? RetryAfter => Headers?.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > SentAt => date - SentAt,
        _ => null,
    };

    /// <summary>The class of a status that is not 2xx, in words of HTTP; connectors with better words classify the body themselves. Null for 2xx.</summary>
    public ChannelFault? StatusFault(DateTimeOffset now)
    {
        if (Status is not { } status)
        {
            return Fault;
        }

        if (IsSuccess)
        {
            return null;
        }

        var kind = (int)status switch
        {
            401 or 402 or 403 or 423 => ChannelFaultKind.Unauthorised,
            408 or 425 or >= 500 => ChannelFaultKind.Transient,
            429 => ChannelFaultKind.Throttled,
            _ => ChannelFaultKind.Permanent,
        };
        var retryAt = kind is ChannelFaultKind.Throttled or ChannelFaultKind.Transient && RetryAfter is { } wait ? now + wait : (DateTimeOffset?)null;
        return new ChannelFault { Kind = kind, Code = ((int)status).ToString(), Message = $"The channel answered HTTP {(int)status} {status}.", RetryAt = retryAt };
    }
}
