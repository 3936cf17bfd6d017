using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using ActorSync.Channels.Http;

namespace ActorSync.Channels.WooCommerce;

/// <summary>What a request did to the shop.</summary>
internal enum WooEffect
{
    Done,
    /// <summary>Refused for certain; repeating the same is useless.</summary>
    Refused,
    /// <summary>The id is gone.</summary>
    Gone,
    /// <summary>Certainly nothing; may be tried again.</summary>
    NotSent,
    /// <summary>It may have happened.</summary>
    Unknown,
}

/// <summary>A REST error: of a whole answer, or of one item of a batch.</summary>
internal sealed record WooError
{
    public required string Code { get; init; }
    public required string Message { get; init; }
    public int Status { get; init; }
    /// <summary>Owner of the SKU, GTIN or term that is taken.</summary>
    public long? ResourceId { get; init; }
    /// <summary>Members that the shop's validation names.</summary>
    public ImmutableArray<string> Members { get; init; } = [];

    public WooEffect Effect => WooErrors.EffectOf(this);
}

/// <summary>One answer, classified once by status and code. Messages are translated to the shop's language: they are shown, never looked at.</summary>
internal sealed record WooAnswer
{
    public required WooEffect Effect { get; init; }
    /// <summary>Whole JSON of a 2xx answer.</summary>
    public JsonElement Json { get; init; }
    public WooError? Error { get; init; }
    /// <summary>Set when the connection as a whole is at fault rather than this request.</summary>
    public ChannelFault? Fault { get; init; }
    /// <summary>Number of all items of a list.</summary>
    public long? Total { get; init; }
    public required DateTimeOffset SentAt { get; init; }

    public bool Ok => Effect == WooEffect.Done;

    public bool IsRefusedForSize => Error is { Code: WooErrors.TooLarge or WooErrors.TooManyItems };

    /// <summary>The request was too much for the host, whatever was in it.</summary>
    public bool IsTooLarge => IsRefusedForSize || Fault is { Code: "TIMEOUT" };

    /// <summary>It may be one item that the host cannot bear: PHP died, a firewall's page came, or nothing that could be read.</summary>
    public bool MayBeOneItem => (Effect == WooEffect.Unknown && !IsTooLarge) || Fault is { Code: WooErrors.Firewall };

    /// <summary>The fault to report when this answer ends what was asked for.</summary>
    public ChannelFault FaultOrError => Fault ?? new ChannelFault
    {
        Kind = ChannelFaultKind.Permanent,
        Code = Error?.Code ?? "UNEXPECTED_ANSWER",
        Message = Error?.Message ?? "The shop's answer has another form than expected.",
    };
}

internal static partial class WooErrors
{
    public const string SkuTaken = "product_invalid_sku";
    public const string GtinTaken = "product_invalid_global_unique_id";
    public const string SkuBlocked = "woocommerce_rest_product_not_created";
    public const string ProductGone = "woocommerce_rest_product_invalid_id";
    public const string VariationGone = "woocommerce_rest_product_variation_invalid_id";
    public const string TermExists = "term_exists";
    private const string AlreadyTrashed = "woocommerce_rest_already_trashed";
    public const string InvalidParameter = "rest_invalid_param";
    public const string TooLarge = "REQUEST_TOO_LARGE";
    public const string Firewall = "FIREWALL";
    public const string TooManyItems = "woocommerce_rest_request_entity_too_large";
    private const string NoRoute = "rest_no_route";
    private const int LongestMessage = 300;
    private const int MostNoisePositions = 16;

    public static WooAnswer Classify(HttpExchange exchange, bool isWrite, DateTimeOffset now)
    {
        if (exchange.Status is not { } status)
        {
            return new WooAnswer
            {
                Effect = !isWrite || exchange.CertainlyNotSent ? WooEffect.NotSent : WooEffect.Unknown,
                Fault = exchange.Fault ?? Transient("NO_ANSWER", "The shop did not answer."),
                SentAt = exchange.SentAt,
            };
        }

        var json = Parse(exchange.Body.Span);
        if (exchange.IsSuccess)
        {
            return json is { } root
                ? new WooAnswer
                {
                    Effect = WooEffect.Done,
                    Json = root,
                    SentAt = exchange.SentAt,
                    Total = long.TryParse(exchange.Header("X-WP-Total"), out var total) ? total : null,
                }
                : new WooAnswer { Effect = isWrite ? WooEffect.Unknown : WooEffect.NotSent, SentAt = exchange.SentAt, Fault = NotJson(exchange) };
        }

        var error = json is { ValueKind: JsonValueKind.Object } body ? ReadError(body, (int)status) : null;
        if (error is null && status == HttpStatusCode.RequestEntityTooLarge)
        {
            error = new WooError { Code = TooLarge, Status = (int)status, Message = "The shop's web server refuses requests of this size (HTTP 413)." };
        }

        var retryAt = exchange.RetryAfter is { } wait ? now + wait : (DateTimeOffset?)null;
        var (effect, fault) = Judge((int)status, error, retryAt, isWrite);
        return new WooAnswer { Effect = effect, Error = error, Fault = fault, SentAt = exchange.SentAt };
    }

