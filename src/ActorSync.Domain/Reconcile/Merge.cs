using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Stock;
using ActorSync.Domain.Tenants;

namespace ActorSync.Domain.Reconcile;

/// <summary>
/// The scratch pad of one decision about one product and, unless a person decides in the hub, the link it came through. Lives for one call; what it
/// started from is never changed. The rules M1 to M12 in the comments are those of reconcile.md section 2.
/// </summary>
internal sealed partial class Merge
{
    private readonly ProductState start;
    private readonly LinkState? startLink;
    private readonly TenantPolicy policy;
    private readonly DateTimeOffset now;
    private readonly ChannelProfile? channel;
    private readonly RuleSwitch off;
    private readonly ImmutableDictionary<RegisterKey, Register>.Builder registers;
    private readonly ImmutableDictionary<RegisterKey, Held>.Builder held;
    private readonly bool hasOverrides;

    private LinkState link;
    private ImmutableArray<Variant> variants;
    private int nextVariant;
    private StockLedger stock;
    private ProductLife life;
    private ImmutableArray<ConflictRow> open;
    private ImmutableDictionary<string, ProductImage> images;
    private int nextImage;
    private Dictionary<string, ConflictRow>? rows;
    private ImmutableArray<LogEntry>.Builder? log;
    private Origin? changedBy;
    private bool heldChanged;
    /// <summary>Only with M2 left out: whatever the answer says becomes what is held, without a question.</summary>
    private bool isShadowTaken;

    public Merge(DateTimeOffset now, TenantPolicy policy, ProductState product, RuleSwitch off)
    {
        start = product;
        this.policy = policy;
        this.now = now;
        this.off = off;
        registers = product.Registers.ToBuilder();
        held = ImmutableDictionary<RegisterKey, Held>.Empty.ToBuilder();
        link = NoLink;
        variants = product.Variants;
        nextVariant = product.NextVariant;
        stock = product.Stock;
        life = product.Life;
        open = product.Conflicts;
        images = product.Images;
        nextImage = product.NextImage;
    }

    public Merge(ReconcileContext context, ProductState product, LinkState link, RuleSwitch off)
        : this(context.Now, context.Policy, product, off)
    {
        if (link.Channel != context.Channel.Id)
        {
            throw new ArgumentException($"The link is of channel {link.Channel}, the context of {context.Channel.Id}.", nameof(link));
        }

        channel = context.Channel;
        startLink = link;
        this.link = link;
        held = link.Registers.ToBuilder();
        foreach (var key in product.Registers.Keys)
        {
            if (key.Scope == channel.Id)
            {
                hasOverrides = true;
                break;
            }
        }
    }

    private static readonly LinkState NoLink = new() { Channel = new ChannelId("") };

    private ChannelProfile Channel => channel!;

    private bool Off(RuleSwitch rule) => (off & rule) != RuleSwitch.None;

    public Decision Finish() => new()
    {
        Product = FinishProduct(),
        Link = FinishLink(),
        Log = log?.ToImmutable() ?? [],
        Conflicts = rows is null ? [] : [.. rows.Values],
    };

    public EditDecision FinishEdit(ImmutableArray<RegisterKey> accepted, ImmutableArray<RefusedEdit> refused) => new()
    {
        Product = FinishProduct(),
        Accepted = accepted,
        Refused = refused,
        Log = log?.ToImmutable() ?? [],
        Conflicts = rows is null ? [] : [.. rows.Values],
    };

    private ProductState FinishProduct()
    {
        var final = registers.ToImmutable();
        var isSame = ReferenceEquals(final, start.Registers) && variants == start.Variants && ReferenceEquals(stock, start.Stock)
            && life == start.Life && open == start.Conflicts && nextVariant == start.NextVariant && ReferenceEquals(images, start.Images);
        return isSame ? start : start with
        {
            Registers = final,
            Variants = variants,
            NextVariant = nextVariant,
            Stock = stock,
            Life = life,
            Conflicts = open,
            Images = images,
            NextImage = nextImage,
            UpdatedAt = changedBy is null ? start.UpdatedAt : now,
            LastUpdatedBy = changedBy ?? start.LastUpdatedBy,
        };
    }

