namespace ActorSync.Abstractions.Channels;

/// <summary>One secret as it is kept. Never serialized, never logged.</summary>
public sealed record HeldSecret(string Value)
{
    /// <summary>When it was entered; null = before this was noted.</summary>
    public DateTimeOffset? SetAt { get; init; }
    /// <summary>From then on it is not valid any more; null = no end. Only what a rotation replaced has one.</summary>
    public DateTimeOffset? EndsAt { get; init; }
    /// <summary>Names it without telling it: keyed, so that nobody can try values against it. Null = not stored yet.</summary>
    public string? Fingerprint { get; init; }

    /// <inheritdoc/>
    public override string ToString() => "***";
}

/// <summary>Secret settings of one channel by name. A name may have further secrets beside it (webhookSecret, webhookSecret.2): those that a rotation replaced.</summary>
public sealed class ChannelSecrets
{
    /// <summary>No secrets.</summary>
    public static readonly ChannelSecrets None = new(ImmutableSortedDictionary<string, HeldSecret>.Empty);

    /// <summary>Most secrets of one name at a time.</summary>
    public const int MaxOfName = 9;

    private readonly ImmutableSortedDictionary<string, HeldSecret> held;

    /// <summary>As stored.</summary>
    public ChannelSecrets(IEnumerable<KeyValuePair<string, HeldSecret>> held) => this.held = held.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>Without times.</summary>
    public ChannelSecrets(IReadOnlyDictionary<string, string> values)
        : this(values.Select(pair => KeyValuePair.Create(pair.Key, new HeldSecret(pair.Value))))
    {
    }

    /// <summary>Everything, by name.</summary>
    public IReadOnlyCollection<KeyValuePair<string, HeldSecret>> Held => held;

    /// <summary>The earliest end of any; null = none ends.</summary>
    public DateTimeOffset? NextEnd => held.Values.Min(secret => secret.EndsAt);

    /// <summary>The named secret, or null.</summary>
    public string? Find(string name) => held.GetValueOrDefault(name)?.Value;

    /// <summary>All secrets of a name, the current one first.</summary>
    public IEnumerable<string> All(string name) => HeldOf(name).Select(secret => secret.Value);

    /// <inheritdoc cref="All"/>
    public IEnumerable<HeldSecret> HeldOf(string name) => held.Where(pair => IsOf(pair.Key, name)).Select(pair => pair.Value);

    /// <summary>Those that are still valid.</summary>
    public ChannelSecrets At(DateTimeOffset now) => NextEnd > now || NextEnd is null ? this : new(held.Where(pair => !(pair.Value.EndsAt <= now)));

    /// <summary>Sets the named ones, and removes those given as nothing. One that stays as it was keeps its time.</summary>
    public ChannelSecrets With(IReadOnlyDictionary<string, string?> given, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(given);
        var changed = held.ToBuilder();
        foreach (var (name, value) in given)
        {
            if (string.IsNullOrEmpty(value))
            {
                changed.Remove(name);
            }
            else if (held.GetValueOrDefault(name)?.Value != value)
            {
                changed[name] = new HeldSecret(value) { SetAt = now };
            }
        }

        return new(changed);
    }

    /// <summary>
    /// Puts <paramref name="value"/> in the place of the current secret of a name, which goes on being valid until <paramref name="until"/>; so do further ones
    /// that had no end. Repeatable: the same value once more changes nothing. Null = more than <see cref="MaxOfName"/> would be valid at once.
    /// </summary>
    public ChannelSecrets? Rotated(string name, string value, DateTimeOffset now, DateTimeOffset until)
    {
        var valid = At(now);
        if (valid.Find(name) == value)
        {
            return this;
        }

        var olds = valid.HeldOf(name).Where(old => old.Value != value).Select(old => old with { EndsAt = old.EndsAt ?? until }).Where(old => old.EndsAt > now).ToList();
        if (olds.Count >= MaxOfName)
        {
            return null;
        }

        var changed = valid.held.RemoveRange(valid.held.Keys.Where(key => IsOf(key, name))).Add(name, new HeldSecret(value) { SetAt = now });
        return new(changed.AddRange(olds.Select((old, index) => KeyValuePair.Create($"{name}.{index + 2}", old))));
    }

    private static bool IsOf(string key, string name) => key == name || key.StartsWith(name + ".", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => "***";
}
