using ActorSync.Domain.Reconcile;
using CsCheck;

namespace ActorSync.Domain.Tests.Histories;

/// <summary>
/// Every rule M1 to M12 earns its place: with it left out the same histories break an invariant, or a counter that stays near zero with it jumps. The
/// numbers of histories are such that a rule's failures are expected about twenty times or more; docs/verification.md says what comes back without each.
/// </summary>
public sealed class RuleTests(ITestOutputHelper output)
{
    private static readonly Gen<History> Ordinary = History.Gen1(unknownForms: false, late: true);
    private static readonly Gen<History> UnknownForms = History.Gen1(unknownForms: true, late: false);

    [Fact]
    public void M1_NoIntentOnRecordBeforeTheCall_AnEchoBecomesAnEdit() => Breaks(Ordinary, 1_000, RuleSwitch.None, "V6", leavesOutM1: true);

    [Fact]
    public void M2_AnswerTakenAsShadow_EditsAreSwallowed() => Breaks(Ordinary, 1_000, RuleSwitch.M2, "V1", "V4");

    [Fact]
    public void M3_ForeignValuesNotHeldDuringAPush_NormalisedTextEntersTheHub() => Breaks(UnknownForms, 500, RuleSwitch.M3, "V6");

    [Fact]
    public void M4_TimedOutValuesForgotten_LateExecutionBecomesAnEdit() => Breaks(Ordinary, 2_000, RuleSwitch.M4, "V6");

    [Fact]
    public void M5_AnswerWithoutObjectTrusted_OldBodiesComeBack() => Breaks(History.Dense, 4_000, RuleSwitch.M5, "V4", "V6");

    [Fact]
    public void M6_UnexplainedAnswerTakenAsForm_EditsAreLostOrDivergeForEver() => Breaks(History.Dense, 4_000, RuleSwitch.M6, "V1", "V4");

    [Fact]
    public void M7_StaleBodiesDropped_EditsAreLost() => Breaks(Ordinary, 2_000, RuleSwitch.M7, "V4");

    [Fact]
    public void M8_SameSecondDropped_EditsAreLost() => Breaks(History.Dense, 4_000, RuleSwitch.M8, "V4");

    [Fact]
    public void M9_EveryReadTrusted_OldValuesComeBack() => Breaks(Ordinary, 6_000, RuleSwitch.M9, "V6", "V4");

    [Fact]
    public void M10_OwnEditsMaySink_AnOverriddenValueRisesAgain() => Breaks(History.Dense, 8_000, RuleSwitch.M10, "V4");

    [Fact]
    public void M11_SourceTimeNotCausal_EditsOnTopOfTheKnownValueAreRefused()
    {
        var with = Run(Ordinary, 8_000, RuleSwitch.None);
        var without = Run(Ordinary, 8_000, RuleSwitch.M11);
        // Not zero with it: a late body after a lost call makes a row only.
        Assert.True(without.RefusedOnTop > 10 + (2 * with.RefusedOnTop), $"with {with.RefusedOnTop}, without {without.RefusedOnTop}");
    }

    [Fact]
    public void M12_OnlyTheWindowCountsAsConcurrent_LosersStandInNoRow()
    {
        var with = Run(Ordinary, 10_000, RuleSwitch.None);
        var without = Run(Ordinary, 10_000, RuleSwitch.M12);
        Assert.True(without.UnrecordedLosers > 5 + (2 * with.UnrecordedLosers),
            $"with {with.UnrecordedLosers}, without {without.UnrecordedLosers}");
    }

    private void Breaks(Gen<History> generator, int histories, RuleSwitch leaveOut, string invariant, string? orInvariant = null, bool leavesOutM1 = false)
    {
        var survey = Survey.Of(generator, histories, leaveOut, leavesOutM1);
        output.WriteLine(survey.ToString());
        Assert.True(survey.Violations.ContainsKey(invariant) || (orInvariant is not null && survey.Violations.ContainsKey(orInvariant)),
            $"Without the rule nothing broke, so it or its test is idle: {survey}");
    }

    private Survey Run(Gen<History> generator, int histories, RuleSwitch leaveOut)
    {
        var survey = Survey.Of(generator, histories, leaveOut);
        output.WriteLine(survey.ToString());
        return survey;
    }
}
