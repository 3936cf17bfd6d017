using System.Globalization;
using System.Text;
using CsCheck;

namespace ActorSync.Domain.Tests.Histories;

public enum OpKind { MerchantEdit, HubScript, HubPerson, HubForce, Bump, Sale, StockMove, Crash, Read }

public enum PushFate { Full, Empty, NotSent, TimeoutDone, TimeoutNotDone, Late }

/// <summary>One thing that happens. Its own random number decides details, so that leaving another one out does not disturb it.</summary>
public sealed record Op(OpKind Kind, int Place, int Field, int WaitMs, uint Luck)
{
    public override string ToString() => $"{Kind} place={"SWJ"[Place]} field={(WorldField)Field} wait={WaitMs.ToString(CultureInfo.InvariantCulture)}ms luck={Luck}";
}

public enum WorldField { Name, Price, Seo, Weight, Tags }

/// <summary>What all of a history's channels and messages are like.</summary>
public sealed record Weather(int OffsetS, int OffsetW, bool IsOffsetMeasured, bool ReadBeforeWrite, bool UnknownForms, bool LateExecution, uint Luck);

/// <summary>A whole history: what happens, to whom, and in what weather.</summary>
public sealed record History(Weather Weather, Op[] Ops)
{
    private static readonly int[] Waits = [100, 400, 900, 1_100, 3_000, 8_000, 20_000, 60_000, 150_000, 290_000, 310_000, 720_000];
    private static readonly int[] Offsets = [0, 0, 0, 30, -30, 600, -600];

    private static readonly int[] ShortWaits = [100, 300, 400, 900, 1_100, 3_000];

    /// <summary>One field, one second after the other: where edits and pushes meet.</summary>
    public static readonly Gen<History> Dense = Gen.Select(
        Gen.Select(Gen.Bool, Gen.UInt, (read, luck) => new Weather(0, 0, false, read, false, true, luck)),
        Gen.Int[0, 1].SelectMany(field => Gen.Select(Gen.Int[0, 99], Gen.Int[0, 1], Gen.Int[0, ShortWaits.Length - 1], Gen.UInt,
            (kind, place, wait, luck) => new Op(DenseKindOf(kind), place, field, ShortWaits[wait], luck)).Array[2, 9]),
        (weather, ops) => new History(weather, ops));

    private static OpKind DenseKindOf(int percent) => percent switch
    {
        < 50 => OpKind.MerchantEdit,
        < 75 => OpKind.HubScript,
        < 88 => OpKind.HubForce,
        < 96 => OpKind.Bump,
        _ => OpKind.Crash,
    };

    private static readonly Gen<Op> Ops1 = Gen.Select(Gen.Int[0, 99], Gen.Int[0, 2], Gen.Int[0, 4], Gen.Int[0, Waits.Length - 1], Gen.UInt,
        (kind, place, field, wait, luck) => new Op(KindOf(kind), place, field, Waits[wait], luck));

    /// <param name="unknownForms">Channels change some texts in a way that their connector does not know.</param>
    /// <param name="late">A push that timed out may be executed after its own retry.</param>
    public static Gen<History> Gen1(bool unknownForms, bool late) => Gen.Select(
        Gen.Select(Gen.Int[0, Offsets.Length - 1], Gen.Int[0, Offsets.Length - 1], Gen.Bool, Gen.Bool, Gen.UInt,
            (s, w, measured, read, luck) => new Weather(Offsets[s], Offsets[w], measured, read, unknownForms, late, luck)),
        Ops1.Array[1, 14],
        (weather, ops) => new History(weather, ops));

    private static OpKind KindOf(int percent) => percent switch
    {
        < 34 => OpKind.MerchantEdit,
        < 50 => OpKind.HubScript,
        < 60 => OpKind.HubPerson,
        < 64 => OpKind.HubForce,
        < 72 => OpKind.Bump,
        < 80 => OpKind.Sale,
        < 84 => OpKind.StockMove,
        < 93 => OpKind.Crash,
        _ => OpKind.Read,
    };

    /// <summary>The same failure with as few operations as possible: leaves out one after the other while it still fails.</summary>
    public History Shrink(Func<History, bool> fails)
    {
        var best = this;
        for (var again = true; again;)
        {
            again = false;
            for (var i = best.Ops.Length - 1; i >= 0; i--)
            {
                var at = i;
                if (Try(best with { Ops = [.. best.Ops.Where((_, index) => index != at)] }, fails) is { } smaller)
                {
                    best = smaller;
                    again = true;
                }
            }

            foreach (var calm in Calmer)
            {
                var weather = calm(best.Weather);
                if (weather != best.Weather && Try(best with { Weather = weather }, fails) is { } same)
                {
                    best = same;
                    again = true;
                }
            }
        }

        return best;
    }

    private static readonly Func<Weather, Weather>[] Calmer =
        [w => w with { OffsetS = 0 }, w => w with { OffsetW = 0 }, w => w with { ReadBeforeWrite = false }];

    /// <summary>Leaving something out shifts which message meets which fault, so a few other lucks are tried as well.</summary>
    private static History? Try(History smaller, Func<History, bool> fails)
    {
        const int Lucks = 60;
        for (uint i = 0; i < Lucks; i++)
        {
            var candidate = smaller with { Weather = smaller.Weather with { Luck = i == 0 ? smaller.Weather.Luck : i * 7919 } };
            if (fails(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    public override string ToString()
    {
        var text = new StringBuilder().AppendLine(Weather.ToString());
        foreach (var op in Ops)
        {
            text.AppendLine(op.ToString());
        }

        return text.ToString();
    }
}

/// <summary>A small repeatable source of luck.</summary>
internal struct Luck(uint seed)
{
    private ulong state = (seed + 0x9E3779B97F4A7C15UL) * 0xBF58476D1CE4E5B9UL;

    public int Next(int below)
    {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return (int)((state >> 11) % (ulong)below);
    }

    public bool Percent(int percent) => Next(100) < percent;
}
