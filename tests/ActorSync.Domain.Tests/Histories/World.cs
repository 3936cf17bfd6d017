using System.Collections.Immutable;
using System.Globalization;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;
using ActorSync.Domain.Tests.Reconcile;

namespace ActorSync.Domain.Tests.Histories;

/// <summary>
/// Plays one history with the real functions against simulated channels: virtual clock, messages late, lost, twice and reordered, pushes that fail in
/// every way, hub crashes that lose answers. Two storefronts S (bodies as of the event) and W (bodies as of delivery), a polled warehouse J, the hub.
/// </summary>
internal sealed partial class World
{
    private const int MaxEvents = 4_000;
    private const int PollEveryMs = 120_000;
    private const int TimeoutMs = 10_000;

    private readonly History history;
    private readonly RuleSwitch off;
    private readonly bool leavesOutM1;
    private readonly TenantPolicy policy = new() { StockOrigin = "J" };
    private readonly SimChannel[] channels;
    private readonly ChannelProfile[] profiles;
    private readonly LinkState[] links = new LinkState[3];
    private readonly bool[] isDispatching = new bool[3];
    private readonly PriorityQueue<Action, (long, int)> queue = new();
    private readonly List<ConflictRow> rows = [];
    private readonly Oracle oracle;
    private Luck luck;
    private ProductState product;
    private long nowMs = Lab.Epoch * 1000;
    private long downUntilMs;
    private int crashes;
    private int sequence;
    private int events;
    private int pushCount;
    private bool isCalm;

    public string? Violation { get; private set; }
    public int Faults { get; private set; }
    public int Pushes => pushCount;
    public int Edits => oracle.Edits;
    public int RefusedOnTop { get; private set; }
    public int UnrecordedLosers { get; private set; }
    public bool CountersFail { get; init; } = Environment.GetEnvironmentVariable("ACTORSYNC_COUNTERS") == "1";
    public Action<string>? Trace { get; init; }

    public World(History history, RuleSwitch off = RuleSwitch.None, bool leavesOutM1 = false)
    {
        this.history = history;
        this.off = off;
        this.leavesOutM1 = leavesOutM1;
        luck = new Luck(history.Weather.Luck);
        channels =
        [
            new SimChannel(Lab.S, history.Weather.OffsetS, history.Weather.UnknownForms),
            new SimChannel(Lab.W, history.Weather.OffsetW, history.Weather.UnknownForms),
            new SimChannel(Lab.J, 0, false),
        ];
        profiles = [.. channels.Select(Profile)];
        product = Reconciler.NewProduct(new ProductId("p"), TenantId.Default, Now, Origin.Hub);
        oracle = new Oracle(policy);
    }

    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(nowMs);

    private ChannelProfile Profile(SimChannel channel) => new()
    {
        Id = channel.Id,
        Origin = Lab.OriginOf(channel.Id),
        Mode = ChannelMode.Live,
        Mask = channel.IsWarehouse ? ["name", "weight"] : ["name", "price", "seoTitle", "weight", "tags", "available"],
        Currency = "EUR",
        Canon = TrimCanon.Instance,
        ReadBeforeWrite = history.Weather.ReadBeforeWrite,
        Bulk = new BulkProfile { Forms = [["price", "weight"], ["name", "seoTitle"]], MaxVariants = 1, Lease = TimeSpan.FromSeconds(90) },
        Locations = channel.IsWarehouse ? [] : [new ChannelLocation { LocationId = ObservedStock.WholeChannel }],
    };

    private ReconcileContext Context(int place) => new() { Now = Now, Policy = policy, Channel = profiles[place] };

    /// <summary>Plays the history to its end; the first broken invariant is in <see cref="Violation"/>.</summary>
    public World Run()
    {
        nowMs -= 100_000;
        for (var place = 2; place >= 0; place--)
        {
            links[place] = Reconciler.NewLink(channels[place].Id);
            Observe(place, channels[place].Show(isWebhook: false), ObservationSource.Import, nowMs);
        }

        rows.Clear();
        nowMs += 100_000;
        if (Enumerable.Range(0, 3).Any(place => Reconciler.Plan(Context(place), product, links[place]).HasWork))
        {
            throw new InvalidOperationException("The world does not start clean.");
        }

        oracle.Start();
        var at = nowMs;
        foreach (var op in history.Ops)
        {
            at += op.WaitMs;
            At(at, () => Do(op));
        }

        Drain();
        Reconcile();
        if (Violation is null)
        {
            Check();
        }

        return this;
    }

    private void At(long ms, Action action) => queue.Enqueue(action, (Math.Max(ms, nowMs), sequence++));

    private void Drain()
    {
        while (Violation is null && queue.TryDequeue(out var action, out var key))
        {
            nowMs = Math.Max(nowMs, key.Item1);
            if (++events > MaxEvents)
            {
                Fail("V2", "endless: more than " + MaxEvents + " events");
                return;
            }

            action();
        }
    }

