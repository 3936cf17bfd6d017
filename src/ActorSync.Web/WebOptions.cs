using ActorSync.Web.Requests;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace ActorSync.Web;

/// <summary>The HTTP surface: who may reach it and how. Section <see cref="Section"/>.</summary>
public sealed class WebOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "ActorSync:Web";

    /// <summary>
    /// Demo mode: requests that come to a loopback address under a loopback host name and through no proxy need no key and act as admin of the default
    /// tenant. Never set it where others can reach the machine's loopback. Default: false.
    /// </summary>
    public bool Demo { get; set; }

    /// <summary>Host names accepted in the Host header besides localhost, loopback addresses and the host of ActorSync:PublicUrl. "*" accepts all. Default: none.</summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>Origins (scheme://host[:port]) whose pages may send changes, besides our own. Default: none.</summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>How long a sign-in of the dashboard lasts. 5 minutes to 30 days; default 12 hours.</summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>Open live connections (server-sent events) per process. 1 to 10,000; default 500.</summary>
    public int MaxLiveConnections { get; set; } = 500;

    /// <summary>Bytes of a webhook that are kept; larger ones are answered 200 and read at the channel instead. 64 KiB to 64 MiB; default 8 MiB.</summary>
    public int MaxWebhookBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>Where the outside reaches us (ActorSync:PublicUrl): webhooks are registered with it. Null = channels poll.</summary>
    public Uri? PublicUrl { get; set; }
}

/// <summary>All problems of the section at once, with key, value and rule.</summary>
internal sealed class WebOptionsValidator(IConfiguration configuration) : IValidateOptions<WebOptions>
{
    private static readonly string[] Keys =
        [nameof(WebOptions.Demo), nameof(WebOptions.AllowedHosts), nameof(WebOptions.AllowedOrigins), nameof(WebOptions.SessionLifetime),
         nameof(WebOptions.MaxLiveConnections), nameof(WebOptions.MaxWebhookBytes)];

    public ValidateOptionsResult Validate(string? name, WebOptions options)
    {
        var errors = new List<string>();
        foreach (var child in configuration.GetSection(WebOptions.Section).GetChildren())
        {
            if (!Keys.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                var near = Nearest.Find(child.Key, Keys);
                errors.Add($"{WebOptions.Section}:{child.Key} is not known{(near is null ? $"; known are {string.Join(", ", Keys)}" : $"; did you mean {near}?")}.");
            }
        }

        Check(errors, nameof(options.SessionLifetime), options.SessionLifetime, TimeSpan.FromMinutes(5), TimeSpan.FromDays(30));
        Check(errors, nameof(options.MaxLiveConnections), options.MaxLiveConnections, 1, 10_000);
        Check(errors, nameof(options.MaxWebhookBytes), options.MaxWebhookBytes, 64 * 1024, 64 * 1024 * 1024);
        foreach (var origin in options.AllowedOrigins)
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.AbsolutePath != "/" || uri.Scheme is not ("http" or "https"))
            {
                errors.Add($"{WebOptions.Section}:AllowedOrigins has '{origin}' but must be of the form https://host or https://host:port.");
            }
        }

        if (options.PublicUrl is { } url && (!url.IsAbsoluteUri || url.Scheme is not ("http" or "https")))
        {
            errors.Add($"ActorSync:PublicUrl is '{url}' but must be an absolute http or https address.");
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static void Check<T>(List<string> errors, string key, T value, T least, T most) where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            errors.Add($"{WebOptions.Section}:{key} is {value} but must be from {least} to {most}.");
        }
    }
}
