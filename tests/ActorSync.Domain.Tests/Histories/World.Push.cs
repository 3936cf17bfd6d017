using System.Collections.Immutable;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tests.Reconcile;

namespace ActorSync.Domain.Tests.Histories;

internal sealed partial class World
{
    private const int MostReads = 6;
    private const int BulkTimeoutMs = 82_000;
    private int splits;

    public int InBulkCount { get; private set; }

    private void Wake()
    {
        for (var place = 0; place < 3; place++)
        {
            Schedule(place, 300);
        }
    }

    private void Schedule(int place, long delayMs)
    {
        if (isDispatching[place])
        {
            return;
        }

        isDispatching[place] = true;
        var life = crashes;
        At(nowMs + delayMs, () =>
        {
            if (life == crashes)
            {
                Dispatch(place, reads: 0);
            }
        });
    }

    private void Dispatch(int place, int reads)
    {
        isDispatching[place] = false;
        if (IsDown())
        {
            return;
        }

        var plan = Reconciler.Plan(Context(place), product, links[place]);
        if (!plan.HasWork)
        {
            return;
        }

        if (links[place].Flight is { } flight && flight.LeaseUntil > Now)
        {
            // An answer wakes the dispatcher; after a crash the lease does.
            Schedule(place, (long)(flight.LeaseUntil - Now).TotalMilliseconds + 10);
            return;
        }

        if (plan.NotBefore > Now)
        {
            Schedule(place, (long)(plan.NotBefore.Value - Now).TotalMilliseconds + 10);
            return;
        }

        if (plan.ReadFirst)
        {
            if (reads > MostReads)
            {
                Fail("V2", $"{channels[place].Id} is read without end before a push");
                return;
            }

            isDispatching[place] = true;
            Read(place, new Luck((uint)(history.Weather.Luck + pushCount)), () => Dispatch(place, reads + 1));
            return;
        }

        if (plan.IsEmpty)
        {
            Schedule(place, 5_000);
            return;
        }

        Push(place, plan);
    }

    private void Read(int place, Luck own, Action? then)
    {
        if (IsDown())
        {
            At(downUntilMs + 50, () => Read(place, own, null));
            return;
        }

        var began = nowMs;
        var life = crashes;
        var takes = isCalm ? 20 : own.Next(3_000);
        At(nowMs + takes, () =>
        {
            var body = channels[place].Show(isWebhook: false);
            At(nowMs + (isCalm ? 20 : own.Next(4_000)), () =>
            {
                if (life != crashes)
                {
                    return;
                }

                Observe(place, body, ObservationSource.Read, began);
                then?.Invoke();
            });
        });
    }

    private PushFate NextFate()
    {
        if (isCalm || luck.Percent(74))
        {
            return PushFate.Full;
        }

        Faults++;
        return luck.Next(history.Weather.LateExecution ? 6 : 5) switch
        {
            0 => PushFate.Empty,
            1 => PushFate.NotSent,
            2 => PushFate.TimeoutDone,
            3 => PushFate.TimeoutNotDone,
            4 => PushFate.Full,
            _ => PushFate.Late,
        };
    }

    private void Push(int place, PushPlan plan)
    {
        pushCount++;
        if (pushCount > Bound())
        {
            Fail("V2", $"{pushCount} pushes for {oracle.Edits} edits, {oracle.Moves} stock moves and {Faults} faults");
            return;
        }

        var id = $"push{pushCount}";
        var bulk = InBulk(place, plan);
        var begun = bulk is null ? Reconciler.Begin(Context(place), product, links[place], plan, id) : Reconciler.BeginBulk(Context(place), product, links[place], bulk, id);
        links[place] = leavesOutM1 ? begun.Link with { Registers = links[place].Registers } : begun.Link;
        var fate = NextFate();
        var sentMs = nowMs;
        var life = crashes;
        var takes = isCalm ? 50 : 100 + luck.Next(bulk is null ? 4_000 : 60_000);
        var timeout = bulk is null ? TimeoutMs : BulkTimeoutMs;
        if (bulk is not null)
        {
            // Counts go on beside it.
            Schedule(place, 300);
        }

        Say($"push {id} to {channels[place].Id}{(bulk is null ? "" : " in bulk")}: {string.Join(", ", begun.Item.Delta.Select(d => $"{d.Key}={d.Target}"))} ({fate})");
        switch (fate)
        {
            case PushFate.NotSent:
                At(nowMs + takes, () => Settle(place, begun, PushResult.NotSent, null, sentMs, life, isStale: false));
                break;
            case PushFate.TimeoutDone or PushFate.TimeoutNotDone:
                if (fate == PushFate.TimeoutDone)
                {
                    At(nowMs + takes, () => Execute(place, begun.Item));
                }

                At(nowMs + timeout, () => Settle(place, begun, PushResult.Unknown, null, sentMs, life, isStale: false));
                break;
            case PushFate.Late:
                At(nowMs + timeout, () => Settle(place, begun, PushResult.Unknown, null, sentMs, life, isStale: false));
                At(nowMs + timeout + 5_000 + luck.Next(60_000), () => Execute(place, begun.Item));
                break;
            default:
                At(nowMs + takes, () =>
                {
                    var isStale = Execute(place, begun.Item);
                    // What is answered is the state a moment after the write: another writer may have been faster.
                    At(nowMs + luck.Next(600), () =>
                    {
                        var answer = fate == PushFate.Empty ? null : channels[place].Show(isWebhook: false);
                        At(nowMs + (isCalm ? 20 : luck.Next(bulk is null ? 3_000 : 20_000)), () => Settle(place, begun, PushResult.Applied, answer, sentMs, life, isStale));
                    });
                });
                break;
        }
    }

