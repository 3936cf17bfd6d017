using System.Globalization;

namespace ActorSync.Channels.JtlFfn;

/// <summary>What of JTL's four buckets counts as available (contract section 4: the first reading is assumed, so it can be changed).</summary>
internal enum StockReading { StockLevel, MinusReserved, MinusReservedAndBlocked }

/// <summary>One connection out of settings and secrets.</summary>
internal sealed record JtlSettings
{
    public const string ApiUrl = "apiUrl";
    public const string OAuthUrl = "oauthUrl";
    public const string ClientId = "clientId";
    public const string ClientSecret = "clientSecret";
    public const string StockReading = "stockReading";
    public const string PollSeconds = "pollSeconds";
    public const string CallsPerSecond = "callsPerSecond";
    public const string DefaultApiUrl = "https://ffn2.api.jtl-software.com/api";
    public const string DefaultOAuthUrl = "https://oauth2.api.jtl-software.com";
    private const int DefaultPollSeconds = 120;
    private const int LongestPollSeconds = 86_400;
    private const int DefaultCallsPerSecond = 5;
    private const int MostCallsPerSecond = 100;

    public required Uri Api { get; init; }
    public required Uri OAuth { get; init; }
    public required string Client { get; init; }
    public required string Secret { get; init; }
    public required StockReading Reading { get; init; }

    public Uri Address(string path, string query) => new($"{Api.AbsoluteUri.TrimEnd('/')}/v1/{path}{(query.Length > 0 ? "?" : "")}{query}");

    public Uri Login(string path) => new($"{OAuth.AbsoluteUri.TrimEnd('/')}/{path}");

    public override string ToString() => Api.ToString();

    public static TimeSpan PollIntervalOf(ChannelSettings settings) =>
        TimeSpan.FromSeconds(PollSecondsOf(settings) ?? DefaultPollSeconds);

    /// <summary>The connection, or a sentence that says which setting is wrong.</summary>
    public static (JtlSettings? Connection, string? Problem) Read(ChannelSettings settings, ChannelSecrets secrets)
    {
        var (api, apiProblem) = Address(settings, ApiUrl, DefaultApiUrl);
        var (oauth, oauthProblem) = Address(settings, OAuthUrl, DefaultOAuthUrl);
        if ((apiProblem ?? oauthProblem) is { } problem)
        {
            return (null, problem);
        }

        if (settings.Values.GetValueOrDefault(ClientId)?.Trim() is not { Length: > 0 } client || secrets.Find(ClientSecret) is not { Length: > 0 } secret)
        {
            return (null, $"{ClientId} and {ClientSecret} must be given: JTL developer portal, your application.");
        }

        if (PollSecondsOf(settings) is null)
        {
            return (null, $"{PollSeconds} is '{settings.Values[PollSeconds]}' but must be a whole number from 1 to {LongestPollSeconds}.");
        }

        if (Whole(settings, CallsPerSecond, DefaultCallsPerSecond, MostCallsPerSecond) is null)
        {
            return (null, $"{CallsPerSecond} is '{settings.Values[CallsPerSecond]}' but must be a whole number from 1 to {MostCallsPerSecond}.");
        }

        var told = Given(settings, StockReading);
        if (told is not null && (!Enum.TryParse<StockReading>(told, ignoreCase: true, out var named) || !Enum.IsDefined(named)))
        {
            return (null, $"{StockReading} is '{told}' but must be stockLevel, minusReserved or minusReservedAndBlocked.");
        }

        return (new JtlSettings
        {
            Api = api!,
            OAuth = oauth!,
            Client = client,
            Secret = secret,
            Reading = told is null ? JtlFfn.StockReading.StockLevel : Enum.Parse<StockReading>(told, ignoreCase: true),
        }, null);
    }

    public static int CallsPerSecondOf(ChannelSettings settings) => Whole(settings, CallsPerSecond, DefaultCallsPerSecond, MostCallsPerSecond) ?? DefaultCallsPerSecond;

    private static int? PollSecondsOf(ChannelSettings settings) => Whole(settings, PollSeconds, DefaultPollSeconds, LongestPollSeconds);

    private static int? Whole(ChannelSettings settings, string name, int otherwise, int most) => Given(settings, name) is not { } told
        ? otherwise
        : int.TryParse(told, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number : null;

    private static (Uri? Address, string? Problem) Address(ChannelSettings settings, string name, string otherwise)
    {
        var told = Given(settings, name) ?? otherwise;
        return Uri.TryCreate(told, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)
            && address.UserInfo.Length == 0 && address.Query.Length == 0 && address.Fragment.Length == 0
            ? (address, null)
            : (null, $"{name} is '{told}' but must be a plain http or https address such as {otherwise}.");
    }

    private static string? Given(ChannelSettings settings, string name) => settings.Values.GetValueOrDefault(name)?.Trim() is { Length: > 0 } told ? told : null;
}
