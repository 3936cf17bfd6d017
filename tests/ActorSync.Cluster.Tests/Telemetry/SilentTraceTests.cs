using System.Collections.Immutable;
using System.Diagnostics;
using ActorSync.Abstractions.Telemetry;

namespace ActorSync.Cluster.Tests.Telemetry;

/// <summary>No test of this project listens to spans.</summary>
public sealed class SilentTraceTests
{
    [Fact]
    public void Spans_WhileNobodyListens_AreNotMadeAndCostNoMemory()
    {
        ImmutableArray<string?> causes = ["00-11111111111111111111111111111111-2222222222222222-01"];
        // Once for what is made at the first use.
        Touch(causes);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1_000; i++)
        {
            Assert.True(Touch(causes));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 999);
    }

    private static bool Touch(ImmutableArray<string?> causes) =>
        SyncTraces.Cause is null && SyncTraces.Begin(SyncTraces.Commit) is null && SyncTraces.Begin(SyncTraces.Turn, ActivityKind.Internal, causes, static cause => cause) is null;
}
