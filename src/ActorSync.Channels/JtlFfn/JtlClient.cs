using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using ActorSync.Channels.Http;

namespace ActorSync.Channels.JtlFfn;

/// <summary>The wire to one merchant: address, access token, budget. A refused token is renewed once. Knows nothing of products.</summary>
internal sealed class JtlClient(ChannelHttpClient http, JtlSettings connection, IApiBudget budget, ITokenSource? tokens)
{
    private const string Merchant = "merchant/";

    public TimeProvider Clock => http.Clock;

    public TimeSpan ClockOffset => http.ClockOffset;

    public Task<JtlAnswer> GetAsync(string path, IReadOnlyList<KeyValuePair<string, string>> query, Lane lane, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, Merchant + path, query, null, lane, cancellationToken);

    /// <summary>Who we are; the one call outside of the merchant's part.</summary>
    public Task<JtlAnswer> CurrentUserAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, "users/current", [], null, Lane.Content, cancellationToken);

    public Task<JtlAnswer> PostAsync(string path, JsonObject body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, Merchant + path, [], body, Lane.Content, cancellationToken);

    /// <summary>Sets members by id to values that do not depend on what was there: repeatable by nature.</summary>
    public Task<JtlAnswer> PatchAsync(string path, JsonObject body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Patch, Merchant + path, [], body, Lane.Content, cancellationToken);

    public Task<JtlAnswer> DeleteAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, Merchant + path, [], null, Lane.Content, cancellationToken);

    private async Task<JtlAnswer> SendAsync(
        HttpMethod method, string path, IReadOnlyList<KeyValuePair<string, string>> query, JsonObject? body, Lane lane, CancellationToken cancellationToken)
    {
        string? refused = null;
        while (true)
        {
            var token = tokens is null ? NotStored : await tokens.GetAsync(refused, cancellationToken);
            if (token.Value is null)
            {
                return new JtlAnswer { Effect = JtlEffect.NotSent, Fault = token.Fault, SentAt = Clock.GetUtcNow() };
            }

            await budget.AcquireAsync(1, lane, cancellationToken);
            using var request = Request(method, connection.Address(path, Encode(query)), token.Value, body);
            var exchange = await http.SendAsync(request, repeatable: method == HttpMethod.Get || method == HttpMethod.Patch, cancellationToken);
            budget.Report(Reading(exchange));
            if (exchange.Status != HttpStatusCode.Unauthorized || refused is not null)
            {
                return JtlErrors.Classify(exchange, method != HttpMethod.Get, Clock.GetUtcNow());
            }

            refused = token.Value;
        }
    }

    private static readonly AccessToken NotStored = new()
    {
        Fault = JtlErrors.Fault(ChannelFaultKind.Unauthorised, TokenFaults.LoginRequired, "A person has to sign in at JTL first: POST /api/channels/{id}/login answers where."),
    };

    private static string Encode(IReadOnlyList<KeyValuePair<string, string>> query) =>
        string.Join('&', query.Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value)}"));

    private static HttpRequestMessage Request(HttpMethod method, Uri address, string token, JsonObject? body)
    {
        var request = new HttpRequestMessage(method, address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        return request;
    }

    /// <summary>FFN publishes no limits; JTL's other APIs tell theirs in these headers, so they are taken where they come.</summary>
    private static BudgetReading Reading(HttpExchange exchange)
    {
        var limit = Number(exchange, "X-RateLimit-Limit");
        var seconds = Number(exchange, "X-RateLimit-Interval-Length-Seconds");
        var left = Number(exchange, "X-RateLimit-Remaining");
        var isTold = limit > 0 && seconds > 0 && left is not null;
        return new BudgetReading
        {
            Reserved = 1,
            Actual = 1,
            Maximum = isTold ? limit : null,
            Available = isTold ? left : null,
            RestorePerSecond = isTold ? limit / seconds : null,
            Throttled = exchange.Status == HttpStatusCode.TooManyRequests,
            RetryAfter = exchange.RetryAfter,
            Elapsed = exchange.Elapsed,
        };
    }

    private static double? Number(HttpExchange exchange, string header) =>
        double.TryParse(exchange.Header(header), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
}
