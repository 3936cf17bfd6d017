using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Domain.Tests.Histories;

internal sealed partial class World
{
    /// <summary>V3 and V6, at every change of a hub value.</summary>
    private void CheckUpdate(LogEntry entry)
    {
        if (entry.Key is not { } key)
        {
            return;
        }

        if (key.Field is not ("tags" or "available") && entry.Rule != MergeRule.Knowing && oracle.Overridden.Contains((FieldOf(key), OracleIdOf(FieldOf(key), entry.After?.Text))))
        {
            Fail("V4", $"{key} is {entry.After} again, which a person had replaced");
        }

        if (entry.Origin == Origin.Hub)
        {
            return;
        }

        var place = Array.FindIndex(channels, c => c.Id.Value == entry.Origin.Id);
        if (key.Field == "available")
        {
            if (place != 2)
            {
                Fail("V3", $"{entry.Origin} set the stock");
            }

            return;
        }

        if (key.Field == "tags")
        {
            if (entry.After is { IsEmpty: false } tag && entry.Rule == MergeRule.First && oracle.Tags.TryGetValue(tag.Text!, out var typed) && typed.Place != channels[place].Id)
            {
                Fail("V6", $"tag {tag} entered the hub as an edit of {entry.Origin}");
            }

            return;
        }

        var field = FieldOf(key);
        if (!oracle.MayClaim(field, place))
        {
            Fail("V3", $"{entry.Origin} set {key}");
        }

        var id = OracleIdOf(field, entry.After?.Text);
        if (id > 0)
        {
            oracle.All[id].HasStood = true;
        }

        if (id < 0 || (id > 0 && oracle.All[id].Place != place) || id == 0)
        {
            Fail("V6", $"{entry.After} entered the hub as an edit of {entry.Origin}, who never typed it");
        }
        else if (entry.After!.Value.Text != entry.After.Value.Text!.Trim())
        {
            Fail("V6", $"the form '{entry.After}' entered the hub");
        }
    }

    /// <summary>V1, V4 and tags, at the end.</summary>
    private void Check()
    {
        for (var place = 0; place < 3; place++)
        {
            CheckConverged(place);
        }

        for (var field = WorldField.Name; field <= WorldField.Weight; field++)
        {
            CheckLatest(field);
        }

        foreach (var (tag, known) in oracle.Tags)
        {
            if (!known.IsRemoved && known.IsShown && !product.SetElements("tags").Contains(tag, StringComparer.Ordinal))
            {
                Fail("V4", $"tag {tag} was added, never removed, and is gone");
            }
        }

        foreach (var typed in oracle.All)
        {
            if (typed is { IsOnTop: true, HasStood: false } && oracle.MayClaim(typed.Field, typed.Place))
            {
                RefusedOnTop++;
                if (CountersFail)
                {
                    Fail("C1", $"{typed.Field}: edit {typed.Id} was made on top of the known value, and refused");
                }
            }

            if (typed.Rival is { } rival && oracle.MayClaim(typed.Field, typed.Place))
            {
                var stands = OracleIdOf(typed.Field, product.Value(KeyOf(typed.Field))?.Text);
                if (stands != typed.Id && !IsNamed(typed.Field, typed.Id) && stands != rival && !IsNamed(typed.Field, rival))
                {
                    UnrecordedLosers++;
                }
                else if (!IsNamed(typed.Field, typed.Id) && !IsNamed(typed.Field, rival))
                {
                    UnrecordedLosers++;
                    if (CountersFail)
                    {
                        Fail("C2", $"{typed.Field}: edit {typed.Id} met edit {rival}, and no row names either");
                    }
                }
            }
        }
    }

    private void CheckConverged(int place)
    {
        var channel = channels[place];
        var plan = Reconciler.Plan(Context(place), product, links[place]);
        if (plan.HasWork || !plan.IsEmpty)
        {
            Fail("V1", $"{channel.Id} is still dirty: {string.Join(", ", plan.Delta.Select(d => $"{d.Key} {d.Held}->{d.Target}"))}, read first {plan.ReadFirst}");
        }

        for (var field = WorldField.Name; field <= WorldField.Weight; field++)
        {
            if (channel.IsWarehouse && field is WorldField.Price or WorldField.Seo)
            {
                continue;
            }

            var target = product.Value(KeyOf(field))?.Text ?? "";
            if (channel.Form(target) != channel.Values[(int)field])
            {
                Fail("V1", $"{channel.Id} holds {field} '{channel.Values[(int)field]}' and should hold '{target}'");
            }
        }

        if (channel.IsWarehouse)
        {
            return;
        }

        var tags = product.SetElements("tags");
        if (!tags.ToHashSet(StringComparer.Ordinal).SetEquals(channel.Tags))
        {
            Fail("V1", $"{channel.Id} holds the tags {string.Join(" ", channel.Tags)} and should hold {string.Join(" ", tags)}");
        }

        var level = product.Stock.Levels[0].Available - product.Stock.Reservations.Sum(r => r.Quantity);
        if (channel.Stock > Math.Max(0, level))
        {
            Fail("V1", $"{channel.Id} counts {channel.Stock}, but there are {level}");
        }
    }

    private bool IsNamed(WorldField field, int id)
    {
        var key = KeyOf(field);
        foreach (var row in rows)
        {
            if (row.Key == key && OracleIdOf(field, row.LoserValue.Text) == id)
            {
                return true;
            }
        }

        return false;
    }

    private void CheckLatest(WorldField field)
    {
        var winners = oracle.Winners(field);
        if (winners.Count == 0)
        {
            return;
        }

        var stands = OracleIdOf(field, product.Value(KeyOf(field))?.Text);
        if (!winners.Any(w => w.Id == stands || IsNamed(field, w.Id)))
        {
            Fail("V4", $"{field} is edit {stands}; {string.Join(" or ", winners.Select(w => $"edit {w.Id} of {Oracle.OriginOf(w.Place)}"))} is later and stands in no row");
        }
    }
}
