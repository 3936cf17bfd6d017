using System.Net;

namespace ActorSync.Channels.WooCommerce;

/// <summary>What a refused sign-in means and what to do about it (contract section 2.4). A shop tells few cases apart, and its words are translated.</summary>
internal static class WooSignIn
{
    private const string CannotPrefix = "woocommerce_rest_cannot_";
    private const string Refused = "woocommerce_rest_authentication_error";
    private const string Missing = "woocommerce_rest_authentication_missing_parameter";

    /// <summary>A clock that is further off than this is refused.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(14);

    /// <summary>The answer with a fault that says what to do; a repeated nonce means that the write it came with was carried out before.</summary>
    public static WooAnswer Explain(WooAnswer answer, HttpStatusCode? status, WooAuth auth, bool isWrite)
    {
        if (status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) || answer.Error is not { } error || answer.Fault is not { } fault)
        {
            return answer;
        }

        // The word is the same in all languages that WooCommerce speaks.
        if (auth == WooAuth.OAuth && error.Code == Refused && error.Message.Contains("nonce", StringComparison.OrdinalIgnoreCase))
        {
            return answer with
            {
                Effect = isWrite ? WooEffect.Unknown : WooEffect.NotSent,
                Fault = fault with { Kind = ChannelFaultKind.Transient, Code = "NONCE_USED", Message = "The shop has heard this request before: something between the hub and the shop sent it twice." },
            };
        }

        return Advice(error.Code, status.Value, auth) is { } advice ? answer with { Fault = fault with { Message = $"{fault.Message} {advice}" } } : answer;
    }

    private static string? Advice(string code, HttpStatusCode status, WooAuth auth) => (code, auth) switch
    {
        _ when status == HttpStatusCode.Forbidden => "The key's WordPress user has no rights in the shop; make the key for a shop manager or an administrator.",
        (Missing, _) => "The host takes parameters out of the address; let them pass.",
        (Refused, WooAuth.OAuth) =>
            $"Check consumerKey and consumerSecret, that the key may read and write, that {WooKind.BaseUrl} is exactly the site address under WordPress, Settings, General, and that the server's clock is right.",
        (Refused, _) => "The consumerSecret does not belong to the key, or the key may not read and write: WooCommerce, Settings, Advanced, REST API.",
        (_, WooAuth.Basic) when code.StartsWith(CannotPrefix, StringComparison.Ordinal) =>
            "The shop did not see a key it knows: consumerKey is wrong, the host drops the Authorization header (then set auth to query), or PHP does not see that the connection is https.",
        (_, WooAuth.Query) when code.StartsWith(CannotPrefix, StringComparison.Ordinal) => "The shop did not see a key it knows: consumerKey is wrong, or PHP does not see that the connection is https.",
        _ => null,
    };
}
