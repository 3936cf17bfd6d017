using System.Reflection;

namespace ActorSync.Web.Tests.Architecture;

/// <summary>The arrows of DESIGN section 4, read from what the assemblies really reference.</summary>
public sealed class ArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["ActorSync.Domain"] = [],
        ["ActorSync.Grains.Abstractions"] = ["ActorSync.Domain"],
        ["ActorSync.Grains"] = ["ActorSync.Domain", "ActorSync.Grains.Abstractions"],
        ["ActorSync.Storage"] = ["ActorSync.Domain", "ActorSync.Grains.Abstractions"],
        ["ActorSync.Channels"] = ["ActorSync.Domain", "ActorSync.Grains.Abstractions"],
        ["ActorSync.Web"] = ["ActorSync.Domain", "ActorSync.Grains.Abstractions"],
    };

    public static TheoryData<string> Projects => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_References_OnlyWhatItsArrowsAllow(string project)
    {
        var ours = Assembly.Load(project).GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("ActorSync.", StringComparison.Ordinal));

        Assert.Empty(ours.Except(Allowed[project]));
    }

    [Fact]
    public void Domain_References_OnlyTheBclAndOrleansSerialization()
    {
        var foreign = Assembly.Load("ActorSync.Domain").GetReferencedAssemblies().Select(a => a.Name!)
            .Where(n => !n.StartsWith("System.", StringComparison.Ordinal) && n is not ("netstandard" or "mscorlib") && !n.StartsWith("Orleans.Serialization", StringComparison.Ordinal)
                && n is not ("Orleans.Core.Abstractions" or "Microsoft.Extensions.DependencyInjection.Abstractions"));

        Assert.Empty(foreign);
    }

    [Fact]
    public void Domain_Types_TouchNoClockTaskOrIo()
    {
        var result = NetArchTest.Rules.Types.InAssembly(Assembly.Load("ActorSync.Domain")).That().DoNotResideInNamespace("OrleansCodeGen")
            .ShouldNot().HaveDependencyOnAny("System.IO", "System.Net", "System.TimeProvider", "System.Threading.Timer", "Orleans.Grain").GetResult();

        Assert.True(result.IsSuccessful, string.Join(", ", result.FailingTypeNames ?? []));
    }

    [Fact]
    public void Sandbox_IsReferencedByNoProductAssembly() =>
        Assert.DoesNotContain(Allowed.Keys.SelectMany(p => Assembly.Load(p).GetReferencedAssemblies()), a => a.Name == "ActorSync.Sandbox");
}
