using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.WooCommerce;

internal sealed partial class WooChannel
{
    private const int MaxWebhookPages = 5;
    private const string SecretStamp = "yyyyMMdd'T'HHmmssfff'Z'";
    private static readonly ChannelFault SecretMissing = new()
    {
        Kind = ChannelFaultKind.Permanent,
        Code = "WEBHOOK_SECRET_MISSING",
        Message = $"{WooKind.WebhookSecret} is not set; without it deliveries cannot be verified.",
    };

    /// <summary>
    /// A webhook is ours by its name, which carries the channel's id. One that is disabled, paused or delivers elsewhere is deleted and made anew: switching
    /// it on again would keep its failure count, and the next single failure would switch it off for good. The name also tells since when the secret counts with
    /// which it signs, because the shop never shows it: after a rotation the hook gets the new one in place, so that nothing that waits in its line is lost.
    /// </summary>
    public async Task<WebhookRegistration> EnsureAsync(Uri target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (secrets.HeldOf(WooKind.WebhookSecret).FirstOrDefault() is not { Value: { Length: > 0 } secret } held)
        {
            return Failed(SecretMissing, []);
        }

        var ours = new List<JsonElement>();
        for (var page = 1; page <= MaxWebhookPages; page++)
        {
            var answer = await client.GetAsync("webhooks", [new("per_page", MaxPerPage.ToString()), new("page", page.ToString())], Lane.Content, cancellationToken);
            if (!IsList(answer))
            {
                return Failed(answer.FaultOrError, []);
            }

            var rows = Rows(answer);
            ours.AddRange(rows.Where(row => WooMapper.Text(row, "name")?.StartsWith(NameOf(""), StringComparison.Ordinal) == true));
            if (rows.Length < MaxPerPage)
            {
                break;
            }
        }

        var created = ImmutableArray.CreateBuilder<string>();
        foreach (var topic in WooWebhooks.Topics)
        {
            var plain = NameOf(topic);
            var name = held.SetAt is { } setAt ? $"{plain} {setAt.UtcDateTime.ToString(SecretStamp, CultureInfo.InvariantCulture)}" : plain;
            var existing = ours.Where(row => WooMapper.Text(row, "name") is { } given && (given == plain || given.StartsWith(plain + " ", StringComparison.Ordinal))).ToArray();
            var good = existing.FirstOrDefault(row => WooMapper.Text(row, "topic") == topic && WooMapper.Text(row, "status") == "active" && WooMapper.Text(row, "delivery_url") == target.AbsoluteUri);
            if (good.ValueKind != JsonValueKind.Object)
            {
                // First the new one, then the old away: no moment without a subscription.
                var answer = await client.PostAsync(
                    "webhooks", new JsonObject { ["name"] = name, ["topic"] = topic, ["delivery_url"] = target.AbsoluteUri, ["secret"] = secret }, Lane.Content, cancellationToken);
                if (!answer.Ok)
                {
                    return Failed(answer.FaultOrError, created.ToImmutable());
                }

                created.Add(topic);
            }
            else if (WooMapper.Text(good, "name") != name)
            {
                var answer = await client.PostAsync($"webhooks/{WooMapper.Id(good)}", new JsonObject { ["name"] = name, ["secret"] = secret }, Lane.Content, cancellationToken);
                if (!answer.Ok)
                {
                    return Failed(answer.FaultOrError, created.ToImmutable());
                }
            }

            foreach (var stale in existing.Where(row => good.ValueKind != JsonValueKind.Object || WooMapper.Id(row) != WooMapper.Id(good)))
            {
                var answer = await client.DeleteAsync($"webhooks/{WooMapper.Id(stale)}", Lane.Content, cancellationToken);
                if (!answer.Ok && answer.Fault is { } fault)
                {
                    return Failed(fault, created.ToImmutable());
                }
            }
        }

        return new WebhookRegistration { Ok = true, Created = created.ToImmutable() };
    }

    private string NameOf(string topic) => $"ActorSync {settings.Id.Value} {topic}";

    private static WebhookRegistration Failed(ChannelFault fault, ImmutableArray<string> created) => new() { Ok = false, Fault = fault, Created = created };
}
