using System.Diagnostics;

namespace ActorSync.Web.Tests.Deployment;

/// <summary>What an image would hold, published from the build that these tests run beside.</summary>
public sealed class PublishTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Host_Published_HoldsTheRolesAndNoSandbox()
    {
        var output = Directory.CreateTempSubdirectory("actorsync-publish");
        try
        {
            var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
            using var publish = Process.Start(new ProcessStartInfo("dotnet", ["publish", Repository.File("src", "ActorSync.Host"), "-c", configuration, "--no-build", "--nologo", "-v", "q", "-o", output.FullName])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var said = Task.WhenAll(publish.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), publish.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            using var bound = new CancellationTokenSource(Patience);
            await publish.WaitForExitAsync(bound.Token);

            Assert.True(publish.ExitCode == 0, string.Join(Environment.NewLine, await said));
            var files = Directory.EnumerateFiles(output.FullName, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(output.FullName, file)).ToList();
            Assert.Contains("ActorSync.Host.dll", files);
            Assert.All(Directory.EnumerateFiles(Repository.File("silo-config"), "*.json").Select(Path.GetFileName), role => Assert.Contains(Path.Combine("silo-config", role!), files));
            Assert.DoesNotContain(files, file => file.Contains("Sandbox", StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain("Sandbox/", await File.ReadAllTextAsync(Path.Combine(output.FullName, "ActorSync.Host.deps.json"), TestContext.Current.CancellationToken), StringComparison.OrdinalIgnoreCase);
        }
        finally
        {
            output.Delete(recursive: true);
        }
    }
}
