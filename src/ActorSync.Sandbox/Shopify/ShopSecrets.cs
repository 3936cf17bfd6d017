namespace ActorSync.Sandbox.Shopify;

/// <summary>
/// The app's client secrets. A new one counts at once for whoever calls; what the shop itself signs bears the oldest that is not revoked, so that a receiver
/// that knows only the new one refuses genuine deliveries.
/// </summary>
public sealed class ShopSecrets
{
    public const string First = "shpss_demo";
    private volatile string current = First;
    private volatile string? old;

    public string Current => current;

    public string Signing => old ?? current;

    public bool Accepts(string? secret) => secret is not null && (secret == current || secret == old);

    public void Rotate(string next) => (old, current) = (current, next);

    public void RevokeOld() => old = null;

    public void Reset() => (old, current) = (null, First);
}