    /// <summary>Some pushes are part of an operation that takes long and carries a part of the plan only.</summary>
    private PushPlan? InBulk(int place, PushPlan plan)
    {
        if (isCalm || channels[place].IsWarehouse || links[place].Bulk is not null || !luck.Percent(25) || Reconciler.InBulk(profiles[place].Bulk!, plan) is not var (part, _))
        {
            return null;
        }

        splits += part.Delta.Length < plan.Delta.Length ? 1 : 0;
        InBulkCount++;
        return part;
    }

    internal int Bound() => (4 * oracle.Edits) + (4 * oracle.Moves) + (2 * Faults) + splits + 3 + (history.Weather.UnknownForms ? 2 * oracle.Edits : 0);

    /// <summary>The channel carries out a push. Answers whether its compare-and-set of stock found another count.</summary>
    private bool Execute(int place, PushItem item)
    {
        var channel = channels[place];
        var isStale = false;
        var writes = false;
        foreach (var value in item.Delta)
        {
            if (value.Key.Field == "available")
            {
                if (channel.ShowsEventState && value.Held?.ToDecimal() is { } held && held != channel.Stock)
                {
                    isStale = true;
                    continue;
                }

                channel.Stock = (int)value.Target.ToDecimal()!.Value;
                channel.TouchStock(nowMs);
            }
            else if (value.Key.Field == "tags")
            {
                if (value.Target.Text is { } tag)
                {
                    channel.Tags.Add(tag);
                }
                else
                {
                    channel.Tags.Remove(value.Key.Part!);
                }
            }
            else
            {
                channel.Values[(int)FieldOf(value.Key)] = channel.Form(value.Target.Text ?? "");
            }

            writes = true;
        }

        if (writes)
        {
            channel.Touch(nowMs);
            Send(place);
        }

        return isStale;
    }

    internal static WorldField FieldOf(RegisterKey key) => key.Field switch
    {
        "name" => WorldField.Name,
        "price" => WorldField.Price,
        "seoTitle" => WorldField.Seo,
        "weight" => WorldField.Weight,
        _ => WorldField.Tags,
    };

    private void Settle(int place, Begun begun, PushResult result, Body? answer, long sentMs, int life, bool isStale)
    {
        if (life != crashes)
        {
            // The hub that sent it is gone, and the answer with it.
            return;
        }

        if (leavesOutM1 && result == PushResult.Applied)
        {
            links[place] = Record(links[place], begun);
        }

        if (answer is not null)
        {
            oracle.Show(place, answer, nowMs, MeasuredOffset(place), product);
        }

        var before = product;
        var exceptions = ImmutableDictionary<RegisterKey, PushResult>.Empty;
        if (isStale)
        {
            exceptions = exceptions.Add(new RegisterKey("available", Lab.V1, ObservedStock.WholeChannel), PushResult.NotSent);
        }

        var decision = Reconciler.Settle(Context(place), product, links[place], new PushOutcome
        {
            Product = product.Id,
            PushId = begun.Item.PushId,
            Result = result,
            Answer = answer is null ? null : channels[place].Translate(answer),
            Exceptions = exceptions,
            StockWasStale = isStale,
            SentAt = DateTimeOffset.FromUnixTimeMilliseconds(sentMs),
            IsChannelFault = true,
            ClockOffset = MeasuredOffset(place),
        }, off);
        links[place] = decision.Link;
        Say($"settle {begun.Item.PushId} {result} {(answer is null ? "" : $"v{answer.Version - Lab.Epoch} {string.Join(",", answer.Values)} [{string.Join(" ", answer.Tags)}] stock {answer.Stock}")}");
        Commit(decision.Product, decision.Conflicts, decision.Log, place);
        if (answer is not null)
        {
            oracle.Shown(place, answer, before);
        }
    }

    /// <summary>With M1 left out the record of a push is only made when its answer is here.</summary>
    private static LinkState Record(LinkState link, Begun begun)
    {
        var registers = link.Registers.ToBuilder();
        foreach (var value in begun.Item.Delta)
        {
            var known = registers.GetValueOrDefault(value.Key) ?? new Held();
            var intent = begun.Link.Registers[value.Key].Intents.First(i => i.PushId == begun.Item.PushId);
            registers[value.Key] = known with { Intents = known.Intents.Add(intent) };
        }

        return link with { Registers = registers.ToImmutable() };
    }
}
