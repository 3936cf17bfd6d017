using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using ActorSync.Channels.Http;
using Microsoft.Extensions.Logging;

namespace ActorSync.Channels.Shopify;

/// <summary>
/// The wire: one document per request, budget before, throttle status after, version and deprecation headers watched. A refused token is renewed once; such a
/// call did nothing, so it is sent again. Knows no product.
/// </summary>
internal sealed partial class ShopifyClient(
    ChannelHttpClient http, Uri endpoint, string apiVersion, ITokenSource tokens, ChannelId channel, IApiBudget budget, ILogger log)
{
    /// <summary>A refused request costs nothing and is certain to have done nothing, so it is sent again after the budget has waited; this often at most.</summary>
    private const int MaxThrottledTries = 3;
    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private int _versionAlarm;
    private string? _deprecation;

    public TimeProvider Clock => http.Clock;
    public TimeSpan ClockOffset => http.ClockOffset;

    /// <summary>The version that answered instead of the configured one; null = none did.</summary>
    public string? OtherVersion { get; private set; }

    /// <summary>Sends <paramref name="operation"/>; <paramref name="inputCost"/> is what its input lists add to the noted cost. Throws only on cancellation.</summary>
    public async Task<ShopifyAnswer> SendAsync(
        ShopifyOperation operation, JsonObject variables, Lane lane, CancellationToken cancellationToken, double inputCost = 0)
    {
        var body = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["query"] = operation.Document,
            ["operationName"] = operation.Name,
            ["variables"] = variables.DeepClone(),
        }.ToJsonString());
        var cost = operation.Cost + Math.Ceiling(inputCost);
        string? refused = null;
        for (var attempt = 1; ; attempt++)
        {
            var token = await tokens.GetAsync(refused, cancellationToken);
            if (token.Value is null)
            {
                return new ShopifyAnswer { Fault = token.Fault };
            }

            await budget.AcquireAsync(cost, lane, cancellationToken);
            using var content = new ByteArrayContent(body) { Headers = { ContentType = Json } };
            using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = content };
            request.Headers.TryAddWithoutValidation("X-Shopify-Access-Token", token.Value);
            request.Headers.TryAddWithoutValidation("Accept", "application/json");
            request.Headers.TryAddWithoutValidation("User-Agent", "ActorSync/0.1");
            var exchange = await http.SendAsync(request, operation.Repeatable, cancellationToken);
            var answer = ShopifyErrors.Classify(exchange, Clock.GetUtcNow());
            var isThrottled = answer.Fault is { Kind: ChannelFaultKind.Throttled };
            budget.Report(new BudgetReading
            {
                Reserved = cost,
                Actual = answer.Cost is { } told ? told.Actual ?? (isThrottled ? 0 : told.Requested) : null,
                Maximum = answer.Cost?.Maximum,
                Available = answer.Cost?.Available,
                RestorePerSecond = answer.Cost?.RestorePerSecond,
                Throttled = isThrottled,
                RetryAfter = exchange.RetryAfter,
                Elapsed = exchange.Elapsed,
            });
            Watch(exchange);
            if (answer.Fault is { Kind: ChannelFaultKind.Permanent, Code: not "NOT_FOUND" } wrong)
            {
                LogRefused(channel.Value, operation.Name, wrong.Code, wrong.Message);
            }

            if (exchange.Status == System.Net.HttpStatusCode.Unauthorized && refused is null)
            {
                refused = token.Value;
                continue;
            }

            if (!isThrottled || exchange.Status != System.Net.HttpStatusCode.OK || attempt >= MaxThrottledTries)
            {
                return answer;
            }
        }
    }

    /// <summary>A retired version does not fail, it falls forward in silence; only the header tells.</summary>
    private void Watch(HttpExchange exchange)
    {
        if (exchange.Header("X-Shopify-API-Version") is { Length: > 0 } served && served != apiVersion)
        {
            OtherVersion = served;
            if (Interlocked.Exchange(ref _versionAlarm, 1) == 0)
            {
                LogOtherVersion(channel.Value, apiVersion, served);
            }
        }

        if (exchange.Header("X-Shopify-API-Deprecated-Reason") is { Length: > 0 } reason && Interlocked.Exchange(ref _deprecation, reason) != reason)
        {
            LogDeprecated(channel.Value, apiVersion, reason);
        }
    }

    [LoggerMessage(EventId = 3101, Level = LogLevel.Warning,
        Message = "Channel {Channel}: Shopify answered with API version {Served} instead of {Pinned}; the pinned version is retired or unknown there.")]
    private partial void LogOtherVersion(string channel, string pinned, string served);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Warning, Message = "Channel {Channel}: Shopify calls fields of API version {Pinned} deprecated: {Reason}")]
    private partial void LogDeprecated(string channel, string pinned, string reason);

    [LoggerMessage(EventId = 3103, Level = LogLevel.Warning, Message = "Channel {Channel}: Shopify refused operation {Operation} with {Code}: {Reason}")]
    private partial void LogRefused(string channel, string operation, string code, string reason);
}
