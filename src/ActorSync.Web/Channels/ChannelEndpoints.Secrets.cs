using ActorSync.Web.Errors;
using ActorSync.Web.Products;
using ActorSync.Web.Requests;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ActorSync.Web.Channels;

/// <summary>Replacing the secret that signs webhooks, without a moment in which a genuine delivery is refused.</summary>
internal static partial class ChannelEndpoints
{
    private const int ShortestSecret = 16;
    private const int LongestSecret = 255;
    private const decimal DefaultOldValidHours = 24;
    private const decimal MostOldValidHours = 168;
    /// <summary>Shops decode entities or strip tags in what they keep, and would sign with another text than we hold.</summary>
    private const string NotInSecrets = "&<>\"'";

    private static void MapSecrets(RouteGroupBuilder channels) =>
        channels.MapPost("/{id}/rotate-secret", RotateSecret).RequireAuthorization(Roles.Admin)
            .WithSummary("Replaces the secret that signs webhooks; the old one counts for oldValidHours more (24 unless told, 0 to 168).")
            .WithBody("""{ "secret": "…", "oldValidHours": 24 }""");

    private static async Task<Results<Ok<SecretRotation>, Problem>> RotateSecret(
        string id, Caller caller, JsonBody body, Catalogue catalogue, IChannelRegistry registry, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await catalogue.FindChannelAsync(caller, id, cancellationToken) is not { } channel)
        {
            return (Problem)ApiError.NoChannel(id);
        }

        var kind = catalogue.Directory.KindOf(channel);
        if (kind.Webhooks is not { } webhooks)
        {
            return (Problem)new ApiError(ErrorKind.Refused, "no-webhooks", $"{kind.Descriptor.DisplayName} sends no webhooks, so no secret signs them.");
        }

        var reader = body.Reader();
        var secret = ReadSecret(reader);
        var hours = reader.Number("oldValidHours", 0, MostOldValidHours) ?? DefaultOldValidHours;
        if (reader.Finish() is { } wrong)
        {
            return (Problem)wrong;
        }

        var name = webhooks.SigningSecret(channel);
        var now = clock.GetUtcNow();
        var isFull = false;
        var stored = await registry.ChangeSecretsAsync(
            channel.Id,
            secrets =>
            {
                var rotated = secrets.Rotated(name, secret!, now, now + TimeSpan.FromHours((double)hours));
                isFull = rotated is null;
                return rotated ?? secrets;
            },
            cancellationToken);
        if (isFull)
        {
            return (Problem)new ApiError(ErrorKind.Conflict, "too-many-secrets",
                $"{ChannelSecrets.MaxOfName} secrets of {name} are valid already, and no more are kept. GET /api/channels/{id}/health tells when one ends; with oldValidHours 0 the current one ends now.");
        }

        await catalogue.Watch(channel.Id).SecretsChangedAsync();
        return TypedResults.Ok(new SecretRotation(name, SigningSecretView.Of(stored, name, now), now + ITenantDirectory.SecretsKnownAfter));
    }

    private static string? ReadSecret(BodyReader reader)
    {
        var secret = reader.Text("secret", required: true, max: LongestSecret);
        // What it holds is never told back, not even a wrong one.
        if (secret is { Length: < ShortestSecret })
        {
            reader.Fail("secret", $"secret has {secret.Length} characters; accepted are {ShortestSecret} to {LongestSecret}.");
        }
        else if (secret?.Any(c => c is <= ' ' or > '~' || NotInSecrets.Contains(c)) == true)
        {
            reader.Fail("secret", $"secret contains a character that shops change before they sign with it; accepted are printable ASCII characters without spaces and {NotInSecrets}.");
        }

        return secret;
    }
}

/// <summary>After a rotation: which secrets count, and from when every silo knows it.</summary>
internal sealed record SecretRotation(string Name, IReadOnlyList<SigningSecretView> Secrets, DateTimeOffset KnownEverywhereAt);

/// <summary>A secret that signs webhooks, without the secret: the current one first. A fingerprint is the same for the same secret of one channel.</summary>
internal sealed record SigningSecretView(string? Fingerprint, bool IsCurrent, DateTimeOffset? SetAt, DateTimeOffset? EndsAt)
{
    public static IReadOnlyList<SigningSecretView> Of(ChannelSecrets secrets, string name, DateTimeOffset now) =>
        [.. secrets.At(now).HeldOf(name).Select((held, index) => new SigningSecretView(held.Fingerprint, index == 0, held.SetAt, held.EndsAt))];

    /// <summary>Those of a channel; none where nothing is signed.</summary>
    public static async Task<IReadOnlyList<SigningSecretView>> OfAsync(ChannelSettings channel, ITenantDirectory directory, DateTimeOffset now, CancellationToken cancellationToken) =>
        directory.KindOf(channel).Webhooks is { } webhooks ? Of(await directory.SecretsOf(channel.Id, cancellationToken), webhooks.SigningSecret(channel), now) : [];
}
