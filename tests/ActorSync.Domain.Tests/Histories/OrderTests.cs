using ActorSync.Domain.Tests.Reconcile;
using CsCheck;
using static ActorSync.Domain.Tests.Reconcile.Lab;

namespace ActorSync.Domain.Tests.Histories;

/// <summary>
/// V5: the final value does not depend on the order of deliveries, as far as reconcile.md 6.4 promises it: bodies as of the event, all fields carried,
/// distinct versions, no pushes in between. Where the bodies differ in what an editor knew, the histories differ.
/// </summary>
public sealed class OrderTests
{
    private sealed record Edit(int Place, int Second, bool IsPrice)
    {
        public override string ToString() => $"{"SWH"[Place]}@{Second} {(IsPrice ? "price" : "name")}";
    }

    private static readonly Gen<(Edit[] Edits, uint Luck)> Histories = Gen.Select(
        Gen.Select(Gen.Int[0, 2], Gen.Int[1, 900], Gen.Bool, (place, second, isPrice) => new Edit(place, second, isPrice)).Array[1, 9]
            .Select(edits => edits.DistinctBy(e => e.Second).OrderBy(e => e.Second).ToArray()),
        Gen.UInt);

    [Fact]
    public void Deliveries_InAnyOrder_GiveTheSameValues() => Histories.Sample(
        history =>
        {
            var inOrder = Play(history.Edits, null);
            var shuffled = Play(history.Edits, history.Luck);
            return inOrder.Value(Name) == shuffled.Value(Name) && inOrder.Value(Price) == shuffled.Value(Price);
        },
        iter: 5_000, threads: 2);

    [Fact]
    public void Deliveries_InAnyOrder_HoldTheSameAtTheChannels() => Histories.Sample(
        history =>
        {
            var inOrder = Play(history.Edits, null);
            var shuffled = Play(history.Edits, history.Luck);
            return new[] { S, W }.All(c => inOrder.HeldAt(c, Name) == shuffled.HeldAt(c, Name) && inOrder.HeldAt(c, Price) == shuffled.HeldAt(c, Price));
        },
        iter: 2_000, threads: 2);

    private static Lab Play(Edit[] edits, uint? luck)
    {
        var lab = Linked(("name", "0"), ("price", "0"));
        lab.Clock = 10_000;
        var now = lab.Clock;
        var actions = new List<(bool IsHub, Action Run)>();
        var values = new[] { ("0", "0"), ("0", "0") };
        for (var i = 0; i < edits.Length; i++)
        {
            var edit = edits[i];
            var text = (i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
            if (edit.Place == 2)
            {
                actions.Add((true, () => EditAt(lab, edit, text, now)));
                continue;
            }

            values[edit.Place] = edit.IsPrice ? (values[edit.Place].Item1, text) : (text, values[edit.Place].Item2);
            var (name, price) = values[edit.Place];
            actions.Add((false, () => lab.Webhook(edit.Place == 0 ? S : W, edit.Second, ("name", name), ("price", price))));
        }

        // Hub edits keep their order; deliveries come in any order among themselves.
        var source = new Luck(luck ?? 0);
        while (actions.Count > 0)
        {
            var next = luck is null ? 0 : source.Next(actions.Count);
            next = actions[next].IsHub ? actions.FindIndex(a => a.IsHub) : next;
            actions[next].Run();
            actions.RemoveAt(next);
        }

        return lab;
    }

    private static void EditAt(Lab lab, Edit edit, string text, double now)
    {
        lab.Clock = edit.Second;
        lab.Edit(edit.IsPrice ? Price : Name, text);
        lab.Clock = now;
    }
}