    private LinkState FinishLink()
    {
        if (heldChanged)
        {
            link = link with { Registers = held.ToImmutable() };
        }

        return link.Equals(startLink) ? startLink! : link;
    }

    private void Log(LogAction action, Origin origin, RegisterKey? key = null, FieldValue? before = null, FieldValue? after = null, MergeRule? rule = null,
        string? eventId = null, string? actor = null, string? detail = null)
    {
        log ??= ImmutableArray.CreateBuilder<LogEntry>();
        log.Add(new LogEntry
        {
            Action = action,
            Origin = origin,
            Key = key,
            Before = before,
            After = after,
            Rule = rule,
            Channel = channel?.Id,
            EventId = eventId,
            Actor = actor,
            Detail = detail,
            At = now,
        });
    }

    private Held? HeldOf(RegisterKey key) => held.TryGetValue(key, out var found) ? found : null;

    private void Set(RegisterKey key, Held value)
    {
        held[key] = value;
        heldChanged = true;
    }

    private void Unset(RegisterKey key) => heldChanged |= held.Remove(key);

    private Claim? Winner(RegisterKey key) => registers.TryGetValue(key, out var register) && !register.Claims.IsEmpty ? register.Claims[0] : null;

    /// <summary>The register that an edit at this channel claims: the channel's override where there is one, else the product's own.</summary>
    private RegisterKey ClaimKey(RegisterKey key)
    {
        var plain = FlatChannels.ClaimKey(Channel, key);
        if (!hasOverrides)
        {
            return plain;
        }

        var scoped = plain with { Scope = Channel.Id };
        return registers.ContainsKey(scoped) ? scoped : plain;
    }

    private void WantRead()
    {
        if (!link.WantsRead || link.WantsReadSince != now)
        {
            link = link with { WantsRead = true, WantsReadSince = now };
        }
    }

    /// <summary>A flight past its lease has an unknown outcome.</summary>
    private void ExpireFlight()
    {
        if (link.Flight is { } flight && flight.LeaseUntil <= now)
        {
            LoseFlight(flight.PushId);
            link = link with { Flight = null, WantsRead = true, WantsReadSince = link.WantsReadSince > flight.LeaseUntil ? link.WantsReadSince : flight.LeaseUntil };
        }

        if (link.Bulk is { } bulk && bulk.LeaseUntil <= now)
        {
            LoseFlight(bulk.PushId);
            link = link with { Bulk = null, WantsRead = true, WantsReadSince = link.WantsReadSince > bulk.LeaseUntil ? link.WantsReadSince : bulk.LeaseUntil };
        }
    }

    private void LoseFlight(string pushId)
    {
        foreach (var (key, entry) in link.Registers)
        {
            foreach (var intent in entry.Intents)
            {
                if (intent.State == IntentState.Flight && string.Equals(intent.PushId, pushId, StringComparison.Ordinal))
                {
                    var current = held[key];
                    // M4: its value stays ours.
                    Set(key, Off(RuleSwitch.M4)
                        ? current with { Intents = current.Intents.Remove(intent) }
                        : current with { Intents = current.Intents.Replace(intent, intent with { State = IntentState.Unknown }) });
                    break;
                }
            }
        }
    }

    /// <summary>Is <paramref name="seen"/> what the channel makes of <paramref name="value"/>? By equality, by the connector's canon, or as learned by proof.</summary>
    private bool Explains(FieldDefinition field, FieldValue seen, FieldValue value, Held? known) => Explain.Same(Channel.Canon, field, seen, value, known);

