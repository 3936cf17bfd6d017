using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Web.Requests;

namespace ActorSync.Web.Channels;

/// <summary>Reads a channel's settings against what its connector declares. Secrets are taken out and never shown again.</summary>
internal static class ChannelBody
{
    private const int MaxIdLength = 64;
    private const int MaxValueLength = 4_096;
    private const int DefaultDriftScanHour = 3;

    /// <summary>A new or changed channel, and the secrets that the body gave. <paramref name="known"/> is the stored channel when it is a change.</summary>
    public static (ChannelSettings Settings, IReadOnlyDictionary<string, string?> Secrets)? Read(BodyReader reader, ChannelSettings? known, IReadOnlyDictionary<string, IChannelKind> kinds, TenantId tenant, bool pollByDefault)
    {
        var id = known?.Id.Value ?? ReadId(reader);
        var kindName = known?.Kind ?? reader.Choice("kind", required: true, kinds.Keys.Order(StringComparer.Ordinal).ToArray());
        if (known is not null)
        {
            RefuseChange(reader, "id", known.Id.Value);
            RefuseChange(reader, "kind", known.Kind);
        }

        var name = reader.Text("name", max: 100) ?? known?.Name;
        var createMissing = reader.Choice("createMissing", required: false, "none", "selected", "all") is { } create ? Enum.Parse<CreateMissing>(create, ignoreCase: true) : known?.CreateMissing ?? CreateMissing.None;
        if (kindName is null || id is null || !kinds.TryGetValue(kindName, out var kind))
        {
            _ = reader.Take("settings");
            return null;
        }

        var (values, secrets) = ReadValues(reader, kind.Descriptor, known);
        var settings = new ChannelSettings
        {
            Id = new ChannelId(id),
            Tenant = tenant,
            Kind = kindName,
            Name = string.IsNullOrWhiteSpace(name) ? kind.Descriptor.DisplayName : name,
            Values = values,
            CreateMissing = createMissing,
            Mode = known?.Mode ?? ChannelMode.Observe,
            Paused = reader.Flag("paused") ?? known?.Paused ?? false,
            ReadBeforeWrite = reader.Flag("readBeforeWrite") ?? known?.ReadBeforeWrite ?? true,
            StockBuffer = reader.Number("stockBuffer", 0, 1_000_000) ?? known?.StockBuffer ?? 0,
            PollMode = reader.Flag("pollMode") ?? known?.PollMode ?? pollByDefault,
            Currency = known?.Currency ?? "EUR",
            Locations = ReadLocations(reader, known?.Locations ?? []),
            DriftScanHour = ReadHour(reader, known),
            LiveSince = known?.LiveSince,
            ImportedAt = known?.ImportedAt,
        };
        return (settings, secrets);
    }

    /// <summary>The shop's name as its webhooks carry it: the shop domain where the connector has one, else the address.</summary>
    public static string? ShopOf(ChannelSettings settings, ChannelDescriptor descriptor)
    {
        var address = settings.Values.GetValueOrDefault("baseUrl")?.Trim().TrimEnd('/');
        return !descriptor.Settings.Any(s => s.Name == "shopDomain") ? address
            : settings.Values.GetValueOrDefault("shopDomain") is { Length: > 0 } domain ? domain
            : Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri.Host : address;
    }

    /// <summary>null stands for never, absent for as it was.</summary>
    private static int ReadHour(BodyReader reader, ChannelSettings? known)
    {
        var hour = reader.Number("driftScanHour", 0, 23, whole: true);
        return hour is { } given ? (int)given
            : reader.Has("driftScanHour") ? Daily.Never
            : known?.DriftScanHour ?? DefaultDriftScanHour;
    }

    private static string? ReadId(BodyReader reader)
    {
        var id = reader.Text("id", required: true, max: MaxIdLength);
        if (!string.IsNullOrEmpty(id) && !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            reader.Fail("id", $"id is '{id}'; accepted are letters, digits, '-' and '_'.");
            return null;
        }

        return id;
    }

    private static void RefuseChange(BodyReader reader, string name, string value)
    {
        if (reader.Text(name) is { } given && given != value)
        {
            reader.Fail(name, $"{name} is '{given}' but cannot change from '{value}': make a new channel.");
        }
    }

    private static (ImmutableDictionary<string, string> Values, Dictionary<string, string?> Secrets) ReadValues(BodyReader reader, ChannelDescriptor descriptor, ChannelSettings? known)
    {
        var values = (known?.Values ?? ImmutableDictionary<string, string>.Empty).ToBuilder();
        var secrets = new Dictionary<string, string?>(StringComparer.Ordinal);
        var inner = reader.Inner("settings");
        foreach (var setting in descriptor.Settings)
        {
            var member = inner?.Take(setting.Name);
            var text = member?.Node switch
            {
                null => null,
                JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
                JsonValue value => value.ToJsonString(),
                _ => Fail(inner!, setting.Name, member.Value.Node),
            };
            if (text is { Length: > MaxValueLength })
            {
                inner!.Fail(setting.Name, $"{setting.Name} has {text.Length} characters; at most {MaxValueLength} are accepted.");
            }
            else if (setting.Secret)
            {
                if (member is not null)
                {
                    secrets[setting.Name] = text;
                }
            }
            else if (member is not null)
            {
                _ = string.IsNullOrEmpty(text) ? values.Remove(setting.Name) : (values[setting.Name] = text) is not null;
            }

            var isMissing = setting.Secret ? known is null && string.IsNullOrEmpty(secrets.GetValueOrDefault(setting.Name)) : !values.ContainsKey(setting.Name) && setting.Default is null;
            if (setting.Required && isMissing)
            {
                reader.Fail($"settings.{setting.Name}", $"settings.{setting.Name} ({setting.Label}) is missing. {setting.Help}");
            }
        }

        if (inner is not null)
        {
            // Further secrets of one name may be entered by hand: webhookSecret.2, webhookSecret.3. POST rotate-secret gives those that it replaces an end.
            foreach (var (name, node) in inner.Rest.ToList())
            {
                if (name.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && (node is null || node is JsonValue) && descriptor.Settings.Any(s => s.Secret && s.Name == name[..dot]))
                {
                    _ = inner.Take(name);
                    secrets[name] = node?.ToString();
                }
            }

            inner.RefuseRest();
        }

        return (values.ToImmutable(), secrets);
    }

    private static string? Fail(BodyReader reader, string name, JsonNode? node)
    {
        reader.Fail(name, $"{name} is {BodyReader.Show(node)}; accepted is a text.");
        return null;
    }

    /// <summary>Locations are learned from the channel; a body may say which hub warehouses each stands for: <c>{ "gid…": ["main"] }</c>.</summary>
    private static ImmutableArray<ChannelLocation> ReadLocations(BodyReader reader, ImmutableArray<ChannelLocation> known)
    {
        if (reader.Inner("locations") is not { } given)
        {
            return known;
        }

        var changed = known;
        foreach (var (id, _) in given.Rest.ToList())
        {
            var location = known.FirstOrDefault(l => l.LocationId == id);
            var warehouses = given.Texts(id, most: 100);
            if (location is null)
            {
                given.Fail(id, $"'{id}' is not a location of this channel; known are {(known.IsEmpty ? "none yet: test the channel first" : string.Join(", ", known.Select(l => l.LocationId)))}.");
            }
            else if (warehouses is { } names)
            {
                changed = changed.Replace(location, location with { Warehouses = names });
            }
        }

        return changed;
    }
}