    /// <summary>Everything is said and delivered: one fresh read per channel, then whatever that makes necessary, in calm weather.</summary>
    private void Reconcile()
    {
        isCalm = true;
        for (var round = 0; round < 3 && Violation is null; round++)
        {
            nowMs += 60_000;
            for (var place = 0; place < 3; place++)
            {
                Observe(place, channels[place].Show(isWebhook: false), ObservationSource.Read, nowMs);
            }

            Wake();
            Drain();
        }
    }

    private void Do(Op op)
    {
        var own = new Luck(op.Luck);
        switch (op.Kind)
        {
            case OpKind.MerchantEdit:
                MerchantEdit(op, own);
                break;
            case OpKind.HubScript or OpKind.HubForce:
                HubEdit(op, own, null);
                break;
            case OpKind.HubPerson:
                var seen = product.Version;
                At(nowMs + own.Next(30_000), () => HubEdit(op, own, seen));
                break;
            case OpKind.Bump:
                channels[op.Place].Touch(nowMs);
                Send(op.Place);
                break;
            case OpKind.Sale:
                Sell(op, own);
                break;
            case OpKind.StockMove:
                channels[2].Stock += 1 + own.Next(5);
                oracle.Moves++;
                channels[2].TouchStock(nowMs);
                SchedulePoll();
                break;
            case OpKind.Crash:
                Say("hub crashes");
                Faults += 2;
                crashes++;
                downUntilMs = nowMs + 1_000 + own.Next(9_000);
                Array.Clear(isDispatching);
                At(downUntilMs, Wake);
                break;
            default:
                var place = op.Place;
                Read(place, own, null);
                break;
        }
    }

    private string NewText(WorldField field, int id, ref Luck own, bool isHub) => field switch
    {
        WorldField.Price => (100 + id).ToString(CultureInfo.InvariantCulture),
        WorldField.Weight => (1 + id).ToString(CultureInfo.InvariantCulture),
        _ when isHub && own.Percent(30) => $"e{id} ",
        _ when isHub && history.Weather.UnknownForms && own.Percent(40) => $"e{id}~",
        _ => $"e{id}",
    };

    private void MerchantEdit(Op op, Luck own)
    {
        var channel = channels[op.Place];
        var field = (WorldField)op.Field;
        if (channel.IsWarehouse && field is WorldField.Price or WorldField.Seo or WorldField.Tags)
        {
            field = own.Percent(50) ? WorldField.Name : WorldField.Weight;
        }

        if (field == WorldField.Tags)
        {
            if (own.Percent(40) && channel.Tags.Count > 0)
            {
                var gone = channel.Tags.ElementAt(own.Next(channel.Tags.Count));
                channel.Tags.Remove(gone);
                oracle.TagRemoved(gone);
                Say($"{channel.Id} tag -{gone}");
            }
            else
            {
                var tag = oracle.NewTag(channel.Id);
                channel.Tags.Add(tag);
                Say($"{channel.Id} tag +{tag}");
            }
        }
        else
        {
            var id = oracle.Edit(field, op.Place, nowMs, OracleIdOf(field, channel.Values[(int)field]));
            channel.Values[(int)field] = NewText(field, id, ref own, isHub: false);
            Say($"{channel.Id} {field}={channel.Values[(int)field]}");
        }

        oracle.Edits++;
        channel.Touch(nowMs);
        if (channel.IsWarehouse)
        {
            SchedulePoll();
        }
        else
        {
            Send(op.Place);
        }
    }

    internal static int OracleIdOf(WorldField field, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return -1;
        }