    private static bool IsAir(Intent intent) => intent.State is IntentState.Flight or IntentState.Unknown or IntentState.Applied or IntentState.Odd;

    private static bool IsInAir(Held known)
    {
        foreach (var intent in known.Intents)
        {
            if (IsAir(intent))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What was last sent, or is on its way: the value whose unknown form a foreign value might be.</summary>
    private static long? LastSent(Held known) => known.Intents.IsEmpty ? null : known.Intents[^1].Value.Hash;

    private static int IndexAsOf(ImmutableArray<HeldEntry> ring, Stamp version)
    {
        for (var i = ring.Length - 1; i >= 0; i--)
        {
            if (ring[i].Version < version)
            {
                return i;
            }
        }

        return -1;
    }

    private static bool IsInRing(ImmutableArray<HeldEntry> ring, long hash)
    {
        foreach (var entry in ring)
        {
            if (entry.Hash == hash)
            {
                return true;
            }
        }

        return false;
    }

    private const int RingSize = 8;
    private static readonly TimeSpan RingLifetime = TimeSpan.FromHours(48);

    /// <summary>Adds what the channel holds now. Counts keep their number, because a late sale is measured against it; other values only their hash.</summary>
    private Held Append(FieldDefinition field, Held known, HeldEntry entry)
    {
        var ring = known.Ring;
        var last = known.Last;
        if (last is not null && entry.Version < last.LastSeen)
        {
            // A fresh read orders by the hub's clock; the ring stays sorted.
            entry = entry with { Version = last.LastSeen };
        }

        var builder = ImmutableArray.CreateBuilder<HeldEntry>(Math.Min(ring.Length + 1, RingSize));
        var first = Math.Max(0, ring.Length + 1 - RingSize);
        while (first < ring.Length - 1 && now - ring[first + 1].LearnedAt > RingLifetime)
        {
            first++;
        }

        for (var i = first; i < ring.Length; i++)
        {
            builder.Add(i == ring.Length - 1 && field.Class != OwnerClass.Stock ? ring[i] with { Value = FieldValue.Empty } : ring[i]);
        }

        builder.Add(entry);
        return known with { Ring = builder.ToImmutable(), Parked = null };
    }

    private static Held InsertAfter(FieldDefinition field, Held known, int index, HeldEntry entry)
    {
        if (known.Ring.Length >= RingSize)
        {
            return known with { Ring = known.Ring.RemoveAt(0).Insert(index, Stripped(field, entry)) };
        }

        return known with { Ring = known.Ring.Insert(index + 1, Stripped(field, entry)) };
    }

    private static HeldEntry Stripped(FieldDefinition field, HeldEntry entry) =>
        field.Class == OwnerClass.Stock ? entry : entry with { Value = FieldValue.Empty };
}

/// <summary>When two values are the same to a channel.</summary>
internal static class Explain
{
    public static bool Same(ICanon canon, FieldDefinition field, FieldValue seen, FieldValue value, Held? known)
    {
        if (field.Type == FieldType.Set)
        {
            // The element's key is part of the register: two spellings of it are one element.
            return seen.IsEmpty == value.IsEmpty;
        }

        if (string.Equals(seen.Text, value.Text, StringComparison.Ordinal))
        {
            return true;
        }

        if (field.Name == Fields.ImageOrder)
        {
            return ImageOrder.IsSame(seen, value);
        }

        if (field.Class == OwnerClass.Stock || field.Name == Fields.Exists)
        {
            return false;
        }

        var form = value.IsEmpty ? value : canon.Form(field.Name, value);
        if (string.Equals(form.Text, seen.Text, StringComparison.Ordinal)
            || string.Equals(form.Text, seen.IsEmpty ? null : canon.Form(field.Name, seen).Text, StringComparison.Ordinal))
        {
            return true;
        }

        return known?.Learned is { } learned && learned.SentHash == value.Hash && learned.StoredHash == seen.Hash;
    }
}
