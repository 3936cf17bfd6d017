using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Channels.Http;

namespace ActorSync.Channels.WooCommerce;

/// <summary>The wire to one shop: address, credentials, budget, as many calls at a time as the host bears, reads tried again. Knows nothing of products.</summary>
internal sealed class WooClient(ChannelHttpClient http, WooConnection connection, IApiBudget budget) : IDisposable
{
    private const int MaxReadTries = 3;
    private const string UserAgent = "ActorSync/1 (product synchronisation)";
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LongestWaitForRetry = TimeSpan.FromSeconds(2);
    /// <summary>A write with pictures lasts as long as the shop takes to fetch them and to make its sizes of them (contract section 12).</summary>
    internal static readonly TimeSpan PictureTimeout = TimeSpan.FromSeconds(120);
    private readonly WooGate _gate = new(http.Clock);
    /// <summary>Beside the gate: a slow picture must neither take the place of a stock call nor teach the gate that the host is slow.</summary>
    private readonly SemaphoreSlim _pictures = new(1, 1);

    public TimeProvider Clock => http.Clock;

    public TimeSpan ClockOffset => http.ClockOffset;

    /// <summary>A read: repeated a few times, signed anew each time.</summary>
    public async Task<WooAnswer> GetAsync(string path, IReadOnlyList<KeyValuePair<string, string>> query, Lane lane, CancellationToken cancellationToken)
    {
        var delay = FirstRetryDelay;
        for (var attempt = 1; ; attempt++)
        {
            var answer = await SendAsync(HttpMethod.Get, path, query, null, lane, cancellationToken);
            if (answer.Fault is not { Kind: ChannelFaultKind.Transient } fault || attempt == MaxReadTries
                || (fault.RetryAt is { } at && at - Clock.GetUtcNow() > LongestWaitForRetry))
            {
                return answer;
            }

            await Task.Delay(delay, Clock, cancellationToken);
            delay *= 2;
        }
    }

    /// <summary>A write: sent once. What an unknown outcome means is the caller's business.</summary>
    public Task<WooAnswer> PostAsync(string path, JsonObject body, Lane lane, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, [], body, lane, cancellationToken);

    /// <summary>A write for which the shop fetches pictures during the call: sent once, one at a time, and given long to answer.</summary>
    public async Task<WooAnswer> PostPicturesAsync(string path, JsonObject body, Lane lane, CancellationToken cancellationToken)
    {
        await budget.AcquireAsync(1, lane, cancellationToken);
        await _pictures.WaitAsync(cancellationToken);
        try
        {
            return (await CallAsync(HttpMethod.Post, path, [], body, PictureTimeout, cancellationToken)).Answer;
        }
        finally
        {
            _pictures.Release();
        }
    }

    public void Dispose() => _pictures.Dispose();

    /// <summary>Moves to the trash, from where the merchant can bring it back.</summary>
    public Task<WooAnswer> TrashAsync(string path, Lane lane, CancellationToken cancellationToken) => SendAsync(HttpMethod.Delete, path, [], null, lane, cancellationToken);

    /// <summary>Deletes for good (webhooks know no trash).</summary>
    public Task<WooAnswer> DeleteAsync(string path, Lane lane, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, path, [new("force", "true")], null, lane, cancellationToken);

    private async Task<WooAnswer> SendAsync(
        HttpMethod method, string path, IReadOnlyList<KeyValuePair<string, string>> query, JsonObject? body, Lane lane, CancellationToken cancellationToken)
    {
        // First the budget, which knows lanes, then a place: a waiting content call must not keep stock from its turn.
        await budget.AcquireAsync(1, lane, cancellationToken);
        await _gate.EnterAsync(cancellationToken);
        var started = Clock.GetTimestamp();
        var read = 0;
        var isStrained = true;
        try
        {
            (var answer, isStrained) = await CallAsync(method, path, query, body, timeout: null, cancellationToken);
            read = answer.Ok && answer.Json.ValueKind == JsonValueKind.Array ? answer.Json.GetArrayLength() : 0;
            return answer;
        }
        finally
        {
            _gate.Leave(started, Clock.GetElapsedTime(started), WooGate.Units(ItemsOf(body), read), isStrained);
        }
    }

    private async Task<(WooAnswer Answer, bool IsStrained)> CallAsync(
        HttpMethod method, string path, IReadOnlyList<KeyValuePair<string, string>> query, JsonObject? body, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var offset = http.ClockOffset;
        var exchange = await ExchangeAsync(method, path, query, body, timeout, cancellationToken);
        if (connection.Auth == WooAuth.OAuth && exchange.Status == HttpStatusCode.Unauthorized && (http.ClockOffset - offset).Duration() > WooSignIn.ClockTolerance)
        {
            // Refused at the door for our clock, before anything was done; now the shop's is known.
            exchange = await ExchangeAsync(method, path, query, body, timeout, cancellationToken);
        }

        var isWrite = method != HttpMethod.Get;
        var answer = WooSignIn.Explain(WooErrors.Classify(exchange, isWrite, Clock.GetUtcNow()), exchange.Status, connection.Auth, isWrite);
        var isThrottled = exchange.Status is { } status && (int)status is 429 or 503 or 508;
        budget.Report(new BudgetReading
        {
            Reserved = 1,
            Actual = 1,
            Throttled = isThrottled,
            RetryAfter = exchange.RetryAfter,
            Elapsed = exchange.Elapsed,
        });
        return (answer, isThrottled || exchange.Status is null or >= HttpStatusCode.BadGateway);
    }

    private async Task<HttpExchange> ExchangeAsync(
        HttpMethod method, string path, IReadOnlyList<KeyValuePair<string, string>> query, JsonObject? body, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        using var request = Request(method, path, query, body);
        return await http.SendAsync(request, repeatable: false, cancellationToken, timeout);
    }

    private static int ItemsOf(JsonObject? body) => body?.Sum(member => member is { Key: "create" or "update" or "delete", Value: JsonArray items } ? items.Count : 0) ?? 0;

    private HttpRequestMessage Request(HttpMethod method, string path, IReadOnlyList<KeyValuePair<string, string>> query, JsonObject? body)
    {
        var address = connection.Address(path);
        var text = connection.Auth switch
        {
            WooAuth.OAuth => WooOAuth.Sign(
                method.Method, address, query, connection.ConsumerKey, connection.ConsumerSecret, Clock.GetUtcNow() + http.ClockOffset,
                Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))),
            WooAuth.Query => WooOAuth.Encode([.. query, new("consumer_key", connection.ConsumerKey), new("consumer_secret", connection.ConsumerSecret)]),
            _ => WooOAuth.Encode(query),
        };
        var request = new HttpRequestMessage(method, text.Length == 0 ? address : new Uri($"{address}?{text}"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        if (connection.Auth == WooAuth.Basic)
        {
            var pair = Encoding.UTF8.GetBytes($"{connection.ConsumerKey}:{connection.ConsumerSecret}");
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(pair));
        }

        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        return request;
    }
}
