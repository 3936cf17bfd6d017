using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>Every row of value-roundtrips.json, captured from a real shop: what is sent, what comes back.</summary>
public sealed class WooRoundtripTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    private readonly WooHttp woo = new(sandbox);

    [Fact]
    public async Task Put_EveryCapturedValue_ComesBackAsOnTheRealShop()
    {
        if (SandboxProcess.ContractFile("woocommerce", "samples", "value-roundtrips.json") is not { } file)
        {
            Assert.Skip("The captured contracts (../shared/contracts/woocommerce) are not beside this repository.");
            return;
        }

        var world = await WooSampleWorld.CreateAsync(woo);
        var wrong = new List<string>();
        var number = 0;
        foreach (var row in JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!["rows"]!.AsArray())
        {
            number++;
            var sent = world.Translate(row!["sent"]!);
            var expected = world.Translate(row["answer"]!);
            var fields = string.Join(',', expected.AsObject().Select(m => m.Key));
            var reply = await woo.PutAsync($"products/{world.Simple}?_fields={fields}", sent);
            if (reply.Status != row["status"]!.GetValue<int>())
            {
                wrong.Add($"row {number} ({row["case"]}): {sent.ToJsonString()} answered {reply.Status} {reply.Text}");
                continue;
            }

            foreach (var (member, value) in expected.AsObject())
            {
                var actual = WooSampleWorld.WithoutNewIds(reply.Json![member]);
                if (!JsonNode.DeepEquals(WooSampleWorld.WithoutNewIds(value), actual))
                {
                    wrong.Add($"row {number} ({row["case"]}): {sent.ToJsonString()} gave {member} = {actual?.ToJsonString()}, the real shop {value?.ToJsonString()}");
                }
            }
        }

        Assert.True(number > 70, $"Only {number} rows were read from {file}.");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }
}