        return field switch
        {
            WorldField.Price => int.Parse(value, CultureInfo.InvariantCulture) - 100,
            WorldField.Weight => int.Parse(value, CultureInfo.InvariantCulture) - 1,
            _ => int.Parse(value.AsSpan(1).TrimEnd("~ "), CultureInfo.InvariantCulture),
        };
    }

    internal static RegisterKey KeyOf(WorldField field) => field switch
    {
        WorldField.Name => Lab.Name,
        WorldField.Price => Lab.Price,
        WorldField.Seo => Lab.Seo,
        WorldField.Weight => Lab.Weight,
        _ => new RegisterKey("tags"),
    };

    private void HubEdit(Op op, Luck own, long? seen)
    {
        if (IsDown())
        {
            At(downUntilMs, () => HubEdit(op, own, seen));
            return;
        }

        oracle.Edits++;
        var field = (WorldField)op.Field;
        FieldEdit edit;
        var id = -1;
        if (field == WorldField.Tags)
        {
            var tags = product.SetElements("tags").ToList();
            if (own.Percent(40) && tags.Count > 0)
            {
                var gone = tags[own.Next(tags.Count)];
                tags.Remove(gone);
                oracle.TagRemoved(gone);
            }
            else
            {
                tags.Add(oracle.NewTag(null));
            }

            edit = new FieldEdit { Key = KeyOf(field), Elements = [.. tags] };
        }
        else
        {
            id = oracle.NextId;
            edit = new FieldEdit { Key = KeyOf(field), Value = new FieldValue(NewText(field, id, ref own, isHub: true)) };
        }

        var before = product;
        var decision = Reconciler.Edit(Now, policy, product, new HubEdit
        {
            Fields = [edit],
            Actor = "ada",
            SeenVersion = seen,
            Force = op.Kind == OpKind.HubForce,
        }, off);
        Say($"hub {field}={edit.Value.Text} {op.Kind} seen={seen} -> {(decision.Accepted.IsEmpty ? "refused" : "accepted")}");
        if (field != WorldField.Tags)
        {
            var replaced = before.Winner(edit.Key);
            var isKnowing = op.Kind == OpKind.HubForce || seen > replaced?.AtVersion;
            oracle.HubEdit(field, id, nowMs, replaced, isKnowing);
            if (isKnowing && replaced is not null)
            {
                oracle.Overridden.Add((field, OracleIdOf(field, replaced.Value.Text)));
            }
        }

        Commit(decision.Product, decision.Conflicts, decision.Log, null);
    }

    private void Sell(Op op, Luck own)
    {
        var place = op.Place % 2;
        var channel = channels[place];
        var quantity = 1 + own.Next(3);
        if (channel.Stock < quantity)
        {
            return;
        }

        oracle.Moves++;
        channel.Stock -= quantity;
        channel.TouchStock(nowMs);
        Say($"{channel.Id} sells {quantity} -> {channel.Stock}");
        Send(place);

        // The order reaches the warehouse some minutes later.
        At(nowMs + 60_000 + own.Next(600_000), () =>
        {
            oracle.Moves++;
            channels[2].Stock -= quantity;
            channels[2].TouchStock(nowMs);
            SchedulePoll();
        });
    }

    private void SchedulePoll()
    {
        var next = ((nowMs / PollEveryMs) + 1) * PollEveryMs;
        At(next, () => Read(2, new Luck(1), null));
    }

    private bool IsDown() => nowMs < downUntilMs;

    /// <summary>A shop sends a webhook: late, lost, twice; S as of the event, W as of the delivery.</summary>
    private void Send(int place)
    {
        var channel = channels[place];
        if (channel.IsWarehouse)
        {
            return;
        }

        var body = channel.Show(isWebhook: true);
        if (!isCalm && luck.Percent(12))
        {
            Faults++;
            return;
        }

        var copies = !isCalm && luck.Percent(12) ? 2 : 1;
        for (var i = 0; i < copies; i++)
        {
            var delay = luck.Percent(70) || isCalm ? 200 + luck.Next(2_000) : luck.Percent(70) ? luck.Next(30_000) : luck.Next(1_200_000);
            At(nowMs + delay, () => Deliver(place, channel.ShowsEventState ? body : channel.Show(isWebhook: true)));
        }
    }

    private void Deliver(int place, Body body)
    {
        if (IsDown())
        {
            // The durable inbox keeps it.
            At(downUntilMs + 50, () => Deliver(place, body));
            return;
        }

        Observe(place, body, ObservationSource.Webhook, null);
    }

    private TimeSpan MeasuredOffset(int place) => history.Weather.IsOffsetMeasured ? TimeSpan.FromSeconds(channels[place].OffsetSeconds) : TimeSpan.Zero;

    private void Observe(int place, Body body, ObservationSource source, long? beganMs)
    {
        oracle.Show(place, body, nowMs, MeasuredOffset(place), product);
        var before = product;
        var decision = Reconciler.Observe(Context(place), product, links[place], new Observation
        {
            Channel = channels[place].Id,
            Body = channels[place].Translate(body),
            Source = source,
            ReadStartedAt = beganMs is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null,
            ReceivedAt = Now,
            ClockOffset = MeasuredOffset(place),
        }, off);
        links[place] = decision.Link;
        Say($"{source} of {channels[place].Id} v{body.Version - Lab.Epoch} {string.Join(",", body.Values)} [{string.Join(" ", body.Tags)}] stock {body.Stock}");
        Commit(decision.Product, decision.Conflicts, decision.Log, place);
        oracle.Shown(place, body, before);
    }

    private void Commit(ProductState next, ImmutableArray<ConflictRow> written, ImmutableArray<LogEntry> log, int? place)
    {
        rows.AddRange(written);
        if (!ReferenceEquals(next, product))
        {
            product = next with { Version = product.Version + 1 };
        }

        foreach (var entry in log)
        {
            if (entry.Action is LogAction.Updated or LogAction.Reserved or LogAction.Refused)
            {
                Say($"    {entry.Action} {entry.Key} by {entry.Origin}: {entry.Before} -> {entry.After} ({entry.Rule})");
            }

            if (entry.Action == LogAction.Updated && oracle.IsStarted)
            {
                CheckUpdate(entry);
            }
        }

        if (oracle.IsStarted)
        {
            Wake();
        }
    }

    private void Say(string text) => Trace?.Invoke($"{(nowMs / 1000.0) - Lab.Epoch:0.0} {text}");

    private void Fail(string invariant, string detail) => Violation ??= $"{invariant}: {detail}";
}
