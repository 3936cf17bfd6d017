using ActorSync.Domain.Products;
using ActorSync.Domain.Tests.Reconcile;
using CsCheck;

namespace ActorSync.Domain.Tests.Pictures;

/// <summary>Random adds, removes and reorders at two shops, bodies late, lost and twice, answers lost, crashes.</summary>
public sealed class PictureHistoryTests
{
    private static readonly Gen<(int Kind, bool AtW, int Pick, int Wait)[]> Steps =
        Gen.Select(Gen.Int[0, 13], Gen.Bool, Gen.Int[0, 1000], Gen.Int[0, 40]).Array[1, 25];

    private static readonly Gen<(string S, string W, bool WWins)> Start = Gen.Select(Gen.String[Gen.Char["abcd"], 0, 3], Gen.String[Gen.Char["abcx"], 0, 3], Gen.Bool);

    [Fact]
    public void Converge_NothingForeignRemoved_NothingUploadedTwice() =>
        Gen.Select(Start, Steps).Sample((start, steps) => Run(start, steps), iter: 1_500, print: Told);

    /// <summary>All of a failing history, beside its seed: shrinking keeps one only within its own run.</summary>
    private static string Told(((string S, string W, bool WWins) Start, (int Kind, bool AtW, int Pick, int Wait)[] Steps) history) =>
        $"{history.Start}: {string.Join(' ', history.Steps)}";

    private static void Run((string S, string W, bool WWins) start, (int Kind, bool AtW, int Pick, int Wait)[] steps)
    {
        var world = new PictureWorld();
        foreach (var bytes in start.S.Distinct())
        {
            world.S.Add(bytes.ToString(), 1);
        }

        foreach (var bytes in start.W.Distinct())
        {
            world.W.Add(bytes.ToString(), 1);
        }

        world.Read(Lab.S);
        world.Read(Lab.W);
        world.Decide(Lab.W, Lab.OriginOf(start.WWins ? Lab.W : Lab.S));
        var next = 0;
        foreach (var (kind, atW, pick, wait) in steps)
        {
            world.Lab.Clock += 1 + (wait / 10);
            Step(world, kind, atW ? world.W : world.S, pick, ref next);
        }

        world.Settle();
        Check(world);
    }

    private static void Step(PictureWorld world, int kind, PictureShop shop, int pick, ref int next)
    {
        switch (kind)
        {
            case 0 or 1:
                shop.Add($"n{next++}", world.Now, at: pick % 4);
                world.Send(shop.Id);
                break;
            case 2 when shop.Pictures.Count > 0:
                shop.Remove(shop.Pictures[pick % shop.Pictures.Count].Media, world.Now);
                world.Send(shop.Id);
                break;
            case 3 when shop.Pictures.Count > 1:
                var first = shop.Pictures[pick % shop.Pictures.Count].Media;
                shop.Reorder(shop.Pictures.Select(p => p.Media).OrderBy(m => m == first ? 0 : 1), world.Now);
                world.Send(shop.Id);
                break;
            case 4:
                world.DeliverOne(pick, again: pick % 5 == 0);
                break;
            case 5:
                world.Lose(pick);
                break;
            case 6:
                world.Read(shop.Id);
                break;
            case 7 when world.Other(shop).Pictures.Select(p => p.Bytes).Except(shop.Pictures.Select(p => p.Bytes)).FirstOrDefault() is { } same && pick % 3 == 0:
                shop.Add(same, world.Now);
                world.Send(shop.Id);
                break;
            case 8 or 9 when shop.Pictures.Count > 0:
                shop.Describe(shop.Pictures[pick % shop.Pictures.Count].Media, pick % 4 == 0 ? null : $"words {next++}", world.Now);
                world.Send(shop.Id);
                break;
            default:
                world.Work(shop.Id, (PushEnd)(pick % 6 < 3 ? 0 : pick % 6 - 2));
                break;
        }
    }

    private static void Check(PictureWorld world)
    {
        foreach (var shop in new[] { world.S, world.W })
        {
            var plan = world.Lab.Plan(shop.Id);
            Assert.False(plan.HasWork, $"{shop.Id} still has work: {string.Join(", ", plan.Delta.Select(d => d.Key))} {plan.Pictures.Length} pictures, read {plan.ReadFirst}");
            var link = world.Lab.Links[shop.Id];
            foreach (var image in world.Lab.Product.Pictures())
            {
                Assert.True(link.Media.Any(m => m.Key == image.Key && !m.Gone && shop.Pictures.Any(p => p.Media == m.MediaId)), $"{image.Key} is missing at {shop.Id}");
            }

            foreach (var image in world.Lab.Product.Pictures())
            {
                var first = shop.Pictures.Select(p => p.Media).First(media => link.Media.Any(m => m.MediaId == media && m.Key == image.Key));
                Assert.Equal((image.Key, shop.Id, world.Lab.Product.AltOf(image) ?? ""), (image.Key, shop.Id, shop.Alts.GetValueOrDefault(first) ?? ""));
            }

            var wanted = world.Lab.Product.Pictures().Select(i => i.Key).ToHashSet();
            foreach (var picture in shop.Pictures.Where(p => p.ByHub))
            {
                var media = link.Media.Single(m => m.MediaId == picture.Media);
                Assert.True(media.MaybeOurs || wanted.Contains(media.Key!), $"{media.Key} is left over at {shop.Id}");
            }
        }

        var order = Canonical.List([.. world.Lab.Product.Pictures().Select(i => i.Key)]);
        foreach (var shop in new[] { world.S, world.W })
        {
            var keys = shop.Pictures.Select(p => world.Lab.Links[shop.Id].Media.Single(m => m.MediaId == p.Media).Key!).Distinct();
            Assert.True(ImageOrder.IsSame(order, Canonical.List([.. keys])), $"{shop.Id} shows {string.Join(',', keys)}, the hub {order}");
        }
    }
}
