using ActorSync.Channels.Http;

namespace ActorSync.Channels.JtlFfn;

/// <summary>The JTL-FFN connector, merchant side: operational fields of products, and stock of every warehouse.</summary>
public sealed class JtlKind(ChannelHttpClients clients, TimeProvider clock) : IChannelKind
{
    /// <summary>A variant may cost three calls, of which the channel takes five per second, shared by four batches: each stays inside its lease.</summary>
    internal const int MaxPushBatch = 2;
    private const int ImportPageSize = 50;

    public ChannelDescriptor Descriptor { get; } = new()
    {
        Kind = "jtl-ffn",
        DisplayName = "JTL-FFN",
        PlatformName = "JTL",
        OriginKind = OriginKind.Warehouse,
        Mask = JtlFields.Mask,
        IsFlat = true,
        CreateOnly = [Fields.Name],
        MaxPushBatch = MaxPushBatch,
        ImportPageSize = ImportPageSize,
        CallsPerSecond = JtlSettings.CallsPerSecondOf,
        PushLease = TimeSpan.FromSeconds(90),
        PollInterval = JtlSettings.PollIntervalOf,
        Settings =
        [
            new()
            {
                Name = JtlSettings.ApiUrl, Label = "API address", Default = JtlSettings.DefaultApiUrl,
                Help = "Production is https://ffn2.api.jtl-software.com/api, the vendor's sandbox https://ffn-sbx.api.jtl-software.com/api.",
            },
            new() { Name = JtlSettings.OAuthUrl, Label = "Login address", Default = JtlSettings.DefaultOAuthUrl, Help = "The address before /authorize and /token; one for sandbox and production." },
            new() { Name = JtlSettings.ClientId, Label = "Client id", Required = true, Help = "JTL developer portal, your application. Its redirect address must be <this hub>/oauth/callback." },
            new() { Name = JtlSettings.ClientSecret, Label = "Client secret", Required = true, Secret = true, Help = "Shown once when the application is made." },
            new()
            {
                Name = JtlSettings.StockReading, Label = "Available stock is", Default = "stockLevel",
                Help = "stockLevel (reserved and blocked are counted beside it), minusReserved or minusReservedAndBlocked. Compare one product with the portal once.",
            },
            new() { Name = JtlSettings.PollSeconds, Label = "Ask for news every (s)", Default = "120", Help = "Seconds between two looks at products and stock; 1 to 86400." },
            new() { Name = JtlSettings.CallsPerSecond, Label = "Calls per second", Default = "5", Help = "JTL publishes no limit for FFN, and public clients leave 200 ms between calls; 1 to 100." },
        ],
        EditUrl = (_, _) => null,
    };

    public ICanon Canon { get; } = new JtlCanon();

    public IWebhookReader? Webhooks => null;

    public ITokenIssuer Tokens { get; } = new JtlTokens(clients, clock);

    public IChannel Open(ChannelSettings settings, ChannelSecrets secrets, IApiBudget budget, ITokenSource? tokens = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(secrets);
        var (connection, problem) = JtlSettings.Read(settings, secrets);
        return connection is null
            ? new Misconfigured(problem!)
            : new JtlChannel(settings, connection, new JtlClient(clients.Create(clock), connection, budget, tokens));
    }
}

/// <summary>A connection whose settings are wrong: says so when probed, and can do nothing else.</summary>
internal sealed class Misconfigured(string problem) : IChannel
{
    public Task<ProbeResult> ProbeAsync(CancellationToken cancellationToken) => Task.FromResult(new ProbeResult
    {
        Ok = false,
        Fault = new ChannelFault { Kind = ChannelFaultKind.Permanent, Code = "SETTINGS", Message = problem },
    });
}
