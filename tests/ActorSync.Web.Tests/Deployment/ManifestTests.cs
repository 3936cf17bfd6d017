using System.Text.RegularExpressions;
using ActorSync.Web.Tests.EndToEnd;

namespace ActorSync.Web.Tests.Deployment;

/// <summary>
/// No engine runs where these tests do, so the manifests are held to the program itself: its <c>check</c> takes the settings of each role that a manifest starts,
/// and refuses what it does not know.
/// </summary>
public sealed partial class ManifestTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("docker-compose.yml", "worker")]
    [InlineData("docker-compose.yml", "webhooks")]
    [InlineData("docker-compose.yml", "web")]
    [InlineData("deploy/kubernetes", "worker")]
    [InlineData("deploy/kubernetes", "webhooks")]
    [InlineData("deploy/kubernetes", "web")]
    public async Task Settings_OfEachRole_AreTakenByTheHost(string manifest, string role)
    {
        var text = TextOf(manifest);
        var secrets = Directory.CreateTempSubdirectory("actorsync-manifest");
        try
        {
            Assert.Contains(role, RolesOf(text));
            await using var host = ChildProgram.Start("ActorSync.Host", ["check"], Environment(text, role, secrets.FullName));

            Assert.True(await host.WaitForExitAsync(Patience) == 0, host.Said);
            Assert.Contains($"role {role}, postgres", host.Said, StringComparison.Ordinal);
        }
        finally
        {
            secrets.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Setting_ThatNoOptionHas_IsRefusedTogetherWithAllOtherProblems()
    {
        await using var host = ChildProgram.Start("ActorSync.Host", ["check", "--role", "worker"], new Dictionary<string, string>
        {
            ["ActorSync__Cluster__Adress"] = "private",
            ["ActorSync__Telemetry__Otlp__Endpont"] = "http://collector:4317",
            ["ActorSync__Storage__Dialct"] = "postgres",
            ["ActorSync__Telemetry__SampleRatio"] = "2",
            ["ActorSync__Storage__ConnectionString_FILE"] = "/nowhere/at/all",
        });

        Assert.Equal(1, await host.WaitForExitAsync(Patience));
        string[] expected =
        [
            "ActorSync:Cluster:Adress is not known", "ActorSync:Telemetry:Otlp:Endpont is not known", "Dialct", "ActorSync:Telemetry:SampleRatio is 2", "/nowhere/at/all",
            "ActorSync:Storage:Dialect is sqlite but must be postgres",
        ];
        Assert.All(expected, problem => Assert.Contains(problem, host.Said, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("docker-compose.yml", @"stop_grace_period: (\d+)s\n  read_only")]
    [InlineData("deploy/kubernetes", @"terminationGracePeriodSeconds: (\d+)")]
    public void Grace_BeforeAProcessIsKilled_IsLongerThanItsShutdown(string manifest, string pattern)
    {
        var text = TextOf(manifest);
        var shutdown = TimeSpan.Parse(Settings(text)["ActorSync__ShutdownTimeout"], System.Globalization.CultureInfo.InvariantCulture);

        Assert.All(Regex.Matches(text, pattern, RegexOptions.None, Patience), match => Assert.True(int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) > shutdown.TotalSeconds, match.Value));
        Assert.Matches(pattern, text);
    }

    [Fact]
    public void Dockerfile_CopiesEveryProjectThatTheHostIsBuiltOf()
    {
        var docker = File.ReadAllText(Repository.File("Dockerfile"));
        var projects = Directory.EnumerateDirectories(Repository.File("src")).Where(folder => Directory.EnumerateFiles(folder, "*.csproj").Any()).Select(Path.GetFileName);

        Assert.All(projects, project => Assert.Contains($"COPY src/{project}/*.csproj src/{project}/packages.lock.json src/{project}/", docker, StringComparison.Ordinal));
    }

    private static string TextOf(string manifest)
    {
        var path = Repository.File(manifest.Split('/'));
        return File.Exists(path) ? File.ReadAllText(path) : string.Join('\n', Directory.EnumerateFiles(path, "*.yaml").Order(StringComparer.Ordinal).Select(File.ReadAllText));
    }

    private static IEnumerable<string> RolesOf(string text) => Setting().Matches(text).Where(match => match.Groups["name"].Value == "ActorSync__Role").Select(ValueOf);

    /// <summary>What the cluster's processes have in common comes first in a file.</summary>
    private static Dictionary<string, string> Settings(string text)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Match match in Setting().Matches(text))
        {
            settings.TryAdd(match.Groups["name"].Value, ValueOf(match));
        }

        return settings;
    }

    /// <summary>As a container would see it; a machine without a network has no private address, and secrets lie elsewhere here.</summary>
    private static Dictionary<string, string> Environment(string text, string role, string secrets)
    {
        var settings = Settings(text);
        settings["ActorSync__Role"] = role;
        Assert.Matches("^private$|status.podIP", settings["ActorSync__Cluster__Address"]);
        settings["ActorSync__Cluster__Address"] = "10.1.2.3";
        foreach (var name in settings.Keys.Where(name => name.EndsWith("_FILE", StringComparison.Ordinal)).ToList())
        {
            var file = Path.Combine(secrets, Path.GetFileName(settings[name]));
            File.WriteAllText(file, file.EndsWith("secret-key", StringComparison.Ordinal) ? Convert.ToBase64String(new byte[32]) : "Host=postgres;Username=actorsync;Database=actorsync");
            settings[name] = file;
        }

        return settings;
    }

    /// <summary>Variables of compose stand for their default.</summary>
    private static string ValueOf(Match match) => Variable().Replace(match.Groups["value"].Value.Trim().Trim('"'), "${default}");

    /// <summary><c>Name: value</c> of a map, <c>{ name: Name, value: "value" }</c> of a list.</summary>
    [GeneratedRegex(@"^\s*(?:- \{ name: )?(?<name>ActorSync__\w+)(?::|, value:|, valueFrom:)(?<value>(\$\{[^}\n]*\}|[^}\n])*)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 5_000)]
    private static partial Regex Setting();

    [GeneratedRegex(@"\$\{\w+:-(?<default>[^}]*)\}", RegexOptions.ExplicitCapture, 5_000)]
    private static partial Regex Variable();
}
