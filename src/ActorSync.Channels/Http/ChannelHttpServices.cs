using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;
using Polly.Telemetry;
using Polly.Timeout;

namespace ActorSync.Channels.Http;

/// <summary>Makes the clients that connectors send through: one named client, one connection pool, one resilience pipeline for all channels.</summary>
public sealed class ChannelHttpClients(IHttpClientFactory factory)
{
    internal const string Name = "actorsync-channel";

    internal const string TransferName = "actorsync-transfer";

    public ChannelHttpClient Create(TimeProvider clock) => new(factory.CreateClient(Name), clock);

    public ChannelTransfer CreateTransfer(TimeProvider clock) => new(factory.CreateClient(TransferName), clock);
}

internal static class ChannelHttpServices
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PooledConnectionLifetime = TimeSpan.FromMinutes(5);

    public static IServiceCollection AddChannelHttp(this IServiceCollection services)
    {
        services.AddOptions<ChannelHttpOptions>()
            .Validate(o => o.AttemptTimeout > TimeSpan.Zero && o.MaxRetries is >= 0 and <= 5 && o.RetryDelay > TimeSpan.Zero && o.MaxResponseBytes > 0,
                $"{ChannelHttpOptions.Section}: AttemptTimeout and RetryDelay must be above zero, MaxRetries 0 to 5, MaxResponseBytes above 0.");
        services.TryAddSingleton<ChannelHttpClients>();
        // One line per repeated try is enough, and it is no warning: the caller reports the last failure with its own words.
        services.Configure<TelemetryOptions>(telemetry => telemetry.SeverityProvider = told => told.Event.EventName switch
        {
            "OnRetry" => ResilienceEventSeverity.Information,
            "ExecutionAttempt" => ResilienceEventSeverity.Debug,
            _ => told.Event.Severity,
        });
        // Files are streamed: no whole answer in memory, no limit for the time of all of it, and a repetition is the caller's decision.
        AddGuarded(services, ChannelHttpClients.TransferName);
        var client = AddGuarded(services, ChannelHttpClients.Name);
        client.AddResilienceHandler("channel", (builder, context) =>
        {
            var options = context.ServiceProvider.GetRequiredService<IOptions<ChannelHttpOptions>>().Value;
            if (options.MaxRetries > 0)
            {
                builder.AddRetry(RetryOf(options));
            }

            builder.AddTimeout(new TimeoutStrategyOptions
            {
                TimeoutGenerator = args => ValueTask.FromResult(
                    args.Context.GetRequestMessage()?.Options.TryGetValue(ChannelHttpClient.Timeout, out var own) == true ? own : options.AttemptTimeout),
            });
        });
        client.AddHttpMessageHandler(provider => new WholeAnswerHandler(provider.GetRequiredService<IOptions<ChannelHttpOptions>>().Value.MaxResponseBytes));
        return services;
    }

    /// <summary>A client that keeps no cookies, follows no redirect, logs no address and reaches no private address unless it may.</summary>
    private static IHttpClientBuilder AddGuarded(IServiceCollection services, string name)
    {
        return services.AddHttpClient(name, http => http.Timeout = Timeout.InfiniteTimeSpan)
            .UseSocketsHttpHandler((handler, provider) =>
            {
                var allowPrivate = provider.GetRequiredService<IOptions<ChannelHttpOptions>>().Value.AllowPrivateAddresses;
                // A redirect would carry credentials to an address that nobody typed in; connectors report it instead.
                handler.AllowAutoRedirect = false;
                handler.UseCookies = false;
                // The call is a span of ours; the ids of our traces are nobody else's business.
                handler.ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator();
                handler.ConnectTimeout = ConnectTimeout;
                handler.PooledConnectionLifetime = PooledConnectionLifetime;
                handler.AutomaticDecompression = System.Net.DecompressionMethods.All;
                handler.ConnectCallback = (context, token) => PrivateAddressGuard.ConnectAsync(context.DnsEndPoint, allowPrivate, token);
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            // The factory's own loggers write addresses, and query strings can hold credentials.
            .RemoveAllLoggers();
    }

    /// <summary>Reads the body inside of a try, so that its time and its failures count there.</summary>
    private sealed class WholeAnswerHandler(int maxBytes) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            try
            {
                await response.Content.LoadIntoBufferAsync(maxBytes, cancellationToken);
                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }

    private static HttpRetryStrategyOptions RetryOf(ChannelHttpOptions options) => new()
    {
        MaxRetryAttempts = options.MaxRetries,
        Delay = options.RetryDelay,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        // A wait that the channel asks for is the budget's business, not this handler's.
        ShouldRetryAfterHeader = false,
        ShouldHandle = ShouldRetry,
    };

    private static ValueTask<bool> ShouldRetry(RetryPredicateArguments<HttpResponseMessage> args)
    {
        if (args.Context.GetRequestMessage() is not { } request)
        {
            return ValueTask.FromResult(false);
        }

        if (!ChannelHttpClient.NeverLeft(args.Outcome.Exception))
        {
            request.Options.Set(ChannelHttpClient.MayHaveLeft, true);
        }

        var failed = args.Outcome switch
        {
            { Exception: HttpRequestException { InnerException: PrivateAddressException } } => false,
            { Exception: HttpRequestException or TimeoutRejectedException or IOException } => true,
            { Result: { } response } => ChannelHttpClient.IsTransient(response.StatusCode),
            _ => false,
        };
        return ValueTask.FromResult(failed && request.Options.TryGetValue(ChannelHttpClient.Repeatable, out var repeatable) && repeatable);
    }
}