    private static (WooEffect Effect, ChannelFault? Fault) Judge(int status, WooError? error, DateTimeOffset? retryAt, bool isWrite)
    {
        var code = error?.Code ?? status.ToString();
        var words = error is null ? $"HTTP {status}" : $"HTTP {status}, {error.Code}: {error.Message}";
        switch (status)
        {
            case >= 300 and < 400:
                return (WooEffect.NotSent, Fault(ChannelFaultKind.Permanent, "REDIRECTED", "The shop sends callers to another address; set baseUrl to the final address of the shop."));
            case 403 or 406 when error is null:
                return (WooEffect.NotSent, Fault(
                    ChannelFaultKind.Unauthorised, Firewall, $"A page of the shop's host came instead of an answer ({words}); a firewall may refuse the content or the hub: let the hub's address and its User-Agent pass."));
            case 401 or 403:
                return (WooEffect.NotSent, Fault(ChannelFaultKind.Unauthorised, code, $"The shop refused the keys or their rights ({words})."));
            case 429:
                return (WooEffect.NotSent, Fault(ChannelFaultKind.Throttled, code, $"The shop's host asks for fewer requests ({words}).", retryAt));
            case 503 or 508:
                return (WooEffect.NotSent, Fault(ChannelFaultKind.Transient, code, $"The shop is not available ({words}).", retryAt));
            case 408 or >= 500:
                return (isWrite ? WooEffect.Unknown : WooEffect.NotSent, Fault(ChannelFaultKind.Transient, code, $"The shop failed ({words}).", retryAt));
        }

        if (error is null || error.Code == NoRoute)
        {
            return (WooEffect.NotSent, Fault(ChannelFaultKind.Permanent, code, $"No WooCommerce REST interface answers at this address ({words}); check baseUrl and the shop's permalinks."));
        }

        return (error.Effect, null);
    }

    public static WooEffect EffectOf(WooError error) => error.Code switch
    {
        ProductGone or VariationGone or AlreadyTrashed => WooEffect.Gone,
        _ when error.Status is 429 or 503 or 508 => WooEffect.NotSent,
        _ when error.Status >= 500 => WooEffect.Unknown,
        _ => WooEffect.Refused,
    };

    /// <summary>The error of a batch item, or null when the item succeeded.</summary>
    public static WooError? OfItem(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object ? ReadError(error, 400) : null;

    public static WooError? ReadError(JsonElement body, int status)
    {
        if (!body.TryGetProperty("code", out var code) || code.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        var data = body.TryGetProperty("data", out var d) && d.ValueKind == JsonValueKind.Object ? d : default;
        var hasData = data.ValueKind == JsonValueKind.Object;
        return new WooError
        {
            Code = code.GetString()!,
            Message = Shorten(body.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String ? message.GetString()! : code.GetString()!),
            Status = hasData && data.TryGetProperty("status", out var s) && s.TryGetInt32(out var told) ? told : status,
            ResourceId = hasData && data.TryGetProperty("resource_id", out var owner) && owner.ValueKind == JsonValueKind.Number && owner.TryGetInt64(out var id) && id > 0 ? id : null,
            Members = hasData && data.TryGetProperty("params", out var named) && named.ValueKind == JsonValueKind.Object ? [.. named.EnumerateObject().Select(p => p.Name)] : [],
        };
    }

    /// <summary>JSON of an answer, skipping what plugins print before it; null when there is none.</summary>
    public static JsonElement? Parse(ReadOnlySpan<byte> body)
    {
        var at = 0;
        for (var tries = 0; tries < MostNoisePositions && at < body.Length; tries++)
        {
            var next = body[at..].IndexOfAny((byte)'{', (byte)'[');
            if (next < 0)
            {
                return null;
            }

            at += next;
            try
            {
                return JsonElement.Parse(body[at..]);
            }
            catch (JsonException)
            {
                at++;
            }
        }

        return null;
    }

    private static ChannelFault NotJson(HttpExchange exchange) => exchange.Body.IsEmpty
        ? Transient("EMPTY_ANSWER", "The shop answered without a body.")
        : Fault(
            exchange.ContentType == "text/html" ? ChannelFaultKind.Permanent : ChannelFaultKind.Transient, "NOT_JSON",
            "The shop answered with a page instead of data; a login wall, a cache or a coming-soon page may lie before its REST interface.");

    private static ChannelFault Transient(string code, string message) => Fault(ChannelFaultKind.Transient, code, message);

    private static ChannelFault Fault(ChannelFaultKind kind, string code, string message, DateTimeOffset? retryAt = null) =>
        new() { Kind = kind, Code = code, Message = message, RetryAt = retryAt };

    private static string Shorten(string message)
    {
        var plain = WebUtility.HtmlDecode(Markup().Replace(message, " ")).Trim();
        return plain.Length <= LongestMessage ? plain : plain[..LongestMessage];
    }

    [GeneratedRegex("<[^>]*>", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Markup();
}
